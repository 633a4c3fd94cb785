"""Figures of `phrase` on held-out music, through its package: exact likelihood of answers by style and stream, and what
its own music is like; [workshop].

antiphon evaluate phrase --data ../shared/data --json
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import realtime.models.phrase.code as code
from export.measures import generator_metrics
from export.measures.copies import TrainingRuns
from export.models.phrase.examples import Example, turns
from export.models.phrase.songs import Song, load_songs
from export.pattern.report import result
from realtime.models.phrase.model import Phrase
from realtime.models.phrase.writer import PhraseNet
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError

STREAMS = ("pitch", "duration", "velocity", "delta")
TURN_BARS = (2, 4)
OTHERS = 30  # held-out sections of each style and texture but folk lines, their first EXCERPT events
EXCERPT = 200
GENERATED = 6  # pieces of BARS bars of each style and texture
BARS = 32


@dataclass
class Tally:
    """Nats, right guesses and numbers of targets of the answers, by stream."""

    nats: np.ndarray = field(default_factory=lambda: np.zeros(4))
    right: np.ndarray = field(default_factory=lambda: np.zeros(4))
    count: np.ndarray = field(default_factory=lambda: np.zeros(4))
    notes: int = 0

    def add(self, stream: int, logits: np.ndarray, target: int) -> None:
        x = logits.astype(np.float64)
        self.nats[stream] += np.log(np.exp(x - x.max()).sum()) + x.max() - x[target]
        self.right[stream] += int(x.argmax()) == target
        self.count[stream] += 1

    @property
    def event_nats(self) -> float:
        """Nats a note of pitch, duration and delta (the ends of the answers in it)."""
        return float(self.nats[[0, 1, 3]].sum()) / max(1, self.notes)

    def metrics(self, ending: str) -> dict[str, float]:
        """The figures under the names of the tables."""
        found = {f"nll_event_nats{ending}": self.event_nats}
        for k, name in enumerate(STREAMS):
            if self.count[k]:
                per = self.count[k] if name == "velocity" else self.notes
                found[f"nll_{name}_nats{ending}"] = self.nats[k] / max(1, per)
        guesses = [0, 1, 3]
        found[f"accuracy_teacher_forced{ending}"] = self.right[guesses].sum() / max(1, self.count[guesses].sum())
        return found


def follow(net: PhraseNet, example: Example, tally: Tally) -> list[int]:
    """Runs the package along an example, the truth fed back; returns nanoseconds an event. Only answers are counted."""
    net.reset()
    times = []
    for row in zip(example.fields, example.times, example.targets, example.answer, strict=True):
        fields, when, target, answer = row
        started = time.perf_counter_ns()
        net.feed(fields, when)
        note = target[0] >= 0
        net.ask(int(target[0]) if note else code.SEPARATOR, int(target[1]) if note else 0)
        times.append(time.perf_counter_ns() - started)
        if not answer:
            continue
        tally.notes += int(note)
        for k, logits in enumerate((net.pitch, net.duration, net.velocity, net.delta)):
            if target[k] >= 0:
                tally.add(k, logits, int(target[k]))
    return times


def as_sequence(song: Song) -> NoteSequence:
    """A section as notes in beats."""
    notes = [Note(o / code.TICKS, d / code.TICKS, p, code.velocity_of(v)) for o, d, p, v in song.notes]
    return NoteSequence(notes, metres=[Metre(0.0, song.numerator or 4, song.denominator)])


def _likelihood(
    net: PhraseNet, songs: Sequence[Song], tell: Callable[[float, str], None]
) -> tuple[dict[str, float], int]:
    groups: dict[tuple[int, int], list[Song]] = defaultdict(list)
    for song in songs:
        groups[song.style, song.texture].append(song)
    tallies: dict[str, Tally] = {}
    times: list[int] = []
    done = 0
    for (style, texture), group in sorted(groups.items()):
        name = f"_{code.STYLES[style] or 'unnamed'}{'_chords' if texture else ''}"
        first = (style, texture) == (1, code.LINE)
        chosen = group if first else group[:: max(1, len(group) // OTHERS)][:OTHERS]
        tally = tallies.setdefault(name, Tally())
        for k, song in enumerate(chosen):
            for bars in TURN_BARS:
                example = turns(song, None, bars, 2000 if first else EXCERPT)
                if example is not None:
                    times += follow(net, example if first else example.cut(EXCERPT), tally)
            if k % 10 == 0:
                tell(0.8 * done / max(1, len(songs)), f"{name[1:]} {tally.event_nats:.4f} nats a note")
            done += len(group) / len(chosen)  # type: ignore[assignment]
    metrics: dict[str, float] = {}
    counted = {n: t for n, t in tallies.items() if t.notes}
    if not counted:
        return {}, 0
    main = counted.get("_folk") or next(iter(counted.values()))
    metrics |= main.metrics("")
    for name, tally in counted.items():
        if tally is not main or len(counted) > 1:
            metrics |= tally.metrics(name)
    metrics["event_us_p50"] = float(np.median(times)) / 1000
    return metrics, main.notes


def _own_music(
    model: Phrase, held_out: Sequence[Song], train: Sequence[Song], tell: Callable[[float, str], None]
) -> dict[str, float]:
    kinds = [(s, t) for s in range(len(code.STYLES)) for t in (code.LINE, code.CHORDS)]
    metrics: dict[str, float] = {}
    runs = TrainingRuns([as_sequence(s) for s in train]) if train else None
    for number, (style, texture) in enumerate(kinds):
        real = [as_sequence(s) for s in held_out if (s.style, s.texture) == (style, texture) and s.numerator]
        if not real:
            continue
        name = f"_{code.STYLES[style] or 'unnamed'}{'_chords' if texture else ''}"
        tell(0.85 + 0.15 * number / len(kinds), f"writing {name[1:]}")
        made = [model.generate(None, BARS, k, style=style, texture=texture + 1) for k in range(GENERATED)]
        again = model.generate(None, BARS, 0, style=style, texture=texture + 1)
        found = generator_metrics(made, real[:200], runs)
        found["same_seed_same_notes"] = float(again.notes == made[0].notes)
        kept = ("in_key_share", "groove_consistency", "self_similarity", "overlap_area", "copied_share",
                "longest_copied_run", "same_seed_same_notes")  # fmt: skip
        for key in (k for base in kept for k in (base, f"{base}_real") if k in found):
            metrics[f"{key}{name}"] = found[key]
    if not metrics:
        return {}
    for key, total in (("in_key_share", np.mean), ("groove_consistency", np.mean), ("self_similarity", np.mean),
                       ("overlap_area", np.mean), ("copied_share", np.mean), ("longest_copied_run", max),
                       ("same_seed_same_notes", min)):  # fmt: skip
        names = [key + n for n in _endings() if key + n in metrics]
        if names:
            metrics[key] = float(total([metrics[n] for n in names]))
    return metrics


def _endings() -> list[str]:
    return [f"_{s or 'unnamed'}{c}" for s in code.STYLES for c in ("", "_chords")]


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[..., None] | None = None,
) -> dict:
    """{"model", "data", "pieces", "exact", "metrics"}; likelihoods are exact, in nats per note of the answers.

    nll_event_nats: pitch, duration and delta of the answers in folk tunes (of the first style there is, if no folk), cut
    into turns of 2 and 4 bars from the first bar, key found in the call. The same by stream
    and style (their first 200 events of at most 30 sections); velocity per note that has one. pieces: at most so many
    sections of each style. Generated pieces start from nothing. Raises AntiphonError.
    """
    model = Phrase.load(package)
    songs = load_songs(data)
    held_out = songs.held_out
    if pieces is not None:
        few: dict[tuple[int, int], list[Song]] = defaultdict(list)
        for song in held_out:
            few[song.style, song.texture].append(song)
        held_out = [s for group in few.values() for s in group[:pieces]]
    train = songs.split("train")
    tell = progress or (lambda *_: None)
    metrics, events = _likelihood(model.net, held_out, tell)
    if not events:
        raise AntiphonError(f"Data {data}: no music in it has a call and an answer to evaluate on.")
    metrics["events"] = events
    metrics |= _own_music(model, held_out, train, tell)
    return result("phrase", data, len(held_out), True, metrics)
