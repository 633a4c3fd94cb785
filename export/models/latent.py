"""What the variational models share: nets over 32 steps, a conductor that unfolds a latent, and the KL term;
[workshop].

Kingma & Welling 2014; free bits: Kingma et al. 2016; hierarchical decoder: Roberts et al., MusicVAE, 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from realtime.sampling.latent import Home

STEPS, BEAT = 32, 4
BEATS = STEPS // BEAT


class ConvBlock(nn.Module):
    """Residual block over time, seeing `reach` steps to each side: norm, convolution, ReLU, linear. (batch, time,
    width)."""

    def __init__(self, width: int, reach: int = 1, dilation: int = 1):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, 2 * reach + 1, padding=reach * dilation, dilation=dilation)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(self.norm(x).transpose(1, 2)).transpose(1, 2)
        return x + self.out(F.relu(y))


class StepEncoder(nn.Module):
    """(batch, 32, inputs) -> (batch, 8 * beat_width): convolutions, then each beat's four steps read by place."""

    def __init__(self, inputs: int, width: int, blocks: int, beat_width: int):
        super().__init__()
        self.inlet = nn.Linear(inputs, width)
        self.place = nn.Parameter(0.1 * torch.randn(STEPS, width))
        self.blocks = nn.ModuleList(ConvBlock(width, 1, 2 ** (i % 3)) for i in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.beat = nn.Linear(BEAT * width, beat_width)

    def forward(self, x: Tensor) -> Tensor:
        h = self.inlet(x) + self.place
        for block in self.blocks:
            h = block(h)
        h = self.norm(h).reshape(-1, BEATS, BEAT * h.shape[-1])
        return self.beat(h).flatten(1)


class Conductor(nn.Module):
    """A latent (batch, latent) to one context vector a step (batch, 32, context): a recurrent net over the eight
    beats, each fed its own view of the latent, and read out by place in the beat."""

    def __init__(self, latent: int, width: int, context: int):
        super().__init__()
        self.width, self.context = width, context
        self.view = nn.Linear(latent, BEATS * width)
        self.gru = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(2 * width, BEAT * context)
        self.place = nn.Parameter(0.1 * torch.randn(STEPS, context))

    def forward(self, z: Tensor) -> Tensor:
        view = torch.tanh(self.view(z)).reshape(-1, BEATS, self.width)
        path, _ = self.gru(view)
        h = self.out(torch.cat([path, view.to(path.dtype)], dim=-1))
        return h.reshape(-1, STEPS, self.context) + self.place


class Posterior(nn.Module):
    """Features (batch, n) -> mean and log-variance (batch, latent) of q(z|x), float32."""

    def __init__(self, features: int, latent: int):
        super().__init__()
        self.out = nn.Linear(features, 2 * latent)
        nn.init.zeros_(self.out.bias)
        with torch.no_grad():
            self.out.bias[latent:] = -2.0

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.out(h).float().chunk(2, dim=-1)
        return mean, log_variance.clamp(-10.0, 4.0)


def reparametrise(mean: Tensor, log_variance: Tensor, spread: float = 1.0) -> Tensor:
    """A draw of q(z|x) that gradients pass through."""
    return mean + spread * torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def kl_nats(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(q || N(0, 1)) by dimension (batch, latent), nats."""
    return 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance)


def kl_cost(kl: Tensor, free_nats: float) -> Tensor:
    """The term of the loss: mean over the batch of what each example spends beyond `free_nats`."""
    return F.relu(kl.sum(-1) - free_nats).mean()


def annealed(beta: float, fraction: float, ramp: float = 0.3, last: float | None = None, turn: float = 0.68) -> float:
    """Weight of the KL term over a training's fraction 0..1: rises evenly to `beta` in the first `ramp`; if `last` is
    given, goes to it within a twentieth from `turn` on (a space in order first, then a sharper posterior)."""
    if last is not None and fraction > turn:
        return beta + (last - beta) * min(1.0, (fraction - turn) / 0.05)
    return beta * min(1.0, 0.05 + fraction / ramp)


def active_units(means: np.ndarray, threshold: float = 0.01) -> int:
    """Latent dimensions whose posterior mean varies over the data by more than `threshold` (Burda et al. 2016). means
    (examples, latent)."""
    return int((means.var(axis=0) > threshold).sum())


def posterior(net: Any, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Means and standard deviations (batch, latent) of what a net's `encode` finds: the part `encode` of a package."""
    mean, log_variance = net.encode(*inputs)
    return mean, torch.exp(0.5 * log_variance)


def aggregated(means: np.ndarray, variances: np.ndarray, centres: int = 48, rounds: int = 15) -> Home:
    """The mixture of Gaussians (k-means' clusters, one covariance) nearest to all posteriors; means and variances
    (examples, latent)."""
    rng = np.random.default_rng(0)
    middle = means[rng.permutation(len(means))[: min(centres, len(means))]].astype(np.float64)
    own = np.zeros(len(means), int)
    for _ in range(rounds):
        own = ((middle**2).sum(1) - 2 * means @ middle.T).argmin(axis=1)
        for k in np.unique(own):
            middle[k] = means[own == k].mean(axis=0)
    weights = np.bincount(own, minlength=len(middle)) / len(means)
    within = means - middle[own]
    covariance = within.T @ within / len(means) + np.diag(variances.mean(axis=0))
    factor = np.linalg.cholesky(covariance + 1e-6 * np.eye(means.shape[1]))
    return Home(middle.astype(np.float32), weights.astype(np.float32), factor.astype(np.float32))


def attribute_vectors(means: np.ndarray, values: np.ndarray, ridge: float = 10.0) -> np.ndarray:
    """(attributes, latent) float32: for each column of values (examples, attributes) the step in latent space that
    raises it by one of its standard deviations.

    Each is the direction along which the attribute is predicted best by ridge regression, mapped through the
    covariance of the latents, so that the step stays where music is (Haufe et al. 2014: pattern, not filter).
    """
    centred = means - means.mean(axis=0)
    covariance = centred.T @ centred / len(means)
    targets = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
    penalty = ridge / len(means) * np.eye(means.shape[1])
    weights = np.linalg.solve(covariance + penalty, centred.T @ targets / len(means))  # (latent, attributes)
    patterns = covariance @ weights
    gain = (weights * patterns).sum(axis=0)  # how far one such pattern moves the prediction
    return (patterns / np.maximum(gain, 1e-9)).T.astype(np.float32)


def calibrated(
    directions: np.ndarray,
    starts: np.ndarray,
    measure: Callable[[np.ndarray], np.ndarray],
    deviations: np.ndarray,
    scales: Sequence[float] = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
) -> np.ndarray:
    """Directions (attributes, latent) made so long that one step along each raises what is decoded by one standard
    deviation of the attribute (or as near as the scales reach): what a linear fit promises, a decoder does not keep.

    starts (n, latent): latents of music; measure: latents to attributes (n, attributes) of what they decode to.
    """
    found = np.zeros_like(directions)
    for k, direction in enumerate(directions):
        rises = [
            float((measure(starts + s * direction) - measure(starts - s * direction))[:, k].mean()) / 2 for s in scales
        ]
        reached = np.maximum.accumulate(np.array(rises) / max(float(deviations[k]), 1e-9))
        found[k] = direction * float(np.interp(1.0, reached, scales))
    return found
