"""Evaluates the packaged `frames`: likelihood bounds a slice, reconstruction, and new bars, net beside net; [workshop].

antiphon evaluate frames --data jsb_chorales_official.jsonl.gz --json
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import realtime.models.frames.code as code
from export.corpora.pieces import Piece
from export.measures import generator_metrics
from export.models.frames import data as music
from export.models.latent import active_units
from export.pattern.report import result
from realtime.models.frames.model import Frames
from realtime.native.errors import AntiphonError

MOST_WINDOWS = 500
IMPORTANCE = 8  # latents a window for the tighter bound
GENERATED, GENERATED_BARS = 24, 16


def key_nats(logits: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Binary cross-entropy of each slice, summed over the keys: (16,)."""
    x = logits.astype(np.float64)
    return (np.logaddexp(0.0, x) - x * roll).sum(axis=-1)


def bounds(model: Frames, name: str, windows: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Nats a slice: the evidence bound (one latent a window), and the importance-weighted bound of 8 latents (Burda et al.
    2016), both upper bounds of the negative log-likelihood; KL; F1 of keys when encoded and decoded again (mean latent,
    keys above a half; the recurrent net running freely)."""
    rng = np.random.default_rng(0)
    evidence = weighted = kl = 0.0
    right = made = true = 0
    means = []
    for roll, mask in zip(windows, real, strict=True):
        mean, deviation = model.encode(roll, name)
        means.append(mean)
        weights = []
        for draw in range(IMPORTANCE):
            noise = rng.standard_normal(len(mean))
            z = (mean + deviation * noise).astype(np.float32)
            nats = float((key_nats(model.logits(z, name, roll), roll) * mask).sum())
            prior = -0.5 * float((z.astype(np.float64) ** 2).sum())
            posterior = -0.5 * float((noise**2).sum()) - float(np.log(deviation).sum())
            weights.append(-nats + prior - posterior)
            if draw == 0:
                own = 0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum()
                kl += float(own)
                evidence += nats + float(own)
        weighted -= float(np.logaddexp.reduce(weights) - np.log(IMPORTANCE))
        again = model.decode(mean, name, rng, 0.0) & mask[:, None]
        right, made, true = right + int((again & (roll > 0)).sum()), made + int(again.sum()), true + int(roll.sum())
    slices = float(real.sum())
    return {
        "nll_slice_nats": evidence / slices,
        "nll_slice_nats_8_latents": weighted / slices,
        "kl_slice_nats": kl / slices,
        "reconstruction_f1": 2 * right / max(1, made + true),
        "active_units": active_units(np.array(means)),
    }


def held_windows(held: list[Piece], grid: str, source: str | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Windows of the held-out pieces of a source, at most 500 drawn evenly; None if there are none."""
    chosen = [p for p in held if source is None or p.source == source]
    try:
        windows, real = music.windows(music.rolls_of(chosen, code.GRIDS[grid]))
    except AntiphonError:
        return None
    kept = np.linspace(0, len(windows) - 1, min(MOST_WINDOWS, len(windows))).astype(int)
    return windows[kept], real[kept]


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics"} on the held-out pieces of `data`.

    nll_frame_nats (and its _8_latents): chorales, or what there is, by quarter notes, the better net's bound; then
    <figure>_<net>_<grid>, for bars also by source. A bound, not exact. Windows of 16 slices know nothing of the music
    before them. Raises AntiphonError.
    """
    model = Frames.load(package)
    train, _, held = music.load(data)
    held = held[:pieces] if pieces else held
    names = {p.id for p in held}
    train = [p for p in train if p.id not in names]
    sources = sorted({p.source for p in held})
    chorale = next((s for s in sources if s in music.CHORALES), None)
    metrics: dict[str, float] = {}
    jobs = [("quarters", chorale, "quarters")] + [
        ("bar", s, f"bar_{s}" if len(sources) > 1 else "bar") for s in sources
    ]
    steps = len(jobs) * len(code.NETS) + len(code.NETS)
    done = 0
    for grid, source, label in jobs:
        found = held_windows(held, grid, source)
        for net in code.NETS:
            done += 1
            if progress:
                progress(done / steps)
            if found is not None:
                metrics |= {f"{k}_{net}_{label}": v for k, v in bounds(model, f"{net}_{grid}", *found).items()}
    for ending in ("", "_8_latents"):
        quarter = [metrics[k] for n in code.NETS if (k := f"nll_slice_nats{ending}_{n}_quarters") in metrics]
        if quarter:
            metrics[f"nll_frame_nats{ending}"] = min(quarter)
    real = [p.sequence() for p in held if p.length_beats >= 32]
    for number, kind in enumerate(code.NETS):
        made = [model.generate(None, GENERATED_BARS, seed, net=float(number)) for seed in range(1, GENERATED + 1)]
        new = generator_metrics(made, real[:150], [p.sequence() for p in train] or None)
        metrics |= {f"{name}_{kind}": value for name, value in new.items() if not name.endswith("_real") or number == 0}
        done += 1
        if progress:
            progress(done / steps)
    return result("frames", data, len(held), exact=False, metrics=metrics)
