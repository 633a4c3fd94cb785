"""`antiphon bench players`: how soon a player answers, and what each note costs it; [main]."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from realtime.contract import player_wire as wire
from realtime.models.base import PACKAGES
from realtime.models.phrase import Taste
from realtime.players.answer import AnswerPlayer
from realtime.players.player import Moment

# four bars of eighths in G, with leaps; cases: keys and beats from one to the next
PHRASE = (
    67, 71, 74, 71, 72, 69, 66, 69, 67, 71, 74, 79, 78, 74, 72, 69, 67, 64, 62, 64, 66, 67, 69, 71, 72, 74, 71, 67,
)  # fmt: skip
CASES = {
    "as before": (PHRASE, 0.5),
    "two octaves down at the end": (PHRASE + tuple(k - 24 for k in PHRASE), 0.5),
    "own tempo": (PHRASE, 0.415),
}
EARLIER = 2  # phrases and answers before the one that is measured
RELEASED = 0.95  # share of the time to the next note for which a key is held
TICK_S = 0.02


class _Stage:
    """Plays to a player and keeps the computing time of all it does."""

    def __init__(self, player: AnswerPlayer, tempo_bpm: float):
        self.player, self.tempo_bpm = player, tempo_bpm
        self.beat = 0.0
        self.note_on_s: list[float] = []

    def phrase(self, keys: tuple[int, ...], step: float) -> dict[str, float]:
        """A phrase and its answer; seconds and beats of the answer."""
        player, start = self.player, self.beat
        notes = [(start + i * step, key) for i, key in enumerate(keys)]
        released = notes[-1][0] + RELEASED * step
        events = sorted(
            itertools.chain(((b, True, k) for b, k in notes), ((b + RELEASED * step, False, k) for b, k in notes))
        )
        found: dict[str, float] = {}
        spent, count, listening, serial = 0.0, 0, 0.0, player.serial
        while player.answer is not None or "first" not in found:
            took, cpu, planned = self._tick()
            if player.serial == serial:
                listening = max(listening, took)
            elif "decided" not in found:
                found |= {"decided": took, "cpu": cpu}
            if planned and "first" not in found:
                found["first"] = planned[0].beat - released
                found["spare"] = (planned[0].beat - self.beat) * 60.0 / self.tempo_bpm - took
            if player.serial != serial:
                spent, count = spent + took, count + len(planned)
            self.beat += TICK_S * self.tempo_bpm / 60.0
            while events and events[0][0] < self.beat:
                self._key(*events.pop(0))
        self.beat = -(-self.beat // 4.0) * 4.0
        return {**found, "listening": listening, "note": spent / max(1, count)}

    def _tick(self) -> tuple[float, float, list]:
        now = Moment(self.beat, self.tempo_bpm, self.beat // 4 * 4)
        started, cpu = time.perf_counter(), time.thread_time()
        self.player.tick(now)
        took, cpu = time.perf_counter() - started, time.thread_time() - cpu
        return took, cpu, [p for p in self.player.take() if p.kind == wire.PLAN_NOTE]

    def _key(self, beat: float, down: bool, key: int) -> None:
        started = time.perf_counter()
        if down:
            self.player.note_on(beat, key, 0.7)
            self.note_on_s.append(time.perf_counter() - started)
        else:
            self.player.note_off(beat, key)


def bench_players(package: str | Path | None = None, seeds: int = 10, tempo_bpm: float = 120.0) -> list[dict[str, Any]]:
    """A row a case: a phrase like those before it; one that ends in another register and one out of the transport's time,
    after both of which the memory is taken in again. Two phrases go before the measured one; keys are released 5 %
    before the next.

    first_note_beats: from the last release to the first note's onset (patience of one beat included), median of
    `seeds`. decided_ms: computing time of the tick that ends the phrase, its first notes drawn, and the
    processor's part of it. spare_ms: the least
    time between a first note's being planned and its onset; below 0 it would be late. listening_ms: the longest tick
    before, memory taken in again. note_on_us: hearing one note. event_us: writing one note. notes_ms: computing time of
    the whole answer, per note. Medians unless said.
    """
    path = Path(package or PACKAGES / "phrase.onnx")
    player = AnswerPlayer(path)
    rows = []
    for case, (keys, step) in CASES.items():
        found, stage = [], _Stage(player, tempo_bpm)
        for seed in range(seeds):
            player.panic(Moment(0.0, tempo_bpm))
            player.seed, stage.beat = seed, 0.0
            for _ in range(EARLIER):
                stage.phrase(PHRASE, 0.5)
            found.append(stage.phrase(keys, step))
        first = median(f["first"] for f in found)
        rows.append(
            {
                "player": "answer",
                "by": "rules" if player.warning else path.name,
                "case": case,
                "first_note_beats": round(first, 4),
                "first_note_s": round(first * 60.0 / tempo_bpm, 4),
                "decided_ms": round(median(f["decided"] for f in found) * 1e3, 3),
                "decided_cpu_ms": round(median(f["cpu"] for f in found) * 1e3, 3),
                "spare_ms": round(min(f["spare"] for f in found) * 1e3, 3),
                "listening_ms": round(max(f["listening"] for f in found) * 1e3, 3),
                "note_on_us": round(median(stage.note_on_s) * 1e6, 1),
                "event_us": round(_event_us(player), 1),
                "notes_ms": round(median(f["note"] for f in found) * 1e3, 3),
            }
        )
    return rows


def _event_us(player: AnswerPlayer, count: int = 200) -> float:
    """Median microseconds of writing a note."""
    composer, random, taken = player.composer, Random(1), []
    composer.clear()
    composer.begin(0, 0, 0, 4, 4, own=True)
    for _ in range(count):
        started = time.perf_counter()
        composer.write(Taste(), random, 96 * count)
        taken.append(time.perf_counter() - started)
    return median(taken) * 1e6
