"""Puts a trained `morph` into its package: encoder, conductors and the step of all tracks in one file; [workshop]."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor

import realtime.models.morph.code as code
from export.measures import draw_roll
from export.models.groove.data import Windows
from export.models.latent import active_units, aggregated, posterior
from export.models.morph import data as music
from export.models.morph.card import CARD
from export.models.morph.guard import kept_guard
from export.models.morph.model import Config, MorphModel
from export.package import write_package
from export.pattern.graph import Part, blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.morph.bars import sequence_of
from realtime.models.morph.model import Morph
from realtime.native.errors import AntiphonError

MOST_WINDOWS = 4000  # encoded for each aggregated posterior


def conducted(net: MorphModel, latent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The contexts of the three tracks: the part `conduct`."""
    return net.melody.conductor(latent), net.bass.conductor(latent), net.drums.conductor(latent)


def stepped(net: MorphModel, *inputs: Tensor) -> tuple[Tensor, ...]:
    """A step of each track: the part `step`. inputs: before, sounds, now and state of melody and bass; before, now and state
    of the drums."""
    return (*net.melody.step(*inputs[:4]), *net.bass.step(*inputs[4:8]), *net.drums.step(*inputs[8:]))


def rebuilt(run: Path) -> tuple[MorphModel, dict[str, Any]]:
    """The model of the best checkpoint of a run, and the checkpoint. Raises AntiphonError."""
    return restored(run, "morph", lambda config: MorphModel(Config(**config)), strict=False)


