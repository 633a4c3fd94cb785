"""Trains the judge of `disguise`, on its own share of the pieces; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.models.disguise.data import Windows, collect, load_styles
from export.models.disguise.model import Judge
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from realtime.models.disguise.code import STYLES
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    width: int = 128
    drop_notes: float = 0.05  # share of the notes left out while learning
    seed: int = 1001
    minutes: float = 6.0
    steps: int = 1500
    batch: int = 64
    rate: float = 1e-3
    weight_decay: float = 0.05
    valid_every: int = 250


PRESETS = {"small": Settings(), "full": Settings(width=256, steps=10_000, minutes=60.0)}
# -------------------------------------------------------------------------------------------------------------------


def balanced(windows: Windows, rng: np.random.Generator, n: int) -> np.ndarray:
    """Rows: each style that is there equally often, and within it each piece's windows as they are."""
    there = np.unique(windows.style)
    picks = [windows.of_style(s) for s in there]
    return np.asarray([rng.choice(picks[k]) for k in rng.integers(len(there), size=n)])


def balanced_accuracy(logits: np.ndarray, style: np.ndarray) -> float:
    """Mean over the styles of the share recognised; chance is 1 over their number."""
    right = logits.argmax(1) == style
    return float(np.mean([right[style == s].mean() for s in np.unique(style)]))


class Task(trainer.Task):
    """Cross-entropy over styles, each as often as the others; validated on the held-out pieces."""

    name: ClassVar[str] = "disguise-judge"
    figure: ClassVar[str] = "nats"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        pieces = load_styles(data)
        self.train_set, self.valid_set = collect(pieces["judge"]), collect(pieces["held_out"])
        if not len(self.train_set.style) or not len(self.valid_set.style):
            raise AntiphonError(f"Data {data}: too few pieces for the judge of disguise; add some of each style.")
        counts = np.bincount(self.train_set.style, minlength=len(STYLES))
        self.corpus_text = ", ".join(f"{n} {s}" for n, s in zip(counts, STYLES, strict=True)) + " windows of 2 bars"
        self.model = Judge(settings.width)

    def config(self) -> dict[str, Any]:
        return {"width": self.settings.width}

    def batch(self, windows: Windows, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        rolls = torch.from_numpy(windows.rolls(rows).astype(np.float32)).to(self.device)
        return rolls, torch.from_numpy(windows.style[rows]).to(self.device)

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        rolls, style = self.batch(self.train_set, balanced(self.train_set, rng, self.settings.batch))
        kept = torch.rand(len(rolls), 1, 1, rolls.shape[-1], device=self.device) > self.settings.drop_notes
        logits = self.model(rolls * kept)
        return F.cross_entropy(logits.float(), style), {}

    def validate(self, model: nn.Module) -> dict[str, float]:
        rows = balanced(self.valid_set, np.random.default_rng(3), 2000)
        rolls, style = self.batch(self.valid_set, rows)
        logits = torch.cat([model(part) for part in rolls.split(250)]).float()
        return {
            "nats": float(F.cross_entropy(logits, style)),
            "accuracy": balanced_accuracy(logits.cpu().numpy(), style.cpu().numpy()),
        }


def train_judge(
    data: str | Path | None, preset: str, out: str | Path, resume: bool = False, progress: bool = True, **overrides: Any
) -> dict[str, Any]:
    """Trains the judge; result as of any training."""
    return trainer.fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
