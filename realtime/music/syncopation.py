"""Syncopation of a rhythm: notes held or followed by silence over a stronger place; [any] (Longuet-Higgins and Lee,
The Rhythmic Interpretation of Monophonic Music, 1984; as measured by Fitch and Rosenfeld 2007)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from realtime.music.metre import metric_weights
from realtime.music.sequence import NoteSequence


def syncopation_lhl(
    steps: Iterable[int],
    numerator: int = 4,
    denominator: int = 4,
    steps_per_quarter: int = 4,
    cyclic: bool = True,
    length: int | None = None,
) -> int:
    """Sum over notes of how much stronger the strongest place is that they sound into (or leave silent) than their
    own; 0 of a rhythm on its beats.

    steps: onsets as grid steps from a bar line, of any number of bars. cyclic: the rhythm is repeated, so that the
    last note sounds into its own first bar line. length: steps of the whole rhythm (None: to the end of the last onset's
    bar).
    """
    weights = metric_weights(numerator, denominator, steps_per_quarter)
    bar = len(weights)
    onsets = sorted(set(steps))
    if not onsets:
        return 0
    if length is None:
        length = -(-(onsets[-1] + 1) // bar) * bar
    end = onsets[0] + length if cyclic else length
    total = 0
    for onset, following in zip(onsets, [*onsets[1:], end], strict=True):
        own = weights[onset % bar]
        silent = [weights[s % bar] for s in range(onset + 1, min(following, onset + bar + 1))]
        total += max(0, max(silent, default=own) - own)
    return total


def syncopation_per_bar(sequence: NoteSequence, steps_per_quarter: int = 4) -> float:
    """Longuet-Higgins and Lee's measure a bar, onsets of all notes together, each metre in its own weights; 0 of no
    notes."""
    if not sequence.notes:
        return 0.0
    total, bars = 0, 0
    spans = zip(sequence.metres, [*(m.beat for m in sequence.metres[1:]), sequence.end_beat], strict=True)
    for metre, until in spans:
        finest = max(steps_per_quarter, metre.denominator // 4)
        inside = [n for n in sequence.notes if metre.beat - 1e-6 <= n.beat < until]
        if not inside:
            continue
        steps = {round((n.beat - metre.beat) * finest) for n in inside}
        total += syncopation_lhl(steps, metre.numerator, metre.denominator, finest, cyclic=False)
        bars += max(1, -int(-(until - metre.beat - 1e-6) // metre.bar_beats))
    return total / max(1, bars)


def offbeat_share(onsets_beats: np.ndarray) -> float:
    """Share of onsets off the beat whose next beat is not struck, 0..1; of at least one onset."""
    off = np.abs(onsets_beats - np.round(onsets_beats)) > 1 / 16
    struck = np.isin(np.round(np.ceil(onsets_beats - 1e-6) * 48), np.round(onsets_beats * 48))
    return float((off & ~struck).mean())
