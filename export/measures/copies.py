"""Copied runs: how much of some music also occurs in a training set, found exactly by a suffix array; [workshop].
Melodies are compared by interval and time between onsets, drums by whole bars (Manber & Myers 1990 for the array)."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from export.measures.lines import voices
from export.measures.structure import bar_contents
from realtime.music.sequence import NoteSequence

TICKS = 24
DEFECT_NOTES = 12  # a run of so many notes is a copy
DEFECT_BARS = 2
VARIED_PAIRS = 4  # a run of fewer different steps (a repeated note, a trill) is nobody's melody
Pair = tuple[int, int]


class RunIndex:
    """All runs of some symbol strings, exactly: answers how long a match begins at each place of another string."""

    def __init__(self, strings: Iterable[Sequence[Hashable]]):
        self.codes: dict[Hashable, int] = {}
        text: list[int] = []
        longest = 1
        for string in strings:
            text += [self.codes.setdefault(s, len(self.codes) + 1) for s in string]
            text.append(0)  # matches no symbol, so no run goes over it
            longest = max(longest, len(string))
        self.text = text or [0]
        self.order = _suffix_array(np.array(self.text, np.int64), longest + 1).tolist()

    def matches(self, string: Sequence[Hashable]) -> list[int]:
        """For each place of the string, the symbols of the longest run from there that is in the index."""
        query = [self.codes.get(s, -1) for s in string]
        return [self._longest_at(query, i) if query[i] > 0 else 0 for i in range(len(query))]

    def _longest_at(self, query: list[int], start: int) -> int:
        """Binary search for the suffix that shares most with query[start:]."""
        low, high, low_shared, high_shared = 0, len(self.order), 0, 0
        best = 0
        while low < high:
            middle = (low + high) // 2
            at = self.order[middle]
            shared, smaller = self._compare(query, start, at, min(low_shared, high_shared))
            best = max(best, shared)
            if smaller:
                high, high_shared = middle, shared
            else:
                low, low_shared = middle + 1, shared
        return best

    def _compare(self, query: list[int], start: int, at: int, shared: int) -> tuple[int, bool]:
        """Symbols in common, and whether the query comes before the suffix; the first `shared` are known to agree."""
        text = self.text
        limit = min(len(query) - start, len(text) - at)
        while shared < limit and query[start + shared] == text[at + shared]:
            shared += 1
        if start + shared >= len(query):
            return shared, True
        if at + shared >= len(text):
            return shared, False
        return shared, query[start + shared] < text[at + shared]


def _suffix_array(text: np.ndarray, longest: int) -> np.ndarray:
    """Starts of all suffixes in order of their first `longest` symbols, by doubling."""
    rank = np.unique(text, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(rank, kind="stable")
    width = 1
    while width < longest and rank[order[-1]] < len(text) - 1:
        second = np.zeros(len(text), np.int64)
        second[: len(text) - width] = rank[width:] + 1
        key = rank * (len(text) + 1) + second
        order = np.argsort(key, kind="stable")
        steps = np.concatenate([[0], np.cumsum(np.diff(key[order]) != 0)])
        rank = np.empty(len(text), np.int64)
        rank[order] = steps
        width *= 2
    return order


@dataclass(slots=True)
class Copies:
    """share: of notes (or bars) in copied runs of the length called a defect. longest: notes (bars) of the longest
    copied run. The same of runs that are varied: `varied_share`, `varied_longest`."""

    share: float
    longest: int
    varied_share: float
    varied_longest: int


def line_pairs(sequence: NoteSequence) -> list[list[Pair]]:
    """(interval in semitones, time between onsets in ticks of 1/24 beat) along each voice: the tune in any key."""
    lines = []
    for line in voices(sequence):
        ticks, pitches = np.round(line[:, 0] * TICKS).astype(int).tolist(), line[:, 2].astype(int).tolist()
        lines.append([(q - p, b - a) for (a, p), (b, q) in itertools.pairwise(zip(ticks, pitches))])
    return lines


def drum_bars(sequence: NoteSequence) -> list[list[Hashable]]:
    """The drums, bar by bar: which drum on which 16th. An empty bar matches nothing."""
    bars = [frozenset((step, pitch) for c, step, pitch, _ in bar if c == 9) for bar in bar_contents(sequence)]
    return [[bar or ("empty", i) for i, bar in enumerate(bars)]] if any(bars) else []


def copies(strings: Iterable[Sequence[Hashable]], index: RunIndex, joints: int, defect: int) -> Copies:
    """How much of these strings is in the index. joints: 1 if a run of n symbols is n + 1 notes (intervals), 0 if the
    symbols are what is counted; defect: notes or bars of the shortest run that counts as copied."""
    total = covered = varied_covered = longest = varied_longest = 0
    for string in strings:
        lengths = index.matches(string)
        marks = np.zeros(len(string) + joints, bool)
        varied_marks = np.zeros_like(marks)
        reached = 0
        for i, n in enumerate(lengths):
            if n == 0 or i + n <= reached:  # inside a run already seen
                continue
            reached = i + n
            varied = len(set(string[i : i + n])) >= (VARIED_PAIRS if joints else 2)
            longest = max(longest, n + joints)
            varied_longest = max(varied_longest, n + joints) if varied else varied_longest
            if n + joints >= defect:
                marks[i : i + n + joints] = True
                varied_marks[i : i + n + joints] |= varied
        total += len(marks)
        covered += int(marks.sum())
        varied_covered += int(varied_marks.sum())
    return Copies(covered / max(1, total), longest, varied_covered / max(1, total), varied_longest)


class TrainingRuns:
    """The training set's voices and drum bars, indexed once, and asked for copies in any number of sequences."""

    def __init__(self, train: Iterable[NoteSequence]):
        train = list(train)
        self.lines = RunIndex(line for s in train for line in line_pairs(s))
        self.drums = RunIndex(bars for s in train for bars in drum_bars(s))

    def in_lines(self, sequences: Iterable[NoteSequence]) -> Copies:
        """Copied runs of notes, voice by voice; DEFECT_NOTES or more count as copied."""
        return copies((x for s in sequences for x in line_pairs(s)), self.lines, 1, DEFECT_NOTES)

    def in_drums(self, sequences: Iterable[NoteSequence]) -> Copies:
        """Copied runs of drum bars; DEFECT_BARS or more count as copied."""
        return copies((x for s in sequences for x in drum_bars(s)), self.drums, 0, DEFECT_BARS)
