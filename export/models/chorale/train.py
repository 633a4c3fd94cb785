"""Training of the causal chorale net: settings, batches in all keys, exact validation; [workshop].

A package mixes the nets in the folders chorale, chorale_second and chorale_third. The preset `taught` makes a net that
learns from such a package too (--set teacher=PACKAGE).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from export.models.chorale.data import Encoded, batch_of, encode, load_grids
from export.models.chorale.model import Causal, Config
from export.models.chorale.teacher import Teacher
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import fit


@dataclass
class Settings(CommonSettings):
    width: int = 128
    layers: int = 2
    heads: int = 4
    head_hidden: int = 128
    dropout: float = 0.4
    feature_dropout: float = 0.2
    window_steps: int = 256  # longest stretch of a piece in a batch
    batch: int = 24
    rate: float = 2e-3
    weight_decay: float = 0.6
    smoothing_decay: float = 0.997
    valid_every: int = 100
    minutes: float = 15.0
    teacher: str = ""  # a chorale package whose nets teach by what they hold likely
    teacher_share: float = 0.7  # of the loss on Bach's pieces, beside the likelihood
    invented: int = 0  # pieces of the teacher's own to learn from too, by what it held likely alone


PRESETS = {
    "small": Settings(),
    "taught": Settings(
        teacher="models_onnx/chorale.onnx",
        teacher_share=0.6,
        invented=160,
        dropout=0.2,
        feature_dropout=0.1,
        weight_decay=0.2,
        valid_every=150,
        minutes=28.0,
    ),
    "full": Settings(width=384, layers=4, heads=8, head_hidden=256, dropout=0.5, batch=64, minutes=60.0, steps=20_000),
}


class Task(trainer.Task):
    name = "chorale"
    figure = "nats a voice and step"
    model: Causal

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        train, valid, self.corpus_text = load_grids(data)
        s = settings
        self.model = Causal(Config(s.width, s.layers, s.heads, 256, s.head_hidden, s.dropout, s.feature_dropout))
        self.train_set = sorted((encode(g) for g in train), key=lambda p: len(p.grid))
        self.teacher: Teacher | None = None
        self.invented: set[int] = set()
        if s.teacher:
            self.teacher = Teacher(s.teacher)
            more = self.teacher.invented(s.invented, train, s.seed)
            self.invented = {id(p) for p in more}
            self.train_set = sorted([*self.train_set, *more], key=lambda p: len(p.grid))
            self.corpus_text += f", {len(more)} invented by {Path(s.teacher).name}"
        held = sorted((encode(g) for g in valid), key=lambda p: len(p.grid))
        self.valid_batches = [
            batch_of(part, [0] * len(part), [0] * len(part), 10_000)
            for part in (held[i : i + 26] for i in range(0, len(held), 26))
        ]

    def draw(self, rng: np.random.Generator) -> tuple[list[Encoded], list[int], list[int]]:
        """Pieces of like length, each in a random key, and where the window into each begins."""
        s, n = self.settings, len(self.train_set)
        keys = np.arange(n) + rng.normal(0, 0.15 * n, n)
        first = int(rng.integers(0, max(1, n - s.batch + 1)))
        pieces = [self.train_set[i] for i in np.argsort(keys)[first : first + s.batch]]
        shifts = [int(rng.integers(p.shifts[0], p.shifts[1] + 1)) for p in pieces]
        starts = [
            4 * int(rng.integers(0, max(0, len(p.grid) - s.window_steps) // 4 + 1)) if rng.random() < 0.5 else 0
            for p in pieces
        ]
        return pieces, shifts, starts

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        pieces, shifts, starts = self.draw(rng)
        batch = batch_of(pieces, shifts, starts, s.window_steps)
        if self.teacher is None:
            return self.model.nats(batch).sum() / (4 * batch.mask.sum()), {}
        logits = self.model.logits(batch).float()
        expected = self.teacher.expected(pieces, shifts, starts, batch.mask.shape[1])
        taught = -(expected * logits.log_softmax(3)).sum(3)
        share = torch.tensor([1.0 if id(p) in self.invented else s.teacher_share for p in pieces])[:, None, None]
        nats = self.model.nats(batch, logits)
        loss = (share * taught + (1 - share) * nats) * batch.mask[:, :, None]
        real = (share < 1) * batch.mask[:, :, None]
        figures = {"bach": float((nats.detach() * real).sum() / (4 * real.sum()).clamp(min=1))}
        return loss.sum() / (4 * batch.mask.sum()), figures

    def validate(self, model: nn.Module) -> dict[str, float]:
        total, slots, voices = 0.0, 0.0, torch.zeros(4)
        for batch in self.valid_batches:
            nats = model.nats(batch)  # type: ignore[operator]
            total += float(nats.sum())
            voices += nats.sum((0, 1))
            slots += 4 * float(batch.mask.sum())
        names = ("soprano", "alto", "tenor", "bass")
        return {"valid": total / slots} | {n: float(v) * 4 / slots for n, v in zip(names, voices, strict=True)}

    def config(self) -> dict[str, Any]:
        return self.model.settings()


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/chorale",
    resume: bool = False,
    progress: bool = True,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains the causal net; see export.pattern.trainer.fit for the result."""
    return fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
