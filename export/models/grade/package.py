"""Packages the grader: the net, its knots (what difficulty is which grade) and the demands' usual sizes; [workshop]."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import realtime.models.grade.code as code
import realtime.models.grade.model as live
from export.models.grade import data as pairs
from export.models.grade.model import Config, GradeNet
from export.pattern.graph import check_parity, graph_of, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored, write_measured
from export.pattern.weights import weight_map

CARD = """How hard a passage is for a pianist's hands, 1 to 10, from 22 demands: speed, leaps, stretches, the cost of the best
fingering (Parncutt 1997), rhythm, independence of the hands, black keys and so on. No corpus here was graded by
teachers. It learned from pairs: the same passage slower, with one hand, with thinner chords, with notes thrown to
other octaves (these are sure, and nearly sure by construction, for the net cannot call more of a demand easier); and,
weakly, folk tunes below chorales and song accompaniments, these below Chopin's dances and preludes, these below his
etudes, ballades, scherzi and sonatas. The ten grades are equal slices of those five classes with equal weights, so 1
to 2 is a folk tune for one hand and 9 to 10 an etude: an order, not the grades of any examination board. Where
Chopin's editions bear no metronome mark a quarter was taken at 100, so slow and fast pieces without marks are
misjudged. It hears no pedal, no sound, no reading difficulty, no memory. Practice pieces are made by rule and
annealed until grade and skill fit; they are exercises, not music. It sees the fingering of one line a hand, so runs
in thirds or sixths are graded too easy. The 32 bars (level 4, seed 1): broken chords of the right hand in eighths, up
and down, over bass notes and repeated chords of the left, the same eight chords round and round at 140 a minute."""
GRADES = 10


def knots_of(difficulties: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """(10,) difficulties of grades 1..10: from the 2nd to the 98th percentile of all classes with equal weight."""
    weight = 1.0 / np.bincount(kinds)[kinds]
    order = np.argsort(difficulties)
    place = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    knots = np.interp(np.linspace(0.02, 0.98, GRADES), place, difficulties[order])
    return np.maximum.accumulate(knots + np.arange(GRADES) * 1e-6)


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's best checkpoint as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.grade.evaluate import evaluate

    torch.set_num_threads(1)
    model, content = restored(run, "grade", lambda config: GradeNet(Config(**config)))
    source = data or content.get("data")
    corpus = pairs.read(source)
    train = pairs.gather(corpus.train or corpus.pieces, content["settings"]["per_kind"])
    rows = np.stack([code.demands(p.sequence) for p in train]).astype(np.float32)
    with torch.no_grad():
        difficulties = model(torch.from_numpy(rows)).numpy()[:, 0].astype(float)
    knots = knots_of(difficulties, np.array([p.kind for p in train]))
    inputs = {"demands": torch.from_numpy(rows[:1])}
    graph = graph_of(model, inputs, ("difficulty",))
    parity, outputs = check_parity(graph, model, inputs)
    test_in = {"demands": rows[:1]}
    us = run_us(graph, test_in)
    used = {p.piece for p in train}
    facts = manifest(
        name="grade",
        title="Difficulty at the keyboard",
        description="Grades a passage 1 to 10 by what it demands of the hands; makes practice pieces of a grade.",
        inputs=[("demands", "features")],
        outputs=[("difficulty", "score")],
        parameters=live.Grade.PARAMS,
        tables={
            "knots": knots,
            "mean": rows.mean(0).astype(np.float64),
            "spread": np.maximum(rows.std(0), 1e-3).astype(np.float64),
        },
        code=code.CODE,
        cost=[{"part": None, "runs": 1, "unit": "a passage, its demands apart", "limit_us": 100}],
        provenance=provenance(
            [p for p in corpus.train if p.id in used], "antiphon train grade --preset small", content["settings"]
        ),
        metrics={},
        card=CARD,
        weights={"grade": weight_map(graph, model)},
    )
    return write_measured(graph, facts, test_in, outputs, output, lambda: evaluate(output, source), parity, us)
