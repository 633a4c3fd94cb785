"""What `antiphon bench players` can measure, by name; [main]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.bench.band_memory import bench_memory
from realtime.bench.chord_led import bench_chords
from realtime.bench.drumming import bench_drums
from realtime.bench.following import bench_following
from realtime.bench.planning import bench_planning
from realtime.bench.players import bench_players
from realtime.bench.reflex import bench_reflex
from realtime.bench.slaved import bench_clock

Rows = list[dict[str, Any]]
Progress = Callable[[float], object]


@dataclass(frozen=True)
class Wanted:
    """What was asked for. names: of players, none: all. minutes: of `planning`; notes, device, frames, driver: of `reflex`;
    scene, songs, data: of `chords` and `drums`; songs and data: of `following` too."""

    names: tuple[str, ...] = ()
    minutes: float = 1.0
    notes: int = 1000
    device: str = "transposer"
    frames: int = 64
    driver: str = "jack"
    scene: str = "pop_band"
    songs: int = 20
    data: Path | None = None


MEASURES: dict[str, Callable[[Wanted, Progress], Rows]] = {
    "answers": lambda w, _: bench_players(w.names or None),
    "planning": lambda w, progress: bench_planning(w.names or None, w.minutes, progress=progress),
    "reflex": lambda w, progress: [bench_reflex(w.device, w.notes, w.frames, driver=w.driver, progress=progress)],
    "chords": lambda w, progress: bench_chords(w.data, w.scene, w.songs, progress=progress),
    "following": lambda w, progress: bench_following(w.data, w.songs, progress=progress),
    "drums": lambda w, progress: bench_drums(w.data, w.scene, w.songs, progress=progress),
    "clock": lambda _, progress: bench_clock(progress=progress),
    "memory": lambda w, _: [bench_memory(w.names or None)],
}
"""Each gives rows of figures; a row with a `sentence` says what could not be measured."""
