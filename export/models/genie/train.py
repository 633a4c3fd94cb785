"""Trains the eight-button piano; every setting at the top; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from export.models.genie import data as piano
from export.models.genie.model import Config, Genie, contour_losses, contour_violations, quantised
from export.pattern import trainer
from export.pattern.settings import CommonSettings
from export.pattern.training import training


@dataclass
class Settings(CommonSettings):
    hidden: int = 256  # of the decoder's GRU
    layers: int = 2
    channels: int = 96  # of the encoder
    blocks: int = 4
    notes: int = 128  # a window
    batch: int = 48
    rate: float = 2.5e-3
    drop_chord: float = 0.3  # share of windows without chords, so that it plays without them too
    drop_buttons: float = 0.1  # share of windows without buttons: it then plays on by itself
    margin_weight: float = 1.0
    contour_weight: float = 0.6
    steps: int = 1600
    minutes: float = 13.5
    valid_every: int = 160
    valid_windows: int = 64


PRESETS = {
    "small": Settings(),
    "full": Settings(hidden=512, layers=2, channels=192, batch=128, notes=256, steps=40_000, minutes=600.0, rate=1e-3),
}


def tensors(batch: dict[str, np.ndarray], device: str | torch.device = "cpu") -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(array)).to(device) for name, array in batch.items()}


class Task(trainer.Task):
    name = "genie"
    model: Genie
    figure = "nats a note"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        pieces = piano.read(data)
        train = piano.gather(pieces.train or pieces.pieces)
        valid = piano.gather(pieces.held_out)
        self.windows = piano.Windows(train, settings.notes)
        held = piano.Windows(valid, settings.notes)
        rng = np.random.default_rng(0)
        self.held = tensors(held.draw(rng, settings.valid_windows, augment=False), self.device)
        self.model = Genie(Config(settings.hidden, settings.layers, settings.channels, settings.blocks))
        notes = len(self.windows.keys)
        self.corpus_text = f"{len(train)} parts, {notes} notes; held out {len(valid)} parts, {len(held.keys)} notes"

    def config(self) -> dict:
        return self.model.config.as_dict()

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        batch = tensors(self.windows.draw(rng, s.batch), self.device)
        value = self.model.encoder(batch["keys"], batch["wait_s"], batch["mask"]).float()
        buttons = quantised(value)
        with_chord, with_buttons = (
            torch.from_numpy((rng.random((s.batch, 1)) >= drop).astype(np.float32)).to(self.device)
            for drop in (s.drop_chord, s.drop_buttons)
        )
        logits = self.model.decode(batch, buttons, with_buttons, with_chord)
        nll = nats(logits, batch)
        margin, contour = contour_losses(batch["keys"], value, batch["mask"])
        total = nll + s.margin_weight * margin + s.contour_weight * contour
        return total, {"nats": nll.item(), "contour": contour.item(), "margin": margin.item()}

    def validate(self, model: Any) -> dict[str, float]:
        return held_out_figures(model, self.held)


def nats(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean negative log-likelihood of the keys."""
    each = F.cross_entropy(logits.float().flatten(0, 1), batch["keys"].flatten(), reduction="none")
    mask = batch["mask"].flatten()
    return (each * mask).sum() / mask.sum()


def held_out_figures(model: Genie, batch: dict[str, Tensor]) -> dict[str, float]:
    """Nats a note with buttons and chords, without either, and the contour violation ratio."""
    value = model.encoder(batch["keys"], batch["wait_s"], batch["mask"]).float()
    buttons = quantised(value)
    one = torch.ones(len(buttons), 1, device=buttons.device)
    found = {}
    for name, on, chord in (("nats", one, one), ("no_chord", one, 0 * one), ("no_buttons", 0 * one, one)):
        found[name] = float(nats(model.decode(batch, buttons, on, chord), batch))
    found["no_condition"] = float(nats(model.decode(batch, buttons, 0 * one, 0 * one), batch))
    found["violations"] = float(contour_violations(batch["keys"], buttons, batch["mask"]))
    return found


train = training(Task, PRESETS)
