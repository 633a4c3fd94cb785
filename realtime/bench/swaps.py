"""`antiphon bench swaps`: a thousand scene changes under sound: clicks, late callbacks, memory; [main].

Clicks are looked for offline, where every sample can be compared: the same chords are played once in one scene that stays
and once with a new scene before every chord. Late callbacks and memory are counted live, on the null driver.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.drivers.choose import create
from realtime.engine.engine import Engine
from realtime.session import scene as scenes

RATE, FRAMES = 48000, 64
CHORD = (50, 57, 62, 65)
GAP = 64 * 60
"""Samples from chord to chord: 80 ms."""


def resident_kib() -> int:
    """Memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


def _strike(engine: Engine, down: bool) -> None:
    for key in CHORD:
        engine.midi_in(1, bytes((0x90 if down else 0x80, key, 96 if down else 64)), 0)


def _largest_step(names: list[str], chords: int, swapping: bool, progress: Callable[[float], object]) -> float:
    loaded = [scenes.load(name) for name in names]
    engine = Engine(RATE)
    engine.swap(engine.compile(loaded[0].rack), 0.0)
    last = np.zeros((2, 1), np.float32)
    worst = 0.0
    for number in range(chords):
        if swapping:
            engine.swap(engine.compile(scenes.load(names[number % len(names)]).rack), 0.0)
        for down, frames in ((True, GAP // 2), (False, GAP // 2)):
            _strike(engine, down)
            sound = engine.process(frames=frames)
            worst = max(worst, float(np.abs(np.diff(np.concatenate([last, sound], axis=1))).max()))
            last = sound[:, -1:]
        progress((number + 1) / chords)
    return worst


def bench_swaps(
    names: list[str], swaps: int = 1000, chords: int = 200, progress: Callable[[float], object] = lambda share: None
) -> dict[str, Any]:
    """steady_step, swap_step: largest sample-to-sample steps without and with scene changes; late, callbacks, KiB grown."""
    steady = max(_largest_step([name], chords, False, lambda share: None) for name in names)
    swapped = _largest_step(names, chords, True, lambda share: progress(0.5 * share))
    engine = Engine(RATE)
    engine.swap(engine.compile(scenes.load(names[0]).rack), 0.0)
    driver = create("null")
    driver.open(engine, FRAMES)
    driver.start()
    sizes: list[int] = []
    missed = 0
    try:
        time.sleep(0.3)
        engine.meters.reset()
        for number in range(swaps):
            plan = engine.compile(scenes.load(names[number % len(names)]).rack)
            missed += not engine.swap(plan, 2.0)
            _strike(engine, number % 2 == 0)
            if number in (swaps // 5, swaps - 1):
                time.sleep(0.3)
                gc.collect()
                sizes.append(resident_kib())
            progress(0.5 + 0.5 * (number + 1) / swaps)
        meters = engine.meters.snapshot()
    finally:
        driver.close()
    return {
        "scenes": names, "swaps": swaps, "steady_step": steady, "swap_step": swapped,
        "late": meters["late"], "callbacks": meters["callbacks"], "xruns": driver.xruns, "not_taken": missed,
        "max_us": meters["duration_us"]["max"], "p999_us": meters["duration_us"]["p999"],
        "period_us": FRAMES * 1e6 / RATE, "grown_kib": sizes[-1] - sizes[0], "plans_kept": engine.collect(),
    }  # fmt: skip
