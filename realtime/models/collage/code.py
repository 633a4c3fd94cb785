"""Half-bar cells of a piece as piano rolls over their chord's root, and back; [player process], numpy only."""

from __future__ import annotations

import numpy as np

STEPS = 8  # sixteenths in a half bar
CELL_BEATS = 2.0
ROLES = ("bass", "inner", "melody")
# lowest pitch of each role's roll above the chord's root in octave 3 (48..59), and how many
LOWEST = {"bass": -24, "inner": -8, "melody": 0}
HEIGHT = {"bass": 32, "inner": 40, "melody": 44}
ROOT_OCTAVE = 48
CODE = {"steps": STEPS, "lowest": LOWEST, "height": HEIGHT}
MAJOR, MINOR = 0, 1
THIRD, MINOR_THIRD = 4, 3


def size(role: str) -> int:
    """Numbers in the roll of a role."""
    return STEPS * HEIGHT[role]


def fold_third(above_root: int, quality: int) -> int:
    """Over a minor chord the two thirds change places, so that cells of either quality share their parts."""
    if quality == MINOR and above_root % 12 in (MINOR_THIRD, THIRD):
        return above_root + (1 if above_root % 12 == MINOR_THIRD else -1)
    return above_root


def root_pitch(root: int) -> int:
    """The pitch that a roll counts from: the chord's root (0..11) in octave 3."""
    return ROOT_OCTAVE + root % 12


def roll_of(notes: np.ndarray, start: float, root: int, quality: int, role: str) -> np.ndarray:
    """(size,) float32: loudness of each onset in the half bar from beat `start`; notes: rows (onset beat, duration,
    pitch, velocity 0..127), those outside the role's range left out."""
    roll = np.zeros((STEPS, HEIGHT[role]), np.float32)
    low, high = LOWEST[role], LOWEST[role] + HEIGHT[role]
    for onset, _, pitch, velocity in notes.tolist():
        step = round((onset - start) * 4)
        above = fold_third(int(pitch) - root_pitch(root), quality)
        if 0 <= step < STEPS and low <= above < high:
            roll[step, above - low] = max(roll[step, above - low], velocity / 127.0)
    return roll.reshape(-1)


def onsets_of(roll: np.ndarray, role: str, threshold: float, most: int) -> list[tuple[int, int, float]]:
    """(step, semitones above root with thirds folded, loudness) of the entries at or above a threshold, at most so
    many a step, the loudest; sorted."""
    grid = roll.reshape(STEPS, HEIGHT[role])
    found = []
    for step in range(STEPS):
        row = grid[step]
        loud = np.argsort(-row, kind="stable")[:most]
        found += [(step, int(k) + LOWEST[role], float(row[k])) for k in loud if row[k] >= threshold]
    return sorted(found)


def pitch_of(above_root: int, root: int, quality: int) -> int:
    """The MIDI pitch of a roll's place over a chord."""
    return root_pitch(root) + fold_third(above_root, quality)
