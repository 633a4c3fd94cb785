"""A tune: one melody on a grid with its metre and key, and the cleaning every corpus gets; [any]."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from realtime.music.melody_code import bar_ticks

GRACE_TICKS = 2  # shorter notes are ornaments of the engraver's software, not of the tune


@dataclass(slots=True)
class Tune:
    """`notes` are (onset, duration, MIDI pitch), in ticks of 1/24 quarter counted from a bar line, one voice,
    sorted, no overlap."""

    id: str
    notes: list[tuple[int, int, int]]
    numerator: int = 4
    denominator: int = 4
    tonic: int | None = None
    mode: str = ""
    split: str = "train"
    title: str = ""
    licence: str = ""
    source: str = field(default="")

    @property
    def bar(self) -> int:
        return bar_ticks(self.numerator, self.denominator)


def one_voice(notes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The upper line of `notes`: of notes that begin together the highest; each ends where the next begins; graces
    are dropped."""
    highest: dict[int, tuple[int, int]] = {}
    for onset, duration, pitch in notes:
        if duration > GRACE_TICKS and (onset not in highest or pitch > highest[onset][1]):
            highest[onset] = (duration, pitch)
    onsets = sorted(highest)
    line = []
    for i, onset in enumerate(onsets):
        duration, pitch = highest[onset]
        if i + 1 < len(onsets):
            duration = min(duration, onsets[i + 1] - onset)
        line.append((onset, duration, pitch))
    return line


def fold_repeats(tune: Tune, shortest_bars: int = 4, longest_bars: int = 16) -> Tune:
    """The tune without literal repeats of whole sections: an answer that repeats its call note by note teaches
    parroting."""
    bars: dict[int, list[tuple[int, int, int]]] = {}
    for onset, duration, pitch in tune.notes:
        bars.setdefault(onset // tune.bar, []).append((onset % tune.bar, duration, pitch))
    last = max(bars, default=-1)
    rows = [tuple(bars.get(i, ())) for i in range(min(0, min(bars, default=0)), last + 1)]
    at = 0
    while at < len(rows):
        for n in range(longest_bars, shortest_bars - 1, -1):
            # the last bar of a section often differs by its upbeat: it may differ in all but its first note
            first, second = rows[at : at + n], rows[at + n : at + 2 * n]
            if len(second) == n and any(first) and first[:-1] == second[:-1] and first[-1][:1] == second[-1][:1]:
                del rows[at : at + n]
                break
        else:
            at += 1
    notes = [(i * tune.bar + o, d, p) for i, row in enumerate(rows) for o, d, p in row]
    return replace(tune, notes=one_voice(notes))


def shape(notes: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """(interval in semitones, time between onsets in ticks) of neighbours: the tune whatever its key."""
    return [(b[2] - a[2], b[0] - a[0]) for a, b in itertools.pairwise(notes)]


def fingerprint(notes: list[tuple[int, int, int]]) -> bytes:
    """8 bytes equal for the same tune in any key."""
    return blake2b(repr(shape(notes)).encode(), digest_size=8).digest()


def family(notes: list[tuple[int, int, int]], length: int = 10) -> int:
    """Min-hash of the runs of `length` intervals: settings of one tune share most runs and so, mostly, this number
    (Broder 1997)."""
    intervals = [i for i, _ in shape(notes)]
    runs = [intervals[i : i + length] for i in range(max(1, len(intervals) - length + 1))]
    return min(int.from_bytes(blake2b(repr(run).encode(), digest_size=8).digest(), "little") for run in runs)


def split_by_family(notes: list[tuple[int, int, int]]) -> str:
    """ "valid" for about a tenth of all tunes, "train" for the rest, by tune family."""
    return "valid" if family(notes) % 10 == 1 else "train"
