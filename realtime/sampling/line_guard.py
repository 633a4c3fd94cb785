"""The guard of polyphonic writers against copied runs: a Bloom filter over all runs of 12 notes of the training music's lines,
by interval and time between onsets; [any] (Bloom, CACM 1970; rolling hash: Karp and Rabin 1987)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RUN_PAIRS = 11  # of 12 notes
HASHES = 5
BITS_PER_RUN = 9
_BASE = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([pow(int(_BASE), k, 1 << 64) for k in range(RUN_PAIRS)], np.uint64)


def run_hashes(ticks24: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """(runs,) uint64 of every run of 12 notes in a line: onsets in ticks of 1/24 beat, MIDI pitches."""
    if len(pitches) <= RUN_PAIRS:
        return np.zeros(0, np.uint64)
    code = (np.diff(pitches).astype(np.int64) + 128) * 4096 + np.minimum(np.diff(ticks24), 4095) + 1
    rows = np.lib.stride_tricks.sliding_window_view(code.astype(np.uint64), RUN_PAIRS)
    with np.errstate(over="ignore"):
        return (rows * _POWERS).sum(1, dtype=np.uint64)


def _places(hashes: np.ndarray, bits: int) -> np.ndarray:
    """(runs, HASHES) bit numbers (splitmix64's mixing)."""
    with np.errstate(over="ignore"):
        x = hashes[:, None] + _BASE * np.arange(1, HASHES + 1, dtype=np.uint64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (x ^ (x >> np.uint64(31))) % np.uint64(bits)


def make_table(hashes: np.ndarray) -> np.ndarray:
    """The filter, uint8, of all runs' hashes."""
    unique = np.unique(hashes)
    bits = max(64, len(unique) * BITS_PER_RUN) // 8 * 8
    places = _places(unique, bits).reshape(-1)
    table = np.zeros(bits // 8, np.uint8)
    np.bitwise_or.at(table, (places >> np.uint64(3)).astype(np.int64), (1 << (places & np.uint64(7))).astype(np.uint8))
    return table


class Line:
    """The top line that one role has played, and whether a note would complete a known run. Ticks are 24 a beat, or
    24 / scale."""

    def __init__(self, table: np.ndarray, scale: int = 2):
        self.table, self.scale = table, scale
        self.ticks: list[int] = []
        self.pitches: list[int] = []

    def knows(self, tick: int, pitch: int) -> bool:
        """Whether this note would make a run of 12 that the training music may have (2 % false alarms)."""
        if len(self.table) == 0 or len(self.pitches) < RUN_PAIRS:
            return False
        ticks = np.array([*self.ticks[-RUN_PAIRS:], tick]) * self.scale
        pitches = np.array([*self.pitches[-RUN_PAIRS:], pitch])
        places = _places(run_hashes(ticks, pitches), len(self.table) * 8)[0]
        marks = self.table[(places >> np.uint64(3)).astype(np.int64)] >> (places & np.uint64(7)).astype(np.uint8)
        return bool((marks & 1).all())

    def add(self, tick: int, pitch: int) -> None:
        """The note was played."""
        self.ticks.append(tick)
        self.pitches.append(pitch)
        if len(self.ticks) > 4 * RUN_PAIRS:
            del self.ticks[: -2 * RUN_PAIRS], self.pitches[: -2 * RUN_PAIRS]

    def mended(self, tick: int, pitches: Sequence[int], lowest: int, highest: int) -> list[int]:
        """Pitches struck together, changed as little as needed so that their top completes no known run: without the top
        one, or the top an octave away, or nothing at all (ascending)."""
        if not pitches or not self.knows(tick, pitches[-1]):
            return list(pitches)
        ways = [list(pitches[:-1])] if len(pitches) > 1 else []
        ways += [[*pitches[:-1], pitches[-1] + 12], sorted({*pitches[:-1], pitches[-1] - 12})]
        for way in ways:
            if way and lowest <= way[0] and way[-1] <= highest and not self.knows(tick, way[-1]):
                return way
        return []
