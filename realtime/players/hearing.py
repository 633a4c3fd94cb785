"""What a player can hear: a method for each kind of record, of which it writes those it cares for; [player process]."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment

T = TypeVar("T")
SUSTAIN = 64
SAME_BEAT = 1e-6
MOST_KNOWN = 256
"""Rows of the past that a course keeps."""


class ToldChord(NamedTuple):
    """A chord that the follower names: pitch classes of root (-1: none) and bass, quality by its number in
    music.chord_table.ORDER, and all its pitch classes."""

    root: int
    quality: int
    bass: int
    classes: frozenset[int]


class Course(Generic[T]):
    """What holds from which beat on, as far as it is known: the past bounded, the future as announced."""

    def __init__(self, nothing: T):
        self._nothing = nothing
        self._rows: list[tuple[float, T]] = []

    def tell(self, beat: float, value: T) -> None:
        """From `beat` on; what was announced for later is void."""
        kept = [row for row in self._rows if row[0] < beat - SAME_BEAT]
        self._rows = [*kept[-MOST_KNOWN:], (beat, value)]

    def at(self, beat: float) -> T:
        """What holds at a beat."""
        found = self._nothing
        for start, value in self._rows:
            if start > beat + SAME_BEAT:
                break
            found = value
        return found

    def after(self, beat: float) -> list[tuple[float, T]]:
        """What is announced to begin behind a beat, in order."""
        return [row for row in self._rows if row[0] > beat + SAME_BEAT]

    def cut(self, beat: float) -> None:
        """What was announced to begin behind a beat is void."""
        self._rows = [row for row in self._rows if row[0] <= beat + SAME_BEAT]


@dataclass(slots=True)
class Told:
    """What the follower said of the music; tonic -1 and chord None: nothing yet.

    leads: the mood was not heard, somebody wants it (players.affect); modes: and wants major and minor to go with it;
    mood_beat: when it was told.

    chords, sections: their course in beats, with what a chart announces; `chord` and `section` are those told last.
    """

    chords: Course[ToldChord | None] = field(default_factory=lambda: Course[ToldChord | None](None))
    sections: Course[str] = field(default_factory=lambda: Course[str](""))
    chord: ToldChord | None = None
    tonic: int = -1
    mode: str = "major"
    section: str = ""
    section_bars: float = 0.0
    intensity: float = 0.5
    valence: float = 0.0
    arousal: float = 0.0
    leads: bool = False
    modes: bool = False
    mood_beat: float = -math.inf

    def cut(self, beat: float) -> None:
        """The song has jumped: what was announced for behind a beat will not come."""
        self.chords.cut(beat)
        self.sections.cut(beat)
        self.chord, self.section = self.chords.at(beat), self.sections.at(beat)


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
        """A section begins: one of wire.SECTIONS, "" where none does, of so many bars (0: nobody knows)."""

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
    song = int(record["playing"])
    playing, counting = bool(song & wire.PLAYING), bool(song & wire.COUNTING)
    loop = (float(record["loop_start"]), float(record["loop_end"]))
    return Moment(
        float(record["beat"]), tempo, float(record["bar_start_beat"]), *metre, playing, counting,
        float(record["song_beat"]), int(record["number"]), loop if loop[1] > loop[0] else None, int(record["note_id"]),
    )  # fmt: skip


def _transport(ear: Hearing, beat: float, record) -> None:
    ear.tick(_moment(record))


def _locate(ear: Hearing, beat: float, record) -> None:
    ear.told.cut(beat)
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
    ear.told.chords.tell(beat, chord)
    ear.hear_chord(beat, chord)


def _key(ear: Hearing, beat: float, record) -> None:
    tonic, mode = int(record["key"]), int(record["number"])
    if 0 <= mode < len(wire.MODES):
        ear.told.tonic, ear.told.mode = (tonic % 12 if tonic >= 0 else -1), wire.MODES[mode]
        ear.hear_key(beat, ear.told.tonic, ear.told.mode)


def _section(ear: Hearing, beat: float, record) -> None:
    number = int(record["number"])
    if -1 <= number < len(wire.SECTIONS):
        ear.told.section = wire.SECTIONS[number] if number >= 0 else ""
        ear.told.section_bars = float(record["value"])
        ear.told.sections.tell(beat, ear.told.section)
        ear.hear_section(beat, ear.told.section, ear.told.section_bars)


def _intensity(ear: Hearing, beat: float, record) -> None:
    ear.told.intensity = min(1.0, max(0.0, float(record["value"])))
    ear.hear_intensity(beat, ear.told.intensity)


def _mood(ear: Hearing, beat: float, record) -> None:
    valence, arousal = (min(1.0, max(-1.0, float(record[name]))) for name in ("value", "value2"))
    number = int(record["number"])
    ear.told.valence, ear.told.arousal, ear.told.mood_beat = valence, arousal, beat
    ear.told.leads, ear.told.modes = bool(number & wire.MOOD_LEADS), bool(number & wire.MOOD_MODES)
    ear.hear_mood(beat, valence, arousal)


_HEARING = {
    wire.NOTE_ON: _note_on, wire.NOTE_OFF: _note_off, wire.CONTROLLER: _controller, wire.BEND: _bend,
    wire.PRESSURE: _pressure, wire.PROGRAM: _program, wire.TRANSPORT: _transport, wire.LOCATE: _locate,
    wire.PANIC: _panic, wire.PARAMETER: _parameter, wire.CHORD: _chord, wire.KEY: _key, wire.SECTION: _section,
    wire.INTENSITY: _intensity, wire.MOOD: _mood,
}  # fmt: skip
