"""`antiphon bench players --measure clock`: how near the first note of each bar is to the bar of a JACK client's clock; [main].

The client sends MIDI clock to the sample and hears what the engine plays at its MIDI output, so that both are counted on
one clock. A player plans a note on every bar line, a beat ahead, in beats: what is measured is the engine's own beat.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.bench import band_rig
from realtime.bench.clock_hand import ClockHand
from realtime.bench.servers import JackServer
from realtime.drivers.choose import create
from realtime.engine.engine import Engine
from realtime.engine.layout import PORT_SOURCE
from realtime.native.errors import AntiphonError
from realtime.players.host import serve_once
from realtime.players.memory import PlayerMemory
from realtime.players.player import Player
from realtime.session import scene as scenes

RATE, FRAMES = 48000, 256
TICKS, BEATS = 24, 4
LEAD_S, READY_BEATS = 1.0, 8
"""Before the first tick; and beats that the clock ticks before it starts."""
BARS = 16
RAMP = (60.0, 200.0)
TEMPI: tuple[tuple[str, float, float], ...] = (
    ("60", 60.0, 60.0), ("120", 120.0, 120.0), ("200", 200.0, 200.0), ("60 to 200", *RAMP),
)  # fmt: skip


class BarLines(Player):
    """A note on every bar line, planned a beat ahead."""

    name = "bar_lines"

    def forget(self) -> None:
        super().forget()
        self._next = None

    _next: float | None = None

    def play(self) -> None:
        now = self.now
        if not now.playing:
            return
        if self._next is None:
            self._next = now.bar_start_beat + (now.bar_beats if now.beat > now.bar_start_beat + 1e-3 else 0.0)
        while self._next < now.beat + 1.0:
            self.plan(self._next, 0.5, 60, 0.8)
            self._next += now.bar_beats


def ticks(first_bpm: float, last_bpm: float, bars: int) -> tuple[list[tuple[int, bytes]], np.ndarray]:
    """(messages of a clock that starts after READY_BEATS, frames of its bar lines). The tempo rises from tick to tick."""
    count = TICKS * BEATS * bars + 1
    ready = TICKS * READY_BEATS
    tempi = np.r_[np.full(ready, first_bpm), np.linspace(first_bpm, last_bpm, count)]
    at = LEAD_S + np.r_[0.0, np.cumsum(60.0 / (tempi[:-1] * TICKS))]
    frames = np.round(at * RATE).astype(int)
    messages = [(int(frame), b"\xf8") for frame in frames]
    messages.insert(ready, (int(frames[ready]) - RATE // 1000, b"\xfa"))
    return messages, frames[ready :: TICKS * BEATS]


def bench_clock(bars: int = BARS, progress: Callable[[float], object] = lambda share: None) -> list[dict[str, Any]]:
    """A row a tempo: bars, how many of them had their note within a sample, and the largest and the median distance of those
    that had one at all, in samples. The first bar is left out: the player has heard of it as it begins."""
    rows = []
    with JackServer(RATE, FRAMES) as server:
        server.use()
        for number, (name, first, last) in enumerate(TEMPI):
            rows.append({"measure": "clock", "tempo_bpm": name, **_case(server.name, first, last, bars)})
            progress((number + 1) / len(TEMPI))
    return rows


def _case(server: str, first: float, last: float, bars: int) -> dict[str, Any]:
    messages, lines = ticks(first, last, bars)
    scene = scenes.parse(band_rig.RACK)
    engine = Engine(RATE, 0, 2, 120.0)
    engine.swap(engine.compile(scene.rack), 0.0)
    engine.record["native_midi"] = 1
    engine.follow_clock(PORT_SOURCE)
    driver = create("jack")
    player, memory = BarLines(), PlayerMemory.create()
    memory.unlink()
    engine.players.connect(0, memory.listen, memory.plan, 0, memory.free)
    options: dict[str, Any] = {"client_name": "slaved"}
    driver.open(engine, FRAMES, **options)
    driver.start()
    hand = ClockHand(server, messages)
    limit = time.monotonic() + messages[-1][0] / RATE + 30.0
    try:
        hand.start("slaved:midi_in", "slaved:midi_out")
        while not hand.finished:
            serve_once(player, memory)
            memory.mirror.pop_all()
            time.sleep(0.002)
            if time.monotonic() > limit:
                raise AntiphonError("the JACK server stands still; end what else runs on this machine and try again")
        heard, xruns = hand.heard - FRAMES, hand.xruns
    finally:
        hand.close()
        driver.close()
        engine.players.disconnect(0)
        engine.collect()
        engine.dispose()
    return _compared(heard, lines[1:-1]) | {"xruns": xruns}


def _compared(heard: np.ndarray, lines: np.ndarray) -> dict[str, Any]:
    if not len(heard):
        return {"bars": len(lines), "within_a_sample": 0, "found": 0}
    apart = np.array([heard[np.abs(heard - line).argmin()] - line for line in lines])
    near = apart[np.abs(apart) < RATE // 10]
    return {
        "bars": len(lines), "found": len(near), "within_a_sample": int((np.abs(near) <= 1).sum()),
        "largest_samples": int(np.abs(near).max()) if len(near) else None,
        "median_samples": float(np.median(near)) if len(near) else None,
        "notes": len(heard),
    }  # fmt: skip
