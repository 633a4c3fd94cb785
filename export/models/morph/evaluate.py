"""Evaluates the packaged `morph`: reconstruction as MusicVAE counts it, attributes, interpolation, new music; [workshop].

antiphon evaluate morph --data ../shared/data --json
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import realtime.models.groove.code as groove_code
import realtime.models.morph.code as code
from export.corpora.pieces import Piece
from export.measures import generator_metrics
from export.models.groove.data import Windows
from export.models.latent import active_units
from export.models.morph import data as music
from export.pattern.report import result
from realtime.models.morph.bars import Bars, changed, sequence_of
from realtime.models.morph.model import Morph
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.sampling.drawing import draw, log_softmax
from realtime.sampling.latent import path

MOVES = tuple(np.linspace(-2.0, 2.0, 9).tolist())  # turns of a knob, standard deviations
MOST_WINDOWS = 1500
TURNED = 80  # windows for each knob
GENERATED_BARS, GENERATED, SAMPLES = 16, 24, 100


def tokens_of(bars: Bars) -> dict[str, np.ndarray]:
    """The tracks there are as tokens (32,): 90 for a line, 512 for drums."""
    found = {name: getattr(bars, name).astype(int) for name in ("melody", "bass") if getattr(bars, name) is not None}
    if bars.hits is not None:
        found["drums"] = groove_code.Groove(bars.hits, bars.hits, bars.hits).tokens()
    return found


def decoded(
    model: Morph, z: np.ndarray, truth: dict[str, np.ndarray] | None, random: Random, temperature: float
) -> dict:
    """Logits (32, n) and the tokens drawn at each step, by track. With `truth` its tokens are fed (teacher forcing),
    without, the drawn ones. No guard, no key: the bare net."""
    contexts = model.contexts(z)
    model.reset()
    logits = {name: np.zeros((code.STEPS, 512 if name == "drums" else code.TOKENS), np.float32) for name in code.TRACKS}
    chosen = {name: np.zeros(code.STEPS, int) for name in code.TRACKS}
    for step in range(code.STEPS):
        out = model.step([c[step] for c in contexts])
        for name in code.TRACKS:
            if truth is not None and name not in truth:
                continue
            logits[name][step] = out[f"{name}_logits"][0]
            chosen[name][step] = draw(logits[name][step], random, temperature)
            fed = int(chosen[name][step] if truth is None else truth[name][step])
            if name == "drums":
                model._step.inputs["drums_before"][0] = groove_code.token_bits(np.int64(fed))
            else:
                model.tell(name, fed)
    return {"logits": logits, "tokens": chosen}


def reconstruction(model: Morph, rows: list[tuple[Bars, str]], prefix: str) -> dict[str, float]:
    """Share of steps whose token is right, per track and (melodies alone) per source: teacher-forced (argmax, the true
    past given) and free-running (drawn at temperature 1, as MusicVAE's); latents drawn from the posterior, and, as
    *_from_mean, its mean. With nats a token given the latent, and the KL."""
    rng, random = np.random.default_rng(0), Random(0)
    sums: dict[str, list[float]] = defaultdict(list)
    means = []
    for bars, source in rows:
        truth = tokens_of(bars)
        mean, deviation = model.encode(bars)
        means.append(mean)
        sums["kl_nats"].append(float(0.5 * (mean**2 + deviation**2 - 1 - 2 * np.log(deviation)).sum()))
        z = (mean + deviation * rng.standard_normal(len(mean))).astype(np.float32)
        forced = decoded(model, z, truth, random, 0.0)
        free = decoded(model, z, None, random, 1.0)
        central = decoded(model, mean, None, random, 1.0)
        for name, right in truth.items():
            track = "" if len(truth) == 1 else f"_{name}"
            nats = -log_softmax(forced["logits"][name])[np.arange(code.STEPS), right].mean()
            sums[f"nll_token_nats_given_latent{track}"].append(float(nats))
            for key, tokens in (
                ("teacher_forced", forced["logits"][name].argmax(1)),
                ("sampled", free["tokens"][name]),
                ("sampled_from_mean", central["tokens"][name]),
            ):
                share = float((tokens == right).mean())
                sums[f"accuracy_{key}{track}"].append(share)
                if prefix == "" and key != "sampled_from_mean":
                    sums[f"accuracy_{key}_{source}"].append(share)
    found = {f"{prefix}{name}": float(np.mean(values)) for name, values in sums.items()}
    return {**found, f"{prefix}windows": len(rows), f"{prefix}active_units": active_units(np.array(means))}


def knobs(model: Morph, windows: list[Bars], home: str, prefix: str = "") -> dict[str, float]:
    """Held-out music moved along each attribute from -2 to 2 standard deviations, and the attributes of the likeliest
    melody there. spearman: of knob and attribute, the mean over windows (0 where nothing changes); monotonic_share: of
    the windows whose attribute never falls as the knob rises; rise_sd: mean rise a step of one standard deviation; leak:
    mean change of the other four attributes as a share of its own change, in standard deviations."""
    deviation = np.array([model.deviations[name] for name in code.ATTRIBUTES])
    middle = MOVES.index(0.0) if 0.0 in MOVES else 0
    found: dict[str, float] = {}
    for k, name in enumerate(code.ATTRIBUTES):
        measured = np.zeros((len(windows), len(MOVES), len(code.ATTRIBUTES)))
        for row, bars in enumerate(windows):
            z, _ = model.encode(bars)
            for column, move in enumerate(MOVES):
                tokens = decoded(model, model.moved(z, home, **{name: move}), None, Random(0), 0.0)["tokens"]["melody"]
                measured[row, column] = code.attributes(tokens.astype(np.uint8)) / deviation
        own = measured[:, :, k]
        changes = np.abs(measured - measured[:, middle : middle + 1]).mean(axis=(0, 1))
        figures = {
            "spearman": float(np.mean([rank_correlation(np.array(MOVES), row) for row in own])),
            "monotonic_share": float((np.diff(own, axis=1) >= -1e-9).all(axis=1).mean()),
            "rise_sd": float((own[:, -1] - own[:, 0]).mean() / (MOVES[-1] - MOVES[0])),
            "leak": float(np.delete(changes, k).mean() / max(float(changes[k]), 1e-9)),
        }
        found |= {f"{prefix}knob_{name}_{key}": value for key, value in figures.items()}
    return found


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's, ties sharing their mean rank; 0 if either does not vary."""
    ranks = [(v[:, None] > v).sum(axis=1) + 0.5 * (np.isclose(v[:, None], v).sum(axis=1)) for v in (x, y)]
    if min(np.ptp(r) for r in ranks) < 1e-9:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def interpolation(model: Morph, melodies: list[Bars], points: int = 9) -> dict[str, float]:
    """Paths between pairs of held-out melodies, in three ways: as `between` places its points (even), at equal angles
    of the arc (arc), and a crossfade of the data (each step's token from either end by chance, MusicVAE's baseline).

    step_hamming, largest_step: share of the 32 tokens that change from a point to the next, mean and largest; unevenness:
    the largest step over the mean; middle_nats: how unusual the middle is to the model (nats a token, encoded and decoded
    again). ends_hamming: what separates the two melodies. All without the copy guard.
    """
    guard, model.guard = model.guard, None
    rng = np.random.default_rng(0)
    steps: dict[str, list[list[float]]] = defaultdict(list)
    odd: dict[str, list[float]] = defaultdict(list)
    ends = []
    for first, last in zip(melodies[0::2], melodies[1::2], strict=False):
        assert first.melody is not None and last.melody is not None
        dice = rng.random(code.STEPS)
        paths: dict[str, list[np.ndarray]] = {
            "even": [b.melody for b in model.between(first, last, points) if b.melody is not None]
        }
        arc = [
            model.decode(z, Random(0), 0.0).melody for z in path(model.encode(first)[0], model.encode(last)[0], points)
        ]
        paths["arc"] = [m for m in arc if m is not None]
        paths["data"] = [np.where(dice < k / (points - 1), last.melody, first.melody) for k in range(points)]
        ends.append(changed(first.melody, last.melody))
        for name, way in paths.items():
            steps[name].append([changed(p, q) for p, q in itertools.pairwise(way)])
            middle = way[points // 2]
            logits = decoded(
                model, model.encode(Bars(melody=middle))[0], {"melody": middle.astype(int)}, Random(0), 0.0
            )
            told = log_softmax(logits["logits"]["melody"])[np.arange(code.STEPS), middle.astype(int)]
            odd[name].append(-float(told.mean()))
    model.guard = guard
    found = {"interpolation_ends_hamming": float(np.mean(ends))}
    for name, changes in steps.items():
        means, largest = np.mean(changes, axis=1), np.max(changes, axis=1)
        found[f"interpolation_step_hamming_{name}"] = float(means.mean())
        found[f"interpolation_largest_step_{name}"] = float(largest.mean())
        found[f"interpolation_unevenness_{name}"] = float((largest / np.maximum(means, 1e-9)).mean())
        found[f"interpolation_middle_nats_{name}"] = float(np.mean(odd[name]))
    return found


def real_lines(pieces: list[Piece]) -> list[NoteSequence]:
    """Melody and bass of whole 4/4 pieces, each on its channel: what new melodies are compared with."""
    found = []
    for piece in pieces:
        melody, bass = music.roles(piece)
        if melody is None or bass is None or any((n, d) not in ((4, 4), (2, 2), (2, 4)) for _, n, d in piece.metres):
            continue
        part = Piece(piece.id, piece.split, piece.source, "", [melody, bass])
        part.tracks[1].notes = music.bass_line(bass.notes)
        found.append(part.sequence())
    return found


def new_music(model: Morph, held: list[Piece], train: list[Piece]) -> dict[str, float]:
    """generator_metrics of 24 pieces of 16 bars of melody and bass from nothing, and what samples are like."""
    real = real_lines(held)
    if not real:
        return {}
    made = [model.generate(None, GENERATED_BARS, seed, ensemble=1) for seed in range(1, GENERATED + 1)]
    found = generator_metrics(made, real[:150], real_lines(train) or None)
    for home in ("trio", "prior"):
        random = np.random.default_rng(1)
        bars = [model.decode(model.sample(random, home), Random(k), 1.0) for k in range(SAMPLES)]
        values = np.array([code.attributes(b.melody) for b in bars if b.melody is not None])
        for k, attribute in enumerate(code.ATTRIBUTES):
            found[f"{attribute}_{home}"] = float(values[:, k].mean())
        one = generator_metrics([sequence_of([b], 2, 1) for b in bars], [])
        found[f"in_key_share_{home}"] = one["in_key_share"]
    return found


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """{"model", "data", "pieces", "exact", "metrics"} on the held-out pieces of `data`.

    Windows of two bars that do not overlap, at most 1,500 melodies drawn evenly (others a quarter of that). What the data
    lacks (drums, basses) is left out. Raises AntiphonError.
    """
    model = Morph.load(package)
    train, _, held = music.load(data)
    held = held[:pieces] if pieces else held
    names = {p.id for p in held}
    train = [p for p in train if p.id not in names]
    lines, drums = music.lines_of(held).apart(), music.drums_of(held)
    if not len(lines) and drums is None:
        raise AntiphonError(f"Data {data}: no melody, bass or drums of two bars in 4/4 among the held-out pieces.")
    rng = np.random.default_rng(0)
    metrics: dict[str, float] = {}

    def chosen(mask: Any, most: int) -> np.ndarray:
        found = np.flatnonzero(mask)
        return rng.permutation(found)[:most]

    alone = [(Bars(melody=lines.melody[i]), held[lines.piece[i]].source) for i in chosen(lines.has[:, 0], MOST_WINDOWS)]
    jobs: list[Callable[[], dict[str, float]]] = []
    if alone:
        jobs.append(lambda: reconstruction(model, alone, ""))
        jobs.append(lambda: knobs(model, [bars for bars, _ in alone[:TURNED]], "melody"))
        jobs.append(lambda: interpolation(model, [bars for bars, _ in alone[:160]]))
    low = [(Bars(bass=lines.bass[i]), "") for i in chosen(lines.has[:, 1], MOST_WINDOWS // 4)]
    if low:
        jobs.append(lambda: reconstruction(model, low, "bass_"))
    trios = trios_of(lines, drums, chosen(lines.has.all(axis=1), MOST_WINDOWS // 4), rng)
    if trios:
        jobs.append(lambda: reconstruction(model, trios, "trio_" if drums is not None else "duo_"))
        jobs.append(lambda: knobs(model, [bars for bars, _ in trios[: TURNED // 2]], "trio", "trio_"))
    elif drums is not None:
        kit = [(Bars(hits=hits), "") for hits in drums.apart().hits[: MOST_WINDOWS // 4]]
        jobs.append(lambda: reconstruction(model, kit, "drums_"))
    jobs.append(lambda: new_music(model, held, train))
    for done, job in enumerate(jobs, 1):
        metrics |= job()
        if progress:
            progress(done / len(jobs))
    return result("morph", data, len(held), exact=False, metrics=metrics)


def trios_of(
    lines: music.Lines, drums: Windows | None, index: np.ndarray, rng: np.random.Generator
) -> list[tuple[Bars, str]]:
    """Windows with melody and bass, drums of nearly their tempo put beside them (none without drums)."""
    if not len(index):
        return []
    beside = None
    if drums is not None:
        apart = drums.apart()
        beside = apart.hits[music.paired(lines.tempo[index], apart, rng)]
    return [
        (Bars(lines.melody[i], lines.bass[i], None if beside is None else beside[k]), "") for k, i in enumerate(index)
    ]
