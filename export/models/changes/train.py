"""Trains `changes`: counts and tunes the hidden Markov model, fits the conditional random fields, then trains the net;
[workshop]. All settings stand at the top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.models.changes import crf, hmm
from export.models.changes import data as corpus
from export.models.changes.audio import render_examples
from export.models.changes.data import Example
from export.models.changes.model import Config, Follower
from export.models.changes.tune import tuned_weights
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import fit
from realtime.models.changes.code import LABELS, NO_CHORD, PLACES, transposed_labels
from realtime.models.changes.recurrent import LAGS, inputs
from realtime.native.errors import AntiphonError


@dataclass
class Settings(CommonSettings):
    """The net's windows are `length` frames of half a beat; a share of them hears the melody alone."""

    minutes: float = 5.0
    steps: int = 6000
    batch: int = 32
    rate: float = 4e-3
    weight_decay: float = 0.01
    smoothing_decay: float = 0.995
    valid_every: int = 150
    bf16: bool = False
    hidden: int = 160
    length: int = 96
    melody_share: float = 0.4
    key_weight: float = 0.3
    crf_steps: int = 500
    audio_pieces: int = 16  # training pieces rendered for the tones of audio; 0: the tones of notes serve


PRESETS = {"small": Settings(), "full": Settings(minutes=60, steps=60_000, hidden=384, length=256, crf_steps=6000)}


class Task(trainer.Task):
    """The net, on frames in all twelve transpositions."""

    name = "changes"
    figure = "nats a frame"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        pieces = corpus.load(data)
        self.corpus_text = pieces.describe()
        found = corpus.examples(pieces.pieces)
        self.train_set = [_arrays(e) for e in found if e.split == "train"]
        if not self.train_set:
            raise AntiphonError(f"Data {data}: no training piece with chords; name another with --data.")
        held = [_arrays(e) for e in found if e.split != "train"] or self.train_set
        rng = np.random.default_rng(0)
        self.valid_set = [self._batch(rng, held, 48, False, melody) for melody in (False, True) for _ in range(2)]
        self.model = Follower(Config(settings.hidden))

    def config(self) -> dict[str, Any]:
        return {"hidden": self.settings.hidden}

    def _batch(self, rng, examples, batch: int, roll: bool, melody: bool | None) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, T, inputs), labels (B, T), keys (B,); -1 unknown or beyond the end."""
        s = self.settings
        sizes = np.array([len(e[2]) for e in examples], float)
        x = np.zeros((batch, s.length, examples[0][0].shape[1]), np.float32)
        y, keys = np.full((batch, s.length), -1), np.full(batch, -1)
        for b, which in enumerate(rng.choice(len(examples), batch, p=sizes / sizes.sum())):
            notes, line, labels, key = examples[which]
            alone = rng.random() < s.melody_share if melody is None else melody
            start = int(rng.integers(0, max(1, len(labels) - s.length + 1)))
            part = (line if alone else notes)[start : start + s.length]
            shift = int(rng.integers(12)) if roll else 0
            n = len(part)
            rolled = np.roll(part[:, :36].reshape(n, 3, 12), shift, 2).reshape(n, 36)
            x[b, :n] = np.concatenate((rolled, part[:, 36:]), 1)
            own = labels[start : start + s.length]
            y[b, :n] = np.where(own >= 0, transposed_labels(own, shift), -1)
            keys[b] = -1 if key < 0 else (key + shift) % 12 + key // 12 * 12
        return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(keys)

    def _losses(self, model: nn.Module, batch: tuple[Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """(lags,) nats a frame, and nats a frame of the key (from the eighth beat on)."""
        x, y, keys = (t.to(self.device) for t in batch)
        chords, key = model(x)
        losses = []
        for i, lag in enumerate(LAGS):
            logits, target = chords[:, lag:, i], y[:, : y.shape[1] - lag]
            losses.append(F.cross_entropy(logits.reshape(-1, LABELS), target.reshape(-1), ignore_index=-1))
        settled = key[:, 16:]
        target = keys[:, None].expand(-1, settled.shape[1]).reshape(-1)
        key_loss = F.cross_entropy(settled.reshape(-1, key.shape[-1]), target, ignore_index=-1)
        return torch.stack(losses), torch.nan_to_num(key_loss)

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        chord, key = self._losses(self.model, self._batch(rng, self.train_set, self.settings.batch, True, None))
        return chord.mean() + self.settings.key_weight * key, {"key": float(key.detach())}

    def validate(self, model: nn.Module) -> dict[str, float]:
        rows = [self._losses(model, b) for b in self.valid_set]
        half = len(rows) // 2
        notes, line = (torch.stack([r[0] for r in part]).mean(0) for part in (rows[:half], rows[half:]))
        figures = {"mean": float((notes.mean() + line.mean()) / 2), "notes": float(notes.mean())}
        return {**figures, "melody": float(line.mean()), "key": float(torch.stack([r[1] for r in rows]).mean())}


def _arrays(e: Example) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    return inputs(*e.notes, e.places, e.melody_only), inputs(*e.melody, e.places, True), e.labels, e.key


def fit_tables(
    examples: Sequence[Example], pieces: Sequence[Any], settings: Settings, tell: Callable[[str], None]
) -> dict[str, np.ndarray]:
    """All tables: hidden Markov model (counted, exponents tuned on training pieces), conditional random fields."""
    train = [e for e in examples if e.split == "train"]
    if not train:
        raise AntiphonError("Training changes: no training piece with chords in this data; name another with --data.")
    tables = hmm.fit(train)
    audio = render_examples(pieces, settings.audio_pieces, settings.seed, tell) if settings.audio_pieces else []
    if audio:
        tables["hmm_tone"][2], tables["hmm_bass"][1] = hmm.fit_tones(
            [(e.notes[0], e.notes[2], e.labels) for e in audio]
        )
    tables["hmm_weights"] = tuned_weights(tables, train, audio, settings.seed, tell)
    valid = [e for e in examples if e.split != "train"]
    for kind in ("melody", "notes"):
        usable = [e for e in train if kind == "melody" or not e.melody_only] or train
        held = [e for e in valid if kind == "melody" or not e.melody_only]
        found, _ = crf.fit(usable, held, kind, settings.crf_steps, settings.seed, tell=tell)
        tables |= found
    return tables


def train(data=None, preset="small", out="out/changes", resume=False, progress=True, **overrides) -> dict:
    """Fits the tables (kept in tables.npz), then trains the net; returns {"checkpoint", "steps", "minutes", "figure",
    "curve"}."""
    settings = resolve(PRESETS, preset, overrides)
    trainer.seed_everything(settings.seed, settings.threads)
    folder = Path(out)
    if not (resume and (folder / "tables.npz").exists()):
        pieces = corpus.load(data)
        tables = fit_tables(corpus.examples(pieces.pieces), pieces.train, settings, print if progress else _silent)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(folder / "tables.npz", **tables)  # type: ignore[arg-type]
        except OSError as error:
            raise AntiphonError(
                f"Tables {folder / 'tables.npz'}: could not be written ({error.strerror}); free some space."
            ) from error
    return fit(Task, settings, data, out, resume, progress)


def _silent(text: str) -> None:
    """No progress wanted."""


assert NO_CHORD == LABELS - 1 and PLACES == 4
