"""`antiphon bench swaps --held`: switches by program change with notes, pedal and live input held: clicks, delay, memory; [main].

A click is looked for at the very sample of each switch: the largest step there beside the largest one in the 20 ms before
and after, where the same sounds go on. Delay, late callbacks, memory and hung notes are counted live, on the null driver.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import numpy as np

from realtime.bench.swaps import CHORD, RATE, resident_kib
from realtime.drivers.choose import create
from realtime.engine.engine import Engine
from realtime.engine.switching import Cue, Prepared
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes

FRAMES = 128
_SOURCE, _SUSTAIN = 1, 64
_EVERY = 7
"""Switches from one lift of the pedal to the next: more than scenes can ring."""
_AROUND, _AWAY = 96, 960
_TAIL_S = 2.0


class _Hands:
    """Chords that are held over switches, by the keys and by the pedal."""

    def __init__(self, engine: Engine):
        self._engine, self._number = engine, 0
        self._down: tuple[int, ...] = ()

    def _send(self, *data: int) -> None:
        self._engine.midi_in(_SOURCE, bytes(data), 0)

    def go_on(self) -> None:
        """Another chord under the same pedal, which is lifted now and then."""
        self.lift()
        if self._number % _EVERY == 0:
            self._send(0xB0, _SUSTAIN, 0)
            self._send(0xB0, _SUSTAIN, 127)
        self._down = tuple(key + self._number % 5 for key in CHORD[: 2 + self._number % 3])
        for key in self._down:
            self._send(0x90, key, 80)
        self._number += 1

    def lift(self) -> None:
        for key in self._down:
            self._send(0x80, key, 64)
        self._down = ()

    def end(self) -> None:
        self.lift()
        self._send(0xB0, _SUSTAIN, 0)


def _ready(engine: Engine, names: Iterator[str]) -> tuple[Prepared, float]:
    """The next scene, ready and armed for program 1, and the seconds that its build took."""
    rack = scenes.load(next(names)).rack
    start = time.perf_counter()
    prepared = engine.switches.prepare(rack)
    engine.switches.arm([Cue(prepared, "program", 1, tail_s=_TAIL_S)])
    return prepared, time.perf_counter() - start


def _start(names: Iterator[str]) -> Engine:
    engine = Engine(RATE, inputs=2)
    engine.swap(engine.compile(scenes.load(next(names)).rack), 0.0)
    return engine


def _steps(sound: np.ndarray) -> tuple[float, float]:
    """Largest step just behind sample _AWAY, and in the 20 ms before and after."""
    step = np.abs(np.diff(sound)).max(axis=0)
    beside = max(step[: _AWAY - 2].max(), step[_AWAY + _AROUND : 2 * _AWAY].max())
    return float(step[_AWAY - 2 : _AWAY + _AROUND].max()), float(beside)


def clicks(names: list[str], switches: int, progress: Callable[[float], object]) -> dict[str, Any]:
    """switch_ratio: largest step at a switch over the largest one near it, the worst of all; steady_ratio: the same where
    nothing is switched, of the same sounds."""
    order = cycle(names)
    engine = _start(order)
    hands, tone = _Hands(engine), 0.1 * np.sin(2 * np.pi * 220 * np.arange(1 << 20) / RATE).astype(np.float32)
    worst, steady, largest = 0.0, 0.0, 0.0

    def play(frames: int) -> np.ndarray:
        at = int(engine.record[0]["transport"]["sample"]) % (len(tone) - frames)
        return engine.process(np.tile(tone[at : at + frames], (2, 1)), block=FRAMES)

    for number in range(switches):
        _ready(engine, order)
        hands.go_on()
        before = play(40 * FRAMES)
        at, beside = _steps(before[:, -2 * _AWAY :])
        steady = max(steady, at / max(beside, 1e-4))
        engine.midi_in(_SOURCE, bytes((0xC0, 1)), 0)
        after = play(16 * FRAMES)
        engine.collect()
        if not any(news.kind == "taken" for news in engine.switches.attend()):
            raise AntiphonError(f"switch {number + 1} was not taken within {16 * FRAMES} samples")
        at, beside = _steps(np.concatenate([before[:, -_AWAY:], after], axis=1))
        worst, largest = max(worst, at / max(beside, 1e-4)), max(largest, at)
        progress((number + 1) / switches)
    return {"switch_ratio": worst, "steady_ratio": steady, "switch_step": largest}


def _wait_taken(engine: Engine, prepared: Prepared, deadline_s: float = 5.0) -> int | None:
    """Sample at which it was taken."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        engine.collect()
        for news in engine.switches.attend():
            if news.kind == "taken" and news.prepared is prepared:
                return news.sample
        time.sleep(0.0005)
    return None


def live(names: list[str], switches: int, progress: Callable[[float], object]) -> dict[str, Any]:
    """most_delay_blocks: from the message to the new sound, in driver blocks beyond the one that runs."""
    order = cycle(names)
    engine = _start(order)
    driver = create("null")
    driver.open(engine, FRAMES)
    driver.start()
    hands = _Hands(engine)
    sizes: list[int] = []
    builds: list[float] = []
    delays: list[int] = []
    missed = 0
    try:
        time.sleep(0.3)
        engine.meters.reset()
        for number in range(switches):
            prepared, seconds = _ready(engine, order)
            builds.append(seconds)
            hands.go_on()
            sent = int(engine.record[0]["transport"]["sample"])
            engine.midi_in(_SOURCE, bytes((0xC0, 1)), 0)
            taken = _wait_taken(engine, prepared)
            missed += taken is None
            delays.append(0 if taken is None else taken - sent)
            if number in (switches // 5, switches - 1):
                gc.collect()
                sizes.append(resident_kib())
            progress((number + 1) / switches)
        meters = engine.meters.snapshot()
        hands.end()
        engine.switches.arm([])
        deadline = time.monotonic() + 20.0
        while engine.collect() > 1 and time.monotonic() < deadline:
            engine.switches.attend()
            time.sleep(0.01)
        held = sum(ringing.held for ringing in engine.switches.ringing())
        kept = engine.collect()
    finally:
        driver.close()
    return {
        "not_taken": missed, "most_delay_blocks": max(delays) / FRAMES - 1.0, "late": meters["late"],
        "callbacks": meters["callbacks"], "max_us": meters["duration_us"]["max"], "p999_us": meters["duration_us"]["p999"],
        "period_us": FRAMES * 1e6 / RATE, "build_ms": 1e3 * float(np.median(builds)), "grown_kib": sizes[-1] - sizes[0],
        "hung_notes": held, "plans_kept": kept,
    }  # fmt: skip


def bench_held_swaps(
    names: list[str], swaps: int = 500, progress: Callable[[float], object] = lambda share: None
) -> dict[str, Any]:
    """Both: the figures of `clicks` and of `live`."""
    found = clicks(names, swaps, lambda share: progress(0.5 * share))
    found |= live(names, swaps, lambda share: progress(0.5 + 0.5 * share))
    return {"scenes": names, "swaps": swaps, **found}
