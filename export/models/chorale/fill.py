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

from export.models.chorale.model import Block, drop, slopes
from realtime.models import chorale_fill_code as code
from realtime.models.chorale_code import PITCHES


@dataclass
class Config:
    width: int = 192
    layers: int = 3
    heads: int = 4
    head_hidden: int = 128
    rank: int = 8
    dropout: float = 0.2
    steps: int = 128  # length of the window


class Nearness(nn.Module):
    """For each pitch, `rank` numbers that depend on its interval to a symbol: (...) int64 -> (..., PITCHES, rank)."""

    def __init__(self, rank: int):
        super().__init__()
        self.rank = rank
        self.weight = nn.Parameter(torch.randn(2 * PITCHES - 1, rank) * 0.1)
        self.other = nn.Parameter(torch.zeros(code.SYMBOLS - PITCHES, PITCHES, rank))
        place = torch.arange(PITCHES)
        self.register_buffer("index", place[None] - place[:, None] + PITCHES - 1, persistent=False)

    def table(self) -> Tensor:
        """(SYMBOLS, PITCHES * rank)."""
        return torch.cat([self.weight[self.index], self.other]).reshape(code.SYMBOLS, -1)


class Fill(nn.Module):
    """Rows (windows, steps, COLUMNS) -> logits (windows, steps, 4, ANSWERS); those at known places mean nothing."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = c = config
        self.table = nn.EmbeddingBag(code.ROWS, c.width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.mix = nn.Linear(c.width, c.width)
        self.blocks = nn.ModuleList([Block(c) for _ in range(c.layers)])  # type: ignore[arg-type]
        self.last = nn.LayerNorm(c.width)
        self.register_buffer("slopes", slopes(c.heads), persistent=False)
        self.hidden = nn.Linear(c.width, 4 * c.head_hidden)
        self.near = nn.ModuleList([Nearness(c.rank) for _ in range(5)])  # left, right, three other voices
        self.voice_hidden = nn.ModuleList([nn.Linear(c.head_hidden, c.head_hidden) for _ in range(4)])
        self.answers = nn.ModuleList([nn.Linear(c.head_hidden, code.ANSWERS) for _ in range(4)])
        self.gates = nn.ModuleList([nn.Linear(c.head_hidden, 5 * c.rank) for _ in range(4)])

    def bias(self, steps: int, device: torch.device) -> Tensor:
        """Attention falls with distance; the second head looks back only, the third ahead only."""
        place = torch.arange(steps, device=device)
        distance = place[:, None] - place[None]
        bias = -self.slopes[:, None, None] * distance.abs()
        head = torch.arange(self.config.heads, device=device)[:, None, None]
        hidden = ((head == 1) & (distance < 0)) | ((head == 2) & (distance > 0))
        return bias.masked_fill(hidden, -torch.inf)[None]

    def embed(self, rows: Tensor) -> Tensor:
        """(windows, steps, width)."""
        n, t, columns = rows.shape
        return self.table(rows.reshape(n * t, columns)).reshape(n, t, -1)

    def forward(self, rows: Tensor) -> Tensor:
        c = self.config
        n, t, _ = rows.shape
        x = drop(self.embed(rows), c.dropout / 2, self.training)
        x = x + self.mix(torch.relu(x))
        bias = self.bias(t, rows.device)
        for block in self.blocks:
            x = block(x, bias)
        x = drop(self.last(x), c.dropout, self.training)
        hidden = torch.relu(self.hidden(x)).reshape(n, t, 4, c.head_hidden)
        symbols = rows[:, :, code.PITCH_COLUMNS] - torch.arange(12, device=rows.device) * code.SYMBOLS
        tables = [near.table() for near in self.near]
        found = []
        for v in range(4):
            z = drop(hidden[:, :, v], c.dropout, self.training)
            z = z + torch.relu(self.voice_hidden[v](z))
            others = [u for u in range(4) if u != v]
            seen = [symbols[:, :, 4 + v], symbols[:, :, 8 + v], *(symbols[:, :, u] for u in others)]
            gates = self.gates[v](z).float().reshape(n * t, 5, c.rank, 1)
            logits = self.answers[v](z).float()
            near = 0.0
            for k in range(5):
                rows_of = torch.nn.functional.embedding(seen[k].reshape(-1), tables[k]).reshape(n * t, PITCHES, c.rank)
                near = near + torch.bmm(rows_of.float(), gates[:, k]).squeeze(-1)
            found.append(logits + torch.nn.functional.pad(near.reshape(n, t, PITCHES), (0, 1)))
        return torch.stack(found, 2)

    def settings(self) -> dict[str, Any]:
        return asdict(self.config)
