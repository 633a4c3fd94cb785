"""A rehearsal room for players: melodies to play to one, and what it makes of them."""

from __future__ import annotations

import numpy as np

from realtime.contract import player_wire as wire
from realtime.music.sequence import Note
from realtime.players.plan import Planned
from realtime.players.rehearsal import perform

__all__ = ["line", "perform", "planned_notes", "record"]


def planned_notes(heard: list[tuple[float, Planned]]) -> list[Note]:
    """The notes among what was planned, as sounding, regardless of releases."""
    return [Note(p.beat, p.duration_beats, p.key, p.velocity, p.lane) for _, p in heard if p.kind == wire.PLAN_NOTE]


def line(
    pitches: list[int], step: float = 0.5, start: float = 0.0, length: float = 0.9, velocity: float = 0.7
) -> list[Note]:
    """A melody of equal steps; `length` is the share of the step that sounds."""
    return [Note(start + i * step, step * length, p, velocity) for i, p in enumerate(pitches)]


def record(kind: int, beat: float = 0.0, **fields) -> np.void:
    """One wire.LISTEN record, the transport in four quarters at 120."""
    one = np.zeros(1, wire.LISTEN)[0]
    always = {"tempo_bpm": 120.0, "bar_start_beat": beat // 4 * 4, "numerator": 4, "denominator": 4, "playing": 1}
    for name, value in ({"kind": kind, "beat": beat} | always | fields).items():
        one[name] = value
    return one
