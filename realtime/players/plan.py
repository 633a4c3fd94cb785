"""What a player plans, and the transport as it sees it; [player process]."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Moment:
    """The transport at one instant; beats are quarter notes on the running count of realtime.contract.player_wire.

    song_beat, bar: where the song stands, bars from 0; loop: first and last beat of the song's loop, None without one.
    jumps: of the song, so far.
    """

    beat: float = 0.0
    tempo_bpm: float = 120.0
    bar_start_beat: float = 0.0
    numerator: int = 4
    denominator: int = 4
    playing: bool = True
    counting: bool = False  # the count-in before the song
    song_beat: float = 0.0
    bar: int = 0
    loop: tuple[float, float] | None = None
    jumps: int = 0

    @property
    def bar_beats(self) -> float:
        """Quarter notes a bar."""
        return self.numerator * 4.0 / self.denominator

    @property
    def compound(self) -> bool:
        """Whether its beats are threes of eighths or less: 6/8, 9/8, 12/8."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    def bar_of(self, beat: float) -> float:
        """The bar line at or before a beat."""
        bars = math.floor((beat - self.bar_start_beat) / self.bar_beats + 1e-6)
        return self.bar_start_beat + bars * self.bar_beats

    def next_bar(self, beat: float) -> float:
        """The bar line at or behind a beat."""
        bars = math.ceil((beat - self.bar_start_beat) / self.bar_beats - 1e-6)
        return self.bar_start_beat + bars * self.bar_beats


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing for the engine to do: `kind` and fields as wire.PLAN."""

    kind: int
    serial: int
    beat: float = 0.0
    duration_beats: float = 0.0
    lane: int = 0
    key: int = 0
    velocity: float = 0.0
    number: int = 0
    value: float = 0.0
    value2: float = 0.0
    bass: int = 0
    classes: int = 0


def damped(note: Planned, damp: Planned, beat: float) -> Planned:
    """A note after a wire.PLAN_DAMP that came at a beat."""
    reaches = note.beat < damp.beat and note.beat + note.duration_beats > beat and note.serial <= damp.serial
    if not reaches or damp.lane not in (-1, note.lane) or damp.classes >> note.key % 12 & 1:
        return note
    return replace(note, duration_beats=beat - note.beat)
