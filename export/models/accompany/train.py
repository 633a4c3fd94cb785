"""Trains `accompany`; [workshop]. All settings stand at the top."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from export.models.accompany import data as corpus
from export.models.accompany.batches import LIVE, Batch, Windows, random_hidden
from export.models.accompany.model import Accompany, Config
from export.pattern import trainer
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import fit
from realtime.native.errors import AntiphonError


@dataclass
class Settings(CommonSettings):
    """A window is `length` tokens (frames and notes); `pop_share` of the windows are POP909's, the rest Lieder."""

    minutes: float = 21.0
    steps: int = 12_000
    batch: int = 20
    rate: float = 2.5e-3
    warmup_steps: int = 100
    weight_decay: float = 0.05
    smoothing_decay: float = 0.995
    valid_every: int = 100
    width: int = 160
    layers: int = 4
    inner: int = 480
    ring: int = 320
    length: int = 384
    pop_share: float = 0.65
    transpose: int = 3  # semitones up or down at most
    valid_windows: int = 24


PRESETS = {
    "small": Settings(),
    "full": Settings(minutes=240, steps=60_000, batch=64, width=320, layers=8, inner=1280, ring=768, length=1024,
                     valid_every=1000, smoothing_decay=0.999, rate=1e-3),
}  # fmt: skip


class Task(trainer.Task):
    """Windows of songs, teacher-forced; the figure is nats a note as heard live (nothing ahead known, no wishes)."""

    name = "accompany"
    figure = "nats a note"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        s = settings
        songs, self.corpus_text = load_songs(data)
        self.model = Accompany(Config(s.width, s.layers, s.inner, s.ring))
        kept = {style: [x for x in songs if x.style == style] for style in ("pop", "lied")}
        self.train_sets = {
            k: Windows(t, s.length) for k, v in kept.items() if (t := [x for x in v if x.split == "train"])
        }
        if not self.train_sets:
            raise AntiphonError(f"Data {data}: no training song with a melody, chords and a piano part; name another.")
        rng = np.random.default_rng(0)
        self.valid_sets: dict[str, list[Batch]] = {}
        for style, v in kept.items():
            if held := [x for x in v if x.split != "train"]:
                windows = Windows(held, s.length)
                rows = [windows.row(*windows.draw(rng), 0, LIVE) for _ in range(s.valid_windows)]
                self.valid_sets[style] = [windows.batch(rows[i : i + 8]) for i in range(0, len(rows), 8)]

    def config(self) -> dict[str, Any]:
        s = self.settings
        return {"width": s.width, "layers": s.layers, "inner": s.inner, "ring": s.ring}

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        s = self.settings
        shares = {"pop": s.pop_share, "lied": 1 - s.pop_share}
        styles = list(self.train_sets)
        weights = np.array([shares[k] for k in styles])
        style = styles[int(rng.choice(len(styles), p=weights / weights.sum()))]
        windows = self.train_sets[style]
        rows = []
        for _ in range(s.batch):
            shift = int(rng.integers(-s.transpose, s.transpose + 1))
            rows.append(windows.row(*windows.draw(rng), shift, random_hidden(rng)))
        batch = windows.batch(rows)
        sums, (notes, ends) = self.sums(self.model, batch), batch.events
        return sums.sum() / max(1, notes + ends), {"train_note": float(sums.sum().detach()) / max(1, notes)}

    def sums(self, model: nn.Module, b: Batch) -> Tensor:
        assert isinstance(model, Accompany)
        d = self.device
        h = model(b.frames.to(d), b.index.to(d), b.note.to(d), b.turn.to(d))
        return model.losses(h, b.target.to(d))

    def validate(self, model: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for style, batches in self.valid_sets.items():
            sums, notes = torch.zeros(4), 0
            for batch in batches:
                with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
                    sums += self.sums(model, batch).float().cpu()
                notes += batch.events[0]
            figures[style] = float(sums.sum()) / max(1, notes)
            for name, value in zip(("place", "pitch", "duration", "velocity"), sums, strict=True):
                figures[f"{style}_{name}"] = float(value) / max(1, notes)
        if not figures:
            return {"mean": self.figure_of_training()}
        return {"mean": float(np.mean([figures[s] for s in self.valid_sets])), **figures}

    def figure_of_training(self) -> float:
        """Without held-out songs the training loss of one batch stands in."""
        loss, _ = self.loss(np.random.default_rng(0))
        return float(loss)


def load_songs(data: str | Path | None) -> tuple[list[corpus.Song], str]:
    """The songs of a corpus. Lieder get their chords from `changes`."""
    pieces = corpus.load(data)
    songs = corpus.songs_of(pieces.pieces, follower())
    if not songs:
        raise AntiphonError(
            f"Data {data}: no song in it has a melody, chords and a piano part; give a folder with POP909 or Lieder "
            "(.jsonl.gz)."
        )
    return songs, f"{len(songs)} songs of {pieces.describe()}"


def follower():
    """The chord follower of the shipped package of `changes`, None where that has not been made."""
    from realtime.models.changes import Changes

    try:
        return Changes.load().filter("notes")
    except AntiphonError:
        return None


def train(data=None, preset="small", out="out/accompany", resume=False, progress=True, **overrides) -> dict:
    """Trains and returns {"checkpoint", "steps", "minutes", "figure", "curve"}."""
    return fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)
