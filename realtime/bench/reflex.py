"""`antiphon bench players --measure reflex`: note in, harmony out in the same block, under a busy interpreter; [main].

The midi device stands before the instrument of the scene's first track that has one; notes are played from inside the
callback, so that what is measured is the device in its engine and no cable.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.bench import stalls
from realtime.bench.reflex_probe import ReflexProbe
from realtime.bench.servers import JackServer
from realtime.contract.block import MAX_FRAMES
from realtime.devices.registry import find
from realtime.drivers.choose import create
from realtime.engine.engine import Engine
from realtime.engine.rack import Slot, Track
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes

LINE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 66, 67, 71, 74, 76, 74, 71)
EVERY = 30
"""Blocks from note to note: 25 notes a second at 64 frames."""
PATIENCE = 4.0


def bench_reflex(
    device: str = "transposer",
    notes: int = 1000,
    frames: int = 64,
    stall: str = "gil",
    scene: str = "first_light",
    driver: str = "jack",
    progress: Callable[[float], object] = lambda share: None,
) -> dict[str, Any]:
    """same_block: notes that the device answered within the block in which they came; frames_apart: the most from a note to
    its answer; voices: notes begun for each, least and most. p999_us, max_us: the block from the callback's first
    instruction on, over all blocks; period_us: what it has. Raises AntiphonError for an unknown device or scene."""
    chosen = find(device)
    if chosen.kind != "midi":
        raise AntiphonError(f"device {device!r} is of the kind {chosen.kind}; a midi device is needed to answer notes")
    if not 16 <= frames <= MAX_FRAMES:
        raise AntiphonError(f"{frames} frames: the bench looks at one quantum a block; choose 16 to {MAX_FRAMES}")
    loaded = scenes.load(scene)
    track, slot = _put_before_the_instrument(loaded.rack.tracks, device)
    engine = Engine(48000.0, 0, 2, loaded.tempo_bpm)
    engine.record["transport"]["playing"] = 1
    plan = engine.compile(loaded.rack)
    engine.swap(plan, 0.0)
    place = plan.wiring.devices[slot.uid]
    probe = ReflexProbe(engine, place.block.ctypes.data, LINE, notes, EVERY)
    if driver != "jack":
        return _run(probe, driver, frames, stall, notes, progress) | _named(device, track, scene, driver, stall)
    with JackServer(48000, frames) as server:
        server.use()
        return _run(probe, driver, frames, stall, notes, progress) | _named(device, track, scene, driver, stall)


def _named(device: str, track: Track, scene: str, driver: str, stall: str) -> dict[str, Any]:
    return {
        "measure": "reflex",
        "device": device,
        "track": track.name,
        "scene": scene,
        "driver": driver,
        "stall": stall,
    }


def _put_before_the_instrument(tracks: list[Track], device: str) -> tuple[Track, Slot]:
    for track in tracks:
        for number, slot in enumerate(track.slots):
            known = slot.device if not isinstance(slot.device, str) else find(slot.device)
            if known.kind == "instrument" and "keys" in track.keys.sources:
                added = Slot(device)
                track.slots.insert(number, added)
                return track, added
    raise AntiphonError("the scene has no track with an instrument that hears keys; name another by --scene")


def _run(
    probe: ReflexProbe, driver_name: str, frames: int, stall: str, notes: int, progress: Callable[[float], object]
) -> dict[str, Any]:
    driver = create(driver_name)
    options: dict[str, Any] = {"client_name": "reflex"} if driver_name == "jack" else {}
    driver.open(probe, frames, **options)
    driver.start()
    stop = stalls.start(stall)
    limit = time.monotonic() + 30.0 + PATIENCE * notes * EVERY * frames / 48000.0
    try:
        while probe.asked < notes:
            time.sleep(0.05)
            progress(probe.asked / notes)
            if time.monotonic() > limit:
                raise AntiphonError(f"the bench has played {probe.asked} of {notes} notes and stands still; try again")
    finally:
        stop()
        driver.close()
        probe.engine.dispose()
    answers, durations = probe.answers(), probe.durations()
    answered = answers["count"] > 0
    apart = (answers["first"] - answers["offset"])[answered]
    period_us = frames / 48000.0 * 1e6
    p999 = float(np.quantile(durations, 0.999)) / 1000.0
    own = (answers["end_ns"] - answers["start_ns"]) / 1000.0
    return {
        "notes": len(answers), "same_block": int(answered.sum()),
        "frames_apart": int(np.abs(apart).max()) if len(apart) else None,
        "voices": [int(answers["count"].min()), int(answers["count"].max())],
        "frames": frames, "blocks": len(durations), "period_us": round(period_us, 1),
        "p50_us": round(float(np.median(durations)) / 1000.0, 1), "p999_us": round(p999, 1),
        "max_us": round(float(durations.max()) / 1000.0, 1), "p999_share": round(p999 / period_us, 4), "limit": 0.5,
        "note_block_p50_us": round(float(np.median(own)), 1), "note_block_p999_us": round(float(np.quantile(own, 0.999)), 1),
    }  # fmt: skip
