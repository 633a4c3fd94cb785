"""Trains `groove` on drum performances: resumable, seeded, best checkpoint kept, curve drawn; [workshop].

antiphon train groove --data groove_midi.jsonl.gz --preset small
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import realtime.models.groove.code as code
from export.models.groove import data as drums
from export.models.groove.model import Config, GrooveModel, stroke_nats
from export.models.latent import annealed, kl_cost, kl_nats, reparametrise
from export.pattern.settings import CommonSettings
from export.pattern.trainer import Task
from export.pattern.training import training


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    latent: int = 256
    width: int = 160
    hidden: int = 256
    dropout: float = 0.1
    batch: int = 64
    rate: float = 1.5e-3
    minutes: float = 25.0
    steps: int = 40_000
    valid_every: int = 400
    weight_decay: float = 0.02
    beta: float = 0.1  # weight of the KL term, which orders the space
    beta_last: float = 0.03  # in the last third: a sharper posterior
    free_nats: float = 33.0  # 48 bits, MusicVAE's
    stroke_weight: float = 0.3  # of velocity and timing against the choice of drums
    score_share: float = 0.2  # of a batch that the encoder sees as bare score, and as taps
    taps_share: float = 0.15


PRESETS = {
    "small": Settings(),
    "full": Settings(width=256, hidden=512, dropout=0.15, batch=256, steps=60_000, minutes=180.0),
}
# -------------------------------------------------------------------------------------------------------------------


class GrooveTask(Task):
    """Nats a step: choice of drums, weighted strokes, weighted KL."""

    name, figure = "groove", "nats a step"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        train, valid, _ = drums.load(data)
        self.train_windows = drums.windows_of(train)
        self.valid_windows = drums.windows_of(valid).apart()
        self.corpus_text = (
            f"{len(train)} performances, {len(self.train_windows)} windows of two bars to train on; "
            f"{len(valid)}, {len(self.valid_windows)} windows apart to validate"
        )
        s = settings
        self.model = GrooveModel(Config(latent=s.latent, width=s.width, hidden=s.hidden, dropout=s.dropout))

    def config(self) -> dict:
        return self.model.config_dict()  # type: ignore[operator]

    def terms(self, model: nn.Module, batch: tuple[np.ndarray, ...], mode: np.ndarray) -> dict[str, Tensor]:
        """Per example: token nats (n, 32), logits, stroke nats, KL (n, latent)."""
        x = torch.from_numpy(drums.inputs_of(*batch, mode)).to(self.device)  # type: ignore[call-arg]
        hits, velocity, offset = (torch.from_numpy(a).to(self.device) for a in batch)
        mean, log_variance = model.encode(x)  # type: ignore[operator]
        context = model.conductor(reparametrise(mean, log_variance))  # type: ignore[operator]
        logits = model.decode(context, hits)  # type: ignore[operator]
        tokens = (hits.long() * (1 << torch.arange(drums.KIT, device=self.device))).sum(-1)
        nats = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none").reshape(tokens.shape)
        strokes = stroke_nats(model.strokes(context, hits), hits, velocity, offset)  # type: ignore[operator]
        return {
            "nats": nats,
            "right": (logits.argmax(-1) == tokens).float(),
            "velocity": strokes[0],
            "offset": strokes[1],
            "kl": kl_nats(mean, log_variance),
        }

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        batch = drums.varied(self.train_windows, s.batch, rng)
        shares = (1 - s.score_share - s.taps_share, s.score_share, s.taps_share)
        mode = rng.choice(len(code.MODES), size=s.batch, p=shares)
        found = self.terms(self.model, batch, mode)
        strokes = (found["velocity"] + found["offset"]).mean()
        kl = kl_cost(found["kl"], s.free_nats) * annealed(s.beta, self.fraction, last=s.beta_last)
        loss = (found["nats"].sum(1).mean() + s.stroke_weight * strokes + kl) / code.STEPS
        return loss, {"kl_nats": float(found["kl"].detach().sum(1).mean())}

    def validate(self, model: nn.Module) -> dict[str, float]:
        s, w = self.settings, self.valid_windows
        torch.manual_seed(0)  # the same draw of every latent each time
        sums: dict[str, float] = {}
        for start in range(0, len(w), 256):
            index = np.arange(start, min(len(w), start + 256))
            found = self.terms(model, drums.batch_of(w, index), np.zeros(len(index), int))
            for name, value in found.items():
                per_example = value.mean(1) if name in ("nats", "right") else value.sum(1) if name == "kl" else value
                sums[name] = sums.get(name, 0.0) + float(per_example.sum())
        mean = {name: value / len(w) for name, value in sums.items()}
        rest = s.stroke_weight * (mean["velocity"] + mean["offset"]) + s.beta_last * max(0.0, mean["kl"] - s.free_nats)
        return {
            "cost": mean["nats"] + rest / code.STEPS,
            "token_nats": mean["nats"],
            "accuracy": mean["right"],
            "velocity_nats": mean["velocity"],
            "offset_nats": mean["offset"],
            "valid_kl": mean["kl"],
        }


train = training(GrooveTask, PRESETS)
