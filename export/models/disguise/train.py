"""Trains `disguise`: adversarial, cycle, identity and chroma losses over all pairs of styles at once; the judge first, on
pieces of its own; [workshop] (Zhu et al. 2017; Choi et al., StarGAN, 2018; Miyato et al. 2018 for spectral norms).

antiphon train disguise --data ../shared/data
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.models.disguise.data import Windows, collect, load_styles
from export.models.disguise.judge import train_judge
from export.models.disguise.model import Config, Discriminator, Generator, binary
from export.models.disguise.yardstick import Yardstick
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from realtime.models.disguise.code import PITCHES, SOUND, STEPS, STYLES, chroma_similarity
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    width: int = 96
    blocks: int = 6
    discriminator_width: int = 64
    rate: float = 4e-4
    discriminator_rate: float = 6e-4
    guess_weight: float = 0.5  # the discriminator's own guess of the style
    cycle_weight: float = 1.0  # there and back; nats a note
    identity_weight: float = 0.5  # into its own style; nats a note
    chroma_weight: float = 2.0  # distance of the beats' chroma, 0..1: what is kept of the content
    positive: float = 8.0  # how much more a note weighs than a rest in the two above
    batch: int = 24
    steps: int = 12_000
    minutes: float = 40.0
    smoothing_decay: float = 0.997
    valid_every: int = 200
    valid_windows: int = 60  # of each style


PRESETS = {
    "small": Settings(),
    "full": Settings(
        width=192, blocks=9, discriminator_width=128, batch=64, steps=100_000, minutes=480.0, rate=2e-4,
        discriminator_rate=3e-4, smoothing_decay=0.999, valid_every=1000, valid_windows=300,
    ),
}  # fmt: skip
# -------------------------------------------------------------------------------------------------------------------


def beat_chroma(rolls: Tensor) -> Tensor:
    """(n, beats, 12), each of length 1: how long the classes sound."""
    sound = rolls[:, SOUND].unflatten(2, (PITCHES // 12, 12)).unflatten(1, (STEPS // 4, 4))
    chroma = sound.sum((2, 3))
    return chroma / (chroma.square().sum(-1, keepdim=True) + 1e-3).sqrt()


class Task(trainer.Task):
    """One generator and one discriminator for all ordered pairs of styles. Validated without the judge: how much of the
    source style a linear yardstick still finds, plus what is lost of the chroma."""

    name: ClassVar[str] = "disguise"
    figure: ClassVar[str] = "style left + chroma lost"
    model: Generator

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        pieces = load_styles(data)
        self.train_set, self.valid_set = collect(pieces["train"]), collect(pieces["held_out"])
        self.styles = np.unique(self.train_set.style)
        if len(self.styles) < 2 or not len(self.valid_set.style):
            raise AntiphonError(f"Data {data}: disguise needs pieces of two styles to train on; add some.")
        self.rows = {int(s): self.train_set.of_style(s) for s in self.styles}
        counts = np.bincount(self.train_set.style, minlength=len(STYLES))
        self.corpus_text = ", ".join(f"{n} {s}" for n, s in zip(counts, STYLES, strict=True)) + " windows of 2 bars"
        s = settings
        self.sizes = {"width": s.width, "blocks": s.blocks}
        self.model = Generator(Config(**self.sizes))
        self.discriminator = Discriminator(s.discriminator_width).to(self.device)
        rng = np.random.default_rng(5)
        self.yardstick = Yardstick.fit(self._some(self.train_set, rng, 800), self.styles)
        self.valid = self._some(self.valid_set, rng, s.valid_windows)

    def _some(self, windows: Windows, rng: np.random.Generator, each: int) -> list[tuple[int, np.ndarray]]:
        there = [(int(s), windows.of_style(s)) for s in self.styles]
        return [(s, windows.rolls(rng.choice(rows, min(each, len(rows)), False))) for s, rows in there if len(rows)]

    def config(self) -> dict[str, Any]:
        return self.sizes

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        s = self.settings
        return {
            "generator": torch.optim.Adam(self.model.parameters(), lr=s.rate, betas=(0.5, 0.99)),
            "discriminator": torch.optim.Adam(
                self.discriminator.parameters(), lr=s.discriminator_rate, betas=(0.5, 0.99)
            ),
        }

    def sample(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Rolls (batch, 2, 32, 72), their styles and other styles to make of them."""
        source = rng.choice(self.styles, self.settings.batch)
        rows = np.asarray([rng.choice(self.rows[int(s)]) for s in source])
        place = np.searchsorted(self.styles, source)
        target = self.styles[(place + rng.integers(1, len(self.styles), len(source))) % len(self.styles)]
        rolls = torch.from_numpy(self.train_set.rolls(rows).astype(np.float32))
        return rolls.to(self.device), torch.from_numpy(source).to(self.device), torch.from_numpy(target).to(self.device)

    def nats_a_note(self, logits: Tensor, rolls: Tensor) -> Tensor:
        """Cross-entropy of a roll, notes weighing more than rests, per set cell."""
        weight = torch.where(rolls > 0, self.settings.positive, 1.0)
        loss = F.binary_cross_entropy_with_logits(logits, rolls, weight, reduction="sum")
        return loss / (self.settings.positive * rolls.sum())

    def step(self, rng: np.random.Generator, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        s = self.settings
        rolls, source, target = self.sample(rng)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=s.bf16):
            both = self.model.logits(rolls.repeat(2, 1, 1, 1), torch.cat([target, source]))
            made_logits, same_logits = both.chunk(2)
            made = binary(made_logits)
            verdicts, guesses = self.discriminator(torch.cat([rolls, made.detach()]))
            verdicts, guesses = verdicts.float(), guesses.float()
            styles = torch.cat([source, target])
            chosen = verdicts.gather(1, styles[:, None])[:, 0]
            real, fake = chosen.chunk(2)
            loss_d = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
            loss_d = loss_d + F.cross_entropy(guesses[: len(rolls)], source)
        optimisers["discriminator"].zero_grad(set_to_none=True)
        loss_d.backward()
        optimisers["discriminator"].step()

        self.discriminator.requires_grad_(False)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=s.bf16):
            verdicts, guesses = self.discriminator(made)
            adversarial = -verdicts.float().gather(1, target[:, None]).mean()
            guess = F.cross_entropy(guesses.float(), target)
            back = self.model.logits(made, source)
            cycle, identity = self.nats_a_note(back, rolls), self.nats_a_note(same_logits, rolls)
            chroma = 1 - (beat_chroma(made) * beat_chroma(rolls)).sum(-1)
            heard = (rolls[:, SOUND].sum(2).unflatten(1, (STEPS // 4, 4)).sum(2) > 0).float()
            lost = (chroma * heard).sum() / heard.sum()
            loss = adversarial + s.guess_weight * guess + s.cycle_weight * cycle
            loss = loss + s.identity_weight * identity + s.chroma_weight * lost
        if not torch.isfinite(loss):
            raise AntiphonError(f"Training disguise: the loss became {float(loss)}; resume with lower rates.")
        optimisers["generator"].zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0 * s.clip)
        optimisers["generator"].step()
        self.discriminator.requires_grad_(True)
        values = {"d": loss_d, "adversarial": adversarial, "guess": guess, "cycle": cycle, "identity": identity}
        return {k: float(v.detach()) for k, v in (values | {"chroma_lost": lost}).items()}

    def validate(self, model: nn.Module) -> dict[str, float]:
        assert isinstance(model, Generator)
        left, before, lost = [], [], []
        for style, rolls in self.valid:
            x = torch.from_numpy(rolls.astype(np.float32)).to(self.device)
            for other in self.styles:
                if other != style:
                    target = torch.full((len(x),), int(other), device=self.device)
                    made = (binary(model.logits(x, target)) > 0.5).cpu().numpy()
                    left.append(self.yardstick.share(made, style, int(other)).mean())
                    before.append(self.yardstick.share(rolls, style, int(other)).mean())
                    lost.append(1 - chroma_similarity(rolls, made))
        figures = {"left": np.mean(left), "before": np.mean(before), "lost": np.mean(lost)}
        return {"figure": float(np.mean(left) + np.mean(lost)), **{k: float(v) for k, v in figures.items()}}

    def extra_state(self) -> dict[str, Any]:
        return {"discriminator": self.discriminator.state_dict()}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        self.discriminator.load_state_dict(state["discriminator"])


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/disguise",
    resume: bool = False,
    progress: bool = True,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains the judge (in the folder `judge` of the run, unless it is there) and then the generator; returns the
    generator's checkpoint, steps, minutes, best validation figure and the curve's path."""
    judge = Path(out) / "judge"
    if not (resume and (judge / "best.pt").exists()):
        short = {k: v for k, v in overrides.items() if k in ("threads", "bf16")}
        train_judge(data, preset, judge, progress=progress, **short)
    return trainer.fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
