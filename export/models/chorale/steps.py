"""The chorale nets one run at a time, as they are exported: a step of the trunk, one voice, a window to fill; [workshop]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.models.chorale.fill import Fill
from export.models.chorale.model import Block, Causal


def blocks_of(modules: nn.ModuleList) -> list[Block]:
    """The same, by their type."""
    return [m for m in modules if isinstance(m, Block)]


class Step(nn.Module):
    """One step of the trunk. trunk_rows (1, TRUNK_COLUMNS) int64, trunk_classes (1, HISTOGRAM), cursor (1,) int64:
    steps since the start; keys, values (layers, memory, width): rings. -> context (1, width), new_key, new_value
    (layers, 1, width)."""

    place: Tensor

    def __init__(self, model: Causal):
        super().__init__()
        self.trunk = model.trunk
        self.register_buffer("place", torch.arange(self.trunk.config.memory_steps), persistent=False)

    def forward(self, trunk_rows: Tensor, trunk_classes: Tensor, cursor: Tensor, keys: Tensor, values: Tensor):
        trunk = self.trunk
        c = trunk.config
        size = c.width // c.heads
        distance = torch.remainder(cursor - 1 - self.place, c.memory_steps) + 1
        hidden = (distance > cursor) | (distance >= c.memory_steps)
        bias = (-trunk.slopes[:, None] * distance).masked_fill(hidden, -1e9)
        x = trunk.table.weight[trunk_rows].sum(1) + trunk.classes(trunk_classes)
        x = x + trunk.mix(torch.relu(x))
        new_keys, new_values = [], []
        for i, block in enumerate(blocks_of(trunk.blocks)):
            q, k, v = block.qkv(block.first(x)).reshape(3, c.heads, size)
            new_keys.append(k.reshape(1, c.width))
            new_values.append(v.reshape(1, c.width))
            old_keys = keys[i].reshape(c.memory_steps, c.heads, size).permute(1, 0, 2)
            old_values = values[i].reshape(c.memory_steps, c.heads, size).permute(1, 0, 2)
            scores = torch.matmul(old_keys, q[:, :, None])[:, :, 0] / size**0.5 + bias
            own = (q * k).sum(1, keepdim=True) / size**0.5
            weight = torch.softmax(torch.cat([scores, own], 1), 1)
            found = torch.matmul(weight[:, None, :-1], old_values)[:, 0] + weight[:, -1:] * v
            x = x + block.out(found.reshape(1, c.width))
            x = x + block.down(torch.relu(block.up(block.second(x))))
        return trunk.last(x), torch.stack(new_keys), torch.stack(new_values)


class Voice(nn.Module):
    """Logits of one voice: context (1, width), head_rows (1, HEAD_COLUMNS) int64, head_classes (1, HISTOGRAM) ->
    (1, CLASSES)."""

    def __init__(self, model: Causal, voice: int):
        super().__init__()
        self.head = model.voice_heads()[voice]

    def forward(self, context: Tensor, head_rows: Tensor, head_classes: Tensor) -> Tensor:
        head = self.head
        x = head.table.weight[head_rows].sum(1) + head.classes(head_classes) + head.context(context)
        x = torch.relu(x)
        return head.out(x + torch.relu(head.middle(x)))


class Window(nn.Module):
    """fill_rows (1, steps, COLUMNS), fill_holes (1, steps, 4, HOLE_COLUMNS) int64 -> fill_logits (1, steps, 4,
    CLASSES)."""

    def __init__(self, model: Fill):
        super().__init__()
        self.model = model

    def forward(self, fill_rows: Tensor, fill_holes: Tensor) -> Tensor:
        return self.model(fill_rows, fill_holes)


def halved(model: nn.Module) -> None:
    """Rounds all weights to what half precision holds, as the package stores them."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())
