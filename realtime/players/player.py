"""What a player is: it hears notes, transport and the follower and plans notes ahead of the beat; [player process].

A player is one file of this folder: a class with its own PARAMS and what it does in `play`, and a line
`PLAYER = ItsClass`. All that players share is here: package, seed, warning, lanes, and the common controls.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from realtime.contract import player_wire as wire
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.music.chord import Chord
from realtime.music.chord_table import ORDER
from realtime.native.errors import AntiphonError, nearest
from realtime.players.affect import Affect, Register, affect
from realtime.players.controls import AGAIN, COMMON, MUTATE, TRIGGERS, table
from realtime.players.doing import Doing
from realtime.players.entry import Entry
from realtime.players.hearing import Hearing
from realtime.players.lead import LEAST_S
from realtime.players.loops import Looper
from realtime.players.plan import Moment, Planned
from realtime.players.shaping import Shaper
from realtime.players.timing import performed, performed_beat
from realtime.players.voices import Voices

ANY_NUMBER = 1 << 30
"""As many voices as it likes."""
JUMP_BEATS = 1.0
"""The beat moving back by more is a locate that nobody announced."""
Model = TypeVar("Model", bound=NoteModel)


class Player(Hearing, ABC):
    """Base of all players; all methods run on one thread. A subclass must write `play` alone.

    PARAMS: rows of its own, or its own versions of common ones. TABLE: all its parameters, made from that.
    SHAPES: ids of the common controls that it heeds itself, by `values`; the rest is done to the notes it plans.
    OPTIONS: what it is told once, as it is made, all of it in `options`; a file that is not given is left out.
    LANES: names of its voices. MODEL: the note model it plays by; its package is MODEL.onnx unless a scene names another.
    The same seed and the same playing give the same notes.

    LADDER: names of its ways to play, the best first: ("model", "smaller", "rules"). `rung` is the index of the one it has
    to play by now: raised when a plan came too late or `play` took too long, lowered again after some good bars. It is
    looked at with each new plan; what is planned stays.
    UNPITCHED: lanes whose keys are drums: range and guard leave them alone.
    lead_s: what is planned for so long from now is there in time, as busy as the machine lately was.
    take_number: mix it into the dice of a new idea, Random(f"{seed}:{take_number}:{bar}"): it is raised when a new take is
    asked for, and lowered when that is undone.

    now: the transport; told: what the follower says; source, lane: of what is being heard; serial: of its plan, to
    raise with each new one; warning: a sentence for the performer; news: one that is no trouble, such as what it has
    learned; report: what it has found, as JSON with a `text` for people, shown whenever it changes; keeps: whether it may
    write what it learns to the disk, as it may on stage alone; kept: see `keep`.
    """

    name: ClassVar[str] = ""
    PARAMS: ClassVar[tuple[Param, ...]] = ()
    TABLE: ClassVar[tuple[Param, ...]] = COMMON
    SHAPES: ClassVar[frozenset[str]] = frozenset()
    OPTIONS: ClassVar[tuple[Option, ...]] = ()
    LANES: ClassVar[tuple[str, ...]] = ("notes",)
    MODEL: ClassVar[str] = ""
    LADDER: ClassVar[tuple[str, ...]] = ("full",)
    UNPITCHED: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        cls.TABLE = table(cls.PARAMS)
        names = [*cls.LANES, *(param.id for param in cls.TABLE)]
        if not len(cls.LANES) <= wire.LANES or len(set(names)) != len(names):
            raise TypeError(f"{cls.__name__}: 1 to {wire.LANES} LANES and its parameters need names of their own")
        if not all(isinstance(name, str) and name.isidentifier() for name in names):
            raise TypeError(f"{cls.__name__}: {names} must be names of letters, digits and _")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        """package: path of a package of MODEL. options: see OPTIONS. values: parameters by id. Raises AntiphonError for an
        unknown one."""
        super().__init__()
        self.package = package
        self.options = checked_options(type(self), options or {})
        self.warning = self.news = self.report = ""
        self.keeps = False
        self.kept: dict[str, str] = {}
        self.now = Moment()
        self.serial = 0
        self.rung = 0
        self.lead_s = LEAST_S
        self.take_number = self._takes_made = 0
        self.values = {p.id: p.default for p in self.TABLE}
        self._out: list[Planned] = []
        self._drums = frozenset(self.LANES.index(lane) for lane in self.UNPITCHED)
        self._shaper = Shaper(self.SHAPES, self._drums)
        self._register = Register()
        self._voices = Voices()
        self._looper = Looper()
        self._doing = Doing()
        for name, value in {"seed": seed, **values}.items():
            self.set(name, value)
        self._entry = Entry(self.values["playing"] >= 0.5)

    @property
    def seed(self) -> int:
        """What its dice are thrown by."""
        return int(self.values["seed"])

    @property
    def lead_beats(self) -> float:
        """lead_s in beats of now."""
        return self.lead_s * self.now.tempo_bpm / 60.0

    @property
    def intensity_now(self) -> float:
        """0..1: its own intensity, moved by the follower's as far as it follows, and by the mood that leads. For a player
        that heeds it itself."""
        own = self.values["intensity"] + self.values["follow"] * (self.told.intensity - 0.5)
        return min(1.0, max(0.0, own + self.affect.intensity))

    @property
    def affect(self) -> Affect:
        """What the mood that leads asks of it by now."""
        return affect(self.told, self.values["mood"], self.now.beat)

    def set(self, name: str, value: float) -> None:
        """Sets a parameter by id, clamped to its range. Raises AntiphonError for an unknown one."""
        for p in self.TABLE:
            if p.id == name:
                self.values[name] = p.clamp(float(value))
                return
        hint = nearest(name, (p.id for p in self.TABLE), "it has")
        raise AntiphonError(f"Player {self.name}: no parameter {name!r}; {hint}")

    def load_model(self, model: type[Model]) -> Model | None:
        """Its note model from the package; None if it cannot be had, and the warning says why."""
        try:
            if self.package is not None:
                return model.load(self.package)
            self.warning = f"{self.name} plays by rule: no model package was named."
        except AntiphonError as error:
            self.warning = f"{self.name} plays by rule: {error}"
        return None

    # -- what a player does --------------------------------------------------------------------------------------------

    @abstractmethod
    def play(self) -> None:
        """Time has passed (`now`): plan what is due. At least every 20 ms."""

    def forget(self) -> None:
        """What was heard and planned is void (locate, panic)."""
        self.release()

    def leave(self) -> None:
        """It is served no longer: what it wants to keep it keeps now, and soon."""

    # -- what it plans with --------------------------------------------------------------------------------------------

    def plan(self, beat: float, duration_beats: float, key: int, velocity: float, lane: int = 0) -> None:
        """A note of the present serial; velocity 0..1."""
        self._out.append(Planned(wire.PLAN_NOTE, self.serial, beat, duration_beats, lane, key, velocity))

    def cancel(self, beat: float) -> None:
        """Takes back what it planned from a beat on; what sounds ends as planned."""
        self._out.append(Planned(wire.PLAN_CANCEL, self.serial, beat))

    def release(self, beat: float | None = None) -> None:
        """Takes back all it planned and ends what sounds. beat: when that was asked for, if not now."""
        self._out.append(Planned(wire.PLAN_RELEASE, self.serial, self.now.beat if beat is None else beat))

    def damp(self, beat: float, classes: Iterable[int], lane: int = -1) -> None:
        """What it planned to sound beyond a beat ends there, but for notes of some pitch classes. lane -1: all lanes."""
        mask = sum({1 << c % 12 for c in classes})
        self._out.append(Planned(wire.PLAN_DAMP, self.serial, beat, lane=lane, classes=mask))

    def tell_chord(self, beat: float, chord: Chord) -> None:
        """A chord from a beat on, for the rest of the band; what was told for later is void."""
        number = ORDER[chord.quality]
        self._out.append(
            Planned(wire.CHORD, self.serial, beat, key=chord.root, number=number, bass=chord.bass, classes=chord.mask,
                    value=float(self.now.jumps))
        )  # fmt: skip

    def say(self, status: int, beat: float | None = None) -> None:
        """Shows one of wire.STATUSES, until it says STATUS_LISTENING: then its notes tell whether it plays."""
        at = self.now.beat if beat is None else beat
        self._out.append(Planned(wire.PLAN_STATUS, self.serial, at, number=status))

    def keep(self, option: str, text: str) -> None:
        """What it has learned on stage, as one of its OPTIONS: the scene has it from now on, and saves it."""
        self.options[option] = self.kept[option] = text

    # -- what the host calls -------------------------------------------------------------------------------------------

    def tick(self, now: Moment) -> None:
        """The transport as of now."""
        if now.beat < self.now.beat - JUMP_BEATS:
            self.locate(now)
            return
        self.now = now
        self.play()

    def locate(self, now: Moment) -> None:
        """The beat has jumped: all that was planned is void."""
        self.now = now
        self.forget()
        self._voices.clear()
        self._doing.clear()
        self._looper.relocate(now)
        self._entry.relocate(now)

    def panic(self, now: Moment) -> None:
        """Silence, and back to listening."""
        self.now = now
        self.forget()
        self._voices.clear()
        self._doing.clear()
        self._looper.silence()
        self._entry.relocate(now)

    def take(self) -> list[Planned]:
        """What is to be sent since the last call, in order."""
        out, self._out = self._out, []
        planned: list[Planned] = []
        for is_note, run in groupby(out, lambda one: one.kind == wire.PLAN_NOTE):
            ones = list(run)
            planned += self._notes(ones) if is_note else [self._taken_back(one) for one in ones]
        values, now, serial = self.values, self.now, self.serial
        looped = self._looper.turn(planned, now, int(values["freeze"]), serial)
        playing, quantise = values["playing"] >= 0.5, int(values["quantise"])
        sent = self._entry.turn(looped, now, playing, quantise, self.told, serial)
        return self._doing.turn(sent, now, serial)

    def _notes(self, run: Iterable[Planned]) -> list[Planned]:
        """Notes as the mood that leads and the common controls make them."""
        mood = self.affect
        shaped: list[Planned] = []
        nonsense: list[Planned] = []  # the engine drops and counts it
        for one in self._register.notes(list(run), mood.register, self._drums, self.now):
            if not all(map(math.isfinite, (one.beat, one.duration_beats, one.velocity))):
                nonsense.append(one)
                continue
            shaped += self._shaper.notes(one, self.values, self.intensity_now, self.told, self.now, mood.articulation)
        most = ANY_NUMBER if "polyphony" in self.SHAPES else int(self.values["polyphony"])
        admitted = self._voices.admit(shaped, most, self.now.beat)
        values = self.values
        if mood.late_ms > 0.0 and "lazy_ms" not in self.SHAPES:
            values = {**values, "lazy_ms": values["lazy_ms"] + mood.late_ms}
        return nonsense + [performed(one, self.now, values, self.SHAPES) for one in admitted]

    def _taken_back(self, one: Planned) -> Planned:
        """A cancel or a release reaches the notes where they are played, not where they are written."""
        if one.kind in (wire.PLAN_CANCEL, wire.PLAN_RELEASE, wire.PLAN_DAMP):
            self._voices.take_back(one)
        if not math.isfinite(one.beat):
            return one
        if one.kind == wire.PLAN_DAMP:
            return replace(one, beat=performed_beat(one.beat, self.now, self.values, self.SHAPES))
        if one.kind == wire.PLAN_CANCEL:
            return replace(one, beat=min(one.beat, performed_beat(one.beat, self.now, self.values, self.SHAPES)))
        return one

    def parameter(self, row: int, value: float) -> None:
        """A row of its table was moved, or, from wire.FIRST_TRIGGER on, one of TRIGGERS asked for."""
        if 0 <= row < len(self.TABLE):
            self.set(self.TABLE[row].id, value)
        elif 0 <= row - wire.FIRST_TRIGGER < len(TRIGGERS):
            self.ask(TRIGGERS[row - wire.FIRST_TRIGGER])

    def ask(self, trigger: str) -> None:
        """One of TRIGGERS, from the next bar line on."""
        if trigger == AGAIN:
            self._looper.again(self.now)
        elif trigger == MUTATE:
            self._looper.mutate(self.now, self.seed, self.take_number)
            self._takes_made += 1
            self.take_number = self._takes_made
        else:
            former = self._looper.undo(self.now)
            self.take_number = self.take_number if former is None else former

    def hear(self, record) -> None:
        """Dispatches one wire.LISTEN record; what is not a record of this wire's is ignored."""
        if int(record["kind"]) == wire.NOTE_ON:
            self._shaper.hear(int(record["key"]))
        super().hear(record)


def checked_values(player: type[Player], values: Mapping[str, Any]) -> dict[str, float]:
    """All of a player's parameters: as given, else by default. Raises AntiphonError, as a file's reader shows it."""
    rows = {p.id: p for p in player.TABLE}
    found = {name: p.default for name, p in rows.items()}
    for name, raw in values.items():
        if name not in rows:
            raise AntiphonError(f"it has no parameter {name!r}; {nearest(name, rows, 'it has')}")
        found[name] = rows[name].parse(raw)
        if rows[name].stepped and (isinstance(raw, bool) or not found[name].is_integer()):
            raise AntiphonError(f"{name} = {raw!r} must be a whole number")
    return found


def checked_options(player: type[Player], given: Mapping[str, Any]) -> dict[str, Any]:
    """All of a player's options: as given, else by default; a file that is not given is left out. Raises AntiphonError."""
    rows = {option.name: option for option in player.OPTIONS}
    found = {name: row.default for name, row in rows.items() if row.default is not None}
    for name, raw in given.items():
        if name not in rows:
            hint = nearest(name, rows, "it has") if rows else "it has none"
            raise AntiphonError(f"it has no option {name!r}; {hint}")
        found[name] = rows[name].parse(raw)
    return found
