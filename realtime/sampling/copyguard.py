"""The guard against copied runs: remembers every run of n notes of a training set in a Bloom filter; [any] (Bloom,
CACM 1970)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np


class CopyGuard:
    """Bloom filter of all runs of `notes` notes in the training set, by intervals and times between onsets.

    A melody that never completes such a run copies at most notes - 1 notes in a row.
    """

    def __init__(self, notes: int, bits: int, hashes: int, table: np.ndarray | None = None):
        self.notes, self.bits, self.hashes = notes, bits, hashes
        self.table = np.zeros(-(-bits // 8), np.uint8) if table is None else table

    @classmethod
    def for_count(cls, notes: int, runs: int, bits_per_run: float = 12.0) -> CopyGuard:
        """A guard with room for `runs` runs: 12 bits a run give about 0.3 % false alarms."""
        return cls(notes, max(64, int(runs * bits_per_run)), max(1, round(bits_per_run * 0.69)))

    def _places(self, run: Sequence[tuple[int, int]]) -> np.ndarray:
        digest = blake2b(repr([(int(i), int(t)) for i, t in run]).encode(), digest_size=16).digest()
        a, b = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
        return np.array([(a + k * b) % self.bits for k in range(self.hashes)], np.int64)

    def add(self, run: Sequence[tuple[int, int]]) -> None:
        """Marks one run: notes - 1 pairs of (interval, ticks between onsets)."""
        places = self._places(run)
        np.bitwise_or.at(self.table, places >> 3, (1 << (places & 7)).astype(np.uint8))

    def add_melody(self, pairs: Sequence[tuple[int, int]]) -> None:
        for i in range(len(pairs) - self.notes + 2):
            self.add(pairs[i : i + self.notes - 1])

    def knows(self, run: Sequence[tuple[int, int]]) -> bool:
        """Whether a run of notes - 1 pairs may be in the training set; shorter ones never are."""
        if len(run) < self.notes - 1:
            return False
        places = self._places(run[-(self.notes - 1) :])
        return bool(np.all(self.table[places >> 3] >> (places & 7) & 1))

    def to_json(self) -> dict:
        table = base64.b64encode(self.table.tobytes()).decode("ascii")
        return {"notes": self.notes, "bits": self.bits, "hashes": self.hashes, "table": table}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> CopyGuard:
        """Raises KeyError or ValueError if the content is damaged."""
        return cls.from_table(content, np.frombuffer(base64.b64decode(content["table"]), np.uint8))

    @classmethod
    def from_table(cls, facts: Mapping[str, Any], table: np.ndarray) -> CopyGuard:
        """facts: notes, bits and hashes. Raises KeyError or ValueError if they or the table are damaged."""
        guard = cls(int(facts["notes"]), int(facts["bits"]), int(facts["hashes"]), np.asarray(table, np.uint8))
        if len(table) != -(-guard.bits // 8) or guard.notes < 2:
            raise ValueError("the copy guard's table has the wrong size")
        return guard
