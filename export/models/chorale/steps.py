"""The chorale nets one run at a time, as they are exported: a step of the trunk, one voice, a window to fill; [workshop]."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.models.chorale.fill import Fill
from export.models.chorale.model import Block, Causal, Head, Trunk


def blocks_of(modules: nn.ModuleList) -> list[Block]:
    """The same, by their type."""
    return [m for m in modules if isinstance(m, Block)]


def remembered(
    blocks: list[Block], slopes: Tensor, x: Tensor, cursor: Tensor, place: Tensor, keys: Tensor, values: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Attention blocks over one new step x (1, width). keys, values (layers, heads, memory, size): rings, the new slot
    being cursor % memory. -> x, new_keys, new_values (layers, heads, 1, size)."""
    heads, memory, size = keys.shape[1:]
    distance = torch.remainder(cursor - 1 - place, memory) + 1
    hidden = (distance > cursor) | (distance >= memory)
    bias = (-slopes[:, None] * distance).masked_fill(hidden, -1e9)[:, None]
    new_keys, new_values = [], []
    for i, block in enumerate(blocks):
        q, k, v = block.qkv(block.first(x)).reshape(3, heads, 1, size)
        new_keys.append(k)
        new_values.append(v)
        q = q / size**0.5
        scores = torch.matmul(q, keys[i].transpose(1, 2)) + bias
        own = (q * k).sum(2, keepdim=True)
        weight = torch.softmax(torch.cat([scores, own], 2), 2)
        found = torch.matmul(weight[:, :, :memory], values[i]) + weight[:, :, memory:] * v
        x = x + block.out(found.reshape(1, heads * size))
        x = x + block.down(torch.relu(block.up(block.second(x))))
    return x, torch.stack(new_keys), torch.stack(new_values)


class Step(nn.Module):
    """One step of the trunks of one or two nets. trunk_rows (1, TRUNK_COLUMNS) int64, trunk_classes (1, HISTOGRAM),
    cursor (1,) int64: steps since the start; for each net keys, values (layers, heads, memory, size): rings. -> context
    (1, widths together), and each net's new keys and values (layers, heads, 1, size)."""

    place: Tensor

    def __init__(self, *models: Causal):
        super().__init__()
        self.trunks = nn.ModuleList([m.trunk for m in models])
        self.register_buffer("place", torch.arange(models[0].config.memory_steps), persistent=False)

    def forward(self, trunk_rows: Tensor, trunk_classes: Tensor, cursor: Tensor, *rings: Tensor):
        contexts, new = [], []
        for i, trunk in enumerate(self.trunks):
            assert isinstance(trunk, Trunk)
            x = trunk.table.weight[trunk_rows].sum(1) + trunk.classes(trunk_classes)
            x = x + trunk.mix(torch.relu(x))
            keys, values = rings[2 * i : 2 * i + 2]
            x, *both = remembered(blocks_of(trunk.blocks), trunk.slopes, x, cursor, self.place, keys, values)
            contexts.append(trunk.last(x))
            new += both
        return torch.cat(contexts, 1), *new


class Voice(nn.Module):
    """Log probabilities of one voice's classes, two nets being mixed by their weights: head_context (1, widths),
    head_rows (1, HEAD_COLUMNS) int64, head_classes (1, HISTOGRAM) -> (1, CLASSES)."""

    weights: Tensor

    def __init__(self, voice: int, *models: Causal, weights: tuple[float, ...] = (1.0,)):
        super().__init__()
        self.heads = nn.ModuleList([m.voice_heads()[voice] for m in models])
        self.widths = [m.config.width for m in models]
        self.register_buffer("weights", torch.tensor(weights), persistent=False)

    def forward(self, head_context: Tensor, head_rows: Tensor, head_classes: Tensor) -> Tensor:
        found = []
        for head, context in zip(self.heads, head_context.split(self.widths, 1), strict=True):
            assert isinstance(head, Head)
            x = torch.relu(head.table.weight[head_rows].sum(1) + head.classes(head_classes) + head.context(context))
            found.append(torch.log_softmax(head.out(x + torch.relu(head.middle(x))), 1))
        weighted = torch.stack(found) + torch.log(self.weights)[:, None, None]
        top = weighted.amax(0)
        return top + torch.log(torch.exp(weighted - top).sum(0))


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
