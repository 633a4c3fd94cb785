"""Trains the grader on pairs; every setting at the top; [workshop] (pairwise logistic loss: Burges et al. 2005)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import realtime.models.grade.code as grade_code
from export.models.grade import data as pairs
from export.models.grade.model import Config, GradeNet
from export.pattern import trainer
from export.pattern.settings import CommonSettings
from export.pattern.training import training


@dataclass
class Settings(CommonSettings):
    hidden: int = 24
    steps: int = 1600
    minutes: float = 10.0
    batch: int = 64  # pairs of each kind
    rate: float = 1e-2
    weight_decay: float = 0.0
    valid_every: int = 200
    bf16: bool = False  # a tiny net
    per_kind: int = 240  # pieces of a class
    class_weight: float = 0.5  # of weak pairs between corpora against sure pairs


PRESETS = {"small": Settings(), "full": Settings(per_kind=2000, steps=6000, minutes=20.0)}


def class_pairs(kinds: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of classes (easier, harder) that occur."""
    found = sorted({int(k) for k in kinds})
    return [(a, b) for a in found for b in found if a < b]


class Task(trainer.Task):
    name = "grade"
    model: GradeNet
    figure = "share of held-out pairs misordered"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        corpus = pairs.read(data)
        train = pairs.gather(corpus.train or corpus.pieces, settings.per_kind)
        held = pairs.gather(corpus.held_out, 80)
        self.made = {k: self._tensor(v) for k, v in pairs.made_pairs(train, settings.seed).items()}
        self.held_made = {k: self._tensor(v) for k, v in pairs.made_pairs(held, 99).items()}
        self.rows, self.kinds = self._rows(train)
        self.held_rows, self.held_kinds = self._rows(held)
        everything = torch.cat([self.rows, *(v.flatten(0, 1) for v in self.made.values())])
        self.model = GradeNet(Config(settings.hidden), everything.mean(0), everything.std(0).clamp(min=1e-3))
        self.corpus_text = (
            f"{len(train)} passages, {sum(len(v) for v in self.made.values())} made pairs; held out {len(held)}"
        )

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, np.float32)).to(self.device)

    def _rows(self, passages: list[pairs.Excerpt]) -> tuple[Tensor, np.ndarray]:
        rows = self._tensor(np.stack([grade_code.demands(p.sequence) for p in passages]))
        return rows, np.array([p.kind for p in passages])

    def config(self) -> dict:
        return self.model.config.as_dict()

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        sure = []
        for both in self.made.values():
            pair = both[torch.from_numpy(rng.integers(0, len(both), self.settings.batch))]
            sure.append(self._misorder(pair[:, 0], pair[:, 1]))
        weak = []
        for a, b in class_pairs(self.kinds):
            low, high = (
                self.rows[torch.from_numpy(rng.choice(np.flatnonzero(self.kinds == k), self.settings.batch))]
                for k in (a, b)
            )
            weak.append(self._misorder(low, high))
        total = torch.stack(sure).mean()
        figures = {"made": total.item()}
        if weak:
            weak_loss = torch.stack(weak).mean()
            figures["classes"] = weak_loss.item()
            total = total + self.settings.class_weight * weak_loss
        return total, figures

    def _misorder(self, low: Tensor, high: Tensor) -> Tensor:
        return torch.nn.functional.softplus(-(self.model(high) - self.model(low))).mean()

    def validate(self, model: Any) -> dict[str, float]:
        found = {
            f"right_{k.replace(' ', '_')}": share(model(v[:, 0]), model(v[:, 1])) for k, v in self.held_made.items()
        }
        scores = model(self.held_rows)[:, 0]
        right = []
        for a, b in class_pairs(self.held_kinds):
            low, high = (scores[torch.from_numpy(self.held_kinds == k)] for k in (a, b))
            right.append(float((high[:, None] > low[None]).float().mean()))
        if right:
            found["right_classes"] = float(np.mean(right))
        return {"wrong": 1.0 - float(np.mean(list(found.values()))), **found}


def share(low: Tensor, high: Tensor) -> float:
    return float((high > low).float().mean())


train = training(Task, PRESETS)
