"""Evaluates the packaged `answer`: likelihood per note against unigram and bigram, and what its answers are like;
[workshop].

antiphon evaluate answer --data ../shared/data --json
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from export.copies import RunIndex
from export.corpora import Tune, load_tunes
from export.corpora.load import Corpus
from export.corpora.segments import Stream, make_stream
from export.models.answer.package import event_nll
from export.models.answer.train import valid_streams
from realtime.music import melody_code as code
from realtime.music.melody import in_key_share
from realtime.music.sequence import Metre
from realtime.native.errors import AntiphonError
from realtime.players.answer_net import load_composer
from realtime.players.generate import PACKAGES, hear_line, taste_for, write_line

SMOOTHING = 0.1  # added to every count of the baselines, tuned by a factor of 10 on the training set


class Baseline:
    """Counts over the model's own factorisation. order 1: each part by itself; order 2: given the part before it of
    its kind (the delta: given the duration just drawn, as in the model)."""

    SIZES = (code.DURATIONS, code.DELTAS, code.PITCHES)

    def __init__(self, streams: list[Stream], order: int):
        self.order = order
        self.counts: list[dict[int, Counter]] = [defaultdict(Counter) for _ in range(3)]
        for kind, context, target in (x for s in streams for x in self._parts(s, every=True)):
            self.counts[kind][context][target] += 1
            if order == 2:
                self.counts[kind][-1][target] += 1
        self.totals = [{c: sum(t.values()) for c, t in kind.items()} for kind in self.counts]

    def _parts(self, s: Stream, every: bool) -> Iterator[tuple[int, int, int]]:
        for event, targets, answer in zip(s.events, s.targets, s.answer, strict=True):
            if not (answer or every):
                continue
            for kind, context in enumerate((event[2], max(0, targets[0]), event[1])):
                if targets[kind] >= 0:
                    yield kind, int(context) if self.order == 2 else -1, int(targets[kind])

    def _probability(self, kind: int, context: int, target: int) -> float:
        single = (self.counts[kind][-1][target] + SMOOTHING) / (self.totals[kind][-1] + SMOOTHING * self.SIZES[kind])
        if self.order == 1:
            return single
        # backing off to the unigram with the weight of 5 counts
        return (self.counts[kind][context][target] + 5.0 * single) / (self.totals[kind].get(context, 0) + 5.0)

    def nll(self, streams: list[Stream]) -> float:
        """Nats per note of the answers."""
        nats = sum(-math.log(self._probability(*part)) for s in streams for part in self._parts(s, every=False))
        return nats / sum(int((s.answer & (s.targets[:, 0] >= 0)).sum()) for s in streams)


def calls_of(tunes: list[Tune], count: int) -> Iterator[tuple[Tune, list[list[int]], int]]:
    """Up to `count` (tune, call, bars): the opening 2 or 4 full bars of held-out tunes, in turn."""
    for i, tune in enumerate(tunes):
        if i >= count:
            return
        bars = 2 if i % 2 else 4
        first = -(-tune.notes[0][0] // tune.bar)
        call = [[t - first * tune.bar, d, p] for t, d, p in tune.notes if first <= t / tune.bar < first + bars]
        if len(call) >= 4:
            yield tune, call, bars


def evaluate(
    package: str | Path | None = None,
    data: str | Path | None = None,
    split: str = "valid",
    answers: int = 200,
    seed: int = 0,
    corpus: Corpus | None = None,
    pieces: int | None = None,
    progress: Callable[..., None] | None = None,
) -> dict:
    """{"model", "data", "pieces", "exact", "metrics"}; nll figures are exact, per note of the answers, in nats.

    A corpus without the split is evaluated whole (the baselines then count its train tunes, if it has any); pieces
    limits the number of tunes; progress(done 0..1, note) is called now and then. Answers are drawn with the player's
    defaults to the openings of held-out tunes. in_key_share is against the key heard in the call (minor with both
    sixths and sevenths), in_printed_key_share against the tune's own signature. Raises AntiphonError.
    """
    package = Path(package or PACKAGES / "answer.onnx")
    corpus = corpus or load_tunes(data)
    tunes = (corpus.split(split) or corpus.tunes)[:pieces]
    held_out = valid_streams(tunes)
    if not held_out:
        raise AntiphonError(f"Data {data}: no tune in it has a call and an answer to evaluate on.")
    composer = load_composer(package)
    metrics = _likelihood(composer, held_out, corpus, progress)
    if progress:
        progress(0.8, "answers")
    metrics |= _answers(composer, tunes, corpus, answers, seed)
    return {
        "model": "answer",
        "data": str(data or "music21"),
        "pieces": len(tunes),
        "exact": True,
        "metrics": {k: round(float(v), 5) for k, v in metrics.items()},
    }


def _likelihood(
    composer, held_out: list[Stream], corpus: Corpus, progress: Callable[..., None] | None
) -> dict[str, float]:
    train = [
        s for t in corpus.split("train") for n in (2, 4) if (s := make_stream(t, None, n, 0, longest=2000)) is not None
    ]
    nats, notes, times, net = 0.0, 0, [], composer.net
    for k, s in enumerate(held_out):
        net.reset()
        outputs = []
        for event in s.events.tolist():
            started = time.perf_counter_ns()
            net.step(event)
            times.append(time.perf_counter_ns() - started)
            outputs.append((net.duration.copy(), net.delta.copy(), net.pitch.copy(), None))
        cost = event_nll(outputs, np.where(s.answer[:, None], s.targets, -100))
        nats, notes = nats + cost[0], notes + cost[1]
        if progress and k % 20 == 0:
            progress(0.8 * k / len(held_out), f"{nats / max(1, notes):.4f} nats a note")
    metrics = {"nll_event_nats": nats / notes, "events": notes, "event_us_p50": float(np.median(times)) / 1000}
    if train:
        metrics["nll_event_nats_unigram"] = Baseline(train, 1).nll(held_out)
        metrics["nll_event_nats_bigram"] = Baseline(train, 2).nll(held_out)
    return metrics


def _answers(composer, tunes: list[Tune], corpus: Corpus, count: int, seed: int) -> dict[str, float]:
    from random import Random

    index = RunIndex(corpus.split("train"))
    in_key, in_print, human_print, register, echoes, runs, human_runs, density = [], [], [], [], [], [], [], []
    same = True
    for k, (tune, call, bars) in enumerate(calls_of(tunes, count)):
        metre = Metre(0.0, tune.numerator, tune.denominator)

        def answer(call=call, metre=metre, bars=bars, bar=tune.bar, k=k):
            composer.clear()
            hear_line(composer, call, metre)
            taste = taste_for(composer, call)
            notes = write_line(composer, taste, Random(seed + k), code.ANSWER, bars * bar, bars * bar, metre)
            return notes, taste

        notes, taste = answer()
        if k < 20:
            same = same and answer()[0] == notes
        if not notes:
            continue
        pitches, called = [n[2] for n in notes], [n[2] for n in call]
        in_key.append(in_key_share(pitches, taste.tonic, taste.mode))
        if tune.tonic is not None and tune.mode:
            in_print.append(in_key_share(pitches, tune.tonic, tune.mode))
            human_print.append(in_key_share([n[2] for n in tune.notes], tune.tonic, tune.mode))
        register.append(abs(np.mean(pitches) - np.mean(called)))
        density.append(len(notes) / len(call))
        shapes = [[(b[2] - a[2], b[0] - a[0]) for a, b in itertools.pairwise(x)] for x in (call, notes)]
        echoes.append(float(shapes[0] == shapes[1]))
        runs.append(index.longest(shapes[1]))
        own = [n for n in tune.notes if bars <= n[0] / tune.bar < 2 * bars]
        human_runs.append(index.longest([(b[2] - a[2], b[0] - a[0]) for a, b in itertools.pairwise(own)]))
    if not runs:
        return {}
    return {
        "answers": len(runs),
        "in_key_share": np.mean(in_key),
        "in_printed_key_share": np.mean(in_print) if in_print else 0.0,
        "in_printed_key_share_of_the_tunes": np.mean(human_print) if human_print else 0.0,
        "register_distance_semitones": np.mean(register),
        "density_ratio": np.mean(density),
        "echo_share": np.mean(echoes),
        "longest_copied_run": max(runs),
        "copied_run_p50": np.median(runs),
        "longest_copied_run_of_held_out_tunes": max(human_runs),
        "same_seed_same_notes": float(same),
    }
