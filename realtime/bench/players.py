"""`antiphon bench players`: how soon a player answers, and what each note costs it; [main]."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from statistics import median
from typing import Any

from realtime.contract import player_wire as wire
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player
from realtime.players.registry import player_class, player_names
from realtime.players.rehearsal import TICK_S, shipped_package

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
SILENCE_BEATS = 4.0  # without a plan after which the player has said all it has to say
MOST_BEATS = 64.0  # for one that never ends


class _Stage:
    """Plays to a player and keeps the computing time of all it does."""

    def __init__(self, player: Player, tempo_bpm: float):
        self.player, self.tempo_bpm = player, tempo_bpm
        self.beat = 0.0
        self.note_on_s: list[float] = []

    def phrase(self, keys: Sequence[int], step: float) -> dict[str, float]:
        """A phrase and what comes of it; seconds and beats. Nothing: no `first`."""
        start = self.beat
        ups = [(start + i * step, True, key) for i, key in enumerate(keys)]
        events = sorted(ups + [(beat + RELEASED * step, False, key) for beat, _, key in ups])
        released = events[-1][0]
        found: dict[str, float] = {}
        spent, count, listening, quiet_since = 0.0, 0, 0.0, released
        while events or self.beat < min(quiet_since + SILENCE_BEATS, released + MOST_BEATS):
            took, cpu, planned = self._tick()
            if planned and "first" not in found:
                found = {"decided": took, "cpu": cpu, "first": planned[0].beat - released}
                found["spare"] = (planned[0].beat - self.beat) * 60.0 / self.tempo_bpm - took
            elif not found:
                listening = max(listening, took)
            if found:
                spent, count = spent + took, count + len(planned)
            quiet_since = max([quiet_since, *(p.beat for p in planned)])
            self.beat += TICK_S * self.tempo_bpm / 60.0
            while events and events[0][0] < self.beat:
                self._key(*events.pop(0))
        self.beat = -(-self.beat // 4.0) * 4.0
        return {**found, "listening": listening, "note": spent / max(1, count)}

    def _tick(self) -> tuple[float, float, list[Planned]]:
        now = Moment(self.beat, self.tempo_bpm, self.beat // 4 * 4)
        started, cpu = time.perf_counter(), time.thread_time()
        self.player.tick(now)
        planned = [p for p in self.player.take() if p.kind == wire.PLAN_NOTE]
        return time.perf_counter() - started, time.thread_time() - cpu, planned

    def _key(self, beat: float, down: bool, key: int) -> None:
        started = time.perf_counter()
        if down:
            self.player.note_on(beat, key, 0.7)
            self.note_on_s.append(time.perf_counter() - started)
        else:
            self.player.note_off(beat, key)


def bench_players(
    names: Sequence[str] | None = None, seeds: int = 10, tempo_bpm: float = 120.0
) -> list[dict[str, Any]]:
    """A row a player and a case: a phrase like those before it; one that ends in another register and one out of the
    transport's time, after both of which a memory is taken in again. Two phrases go before the measured one; keys are
    released 5 % before the next.

    first_note_beats: from the last release to the first note's onset (the player's patience included), median of
    `seeds`; None of a player that does not answer such a phrase. decided_ms: computing time of the tick that planned it,
    and the processor's part of it. spare_ms: the least time between a first note's being planned and its onset; below 0
    it would be late. listening_ms: the longest tick before. note_on_us: hearing one note. notes_ms: computing time of
    all that follows, per note. Medians unless said. Raises AntiphonError for an unknown player.
    """
    rows = []
    for name in names or player_names():
        chosen = player_class(name)
        player = chosen(package=shipped_package(chosen))
        for case, (keys, step) in CASES.items():
            rows.append(
                {"player": name, "by": _means(player), "case": case, **_case(player, keys, step, seeds, tempo_bpm)}
            )
    return rows


def _means(player: Player) -> str:
    return "rules" if player.warning or not player.MODEL else f"{player.MODEL}.onnx"


def _case(player: Player, keys: Sequence[int], step: float, seeds: int, tempo_bpm: float) -> dict[str, Any]:
    found, stage = [], _Stage(player, tempo_bpm)
    for seed in Random(0).sample(range(1000), seeds):
        player.panic(Moment(0.0, tempo_bpm))
        player.take()
        player.set("seed", seed)
        stage.beat = 0.0
        for _ in range(EARLIER):
            stage.phrase(PHRASE, 0.5)
        found.append(stage.phrase(keys, step))
    answered = [f for f in found if "first" in f]
    heard = {
        "listening_ms": round(max(f["listening"] for f in found) * 1e3, 3),
        "note_on_us": round(median(stage.note_on_s) * 1e6, 1),
    }
    if not answered:
        return {"first_note_beats": None, **heard}
    first = median(f["first"] for f in answered)
    return {
        "first_note_beats": round(first, 4),
        "first_note_s": round(first * 60.0 / tempo_bpm, 4),
        "decided_ms": round(median(f["decided"] for f in answered) * 1e3, 3),
        "decided_cpu_ms": round(median(f["cpu"] for f in answered) * 1e3, 3),
        "spare_ms": round(min(f["spare"] for f in answered) * 1e3, 3),
        **heard,
        "notes_ms": round(median(f["note"] for f in answered) * 1e3, 3),
    }
