"""The critic of `roll`: it hears a phrase of 4 bars as a roll, as chroma above the chords' roots, and as onsets; used in
training alone; [workshop] (BinaryMuseGAN's three streams, Dong & Yang 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.models.roll.model import CELLS, FINE, OCTAVES, rotation_of
from realtime.models.roll.code import BARS, CHORD, HALVES, LANES, PITCHES, STEPS, TRACKS


def _leak() -> nn.Module:
    return nn.LeakyReLU(0.2)


class Critic(nn.Module):
    """A score for a phrase under its chords; no norms, as the gradient penalty asks for."""

    def __init__(self, width: int = 64):
        super().__init__()
        w, t = width, len(TRACKS)
        self.patch = nn.Conv2d(t * FINE * 12, w, 1)
        self.register = nn.Parameter(torch.zeros(w, 1, OCTAVES))
        self.roll = nn.Sequential(
            _leak(), nn.Conv2d(w, w, (3, 3), padding=1), _leak(), nn.Conv2d(w, 2 * w, (4, 3), (4, 2)), _leak()
        )
        self.chroma = nn.Sequential(
            nn.Conv1d(12 * (t + 2) + 12 * (t + 3), 2 * w, 1), _leak(), nn.Conv1d(2 * w, 2 * w, 4, 4), _leak()
        )
        self.onsets = nn.Sequential(
            nn.Conv1d(FINE * (2 * t + len(LANES)), w, 1), _leak(), nn.Conv1d(w, 2 * w, 4, 4), _leak()
        )
        self.beats = nn.Sequential(
            nn.Conv1d(10 * w, 3 * w, 3, padding=1), _leak(), nn.Conv1d(3 * w, 4 * w, 4, 4), _leak()
        )
        self.bar = nn.Linear(4 * w, 1)
        self.phrase = nn.Sequential(nn.Linear(4 * w * BARS, 2 * w), _leak(), nn.Linear(2 * w, 1))

    def forward(self, songs: Tensor, drums: Tensor, chords: Tensor) -> Tensor:
        """songs (n, 4 bars, 4 tracks, 48, 84), drums (n, 4, 48, 9), chords (n, 4, 2, 36) -> (n,)."""
        n, t = len(songs), len(TRACKS)
        cells = BARS * CELLS
        x = songs.transpose(1, 2).reshape(n, t, cells, FINE, OCTAVES, 12)
        patches = x.permute(0, 1, 3, 5, 2, 4).reshape(n, t * FINE * 12, cells, OCTAVES)
        roll = self.roll(self.patch(patches) + self.register).transpose(2, 3).flatten(1, 2)  # (n, 2w * 3, beats)

        classes = x.mean(3).sum(3)  # (n, t, cells, 12)
        halves = chords.reshape(n, BARS * HALVES, CHORD)
        rotation = rotation_of(halves[..., :12])  # (n, halves, above, class)
        by_half = classes.transpose(1, 2).reshape(n, BARS * HALVES, -1, 12)  # (n, halves, cells of a half * t, 12)
        turned = (by_half @ rotation.transpose(-1, -2)).reshape(n, cells, t * 12)
        straight = by_half.reshape(n, cells, t * 12)
        above = torch.einsum("nhkc,nhac->nhka", halves[..., 12:].unflatten(-1, (2, 12)), rotation).flatten(2)
        facts = torch.cat([above, halves], -1).repeat_interleave(CELLS // HALVES, 1)
        chroma = self.chroma(torch.cat([turned, straight, facts], -1).transpose(1, 2))

        steps = songs.transpose(1, 2).reshape(n, t, BARS * STEPS, PITCHES)
        risen = torch.relu(steps[:, :, 1:] - steps[:, :, :-1]).sum(-1)
        risen = torch.cat([steps[:, :, :1].sum(-1), risen], 2)
        counts = torch.cat([risen, steps.sum(-1), drums.flatten(1, 2).transpose(1, 2)], 1)
        onsets = self.onsets(counts.unflatten(2, (cells, FINE)).transpose(2, 3).flatten(1, 2))

        bars = self.beats(torch.cat([roll, chroma, onsets], 1))
        with torch.autocast(bars.device.type, enabled=False):  # scores need their last digits
            bars = bars.float()
            return self.bar(bars.transpose(1, 2)).mean((1, 2)) + self.phrase(bars.flatten(1))[:, 0]


def gradient_penalty(critic: Critic, real: tuple[Tensor, ...], fake: tuple[Tensor, ...], chords: Tensor) -> Tensor:
    """Mean squared departure from slope 1 between real and generated phrases (Gulrajani et al. 2017)."""
    share = torch.rand(len(chords), 1, 1, 1, 1, device=chords.device)
    songs = (real[0] + share * (fake[0] - real[0])).requires_grad_(True)
    drums = (real[1] + share[..., 0] * (fake[1] - real[1])).requires_grad_(True)
    score = critic(songs, drums, chords).float().sum()
    slopes = torch.autograd.grad(score, (songs, drums), create_graph=True)
    norm = torch.stack([s.float().flatten(1).square().sum(1) for s in slopes]).sum(0)
    return ((norm + 1e-12).sqrt() - 1).square().mean()
