"""Trains `frames`: four small nets in one run (plain and recurrent; bars of sixteenths and quarter notes); [workshop].

antiphon train frames --data ../shared/data --preset small
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import realtime.models.frames.code as code
from export.models.frames import data as music
from export.models.frames.model import Config, FramesModel, slice_nats
from export.models.latent import annealed, kl_nats, reparametrise
from export.pattern.settings import CommonSettings
from export.pattern.trainer import Task
from export.pattern.training import training


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    latent: int = 48
    hidden: int = 320
    recurrent: int = 192
    dropout: float = 0.2
    batch: int = 64
    rate: float = 2e-3
    minutes: float = 7.0
    steps: int = 12_000
    valid_every: int = 400
    weight_decay: float = 0.05


PRESETS = {
    "small": Settings(),
    "full": Settings(latent=96, hidden=1024, recurrent=512, dropout=0.4, batch=256, steps=40_000, minutes=120.0),
}
# -------------------------------------------------------------------------------------------------------------------


class FramesTask(Task):
    """Nats a slice of the evidence bound (KL weight 1 after the warm-up), summed over the four nets."""

    name, figure = "frames", "nats a slice, four nets together"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        train, valid, _ = music.load(data)
        chorales, valid_chorales = ([p for p in part if music.is_chorale(p)] or part for part in (train, valid))
        self.train_rolls = {
            "bar": music.rolls_of(train, code.GRIDS["bar"]),
            "quarters": music.rolls_of(chorales, code.GRIDS["quarters"]),
        }
        held = {"bar": music.rolls_of(valid, code.GRIDS["bar"]), "quarters": music.rolls_of(valid_chorales, 1)}
        self.valid = {grid: self._thinned(*music.windows(rolls)) for grid, rolls in held.items()}
        slices = sum(len(r) for r in self.train_rolls["quarters"].rolls)
        self.corpus_text = f"{len(train)} pieces to train on ({len(chorales)} for quarters, {slices} slices); "
        self.corpus_text += f"{len(valid)} to validate"
        s = settings
        self.model = FramesModel(Config(latent=s.latent, hidden=s.hidden, recurrent=s.recurrent, dropout=s.dropout))

    @staticmethod
    def _thinned(windows: np.ndarray, real: np.ndarray, most: int = 1200) -> tuple[np.ndarray, np.ndarray]:
        kept = np.linspace(0, len(windows) - 1, min(most, len(windows))).astype(int)
        return windows[kept], real[kept]

    def terms(self, net: nn.Module, rolls: Tensor) -> tuple[Tensor, Tensor]:
        """Nats of each slice (n, 16), and KL (n,)."""
        mean, log_variance = net.encode(rolls)  # type: ignore[operator]
        z = reparametrise(mean, log_variance)
        return slice_nats(net.decode(z, rolls), rolls), kl_nats(mean, log_variance).sum(-1)  # type: ignore[operator]

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        total, figures = torch.zeros((), device=self.device), {}
        for grid, rolls in self.train_rolls.items():
            step = code.SLICES if grid == "bar" else 1
            batch = torch.from_numpy(music.varied(rolls, self.settings.batch, step, rng)).to(self.device)
            for net in code.NETS:
                nats, kl = self.terms(self.model.nets[f"{net}_{grid}"], batch)  # type: ignore[index, arg-type]
                total = total + nats.mean() + annealed(1.0, self.fraction, 0.2) * kl.mean() / code.SLICES
                figures[f"kl_{net}_{grid}"] = float(kl.detach().mean())
        return total, figures

    def validate(self, model: nn.Module) -> dict[str, float]:
        torch.manual_seed(0)  # the same draw of every latent each time
        bounds = {}
        for grid, (windows, real) in self.valid.items():
            for net in code.NETS:
                total = 0.0
                for start in range(0, len(windows), 300):
                    part = slice(start, start + 300)
                    rolls, mask = (torch.from_numpy(a[part]).to(self.device) for a in (windows, real))
                    nats, kl = self.terms(model.nets[f"{net}_{grid}"], rolls)  # type: ignore[index, arg-type]
                    total += float((nats * mask).sum() + kl.sum())
                bounds[f"{net}_{grid}"] = total / float(real.sum())
        return {"together": sum(bounds.values()), **bounds}

    def config(self) -> dict:
        return self.model.config_dict()  # type: ignore[operator]


train = training(FramesTask, PRESETS)
