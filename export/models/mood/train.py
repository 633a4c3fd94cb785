"""Trains the mood net on the words of songs and on what listening experiments say of six cues; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from export.models.mood import data as songs
from export.models.mood.model import Config, MoodNet
from export.pattern import trainer
from export.pattern.settings import CommonSettings
from export.pattern.training import training


@dataclass
class Settings(CommonSettings):
    hidden: int = 48
    dropout: float = 0.15
    steps: int = 3000
    minutes: float = 10.0
    batch: int = 128
    rate: float = 2e-3
    weight_decay: float = 0.05
    valid_every: int = 150
    bf16: bool = False  # a tiny net
    drop_tempo: float = 0.4  # share of passages shown without tempo: it must do without, too
    cue_passages: int = 500  # passages on which the six cues are tried
    prior_weight: float = 2.0  # of the six cues against the words; 0: words alone


PRESETS = {
    "small": Settings(),
    "full": Settings(hidden=128, steps=20_000, minutes=20.0, dropout=0.3, cue_passages=100_000),
}


class Task(trainer.Task):
    name = "mood"
    model: MoodNet
    figure = "mean square error of valence and arousal, without tempo"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        pieces = songs.read(data)
        train = songs.labelled(pieces.train or pieces.pieces)
        held = songs.labelled(pieces.held_out)
        rows, moods = songs.described(train)
        held_rows, held_moods = songs.described(held)
        self.rows, self.moods = self._tensor(rows), self._tensor(moods)
        self.held = self._tensor(held_rows), self._tensor(held_moods)
        self.changed = {}
        if settings.prior_weight > 0:
            shown = [train[i] for i in np.random.default_rng(0).permutation(len(train))[: settings.cue_passages]]
            for name in songs.PRIOR:
                both = songs.changed(shown, name)
                self.changed[name] = self._tensor(both[np.isfinite(both).all(axis=(1, 2))])
        mean, spread = self.rows.mean(0), self.rows.std(0)
        # what the changes reach belongs to the range of the net
        for pair in self.changed.values():
            spread = torch.maximum(spread, 0.5 * (pair[:, 1] - pair[:, 0]).abs().mean(0))
        self.model = MoodNet(Config(settings.hidden, settings.dropout), mean, spread.clamp(min=1e-3))
        self.corpus_text = f"{len(train)} passages of {len({p.piece for p in train})} songs; held out {len(held)}"

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(array, np.float32)).to(self.device)

    def config(self) -> dict:
        return self.model.config.as_dict()

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        which = torch.from_numpy(rng.integers(0, len(self.rows), s.batch))
        known = torch.from_numpy((rng.random((s.batch, 1)) >= s.drop_tempo).astype(np.float32)).to(self.device)
        mean, deviation = self.model(self.rows[which], known)
        miss = self.moods[which] - mean
        # half squared error, half likelihood: the deviations are learned without letting hard passages be given up
        likelihood = (torch.log(deviation) + 0.5 * (miss.detach() / deviation) ** 2).mean()
        total = (miss**2).mean() + 0.1 * likelihood
        figures = {"words": float((miss.detach() ** 2).mean())}
        if self.changed:
            prior = self._prior(rng)
            total = total + s.prior_weight * prior
            figures["cues"] = float(prior.detach())
        return total, figures

    def _prior(self, rng: np.random.Generator) -> Tensor:
        """Squared distance of each change's effect from what the experiments say."""
        parts = []
        for name, both in self.changed.items():
            pair = both[torch.from_numpy(rng.integers(0, len(both), 32))]
            known = torch.ones(len(pair), 1, device=pair.device)
            if name != "tempo":
                known = torch.from_numpy((rng.random((len(pair), 1)) < 0.5).astype(np.float32)).to(pair.device)
            effect = self.model(pair[:, 1], known)[0] - self.model(pair[:, 0], known)[0]
            parts.append(((effect - torch.tensor(songs.PRIOR[name], device=pair.device)) ** 2).mean())
        return torch.stack(parts).mean()

    def validate(self, model: Any) -> dict[str, float]:
        rows, moods = self.held
        found = {}
        for name, known in (("mse", 0.0), ("mse_with_tempo", 1.0)):
            mean, _ = model(rows, torch.full((len(rows), 1), known, device=rows.device))
            found[name] = float(((mean - moods) ** 2).mean())
            for k, axis in enumerate(("valence", "arousal")):
                r = torch.corrcoef(torch.stack([mean[:, k], moods[:, k]]))[0, 1]
                found[f"r_{axis}" + ("_with_tempo" if known else "")] = float(r)
        return found


train = training(Task, PRESETS)
