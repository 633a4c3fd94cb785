"""Evaluates the packaged `groove`: reconstruction as MusicVAE counts it, humanising, taps, directions, new drums;
[workshop].

antiphon evaluate groove --data groove_midi.jsonl.gz --json
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import realtime.models.groove.code as code
from export.corpora.pieces import Piece
from export.measures import generator_metrics
from export.models.groove import data as drums
from export.models.latent import active_units
from export.pattern.report import result
from realtime.models.groove.model import Groove
from realtime.sampling.drawing import draw, log_softmax
from realtime.sampling.latent import slerp

MOVES = (-2.0, -1.0, 0.0, 1.0, 2.0)  # standard deviations along an attribute's direction
BINS = np.linspace(-0.5, 0.5, 33)  # of offsets, in steps; velocities use the same number over 0..1
GENERATED_BARS, GENERATED, SAMPLES = 16, 24, 100


def reconstruction(model: Groove, windows: drums.Windows, index: np.ndarray) -> dict[str, float]:
    """Share of steps whose whole 9-drum token is right: teacher-forced (argmax, the true past given) and free-running
    (drawn at temperature 1, as MusicVAE's, and argmax), from a latent drawn from the posterior, and from its mean."""
    rng, random = np.random.default_rng(0), Random(0)
    counts: dict[str, float] = {}
    means, nats, kl = [], 0.0, 0.0
    for i in index:
        groove = windows.groove(i)
        mean, deviation = model.encode(groove)
        means.append(mean)
        kl += float(0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum())
        truth = groove.tokens()
        drawn = model.context((mean + deviation * rng.standard_normal(len(mean))).astype(np.float32))
        logits = model.logits(drawn, groove.hits)
        nats -= float(log_softmax(logits)[np.arange(code.STEPS), truth].sum())
        central = model.context(mean)
        found = {
            "teacher_forced": logits.argmax(1) == truth,
            "teacher_forced_drawn": np.array([draw(row, random) for row in logits]) == truth,
            "teacher_forced_from_mean": model.logits(central, groove.hits).argmax(1) == truth,
            "sampled": (model.hits(drawn, random, 1.0) == groove.hits).all(1),
            "sampled_argmax": (model.hits(drawn, random, 0.0) == groove.hits).all(1),
            "sampled_from_mean": (model.hits(central, random, 1.0) == groove.hits).all(1),
        }
        for name, right in found.items():
            counts[name] = counts.get(name, 0.0) + float(right.mean()) / len(index)
    return {
        **{f"accuracy_{name}": value for name, value in counts.items()},
        "nll_token_nats_given_latent": nats / len(index) / code.STEPS,
        "kl_nats": kl / len(index),
        "active_units": active_units(np.array(means)),
    }


def humanising(model: Groove, windows: drums.Windows, index: np.ndarray, typical: np.ndarray) -> dict[str, float]:
    """Velocities and offsets given to bare scores against the drummer's own: mean squared errors of the model's mean
    stroke and of a drawn one, and the divergence of all drawn strokes' distribution from the humans', beside a
    quantised score at each drum's mean velocity (typical, (9,))."""
    rows: dict[str, list[np.ndarray]] = {"human": [], "mean": [], "drawn": [], "flat": []}
    tempo = []
    for i in index:
        groove = windows.groove(i)
        hit = groove.hits
        flat = code.Groove(hit, np.broadcast_to(typical, hit.shape), np.zeros(hit.shape))
        versions = {
            "human": groove,
            "mean": model.humanise(groove.scored(), int(i), feel=0.0),
            "drawn": model.humanise(groove.scored(), int(i), feel=1.0),
            "flat": flat,
        }
        for name, g in versions.items():
            rows[name].append(np.stack([g.velocity[hit], g.offset[hit]]))
        tempo.append(np.full(int(hit.sum()), windows.tempo[i]))
    strokes = {name: np.concatenate(parts, axis=1) for name, parts in rows.items()}
    step_ms = 60_000.0 / np.concatenate(tempo) / code.STEPS_PER_BEAT
    found = {}
    for name in ("mean", "drawn", "flat"):
        error = strokes[name] - strokes["human"]
        found[f"humanise_velocity_mse_{name}"] = float((error[0] ** 2).mean())
        found[f"humanise_offset_mse_{name}"] = float((error[1] ** 2).mean())
        found[f"humanise_timing_mae_ms_{name}"] = float((np.abs(error[1]) * step_ms).mean())
        found[f"humanise_velocity_kl_{name}"] = divergence(strokes["human"][0] - 0.5, strokes[name][0] - 0.5)
        found[f"humanise_offset_kl_{name}"] = divergence(strokes["human"][1], strokes[name][1])
    return found


def divergence(truth: np.ndarray, made: np.ndarray) -> float:
    """KL(truth || made) in nats of two samples' histograms in 32 bins, one count added to each bin."""
    p, q = (np.histogram(x, BINS)[0] + 1.0 for x in (truth, made))
    p, q = p / p.sum(), q / q.sum()
    return float((p * np.log(p / q)).sum())


def tapping(model: Groove, windows: drums.Windows, index: np.ndarray) -> dict[str, float]:
    """Kits made from the taps of held-out grooves: how many taps are answered by a hit, how many hits stand on a tap,
    and F1 against what the drummer played, class by class."""
    answered = taps = on_tap = made = right = true = 0
    for i in index:
        groove = windows.groove(i)
        line = code.tapped(groove)
        where = line[:, 0] > 0
        heard = code.Groove(np.zeros_like(groove.hits), np.zeros_like(groove.velocity), np.zeros_like(groove.offset))
        heard.hits[:, 0], heard.velocity[:, 0], heard.offset[:, 0] = where, line[:, 1], line[:, 2]
        kit = model.from_taps(heard, int(i), temperature=0.5, spread=0.0)
        sounding = kit.hits.any(1)
        answered, taps = answered + int((sounding & where).sum()), taps + int(where.sum())
        on_tap, made = on_tap + int((sounding & where).sum()), made + int(sounding.sum())
        right, true = right + 2 * int((kit.hits & groove.hits).sum()), true + int(kit.hits.sum() + groove.hits.sum())
    return {
        "taps_answered": answered / taps,
        "hits_on_taps": on_tap / max(1, made),
        "taps_kit_f1": right / max(1, true),
    }


def directions(model: Groove, windows: drums.Windows, index: np.ndarray) -> dict[str, float]:
    """Held-out grooves moved along each attribute's direction: correlation of the move with the attribute measured on
    what is decoded, share of grooves for which it never falls, and how far it gets, in standard deviations a step."""
    spread = model.package.table("attribute_deviation")
    found = {}
    for k, name in enumerate(code.ATTRIBUTES):
        measured = np.zeros((len(index), len(MOVES)))
        for row, i in enumerate(index):
            z, _ = model.encode(windows.groove(i))
            for column, move in enumerate(MOVES):
                made = model.decode(model.moved(z, **{name: move}), 1, temperature=0.0, feel=0.0)
                measured[row, column] = code.attributes(made)[k]
        within = measured - measured.mean(axis=1, keepdims=True)
        moves = np.broadcast_to(np.array(MOVES), measured.shape)
        varies = within.std() > 0
        found[f"{name}_correlation"] = float(np.corrcoef(moves.ravel(), within.ravel())[0, 1]) if varies else 0.0
        found[f"{name}_monotonic_share"] = float((np.diff(measured, axis=1) >= -1e-9).all(axis=1).mean())
        found[f"{name}_mean_rises_by_sd"] = float(np.diff(measured.mean(axis=0)).mean() / max(float(spread[k]), 1e-9))
        found[f"{name}_mean_is_monotonic"] = float((np.diff(measured.mean(axis=0)) > 0).all())
    return found


def interpolation(model: Groove, windows: drums.Windows, index: np.ndarray, points: int = 9) -> dict[str, float]:
    """Paths between pairs of held-out grooves: share of the 288 cells that change from one point to the next (mean and
    largest), against a crossfade of the data (each cell from either end by chance, MusicVAE's baseline), and how unusual
    the points on the way are to the model itself (nats a token when encoded and decoded again)."""
    rng = np.random.default_rng(0)
    steps: dict[str, list[list[float]]] = {"latent": [], "data": []}
    odd: dict[str, list[float]] = {"latent": [], "data": []}
    for a, b in zip(index[0::2], index[1::2], strict=False):
        first, last = windows.groove(a), windows.groove(b)
        za, zb = model.encode(first)[0], model.encode(last)[0]
        dice = rng.random(first.hits.shape)
        paths: dict[str, list[np.ndarray]] = {"latent": [], "data": []}
        for k in range(points):
            fraction = k / (points - 1)
            paths["latent"].append(
                model.hits(model.context(slerp(za, zb, fraction).astype(np.float32)), Random(0), 0.0)
            )
            paths["data"].append(np.where(dice < fraction, last.hits, first.hits))
        for name, path in paths.items():
            steps[name].append([float((p != q).mean()) for p, q in itertools.pairwise(path)])
            middle = path[points // 2]
            groove = code.Groove(middle, middle * 0.5, middle * 0.0)
            logits = model.logits(model.context(model.encode(groove, "score")[0]), middle)
            odd[name].append(-float(log_softmax(logits)[np.arange(code.STEPS), groove.tokens()].mean()))
    found = {}
    for name in steps:
        changes = np.array(steps[name])
        found[f"interpolation_step_hamming_{name}"] = float(changes.mean())
        found[f"interpolation_largest_step_{name}"] = float(changes.max(axis=1).mean())
        found[f"interpolation_middle_nats_{name}"] = float(np.mean(odd[name]))
    return found


def new_music(model: Groove, held: list[Piece], train: list[Piece]) -> dict[str, float]:
    """generator_metrics of 24 pieces of 16 bars from nothing, and the attributes of two-bar samples (of
    the mixture over all encoded grooves, and of the prior N(0, 1)) beside the real ones."""
    long_pieces = [p for p in held if p.length_beats >= 4 * GENERATED_BARS] or held
    real = [p.sequence() for p in long_pieces]
    made = [model.generate(None, GENERATED_BARS, seed) for seed in range(1, GENERATED + 1)]
    found = generator_metrics(made, real, [p.sequence() for p in train] or None)
    windows = drums.windows_of(held).apart()
    for prior, name in ((False, "aggregated"), (True, "prior")):
        random = np.random.default_rng(1)
        sampled = [model.decode(model.sample(random, prior), k, 1.0) for k in range(SAMPLES)]
        values = np.array([code.attributes(g) for g in sampled])
        truth = np.array([code.attributes(windows.groove(i)) for i in range(len(windows))])
        for k, attribute in enumerate(code.ATTRIBUTES):
            found[f"{attribute}_{name}"] = float(values[:, k].mean())
            found[f"{attribute}_real"] = float(truth[:, k].mean())
    return found


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics"} on the held-out performances of `data`.

    Windows of two bars that do not overlap; pieces: at most so many performances. Raises AntiphonError.
    """
    model = Groove.load(package)
    train, _, held = drums.load(data)
    held = held[:pieces] if pieces else held
    train = [p for p in train if p not in held] if not pieces else []
    windows = drums.windows_of(held).apart()
    everything = np.arange(len(windows))
    some = np.random.default_rng(0).permutation(len(windows))
    loud = windows.hits.sum(axis=(0, 1))
    typical = windows.velocity.sum(axis=(0, 1)) / np.maximum(loud, 1)
    metrics: dict[str, float] = {"windows": len(windows)}
    measures: tuple[Callable[[], dict[str, float]], ...] = (
        lambda: reconstruction(model, windows, everything),
        lambda: humanising(model, windows, everything, typical),
        lambda: tapping(model, windows, some[:400]),
        lambda: directions(model, windows, some[:60]),
        lambda: interpolation(model, windows, some[:80]),
        lambda: new_music(model, held, train),
    )
    for done, measure in enumerate(measures, 1):
        metrics |= measure()
        if progress:
            progress(done / len(measures))
    return result("groove", data, len(held), exact=False, metrics=metrics)
