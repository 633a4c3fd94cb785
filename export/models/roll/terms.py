"""What `roll`'s generator is asked for beside its critic's praise: takes that differ, tonal distances as in songs, and
phrases given back from their own latents; [workshop]."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional

from export.measures.musegan import tonal_matrix
from realtime.models.roll.code import BEAT_STEPS, TRACKS

# share of the cells in which two takes on the same chords shall differ, at least (melody, bridge, piano, bass): a little
# less than two real songs do (0.93, 0.93, 0.69, 0.55 by takes.py)
DIFFERENCE = (0.85, 0.85, 0.55, 0.40)
FEWEST = 12.0  # set cells of both takes, under which a track has nothing to differ in
SURE, QUIET = 10.0, 0.05
LEVELS = torch.linspace(0.05, 0.95, 19)  # quantiles of the tonal distances


def sameness(songs: Tensor) -> Tensor:
    """How far two takes on the same chords, in the first and second half of a batch (n, 4, tracks, 48, 84), fall short
    of differing as DIFFERENCE asks, mean over tracks and pairs: without it the chords alone would decide (after Mao et
    al., mode seeking GANs, 2019)."""
    one, other = songs.float().chunk(2)
    apart = (one - other).abs().sum((1, 3, 4))
    set_cells = (one + other).sum((1, 3, 4)).detach()
    short = torch.relu(torch.tensor(DIFFERENCE, device=songs.device) - apart / (set_cells + 1.0))
    return torch.where(set_cells >= FEWEST, short, 0.0).mean()


def pair_distances(songs: Tensor) -> list[Tensor]:
    """Tonal distances (Harte et al. 2006) of each pair of tracks in the beats in which both sound, from rolls
    (..., tracks, 48, 84) of 0..1."""
    rolls = songs.float().flatten(0, -4)
    classes = rolls.unflatten(2, (-1, BEAT_STEPS)).unflatten(-1, (-1, 12)).sum((3, 4))  # (n, tracks, beats, 12)
    total = classes.sum(-1)
    turn = torch.from_numpy(tonal_matrix()).float().to(songs.device)
    centroids = (classes / (total[..., None] + 1e-3)) @ turn.T
    found = []
    for a, b in combinations(range(len(TRACKS)), 2):
        both = (total[:, a] > 0.5) & (total[:, b] > 0.5)
        apart = (centroids[:, a] - centroids[:, b])[both]
        found.append((apart.square().sum(-1) + 1e-4).sqrt())
    return found


def tonal_quantiles(songs: Tensor) -> Tensor:
    """(6 pairs, levels): quantiles of the tonal distances of each pair; NaN where two tracks never sound together."""
    levels = LEVELS.to(songs.device)
    nothing = torch.full_like(levels, torch.nan)
    return torch.stack([d.quantile(levels) if len(d) else nothing for d in pair_distances(songs)])


def tonal_error(songs: Tensor, reference: Tensor) -> Tensor:
    """Mean distance between the quantiles of rolls and those of songs: how differently tracks rub against one another
    (an estimate of the first Wasserstein distance, pair by pair)."""
    apart = (tonal_quantiles(songs) - reference).abs()
    return torch.where(apart.isnan(), 0.0, apart).mean()


def certainty(logits: Tensor) -> Tensor:
    """How far logits (n, 4, tracks, 48, 84) lie beyond SURE, summed over a phrase, mean over the batch; cells left silent
    weigh little. Beyond it hardly any gradient reaches a binary neuron: a note would stay whatever the critic says."""
    beyond = torch.relu(logits.float().abs() - SURE)
    return (beyond * torch.where(logits > 0, 1.0, QUIET)).sum() / len(logits)


def reconstruction(logits: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]) -> Tensor:
    """Cross entropy of logits (songs and drums) against the real phrase, nats a phrase, mean over the batch."""
    both = zip(logits, real, strict=True)
    cost = [functional.binary_cross_entropy_with_logits(x.float(), y, reduction="sum") for x, y in both]
    return torch.stack(cost).sum() / len(real[0])