@torch.no_grad()
def posteriors(
    model: MorphModel, melody: np.ndarray, bass: np.ndarray, hits: np.ndarray, present: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances (n, latent) of all rows; present (3,)."""
    means, variances = [], []
    for start in range(0, len(melody), 256):
        part = slice(start, start + 256)
        lines = []
        for tokens in (melody[part], bass[part]):
            lines += [
                torch.from_numpy(tokens.astype(np.int64)),
                torch.from_numpy(code.sounding(tokens).astype(np.int64)),
            ]
        rows = torch.from_numpy(np.broadcast_to(present, (len(melody[part]), 3)).astype(np.float32).copy())
        drums = torch.from_numpy(hits[part].astype(np.float32))
        mean, log_variance = model.encode(lines[0], lines[1], lines[2], lines[3], drums, rows)
        means.append(mean.numpy())
        variances.append(log_variance.exp().numpy())
    return np.concatenate(means), np.concatenate(variances)


def tables_of(model: MorphModel, lines: music.Lines, drums: Windows) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """<home>_centres, _weights and _factor for melodies alone and for trios; attribute_deviation of melodies."""
    rng = np.random.default_rng(0)
    tables: dict[str, np.ndarray] = {}
    figures: dict[str, float] = {}
    pools = {"melody": np.flatnonzero(lines.has[:, 0]), "trio": np.flatnonzero(lines.has.all(axis=1))}
    for home, present in (("melody", np.array([1, 0, 0])), ("trio", np.array([1, 1, 1]))):
        chosen = rng.choice(pools[home], min(MOST_WINDOWS, len(pools[home])), replace=False)
        moves = rng.integers(-6, 7, (len(chosen), 1))
        melody, bass = (code.transposed(x[chosen], moves) for x in (lines.melody, lines.bass))
        hits = drums.hits[music.paired(lines.tempo[chosen], drums, rng)]
        mean, variance = posteriors(model, melody, bass, hits, present)
        mixture = aggregated(mean, variance)
        tables |= {f"{home}_{name}": getattr(mixture, name) for name in ("centres", "weights", "factor")}
        if home == "melody":
            values = np.array([code.attributes(m) for m in melody])
            tables["attribute_deviation"] = values.std(axis=0).astype(np.float32)
        figures[f"active_units_{home}"] = active_units(mean)
    return tables, {**figures, "latent_units": model.config.latent}


STATES = {"melody_state": "melody_state_out", "bass_state": "bass_state_out", "drums_state": "drums_state_out"}
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "encode": (
        ("melody", "melody_sounding", "bass", "bass_sounding", "hits", "present"),
        ("mean", "deviation"),
    ),
    "conduct": (("latent",), ("melody_context", "bass_context", "drums_context")),
    "step": (
        ("melody_before", "melody_sounds", "melody_now", "melody_state", "bass_before", "bass_sounds", "bass_now",
         "bass_state", "drums_before", "drums_now", "drums_state"),
        ("melody_logits", "melody_state_out", "bass_logits", "bass_state_out", "drums_logits", "drums_state_out"),
    ),
}  # fmt: skip


def role(name: str) -> str:
    """What a tensor is for, from its name."""
    for ending, meaning in (("state", "state"), ("state_out", "state"), ("logits", "logits"), ("context", "context"),
                            ("now", "context")):  # fmt: skip
        if name.endswith(ending):
            return meaning
    return {"latent": "latent", "mean": "latent", "deviation": "deviation", "present": "mask"}.get(name, "token")


def example_inputs(c: Config) -> dict[str, dict[str, Tensor]]:
    """Inputs of each part, for export and test."""
    g = torch.Generator().manual_seed(1)

    def some(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g)

    def tokens(*shape: int) -> Tensor:
        return torch.randint(0, code.TOKENS, shape, generator=g)

    small, steps = c.context * 3 // 4, code.STEPS
    return {
        "encode": {
            "melody": tokens(1, steps), "melody_sounding": tokens(1, steps), "bass": tokens(1, steps),
            "bass_sounding": tokens(1, steps), "hits": (some(1, steps, 9) > 1).float(), "present": torch.ones(1, 3),
        },
        "conduct": {"latent": some(1, c.latent)},
        "step": {
            "melody_before": tokens(1), "melody_sounds": tokens(1), "melody_now": some(1, c.context),
            "melody_state": some(1, 1, round(1.6 * c.melody)),
            "bass_before": tokens(1), "bass_sounds": tokens(1), "bass_now": some(1, small),
            "bass_state": some(1, 1, round(1.6 * c.bass)),
            "drums_before": (some(1, 9) > 0).float(), "drums_now": some(1, small),
            "drums_state": some(1, 1, round(1.6 * c.drums)),
        },
    }  # fmt: skip


def draw(model: Morph, folder: Path) -> None:
    """Pictures: 32 bars from nothing, and the way from one sample to another in eight points of two bars."""
    names = {0: "melody", 1: "bass"}
    draw_roll(model.generate(None, 32, 1), folder / "morph.png", "morph: 32 bars from nothing, seed 1", names=names)
    random = np.random.default_rng(3)
    ends = [model.decode(model.sample(random), Random(k), 0.5) for k in range(2)]
    way = sequence_of(model.between(ends[0], ends[1], 8), 16)
    title = "morph: from one two bars (bars 1, 2) to another (15, 16) along the arc"
    draw_roll(way, folder / "morph_path.png", title, names=names)


def export(run: Path, output: Path, data: Path | None = None) -> dict[str, Any]:
    """Writes the package and pictures beside it; returns {"package", "bytes", "parity", "us", "precision", "metrics"}.

    data: the music that was trained on (default: what the checkpoint names), for latents and the copy guard.
    If the run folder holds evaluation.json (the result of `antiphon evaluate morph --json`), its figures go into the package.
    Raises AntiphonError.
    """
    model, saved = rebuilt(Path(run))
    train, _, _ = music.load(data or saved["data"])
    drums = music.drums_of(train)
    if drums is None:
        raise AntiphonError(f"Data {data or saved['data']}: no drum performances; name the data that was trained on.")
    tables, figures = tables_of(model, music.lines_of(train), drums)
    guard = kept_guard(Path(run), train)
    inputs = example_inputs(model.config)
    modules = {"encode": Part(model, posterior), "conduct": Part(model, conducted), "step": Part(model, stepped)}
    graphs = {name: graph_of(modules[name], inputs[name], PARTS[name][1]) for name in PARTS}
    joined = join_parts(graphs)
    blank = blank_inputs(joined)
    parity = {n: check_parity(joined, modules[n], inputs[n], part=i, others=blank)[0] for i, n in enumerate(PARTS)}
    cost = {n: run_us(graphs[n], {k: v.numpy() for k, v in inputs[n].items()}) for n in PARTS}
    test_in = {**blank, "part": np.asarray(2, np.int64), **{k: v.numpy() for k, v in inputs["step"].items()}}
    with torch.no_grad():
        truth = modules["step"](*inputs["step"].values())
    test_out = {n: t.numpy() for n, t in zip(PARTS["step"][1], truth, strict=True)}
    settings = {k: Path(v).name if k == "start" and v else v for k, v in saved["settings"].items()}
    measured = Path(run) / "evaluation.json"
    if measured.exists():
        figures |= json.loads(measured.read_text(encoding="utf-8"))["metrics"]
    about = manifest(
        name="morph",
        title="Morph",
        description="Two bars of melody, bass and drums as one point in a latent space: vary, interpolate, steer.",
        inputs=[(n, role(n)) for part in PARTS.values() for n in part[0]],
        outputs=[(n, role(n)) for part in PARTS.values() for n in part[1]],
        states=list(STATES.items()),
        parts=PARTS,
        tables=tables,
        parameters=Morph.PARAMS,
        code={**code.CODE, "guard": guard},
        cost=[
            {"part": "step", "runs": code.STEPS, "unit": "two bars of three tracks", "limit_us": 5000},
            {"part": "conduct", "runs": 1, "unit": "a latent unfolded", "limit_us": 500},
            {"part": "encode", "runs": 1, "unit": "two bars read", "limit_us": 1500},
        ],
        provenance=provenance(train, "antiphon train morph --preset small", settings),
        metrics=figures,
        card=CARD,
        weights={"morph": weight_map(joined, model)},
    )
    write_package(joined, about, test_in, test_out, output)
    draw(Morph.load(output), Path(output).parent / "pictures")
    per_pair = cost["conduct"] + code.STEPS * cost["step"]
    return {
        "package": str(output),
        "bytes": Path(output).stat().st_size,
        "parity": max(parity.values()),
        "us": {**{n: round(v, 1) for n, v in cost.items()}, "two bars": round(per_pair, 1)},
        "precision": "fp32",
        "metrics": figures,
    }
