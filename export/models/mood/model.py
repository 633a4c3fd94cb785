"""A small net from descriptors to valence, arousal and how sure it is of each; [workshop]."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from realtime.models.mood.code import NAMES, TEMPO_INDEX


@dataclass(frozen=True)
class Config:
    hidden: int = 48
    dropout: float = 0.15

    def as_dict(self) -> dict:
        return asdict(self)


class MoodNet(nn.Module):
    """descriptors (b, 29), tempo_known (b, 1) of 0 or 1 -> mean (b, 2) of valence and arousal, deviation (b, 2) > 0.

    Descriptors are standardised inside (clipped at 4 deviations); without tempo those that depend on it become 0. The
    deviations come from the same net (Nix & Weigend, Estimating the mean and variance of the target, 1994).
    """

    mean: Tensor
    spread: Tensor
    timed: Tensor

    def __init__(self, config: Config = Config(), mean: Tensor | None = None, spread: Tensor | None = None):
        super().__init__()
        self.config = config
        size = len(NAMES)
        self.register_buffer("mean", torch.zeros(size) if mean is None else mean)
        self.register_buffer("spread", torch.ones(size) if spread is None else spread)
        timed = torch.zeros(size)
        timed[torch.from_numpy(TEMPO_INDEX)] = 1.0
        self.register_buffer("timed", timed)
        self.layers = nn.Sequential(
            nn.Linear(size + 1, config.hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.hidden),
            nn.SiLU(),
            nn.Dropout(config.dropout),
        )
        self.shortcut = nn.Linear(size + 1, 2)
        self.middle = nn.Linear(config.hidden, 2)
        self.certainty = nn.Linear(config.hidden, 2)

    def forward(self, descriptors: Tensor, tempo_known: Tensor) -> tuple[Tensor, Tensor]:
        z = torch.clamp((descriptors - self.mean) / self.spread, -4.0, 4.0)
        z = z * (1.0 - self.timed * (1.0 - tempo_known))
        x = torch.cat([z, tempo_known], -1)
        y = self.layers(x)
        return torch.tanh(self.shortcut(x) + self.middle(y)), 0.03 + nn.functional.softplus(self.certainty(y))
