"""A rehearsal room for players: plays notes to one in order of time, ticks every 20 ms or so, and collects what it plans."""

from __future__ import annotations

from realtime.contract import player_wire as wire
from realtime.music.sequence import Note
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player


def perform(
    player: Player,
    notes: list[Note],
    until: float,
    tempo_bpm: float = 120.0,
    numerator: int = 4,
    denominator: int = 4,
    start: float = 0.0,
    playing: bool = True,
    tick_s: float = 0.02,
) -> list[tuple[float, Planned]]:
    """Plays `notes` (beats) and runs the clock up to beat `until`; returns (beat of planning, what was planned)."""
    bar = numerator * 4.0 / denominator
    events = [(n.beat, 1, n) for n in notes] + [(n.beat + n.duration, 0, n) for n in notes]
    events.sort(key=lambda e: e[:2])
    step = tick_s * tempo_bpm / 60.0
    heard: list[tuple[float, Planned]] = []
    beat = start
    while beat < until:
        player.tick(Moment(beat, tempo_bpm, beat // bar * bar, numerator, denominator, playing))
        heard += [(beat, p) for p in player.take()]
        while events and events[0][0] < beat + step:
            at, on, n = events.pop(0)
            if on:
                player.note_on(at, n.pitch, n.velocity, n.channel)
            else:
                player.note_off(at, n.pitch, n.channel)
            heard += [(at, p) for p in player.take()]
        beat += step
    return heard


def planned_notes(heard: list[tuple[float, Planned]]) -> list[Note]:
    """The notes among what was planned, as sounding, regardless of releases."""
    return [Note(p.beat, p.duration_beats, p.key, p.velocity, p.lane) for _, p in heard if p.kind == wire.PLAN_NOTE]


def line(
    pitches: list[int], step: float = 0.5, start: float = 0.0, length: float = 0.9, velocity: float = 0.7
) -> list[Note]:
    """A melody of equal steps; `length` is the share of the step that sounds."""
    return [Note(start + i * step, step * length, p, velocity) for i, p in enumerate(pitches)]
