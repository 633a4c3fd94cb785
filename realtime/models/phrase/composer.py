"""What composes turns of music: the turns so far, heard and written, and how new notes are to be; [player process]. It
knows ticks and turns, not clocks: realtime.players.answer puts it in time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import realtime.models.phrase.code as code
from realtime.music.scale import key_classes

MEMORY_EVENTS = 224  # notes and openings of turns that are kept


class Written(NamedTuple):
    """A note drawn: tick, duration in ticks, MIDI pitch; its velocity is `Composer.velocity`."""

    tick: int
    duration: int
    pitch: int


@dataclass(slots=True)
class Line:
    """One turn as it sounded: notes are [tick, duration in ticks, MIDI pitch, velocity class], ticks counted from a bar
    line; length_ticks 0: unknown."""

    role: int
    start_tick: int
    length_ticks: int
    numerator: int
    denominator: int
    own: bool = False  # written, not heard
    notes: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Taste:
    """How notes are drawn. lowest..highest: MIDI range wanted. guard 0 free, 1 soft, 2 strict. density 1: as the model
    feels, else times `notes_per_beat`, the performer's own."""

    temperature: float = 0.9
    top_p: float = 0.95
    density: float = 1.0
    notes_per_beat: float = 2.0
    guard: int = 1
    lowest: int = 0
    highest: int = 127
    tonic: int = 0
    mode: str = "major"
    close: float = 1.5
    cadence: int = 0  # ticks of a turn's last note, which leans to the tonic by `close`; 0: as it comes
    rhythm_top_p: float | None = None  # nucleus of onsets and durations; None: top_p
    also: frozenset[int] = frozenset()  # pitch classes outside the key that the performer used

    @classmethod
    def after(cls, notes: Sequence[Sequence[int]], tonic: int, mode: str, spread: int, **chosen: Any) -> Taste:
        """Range and rate of some notes (rows as in a Line), `spread` semitones wider; a note outside the key that comes
        twice is part of the scale. chosen: the other fields."""
        pitches = [n[2] for n in notes]
        outside = [p % 12 for p in pitches if p % 12 not in key_classes(tonic, mode)]
        span = max(code.TICKS, notes[-1][0] + notes[-1][1] - notes[0][0])
        return cls(
            notes_per_beat=max(0.5, len(notes) * code.TICKS / span),
            lowest=max(0, min(pitches) - spread),
            highest=min(127, max(pitches) + spread),
            tonic=tonic,
            mode=mode,
            also=frozenset(p for p in outside if outside.count(p) >= 2),
            **chosen,
        )


class Composer(ABC):
    """`begin` a turn and `hear` its notes while the performer plays; `begin` an own turn and `write` its notes.

    style: index of code.STYLES; texture: LINE or CHORDS; dynamics: whether velocities mean something.
    """

    def __init__(self) -> None:
        self.frame = code.Frame(60, "")
        self.style, self.texture, self.dynamics = 0, code.LINE, False
        self.lines: list[Line] = []

    @property
    def velocity(self) -> float | None:
        """0..1 of the last note, None where it is not chosen here."""
        return None

    def clear(self) -> None:
        """Forgets all turns."""
        self.lines.clear()
        self._void()

    def set_frame(self, frame: code.Frame) -> None:
        """Another key or register."""
        if frame != self.frame:
            self.frame = frame
            self._void()

    def set_style(self, style: int, texture: int, dynamics: bool) -> None:
        """Another manner."""
        if (style, texture, dynamics) != (self.style, self.texture, self.dynamics):
            self.style, self.texture, self.dynamics = style, texture, dynamics
            self._void()

    def begin(
        self, role: int, start_tick: int, length_ticks: int, numerator: int, denominator: int, own: bool = False
    ) -> Line:
        """Opens a turn of a role of code.ROLES. length_ticks: 0 where it is unknown; own: its notes will be written."""
        self._forget(self._too_old())
        line = Line(role, start_tick, length_ticks, numerator, denominator, own)
        self.lines.append(line)
        return line

    def hear(self, tick: int, pitch: int, duration_before: int = 0, velocity: float = 0.0) -> None:
        """A note of the current turn begins at or after the one before it, whose duration in ticks is now known (0: as
        it was). velocity 0..1, 0: unknown. It costs nothing: see `catch_up`."""
        notes = self.lines[-1].notes
        if notes and duration_before > 0:
            notes[-1][1] = duration_before
        notes.append([tick, 0, pitch, code.velocity_class(velocity * 127)])

    def correct(self, pitch: int) -> None:
        """The last note heard was a lower note of a chord: its top is `pitch`."""
        self.lines[-1].notes[-1][2] = pitch

    def replace_notes(self, notes: list[list[int]]) -> None:
        """The current turn was something else (cut off, or in another pulse)."""
        self.lines[-1].notes = notes
        self._void()

    def take_in_anew(self) -> None:
        """The turns were changed by somebody else."""
        self._void()

    def take_back(self) -> None:
        """The current turn never was."""
        self.lines.pop()
        self._void()

    def catch_up(self) -> int:
        """Takes in what was heard, or all of the past again if it was changed; events it took. Done in time, the next
        note is written at once."""
        return 0

    @abstractmethod
    def write(
        self,
        taste: Taste,
        random: Random,
        length_ticks: int = 0,
        earliest_tick: int = 0,
        latest_first_tick: int | None = None,
    ) -> Written | None:
        """Draws the next note of the current turn, or None at its end.

        length_ticks: needed where the turn's own is unknown. earliest_tick: no note begins before it.
        latest_first_tick: the turn's first note begins at it at the latest.
        """

    @abstractmethod
    def _void(self) -> None:
        """The past is another one: what was made of it is void."""

    def _too_old(self) -> int:
        """The number of the oldest turns beyond MEMORY_EVENTS; the last one is never too old."""
        first, events = len(self.lines), 0
        while first > 0 and events + len(self.lines[first - 1].notes) + 1 <= MEMORY_EVENTS:
            first -= 1
            events += len(self.lines[first].notes) + 1
        return max(0, min(first, len(self.lines) - 1))

    def _forget(self, turns: int) -> None:
        del self.lines[:turns]
