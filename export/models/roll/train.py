"""Trains `roll`: Wasserstein GAN with gradient penalty, an encoder that teaches the generator what its latents mean, and
two terms (terms.py); the averaged generator is kept at its best figures; [workshop] (Gulrajani et al. 2017; Heusel et al.
2017 for two rates; Larsen et al. 2016 for the encoder).

antiphon train roll --data ../shared/data
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from export.models.roll.critic import Critic, gradient_penalty
from export.models.roll.data import Bank, load
from export.models.roll.encoder import Encoder, divergence, drawn
from export.models.roll.figures import distances, figures
from export.models.roll.model import Config, Generator, binary
from export.models.roll.settle import Songs, settle
from export.models.roll.terms import DIFFERENCE, certainty, reconstruction, sameness, tonal_error, tonal_quantiles
from export.pattern import checkpoint, trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.weights import weights_of
from realtime.models.roll.code import LANES, PITCHES, STEPS, TRACKS
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    shared: int = 48  # latent of the phrase
    private: int = 24  # latent of each track
    trunk: int = 128
    head: int = 72
    maps: int = 24
    critic_width: int = 48
    rate: float = 4e-4  # the generator's
    critic_rate: float = 8e-4
    critic_steps: int = 1  # for each step of the generator
    penalty: float = 10.0
    penalty_every: int = 2  # critic steps; the penalty weighs as much more
    critic_first: int = 300  # steps at the start in which the critic learns and nobody follows it yet
    adversarial: float = 1.0  # weight of the critic's score
    diversity: float = 15.0  # weight of `sameness`
    tonal: float = 8.0  # weight of `tonal_error`
    certainty: float = 0.01  # weight of `certainty`
    reconstruction: float = 0.01  # weight of a nat of a real phrase given back from its own latents; 0: no encoder
    kl: float = 0.2  # nats of reconstruction that a nat of the encoder's divergence costs
    encoder_width: int = 32
    encoder_rate: float = 1e-3
    noise_until: float = 0.15  # share of the schedule after which the binary neurons are deterministic
    batch: int = 16  # phrases of 4 bars
    steps: int = 8000
    smoothing_decay: float = 0.995
    valid_phrases: int = 256
    settle_phrases: int = 1000  # of songs, to fit rests and thresholds at the end; see settle.py
    valid_every: int = 100


PRESETS = {
    "small": Settings(minutes=40.0),
    "full": Settings(
        trunk=320, head=192, maps=64, critic_width=128, batch=64, critic_steps=3, steps=60_000, minutes=480.0, rate=2e-4,
        critic_rate=3e-4, smoothing_decay=0.999, valid_phrases=2000, valid_every=500,
    ),
}  # fmt: skip
# -------------------------------------------------------------------------------------------------------------------


def as_input(rolls: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(rolls.astype(np.float32)).to(device)


class Task(trainer.Task):
    """Generator against critic; validated by MuseGAN's figures against the training set's own."""

    name: ClassVar[str] = "roll"
    model: Generator
    figure: ClassVar[str] = (
        "mean distance to the training row, 1 = MuseGAN hybrid's, and lack of difference between takes"
    )

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        corpora = load(data)
        if "train" not in corpora or corpora["train"].drums is None:
            raise AntiphonError(
                f"Data {data}: roll needs songs to train on and drums (groove_midi.jsonl.gz, split train); add them."
            )
        train = corpora["train"]
        self.songs, self.drums = train.songs, train.drums
        assert self.drums is not None
        self.valid_songs = corpora.get("held_out", train).songs
        self.corpus_text = f"{train.pieces} songs, {train.bars} bars; {len(self.drums.packed)} bars of drums"
        reference_rng = np.random.default_rng(0)
        songs, _, drums = self.sample(reference_rng, self.songs, min(1000, 4 * len(self.songs.starts)))
        songs, drums = songs.reshape(-1, len(TRACKS), STEPS, PITCHES), drums.reshape(-1, STEPS, len(LANES))
        self.reference = figures(songs, drums)
        density = (*songs.mean((0, 2, 3)).tolist(), *drums.mean((0, 1)).tolist())
        s = settings
        self.sizes = {"shared": s.shared, "private": s.private, "trunk": s.trunk, "head": s.head, "maps": s.maps}
        self.model = Generator(Config(**self.sizes), density)
        self.critic = Critic(s.critic_width).to(self.device)
        self.encoder = Encoder(self.model.config, s.encoder_width).to(self.device)
        self.tonal_reference = tonal_quantiles(torch.from_numpy(songs[:2000].astype(np.float32))).to(self.device)
        rows = np.random.default_rng(1).integers(len(self.valid_songs.starts), size=s.valid_phrases)
        rows = np.resize(rows[: -(-len(rows) // 2)], len(rows))  # two takes on each
        self.valid_chords = torch.from_numpy(self.valid_songs.phrase_chords(rows))
        with torch.random.fork_rng():
            torch.manual_seed(7)
            self.valid_latents = self.model.latents(s.valid_phrases)

    def begin_from(self, path: Path) -> None:
        """From last.pt with critic and encoder, from best.pt or a package without them; parts that are new begin
        afresh."""
        packed = path.suffix == ".onnx"
        saved: dict[str, Any] = {"model": weights_of(path, self.name)} if packed else checkpoint.load(path, self.name)
        states: list[tuple[nn.Module, dict[str, Tensor]]] = [(self.model, saved.get("average", saved["model"]))]
        if "extra" in saved:
            states += [(net, saved["extra"][name]) for name, net in self._others() if name in saved["extra"]]
        for net, state in states:
            own = net.state_dict()
            net.load_state_dict(own | {k: v for k, v in state.items() if k in own and own[k].shape == v.shape})

    def config(self) -> dict[str, Any]:
        return self.sizes

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        s = self.settings
        return {
            "generator": torch.optim.Adam(self.model.parameters(), lr=s.rate, betas=(0.5, 0.9)),
            "critic": torch.optim.Adam(self.critic.parameters(), lr=s.critic_rate, betas=(0.5, 0.9)),
            "encoder": torch.optim.Adam(self.encoder.parameters(), lr=s.encoder_rate),
        }

    def sample(self, rng: np.random.Generator, bank: Bank, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """n random phrases of songs with their chords, and n of drums that have nothing to do with them."""
        assert self.drums is not None
        rows = rng.integers(len(bank.starts), size=n)
        drums = self.drums.phrases(rng.integers(len(self.drums.starts), size=n))
        return bank.phrases(rows), bank.phrase_chords(rows), drums

    @property
    def noise(self) -> float:
        """Scale of the binary neurons' noise: from 1 to 0 over the first part of the schedule."""
        until = self.settings.noise_until
        return max(0.0, 1.0 - self.fraction / until) if until > 0 else 0.0

    def generate(self, n: int, chords: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """New phrases, binary, and the logits of their pitched tracks."""
        latents = (z.to(self.device) for z in self.model.latents(n))
        songs, drums = self.model(*latents, chords)
        return (binary(songs.float(), self.noise), binary(drums.float(), self.noise)), songs

    def step(self, rng: np.random.Generator, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        s = self.settings
        autocast = {"device_type": self.device.type, "dtype": torch.bfloat16, "enabled": s.bf16}
        gap, penalty, follows = 0.0, torch.zeros(()), self.step_number >= s.critic_first
        for k in range(s.critic_steps):
            last = k == s.critic_steps - 1  # its generated phrases serve the generator's step too
            songs, codes, drums = self.sample(rng, self.songs, s.batch)
            real = (as_input(songs, self.device), as_input(drums, self.device))
            chords = torch.from_numpy(codes).to(self.device)
            asked = chords[: s.batch // 2].repeat(2, 1, 1, 1)  # two takes on each: see `sameness`
            with torch.autocast(**autocast):
                with torch.set_grad_enabled(last and follows):
                    made, logits = self.generate(len(asked), asked)
                fake = (made[0].detach(), made[1].detach())
                both = (torch.cat(pair) for pair in zip(real, fake, strict=True))
                score_real, score_fake = self.critic(*both, torch.cat([chords, asked])).float().chunk(2)
                loss = score_fake.mean() - score_real.mean()
                gap = -float(loss.detach())
                if (self.step_number * s.critic_steps + k) % s.penalty_every == 0:
                    penalty = gradient_penalty(self.critic, real, fake, chords)
                    loss = loss + s.penalty * s.penalty_every * penalty
            optimisers["critic"].zero_grad(set_to_none=True)
            loss.backward()
            optimisers["critic"].step()
        row = {"gap": gap, "penalty": float(penalty.detach())}
        learns = [name for name, used in (("generator", True), ("encoder", s.reconstruction > 0)) if used]
        for name in learns:
            optimisers[name].zero_grad(set_to_none=True)
        if s.reconstruction > 0:
            with torch.autocast(**autocast):
                means, logs = self.encoder(*real, chords)
                given_back = self.model(*drawn(means, logs), chords)
                nats = reconstruction(given_back, real)
                spent = divergence(means, logs).mean()
            row |= {"nats": float(nats.detach()), "kl": float(spent.detach())}
            (s.reconstruction * (nats + s.kl * spent)).backward()
        if follows:
            self.critic.requires_grad_(False)
            with torch.autocast(**autocast):
                same, rub, sure = sameness(made[0]), tonal_error(made[0], self.tonal_reference), certainty(logits)
                score = self.critic(*made, asked).float().mean()
                asked_for = s.diversity * same + s.tonal * rub + s.certainty * sure
                (asked_for - s.adversarial * score).backward()
            self.critic.requires_grad_(True)
            row |= {"same": float(same.detach()), "rub": float(rub.detach()), "sure": float(sure.detach())}
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 10.0 * s.clip)
        if not torch.isfinite(norm):
            raise AntiphonError("Training roll: the generator's gradient is not finite; resume with lower rates.")
        for name in learns:
            optimisers[name].step()
        return row

    def validate(self, model: nn.Module) -> dict[str, float]:
        songs, drums = [], []
        for at in range(0, self.settings.valid_phrases, 64):
            part = slice(at, at + 64)
            latents = (z[part].to(self.device) for z in self.valid_latents)
            made = model(*latents, self.valid_chords[part].to(self.device))
            songs.append((made[0] > 0).cpu().numpy())
            drums.append((made[1] > 0).cpu().numpy())
        bars = np.concatenate(songs).reshape(-1, len(TRACKS), STEPS, PITCHES)
        made_figures = figures(bars, np.concatenate(drums).reshape(-1, STEPS, len(LANES)))
        apart = distances(made_figures, self.reference)
        by_metric = {m: [v for k, v in apart.items() if k.startswith(m)] for m in ("eb", "upc", "qn", "dp", "td")}
        distance = float(np.mean([np.mean(v) for v in by_metric.values()]))
        half = len(bars) // 2
        one, other = bars[:half], bars[half : 2 * half]
        differ = 1 - 2 * (one & other).sum((0, 2, 3)) / np.maximum(1, (one.sum((0, 2, 3)) + other.sum((0, 2, 3))))
        lacking = float(np.mean(np.maximum(0.0, 1 - differ / np.array(DIFFERENCE))))
        return {
            "distance": distance + lacking,
            "worst": max(apart.values()),
            "met": float(np.mean([v < 1 for v in apart.values()])),
            **{m: float(np.mean(v)) for m, v in by_metric.items()},
            "differ": float(differ.mean()),
            "set_share": float(bars.mean()),
        }

    def _others(self) -> list[tuple[str, nn.Module]]:
        return [("critic", self.critic), ("encoder", self.encoder)]

    def extra_state(self) -> dict[str, Any]:
        return {name: net.state_dict() for name, net in self._others()}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        for name, net in self._others():
            net.load_state_dict(state[name])


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/roll",
    resume: bool = False,
    progress: bool = True,
    **overrides: Any,
) -> dict[str, Any]:
    """Trains and returns checkpoint, steps, minutes, the best validation figure and the curve's path."""
    tasks: list[Task] = []

    def task_of(settings: Any, data: str | Path | None) -> Task:
        tasks.append(Task(settings, data))
        return tasks[0]

    result = trainer.fit(task_of, resolve(PRESETS, preset, overrides), data, out, resume, progress)
    return result | settled(tasks[0], Path(out))


def settled(task: Task, folder: Path) -> dict[str, Any]:
    """Settles the averaged generators of best.pt and last.pt and keeps the better one as best.pt; its figure. A run
    without an encoder is left as it is."""
    if not task.settings.reconstruction > 0:
        return {}
    best, last = (checkpoint.load(folder / name, task.name) for name in ("best.pt", "last.pt"))
    task.load_extra_state(last["extra"])
    rng = np.random.default_rng(task.settings.seed)
    songs, chords, drums = task.sample(rng, task.songs, task.settings.settle_phrases)
    real = Songs(*(torch.from_numpy(x.astype(np.float32)) for x in (songs, drums, chords)))
    rows = []
    for state, facts in ((best["model"], best["row"]), (last["average"], last["progress"][3][-1])):
        model = Generator(Config(**task.sizes))
        model.load_state_dict(state)
        rests = settle(model.eval(), task.encoder.cpu().eval(), real)
        with torch.no_grad():
            figures = task.validate(model.to(task.device))
        row = {**facts, "valid": figures.pop("distance"), **figures, **rests}
        rows.append((row, model.cpu().state_dict()))
    row, state = min(rows, key=lambda r: r[0]["valid"])
    checkpoint.save(folder / "best.pt", {**best, "model": state, "row": row})
    return {"figure": row["valid"]}
