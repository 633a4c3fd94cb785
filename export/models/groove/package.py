"""Puts a trained `groove` into its package: encoder, conductor, step and strokes in one file; [workshop]."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import realtime.models.groove.code as code
from export.measures import draw_roll
from export.models.groove import data as drums
from export.models.groove.card import CARD
from export.models.groove.model import Config, GrooveModel
from export.models.latent import active_units, aggregated, attribute_vectors, calibrated, posterior
from export.package import write_package
from export.pattern.graph import Part, blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.groove.model import Groove

MOST_WINDOWS = 6000  # encoded for the aggregated posterior and the directions
CALIBRATION = 96  # of them moved to find out how long a direction must be


def rebuilt(run: Path) -> tuple[GrooveModel, dict[str, Any]]:
    """The model of the best checkpoint of a run, and the checkpoint. Raises AntiphonError."""
    return restored(run, "groove", lambda config: GrooveModel(Config(**config)))


@torch.no_grad()
def decoded_attributes(model: GrooveModel, z: np.ndarray) -> np.ndarray:
    """(n, 3) attributes of the likeliest decodes of latents (n, latent), at their mean strokes."""
    context = model.conductor(torch.from_numpy(z.astype(np.float32)))
    state = torch.zeros(1, len(z), model.config.hidden)
    past, steps = torch.zeros(len(z), len(code.KIT)), []
    for step in range(code.STEPS):
        logits, state = model.step(past, context[:, step], state)
        past = torch.from_numpy(code.token_bits(logits.argmax(-1).numpy()).astype(np.float32))
        steps.append(past)
    hits = torch.stack(steps, dim=1)
    strokes = model.strokes(context, hits).numpy()
    rows = zip(hits.numpy() > 0, strokes[:, :, 0], strokes[:, :, 2], strict=True)
    return np.array([code.attributes(code.Groove(h, v * h, o * h)) for h, v, o in rows])


@torch.no_grad()
def tables_of(model: GrooveModel, windows: drums.Windows) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """home_centres, _weights, _factor, directions, attribute_mean and _deviation; figures of the latent space."""
    chosen = np.random.default_rng(0).permutation(len(windows))[:MOST_WINDOWS]
    means: list[np.ndarray] = []
    variances: list[np.ndarray] = []
    for start in range(0, len(chosen), 256):
        index = chosen[start : start + 256]
        x = drums.inputs_of(*drums.batch_of(windows, index), np.zeros(len(index), int))
        found, log_variance = model.encode(torch.from_numpy(x))
        means.append(found.numpy())
        variances.append(log_variance.exp().numpy())
    mean, variance = np.concatenate(means), np.concatenate(variances)
    home = aggregated(mean, variance)
    values = np.array([code.attributes(windows.groove(i)) for i in chosen])
    directions = calibrated(
        attribute_vectors(mean, values), mean[:CALIBRATION], lambda z: decoded_attributes(model, z), values.std(axis=0)
    )
    tables = {
        **{f"home_{name}": getattr(home, name) for name in ("centres", "weights", "factor")},
        "directions": directions,
        "attribute_mean": values.mean(axis=0).astype(np.float32),
        "attribute_deviation": values.std(axis=0).astype(np.float32),
    }
    return tables, {"active_units": active_units(mean), "latent_units": mean.shape[1]}


PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "encode": (("groove",), ("mean", "deviation")),
    "conduct": (("latent",), ("context",)),
    "step": (("past", "context_now", "state_in"), ("logits", "state_out")),
    "strokes": (("hits", "context_in"), ("strokes",)),
}
ROLES = {
    "groove": "features", "mean": "latent", "deviation": "deviation", "latent": "latent", "context": "context",
    "past": "token", "context_now": "context", "state_in": "state", "logits": "logits", "state_out": "state",
    "hits": "token", "context_in": "context", "strokes": "parameters",
}  # fmt: skip


def export(run: Path, output: Path, data: Path | None = None) -> dict[str, Any]:
    """Writes the package and a picture beside it; returns {"package", "bytes", "parity", "us", "precision", "metrics"}.

    data: the drums that were trained on (default: what the checkpoint names), for latents and directions. If the run
    folder holds evaluation.json (the result of `antiphon evaluate groove --json`), its figures go into the package.
    Raises AntiphonError.
    """
    model, saved = rebuilt(Path(run))
    source = data or saved["data"]
    train, _, _ = drums.load(source)
    tables, figures = tables_of(model, drums.windows_of(train))
    c = model.config
    random = torch.Generator().manual_seed(1)

    def some(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=random)

    inputs = {
        "encode": {"groove": some(1, code.STEPS, code.INPUTS)},
        "conduct": {"latent": some(1, c.latent)},
        "step": {"past": (some(1, 9) > 0).float(), "context_now": some(1, c.context), "state_in": some(1, 1, c.hidden)},
        "strokes": {"hits": (some(1, code.STEPS, 9) > 1).float(), "context_in": some(1, code.STEPS, c.context)},
    }
    modules = {
        "encode": Part(model, posterior),
        "conduct": Part(model, lambda net, latent: net.conductor(latent)),
        "step": Part(model, lambda net, *inputs: net.step(*inputs)),
        "strokes": Part(model, lambda net, hits, context: net.strokes(context, hits)),
    }
    graphs = {name: graph_of(modules[name], inputs[name], PARTS[name][1]) for name in PARTS}
    joined = join_parts(graphs)
    blank = blank_inputs(joined)
    parity = {n: check_parity(joined, modules[n], inputs[n], part=i, others=blank)[0] for i, n in enumerate(PARTS)}
    cost = {n: run_us(graphs[n], {k: v.numpy() for k, v in inputs[n].items()}) for n in PARTS}
    per_pair = cost["conduct"] + code.STEPS * cost["step"] + cost["strokes"]
    test_in = {**blank, "part": np.asarray(2, np.int64), **{k: v.numpy() for k, v in inputs["step"].items()}}
    with torch.no_grad():
        logits, state = modules["step"](*inputs["step"].values())
    measured = Path(run) / "evaluation.json"
    metrics = figures | (json.loads(measured.read_text(encoding="utf-8"))["metrics"] if measured.exists() else {})
    about = manifest(
        name="groove",
        title="Groove",
        description="Two bars of drums as a point in a latent space: play, vary, interpolate, humanise, drums from taps.",
        inputs=[(n, ROLES[n]) for part in PARTS.values() for n in part[0]],
        outputs=[(n, ROLES[n]) for part in PARTS.values() for n in part[1]],
        states=[("state_in", "state_out")],
        parts=PARTS,
        tables=tables,
        parameters=Groove.PARAMS,
        code=code.CODE,
        cost=[
            {"part": "step", "runs": code.STEPS, "unit": "the drums of two bars", "limit_us": 4000},
            {"part": "conduct", "runs": 1, "unit": "a latent unfolded", "limit_us": 500},
            {"part": "strokes", "runs": 1, "unit": "the strokes of two bars", "limit_us": 500},
            {"part": "encode", "runs": 1, "unit": "two bars read", "limit_us": 1000},
        ],
        provenance=provenance(train, "antiphon train groove --preset small", saved["settings"]),
        metrics=metrics,
        card=CARD,
        weights={"groove": weight_map(joined, model)},
    )
    write_package(joined, about, test_in, {"logits": logits.numpy(), "state_out": state.numpy()}, output)
    drums_of_32_bars = Groove.load(output).generate(None, 32, 1)
    draw_roll(drums_of_32_bars, Path(output).parent / "pictures" / "groove.png", "groove: 32 bars from nothing, seed 1")
    return {
        "package": str(output),
        "bytes": Path(output).stat().st_size,
        "parity": max(parity.values()),
        "us": {**{n: round(v, 1) for n, v in cost.items()}, "two bars": round(per_pair, 1)},
        "precision": "fp32",
        "metrics": metrics,
    }
