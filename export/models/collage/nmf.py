"""Non-negative matrix factorisation by multiplicative updates for the Kullback-Leibler divergence; [workshop] (Lee & Seung,
Nature 401, 1999 and NIPS 2001; sparse activations after Eggert & Koerner 2004)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

TINY = 1e-9


def divergence(v: np.ndarray, w: np.ndarray, h: np.ndarray) -> float:
    """Generalised Kullback-Leibler divergence of V from H W, nats a row."""
    model = h @ w + TINY
    return float((v * np.log((v + TINY) / model) - v + model).sum() / len(v))


def update_activations(v: np.ndarray, w: np.ndarray, h: np.ndarray, sparsity: float) -> np.ndarray:
    """One multiplicative step of H; never raises the divergence plus sparsity * sum(H)."""
    return _flushed(h * ((v / (h @ w + TINY)) @ w.T) / (w.sum(axis=1)[None, :] + sparsity))


def update_parts(v: np.ndarray, w: np.ndarray, h: np.ndarray) -> np.ndarray:
    """One multiplicative step of W."""
    return _flushed(w * (h.T @ (v / (h @ w + TINY))) / (h.sum(axis=0)[:, None] + TINY))


def _flushed(x: np.ndarray) -> np.ndarray:
    """Tiny values as zeros: products that shrink for ever become denormal numbers, which are slow."""
    x[x < 1e-8] = 0.0
    return x


def factorise(
    v: np.ndarray,
    parts: int,
    rounds: int,
    sparsity: float,
    rng: np.random.Generator,
    tell: Callable[[int, float], None] | None = None,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """V (n, d) >= 0 as H (n, parts) times W (parts, d); the loudest entry of each part is 1.

    The parts are scaled back after every round (their scale is free), so that sparsity means the same for all.
    """
    v = v.astype(np.float32)
    if start is None:
        # parts begin as half bars of the corpus: from noise they end as single notes
        w = v[rng.choice(len(v), parts, replace=len(v) < parts)] + rng.uniform(0.0, 0.004, (parts, v.shape[1]))
        h = rng.uniform(0.05, 0.15, (len(v), parts))
    else:
        w, h = start
    w, h = w.astype(np.float32), h.astype(np.float32)
    for i in range(rounds):
        h = update_activations(v, w, h, sparsity)
        w = update_parts(v, w, h)
        peak = np.maximum(w.max(axis=1), TINY)
        w, h = w / peak[:, None], h * peak[None, :]
        if tell is not None:
            tell(i, divergence(v, w, h) if i % 10 == 9 or i + 1 == rounds else float("nan"))
    return w, h
