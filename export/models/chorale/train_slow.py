"""Training of the slow net on chorales by quarter notes, or on Nottingham's tunes with their chords; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from export.corpora.pieces import Piece, load_pieces
from export.models.chorale.slow import KEYS, LOWEST, Config, Slices, Slow, describe
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import fit
from realtime.native.errors import AntiphonError


@dataclass
class Settings(CommonSettings):
    corpus: str = "jsb_chorales_official"
    slices_a_beat: int = 1
    width: int = 192
    layers: int = 2
    head_hidden: int = 192
    dropout: float = 0.3
    most: int = 4
    upwards: bool = False
    window_slices: int = 160
    batch: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.05
    smoothing_decay: float = 0.997
    valid_every: int = 100
    minutes: float = 6.0


PRESETS = {
    "small": Settings(),
    "nottingham": Settings(
        corpus="folk_nottingham", slices_a_beat=2, most=7, upwards=True, batch=12, window_slices=288, dropout=0.2
    ),
    "full": Settings(width=384, layers=3, head_hidden=256, dropout=0.45, batch=64, minutes=40.0),
}


def sets_of(piece: Piece, slices_a_beat: int) -> list[list[int]]:
    """The keys sounding at each slice's beginning."""
    if "grid16" in piece.extra:
        grid = piece.extra["grid16"][:: 4 // slices_a_beat]
        return [sorted({int(p) for p in row if p >= LOWEST}) for row in grid]
    notes = piece.notes()
    count = int(np.ceil(piece.length_beats * slices_a_beat - 1e-6))
    found: list[set[int]] = [set() for _ in range(count)]
    for onset, duration, pitch, _ in notes:
        first, after = (int(np.ceil(b * slices_a_beat - 1e-6)) for b in (onset, onset + duration))
        for t in range(first, after):
            found[t].add(int(pitch))
    return [sorted(p for p in s if LOWEST <= p < LOWEST + KEYS) for s in found]


def batch_of(pieces: Sequence[Slices], shifts: Sequence[int], starts: Sequence[int], window: int) -> tuple[Tensor, ...]:
    """roll, repeat, bucket, age, mask of windows, transposed and padded."""
    window = min(window, max(len(p.roll) - s for p, s in zip(pieces, starts, strict=True)))
    n = len(pieces)
    rolls = np.zeros((2, n, window, KEYS), np.float32)
    small = np.zeros((2, n, window), np.int64)
    mask = np.zeros((n, window), np.float32)
    for i, (p, shift, start) in enumerate(zip(pieces, shifts, starts, strict=True)):
        part = slice(start, start + window)
        m = len(p.roll[part])
        rolls[0, i, :m], rolls[1, i, :m] = np.roll(p.roll[part], shift, 1), np.roll(p.repeat[part], shift, 1)
        small[0, i, :m], small[1, i, :m] = p.bucket[part], p.age[part]
        mask[i, :m] = 1
    return tuple(torch.from_numpy(a) for a in (*rolls, *small, mask))


class Task(trainer.Task):
    name = "chorale_slow"
    figure = "nats a slice"
    model: Slow

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        s = settings
        pieces = load_pieces(data, only=(s.corpus,) if data else ("bach",))
        train, valid = (
            [describe(x) for p in part if len(x := sets_of(p, s.slices_a_beat)) > 1]
            for part in (pieces.train, pieces.valid)
        )
        if not train or not valid:
            raise AntiphonError(f"Corpus {data}: nothing to train on; name a folder with {s.corpus} by --data.")
        self.corpus_text = f"{len(train)} train, {len(valid)} valid pieces"
        self.model = Slow(
            Config(
                s.width,
                s.layers,
                4,
                256,
                s.head_hidden,
                12,
                s.dropout,
                s.most,
                s.upwards,
                4 * s.slices_a_beat,
                3 * s.slices_a_beat,
            )
        )
        self.train_set = sorted(train, key=lambda p: len(p.roll))
        held = sorted(valid, key=lambda p: len(p.roll))
        self.valid_batches = [
            batch_of(part, [0] * len(part), [0] * len(part), 100_000)
            for part in (held[i : i + 20] for i in range(0, len(held), 20))
        ]

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s, n = self.settings, len(self.train_set)
        keys = np.arange(n) + rng.normal(0, 0.15 * n, n)
        first = int(rng.integers(0, max(1, n - s.batch + 1)))
        pieces = [self.train_set[i] for i in np.argsort(keys)[first : first + s.batch]]
        starts = [int(rng.integers(0, max(0, len(p.roll) - s.window_slices) + 1)) for p in pieces]
        starts = [a // 4 * 4 if rng.random() < 0.5 else 0 for a in starts]
        *inputs, mask = batch_of(pieces, rng.integers(-6, 6, len(pieces)).tolist(), starts, s.window_slices)
        return (self.model(*inputs) * mask).sum() / mask.sum(), {}

    def validate(self, model: nn.Module) -> dict[str, float]:
        total, slices = 0.0, 0.0
        for *inputs, mask in self.valid_batches:
            total += float((model(*inputs) * mask).sum())
            slices += float(mask.sum())
        return {"valid": total / slices}

    def config(self) -> dict[str, Any]:
        return self.model.settings()


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/chorale_slow",
    resume: bool = False,
    progress: bool = True,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains the slow net; see export.pattern.trainer.fit for the result."""
    return fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
