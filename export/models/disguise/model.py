"""Nets of `disguise`: a generator told the style to make, a discriminator with one verdict a style, and the judge;
[workshop] (Zhu et al., CycleGAN, 2017; Choi et al., StarGAN, 2018: one generator for all pairs; Brunner et al. 2018).

The roll is folded into eighths by octaves, with the 12 classes as channels: rolls are in one key.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from realtime.models.disguise.code import PITCHES, SOUND, STEPS, STRUCK, STYLES

OCTAVES = PITCHES // 12
FINE = 2  # sixteenths folded into a cell
CELLS = STEPS // FINE
FOLDED = 2 * FINE * 12


@dataclass(frozen=True)
class Config:
    """Channels and blocks of the generator; what a cell's old value weighs in its new logit."""

    width: int = 96
    blocks: int = 6
    keep: float = 2.0


def fold(rolls: Tensor) -> Tensor:
    """(n, 2, 32, 72) -> (n, 48, 16, 6)."""
    x = rolls.unflatten(3, (OCTAVES, 12)).unflatten(2, (CELLS, FINE))  # n, 2, cell, fine, octave, class
    return x.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


def unfold(x: Tensor) -> Tensor:
    """The inverse of `fold`."""
    x = x.unflatten(1, (2, FINE, 12)).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(x.shape[0], 2, STEPS, PITCHES)


class Block(nn.Module):
    """Residual convolution over cells and octaves, normed and steered by the style (adaptive group norm)."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.norm = nn.GroupNorm(8, width, affine=False)
        self.steer = nn.Embedding(len(STYLES), 2 * width)
        nn.init.normal_(self.steer.weight, std=0.2)
        self.conv = nn.Conv2d(width, width, 3, padding=(dilation, 1), dilation=(dilation, 1))
        self.mix = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        scale, shift = self.steer(style)[:, :, None, None].chunk(2, 1)
        y = torch.relu(self.norm(x) * (1 + scale) + shift)
        return x + self.mix(torch.relu(self.conv(y)))


class Generator(nn.Module):
    """Rolls to logits of the same music in another style; what it adds to the old music is `delta`."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        w = config.width
        self.inlet = nn.Conv2d(FOLDED, w, 1)
        self.place = nn.Parameter(torch.zeros(w, CELLS, OCTAVES))
        self.style = nn.Embedding(len(STYLES), w)
        self.blocks = nn.ModuleList(Block(w, (1, 2, 4)[k % 3]) for k in range(config.blocks))
        self.outlet = nn.Conv2d(w, FOLDED, 1)
        with torch.no_grad():
            self.outlet.weight.mul_(0.3)

    def forward(self, rolls: Tensor, style: Tensor) -> Tensor:
        """rolls (n, 2, 32, 72) of 0 and 1, style (n,) int64 -> delta (n, 2, 32, 72): new logits less the old music's."""
        x = self.inlet(fold(rolls)) + self.place + self.style(style)[:, :, None, None]
        for block in self.blocks:
            x = block(x, style)
        return unfold(self.outlet(torch.relu(x)))

    def logits(self, rolls: Tensor, style: Tensor, amount: float = 1.0) -> Tensor:
        """The logits of the new roll; amount 0 gives the old one back."""
        return self.config.keep * (2 * rolls - 1) + amount * self(rolls, style).float()


def binary(logits: Tensor) -> Tensor:
    """Rolls of 0 and 1 with the sigmoid's gradient; only what sounds can be struck."""
    soft = torch.sigmoid(logits)
    hard = (logits > 0).to(soft.dtype) + soft - soft.detach()
    sound = hard[:, SOUND]
    return torch.stack([sound, hard[:, STRUCK] * sound], 1)


def _sn(layer: nn.Module) -> nn.Module:
    return spectral_norm(layer)


class Discriminator(nn.Module):
    """Real or made, one verdict a style; and the style it takes it for. It sees the roll, chroma and counts."""

    def __init__(self, width: int = 64):
        super().__init__()
        w = width
        self.inlet = _sn(nn.Conv2d(FOLDED, w, 1))
        self.place = nn.Parameter(torch.zeros(w, 1, OCTAVES))
        self.roll = nn.Sequential(
            nn.LeakyReLU(0.2), _sn(nn.Conv2d(w, w, 3, padding=1)), nn.LeakyReLU(0.2),
            _sn(nn.Conv2d(w, 2 * w, (2, 2), (2, 2))), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.counts = nn.Sequential(_sn(nn.Conv1d(4 * FINE + 24 * FINE, 2 * w, 2, 2)), nn.LeakyReLU(0.2))
        beats = CELLS // 2
        self.time = nn.Sequential(
            _sn(nn.Conv1d(2 * w * (OCTAVES // 2) + 2 * w, 3 * w, 3, padding=1)), nn.LeakyReLU(0.2),
            _sn(nn.Conv1d(3 * w, 3 * w, 2, 2)), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.body = nn.Sequential(nn.Flatten(), _sn(nn.Linear(3 * w * beats // 2, 4 * w)), nn.LeakyReLU(0.2))
        self.verdict = _sn(nn.Linear(4 * w, len(STYLES)))
        self.guess = nn.Linear(4 * w, len(STYLES))

    def forward(self, rolls: Tensor) -> tuple[Tensor, Tensor]:
        """rolls (n, 2, 32, 72) -> verdicts (n, styles), style logits (n, styles)."""
        folded = self.inlet(fold(rolls)) + self.place
        roll = self.roll(folded).transpose(2, 3).flatten(1, 2)
        many = rolls.sum(3)  # (n, 2, 32): notes at once
        any_ = many.clamp(max=1.0)
        chroma = rolls.unflatten(3, (OCTAVES, 12)).sum(3).transpose(2, 3).flatten(1, 2)  # (n, 24, 32)
        counts = torch.cat([many, any_, chroma], 1)
        counts = counts.unflatten(2, (CELLS, FINE)).transpose(2, 3).flatten(1, 2)
        x = self.body(self.time(torch.cat([roll, self.counts(counts)], 1)))
        return self.verdict(x), self.guess(x)


class Judge(nn.Module):
    """The independent classifier of style: all pitches of a step together, convolutions over time alone; learned from
    pieces that the generator never saw, with another seed, and never used in the generator's training."""

    def __init__(self, width: int = 128):
        super().__init__()
        self.inlet = nn.Linear(2 * PITCHES, width)
        self.blocks = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.drop = nn.Dropout(0.3)
        self.out = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, len(STYLES)))

    def forward(self, rolls: Tensor) -> Tensor:
        """rolls (n, 2, 32, 72) -> logits of the styles (n, 5)."""
        x = torch.relu(self.inlet(rolls.transpose(1, 2).flatten(2)))
        for norm, conv in zip(self.norms, self.blocks, strict=True):
            x = x + self.drop(torch.relu(conv(norm(x).transpose(1, 2)).transpose(1, 2)))
        return self.out(self.drop(torch.cat([x.mean(1), x.amax(1)], 1)))
