"""Tempo, metre and loop as they were set last, so that what comes in parts (3, then 8) stays whole; [any but audio]."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

from realtime.contract.limits import BEAT_UNITS
from realtime.engine.engine import Engine


def beat_unit(value: float) -> int:
    """The nearest unit that a bar can be counted in."""
    return min(BEAT_UNITS, key=lambda unit: abs(math.log2(unit / max(1.0, float(value)))))


class Transport:
    """engine: the one that plays now. The callback hears of each change a block later; what is set meanwhile counts."""

    def __init__(self, engine: Callable[[], Engine]):
        self._engine = engine
        self._lock = threading.Lock()
        self._tempo_bpm = 120.0
        self._metre = {"numerator": 4, "denominator": 4}
        self._led = 0
        self._loop = {"loop_start": 0.0, "loop_end": 16.0, "looping": False}

    def set_signature(self, numerator: int, denominator: int) -> None:
        """A bar of so many units."""
        self.set("numerator", numerator)
        self.set("denominator", denominator)

    def get(self, name: str) -> float:
        """tempo_bpm, numerator or denominator as set last, or as a chart has led to; the tempo of a clock that is followed is
        not one that was set."""
        self._follow_led()
        return self._tempo_bpm if name == "tempo_bpm" else self._metre[name]

    def _follow_led(self) -> None:
        """A chart has led to another metre: that is what there is to change."""
        record = self._engine().record[0]
        if int(record["led_metres"]) != self._led:
            self._led = int(record["led_metres"])
            self._metre = {name: int(record["transport"][name]) for name in self._metre}

    def note(self, name: str, value: float) -> None:
        """The callback has set tempo_bpm, numerator or denominator by itself."""
        with self._lock:
            if name == "tempo_bpm":
                self._tempo_bpm = value
            else:
                self._metre[name] = int(value)

    def set(self, name: str, value: Any) -> None:
        """tempo_bpm, numerator, denominator, loop_start, loop_end (beats) or looping."""
        with self._lock:
            if name == "tempo_bpm":
                self._tempo_bpm = float(value)
                self._engine().set_tempo(self._tempo_bpm)
            elif name in self._metre:
                self._follow_led()
                self._metre[name] = beat_unit(value) if name == "denominator" else int(value)
                self._engine().set_signature(**self._metre)
            else:
                self._loop[name] = bool(value) if name == "looping" else float(value)
                start, end, on = self._loop.values()
                self._engine().set_loop(start, end, bool(on))
