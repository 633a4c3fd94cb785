"""Trains `phrase` on folk, classical, jazz and pop: turns, free runs and fill-ins; every setting at the top; [workshop].

antiphon train phrase --data ../shared/data --preset small
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor

import realtime.models.phrase.code as code
from export.models.phrase.examples import IGNORE, LONGEST, Example, training_example, turns
from export.models.phrase.model import Config, Phrase
from export.models.phrase.songs import Song, load_songs
from export.pattern.settings import CommonSettings, resolve
from export.pattern.trainer import Task as BaseTask
from export.pattern.trainer import fit
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings(CommonSettings):
    batch: int = 48  # examples
    rate: float = 2e-3  # of Adam, for embeddings, heads and gains
    muon_rate: float = 0.02  # of Muon (Jordan 2024), for the matrices of the layers
    warmup_steps: int = 60
    weight_decay: float = 0.02
    smoothing_decay: float = 0.995
    minutes: float = 60.0
    steps: int = 2000
    valid_every: int = 200
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    wide: int = 3
    channel: str = "attention"
    metrical: bool = True
    dropout: float = 0.1
    context_weight: float = 0.8  # loss on calls, prefixes and suffixes: they teach melody, the rest teaches the task
    velocity_weight: float = 0.4
    folk: float = 0.5  # share of the events; the other groups share the rest


PRESETS = {
    "small": Settings(),
    "full": Settings(hidden=256, heads=8, layers=6, dropout=0.15, steps=20_000, minutes=600.0, valid_every=500),
}
# -------------------------------------------------------------------------------------------------------------------

# share of the events that is not folk, by source and texture
SHARES = {
    ("bach_chorales_music21", code.LINE): 0.03,
    ("openscore_quartets", code.LINE): 0.11,
    ("openscore_lieder", code.LINE): 0.13,
    ("chopin_first_editions", code.LINE): 0.07,
    ("openewld", code.LINE): 0.14,
    ("pop909", code.LINE): 0.16,
    ("chopin_first_editions", code.CHORDS): 0.16,
    ("piano_perf_giantmidi", code.CHORDS): 0.06,
    ("pop909", code.CHORDS): 0.14,
}
POOL = 8  # batches drawn at a time and sorted by length, so that little is padded


def valid_examples(songs: list[Song], turn_bars: tuple[int, ...] = (2, 4), longest: int = 2000) -> list[Example]:
    """The fixed evaluation: every song cut from its first bar into turns of 2 and of 4 bars; key
    found in the call."""
    made = [turns(s, None, n, longest) for s in songs for n in turn_bars]
    return [e for e in made if e is not None]


def collate(group: list[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """fields, times, targets, weights of some examples, (batch, time, ...); padding carries no loss."""
    longest = max(len(e.weight) for e in group)
    fields = np.zeros((len(group), longest, len(code.FIELDS)), np.int64)
    times = np.zeros((len(group), longest, len(code.TIMES)), np.int64)
    times[..., code.TIMES.index("bar_ticks")] = 96
    targets = np.full((len(group), longest, 4), IGNORE, np.int64)
    weights = np.zeros((len(group), longest), np.float32)
    for i, e in enumerate(group):
        n = len(e.weight)
        fields[i, :n], times[i, :n], targets[i, :n], weights[i, :n] = e.fields, e.times, e.targets, e.weight
    return torch.from_numpy(fields), torch.from_numpy(times), torch.from_numpy(targets), torch.from_numpy(weights)


@torch.no_grad()
def answer_nats(model: Phrase, examples: list[Example], batch: int = 16) -> tuple[np.ndarray, int, int]:
    """(sum of nats of the answers by stream (pitch, duration, velocity, delta), notes, notes with dynamics)."""
    total, notes, loud = np.zeros(4), 0, 0
    order = sorted(examples, key=lambda e: len(e.weight))
    device = next(model.parameters()).device
    for i in range(0, len(order), batch):
        group = order[i : i + batch]
        fields, times, targets, _ = (x.to(device) for x in collate(group))
        answers = np.zeros(tuple(targets.shape[:2]), bool)
        for k, e in enumerate(group):
            answers[k, : len(e.answer)] = e.answer
        nats = model(fields, times, targets).double().cpu().numpy()
        total += nats[answers].sum(0)
        chosen = targets.cpu().numpy()[answers]
        notes += int((chosen[:, 0] >= 0).sum())
        loud += int((chosen[:, 2] >= 0).sum())
    return total, notes, loud


class Task(BaseTask):
    """Task of export.pattern.trainer."""

    model: Phrase
    name = "phrase"
    figure = "nats a note of folk answers"

    def __init__(self, settings: Settings, data: str | Path | None):
        super().__init__(settings)
        s = settings
        config = Config(
            hidden=s.hidden, layers=s.layers, heads=s.heads, wide=s.wide, channel=s.channel, metrical=s.metrical,
            dropout=s.dropout,
        )  # fmt: skip
        self.model = Phrase(config)
        songs = load_songs(data)
        self.corpus_text = songs.describe()
        self.groups: dict[tuple[str, int], list[Song]] = defaultdict(list)
        for song in songs.split("train"):
            known = (song.source, song.texture) in SHARES
            self.groups[(song.source, song.texture) if known else ("", song.texture)].append(song)
        if not self.groups:
            raise AntiphonError(f"Data {data}: it has no music of the split train; name a folder with some.")
        rest = sum(SHARES[k] for k in self.groups if k in SHARES)
        others = [k for k in self.groups if k not in SHARES]
        folk = s.folk if rest else 1.0
        self.shares = {k: SHARES[k] / rest * (1 - (folk if others else 0.0)) for k in self.groups if k in SHARES}
        self.shares |= {k: folk / len(others) for k in others}
        self.drawn = dict.fromkeys(self.shares, 0.0)
        self.queue: list[list[Example]] = []
        self.held_out: dict[str, list[Example]] = {}
        for key in self.groups:
            chosen = [x for x in songs.held_out
                      if ((x.source, x.texture) if key[0] else (x.source in {k[0] for k in SHARES}, x.texture))
                      == (key if key[0] else (False, key[1]))]  # fmt: skip
            count = 80 if not key[0] else 8
            examples = valid_examples(chosen[:: max(1, len(chosen) // count)][:count], longest=LONGEST)
            if examples:
                name = f"{key[0].split('_')[0]}{' chords' if key[1] else ''}".strip() or "nll_event_nats"
                self.held_out[name] = [e.cut(600) for e in examples]
        self.held_out = dict(sorted(self.held_out.items(), key=lambda item: item[0] != "nll_event_nats"))
        if not self.held_out:
            raise AntiphonError(f"Data {data}: no held-out music in it has a call and an answer; name more.")

    def config(self) -> dict:
        return self.model.config_dict()

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """Muon for the matrices inside the layers, Adam for all else."""
        s = self.settings
        inside = {id(p) for layer in self.model.each_layer() for p in layer.parameters() if p.dim() == 2}
        matrices = [p for p in self.model.parameters() if id(p) in inside]
        rest = [p for p in self.model.parameters() if id(p) not in inside]
        return {
            "muon": torch.optim.Muon(matrices, lr=s.muon_rate, weight_decay=s.weight_decay, momentum=0.95),
            "adam": torch.optim.AdamW(rest, lr=s.rate, betas=(0.9, 0.98), weight_decay=0.0),
        }

    def _examples(self, random: Random) -> Iterator[Example]:
        """Examples of the group that is furthest below its share of the events."""
        while True:
            total = sum(self.drawn.values())
            key = max(self.shares, key=lambda k: self.shares[k] * (total + 1) - self.drawn[k])
            example = training_example(random.choice(self.groups[key]), random, self.settings.context_weight)
            self.drawn[key] += len(example.weight)
            yield example

    def batch(self, rng: np.random.Generator) -> list[Example]:
        """Examples of like length."""
        size = self.settings.batch
        if not self.queue:
            stream = self._examples(Random(int(rng.integers(2**62))))
            pool = sorted((next(stream) for _ in range(size * POOL)), key=lambda e: len(e.weight))
            # as many events in every batch: short examples come in larger ones
            total = sum(len(e.weight) for e in pool) / POOL
            group: list[Example] = []
            for example in pool:
                if group and (len(group) + 1) * len(example.weight) > 1.1 * total:
                    self.queue.append(group)
                    group = []
                group.append(example)
            self.queue.append(group)
            rng.shuffle(self.queue)  # type: ignore[arg-type]
        return self.queue.pop()

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        fields, times, targets, weights = (x.to(self.device) for x in collate(self.batch(rng)))
        nats = self.model(fields, times, targets) * weights[..., None]
        notes = (weights * (targets[..., 0] >= 0)).sum().clamp(min=1.0)
        parts = nats.sum((0, 1)) / notes
        figures = dict(zip(("pitch", "duration", "velocity", "delta"), parts.detach().tolist(), strict=True))
        total = parts[0] + parts[1] + parts[3] + self.settings.velocity_weight * parts[2]
        return total, figures

    def validate(self, model) -> dict[str, float]:
        figures = {}
        for name, examples in self.held_out.items():
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
                nats, notes, loud = answer_nats(model, examples)
            figures[name] = float(nats[[0, 1, 3]].sum() / max(1, notes))
            if loud:
                figures[f"{name} velocity"] = float(nats[2] / loud)
        return figures


def train(
    data: str | Path | None = None,
    preset: str = "small",
    out: str | Path = "out/phrase",
    resume: bool = False,
    progress: bool = True,
    **overrides: float,
) -> dict:
    """Trains and returns {"checkpoint", "steps", "minutes", "figure", "curve"}.

    data: the folder of shared sets, one .jsonl(.gz) file, a folder of MIDI, or None for music21's folk tunes.
    Raises AntiphonError for an unknown preset or setting, unusable data, a checkpoint of other sizes, a full disk.
    """
    return fit(Task, resolve(PRESETS, preset, overrides), data, out, resume, progress)  # type: ignore[arg-type]


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--out", default="out/phrase")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    changed = dict(item.split("=", 1) for item in given.set)
    print(train(given.data, given.preset, given.out, given.resume, **changed))  # type: ignore[arg-type]
    print(asdict(PRESETS[given.preset]))
