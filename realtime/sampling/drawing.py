"""Drawing from logits: temperature, top-k, nucleus, min-p; [player process], numpy only."""

from __future__ import annotations

from random import Random

import numpy as np

FORBIDDEN = -1e9


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities of (..., n) logits along the last axis, float64; FORBIDDEN stays forbidden."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.where(logits <= FORBIDDEN / 2, FORBIDDEN, out)


def probabilities(
    logits: np.ndarray, temperature: float = 1.0, top_p: float = 1.0, top_k: int = 0, min_p: float = 0.0
) -> np.ndarray:
    """Softmax of (n,) logits at a temperature, cut and normed anew, float64.

    temperature 0 is the argmax. top_k keeps the k likeliest (Fan et al. 2018; 0: all), min_p those at least min_p times
    as likely as the likeliest (Nguyen et al. 2024), top_p the nucleus of that mass (Holtzman et al. 2020); of equal
    ones the first stay. Returns zeros if every logit is forbidden.
    """
    logits = np.asarray(logits, dtype=np.float64)
    top = logits.max()
    if top <= FORBIDDEN / 2:
        return np.zeros(len(logits))
    if temperature <= 1e-3:
        chosen = np.zeros(len(logits))
        chosen[int(logits.argmax())] = 1.0
        return chosen
    p = np.exp((logits - top) / temperature)
    p[logits <= FORBIDDEN / 2] = 0.0
    p /= p.sum()
    if not (0 < top_k < len(p) or top_p < 1.0 or min_p > 0.0):
        return p
    order = np.argsort(-logits, kind="stable")
    if 0 < top_k < len(p):
        p[order[top_k:]] = 0.0
    if min_p > 0.0:
        p[p < min_p * p[order[0]]] = 0.0
    p /= p.sum()
    if top_p < 1.0:
        mass = np.cumsum(p[order])
        p[order[int(np.searchsorted(mass, top_p)) + 1 :]] = 0.0
        p /= p.sum()
    return p


def draw(
    logits: np.ndarray,
    random: Random,
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    min_p: float = 0.0,
) -> int:
    """An index drawn from logits, or -1 if all are forbidden. Takes one number from `random`, always."""
    p = probabilities(logits, temperature, top_p, top_k, min_p)
    dice = random.random()
    if not p.any():
        return -1
    return int(min(np.searchsorted(np.cumsum(p), dice, side="right"), np.flatnonzero(p)[-1]))


def sharpened_moves(logits: np.ndarray, still: int, temperature: float, top_p: float = 1.0) -> np.ndarray:
    """(n,) logits, to be drawn from at temperature 1, in which the temperature sharpens *which* move is made, while staying
    at index `still` is never likelier than the net holds it.

    A voice asked every sixteenth stays in nine of ten: a temperature below 1 makes that nineteen of twenty, and a choir
    that hardly moves.
    """
    plain, sharp = probabilities(logits), probabilities(logits, temperature, top_p)
    stays = min(plain[still], sharp[still])
    moving = np.array(logits, np.float64)
    moving[still] = FORBIDDEN
    chosen = probabilities(moving, temperature, top_p) * (1.0 - stays)
    if not chosen.any():
        return np.array(logits, np.float64)
    chosen[still] = stays
    return np.where(chosen > 0, np.log(np.maximum(chosen, 1e-300)), FORBIDDEN)
