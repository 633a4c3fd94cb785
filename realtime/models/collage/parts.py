"""Parts of what somebody played: half bars as rolls, taken apart by non-negative matrix factorisation; [player process]
(Lee & Seung 1999)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

import realtime.models.collage.code as code

MOST_PARTS = {"bass": 12, "inner": 16, "melody": 24}
ROUNDS = 40
SILENT, FAINT = 1e-3, 0.2
"""Below this a roll holds no note; below this share of a part's loudest entry an entry is none of its notes."""
SOFT = 0.6
"""In a roll a note played as softly as can be; the loudest is 1. How loud it was is not what a part is about."""
MELODY_FROM, BASS_BELOW = 57, 52
"""MIDI pitches: a lone note below the first is no melody; the lowest note below the second is the bass."""
Struck = tuple[float, int, float]
"""A key as it was struck: beats from the start of its half bar, MIDI pitch, velocity 0..1."""


class HalfBar(NamedTuple):
    """What was played in half a bar (or a shorter last part of one) over a chord: the chord as degree above the tonic +
    12 * quality, and by role (step, semitones above the root with thirds folded, loudness 0..1)."""

    chord: int
    notes: dict[str, tuple[tuple[int, int, float], ...]]

    def roll(self, role: str) -> np.ndarray:
        """(size,) float32, as code.roll_of."""
        grid = np.zeros((code.STEPS, code.HEIGHT[role]), np.float32)
        for step, above, loud in self.notes.get(role, ()):
            grid[step, above - code.LOWEST[role]] = max(grid[step, above - code.LOWEST[role]], loud)
        return grid.reshape(-1)


def half_bar(struck: list[Struck], root: int, quality: int, tonic: int) -> HalfBar:
    """What was struck, as bass, inner voices and melody over a chord; notes outside a role's range come by octaves."""
    steps: dict[int, list[tuple[int, float]]] = {}
    for beat, pitch, velocity in struck:
        step = min(code.STEPS - 1, max(0, round(4 * beat)))
        steps.setdefault(step, []).append((pitch, SOFT + (1.0 - SOFT) * velocity))
    found: dict[str, list[tuple[int, int, float]]] = {role: [] for role in code.ROLES}
    for step, notes in sorted(steps.items()):
        for role, (pitch, loud) in _by_role(sorted(notes)):
            above = code.fold_third(pitch - code.root_pitch(root), quality)
            low = code.LOWEST[role]
            while not low <= above < low + code.HEIGHT[role]:
                above += 12 if above < low else -12
            found[role].append((step, above, round(loud, 3)))
    chord = (root - tonic) % 12 + 12 * quality
    return HalfBar(chord, {role: tuple(rows) for role, rows in found.items() if rows})


def _by_role(notes: list[tuple[int, float]]) -> list[tuple[str, tuple[int, float]]]:
    """Notes of one step, from low to high."""
    roles = ["inner"] * len(notes)
    if notes[-1][0] >= MELODY_FROM:
        roles[-1] = "melody"
    if notes[0][0] < BASS_BELOW:
        roles[0] = "bass"
    return list(zip(roles, notes, strict=True))


def factorised(rolls: np.ndarray, most: int, rounds: int = ROUNDS) -> np.ndarray:
    """(parts, size) of (half bars, size) rolls: at most so many, each scaled so that an activation of 1 is usual.

    It begins with the half bars that differ most, so that few of them are parts as they are, and parts of many are still
    things that were played. The same rolls, the same parts.
    """
    rolls = np.unique(rolls[rolls.max(axis=1, initial=0.0) > SILENT], axis=0)
    if len(rolls) <= most:
        return rolls.astype(np.float32)
    parts = _farthest(rolls, most).astype(float) + 1e-4
    heard = rolls.astype(float)
    active = np.maximum(heard @ parts.T / (parts**2).sum(axis=1), 1e-3)
    for _ in range(rounds):
        active *= (heard @ parts.T) / (active @ (parts @ parts.T) + 1e-9)
        parts *= (active.T @ heard) / ((active.T @ active) @ parts + 1e-9)
    for k in range(most):
        strong = active[:, k] > 0.3 * active[:, k].max()
        parts[k] *= active[strong, k].mean()
    parts[parts < FAINT * parts.max(axis=1, keepdims=True)] = 0.0
    return np.minimum(parts[parts.max(axis=1) > SILENT], 1.0).astype(np.float32)


def _farthest(rolls: np.ndarray, count: int) -> np.ndarray:
    """So many rolls, each as unlike those before it as can be (Gonzalez 1985); the first is the fullest."""
    unit = rolls / np.linalg.norm(rolls, axis=1, keepdims=True)
    chosen = [int(rolls.sum(axis=1).argmax())]
    nearest = unit @ unit[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, unit @ unit[chosen[-1]])
    return rolls[chosen]


def activations(rolls: np.ndarray, parts: np.ndarray, rounds: int = ROUNDS) -> np.ndarray:
    """(half bars, parts): how far each part is in each roll."""
    if not len(parts):
        return np.zeros((len(rolls), 0))
    heard, basis = rolls.astype(float), parts.astype(float) + 1e-6
    active = np.maximum(heard @ basis.T / (basis**2).sum(axis=1), 1e-6)
    for _ in range(rounds):
        active *= (heard @ basis.T) / (active @ (basis @ basis.T) + 1e-9)
    return active
