"""What a player plans, and the transport as it sees it; [player process]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """The transport at one instant; beats are quarter notes on the running count of realtime.contract.player_wire."""

    beat: float = 0.0
    tempo_bpm: float = 120.0
    bar_start_beat: float = 0.0
    numerator: int = 4
    denominator: int = 4
    playing: bool = True

    @property
    def bar_beats(self) -> float:
        """Quarter notes a bar."""
        return self.numerator * 4.0 / self.denominator


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

    def releases(self, lane: int) -> bool:
        """Of a release: whether it ends a lane's notes."""
        return self.number == 0 or bool(self.number >> lane & 1)
