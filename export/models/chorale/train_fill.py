"""Training of the orderless chorale net: windows in all keys with holes of many shapes; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import realtime.models.chorale.code as chorale_code
import realtime.models.chorale.fill_code as code
from export.models.chorale.data import load_grids
from export.models.chorale.fill import Config, Fill
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import fit
from realtime.models.chorale.code import CLASSES


@dataclass
class Settings(CommonSettings):
    width: int = 128
    layers: int = 3
    head_hidden: int = 128
    dropout: float = 0.2
    feature_dropout: float = 0.1
    window_steps: int = 128
    batch: int = 24
    rate: float = 2e-3
    weight_decay: float = 0.3
    smoothing_decay: float = 0.997
    valid_every: int = 150
    minutes: float = 10.0


PRESETS = {
    "small": Settings(),
    "full": Settings(width=384, layers=5, head_hidden=256, dropout=0.3, batch=64, minutes=60.0),
}


def holes(rng: np.random.Generator, windows: int, steps: int) -> np.ndarray:
    """Known places (windows, steps, 4): single notes, whole voices, passages, or quarter notes taken away."""
    known = np.ones((windows, steps, 4), bool)
    for i in range(windows):
        kind, share = rng.random(), rng.random()
        if kind < 0.4:
            known[i] = rng.random((steps, 4)) < share
        elif kind < 0.6:  # quarter notes
            known[i] = np.repeat(rng.random((-(-steps // 4), 4)) < share, 4, 0)[:steps]
        elif kind < 0.85:  # whole voices, and in half of the cases part of what is left
            missing = rng.permutation(4)[: rng.integers(1, 4)]
            known[i][:, missing] = rng.random((steps, len(missing))) < (0.0 if rng.random() < 0.5 else share)
        else:  # all up to some place, then nothing, or the reverse
            place = int(rng.integers(0, steps))
            known[i, place:] = False
            if rng.random() < 0.3:
                known[i] = ~known[i]
    return known


def windows_of(
    grids: list[np.ndarray], shifts: list[int], starts: list[int], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Symbols (n, steps, 4) and inside (n, steps)."""
    symbols = np.full((len(grids), steps, 4), code.OUTSIDE)
    inside = np.zeros((len(grids), steps), bool)
    for i, (grid, shift, start) in enumerate(zip(grids, shifts, starts, strict=True)):
        part = grid[start : start + steps]
        moved = np.where(part == chorale_code.REST, part, part + shift)
        symbols[i, : len(part)], inside[i, : len(part)] = code.symbols_of(moved, chorale_code.LOW), True
    return symbols, inside


class Task(trainer.Task):
    name = "chorale_fill"
    figure = "nats a hole"
    model: Fill

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        s = settings
        self.train_set, valid, self.corpus_text = load_grids(data)
        self.shifts = [_shifts(g) for g in self.train_set]
        self.model = Fill(Config(s.width, s.layers, 4, s.head_hidden, s.dropout, s.feature_dropout, s.window_steps))
        rng = np.random.default_rng(0)
        starts = [4 * int(rng.integers(0, max(1, (len(g) - s.window_steps) // 4 + 1))) for g in valid]
        symbols, inside = windows_of(valid, [0] * len(valid), starts, s.window_steps)
        known = rng.random(symbols.shape) < rng.random((len(valid), 1, 1))
        self.valid_batches = [
            (part, symbols[part], inside[part], known[part], np.array(starts)[part])
            for part in (slice(i, i + 38) for i in range(0, len(valid), 38))
        ]

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        chosen = rng.integers(0, len(self.train_set), s.batch)
        grids = [self.train_set[i] for i in chosen]
        shifts = [int(rng.integers(self.shifts[i][0], self.shifts[i][1] + 1)) for i in chosen]
        starts = [4 * int(rng.integers(0, max(0, len(g) - s.window_steps // 2) // 4 + 1)) for g in grids]
        symbols, inside = windows_of(grids, shifts, starts, s.window_steps)
        nats, holes_ = self.nats(self.model, symbols, inside, holes(rng, s.batch, s.window_steps), np.array(starts))
        weight = 1 / holes_.sum((1, 2), keepdim=True).clamp(min=8)  # each window counts alike, as in Coconet
        return (nats * weight).sum() / s.batch, {"hole": float(nats.detach().sum() / holes_.sum())}

    @staticmethod
    def nats(model: nn.Module, symbols, inside, known, starts) -> tuple[Tensor, Tensor]:
        """Nats of each hole (windows, steps, 4), 0 elsewhere, and where holes are."""
        rows, holes_, reference = code.features(symbols, known, inside, starts)
        missing = torch.from_numpy(~known & inside[:, :, None]).float()
        target = torch.from_numpy(code.classes_of(np.minimum(symbols, code.REST_SYMBOL), reference))
        logits = model(torch.from_numpy(rows), torch.from_numpy(holes_)).float()
        nats = functional.cross_entropy(logits.reshape(-1, CLASSES), target.reshape(-1), reduction="none")
        return nats.reshape(missing.shape) * missing, missing

    def validate(self, model: nn.Module) -> dict[str, float]:
        total, windows = 0.0, 0
        for _, *inputs in self.valid_batches:
            nats, missing = self.nats(model, *inputs)
            total += float((nats.sum((1, 2)) / missing.sum((1, 2)).clamp(min=1)).sum())
            windows += len(nats)
        return {"valid": total / windows}

    def config(self) -> dict[str, Any]:
        return self.model.settings()


def _shifts(grid: np.ndarray) -> tuple[int, int]:
    low, high = -99, 99
    for v, (bottom, top) in enumerate(chorale_code.RANGES):
        sounding = grid[grid[:, v] != chorale_code.REST, v]
        if len(sounding):
            low, high = max(low, bottom - int(sounding.min())), min(high, top - int(sounding.max()))
    return min(0, low), max(0, high)


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/chorale_fill",
    resume: bool = False,
    progress: bool = True,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains the orderless net; see export.pattern.trainer.fit for the result."""
    return fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
