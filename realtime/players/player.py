"""What a player is: it hears notes, transport and the follower and plans notes ahead of the beat; [player process].

A player is one file of this folder: a class with its own PARAMS and what it does in `play`, and a line
`PLAYER = ItsClass`. All that players share is here: package, seed, warning, lanes, and the common controls.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.base import NoteModel
from realtime.native.errors import AntiphonError
from realtime.players.controls import COMMON, Shaper, table
from realtime.players.freeze import Freezer
from realtime.players.plan import Moment, Planned

JUMP_BEATS = 1.0
"""The beat moving back by more is a locate that nobody announced."""
SUSTAIN = 64
Model = TypeVar("Model", bound=NoteModel)


class ToldChord(NamedTuple):
    """A chord that the follower names: pitch classes of root (-1: none) and bass, quality by its number in
    music.chord_table.ORDER, and all its pitch classes."""

    root: int
    quality: int
    bass: int
    classes: frozenset[int]


@dataclass(slots=True)
class Told:
    """The last that the follower said of the music; tonic -1 and chord None: nothing yet."""

    chord: ToldChord | None = None
    tonic: int = -1
    mode: str = "major"
    section: str = ""
    section_bars: float = 0.0
    intensity: float = 0.5
    valence: float = 0.0
    arousal: float = 0.0


class Player(ABC):
    """Base of all players; all methods run on one thread. A subclass must write `play` alone.

    PARAMS: rows of its own, or its own versions of common ones. TABLE: all its parameters, made from that.
    SHAPES: ids of the common controls that it heeds itself, by `values`; the rest is done to the notes it plans.
    LANES: names of its voices. MODEL: the note model it plays by; its package is MODEL.onnx unless a scene names another.
    The same seed and the same playing give the same notes.

    now: the transport; told: what the follower says; source, lane: of what is being heard; serial: of its plan, to
    raise with each new one; warning: a sentence for the performer.
    """

    name: ClassVar[str] = ""
    PARAMS: ClassVar[tuple[Param, ...]] = ()
    TABLE: ClassVar[tuple[Param, ...]] = COMMON
    SHAPES: ClassVar[frozenset[str]] = frozenset()
    LANES: ClassVar[tuple[str, ...]] = ("notes",)
    MODEL: ClassVar[str] = ""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        cls.TABLE = table(cls.PARAMS)

    def __init__(self, package: str | Path | None = None, seed: int = 0, **values: float):
        """package: path of a package of MODEL. values: parameters by id. Raises AntiphonError for an unknown one."""
        self.package = package
        self.warning = ""
        self.now = Moment()
        self.told = Told()
        self.source = self.lane = 0
        self.serial = 0
        self.values = {p.id: p.default for p in self.TABLE}
        self._out: list[Planned] = []
        self._shaper = Shaper(self.SHAPES)
        self._freezer = Freezer()
        for name, value in {"seed": seed, **values}.items():
            self.set(name, value)

    @property
    def seed(self) -> int:
        """What its dice are thrown by."""
        return int(self.values["seed"])

    def set(self, name: str, value: float) -> None:
        """Sets a parameter by id, clamped to its range. Raises AntiphonError for an unknown one."""
        for p in self.TABLE:
            if p.id == name:
                self.values[name] = p.clamp(float(value))
                return
        raise AntiphonError(f"Player {self.name}: no parameter {name}; it has {', '.join(p.id for p in self.TABLE)}.")

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

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        """A key is pressed; velocity 0..1, channel 0..15."""

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        """A key is let go."""

    def hear_controller(self, beat: float, number: int, value: float, channel: int) -> None:
        """A controller moves; value 0..1."""

    def hear_pedal(self, beat: float, down: bool, channel: int) -> None:
        """The sustain pedal (also heard as controller 64)."""

    def hear_bend(self, beat: float, semitones: float, channel: int) -> None:
        """The pitch wheel moves."""

    def hear_pressure(self, beat: float, value: float, key: int, channel: int) -> None:
        """Aftertouch 0..1 of a key, or of the whole channel (key -1)."""

    def hear_program(self, beat: float, number: int, channel: int) -> None:
        """A program change 0..127."""

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        """The follower hears another chord; None: none."""

    def hear_key(self, beat: float, tonic: int, mode: str) -> None:
        """The follower hears another key: tonic 0..11, one of wire.MODES."""

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        """A section begins: one of wire.SECTIONS, of so many bars (0: nobody knows)."""

    def hear_intensity(self, beat: float, value: float) -> None:
        """How much the music pushes, 0..1."""

    def hear_mood(self, beat: float, valence: float, arousal: float) -> None:
        """Its mood, each -1..1."""

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

    def say(self, status: int, beat: float | None = None) -> None:
        """Shows one of wire.STATUSES."""
        at = self.now.beat if beat is None else beat
        self._out.append(Planned(wire.PLAN_STATUS, self.serial, at, number=status))

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
        self._freezer.relocate(now)

    def panic(self, now: Moment) -> None:
        """Silence, and back to listening."""
        self.now = now
        self.forget()
        self._freezer.silence()

    def take(self) -> list[Planned]:
        """What is to be sent since the last call, in order."""
        out, self._out = self._out, []
        shaped: list[Planned] = []
        for one in out:
            shaped += self._shaper.notes(one, self.values) if one.kind == wire.PLAN_NOTE else [one]
        return self._freezer.turn(shaped, self.now, int(self.values["freeze"]), self.serial)

    def hear(self, record) -> None:
        """Dispatches one wire.LISTEN record; what is not a record of this wire's is ignored."""
        hearing = _HEARING.get(int(record["kind"]))
        if hearing is None or not math.isfinite(float(record["beat"])):
            return
        self.source, self.lane = int(record["source"]), int(record["lane"])
        hearing(self, float(record["beat"]), record)


