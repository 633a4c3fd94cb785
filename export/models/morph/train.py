"""Trains `morph` on melodies, basses and drums: resumable, seeded, best checkpoint kept, curve drawn; [workshop].

antiphon train morph --data ../shared/data --preset small
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import realtime.models.groove.code as groove_code
import realtime.models.morph.code as morph_code
from export.models.groove.data import Windows
from export.models.latent import annealed, kl_cost, kl_nats, reparametrise
from export.models.morph import data as music
from export.models.morph.model import Config, MorphModel
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import Task, fit
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    latent: int = 256
    melody: int = 160
    bass: int = 112
    drums: int = 112
    dropout: float = 0.1
    melodies: int = 48  # rows of a batch that are a melody alone
    trios: int = 32  # that are melody, bass and drums (some of them hidden from the encoder)
    basses: int = 8
    rate: float = 1.5e-3
    minutes: float = 20.0
    steps: int = 40_000
    valid_every: int = 500
    weight_decay: float = 0.02
    beta: float = 0.1  # weight of the KL term, which orders the space
    beta_last: float = 0.03  # in the last third: a sharper posterior
    free_nats: float = 33.0
    valid_windows: int = 640


PRESETS = {
    "small": Settings(),
    "full": Settings(
        latent=512, melody=320, bass=192, drums=192, melodies=192, trios=128, basses=32, steps=100_000, minutes=600.0
    ),
}
# -------------------------------------------------------------------------------------------------------------------

# what the encoder is shown of a trio (melody, bass, drums), and how often; all that exists is to be given back
SHOWN = (
    ((1, 1, 1), 0.6),
    ((1, 1, 0), 0.12),
    ((1, 0, 0), 0.08),
    ((0, 1, 0), 0.06),
    ((1, 0, 1), 0.07),
    ((0, 1, 1), 0.07),
)


@dataclass
class Batch:
    """Rows in three blocks: melodies alone, trios, basses alone. melody holds the first two, bass the last two, hits the
    middle; present (n, 3); wanted (n, 3): which tracks count in the loss."""

    melody: np.ndarray
    bass: np.ndarray
    hits: np.ndarray
    present: np.ndarray
    wanted: np.ndarray

    @property
    def rows(self) -> tuple[slice, slice, slice]:
        total, melodies, basses = len(self.present), len(self.melody), len(self.bass)
        return slice(0, melodies), slice(total - basses, total), slice(total - basses, melodies)


class MorphTask(Task):
    """Nats a step of melodies alone and of trios, with the weighted KL."""

    name, figure = "morph", "nats a step"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        train, valid, _ = music.load(data)
        self.lines, self.valid_lines = music.lines_of(train), music.lines_of(valid).apart()
        drums, valid_drums = music.drums_of(train), music.drums_of(valid)
        for part, what in ((self.lines, "train"), (self.valid_lines, "valid")):
            if not part.has[:, 0].any() or not part.has.all(axis=1).any():
                raise AntiphonError(f"Data {data}: no {what} melody with a bass in 4/4 or 2/4; name more with --data.")
        if drums is None or valid_drums is None:
            raise AntiphonError(
                f"Data {data}: no drum performances to train and validate on; add groove_midi.jsonl.gz."
            )
        self.drum_windows: Windows = drums
        self.pools = self._pools(self.lines)
        self.corpus_text = f"train {music.describe(self.lines, train)}; {len(drums)} of drums; "
        self.corpus_text += f"valid {music.describe(self.valid_lines, valid)}; {len(valid_drums.apart())} of drums"
        s = settings
        self.model = MorphModel(Config(latent=s.latent, melody=s.melody, bass=s.bass, drums=s.drums, dropout=s.dropout))
        fixed = np.random.default_rng(0)
        self.valid_batches = [
            self.batch(self.valid_lines, valid_drums.apart(), self._pools(self.valid_lines), (64, 32, 0), fixed, False)
            for _ in range(max(1, s.valid_windows // 64))
        ]

    @staticmethod
    def _pools(lines: music.Lines) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Windows that have a melody, melody and bass, a bass."""
        has = lines.has
        return np.flatnonzero(has[:, 0]), np.flatnonzero(has.all(axis=1)), np.flatnonzero(has[:, 1])

    def batch(
        self,
        lines: music.Lines,
        drums: Windows,
        pools: tuple[np.ndarray, ...],
        sizes: tuple[int, int, int],
        rng: np.random.Generator,
        vary: bool = True,
    ) -> Batch:
        """Random windows; vary: transposed by up to six semitones, some tracks hidden."""
        alone, trio, low = (rng.choice(pool, size) for pool, size in zip(pools, sizes, strict=True))
        melody = lines.melody[np.concatenate([alone, trio])]
        bass = lines.bass[np.concatenate([trio, low])]
        hits = drums.hits[music.paired(lines.tempo[trio], drums, rng)].astype(np.float32)
        present = np.zeros((sum(sizes), 3), np.float32)
        wanted = present.copy()
        first, second = sizes[0], sizes[0] + sizes[1]
        present[:first, 0] = wanted[:first, 0] = 1
        present[second:, 1] = wanted[second:, 1] = 1
        present[first:second] = wanted[first:second] = 1
        if vary:
            chosen = rng.choice(len(SHOWN), size=sizes[1], p=[p for _, p in SHOWN])
            present[first:second] = np.array([shown for shown, _ in SHOWN])[chosen]
            wanted[first:second, 2] = present[first:second, 2]  # hidden drums cannot be known: none were played there
            moves = rng.integers(-6, 7, size=(len(present), 1))
            melody = morph_code.transposed(melody, moves[: len(melody)])
            bass = morph_code.transposed(bass, moves[len(moves) - len(bass) :])
        return Batch(melody, bass, hits, present, wanted)

    def terms(self, model: nn.Module, b: Batch) -> dict[str, Tensor]:
        """kl (n, latent); for each track nats (rows, 32) and right (rows, 32) of the rows that hold it."""

        def on(x: np.ndarray) -> Tensor:
            return torch.from_numpy(x).to(self.device)

        pairs = []
        for tokens in (b.melody, b.bass):
            pairs += [on(tokens.astype(np.int64)), on(morph_code.sounding(tokens).astype(np.int64))]
        hits = on(b.hits)
        mean, log_variance = model.encode(*pairs, hits, on(b.present), b.rows)  # type: ignore[operator]
        z = reparametrise(mean, log_variance)
        found = {"kl": kl_nats(mean, log_variance)}
        for i, name in enumerate(morph_code.TRACKS):
            decoder, own = getattr(model, name), z[b.rows[i]]
            if not len(own):
                continue
            given = (hits,) if name == "drums" else (pairs[2 * i], pairs[2 * i + 1])
            logits = decoder(decoder.conductor(own), *given)
            truth = pairs[2 * i] if name != "drums" else (hits.long() @ on(1 << np.arange(len(groove_code.KIT))))
            nats = F.cross_entropy(logits.flatten(0, 1), truth.flatten(), reduction="none").reshape(truth.shape)
            found[f"{name}_nats"] = nats
            found[f"{name}_right"] = (logits.argmax(-1) == truth).float()
        return found

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        b = self.batch(self.lines, self.drum_windows, self.pools, (s.melodies, s.trios, s.basses), rng)
        found = self.terms(self.model, b)
        total = kl_cost(found["kl"], s.free_nats) * annealed(s.beta, self.fraction, last=s.beta_last)
        for i, name in enumerate(morph_code.TRACKS):
            wanted = torch.from_numpy(b.wanted[b.rows[i], i]).to(self.device)
            total = total + (found[f"{name}_nats"].sum(1) * wanted).sum() / len(b.present)
        return total / morph_code.STEPS, {"kl_nats": float(found["kl"].detach().sum(1).mean())}

    def validate(self, model: nn.Module) -> dict[str, float]:
        s = self.settings
        torch.manual_seed(0)  # the same draw of every latent each time
        sums: dict[str, float] = {}
        for b in self.valid_batches:
            found = self.terms(model, b)
            alone = len(b.present) - len(b.bass)
            parts = {
                "melody_nats": found["melody_nats"][:alone],
                "melody": found["melody_right"][:alone],
                "trio_melody": found["melody_right"][alone:],
                "trio_bass": found["bass_right"],
                "trio_drums": found["drums_right"],
                "trio_nats": found["melody_nats"][alone:] + found["bass_nats"] + found["drums_nats"],
                "melody_kl": found["kl"][:alone].sum(1),
                "trio_kl": found["kl"][alone:].sum(1),
            }
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value.mean()) / len(self.valid_batches)
        paid = sum(max(0.0, sums[k] - s.free_nats) for k in ("melody_kl", "trio_kl"))
        cost = 0.5 * (sums["melody_nats"] + sums["trio_nats"] + s.beta_last * paid / morph_code.STEPS)
        return {"cost": cost, **sums}

    def config(self) -> dict:
        return self.model.config_dict()  # type: ignore[operator]


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/morph",
    resume: bool = False,
    progress: bool = True,
    **overrides: object,
) -> dict:
    """Trains and returns export.pattern.trainer.fit's facts. Raises AntiphonError for unusable data or settings."""
    return fit(MorphTask, resolve(PRESETS, preset, overrides), data, out, resume, progress)


if __name__ == "__main__":
    import argparse

    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data")
    arguments.add_argument("--preset", default="small")
    arguments.add_argument("--out", default="out/morph")
    arguments.add_argument("--resume", action="store_true")
    arguments.add_argument("--set", action="append", default=[])
    a = arguments.parse_args()
    print(train(a.data, a.preset, a.out, a.resume, **dict(x.split("=", 1) for x in a.set)))
