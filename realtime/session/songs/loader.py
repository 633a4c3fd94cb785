"""Reads backing tracks aside, at the engine's rate, and keeps the few that are wanted; [main] asks, a thread reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np

from realtime.music.sound_file import read_sound, resample
from realtime.native.errors import AntiphonError
from realtime.session.guard import explain

MOST_KEPT = 2
LONGEST_S = 1800.0
Wanted = tuple[str, float]
"""A file, and the rate that it is wanted at."""


def read_backing(path: str, sample_rate: float) -> tuple[np.ndarray, str]:
    """float32 (2, frames) at a rate, and a sentence on what of the file is damaged. Raises AntiphonError."""
    found = read_sound(path)
    if found.samples.shape[1] > LONGEST_S * found.rate_hz:
        raise AntiphonError(f"{path}: a backing track lasts {LONGEST_S / 60:.0f} minutes at most; cut it into songs")
    both = found.samples[:2] if found.samples.shape[0] > 1 else np.repeat(found.samples, 2, axis=0)
    return resample(both, found.rate_hz, sample_rate), found.damage


class Loader:
    """say: told what is wrong with a file."""

    def __init__(self, say: Callable[[str], object]):
        self._say = say
        self._changed = threading.Condition()
        self._wanted: tuple[Wanted, ...] = ()
        self._kept: dict[Wanted, np.ndarray | None] = {}  # None: it cannot be read
        self._thread: threading.Thread | None = None

    def want(self, wanted: Sequence[Wanted]) -> None:
        """Keep these, the first first, and nothing else."""
        with self._changed:
            self._wanted = tuple(wanted[:MOST_KEPT])
            self._kept = {one: found for one, found in self._kept.items() if one in self._wanted and found is not None}
            self._changed.notify()
        if self._wanted and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="backing tracks", daemon=True)
            self._thread.start()

    def get(self, wanted: Wanted) -> tuple[bool, np.ndarray | None]:
        """(whether the reading is over, the sound if it could be read)."""
        with self._changed:
            return wanted in self._kept, self._kept.get(wanted)

    def _run(self) -> None:
        while True:
            with self._changed:
                while (one := next((w for w in self._wanted if w not in self._kept), None)) is None:
                    self._changed.wait()
            sound = self._read(one)
            with self._changed:
                if one in self._wanted:
                    self._kept[one] = sound

    def _read(self, one: Wanted) -> np.ndarray | None:
        try:
            sound, damage = read_backing(*one)
        except Exception as error:
            self._say(explain(error, "the backing track"))
            return None
        if damage:
            self._say(damage)
        return sound
