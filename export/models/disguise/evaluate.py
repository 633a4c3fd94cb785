"""Measures `disguise` through its package: the judge on real music, strength of transfer, content kept; [workshop].

Strength after Brunner et al. (ICTAI 2018): for A to B, half of [P(A|x) - P(A|G(x))] + [P(A|back) - P(A|G(x))], averaged
over both directions (S_tot) and here over all pairs; P(A) is the judge's probability of the source style against the
target style alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np

from export.corpora.pieces import Piece, held_out, load_pieces
from export.measures import generator_metrics
from export.models.disguise.data import HOW_STYLES_ARE_TOLD, SOURCES, Windows, collect, played, style_of
from export.pattern.report import result
from realtime.models.disguise.code import BEATS, STYLES, chroma_similarity, note_f1, onset_f1
from realtime.models.disguise.model import REACH, Disguise
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError

WINDOWS = 60  # of each style, for transfers
JUDGED = 400  # of each style, for the judge
AMOUNTS = (0.5, 0.75, 1.25)


def against(logits: np.ndarray, style: int, other: int) -> np.ndarray:
    """(n,) probability of a style against one other, from logits (n, 5)."""
    return 1 / (1 + np.exp(np.clip(logits[:, other] - logits[:, style], -50, 50)))


def judge_all(model: Disguise, rolls: np.ndarray) -> np.ndarray:
    """(n, 5) logits of rolls (n, 2, 32, 72)."""
    return np.stack([model.judged(r) for r in rolls])


def restyle_all(
    model: Disguise, rolls: np.ndarray, style: int, amount: float = 1.0, reach: float = REACH
) -> np.ndarray:
    return np.stack([model.restyle(r, style, amount, reach) for r in rolls])


def transfer(
    model: Disguise, rolls: np.ndarray, source: int, target: int, amount: float = 1.0, reach: float = REACH
) -> dict[str, float]:
    """One direction: probabilities of the source style before, after and back again, strength, content kept."""
    made = restyle_all(model, rolls, target, amount, reach)
    back = restyle_all(model, made, source, amount, reach)
    before, after, again = (float(against(judge_all(model, x), source, target).mean()) for x in (rolls, made, back))
    return {
        "p_source_before": before,
        "p_source_after": after,
        "p_source_back": again,
        "strength": (before - after + again - after) / 2,
        "drop": before - after,
        "chroma_similarity": chroma_similarity(rolls, made),
        "onset_f1": onset_f1(rolls, made),
        "note_f1": note_f1(rolls, made),
        "note_f1_back": note_f1(rolls, back),
        "density_ratio": float(made[:, 1].sum() / max(1, rolls[:, 1].sum())),
    }


def evaluate(
    package: Path | str | None = None,
    data: Path | str | None = None,
    pieces: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """judge_accuracy (balanced over the styles that are there; of each pair as judge_accuracy_<a>_<b>), transfer_strength
    (S_tot over all pairs; of each pair) with the drop alone beside it, what is kept of chroma, onsets and notes, and the
    same at other amounts, and without reach.

    pieces: at most so many held-out pieces a style. Raises AntiphonError with fewer than two styles.
    """
    tell = progress or (lambda _: None)
    if data is None:
        raise AntiphonError(
            f"disguise is measured on several styles; name a folder with some of {', '.join(SOURCES)} with --data."
        )
    model = Disguise.load(package)
    known = [p for p in load_pieces(data, only=SOURCES).pieces if style_of(p)]
    chosen = _some(held_out(known), pieces)
    windows = collect(chosen)
    there = [int(s) for s in np.unique(windows.style)]
    if len(there) < 2:
        raise AntiphonError(
            f"Data {data}: a transfer needs music of two styles, it has {', '.join(STYLES[s] for s in there) or 'none'}; "
            f"{HOW_STYLES_ARE_TOLD}"
        )
    tell("the judge on real bars")
    rng = np.random.default_rng(2)
    real = {s: _draw(windows, s, JUDGED, rng) for s in there}
    metrics = _judge_metrics({s: judge_all(model, r) for s, r in real.items()})

    by_pair: dict[tuple[int, int], dict[str, float]] = {}
    for source, target in permutations(there, 2):
        tell(f"{STYLES[source]} to {STYLES[target]}")
        by_pair[source, target] = transfer(model, real[source][:WINDOWS], source, target)
    for name in next(iter(by_pair.values())):
        metrics[name] = float(np.mean([v[name] for v in by_pair.values()]))
    metrics["transfer_strength"] = metrics.pop("strength")
    metrics["transfer_drop"] = metrics.pop("drop")
    for a, b in combinations(there, 2):
        both = (by_pair[a, b], by_pair[b, a])
        metrics[f"transfer_strength_{STYLES[a]}_{STYLES[b]}"] = float(np.mean([v["strength"] for v in both]))
    for (a, b), values in by_pair.items():
        metrics[f"p_after_{STYLES[a]}_to_{STYLES[b]}"] = values["p_source_after"]
        metrics[f"chroma_similarity_{STYLES[a]}_to_{STYLES[b]}"] = values["chroma_similarity"]

    for amount, reach in (*((amount, REACH) for amount in AMOUNTS), (1.0, 0.0)):
        label = f"at_{amount:g}" if reach else "without_reach"
        tell(label.replace("_", " "))
        found = [transfer(model, real[a][: WINDOWS // 4], a, b, amount, reach) for a, b in permutations(there, 2)]
        for name in ("strength", "chroma_similarity", "onset_f1", "note_f1"):
            metrics[f"{name}_{label}"] = float(np.mean([v[name] for v in found]))

    tell("likeness and copied runs")
    metrics |= _likeness(model, chosen, [p for p in known if p.split == "train"], there)
    return result("disguise", data, len(chosen), exact=True, metrics=metrics)


def _some(pieces: list[Piece], most: int | None) -> list[Piece]:
    if most is None:
        return pieces
    return [p for s in STYLES for p in [p for p in pieces if style_of(p) == s][:most]]


def _draw(windows: Windows, style: int, most: int, rng: np.random.Generator) -> np.ndarray:
    rows = windows.of_style(style)
    return windows.rolls(rng.choice(rows, min(most, len(rows)), replace=False))


def _judge_metrics(logits: dict[int, np.ndarray]) -> dict[str, float]:
    """Accuracy over all styles, chance, and for each pair."""
    kept = np.asarray(sorted(logits))
    right = [float((kept[found[:, kept].argmax(1)] == s).mean()) for s, found in logits.items()]
    metrics = {"judge_accuracy": float(np.mean(right)), "judge_chance": 1 / len(logits)}
    metrics |= {f"judge_accuracy_{STYLES[s]}": r for s, r in zip(logits, right, strict=True)}
    for a, b in combinations(logits, 2):
        pair = [(against(logits[s], s, o) > 0.5).mean() for s, o in ((a, b), (b, a))]
        metrics[f"judge_accuracy_{STYLES[a]}_{STYLES[b]}"] = float(np.mean(pair))
    return metrics


def as_sequence(piece: Piece) -> NoteSequence:
    """A piece as one part, as the model hears it."""
    return NoteSequence([Note(float(o), float(d), int(p), 0.7, 0) for o, d, p, _ in played(piece)])


def _likeness(model: Disguise, chosen: list[Piece], training: list[Piece], there: list[int]) -> dict[str, float]:
    """The measures of all generators: transferred excerpts of 8 bars beside real ones of the styles they were made for,
    and runs copied from a thousand training pieces."""
    by_style = {s: [p for p in chosen if STYLES.index(style_of(p)) == s and in_whole_bars(p)] for s in there}
    made, real = [], []
    for source, target in permutations(there, 2):
        for piece in by_style[source][:3]:
            sequence = as_sequence(piece)
            start = sequence.notes[len(sequence.notes) // 3].beat // BEATS * BEATS
            part = [n._replace(beat=n.beat - start) for n in sequence.notes if start <= n.beat < start + 8 * BEATS]
            made.append(model.transform(NoteSequence(part), target))
        real += [as_sequence(p) for p in by_style[target][:3]]
    train = [as_sequence(p) for p in training[:: max(1, len(training) // 1000)]] if training else None
    return generator_metrics(made, real, train)


def in_whole_bars(piece: Piece) -> bool:
    """In 4/4 throughout, without an upbeat bar of its own."""
    return all(n * 4 / d == BEATS for _, n, d in piece.metres) and len(played(piece)) > 20
