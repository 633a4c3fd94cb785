"""What a player is: it hears notes and transport and plans notes ahead of the beat; registry by file; [player
process]."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import realtime.players as room
from realtime.contract import player_wire as wire
from realtime.contract.device import Param
from realtime.native.errors import AntiphonError, nearest


@dataclass(frozen=True, slots=True)
class Moment:
    """The transport at one instant; beats are quarter notes on the running count of realtime.contract.player_wire."""

    beat: float = 0.0
    tempo_bpm: float = 120.0
    bar_start_beat: float = 0.0
    numerator: int = 4
    denominator: int = 4
    playing: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing for the engine to do: `kind` and fields as wire.PLAN."""

    kind: int
    serial: int
    beat: float = 0.0
    duration_beats: float = 0.0
    channel: int = 0
    key: int = 0
    velocity: float = 0.0
    number: int = 0
    value: float = 0.0


class Player(ABC):
    """Base of all players. Subclasses name their PARAMS and implement the five hearing methods; all run on one
    thread.

    A module of this folder offers a player by a line `PLAYER = ItsClass`.
    """

    name: ClassVar[str] = ""
    PARAMS: ClassVar[tuple[Param, ...]] = ()
    MODEL: ClassVar[str] = ""  # the note model it plays by

    def __init__(self, seed: int = 0, **values: float):
        self.seed = seed
        self.values = {p.id: p.default for p in self.PARAMS}
        self._out: list[Planned] = []
        for name, value in values.items():
            self.set(name, value)

    def set(self, name: str, value: float) -> None:
        """Sets a parameter by id, clamped to its range. Raises AntiphonError for an unknown one."""
        for p in self.PARAMS:
            if p.id == name:
                self.values[name] = p.clamp(float(value))
                return
        hint = nearest(name, (p.id for p in self.PARAMS), "it has")
        raise AntiphonError(f"Player {self.name}: no parameter {name!r}; {hint}")

    @abstractmethod
    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        """The performer presses a key; velocity 0..1."""

    @abstractmethod
    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        """The performer lets go."""

    @abstractmethod
    def tick(self, now: Moment) -> None:
        """The transport as of now, at least every 20 ms: the time to plan."""

    @abstractmethod
    def locate(self, now: Moment) -> None:
        """The beat has jumped: all that was planned is void."""

    @abstractmethod
    def panic(self, now: Moment) -> None:
        """Silence, and back to listening."""

    def take(self) -> list[Planned]:
        """What was planned since the last call, in order."""
        out, self._out = self._out, []
        return out

    def hear(self, record) -> bool:
        """Dispatches one wire.LISTEN record; False when it says QUIT. Unknown kinds and numbers are ignored."""
        kind = int(record["kind"])
        if kind == wire.NOTE_ON:
            self.note_on(float(record["beat"]), int(record["key"]), float(record["velocity"]), int(record["channel"]))
        elif kind == wire.NOTE_OFF:
            self.note_off(float(record["beat"]), int(record["key"]), int(record["channel"]))
        elif kind in (wire.TRANSPORT, wire.LOCATE, wire.PANIC):
            now = Moment(
                float(record["beat"]),
                float(record["tempo_bpm"]),
                float(record["bar_start_beat"]),
                max(1, int(record["numerator"])),
                max(1, int(record["denominator"])),
                bool(record["playing"]),
            )
            {wire.TRANSPORT: self.tick, wire.LOCATE: self.locate, wire.PANIC: self.panic}[kind](now)
        elif kind == wire.PARAMETER and 0 <= int(record["number"]) < len(self.PARAMS):
            self.set(self.PARAMS[int(record["number"])].id, float(record["value"]))
        return kind != wire.QUIT


def player_names() -> list[str]:
    """Modules of this folder that offer a player."""
    names = [m.name for m in pkgutil.iter_modules(room.__path__) if not m.name.startswith("_")]
    return [n for n in names if n != "host" and hasattr(importlib.import_module(f"{room.__name__}.{n}"), "PLAYER")]


def player_class(name: str) -> type[Player]:
    """The player of that name. Raises AntiphonError if there is none."""
    names = player_names()
    if name not in names:
        raise AntiphonError(f"there is no player {name!r}; {nearest(name, names)}")
    return importlib.import_module(f"{room.__name__}.{name}").PLAYER
