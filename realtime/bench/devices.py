"""`antiphon bench devices`: what each device costs in a compiled loop of 64-frame quanta, beside published peers; [main]."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from realtime.contract.events import NOTE_ON
from realtime.devices.registry import devices, find
from realtime.engine.solo import Rig

RATE = 48000
SECONDS = 2.0
RUNS = 5
PEDALBOARD_NS = {
    "compressor": 12, "limiter": 21, "eq": 7.2, "filter": 25, "chorus": 20, "phaser": 79, "delay": 13, "reverb": 41,
    "saturator": 19,
}  # fmt: skip
"""ns per stereo frame in one long call of 64-frame buffers, measured once on this kind of machine: ratios count."""
VOICES = {"poly": 32, "fm": 16, "pluck": 16, "drums": 8}
SCSYNTH_NS = 6.3
"""ns per voice and frame: SuperCollider's saw, resonant filter and envelope."""


def _one(name: str) -> dict[str, Any]:
    device = find(name)
    voices = VOICES.get(name, 0)
    rng = np.random.default_rng(1)
    rig = Rig(device, RATE)
    frames = int(RATE * SECONDS)
    sound = (rng.standard_normal((max(1, device.inputs), frames)) * 0.2).astype(np.float32)
    best = []
    for _ in range(RUNS):
        keys = [36 + (7 * i) % 49 for i in range(voices)] if name != "drums" else [36, 38, 42, 45, 47, 49, 51, 56]
        events = [(0, NOTE_ON, {"key": key, "value": 0.8}) for key in keys[:voices]]
        start = time.perf_counter()
        rig.run(sound if device.inputs else None, SECONDS, events)
        best.append(time.perf_counter() - start)
    per_frame = float(np.median(best)) / frames * 1e9
    row: dict[str, Any] = {"device": name, "ns_per_frame": per_frame, "us_per_block": per_frame * 64 / 1000.0}
    if voices:
        row |= {"voices": voices, "ns_per_voice_frame": per_frame / voices, "scsynth_ns_per_voice_frame": SCSYNTH_NS}
    if name in PEDALBOARD_NS:
        row |= {"pedalboard_ns": PEDALBOARD_NS[name]}
    return row


def bench_devices(names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """One row a device; devices that need a model file are measured by `bench models`."""
    chosen = list(names) if names else [name for name, device in devices().items() if device.process is not None]
    return [_one(name) for name in chosen]
