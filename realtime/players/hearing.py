"""What a player can hear: a method for each kind of record, of which it writes those it cares for; [player process]."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment

SUSTAIN = 64


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


class Hearing:
    """Hears wire.LISTEN records. source, lane: of the one being heard; told: the last of the follower's."""

    def __init__(self) -> None:
        self.told = Told()
        self.source = self.lane = 0

    def hear(self, record) -> None:
        """Dispatches one record; what is not a record of this wire's is ignored."""
        hearing = _HEARING.get(int(record["kind"]))
        if hearing is None or not math.isfinite(float(record["beat"])):
            return
        self.source, self.lane = int(record["source"]), int(record["lane"])
        hearing(self, float(record["beat"]), record)

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

    def tick(self, now: Moment) -> None:
        """The transport as of now."""

    def locate(self, now: Moment) -> None:
        """The beat has jumped: all that was planned is void."""

    def panic(self, now: Moment) -> None:
        """Silence, and back to listening."""

    def parameter(self, row: int, value: float) -> None:
        """A row of its table was moved."""


def _note_on(ear: Hearing, beat: float, record) -> None:
    key = int(record["key"])
    if 0 <= key <= 127:
        ear.note_on(beat, key, min(1.0, max(0.0, float(record["velocity"]))), int(record["channel"]))


def _note_off(ear: Hearing, beat: float, record) -> None:
    ear.note_off(beat, int(record["key"]), int(record["channel"]))


def _controller(ear: Hearing, beat: float, record) -> None:
    number, value, channel = int(record["number"]), float(record["value"]), int(record["channel"])
    ear.hear_controller(beat, number, value, channel)
    if number == SUSTAIN:
        ear.hear_pedal(beat, value >= 0.5, channel)


def _bend(ear: Hearing, beat: float, record) -> None:
    ear.hear_bend(beat, float(record["value"]), int(record["channel"]))


def _pressure(ear: Hearing, beat: float, record) -> None:
    ear.hear_pressure(beat, float(record["value"]), int(record["key"]), int(record["channel"]))


def _program(ear: Hearing, beat: float, record) -> None:
    ear.hear_program(beat, int(record["number"]), int(record["channel"]))


def _moment(record) -> Moment:
    metre = (max(1, int(record["numerator"])), max(1, int(record["denominator"])))
    tempo = max(1.0, float(record["tempo_bpm"]))
    return Moment(float(record["beat"]), tempo, float(record["bar_start_beat"]), *metre, bool(record["playing"]))


def _transport(ear: Hearing, beat: float, record) -> None:
    ear.tick(_moment(record))


def _locate(ear: Hearing, beat: float, record) -> None:
    ear.locate(_moment(record))


def _panic(ear: Hearing, beat: float, record) -> None:
    ear.panic(_moment(record))


def _parameter(ear: Hearing, beat: float, record) -> None:
    ear.parameter(int(record["number"]), float(record["value"]))


def _chord(ear: Hearing, beat: float, record) -> None:
    root, mask = int(record["key"]), int(record["classes"])
    classes = frozenset(c for c in range(12) if mask >> c & 1)
    chord = None if root < 0 else ToldChord(root % 12, int(record["number"]), int(record["bass"]) % 12, classes)
    ear.told.chord = chord
    ear.hear_chord(beat, chord)


def _key(ear: Hearing, beat: float, record) -> None:
    tonic, mode = int(record["key"]), int(record["number"])
    if 0 <= mode < len(wire.MODES):
        ear.told.tonic, ear.told.mode = (tonic % 12 if tonic >= 0 else -1), wire.MODES[mode]
        ear.hear_key(beat, ear.told.tonic, ear.told.mode)


def _section(ear: Hearing, beat: float, record) -> None:
    number = int(record["number"])
    if 0 <= number < len(wire.SECTIONS):
        ear.told.section, ear.told.section_bars = wire.SECTIONS[number], float(record["value"])
        ear.hear_section(beat, ear.told.section, ear.told.section_bars)


def _intensity(ear: Hearing, beat: float, record) -> None:
    ear.told.intensity = min(1.0, max(0.0, float(record["value"])))
    ear.hear_intensity(beat, ear.told.intensity)


def _mood(ear: Hearing, beat: float, record) -> None:
    valence, arousal = (min(1.0, max(-1.0, float(record[name]))) for name in ("value", "value2"))
    ear.told.valence, ear.told.arousal = valence, arousal
    ear.hear_mood(beat, valence, arousal)


_HEARING = {
    wire.NOTE_ON: _note_on, wire.NOTE_OFF: _note_off, wire.CONTROLLER: _controller, wire.BEND: _bend,
    wire.PRESSURE: _pressure, wire.PROGRAM: _program, wire.TRANSPORT: _transport, wire.LOCATE: _locate,
    wire.PANIC: _panic, wire.PARAMETER: _parameter, wire.CHORD: _chord, wire.KEY: _key, wire.SECTION: _section,
    wire.INTENSITY: _intensity, wire.MOOD: _mood,
}  # fmt: skip
