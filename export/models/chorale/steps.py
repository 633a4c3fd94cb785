"""The chorale nets one run at a time, as they are exported: a step of the trunk, one voice, a window to fill; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from export.models.chorale.fill import Fill
from export.models.chorale.model import Block, Causal, Head, Trunk


def blocks_of(modules: nn.ModuleList) -> list[Block]:
    """The same, by their type."""
    return [m for m in modules if isinstance(m, Block)]


def remembered(
    blocks: list[Block], slopes: Tensor, x: Tensor, cursor: Tensor, place: Tensor, rings: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Attention blocks over one new step x (1, width). rings: for each block keys (heads, size, memory) and values
    (heads, memory, size), the new slot being cursor % memory (laid out so that nothing is copied) -> x, and the slot's
    keys (heads, size, 1) and values (heads, 1, size) of each block."""
    heads, size, memory = rings[0].shape
    distance = torch.remainder(cursor - 1 - place, memory) + 1
    hidden = (distance > cursor) | (distance >= memory)
    bias = (-slopes[:, None] * distance).masked_fill(hidden, -1e9)[:, None]
    new: list[Tensor] = []
    for i, block in enumerate(blocks):
        q, k, v = block.qkv(block.first(x)).reshape(3, heads, 1, size)
        new += [k.reshape(heads, size, 1), v]
        q = q / size**0.5
        own = (q * k).sum(2, keepdim=True)
        weight = torch.softmax(torch.cat([torch.matmul(q, rings[2 * i]) + bias, own], 2), 2)
        found = torch.matmul(weight[:, :, :memory], rings[2 * i + 1]) + weight[:, :, memory:] * v
        x = x + block.out(found.reshape(1, heads * size))
        x = x + block.down(torch.relu(block.up(block.second(x))))
    return x, new


def rings_of(layers: int, heads: int, memory: int, size: int, ending: str) -> dict[str, tuple[int, ...]]:
    """Shapes of the rings of a trunk by name."""
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(layers):
        shapes[f"keys{ending}_{i}"] = (heads, size, memory)
        shapes[f"values{ending}_{i}"] = (heads, memory, size)
    return shapes


def ring_axis(name: str) -> int:
    """The axis of a ring that is time."""
    return 2 if "keys" in name else 1


class Step(nn.Module):
    """One step of the trunks of one or two nets. trunk_rows (1, TRUNK_COLUMNS) int64, trunk_classes (1, HISTOGRAM),
    cursor (1,) int64: steps since the start; the rings of each net's blocks (see `remembered`). -> context (1, widths
    together), and the rings' new slots."""

    place: Tensor

    def __init__(self, *models: Causal):
        super().__init__()
        self.trunks = nn.ModuleList([m.trunk for m in models])
        self.register_buffer("place", torch.arange(models[0].config.memory_steps), persistent=False)

    def forward(self, trunk_rows: Tensor, trunk_classes: Tensor, cursor: Tensor, *rings: Tensor):
        contexts, new, first = [], [], 0
        for trunk in self.trunks:
            assert isinstance(trunk, Trunk)
            blocks = blocks_of(trunk.blocks)
            x = trunk.table.weight[trunk_rows].sum(1) + trunk.classes(trunk_classes)
            x = x + trunk.mix(torch.relu(x))
            own = rings[first : first + 2 * len(blocks)]
            x, slots = remembered(blocks, trunk.slopes, x, cursor, self.place, own)
            first += 2 * len(blocks)
            contexts.append(trunk.last(x))
            new += slots
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