def _note_on(player: Player, beat: float, record) -> None:
    key = int(record["key"])
    if 0 <= key <= 127:
        player._shaper.hear(key)
        player.note_on(beat, key, min(1.0, max(0.0, float(record["velocity"]))), int(record["channel"]))


def _note_off(player: Player, beat: float, record) -> None:
    player.note_off(beat, int(record["key"]), int(record["channel"]))


def _controller(player: Player, beat: float, record) -> None:
    number, value, channel = int(record["number"]), float(record["value"]), int(record["channel"])
    player.hear_controller(beat, number, value, channel)
    if number == SUSTAIN:
        player.hear_pedal(beat, value >= 0.5, channel)


def _bend(player: Player, beat: float, record) -> None:
    player.hear_bend(beat, float(record["value"]), int(record["channel"]))


def _pressure(player: Player, beat: float, record) -> None:
    player.hear_pressure(beat, float(record["value"]), int(record["key"]), int(record["channel"]))


def _program(player: Player, beat: float, record) -> None:
    player.hear_program(beat, int(record["number"]), int(record["channel"]))


def _moment(record) -> Moment:
    metre = (max(1, int(record["numerator"])), max(1, int(record["denominator"])))
    tempo = max(1.0, float(record["tempo_bpm"]))
    return Moment(float(record["beat"]), tempo, float(record["bar_start_beat"]), *metre, bool(record["playing"]))


def _transport(player: Player, beat: float, record) -> None:
    player.tick(_moment(record))


def _locate(player: Player, beat: float, record) -> None:
    player.locate(_moment(record))


def _panic(player: Player, beat: float, record) -> None:
    player.panic(_moment(record))


def _parameter(player: Player, beat: float, record) -> None:
    row = int(record["number"])
    if 0 <= row < len(player.TABLE):
        player.set(player.TABLE[row].id, float(record["value"]))


def _chord(player: Player, beat: float, record) -> None:
    root, mask = int(record["key"]), int(record["classes"])
    classes = frozenset(c for c in range(12) if mask >> c & 1)
    chord = None if root < 0 else ToldChord(root % 12, int(record["number"]), int(record["bass"]) % 12, classes)
    player.told.chord = chord
    player.hear_chord(beat, chord)


def _key(player: Player, beat: float, record) -> None:
    tonic, mode = int(record["key"]), int(record["number"])
    if 0 <= mode < len(wire.MODES):
        player.told.tonic, player.told.mode = (tonic % 12 if tonic >= 0 else -1), wire.MODES[mode]
        player._shaper.hear_key(player.told.tonic, player.told.mode)
        player.hear_key(beat, player.told.tonic, player.told.mode)


def _section(player: Player, beat: float, record) -> None:
    number = int(record["number"])
    if 0 <= number < len(wire.SECTIONS):
        player.told.section, player.told.section_bars = wire.SECTIONS[number], float(record["value"])
        player.hear_section(beat, player.told.section, player.told.section_bars)


def _intensity(player: Player, beat: float, record) -> None:
    player.told.intensity = min(1.0, max(0.0, float(record["value"])))
    player.hear_intensity(beat, player.told.intensity)


def _mood(player: Player, beat: float, record) -> None:
    valence, arousal = (min(1.0, max(-1.0, float(record[name]))) for name in ("value", "value2"))
    player.told.valence, player.told.arousal = valence, arousal
    player.hear_mood(beat, valence, arousal)


_HEARING = {
    wire.NOTE_ON: _note_on, wire.NOTE_OFF: _note_off, wire.CONTROLLER: _controller, wire.BEND: _bend,
    wire.PRESSURE: _pressure, wire.PROGRAM: _program, wire.TRANSPORT: _transport, wire.LOCATE: _locate,
    wire.PANIC: _panic, wire.PARAMETER: _parameter, wire.CHORD: _chord, wire.KEY: _key, wire.SECTION: _section,
    wire.INTENSITY: _intensity, wire.MOOD: _mood,
}  # fmt: skip


def checked_values(player: type[Player], values: Mapping[str, Any]) -> dict[str, float]:
    """All of a player's parameters: as given, else by default. Raises AntiphonError, as a file's reader shows it."""
    rows = {p.id: p for p in player.TABLE}
    found = {name: p.default for name, p in rows.items()}
    for name, raw in values.items():
        if name not in rows:
            raise AntiphonError(f"it has no parameter {name!r}; it has: {', '.join(rows)}")
        found[name] = rows[name].parse(raw)
        if rows[name].stepped and (isinstance(raw, bool) or not found[name].is_integer()):
            raise AntiphonError(f"{name} = {raw!r} must be a whole number")
    return found
