"""`antiphon bench devices`: what each device costs in a compiled loop, beside a peer's effect in the same run; [main].

Both sides process the same sound in one call and are measured in turns, ours, theirs, theirs, ours (ABBA): what the machine
does meanwhile, and how warm it is, falls on both alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import numpy as np

from realtime.bench.peer_effects import Peer
from realtime.contract.block import MAX_FRAMES
from realtime.contract.events import NOTE_ON
from realtime.devices.registry import devices, find
from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError

RATE = 48000
SECONDS = 2.0
ROUNDS = 3
"""Rounds of ABBA, so twice as many runs of each side."""
BLOCKS = (64, 1024)
"""Frames of a buffer. Our devices work in quanta of at most 64: a larger buffer is so many of them."""
VOICES = {"poly": 32, "fm": 16, "pluck": 16, "drums": 8}
VALUES = {"eq": {"low_db": 3.0, "peak1_db": 3.0, "peak2_db": 3.0, "high_db": 3.0}}
"""Settings that make a device do what its peer does: bands at 0 dB would cost it nothing."""
DRUM_KEYS = (36, 38, 42, 45, 47, 49, 51, 56)

Side = Callable[[], object]


def check(names: Sequence[str] | None) -> list[str]:
    """The devices to measure; those that need a model's file are measured by `bench models`. Raises AntiphonError."""
    if names is None:
        return [name for name, device in devices().items() if _measurable(device)]
    for name in names:
        if not _measurable(find(name)):
            raise AntiphonError(f"device {name!r} has no cost without a model; use `antiphon bench models FILE`")
    return list(names)


def _measurable(device: Any) -> bool:
    return device.process is not None and device.kind in ("instrument", "effect")


def _ours(name: str, sound: np.ndarray, block: int) -> Side:
    rig = Rig(name, RATE, VALUES.get(name), block=min(block, MAX_FRAMES))
    count = VOICES.get(name, 0)
    keys = DRUM_KEYS if name == "drums" else [36 + (7 * i) % 49 for i in range(count)]
    events = [(0, NOTE_ON, {"key": key, "value": 0.8}) for key in keys[:count]]
    return lambda: rig.run(sound if rig.device.inputs else None, SECONDS, events)


def in_turns(ours: Side, theirs: Side | None, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
    """Seconds of each run of both sides, after one of each that does not count."""
    sides = [ours, theirs, theirs, ours] if theirs is not None else [ours, ours]
    seconds: dict[int, list[float]] = {id(ours): [], id(theirs): []}
    for side in (ours, theirs):
        if side is not None:
            side()
    for side in sides * rounds:
        assert side is not None
        start = time.perf_counter()
        side()
        seconds[id(side)].append(time.perf_counter() - start)
    return seconds[id(ours)], seconds[id(theirs)]


def _one(name: str, block: int, peer: Peer | None) -> dict[str, Any]:
    device = find(name)
    frames = int(RATE * SECONDS)
    sound = (np.random.default_rng(1).standard_normal((max(2, device.inputs), frames)) * 0.2).astype(np.float32)
    theirs: Side | None = None
    if peer is not None and name in peer.effects:
        effect = peer.effects[name](RATE)
        theirs = lambda: effect(sound[:2], block)  # noqa: E731
    our_s, their_s = in_turns(_ours(name, sound, block), theirs)
    per_frame = median(our_s) / frames * 1e9
    row: dict[str, Any] = {
        "device": name, "block": block, "ns_per_frame": per_frame, "us_per_block": per_frame * block / 1000.0,
        "runs": len(our_s),
    }  # fmt: skip
    if voices := VOICES.get(name):
        row |= {"voices": voices, "ns_per_voice_frame": per_frame / voices}
    if peer is not None and their_s:
        their_ns = median(their_s) / frames * 1e9
        row |= {"peer": f"{peer.name} {peer.version}".strip(), "peer_ns_per_frame": their_ns,
                "ratio": per_frame / their_ns}  # fmt: skip
    return row


def bench_devices(
    names: Sequence[str] | None = None, peer: Peer | None = None, progress: Callable[[float, str], object] | None = None
) -> list[dict[str, Any]]:
    """A row a device and size of buffer: ns_per_frame (stereo), us_per_block; with a peer that has its like, its name,
    peer_ns_per_frame and ratio (ours to theirs). Medians. Raises AntiphonError."""
    chosen = [(name, block) for name in check(names) for block in BLOCKS]
    rows = []
    for number, (name, block) in enumerate(chosen):
        if progress is not None:
            progress(number / len(chosen), f"{name}, {block} frames")
        rows.append(_one(name, block, peer))
    return rows


def describe(row: dict[str, Any]) -> str:
    """A row as a line."""
    voices = f", {row['voices']} voices: {row['ns_per_voice_frame']:.1f} ns a voice" if "voices" in row else ""
    peer = f"; {row['peer']} {row['peer_ns_per_frame']:.1f} ns, ratio {row['ratio']:.2f}" if "peer" in row else ""
    return (
        f"{row['device']:12s} {row['block']:5d} frames {row['ns_per_frame']:8.1f} ns a frame "
        f"= {row['us_per_block']:7.2f} µs a block{voices}{peer}"
    )
