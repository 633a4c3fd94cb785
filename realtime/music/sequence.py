"""Note sequences in beats (quarter notes) with a tempo map that gives seconds, and time signatures that give bars;
[any]."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Note(NamedTuple):
    """beat and duration in quarter notes, pitch 0..127, velocity 0..1, channel 0..15 (9: drums)."""

    beat: float
    duration: float
    pitch: int
    velocity: float = 0.7
    channel: int = 0

    @property
    def end(self) -> float:
        return self.beat + self.duration


class TempoMap:
    """Steps of tempo: (beat, beats per minute), from beat 0 on. Seconds and beats grow together, one to one."""

    def __init__(self, steps: Iterable[tuple[float, float]] = ()):
        by_beat = {0.0: 120.0}
        for beat, tempo_bpm in sorted(steps):
            if not 0.0 < tempo_bpm < float("inf"):
                raise ValueError(f"a tempo of {tempo_bpm} beats per minute at beat {beat}")
            by_beat[max(0.0, float(beat))] = float(tempo_bpm)
        self.beats = sorted(by_beat)
        self.tempi_bpm = [by_beat[b] for b in self.beats]
        self.seconds_at_steps = [0.0]
        for i in range(1, len(self.beats)):
            span = self.beats[i] - self.beats[i - 1]
            self.seconds_at_steps.append(self.seconds_at_steps[-1] + span * 60.0 / self.tempi_bpm[i - 1])

    def tempo_bpm(self, beat: float) -> float:
        """The tempo that holds at a beat."""
        return self.tempi_bpm[max(0, bisect_right(self.beats, beat) - 1)]

    def seconds(self, beat: float) -> float:
        """Time of a beat; before beat 0 the first tempo holds."""
        i = max(0, bisect_right(self.beats, beat) - 1)
        return self.seconds_at_steps[i] + (beat - self.beats[i]) * 60.0 / self.tempi_bpm[i]

    def beat(self, seconds: float) -> float:
        """Beat at a time: the inverse of `seconds`."""
        i = max(0, bisect_right(self.seconds_at_steps, seconds) - 1)
        return self.beats[i] + (seconds - self.seconds_at_steps[i]) * self.tempi_bpm[i] / 60.0

    @property
    def steps(self) -> list[tuple[float, float]]:
        return list(zip(self.beats, self.tempi_bpm, strict=True))


class Metre(NamedTuple):
    """A time signature from a beat on."""

    beat: float
    numerator: int
    denominator: int

    @property
    def bar_beats(self) -> float:
        return self.numerator * 4.0 / self.denominator


@dataclass
class NoteSequence:
    """Notes sorted by beat, then pitch; metres sorted by beat, the first at beat 0; programs: General MIDI program
    0..127 by channel 0..15, where one is set."""

    notes: list[Note] = field(default_factory=list)
    tempo: TempoMap = field(default_factory=TempoMap)
    metres: list[Metre] = field(default_factory=lambda: [Metre(0.0, 4, 4)])
    name: str = ""
    programs: dict[int, int] = field(default_factory=dict)

    def __post_init__(self):
        self.notes = sorted(self.notes)

    @classmethod
    def from_seconds(
        cls, notes: Iterable[tuple[float, float, int, float, int]], tempo: TempoMap | None = None, **fields
    ) -> NoteSequence:
        """From (start_s, end_s, pitch, velocity, channel), placed in beats by a tempo map (120 a minute if None)."""
        tempo = tempo or TempoMap()
        placed = []
        for start_s, end_s, pitch, velocity, channel in notes:
            beat = tempo.beat(start_s)
            placed.append(Note(beat, max(0.0, tempo.beat(end_s) - beat), pitch, velocity, channel))
        return cls(placed, tempo, **fields)

    @property
    def end_beat(self) -> float:
        return max((n.end for n in self.notes), default=0.0)

    @property
    def duration_s(self) -> float:
        return self.tempo.seconds(self.end_beat)

    def in_seconds(self) -> list[tuple[float, float, Note]]:
        """(start, end, note) of every note, in seconds."""
        return [(self.tempo.seconds(n.beat), self.tempo.seconds(n.end), n) for n in self.notes]

    def metre_at(self, beat: float) -> Metre:
        return self.metres[max(0, bisect_right([m.beat for m in self.metres], beat) - 1)]

    def bar_start(self, beat: float) -> float:
        """Beat of the bar line at or before `beat`."""
        metre = self.metre_at(beat)
        return metre.beat + (beat - metre.beat) // metre.bar_beats * metre.bar_beats

    def bar_number(self, beat: float) -> int:
        """Number of the bar that holds `beat`, the first being 0; a change of metre opens a new bar."""
        bars = 0
        for metre, following in zip(self.metres, [*self.metres[1:], None], strict=True):
            if following is None or beat < following.beat:
                return bars + int((beat - metre.beat + 1e-9) // metre.bar_beats)
            bars += -int(-(following.beat - metre.beat - 1e-9) // metre.bar_beats)
        return bars

    def between(self, start: float, end: float) -> NoteSequence:
        """Notes that begin in [start, end), as they are placed; tempo, metres and programs stay."""
        return replace(self, notes=[n for n in self.notes if start <= n.beat < end], programs=dict(self.programs))

    def channel(self, *channels: int) -> NoteSequence:
        """The notes of some channels alone."""
        return replace(self, notes=[n for n in self.notes if n.channel in channels], programs=dict(self.programs))

    def shifted(self, beats: float) -> NoteSequence:
        """The notes alone moved by some beats."""
        return replace(self, notes=[n._replace(beat=n.beat + beats) for n in self.notes], programs=dict(self.programs))

    def transposed(self, semitones: int) -> NoteSequence:
        """Notes moved by semitones; those that would leave 0..127 move by octaves back into it. Drums (channel 9)
        stay."""
        return replace(
            self,
            notes=[n if n.channel == 9 else n._replace(pitch=fold_pitch(n.pitch + semitones)) for n in self.notes],
            programs=dict(self.programs),
        )


def fold_pitch(pitch: int, lowest: int = 0, highest: int = 127) -> int:
    """The pitch moved by octaves into lowest..highest (or, where that span is under an octave, as near as it
    gets)."""
    if pitch < lowest:
        pitch += -(-(lowest - pitch) // 12) * 12
    elif pitch > highest:
        pitch -= -(-(pitch - highest) // 12) * 12
    return min(highest, max(lowest, pitch))
