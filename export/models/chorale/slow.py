"""The slow net: whole chords, one a slice, as sets of keys with exact likelihood (the frame protocol); [workshop].

A slice is a set of the 88 keys. p(set | past) is a chain over its pitches from one end of the keyboard to the other,
closed by an end symbol; every set has exactly one such chain, so the likelihood of the set is exact (as in NADE,
Larochelle and Murray, AISTATS 2011). A key's score is an absolute part and parts that depend only on its intervals to the
keys of the slice before, to those that followed the longest repeat, and to those already drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from export.models.chorale.model import Block, drop, slopes

KEYS, LOWEST = 88, 21
END = KEYS
BUCKETS, AGES = 8, 16


@dataclass
class Config:
    width: int = 192
    layers: int = 2
    heads: int = 4
    memory_slices: int = 256
    head_hidden: int = 192
    rank: int = 12
    dropout: float = 0.3
    most: int = 4  # keys a slice at most; larger sets have probability 0
    upwards: bool = False  # from the lowest key, not from the highest
    per_bar: int = 4  # slices in a bar of four quarters, and
    per_waltz: int = 3  # of three


@dataclass(slots=True)
class Slices:
    """One piece: roll (slices, 88) bool; repeat (slices, 88): what followed the longest repeat; bucket of its length;
    age: slices since the last change."""

    roll: np.ndarray
    repeat: np.ndarray
    bucket: np.ndarray
    age: np.ndarray


def describe(sets: Sequence[Sequence[int]]) -> Slices:
    """Features of a sequence of sets of MIDI pitches."""
    n = len(sets)
    roll = np.zeros((n, KEYS), bool)
    for t, pitches in enumerate(sets):
        roll[t, [p - LOWEST for p in pitches]] = True
    repeat, bucket, age = np.zeros((n, KEYS), bool), np.zeros(n, np.int64), np.zeros(n, np.int64)
    codes = np.array([hash(tuple(sorted(s))) for s in sets], np.int64)
    lengths = np.zeros(0, np.int64)
    held = 0
    for t in range(1, n):
        new = np.zeros(t - 1, np.int64)
        new[1:] = lengths[: t - 2] if t > 2 else 0
        new = (new + 1) * (codes[: t - 1] == codes[t - 1])
        lengths = new
        held = held + 1 if t > 1 and codes[t - 1] == codes[t - 2] else 0
        age[t] = min(held + 1, AGES - 1)
        if len(new) and new.max() > 0:
            place = len(new) - 1 - int(np.argmax(new[::-1]))
            repeat[t] = roll[place + 1]
            length = int(new[place])
            bucket[t] = min(length, 4) if length < 6 else 5 if length < 10 else 6 if length < 16 else 7
    return Slices(roll, repeat, bucket, age)


class Toeplitz(nn.Module):
    """For each key, `rank` numbers that depend on its intervals to the keys of a roll: (..., 88) -> (..., 88, rank)."""

    index: Tensor

    def __init__(self, rank: int):
        super().__init__()
        self.rank = rank
        self.weight = nn.Parameter(torch.randn(2 * KEYS - 1, rank) * 0.1)
        place = torch.arange(KEYS)
        self.register_buffer("index", (place[None] - place[:, None] + KEYS - 1), persistent=False)

    def forward(self, roll: Tensor) -> Tensor:
        matrix = self.weight[self.index].reshape(KEYS, KEYS * self.rank)
        return (roll @ matrix).reshape(*roll.shape[:-1], KEYS, self.rank)


class Slow(nn.Module):
    """`forward(roll, repeat, bucket, age)` -> nats of each slice; `context` and `scores` for drawing."""

    slopes: Tensor

    def __init__(self, config: Config):
        super().__init__()
        self.config = c = config
        self.before, self.earlier, self.copied = (nn.Linear(KEYS, c.width) for _ in range(3))
        self.classes = nn.Linear(24, c.width)
        self.small = nn.EmbeddingBag(BUCKETS + AGES + c.per_bar * 4 + c.per_waltz + 32, c.width, mode="sum")
        nn.init.normal_(self.small.weight, std=0.1)
        self.mix = nn.Linear(c.width, c.width)
        self.blocks = nn.ModuleList([Block(c.width, c.heads, c.dropout) for _ in range(c.layers)])
        self.last = nn.LayerNorm(c.width)
        self.register_buffer("slopes", slopes(c.heads), persistent=False)
        self.from_context = nn.Linear(c.width, c.head_hidden)
        self.from_drawn = nn.Linear(KEYS, c.head_hidden)
        self.from_interval = nn.Linear(2 * (2 * KEYS - 1) + 12, c.head_hidden)
        self.from_count = nn.Embedding(c.most + 1, c.head_hidden)
        self.middle = nn.Linear(c.head_hidden, c.head_hidden)
        self.absolute = nn.Linear(c.head_hidden, KEYS + 1)
        self.gates = nn.Linear(c.head_hidden, 3 * c.rank)
        self.near, self.near_copy, self.near_drawn = (Toeplitz(c.rank) for _ in range(3))

    def context(self, roll: Tensor, repeat: Tensor, bucket: Tensor, age: Tensor) -> Tensor:
        """(pieces, slices, width): what is known before each slice. Rolls (pieces, slices, 88) float."""
        c = self.config
        n, t, _ = roll.shape
        before = functional.pad(roll, (0, 0, 1, 0))[:, :-1]
        earlier = functional.pad(roll, (0, 0, 2, 0))[:, :-2]
        place = torch.arange(t, device=roll.device).expand(n, t)
        rows, offset = [], 0
        for values, size in (
            (bucket, BUCKETS),
            (age, AGES),
            (place % (c.per_bar * 4), c.per_bar * 4),
            (place % c.per_waltz, c.per_waltz),
            ((place // 4).clamp(max=31), 32),
        ):
            rows.append(values + offset)
            offset += size
        small = self.small(torch.stack(rows, 2).reshape(n * t, -1)).reshape(n, t, -1)
        x = self.before(before) + self.earlier(earlier) + self.copied(repeat) + self.classes(_classes(before)) + small
        x = drop(x, c.dropout / 2, self.training)
        x = x + self.mix(torch.relu(x))
        distance = place[0][:, None] - place[0][None]
        bias = (-self.slopes[:, None, None] * distance).masked_fill(
            (distance < 0) | (distance >= c.memory_slices), -torch.inf
        )[None]
        for block in self.blocks:
            x = block(x, bias)
        return drop(self.last(x), c.dropout, self.training)

    def scores(
        self,
        context: Tensor,
        near: Tensor,
        near_copy: Tensor,
        before: Tensor,
        drawn: Tensor,
        last: Tensor,
        count: Tensor | None = None,
    ):
        """Logits of the next key or END: (pieces, slices, draws, 89).

        context (pieces, slices, width), near and near_copy (pieces, slices, 88, rank), before (pieces, slices, 88);
        drawn (pieces, slices, draws, 88); last (pieces, slices, draws) the key drawn last, or KEYS // 2 at first; count
        (draws, ...): how many are drawn, 0, 1, ... if None.
        """
        c = self.config
        n, t, draws, _ = drawn.shape
        shifted = torch.arange(2 * KEYS - 1, device=drawn.device) - (KEYS - 1)
        index = last[..., None] + shifted
        inside = (index >= 0) & (index < KEYS)
        index = index.clamp(0, KEYS - 1)
        around = torch.cat(
            [
                before[:, :, None].expand(-1, -1, draws, -1).gather(3, index) * inside,
                drawn.gather(3, index) * inside,
                functional.one_hot(last % 12, 12).to(drawn.dtype),
            ],
            3,
        )
        count = torch.arange(draws, device=drawn.device) if count is None else count.reshape(draws)
        x = self.from_context(context)[:, :, None] + self.from_drawn(drawn) + self.from_interval(around)
        x = torch.relu(x + self.from_count(count))
        x = drop(x.reshape(n, t * draws, -1), c.dropout, self.training)
        x = drop(x + torch.relu(self.middle(x)), c.dropout, self.training).reshape(n, t, draws, -1)
        gates = self.gates(x)
        near_drawn = self.near_drawn(drawn)
        g = gates.split(c.rank, 3)
        by_interval = torch.einsum("btkr,btpr->btkp", g[0], near) + torch.einsum("btkr,btpr->btkp", g[1], near_copy)
        by_interval = by_interval + torch.einsum("btkr,btkpr->btkp", g[2], near_drawn)
        logits = self.absolute(x).float() + functional.pad(by_interval.float(), (0, 1))
        place = torch.arange(KEYS + 1, device=drawn.device)
        ahead = place > last[..., None] if c.upwards else place < last[..., None]
        first = (count == 0)[None, None, :, None]
        full = (count == c.most)[None, None, :, None]
        allowed = (place == END) | ((ahead | first) & ~full)
        return logits.masked_fill(~allowed, -1e9)

    def forward(self, roll: Tensor, repeat: Tensor, bucket: Tensor, age: Tensor) -> Tensor:
        """Exact nats of each slice: (pieces, slices)."""
        drawn, last, target, mask = chains(roll, self.config)
        roll, repeat = roll.float(), repeat.float()
        context = self.context(roll, repeat, bucket, age)
        before = functional.pad(roll, (0, 0, 1, 0))[:, :-1]
        logits = self.scores(context, self.near(before), self.near_copy(repeat), before, drawn, last)
        nats = functional.cross_entropy(logits.reshape(-1, KEYS + 1), target.reshape(-1), reduction="none")
        return (nats.reshape(target.shape) * mask).sum(2)

    def settings(self) -> dict[str, Any]:
        return asdict(self.config)


def _classes(roll: Tensor) -> Tensor:
    """Pitch classes of a roll, and pitch classes above its lowest key: (..., 24)."""
    padded = functional.pad(roll, (0, 96 - KEYS)).reshape(*roll.shape[:-1], 8, 12).amax(-2)
    lowest = roll.argmax(-1)
    index = (lowest[..., None] + torch.arange(12, device=roll.device)) % 12
    return torch.cat([padded, padded.gather(-1, index)], -1)


def chains(roll: Tensor, c: Config) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The chain of each slice: drawn so far (n, t, draws, 88) float, last key (n, t, draws), target and mask."""
    n, t, _ = roll.shape
    draws = c.most + 1
    place = torch.arange(KEYS, device=roll.device)
    order = torch.where(roll > 0, place if c.upwards else KEYS - 1 - place, 1000)
    order = order.sort(2).values[..., :draws]  # keys in drawing order, 1000 after the last
    present = order < 1000
    key = torch.where(present, order if c.upwards else KEYS - 1 - order, END)
    if draws > key.shape[2]:
        key = functional.pad(key, (0, draws - key.shape[2]), value=END)
        present = functional.pad(present, (0, draws - present.shape[2]))
    hot = functional.one_hot(key, KEYS + 1)[..., :KEYS]
    drawn = (hot.cumsum(2) - hot).float()
    last = functional.pad(key[..., :-1], (1, 0), value=KEYS // 2).clamp(max=KEYS - 1)
    mask = functional.pad(present[..., :-1], (1, 0), value=True).float()
    return drawn, last, key, mask
