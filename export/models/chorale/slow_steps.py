"""The slow net one run at a time, as it is exported: what is known before a slice, and the next key of it; [workshop]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.models.chorale.slow import AGES, BUCKETS, KEYS, Slow, _classes
from export.models.chorale.steps import blocks_of, remembered, rings_of


class Context(nn.Module):
    """slow_before, slow_earlier, slow_repeat (1, 88) float: the last slice, the one before, what followed the longest
    repeat; slow_small (1, 5) int64: rows of bucket, age and place; slow_cursor (1,); rings as in steps.py."""

    place: Tensor

    def __init__(self, model: Slow):
        super().__init__()
        self.model = model
        self.register_buffer("place", torch.arange(model.config.memory_slices), persistent=False)

    def forward(self, before: Tensor, earlier: Tensor, repeat: Tensor, small: Tensor, cursor: Tensor, *rings: Tensor):
        m = self.model
        x = m.before(before) + m.earlier(earlier) + m.copied(repeat) + m.classes(_classes(before))
        x = x + m.small.weight[small].sum(1)
        x = x + m.mix(torch.relu(x))
        x, new = remembered(blocks_of(m.blocks), m.slopes, x, cursor, self.place, rings)
        return m.last(x), *new

    def example(self) -> dict[str, Tensor]:
        c = self.model.config
        some = torch.Generator().manual_seed(2)
        rolls = (torch.rand(3, 1, KEYS, generator=some) < 0.05).float()
        place = BUCKETS + AGES
        small = torch.tensor(
            [[3, BUCKETS + 2, place + 5, place + 4 * c.per_bar + 1, place + 4 * c.per_bar + c.per_waltz]]
        )
        shapes = rings_of(c.layers, c.heads, c.memory_slices, c.width // c.heads, "_slow")
        rings = {n: torch.randn(*shape, generator=some) * 0.5 for n, shape in shapes.items()}
        return {
            "slow_before": rolls[0],
            "slow_earlier": rolls[1],
            "slow_repeat": rolls[2],
            "slow_small": small,
            "slow_cursor": torch.tensor([40]),
            **rings,
        }


class Draw(nn.Module):
    """slow_context (1, width), slow_before, slow_repeat, slow_drawn (1, 88), slow_last, slow_count (1,) int64: the key
    drawn last (44 at first) and how many are drawn -> slow_logits (1, 89): the next key, or that the slice ends."""

    def __init__(self, model: Slow):
        super().__init__()
        self.model = model

    def forward(self, context: Tensor, before: Tensor, repeat: Tensor, drawn: Tensor, last: Tensor, count: Tensor):
        m = self.model
        near, near_copy = m.near(before)[None], m.near_copy(repeat)[None]
        return m.scores(
            context[None], near, near_copy, before[None], drawn[None, :, None], last[None, :, None], count[:, None]
        )[:, 0, 0]

    def example(self) -> dict[str, Tensor]:
        c = self.model.config
        some = torch.Generator().manual_seed(3)
        rolls = (torch.rand(2, 1, KEYS, generator=some) < 0.05).float()
        drawn = torch.zeros(1, KEYS)
        drawn[0, 50] = 1
        return {
            "slow_context": torch.randn(1, c.width, generator=some),
            "slow_before": rolls[0],
            "slow_repeat": rolls[1],
            "slow_drawn": drawn,
            "slow_last": torch.tensor([50]),
            "slow_count": torch.tensor([1]),
        }
