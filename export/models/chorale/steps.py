"""The chorale nets one run at a time: a step of the trunks, one voice, a window to fill. What the package's graphs are
checked against; [workshop]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

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


def alike(models: Sequence[Causal]) -> list[list[Causal]]:
    """Neighbouring nets of equal sizes together: the graph runs each such group at once."""
    groups: list[list[Causal]] = []
    for m in models:
        if groups and _sizes(groups[-1][0]) == _sizes(m):
            groups[-1].append(m)
        else:
            groups.append([m])
    return groups


def _sizes(m: Causal) -> tuple[int, ...]:
    c = m.config
    return c.width, c.layers, c.heads, c.memory_steps, c.head_hidden


def step_rings(models: Sequence[Causal]) -> dict[str, tuple[int, ...]]:
    """Shapes of all rings by name: (nets, heads, size, memory) and (nets, heads, memory, size) of each group's layers."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, group in enumerate(alike(models)):
        c = group[0].config
        own = rings_of(c.layers, c.heads, c.memory_steps, c.width // c.heads, f"_{number}")
        shapes |= {name: (len(group), *shape) for name, shape in own.items()}
    return shapes


class Step(nn.Module):
    """One step of the trunks of some nets. trunk_rows (1, TRUNK_COLUMNS) int64, trunk_classes (1, HISTOGRAM), cursor (1,)
    int64: steps since the start (beyond the memory, counted from it round to twice that), rings as in `step_rings`. ->
    what each voice's head makes of the context (4, hidden of all nets), and the rings' new slots."""

    place: Tensor

    def __init__(self, *models: Causal):
        super().__init__()
        self.groups = alike(models)
        self.models = nn.ModuleList(models)
        self.register_buffer("place", torch.arange(models[0].config.memory_steps), persistent=False)

    def _run(self, m: Causal, rows: Tensor, classes: Tensor, cursor: Tensor, rings: list[Tensor]):
        trunk: Trunk = m.trunk
        x = trunk.table.weight[rows].sum(1) + trunk.classes(classes)
        x = x + trunk.mix(torch.relu(x))
        x, slots = remembered(blocks_of(trunk.blocks), trunk.slopes, x, cursor, self.place, rings)
        x = trunk.last(x)
        return torch.cat([head.context(x) for head in m.voice_heads()]), slots

    def forward(self, trunk_rows: Tensor, trunk_classes: Tensor, cursor: Tensor, *rings: Tensor):
        contexts, new = [], []
        left: Iterator[Tensor] = iter(rings)
        for group in self.groups:
            own = [next(left) for _ in range(2 * group[0].config.layers)]
            made = [self._run(m, trunk_rows, trunk_classes, cursor, [r[e] for r in own]) for e, m in enumerate(group)]
            contexts += [context for context, _ in made]
            new += [torch.stack(slots) for slots in zip(*(s for _, s in made), strict=True)]
        return torch.cat(contexts, 1), *new


class Voice(nn.Module):
    """Log probabilities of one voice's classes, the nets being mixed by their weights: head_context (1, hidden of all
    nets), this voice's row of the step's; head_rows (1, HEAD_COLUMNS) int64, head_classes (1, HISTOGRAM) -> (1,
    CLASSES)."""

    weights: Tensor

    def __init__(self, voice: int, *models: Causal, weights: Sequence[float] = (1.0,)):
        super().__init__()
        self.heads = nn.ModuleList([m.voice_heads()[voice] for m in models])
        self.sizes = [m.config.head_hidden for m in models]
        self.register_buffer("weights", torch.tensor(weights), persistent=False)

    def forward(self, head_context: Tensor, head_rows: Tensor, head_classes: Tensor) -> Tensor:
        found = []
        for head, context in zip(self.heads, head_context.split(self.sizes, 1), strict=True):
            assert isinstance(head, Head)
            x = torch.relu(head.table.weight[head_rows].sum(1) + head.classes(head_classes) + context)
            found.append(torch.log_softmax(head.out(x + torch.relu(head.middle(x))), 1))
        return torch.logsumexp(torch.stack(found) + torch.log(self.weights)[:, None, None], 0)


def halved(model: nn.Module) -> None:
    """Rounds all weights to what half precision holds, as the package stores them."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())
