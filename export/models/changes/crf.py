"""Trains the conditional random fields by the exact gradient of the log-likelihood, forward algorithm in torch;
[workshop]."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from export.models.changes.data import Example
from realtime.models.changes.code import LABELS, NO_CHORD, PLACES, TEMPLATES, transposed_labels
from realtime.models.changes.crf import FEATURES, GROUPS, beat_units, unit_features

Chain = tuple[np.ndarray, np.ndarray, np.ndarray]  # features, places, labels of a piece
STYLE_OF = {"folk_nottingham": "folk", "pop909": "pop", "openewld": "jazz"}


def is_compound(e: Example) -> bool:
    """Whether a piece's beat is a dotted quarter: its bars are 1.5, 4.5 or (with chords and places so) 3 or 6 beats."""
    on = e.bar[e.places <= 2][:, 0]
    return bool(len(on)) and bool(np.mean(np.abs(on / 1.5 - np.round(on / 1.5)) < 1e-3) > 0.95) and e.bar[0, 1] != 1.0


def key_by_labels(e: Example) -> int:
    """The piece's key; where it is not given, the key whose triads on I, IV and V its chords spend most time on."""
    if e.key >= 0:
        return e.key
    known = e.labels[(e.labels >= 0) & (e.labels < NO_CHORD)]
    minor_third = np.isin(known // 12, (1, 4, 5, 6))
    weight = np.zeros((2, 12))
    np.add.at(weight, (minor_third.astype(int), known % 12), 1)
    scores = [weight[0, t] * 1.2 + weight[0, (t + 5) % 12] + weight[0, (t + 7) % 12] + weight[1, (t + 9) % 12] * 0.8
              for t in range(12)]  # fmt: skip
    scores += [weight[1, t] * 1.2 + weight[1, (t + 5) % 12] + weight[0, (t + 7) % 12] + weight[0, (t + 8) % 12] * 0.8
               for t in range(12)]  # fmt: skip
    return int(np.argmax(scores))


def chain(e: Example, kind: str, key: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(units' first frames, features, places, labels relative to the tonic (-1 unknown)) of a piece; kind: "melody" or
    "notes"."""
    key = key_by_labels(e) if key is None else key
    sounding, onsets, bass = e.melody if kind == "melody" else e.notes
    units = beat_units(e.bar, is_compound(e))
    style = STYLE_OF.get(e.source, "pop")
    x = unit_features(sounding, onsets, bass, e.places, e.bar, units, key % 12, style)
    ends = np.append(units[1:], e.frames)
    labels = np.array([majority(e.labels[a:b]) for a, b in zip(units, ends, strict=True)])
    labels = np.where(labels >= 0, transposed_labels(labels, -(key % 12)), -1)
    return units, x, e.places[units], labels


def majority(labels: np.ndarray) -> int:
    """The label of most frames, the earlier of equals."""
    values, first, counts = np.unique(labels, return_index=True, return_counts=True)
    return int(values[np.lexsort((first, -counts))[0]])


class Field(nn.Module):
    """Weights tied by transposition (quality and interval above the root) plus weights by degree of the key."""

    quality: Tensor
    above: Tensor
    interval: Tensor
    off: Tensor

    def __init__(self):
        super().__init__()
        groups = len(GROUPS)
        self.tied = nn.Parameter(torch.zeros(groups, len(TEMPLATES) + 1, 12))
        self.own = nn.Parameter(torch.zeros(2, FEATURES, LABELS))
        self.pairs = nn.Parameter(torch.zeros(10, 10, 12))
        self.move = nn.Parameter(torch.zeros(2, LABELS, LABELS))
        self.change = nn.Parameter(torch.full((PLACES,), -4.0))
        label = np.arange(LABELS)
        quality, root = np.minimum(label // 12, 9), np.where(label >= NO_CHORD, 0, label % 12)
        self.register_buffer("quality", torch.from_numpy(quality))
        self.register_buffer("above", torch.from_numpy((np.arange(12)[:, None] - root[None]) % 12))
        self.register_buffer("interval", torch.from_numpy((root[None] - root[:, None]) % 12))
        self.register_buffer("off", 1.0 - torch.eye(LABELS))

    def tables(self) -> tuple[Tensor, Tensor, Tensor]:
        """emit (2, FEATURES, LABELS), move (2, LABELS, LABELS), change (PLACES,)."""
        tied = self.tied[:, self.quality[None].expand(12, -1), self.above].reshape(-1, LABELS)
        rest = torch.zeros(FEATURES - len(tied), LABELS)
        emit = self.own + torch.cat((tied, rest))[None]
        move = self.move + (self.pairs[self.quality[:, None], self.quality[None], self.interval])[None]
        return emit, move, self.change

    def loss(self, x: Tensor, places: Tensor, labels: Tensor, mode: int) -> Tensor:
        """Mean negative log-likelihood a unit, nats. x (B, T, FEATURES), places and labels (B, T); labels >= 0."""
        emit, move, change = self.tables()
        weights = x @ emit[mode]
        b, t, _ = weights.shape
        gold = weights.gather(2, labels[..., None])[..., 0].sum(1)
        moved = (labels[:, 1:] != labels[:, :-1]).float()
        gold = gold + (move[mode][labels[:, :-1], labels[:, 1:]] + change[places[:, 1:]] * moved).sum(1)
        # exp domain, scaled at every step: a change costs one factor by place, so one product serves all places
        off = torch.exp(move[mode]) * self.off
        stay = torch.exp(torch.diagonal(move[mode]))
        factor = torch.exp(change)[places]
        top = weights.max(2, keepdim=True).values
        local = torch.exp(weights - top)
        log_z = top.sum((1, 2))
        alpha = local[:, 0]
        for i in range(1, t):
            total = alpha.sum(1, keepdim=True)
            alpha = alpha / total
            log_z = log_z + torch.log(total[:, 0])
            alpha = (factor[:, i, None] * (alpha @ off) + alpha * stay) * local[:, i]
        log_z = log_z + torch.log(alpha.sum(1))
        return (log_z - gold).sum() / (b * t)


def fit(
    train: Sequence[Example],
    valid: Sequence[Example],
    kind: str,
    steps: int = 1200,
    seed: int = 1,
    decay: float = 3e-6,
    tell: Callable[[str], None] = print,
) -> tuple[dict[str, np.ndarray], float]:
    """Tables crf_<kind>_* and the best held-out nats a unit. Adam on windows of 48 units, weights averaged over the
    second half."""
    rng = np.random.default_rng(seed)
    field = Field()
    chains: dict[int, list[Chain]] = {0: [], 1: []}
    for e in train:
        _, x, places, labels = chain(e, kind)
        if len(labels) >= 8:
            chains[key_by_labels(e) // 12].append((x, places, _filled(labels)))
    held: dict[int, list[Chain]] = {0: [], 1: []}
    for e in valid:
        _, x, places, labels = chain(e, kind)
        if len(labels) >= 8:
            held[key_by_labels(e) // 12].append((x, places, _filled(labels)))
    optimiser = torch.optim.Adam(field.parameters(), lr=0.03, betas=(0.9, 0.99))
    kept: dict[str, Tensor] = {}
    best, best_tables = math.inf, {}
    started = time.monotonic()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 0.03 * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps))) * min(1, (step + 1) / 30)
        mode = int(rng.random() < len(chains[1]) / max(1, len(chains[0]) + len(chains[1])))
        loss = field.loss(*_windows(chains[mode], rng, 32, 48), mode)
        penalty = sum((p**2).sum() for p in (field.own, field.move, field.tied, field.pairs))
        optimiser.zero_grad()
        (loss + decay * penalty).backward()
        optimiser.step()
        with torch.no_grad():
            for name, p in field.named_parameters():
                kept[name] = p.detach().clone() if name not in kept else kept[name].lerp_(p, 0.02)
        if (step + 1) % max(1, steps // 8) == 0 or step + 1 == steps:
            figure, tables = _validate(field, kept, held if any(held.values()) else chains, kind)
            tell(f"crf {kind}: step {step + 1}, {time.monotonic() - started:.0f} s, train {float(loss.detach()):.4f}, "
                 f"valid {figure:.4f} nats a unit")  # fmt: skip
            if figure < best:
                best, best_tables = figure, tables
    return best_tables, best


def _filled(labels: np.ndarray) -> np.ndarray:
    """Unknown labels take the one before them."""
    known = np.where(labels >= 0, np.arange(len(labels)), 0)
    filled = labels[np.maximum.accumulate(known)]
    return np.where(filled >= 0, filled, NO_CHORD)


def _windows(chains, rng: np.random.Generator, batch: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
    sizes = np.array([len(c[2]) for c in chains], float)
    x, places, labels = [], [], []
    for which in rng.choice(len(chains), batch, p=sizes / sizes.sum()):
        f, p, lab = chains[which]
        start = int(rng.integers(0, max(1, len(lab) - length + 1)))
        # short pieces go round
        index = (start + np.arange(length)) % len(lab)
        x.append(f[index])
        places.append(p[index])
        labels.append(lab[index])
    return tuple(torch.from_numpy(np.stack(a)) for a in (x, places, labels))  # type: ignore[return-value]


@torch.no_grad()
def _validate(field: Field, kept: dict[str, Tensor], chains, kind: str) -> tuple[float, dict[str, np.ndarray]]:
    averaged = Field()
    averaged.load_state_dict({**field.state_dict(), **kept})
    total, units = 0.0, 0
    for mode in (0, 1):
        for x, places, labels in chains[mode][:120]:
            part = [torch.from_numpy(a[None, :200]) for a in (x, places, labels)]
            total += float(averaged.loss(part[0], part[1], part[2], mode)) * part[2].shape[1]
            units += part[2].shape[1]
    emit, move, change = (t.numpy().astype(np.float32) for t in averaged.tables())
    return total / max(1, units), {
        f"crf_{kind}_emit": emit,
        f"crf_{kind}_move": move,
        f"crf_{kind}_change": change,
    }
