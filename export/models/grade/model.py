"""A net that only grows: more of any demand never makes a passage easier; [workshop] (Sill, Monotonic networks, 1997)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from realtime.models.grade.code import NAMES


@dataclass(frozen=True)
class Config:
    hidden: int = 24

    def as_dict(self) -> dict:
        return asdict(self)


class GradeNet(nn.Module):
    """demands (b, 22) -> difficulty (b, 1), on a scale of its own (see the package's table `knots`)."""

    mean: Tensor
    spread: Tensor

    def __init__(self, config: Config = Config(), mean: Tensor | None = None, spread: Tensor | None = None):
        super().__init__()
        self.config = config
        size = len(NAMES)
        self.register_buffer("mean", torch.zeros(size) if mean is None else mean)
        self.register_buffer("spread", torch.ones(size) if spread is None else spread)
        self.inner = nn.Parameter(torch.randn(size, config.hidden) * 0.5 - 2.0)
        self.bias = nn.Parameter(torch.randn(config.hidden))
        self.outer = nn.Parameter(torch.randn(config.hidden, 1) * 0.3 - 1.5)
        self.shortcut = nn.Parameter(torch.full((size, 1), -3.0))

    def forward(self, demands: Tensor) -> Tensor:
        z = torch.clamp((demands - self.mean) / self.spread, -4.0, 4.0)
        hidden = torch.tanh(z @ softplus(self.inner) + self.bias)
        return hidden @ softplus(self.outer) + z @ softplus(self.shortcut)
