"""The orderless chorale net: any notes given, every hole's pitch predicted from both sides; [workshop].

Orderless NADE (Uria, Murray and Larochelle, ICML 2014) over a window of a chorale, as Coconet (Huang et al., ISMIR 2017)
has it, with attention in place of convolutions. With an order fixed beforehand, the chain rule over the holes gives an
exact likelihood.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

import realtime.models.chorale.fill_code as code
from export.models.chorale.model import Block, bag, drop, slopes
from realtime.models.chorale.code import CLASSES


@dataclass
class Config:
    width: int = 128
    layers: int = 3
    heads: int = 4
    head_hidden: int = 128
    dropout: float = 0.2
    feature_dropout: float = 0.1
    steps: int = 128  # length of the window


class Fill(nn.Module):
    """Rows (windows, steps, COLUMNS), holes (windows, steps, 4, HOLE_COLUMNS) -> logits (windows, steps, 4, CLASSES) of
    the move from each place's reference; those at known places mean nothing."""

    slopes: Tensor

    def __init__(self, config: Config):
        super().__init__()
        self.config = c = config
        self.table = nn.EmbeddingBag(code.ROWS, c.width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.mix = nn.Linear(c.width, c.width)
        self.blocks = nn.ModuleList([Block(c.width, c.heads, c.dropout) for _ in range(c.layers)])
        self.last = nn.LayerNorm(c.width)
        self.register_buffer("slopes", slopes(c.heads), persistent=False)
        self.voices = nn.ModuleList([Place(c) for _ in range(4)])

    def bias(self, steps: int, device: torch.device) -> Tensor:
        """Attention falls with distance; the second head looks back only, the third ahead only."""
        place = torch.arange(steps, device=device)
        distance = place[:, None] - place[None]
        bias = -self.slopes[:, None, None] * distance.abs()
        head = torch.arange(self.config.heads, device=device)[:, None, None]
        hidden = ((head == 1) & (distance < 0)) | ((head == 2) & (distance > 0))
        return bias.masked_fill(hidden, -torch.inf)[None]

    def forward(self, rows: Tensor, holes: Tensor) -> Tensor:
        c = self.config
        x = bag(self.table, rows, c.feature_dropout, self.training)
        x = x + self.mix(torch.relu(x))
        bias = self.bias(rows.shape[1], rows.device)
        for block in self.blocks:
            x = block(x, bias)
        x = drop(self.last(x), c.dropout, self.training)
        return torch.stack([voice(x, holes[:, :, v]) for v, voice in enumerate(self.voices)], 2)

    def settings(self) -> dict[str, Any]:
        return asdict(self.config)


class Place(nn.Module):
    """One voice's holes: context (windows, steps, width), holes (windows, steps, HOLE_COLUMNS) -> logits."""

    def __init__(self, c: Config):
        super().__init__()
        self.dropout, self.feature_dropout = c.dropout, c.feature_dropout
        self.table = nn.EmbeddingBag(code.HOLE_ROWS, c.head_hidden, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.context = nn.Linear(c.width, c.head_hidden)
        self.middle = nn.Linear(c.head_hidden, c.head_hidden)
        self.out = nn.Linear(c.head_hidden, CLASSES)

    def forward(self, context: Tensor, holes: Tensor) -> Tensor:
        x = bag(self.table, holes, self.feature_dropout, self.training) + self.context(context)
        x = drop(torch.relu(x), self.dropout, self.training)
        return self.out(drop(x + torch.relu(self.middle(x)), self.dropout, self.training))
