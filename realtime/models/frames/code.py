"""The frames models' view of music: piano rolls of 16 slices of 88 keys that sound or do not; [any]."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from realtime.music.sequence import Note

SLICES, KEYS, LOWEST_PITCH = 16, 88, 21
GRIDS = {"bar": 4, "quarters": 1}  # slices a beat: one bar of sixteenths, or sixteen quarter notes
NETS = ("plain", "recurrent")


def roll(notes: Iterable[Note], slices_a_beat: int, slices: int, start_beat: float = 0.0) -> np.ndarray:
    """(slices, 88) float32 of 0 and 1: which keys sound at the beginning of each slice (a 32nd of tolerance)."""
    found = np.zeros((slices, KEYS), np.float32)
    for n in notes:
        key = n.pitch - LOWEST_PITCH
        first = max(0, int(np.ceil((n.beat - start_beat - 0.126) * slices_a_beat)))
        last = int(np.ceil((n.end - start_beat - 0.126) * slices_a_beat))
        if 0 <= key < KEYS and last > 0:
            found[first : max(last, first + 1), key] = 1.0
    return found


def notes_of(rolls: np.ndarray, slices_a_beat: int, velocity: float = 0.65) -> list[Note]:
    """The notes of (slices, 88) bool: slices in a row are one note (a roll cannot tell a held from a struck key)."""
    padded = np.pad(np.asarray(rolls, bool), ((1, 1), (0, 0))).astype(np.int8)
    change = np.diff(padded, axis=0).T
    found = []
    for key in np.flatnonzero(change.any(axis=1)):
        starts, ends = np.flatnonzero(change[key] == 1), np.flatnonzero(change[key] == -1)
        for a, b in zip(starts, ends, strict=True):
            found.append(Note(a / slices_a_beat, (b - a) / slices_a_beat, int(key) + LOWEST_PITCH, velocity, 0))
    return sorted(found)


CODE = {"slices": SLICES, "keys": KEYS, "grids": GRIDS, "nets": list(NETS)}
