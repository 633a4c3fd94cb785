"""Puts the four trained nets of `frames` into one package; [workshop]."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import realtime.models.frames.code as code
from export.measures import draw_roll
from export.models.frames import data as music
from export.models.frames.card import CARD
from export.models.frames.model import Config, FramesModel
from export.models.latent import active_units, aggregated, posterior
from export.package import write_package
from export.pattern.graph import Part, blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.frames.model import Frames

MOST_WINDOWS = 5000  # encoded for each aggregated posterior


def decoded(net: Any, latent: Tensor) -> Tensor:
    """All slices at once: the part `decode` of a plain net."""
    return net.decode(latent)


def unfolded(net: Any, latent: Tensor) -> tuple[Tensor, Tensor]:
    """The first state and the context of each slice: the part `decode` of a recurrent net."""
    return net.first(latent)[0], net.contexts(latent)


def stepped(net: Any, *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The next slice: the part `step` of a recurrent net."""
    return net.step(*inputs)


def rebuilt(run: Path) -> tuple[FramesModel, dict[str, Any]]:
    """The nets of the best checkpoint of a run, and the checkpoint. Raises AntiphonError."""
    return restored(run, "frames", lambda config: FramesModel(Config(**config)))


@torch.no_grad()
def tables_of(model: FramesModel, train: list) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """<net>_centres, <net>_weights, <net>_factor of each net; their active units."""
    chorales = [p for p in train if music.is_chorale(p)] or train
    tables: dict[str, np.ndarray] = {}
    figures: dict[str, float] = {"latent_units": model.config.latent}
    for grid, slices in code.GRIDS.items():
        rolls, _ = music.windows(music.rolls_of(train if grid == "bar" else chorales, slices))
        rolls = rolls[rolls.any(axis=(1, 2))]
        rolls = rolls[np.random.default_rng(0).permutation(len(rolls))[:MOST_WINDOWS]]
        for kind in code.NETS:
            name = f"{kind}_{grid}"
            means, variances = [], []
            for start in range(0, len(rolls), 500):
                mean, log_variance = model.nets[name].encode(torch.from_numpy(rolls[start : start + 500]))  # type: ignore[operator]
                means.append(mean.numpy())
                variances.append(log_variance.exp().numpy())
            mean = np.concatenate(means)
            home = aggregated(mean, np.concatenate(variances))
            tables |= {f"{name}_{part}": getattr(home, part) for part in ("centres", "weights", "factor")}
            figures[f"active_units_{name}"] = active_units(mean)
    return tables, figures


def parts_of(model: FramesModel) -> dict[str, tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]]:
    """Module, example inputs and output names of every part, in the order of the package."""
    c, g = model.config, torch.Generator().manual_seed(1)
    roll = (torch.rand(1, code.SLICES, code.KEYS, generator=g) > 0.95).float()
    latent = torch.randn(1, c.latent, generator=g)
    found: dict[str, tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]] = {}
    for name, net in model.nets.items():
        found[f"{name}_encode"] = (Part(net, posterior), {"roll": roll}, (f"{name}_mean", f"{name}_deviation"))
        if name.startswith("plain"):
            found[f"{name}_decode"] = (
                Part(net, decoded),
                {"latent": latent},
                (f"{name}_logits",),
            )
            continue
        found[f"{name}_decode"] = (
            Part(net, unfolded),
            {"latent": latent},
            (f"{name}_first", f"{name}_context"),
        )
        inputs = {
            "past": roll[:, 0],
            "context_now": torch.randn(1, c.recurrent, generator=g),
            f"{name}_state": torch.randn(1, 1, c.recurrent, generator=g),
        }
        found[f"{name}_step"] = (
            Part(net, stepped),
            inputs,
            (f"{name}_key_logits", f"{name}_state_out"),
        )
    return found


def role(name: str) -> str:
    """What a tensor is for, from its name."""
    for ending, meaning in (("mean", "latent"), ("latent", "latent"), ("deviation", "deviation"), ("logits", "logits"),
                            ("state", "state"), ("state_out", "state"), ("roll", "features"), ("past", "token")):  # fmt: skip
        if name.endswith(ending):
            return meaning
    return "context"


def export(run: Path, output: Path, data: Path | None = None) -> dict[str, Any]:
    """Writes the package and pictures beside it; returns {"package", "bytes", "parity", "us", "precision", "metrics"}.

    data: the music that was trained on (default: what the checkpoint names). If the run folder holds evaluation.json (the
    result of `antiphon evaluate frames --json`), its figures go into the package. Raises AntiphonError.
    """
    model, saved = rebuilt(Path(run))
    train, _, _ = music.load(data or saved["data"])
    tables, figures = tables_of(model, train)
    parts = parts_of(model)
    graphs = {name: graph_of(module, inputs, outputs) for name, (module, inputs, outputs) in parts.items()}
    joined = join_parts(graphs)
    blank = blank_inputs(joined)
    parity = max(check_parity(joined, m, i, part=k, others=blank)[0] for k, (m, i, _) in enumerate(parts.values()))
    cost = {n: run_us(graphs[n], {k: v.numpy() for k, v in parts[n][1].items()}) for n in parts}
    tested = list(parts).index("recurrent_bar_step")
    module, inputs, outputs = parts["recurrent_bar_step"]
    with torch.no_grad():
        truth = module(*inputs.values())
    test_in = {**blank, "part": np.asarray(tested, np.int64), **{k: v.numpy() for k, v in inputs.items()}}
    measured = Path(run) / "evaluation.json"
    if measured.exists():
        figures |= json.loads(measured.read_text(encoding="utf-8"))["metrics"]
    names_in = list(dict.fromkeys(n for _, given, _ in parts.values() for n in given))
    about = manifest(
        name="frames",
        title="Frames",
        description="The baselines: a plain and a recurrent variational autoencoder of piano-roll slices.",
        inputs=[(n, role(n)) for n in names_in],
        outputs=[(n, role(n)) for _, _, out in parts.values() for n in out],
        states=[(f"{n}_state", f"{n}_state_out") for n in model.nets if n.startswith("recurrent")],
        parts={n: (tuple(given), out) for n, (_, given, out) in parts.items()},
        tables=tables,
        parameters=Frames.PARAMS,
        code=code.CODE,
        cost=[
            {"part": "plain_bar_decode", "runs": 1, "unit": "a bar of the plain net", "limit_us": 2000},
            {"part": "recurrent_bar_step", "runs": code.SLICES, "unit": "a bar of the recurrent net", "limit_us": 2500},
        ],
        provenance=provenance(train, "antiphon train frames --preset small", saved["settings"]),
        metrics=figures,
        card=CARD,
        weights={"frames": weight_map(joined, model)},
    )
    write_package(joined, about, test_in, {n: t.numpy() for n, t in zip(outputs, truth, strict=True)}, output)
    shown = Frames.load(output)
    for number, net in enumerate(code.NETS):
        made = shown.generate(None, 32, 1, net=float(number))
        picture = Path(output).parent / "pictures" / f"frames_{net}.png"
        draw_roll(made, picture, f"frames, {net} net: 32 bars from nothing, seed 1")
    return {
        "package": str(output),
        "bytes": Path(output).stat().st_size,
        "parity": parity,
        "us": {n: round(v, 1) for n, v in cost.items()},
        "precision": "fp32",
        "metrics": figures,
    }
