"""The causal chorale net: attention over the steps so far and one small head a voice, with exact likelihood; [workshop].

p(step | past) = p(soprano | past) p(bass | soprano, past) p(tenor | ...) p(alto | ...), each a softmax over the moves
-14..14, rest, and "far" (then a table over the pitches out of reach): an exact joint likelihood, and the harmoniser's
conditional for free, since the soprano comes first. What a voice sees: realtime/models/chorale/code.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

import realtime.models.chorale.code as code
from export.models.chorale.data import Batch


@dataclass
class Config:
    width: int = 128
    layers: int = 2
    heads: int = 4
    memory_steps: int = 256  # how far back a step sees, apart from the features' own memory
    head_hidden: int = 128
    dropout: float = 0.4
    feature_dropout: float = 0.2  # of single features


def drop(x: Tensor, rate: float, training: bool) -> Tensor:
    """Variational dropout (Gal and Ghahramani, NIPS 2016): (pieces, steps, width), one mask for all steps."""
    if not training or rate == 0:
        return x
    mask = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) > rate
    return x * (mask / (1 - rate))


def bag(table: nn.EmbeddingBag, rows: Tensor, rate: float, training: bool) -> Tensor:
    """Sum of the table's rows, (pieces, steps, columns) -> (pieces, steps, width); in training features go missing, or
    the net learns the few hundred pieces by heart."""
    n, t, columns = rows.shape
    if torch.onnx.is_in_onnx_export():  # ONNX has no bags
        return table.weight[rows].sum(2)
    rows = rows.reshape(n * t, columns)
    if not training or rate == 0:
        return table(rows).reshape(n, t, -1)
    kept = (torch.rand(rows.shape, device=rows.device) > rate).float() / (1 - rate)
    return table(rows, per_sample_weights=kept.to(table.weight.dtype)).reshape(n, t, -1)


def slopes(heads: int) -> Tensor:
    """ALiBi (Press et al., ICLR 2022): how fast each head forgets, per step; the first does not."""
    return torch.tensor([0.0] + [2.0 ** -(6 - 5 * i / max(1, heads - 2)) for i in range(heads - 1)])


class Block(nn.Module):
    """Causal self-attention and MLP, normalised first."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 3 * width)
        self.down = nn.Linear(3 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        n, t, width = x.shape
        q, k, v = self.qkv(self.first(x)).reshape(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        # written out: on a processor, with a bias and in bfloat16, thrice as fast as torch's own attention
        weight = torch.softmax(torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(2, 3)) + bias.to(q.dtype), 3)
        found = torch.matmul(weight.to(v.dtype), v)
        x = x + drop(self.out(found.transpose(1, 2).reshape(n, t, width)), self.dropout, self.training)
        return x + drop(self.down(torch.relu(self.up(self.second(x)))), self.dropout, self.training)


class Trunk(nn.Module):
    """The music so far: rows (pieces, steps, TRUNK_COLUMNS), pitch classes -> (pieces, steps, width)."""

    slopes: Tensor

    def __init__(self, c: Config):
        super().__init__()
        self.config = c
        self.table = nn.EmbeddingBag(code.TRUNK_ROWS, c.width, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.classes = nn.Linear(code.HISTOGRAM, c.width)
        self.mix = nn.Linear(c.width, c.width)
        self.blocks = nn.ModuleList([Block(c.width, c.heads, c.dropout) for _ in range(c.layers)])
        self.last = nn.LayerNorm(c.width)
        self.register_buffer("slopes", slopes(c.heads), persistent=False)

    def bias(self, steps: int, device: torch.device) -> Tensor:
        """(1, heads, steps, steps): what attention adds for distance; -inf ahead and beyond the memory."""
        place = torch.arange(steps, device=device)
        distance = place[:, None] - place[None]
        bias = -self.slopes[:, None, None] * distance
        return bias.masked_fill((distance < 0) | (distance >= self.config.memory_steps), -torch.inf)[None]

    def forward(self, rows: Tensor, classes: Tensor) -> Tensor:
        t = rows.shape[1]
        rate, on = self.config.dropout, self.training
        x = bag(self.table, rows, self.config.feature_dropout, on) + self.classes(classes)
        x = drop(x, rate / 2, on)
        x = x + self.mix(torch.relu(x))
        bias = self.bias(t, x.device)
        for block in self.blocks:
            x = block(x, bias)
        return drop(self.last(x), rate, on)


class Head(nn.Module):
    """One voice: context and rows (pieces, steps, ...), pitch classes -> logits (pieces, steps, CLASSES)."""

    def __init__(self, c: Config):
        super().__init__()
        self.dropout, self.feature_dropout = c.dropout, c.feature_dropout
        self.table = nn.EmbeddingBag(code.HEAD_ROWS, c.head_hidden, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.classes = nn.Linear(code.HISTOGRAM, c.head_hidden)
        self.context = nn.Linear(c.width, c.head_hidden)
        self.middle = nn.Linear(c.head_hidden, c.head_hidden)
        self.out = nn.Linear(c.head_hidden, code.CLASSES)
        self.far = nn.Parameter(torch.zeros(code.PITCHES))

    def forward(self, context: Tensor, rows: Tensor, classes: Tensor) -> Tensor:
        x = bag(self.table, rows, self.feature_dropout, self.training) + self.classes(classes) + self.context(context)
        x = drop(torch.relu(x), self.dropout, self.training)
        return self.out(drop(x + torch.relu(self.middle(x)), self.dropout, self.training))


class Causal(nn.Module):
    """Trunk and heads. `nats` gives the exact negative log likelihood of every slot."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        self.heads = nn.ModuleList([Head(config) for _ in range(4)])

    def logits(self, batch: Batch) -> Tensor:
        """(pieces, steps, 4, CLASSES)."""
        context = self.trunk(batch.trunk, batch.classes)
        return torch.stack(
            [h(context, batch.heads[:, :, v], batch.head_classes[:, :, v]) for v, h in enumerate(self.heads)], 2
        )

    def nats(self, batch: Batch, logits: Tensor | None = None) -> Tensor:
        """(pieces, steps, 4) nats, 0 where padded. logits: where they are known already."""
        n, t = batch.mask.shape
        scores = (self.logits(batch) if logits is None else logits).float().reshape(n * t * 4, -1)
        nats = functional.cross_entropy(scores, batch.target.reshape(-1), reduction="none").reshape(n * t, 4)
        if len(batch.far):
            nats = nats.index_put((batch.far[:, 0], batch.far[:, 1]), self._far(batch), accumulate=True)
        return nats.reshape(n, t, 4) * batch.mask[:, :, None]

    def _far(self, batch: Batch) -> Tensor:
        """What a leap out of reach costs beyond its class: a table over the pitches, without those in reach."""
        pitches = torch.arange(code.LOW, code.HIGH + 1, device=batch.far.device)
        out = (pitches[None] - batch.far_reference[:, None]).abs() > code.REACH
        tables = torch.stack([head.far for head in self.voice_heads()])[batch.far[:, 1]]
        scores = tables.masked_fill(~out, -1e9).log_softmax(1)
        return -scores.gather(1, batch.far[:, 2:]).squeeze(1).clamp(min=-20)

    def voice_heads(self) -> list[Head]:
        """Soprano to bass."""
        return [m for m in self.heads if isinstance(m, Head)]

    def settings(self) -> dict[str, Any]:
        return asdict(self.config)
