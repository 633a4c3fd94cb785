"""Compiles every kernel ahead of the first note, side by side in worker processes, with progress; [main]."""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from realtime.native.cache import ROOT, cache_folder, source_stamp

_ENGINE = ("engine: events", "engine: callback", "engine: devices")
_DRIVERS = ("driver jack", "driver portaudio", "driver null", "driver offline")


def units(devices: Iterable[str] | None = None) -> list[str]:
    """Names of all that can be compiled by itself; devices: only these."""
    from realtime.devices import registry

    names = list(devices) if devices is not None else sorted(registry.devices())
    return [*_ENGINE, *(f"device {name}" for name in names), *_DRIVERS]


def compile_unit(unit: str) -> str:
    """Compile one unit into the kernel cache. [worker]"""
    kind, _, name = unit.partition(" ")
    if unit == "engine: events":
        importlib.import_module("realtime.engine.events")
        importlib.import_module("realtime.engine.schedule")
        importlib.import_module("realtime.engine.clock_sync")
    elif unit == "engine: callback":
        importlib.import_module("realtime.engine.nodes")
        importlib.import_module("realtime.engine.mix")
        importlib.import_module("realtime.engine.callback")
    elif unit == "engine: devices":
        from realtime.engine.engine import Engine

        engine = Engine(48000.0)
        engine.process(frames=64)
        engine.midi_in(0, b"\x90\x40\x40", 0)
        engine.midi_out()
    elif kind == "device":
        from realtime.devices.registry import find
        from realtime.engine.solo import Rig

        device = find(name)
        device.compile()
        if not getattr(device, "needs_file", False) and device.process is not None:
            Rig(device).run(seconds=0.01)
    elif kind == "driver":
        from realtime.drivers.choose import create

        try:
            create(name)
        except OSError:  # a machine without PortAudio or JACK compiles what it has
            return unit
    return unit


def _stamp_file(names: list[str]) -> Path:
    stamps = "".join(source_stamp(path) for path in sorted((ROOT / "realtime").rglob("*.py")))
    digest = hashlib.sha256((stamps + "|".join(names)).encode()).hexdigest()
    return cache_folder() / f"complete-{digest[:24]}"


def are_ready(devices: Iterable[str] | None = None) -> bool:
    """Whether everything was compiled from these very sources before."""
    return _stamp_file(units(devices)).exists()


def compile_all(
    devices: Iterable[str] | None = None, progress: Callable[[int, int, str], object] | None = None, workers: int = 0
) -> int:
    """Compile all units; progress(done, total, name of the unit done). Returns how many there were."""
    names = units(devices)
    stamp = _stamp_file(names)
    if stamp.exists():
        return len(names)
    count = workers or max(1, min(4, os.cpu_count() or 1))
    context = multiprocessing.get_context("spawn")
    with context.Pool(count) as pool:
        for done, unit in enumerate(pool.imap_unordered(compile_unit, names), 1):
            if progress is not None:
                progress(done, len(names), unit)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.touch()
    return len(names)
