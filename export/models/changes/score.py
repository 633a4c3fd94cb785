"""Accuracy of chord labels by MIREX's rules, weighted by duration, and the delay of changes; [workshop] (Raffel et al.
2014, mir_eval).

Of the reference: "no chord" counts in all three figures and is right only where "no chord" was found; a chord outside
maj/min (suspended, diminished, augmented, a foreign bass) is left out of majmin, one outside maj, min, 7, maj7, min7 out
of sevenths; all chords that can be read count for the root. A symbol that nobody can read counts nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from export.models.changes.data import Example
from realtime.models.changes.code import FRAME_BEATS, NO_CHORD, QUALITIES
from realtime.music.chord import Chord

THIRDS = np.array([{"maj": 0, "7": 0, "maj7": 0, "min": 1, "min7": 1}.get(q, 2) for q in QUALITIES] + [3])
FIGURES = ("accuracy_root", "accuracy_majmin", "accuracy_sevenths")


@dataclass
class Score:
    """Sums over pieces: right and counted beats of the three figures; delays of changes in beats, and missed ones."""

    right: np.ndarray = field(default_factory=lambda: np.zeros(3))
    counted: np.ndarray = field(default_factory=lambda: np.zeros(3))
    delays: list[float] = field(default_factory=list)
    missed: int = 0

    def add(self, e: Example, labels: np.ndarray, lag: int = 0) -> None:
        """One piece: labels (F,) of its frames, each decided `lag` frames after its end."""
        fits = [reference(chord) for _, _, chord, _ in e.chords]
        before: tuple | None = None
        for (start, end, _, known), fit in zip(e.chords, fits, strict=True):
            end = min(end, len(labels) * FRAME_BEATS)
            if not known or end <= start:
                before = None
                continue
            first, last = int(start / FRAME_BEATS + 1e-6), int(np.ceil(end / FRAME_BEATS - 1e-6))
            frames = np.arange(first, last)
            weight = np.minimum(end, (frames + 1) * FRAME_BEATS) - np.maximum(start, frames * FRAME_BEATS)
            right = correct(labels[first:last], fit)
            for k in range(3):
                if fit[k] is not None:
                    self.right[k] += weight[right[k]].sum()
                    self.counted[k] += weight.sum()
            if before is not None and before != fit[:2]:
                named = right[0] & (right[1] if fit[1] is not None else True)
                hit = np.flatnonzero(named)
                if len(hit):
                    self.delays.append((first + hit[0] + 1 + lag) * FRAME_BEATS - start)
                else:
                    self.missed += 1
            before = fit[:2]

    def metrics(self, prefix: str = "") -> dict[str, float]:
        """accuracy_root, accuracy_majmin, accuracy_sevenths; delay_beats (mean over the changes found),
        delay_median_beats, missed_changes (share)."""
        found = {prefix + name: float(r / c) for name, r, c in zip(FIGURES, self.right, self.counted, strict=True) if c}
        if self.delays or self.missed:
            if self.delays:
                found[f"{prefix}delay_beats"] = float(np.mean(self.delays))
                found[f"{prefix}delay_median_beats"] = float(np.median(self.delays))
            found[f"{prefix}missed_changes"] = self.missed / (len(self.delays) + self.missed)
        return found


def reference(chord: Chord | None) -> tuple[int | None, tuple[int, int] | None, tuple[int, int] | None]:
    """What an estimate must equal: root (-1: no chord), (third, root) or None, (quality, root) or None."""
    if chord is None:
        return -1, (3, -1), (len(QUALITIES), -1)
    third, seventh = chord.mirex_majmin(), chord.mirex_sevenths()
    return (
        chord.root,
        None if third is None else (0 if third == "maj" else 1, chord.root),
        None if seventh is None else (QUALITIES.index(seventh), chord.root),
    )


def correct(labels: np.ndarray, fit: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(frames,) booleans for root, majmin, sevenths of estimated labels."""
    root = np.where(labels >= NO_CHORD, -1, labels % 12)
    quality = np.minimum(labels // 12, len(QUALITIES))
    nothing = np.zeros(len(labels), bool)
    third = (THIRDS[quality] == fit[1][0]) & (root == fit[1][1]) if fit[1] is not None else nothing
    seventh = (quality == fit[2][0]) & (root == fit[2][1]) if fit[2] is not None else nothing
    return root == fit[0], third, seventh
