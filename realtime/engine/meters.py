"""What the callback counts, as people read it: late blocks, percentiles, peaks, load; [any but audio]."""

from __future__ import annotations

from typing import Any

from realtime.engine import histogram
from realtime.engine.engine_memory import EngineMemory


class Meters:
    """The readings of one engine."""

    def __init__(self, memory: EngineMemory):
        self._memory, self._record = memory, memory.record

    def reset(self) -> None:
        """Begin a new measurement (a callback in between may count once)."""
        for name in ("late", "max_duration_ns", "max_interval_ns", "last_start_ns", "callbacks"):
            self._record[name] = 0
        self._memory.arrays["durations"][:] = 0
        self._memory.arrays["intervals"][:] = 0

    def snapshot(self) -> dict[str, Any]:
        """A snapshot: counts, percentiles in µs, peaks, load; nothing here costs the callback anything."""
        r = self._record[0]
        durations, intervals = self._memory.arrays["durations"].copy(), self._memory.arrays["intervals"].copy()
        t = r["transport"]
        return {
            "callbacks": int(r["callbacks"]),
            "late": int(r["late"]),
            "faults": int(r["faults"]),
            "load": float(r["busy"]),
            "period_us": float(r["period_ns"]) / 1000.0,
            "duration_us": {f"p{p:g}".replace(".", ""): histogram.percentile_us(durations, p) for p in (50, 99, 99.9)}
            | {"max": float(r["max_duration_ns"]) / 1000.0},
            "interval_us": {f"p{p:g}".replace(".", ""): histogram.percentile_us(intervals, p) for p in (50, 99, 99.9)}
            | {"max": float(r["max_interval_ns"]) / 1000.0},
            "peaks": [float(x) for x in r["peaks"][: self._memory.outputs]],
            "rms": [float(x) ** 0.5 for x in r["squares"][: self._memory.outputs]],
            "reduction": float(r["reduction"]),
            "dropped_events": int(r["dropped_events"]),
            "dropped_messages": int(r["dropped_incoming"]) + self._memory.messages.refused,
            "plans": sum(1 for address in r["plans"] if address),
            "transport": {
                "playing": bool(t["playing"]), "beat": float(t["beat"]), "bar": int(t["bar"]),
                "tempo_bpm": float(t["tempo_bpm"]), "numerator": int(t["numerator"]),
                "denominator": int(t["denominator"]), "looping": bool(t["looping"]),
                "loop_start": float(t["loop_start"]), "loop_end": float(t["loop_end"]), "sample": int(t["sample"]),
            },
        }  # fmt: skip

    def pedal_down(self) -> bool:
        """Whether any source holds a sustain pedal down."""
        return bool(self._memory.arrays["keepers"]["sustain"].any())

    def percentiles(self) -> dict[str, float]:
        """p50, p99 and p999 of the callback's duration in µs."""
        counts = self._memory.arrays["durations"]
        return {name: histogram.percentile_us(counts, p) for name, p in (("p50", 50), ("p99", 99), ("p999", 99.9))}
