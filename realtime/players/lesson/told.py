"""What a take is worth as JSON: marks, faults with their bar and beat, the worst bars; [any]."""

from __future__ import annotations

from typing import Any

from realtime.music.keyfinding import Key
from realtime.music.pitch import pitch_name
from realtime.players.lesson.judge import Fault, Marks

WORST_BARS = 2
GRAVEST = ("repeat", "skip", "pause", "wrong", "octave", "extra", "missing", "uneven", "late", "early")


def marks_told(marks: Marks, key: Key, most_faults: int = 10_000) -> dict[str, Any]:
    """All of it; of the faults at most so many, the gravest, in the order of the score."""
    first, behind = marks.worst(WORST_BARS)
    gravest = sorted(marks.faults, key=lambda fault: GRAVEST.index(fault.kind))[:most_faults]
    shown = [fault for fault in marks.faults if fault in gravest]
    return {
        "score": marks.score, **marks.parts, "mean_ms": marks.mean_ms, "spread_ms": marks.spread_ms,
        "drift_ms_a_bar": marks.drift_ms, "trend": marks.trend, "notes": marks.notes, "right": marks.right,
        "ornaments": marks.ornaments, "hands": marks.hands, "by_bar": list(marks.by_bar),
        "worst": [first + 1, behind] if marks.by_bar and min(marks.by_bar) < 100.0 else [],
        "fault_count": len(marks.faults), "faults": [fault_told(fault, key) for fault in shown],
    }  # fmt: skip


def fault_told(fault: Fault, key: Key) -> dict[str, Any]:
    """One fault; what does not belong to its kind is left out."""
    found: dict[str, Any] = {"kind": fault.kind, "bar": fault.bar, "beat": round(fault.beat, 2)}
    found |= {"hand": fault.hand} if fault.hand else {}
    for name, pitch in (("played", fault.played), ("wanted", fault.wanted)):
        found |= {name: pitch_name(pitch, key.tonic, key.mode)} if pitch >= 0 else {}
    return found | ({"ms": fault.ms} if fault.ms else {})


def fault_words(fault: Fault, key: Key) -> str:
    """One fault as a teacher says it."""
    name = {k: pitch_name(p, key.tonic, key.mode) for k, p in (("p", fault.played), ("w", fault.wanted)) if p >= 0}
    what = {
        "wrong": "{p} instead of {w}", "octave": "{p} instead of {w}: the wrong octave", "missing": "{w} is missing",
        "extra": "{p} is too much", "late": "{w} is {ms:.0f} ms late", "early": "{w} is {ms:.0f} ms early",
        "uneven": "uneven", "repeat": "played again from here", "skip": "left out from here", "pause": "a stop",
    }  # fmt: skip
    hand = f", {fault.hand} hand" if fault.hand else ""
    return f"bar {fault.bar}, beat {fault.beat:.3g}{hand}: {what[fault.kind].format(ms=abs(fault.ms), **name)}"
