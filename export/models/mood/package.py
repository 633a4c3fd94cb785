"""Packages the mood net with its steering tables, learned by changing training passages and hearing them; [workshop]."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import realtime.models.mood.code as code
import realtime.models.mood.model as live
from export.models.mood import data as songs
from export.models.mood.model import Config, MoodNet
from export.pattern.graph import check_parity, graph_of, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored, write_measured
from export.pattern.weights import weight_map
from realtime.models.mood.changes import CHANGES

STEERING_PASSAGES = 160
CARD = """How a passage feels, as valence (sad to happy) and arousal (sleepy to excited), from 29 descriptors of its notes, each
with an expected error. The labels are weak: the tempo and character words of some 1,100 songs (OpenScore Lieder),
turned into numbers by a word list of ours on Russell's circumplex; nobody listened. "Andante" says little of joy, so
valence is heard poorly from words alone; what listening experiments found about six cues (mode, tempo, register,
dynamics, articulation, density; Eerola 2013, Gabrielsson & Lindstroem 2010) was taught beside, as effects of changing
a passage, in sizes rounded by us. Much of the written tempo stems from the very words (scores without a metronome
mark play Andante at a usual speed), so figures with tempo flatter; those without count, and they are low:
correlations of 0.2 (valence, no better than the mode alone) and 0.3 (arousal). Songs of the 19th century with piano:
of other music it says what such a song's composer might have written above it. Steering: six changes of a passage
towards a mood, and a table for other models (how many deviations of each descriptor go with a mood). It changes
music, it writes none. Its picture: held-out songs on the plane, and where steering takes some of them; the goals at
the edges are not quite reached."""


def heard(model: MoodNet, rows: np.ndarray) -> np.ndarray:
    """(n, 2) moods of (n, 29) descriptors, with tempo."""
    with torch.no_grad():
        mean, _ = model(torch.from_numpy(rows.astype(np.float32)), torch.ones(len(rows), 1))
    return mean.numpy().astype(float)


def effects(model: MoodNet, passages: Sequence[songs.Labelled]) -> np.ndarray:
    """(changes, 2): mean change of valence and arousal that the model hears, for an amount of 1."""
    rows = []
    for name in CHANGES:
        both = songs.changed(passages, name)
        both = both[np.isfinite(both).all(axis=(1, 2))]
        rows.append((heard(model, both[:, 1]) - heard(model, both[:, 0])).mean(axis=0) / 2.0)
    return np.stack(rows)


def attributes(model: MoodNet, rows: np.ndarray) -> np.ndarray:
    """(29, 2): how many deviations each descriptor lies higher where the model hears 1 more of valence, of arousal (ridge
    regression of the standardised descriptors on the moods heard)."""
    z = (rows - rows.mean(0)) / np.maximum(rows.std(0), 1e-3)
    moods = heard(model, rows)
    moods = moods - moods.mean(0)
    return (np.linalg.solve(moods.T @ moods + 1e-2 * len(rows) * np.eye(2) * 0.1, moods.T @ z)).T


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's best checkpoint as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.mood.evaluate import evaluate

    torch.set_num_threads(1)
    model, content = restored(run, "mood", lambda config: MoodNet(Config(**config)))
    source = data or content.get("data")
    corpus = songs.read(source)
    train = songs.labelled(corpus.train or corpus.pieces)
    order = np.random.default_rng(0).permutation(len(train))
    some = [train[i] for i in order[: 4 * STEERING_PASSAGES]]
    rows, _ = songs.described(some)
    inputs = {"descriptors": torch.from_numpy(rows[:1].astype(np.float32)), "tempo_known": torch.ones(1, 1)}
    graph = graph_of(model, inputs, ("mood", "deviation"))
    parity, outputs = check_parity(graph, model, inputs)
    test_in = {k: v.numpy() for k, v in inputs.items()}
    us = run_us(graph, test_in)
    used = {p.piece for p in train}
    facts = manifest(
        name="mood",
        title="Mood of a passage",
        description="Valence and arousal from notes, and what to change towards a wanted mood.",
        inputs=[("descriptors", "features"), ("tempo_known", "param")],
        outputs=[("mood", "score"), ("deviation", "score")],
        parameters=live.MoodModel.PARAMS,
        tables={"effects": effects(model, some[:STEERING_PASSAGES]), "attributes": attributes(model, rows)},
        code={"descriptors": list(code.NAMES), "changes": list(CHANGES)},
        cost=[{"part": None, "runs": 1, "unit": "a passage, its descriptors apart", "limit_us": 100}],
        provenance=provenance(
            [p for p in corpus.train if p.id in used], "antiphon train mood --preset small", content["settings"]
        ),
        metrics={},
        card=CARD,
        weights={"mood": weight_map(graph, model)},
    )
    return write_measured(graph, facts, test_in, outputs, output, lambda: evaluate(output, source), parity, us)
