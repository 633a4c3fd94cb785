"""Tunes the exponents of the hidden Markov model's evidence on training pieces, by accuracy of the root; [workshop]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from export.models.changes.data import Example
from realtime.models.changes.code import NO_CHORD
from realtime.models.changes.hmm import KINDS, ChordFilter

PIECES = 10  # of each source
FRAMES = 240  # of each piece
STARTS = {"notes": (0.4, 0.4, 0.2), "melody": (0.5, 0.0, 0.1), "audio": (0.4, 0.3, 0.1)}


def label_accuracy(found: np.ndarray, truth: np.ndarray) -> float:
    """Share of known frames with the right root, and the right label: their mean."""
    known = truth >= 0
    found, truth = found[known], truth[known]
    root = np.where(found >= NO_CHORD, -1, found % 12) == np.where(truth >= NO_CHORD, -1, truth % 12)
    return float((root.mean() + (found == truth).mean()) / 2)


def tuned_weights(
    tables: Mapping[str, np.ndarray],
    train: Sequence[Example],
    audio: Sequence[Example],
    seed: int,
    tell: Callable[[str], None],
) -> np.ndarray:
    """(kinds, 3) exponents of tones, bass and key tones: one after the other over a small grid, at a lag of one beat.
    audio: examples whose notes are what was heard in audio."""
    rng = np.random.default_rng(seed)
    weights = np.array([STARTS[kind] for kind in KINDS])
    for row, kind in enumerate(KINDS):
        chosen: list[Example] = []
        for source in sorted({e.source for e in train}):
            own = [e for e in train if e.source == source and (kind == "melody" or not e.melody_only)]
            chosen += [own[i] for i in rng.permutation(len(own))[:PIECES]]
        if kind == "audio":
            chosen = list(audio)
        if not chosen:
            continue

        def score(values: np.ndarray, kind: str = kind, chosen: list[Example] = chosen, row: int = row) -> float:
            trial = weights.copy()
            trial[row] = values
            chords = ChordFilter({**tables, "hmm_weights": trial}, kind)
            found, truth = [], []
            for e in chosen:
                sounding, _, bass = e.melody if kind == "melody" else e.notes
                labels, _ = chords.follow(sounding[:FRAMES], bass[:FRAMES], e.places[:FRAMES], (2,))
                found.append(labels[0])
                truth.append(e.labels[:FRAMES])
            return label_accuracy(np.concatenate(found), np.concatenate(truth))

        best = weights[row].copy()
        best_score = score(best)
        for k in (0, 2) if kind == "melody" else (0, 1, 2):
            for factor in (0.4, 0.65, 1.5, 2.4):
                trial = best.copy()
                trial[k] *= factor
                if (now := score(trial)) > best_score:
                    best, best_score = trial, now
        weights[row] = best
        tell(f"hmm {kind}: exponents {np.round(best, 3).tolist()}, accuracy {best_score:.4f} on training pieces")
    return weights
