"""The encoder of `roll`: from a phrase of songs and drums to the latents that would make it; used in training alone;
[workshop] (Larsen et al. 2016 and Zhu et al., BicycleGAN, 2017: what latents mean is learned from real examples)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.models.roll.model import ALL, CELLS, FINE, OCTAVES, Config
from realtime.models.roll.code import BARS, BEATS, CHORD, HALVES, LANES, TRACKS

Latents = tuple[Tensor, Tensor, Tensor, Tensor]


def _leak() -> nn.Module:
    return nn.LeakyReLU(0.2)


class Encoder(nn.Module):
    """Each track is read by itself for its own latents, all together for those of the phrase."""

    def __init__(self, config: Config, width: int = 32):
        super().__init__()
        t, w = len(TRACKS), width
        self.config, self.width = config, w
        self.patch = nn.Conv2d(t * FINE * 12, t * w, 1, groups=t)
        self.register = nn.Parameter(torch.zeros(t * w, 1, OCTAVES))
        self.roll = nn.Sequential(_leak(), nn.Conv2d(t * w, t * w, (4, 3), (4, 2), groups=t), _leak())
        self.drums = nn.Sequential(nn.Conv1d(FINE * len(LANES), w, 1), _leak(), nn.Conv1d(w, 3 * w, 4, 4), _leak())
        self.bar = nn.Conv1d(ALL * 3 * w, ALL * 3 * w, BEATS, BEATS, groups=ALL)
        size = 3 * w * BARS + BARS * HALVES * CHORD
        self.own = nn.ModuleList(nn.Linear(size, 4 * config.private) for _ in range(ALL))
        self.all = nn.Sequential(nn.Linear(ALL * 3 * w * BARS, 4 * w), _leak(), nn.Linear(4 * w, 4 * config.shared))
        for last in (*self.own, self.all[-1]):
            assert isinstance(last, nn.Linear)
            nn.init.normal_(last.weight, std=0.01)

    def forward(self, songs: Tensor, drums: Tensor, chords: Tensor) -> tuple[Latents, Latents]:
        """songs (n, 4, 4 tracks, 48, 84), drums (n, 4, 48, 9), chords (n, 4, 2, 36) -> means and log variances of z,
        z_time (n, shared), z_tracks and z_tracks_time (n, 5, private)."""
        n, t, cells = len(songs), len(TRACKS), BARS * CELLS
        x = songs.transpose(1, 2).reshape(n, t, cells, FINE, OCTAVES, 12)
        x = self.patch(x.permute(0, 1, 3, 5, 2, 4).reshape(n, t * FINE * 12, cells, OCTAVES)) + self.register
        x = self.roll(x).unflatten(1, (t, -1)).transpose(3, 4).flatten(2, 3)  # (n, t, 3w, beats)
        hits = self.drums(drums.reshape(n, cells, FINE * len(LANES)).transpose(1, 2))
        bars = torch.nn.functional.leaky_relu(self.bar(torch.cat([x.flatten(1, 2), hits], 1)), 0.2)
        tracks = bars.unflatten(1, (ALL, -1)).flatten(2)
        facts = chords.flatten(1)
        own = torch.stack([net(torch.cat([tracks[:, k], facts], 1)) for k, net in enumerate(self.own)], 1).float()
        still, still_log, moved, moved_log = own.chunk(4, -1)
        z, z_log, z_time, z_time_log = self.all(tracks.flatten(1)).float().chunk(4, -1)
        return (z, z_time, still, moved), (z_log, z_time_log, still_log, moved_log)


def drawn(means: Latents, logs: Latents) -> Latents:
    """Latents drawn around the means."""
    z = [m + torch.randn_like(m) * (0.5 * v).exp() for m, v in zip(means, logs, strict=True)]
    return z[0], z[1], z[2], z[3]


def divergence(means: Latents, logs: Latents) -> Tensor:
    """Kullback-Leibler divergence from the standard normal of the latents, nats a phrase (n,)."""
    parts = [0.5 * (m.square() + v.exp() - 1 - v).flatten(1).sum(1) for m, v in zip(means, logs, strict=True)]
    return torch.stack(parts).sum(0)
