"""Nets of `roll`: temporal nets that give each bar of a phrase its codes, and a bar generator under chords; [workshop]
(Dong et al., MuseGAN, AAAI 2018: the hybrid model; Dong & Yang, BinaryMuseGAN, ISMIR 2018: binary neurons).

The pitch axis is folded into octaves by classes. Each class's logit has an absolute part (the net knows one key: C major
/ A minor) and parts that turn with the chord: a kernel over the intervals above its root, and gates on its template and
its bass note. So what is learned of one chord holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from realtime.models.roll.code import BARS, BEATS, CHORD, HALVES, LANES, PITCHES, STEPS, TRACKS

OCTAVES = PITCHES // 12
CELLS = 16  # sixteenths of a bar, each of 3 fine steps
FINE = STEPS // CELLS
ALL = len(TRACKS) + 1
WIDTH = 4.0  # of the binary neurons' gradient, in logits
REST = 4.0  # how fast a bar's logits fall as its track is made to rest


@dataclass(frozen=True)
class Config:
    """Sizes: latents of the phrase and of a track, channels of the trunk, the heads and their octave maps."""

    shared: int = 48  # of the phrase, all tracks
    private: int = 24  # of the phrase, each track
    trunk: int = 160
    head: int = 96
    maps: int = 32


def rotation_of(root: Tensor) -> Tensor:
    """(..., 12, 12) from one-hot roots (..., 12): row r, column c is 1 where class c is r semitones above the root.
    Without a chord all zeros."""
    shifted = [torch.roll(root, k, dims=-1) for k in range(12)]
    return torch.stack(shifted, dim=-2)


class Temporal(nn.Module):
    """One latent for a phrase to one code for each of its 4 bars (transposed convolutions over bars)."""

    def __init__(self, size: int):
        super().__init__()
        self.start = nn.Linear(size, 2 * size)
        self.grow = nn.ConvTranspose1d(size, size, 2, 2)
        self.end = nn.Conv1d(size, size, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """(n, size) -> (n, 4, size)."""
        x = torch.relu(self.start(z)).unflatten(1, (-1, 2))
        return self.end(torch.relu(self.grow(x))).transpose(1, 2)


class Phrase(nn.Module):
    """Latents of a phrase to the codes of its bars: what stays through the phrase beside what the temporal nets move."""

    def __init__(self, config: Config):
        super().__init__()
        self.shared = Temporal(config.shared)
        self.private = nn.ModuleList(Temporal(config.private) for _ in range(ALL))

    def forward(self, z: Tensor, z_time: Tensor, z_tracks: Tensor, z_tracks_time: Tensor) -> tuple[Tensor, Tensor]:
        """z, z_time (n, shared); z_tracks, z_tracks_time (n, 5, private) -> codes (n, 4, 2 shared), (n, 4, 5, 2 private)."""
        still = z[:, None].expand(-1, BARS, -1)
        code = torch.cat([still, self.shared(z_time)], -1)
        still_tracks = z_tracks[:, None].expand(-1, BARS, -1, -1)
        moved = torch.stack([net(z_tracks_time[:, k]) for k, net in enumerate(self.private)], 2)
        return code, torch.cat([still_tracks, moved], -1)


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(8, channels)


class Head(nn.Module):
    """One track's private net: its codes and the trunk to maps over sixteenths, and for pitched tracks over octaves."""

    def __init__(self, config: Config, drums: bool):
        super().__init__()
        c, h, m = config, config.head, config.maps
        self.drums = drums
        self.own = nn.Linear(2 * c.private + 2 * CHORD, 32 * BEATS)
        self.grow = nn.ConvTranspose1d(32, 32, 4, 4)
        self.mix = nn.Sequential(nn.Conv1d(c.trunk + 32, h, 3, padding=1), _norm(h), nn.ReLU())
        if drums:
            last: nn.Module = nn.Conv1d(h, FINE * len(LANES), 1)
            self.out: nn.Module = nn.Sequential(nn.Conv1d(h, h, 3, padding=1), nn.ReLU(), last)
        else:
            self.octaves = nn.ConvTranspose2d(h, m, (1, OCTAVES))
            self.register = nn.Parameter(torch.zeros(m, 1, OCTAVES))
            self.maps = nn.Sequential(_norm(m), nn.ReLU(), nn.Conv2d(m, m, 3, padding=1), _norm(m), nn.ReLU())
            mixed = nn.Conv2d(m, m, 1)
            nn.init.zeros_(mixed.weight)
            wide = nn.Conv2d(m, m, (5, 3), padding=(4, 1), dilation=(2, 1))
            self.wide = nn.Sequential(wide, nn.ReLU(), mixed)
            self.out = nn.Conv2d(m, FINE * 26, 1)
            self.sounds = nn.Linear(2 * c.private + 2 * CHORD, 1)  # or rests for the bar
            nn.init.zeros_(self.sounds.weight)
            nn.init.constant_(self.sounds.bias, 3.0)

    @torch.no_grad()
    def start_at(self, logit: Tensor) -> None:
        """Output biases at the logit of the data's density: one number, or one for each drum."""
        bias = [p for name, p in self.out.named_parameters() if name.endswith("bias")][-1]
        if self.drums:
            bias.copy_(logit.repeat(FINE))
        else:
            bias.zero_()
            bias.view(FINE, 26)[:, :12] = logit

    def forward(self, trunk: Tensor, code: Tensor, chords: Tensor, rotation: Tensor) -> Tensor:
        """trunk (n, t, 16), code (n, 2 private), chords (n, 2, 36), rotation (n, 2, 12, 12) -> logits (n, 48, 84 or 9)."""
        facts = torch.cat([code, chords.flatten(1)], 1)
        own = torch.relu(self.own(facts)).unflatten(1, (-1, BEATS))
        x = self.mix(torch.cat([trunk, torch.relu(self.grow(own))], 1))
        if self.drums:
            return self.out(x).unflatten(1, (FINE, len(LANES))).permute(0, 3, 1, 2).flatten(1, 2)
        x = self.octaves(x[..., None]) + self.register
        x = self.maps(x)
        x = self.out(x + self.wide(x))  # (n, fine * 26, 16, octaves)
        x = x.unflatten(1, (FINE, 26)).unflatten(3, (HALVES, CELLS // HALVES))
        x = x.permute(0, 3, 4, 1, 5, 2)  # (n, half, cell, fine, octave, 26)
        shape = x.shape
        flat = x.reshape(shape[0], HALVES, -1, 26)
        turned = flat[..., 12:24] @ rotation
        template, bass = chords[:, :, None, 12:24], chords[:, :, None, 24:36]
        logits = flat[..., :12] + turned + flat[..., 24:25] * template + flat[..., 25:26] * bass
        logits = logits - REST * nn.functional.softplus(-self.sounds(facts))[:, :, None, None]
        cells = logits.unflatten(2, (CELLS // HALVES, FINE, OCTAVES)).unbind(3)
        # notes begin on sixteenths, as in the data: a later step of a cell sounds only if the one before it does
        kept = [cells[0]]
        for step in cells[1:]:
            kept.append(torch.minimum(kept[-1], step))
        return torch.stack(kept, 3).reshape(shape[0], STEPS, PITCHES)


class Bar(nn.Module):
    """One bar of all tracks from its codes and its two chords."""

    def __init__(self, config: Config):
        super().__init__()
        c = config
        self.stem = nn.Linear(2 * c.shared + 2 * CHORD, c.trunk * BEATS)
        self.beats = nn.Sequential(nn.Conv1d(c.trunk + CHORD, c.trunk, 3, padding=1), _norm(c.trunk), nn.ReLU())
        self.grow = nn.ConvTranspose1d(c.trunk, c.trunk, 4, 4)
        self.cells = nn.Sequential(nn.Conv1d(c.trunk + CHORD, c.trunk, 3, padding=1), _norm(c.trunk), nn.ReLU())
        self.heads = nn.ModuleList(Head(c, drums=k == len(TRACKS)) for k in range(ALL))

    def forward(self, code: Tensor, track_codes: Tensor, chords: Tensor) -> tuple[Tensor, Tensor]:
        """code (n, 2 shared), track_codes (n, 5, 2 private), chords (n, 2, 36) -> logits (n, 4, 48, 84), (n, 48, 9)."""
        rotation = rotation_of(chords[..., :12])
        by_time = chords.transpose(1, 2)
        x = torch.relu(self.stem(torch.cat([code, chords.flatten(1)], 1))).unflatten(1, (-1, BEATS))
        x = self.beats(torch.cat([x, by_time.repeat_interleave(BEATS // HALVES, 2)], 1))
        x = torch.relu(self.grow(x))
        x = self.cells(torch.cat([x, by_time.repeat_interleave(CELLS // HALVES, 2)], 1))
        logits = [head(x, track_codes[:, k], chords, rotation) for k, head in enumerate(self.heads)]
        return torch.stack(logits[:-1], 1), logits[-1]


class Generator(nn.Module):
    """Phrases of 4 bars: the temporal nets and the bar generator."""

    def __init__(self, config: Config, density: tuple[float, ...] | None = None):
        """density: share of set cells by track (melody, bridge, piano, bass) and by drum lane; the start of the biases."""
        super().__init__()
        self.config = config
        self.phrase = Phrase(config)
        self.bar = Bar(config)
        if density is not None:
            logit = torch.logit(torch.tensor(density).clamp(1e-3, 0.5))
            for k, head in enumerate(self.bar.heads):
                assert isinstance(head, Head)
                head.start_at(logit[k] if k < len(TRACKS) else logit[len(TRACKS) :])

    def latents(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Standard normal latents of n phrases."""
        c = self.config
        sizes = ((n, c.shared), (n, c.shared), (n, ALL, c.private), (n, ALL, c.private))
        z = [torch.randn(s, generator=generator) for s in sizes]
        return z[0], z[1], z[2], z[3]

    def forward(self, z: Tensor, z_time: Tensor, z_tracks: Tensor, z_tracks_time: Tensor, chords: Tensor):
        """chords (n, 4, 2, 36) -> logits (n, 4, 4, 48, 84) and (n, 4, 48, 9)."""
        code, track_codes = self.phrase(z, z_time, z_tracks, z_tracks_time)
        songs, drums = self.bar(code.flatten(0, 1), track_codes.flatten(0, 1), chords.flatten(0, 1))
        return songs.unflatten(0, (-1, BARS)), drums.unflatten(0, (-1, BARS))


def binary(logits: Tensor, noise: float) -> Tensor:
    """Binary neurons: 1 where the logit, with logistic noise of some scale, is above 0; the gradient is a sigmoid's at 0
    and falls more slowly, so that cells that the net is sure of can still be talked round.

    noise 1: stochastic neurons (Bernoulli); noise 0: deterministic ones (Dong & Yang 2018; Bengio et al. 2013).
    """
    if noise > 0:
        u = torch.rand_like(logits).clamp(1e-6, 1 - 1e-6)
        logits = logits + noise * torch.log(u / (1 - u))
    soft = 0.25 * logits / (1 + logits.abs() / WIDTH)
    return (logits > 0).to(soft.dtype) + soft - soft.detach()
