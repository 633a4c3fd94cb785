"""Compiles every kernel ahead of the first note, side by side in worker processes, with progress; [main]."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from realtime.native.cache import ROOT, cache_folder, source_stamp
from realtime.native.errors import AntiphonError
from realtime.session.workers import Progress, Workers

_ENGINE, _FIRST_PLAY = "engine", "first play"
_DRIVERS = ("driver jack", "driver portaudio", "driver null", "driver offline")
_SECONDS = {
    _ENGINE: 47.0, "device poly": 14.0, "device saturator": 8.0, "device fm": 8.0, "device pluck": 7.0,
    "device reverb": 7.0, "device nam": 5.0, "device drums": 5.0,
    _FIRST_PLAY: 6.0,
}  # fmt: skip
_SECONDS_OF_OTHERS = 1.5
"""What a first compile is thought to take until one has been timed: only the share between units matters."""
LAST_SHARE = 0.93
"""How far the bar is when all but the first play is compiled."""


def units() -> list[str]:
    """Names of all that is compiled: what can be by itself, and last a play that finds what is left."""
    from realtime.devices import registry

    return [_ENGINE, *(f"device {name}" for name in sorted(registry.devices())), *_DRIVERS, _FIRST_PLAY]


def compile_unit(unit: str) -> str:
    """Compile one unit into the kernel cache. [worker]"""
    kind, _, name = unit.partition(" ")
    if unit == _ENGINE:
        from realtime.engine.engine import Engine
        from realtime.midi.map.takeover import compile_rules

        engine = Engine(48000.0)
        engine.process(frames=64)
        engine.midi_in(0, b"\x90\x40\x40", 0)
        engine.midi_out()
        compile_rules()
    elif kind == "device":
        from realtime.devices.registry import find
        from realtime.engine.solo import Rig

        device = find(name)
        device.compile()
        for options in device.examples:
            Rig(device, options=options).run(seconds=0.01)
    elif kind == "driver":
        from realtime.drivers.choose import create

        try:
            create(name)
        except OSError:  # a machine without PortAudio or JACK compiles what it has
            return unit
    elif unit == _FIRST_PLAY:
        from realtime.session.first_play import play_all

        with contextlib.suppress(AntiphonError):  # what cannot be played here is compiled when it can
            play_all()
    return unit


def _stamp_file(names: list[str]) -> Path:
    stamps = "".join(source_stamp(path) for path in sorted((ROOT / "realtime").rglob("*.py")))
    digest = hashlib.sha256((stamps + "|".join(names)).encode()).hexdigest()
    return cache_folder() / f"complete-{digest[:24]}"


def are_ready() -> bool:
    """Whether everything was compiled from these very sources before."""
    return _stamp_file(units()).exists()


def compile_all(progress: Progress | None = None, workers: int = 0) -> int:
    """Compile all units, the longest first and the first play last; returns how many there were. Raises AntiphonError.

    progress(share, note, seconds left) twice a second, also while nothing ends: what is being compiled, about how long yet.
    """
    names = units()
    stamp = _stamp_file(names)
    if stamp.exists():
        return len(names)
    expected = _expected_s(names)
    order = sorted(names[:-1], key=lambda unit: -expected[unit])
    crew = Workers(compile_unit, workers or max(1, min(4, os.cpu_count() or 1)))
    took = crew.run(order, expected, _part(progress, 0.0, LAST_SHARE, expected[_FIRST_PLAY]))
    took |= crew.run([_FIRST_PLAY], expected, _part(progress, LAST_SHARE, 1.0))
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        _times_file().write_text(json.dumps({unit: round(seconds, 2) for unit, seconds in took.items()}))
        stamp.touch()
    except OSError as error:
        raise AntiphonError(
            f"compiled kernels cannot be kept in {stamp.parent} ({error.strerror}); make room there, "
            "or name another folder by ANTIPHON_CACHE"
        ) from None
    return len(names)


def _part(progress: Progress | None, first: float, last: float, after_s: float = 0.0) -> Progress | None:
    """Progress through a stretch of the whole; after_s: what is to come behind it."""
    if progress is None:
        return None
    return lambda share, note, left_s: progress(first + share * (last - first), note, left_s + after_s)


def _times_file() -> Path:
    return cache_folder() / "compile-seconds.json"


def _expected_s(names: list[str]) -> dict[str, float]:
    """Seconds a unit is thought to take: as last time on this machine, else as on the one it was written on."""
    try:
        known = json.loads(_times_file().read_text())
        seconds = {unit: float(known[unit]) for unit in names if unit in known}
    except (OSError, ValueError, TypeError, AttributeError):
        seconds = {}
    return {unit: max(0.1, seconds.get(unit, _SECONDS.get(unit, _SECONDS_OF_OTHERS))) for unit in names}
