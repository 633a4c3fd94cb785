"""Measures a player off stage: from the end of a phrase to its first note, in beats, and its computing time;
[main]."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from realtime.players import wire
from realtime.players.answer import AnswerPlayer
from realtime.players.generate import PACKAGES
from realtime.players.player import Moment

# four bars of eighths in G, with leaps, and a rest of two beats before the answer may come
PHRASE = (
    67,
    71,
    74,
    71,
    72,
    69,
    66,
    69,
    67,
    71,
    74,
    79,
    78,
    74,
    72,
    69,
    67,
    64,
    62,
    64,
    66,
    67,
    69,
    71,
    72,
    74,
    71,
    67,
)
TICK_BEATS = 0.04  # 20 ms at 120


def bench_players(package: str | Path | None = None, seeds: int = 20, tempo_bpm: float = 120.0) -> list[dict[str, Any]]:
    """One row: medians over `seeds` answers to one phrase played at `tempo_bpm`, keys released 5 % before the next
    note.

    first_note_beats: from the last release to the first note's onset (patience of one beat included). decided_ms:
    computing time of the tick that ends the phrase, with the first beat of notes drawn. note_on_us: hearing one
    note. event_us: one run of the model. notes_ms: computing time of the whole answer, per note.
    """
    path = Path(package or PACKAGES / "answer.onnx")
    beats, decided, note_on, per_note, step = [], [], [], [], []
    player = AnswerPlayer(path, seed=0)
    for seed in range(seeds):
        player.panic(Moment(0.0, tempo_bpm))
        player.take()
        player.seed = seed
        for i, key in enumerate(PHRASE):
            player.tick(Moment(i * 0.5, tempo_bpm, i * 0.5 // 4 * 4))
            started = time.perf_counter()
            player.note_on(i * 0.5, key, 0.7)
            note_on.append(time.perf_counter() - started)
            player.note_off(i * 0.5 + 0.475, key)
        released, beat, spent, notes, first = (len(PHRASE) - 1) * 0.5 + 0.475, len(PHRASE) * 0.5, 0.0, 0, None
        while player.answer is not None or first is None:
            beat += TICK_BEATS
            started = time.perf_counter()
            player.tick(Moment(beat, tempo_bpm, beat // 4 * 4))
            took = time.perf_counter() - started
            planned = [p for p in player.take() if p.kind == wire.PLAN_NOTE]
            if planned and first is None:
                first = planned[0].beat
                beats.append(first - released)
                decided.append(took)
            spent, notes = spent + took, notes + len(planned)
        per_note.append(spent / max(1, notes))
    if hasattr(player.composer.net, "session"):
        for i in range(500):
            started = time.perf_counter()
            player.composer.net.step((5, 24 + i % 12, 5, 12 * (i % 8), 1, 0, 1, 0, 96))
            step.append(time.perf_counter() - started)
    return [
        {
            "player": "answer",
            "by": "rules" if player.warning else path.name,
            "first_note_beats": _median(beats),
            "first_note_s": _median(beats) * 60.0 / tempo_bpm,
            "decided_ms": _median(decided) * 1e3,
            "note_on_us": _median(note_on) * 1e6,
            "event_us": _median(step) * 1e6,
            "notes_ms": _median(per_note) * 1e3,
        }
    ]


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    return round(ordered[len(ordered) // 2], 6) if ordered else 0.0
