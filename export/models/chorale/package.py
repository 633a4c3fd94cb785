"""Puts the trained chorale nets into one package: the trunk's step, four voices, the window to fill, the slow net;
[workshop]."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from export.corpora.pieces import load_pieces
from export.models.chorale import fill, model, slow
from export.models.chorale.card import card_of
from export.models.chorale.slow_steps import Context, Draw
from export.models.chorale.steps import Step, Voice, Window, halved, ring_axis, rings_of
from export.package import write_package
from export.pattern import checkpoint
from export.pattern.graph import blank_inputs, check_parity, graph_of, join_parts, part_outputs, run_us
from export.pattern.manifest import manifest, provenance
from realtime.models import chorale_code as code
from realtime.models import chorale_fill_code as fill_code
from realtime.models.chorale import CODE, Chorale
from realtime.native.errors import AntiphonError

WIDE_WEIGHT = 0.4  # of the second net's probabilities, where there is one (chosen on the validation pieces)
Parts = dict[str, tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]]  # module, example inputs, outputs
LARGE = 1000  # tensors of more numbers are stored in half precision
ROLES = {
    "trunk_rows": "token", "trunk_classes": "features", "cursor": "position", "context": "context",
    "head_context": "context", "head_rows": "token", "head_classes": "features", "fill_rows": "token",
    "fill_holes": "token", "slow_before": "features", "slow_earlier": "features", "slow_repeat": "features",
    "slow_small": "token", "slow_cursor": "position", "slow_context_out": "context", "slow_context": "context",
    "slow_drawn": "features", "slow_last": "token", "slow_count": "position",
}  # fmt: skip


def rebuilt(run: Path) -> tuple[model.Causal, dict[str, Any]]:
    """The causal net of a run's best checkpoint, its weights as the package holds them. Raises AntiphonError."""
    saved = checkpoint.load(run / "best.pt", "chorale")
    net = model.Causal(model.Config(**saved["config"]))
    net.load_state_dict(saved["model"])
    halved(net)
    return net.eval(), saved


def beside(run: Path, ending: str) -> dict[str, Any] | None:
    """The checkpoint of a net trained beside the causal one (out/chorale_wide, _fill, _slow), None if it was not.
    Raises AntiphonError if it is damaged."""
    path = run.with_name(f"{run.name}_{ending}") / "best.pt"
    return checkpoint.load(path, "chorale" if ending == "wide" else f"chorale_{ending}") if path.exists() else None


def in_half_precision(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Large float weights stored as float16 and cast at load (ONNX Runtime folds the casts away)."""
    casts, kept = [], []
    for tensor in graph.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > LARGE:
            half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{tensor.name}/half")
            casts.append(helper.make_node("Cast", [half.name], [tensor.name], to=TensorProto.FLOAT))
            kept.append(half)
        else:
            kept.append(tensor)
    nodes = [*casts, *graph.graph.node]
    del graph.graph.initializer[:], graph.graph.node[:]
    graph.graph.initializer.extend(kept)
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph)
    return graph


def causal_parts(
    nets: Sequence[model.Causal], weights: tuple[float, ...]
) -> dict[str, tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]]:
    """name -> (module, example inputs, outputs) of the trunks and the voices."""
    some = torch.Generator().manual_seed(1)
    history = code.History()
    for row in ([67, 62, 59, 43], [67, 62, 59, 43], [69, 62, 57, 54]):
        history.push(row)
    rows, classes = history.trunk()
    rings: dict[str, Tensor] = {}
    for net, ending in zip(nets, ("", "_wide"), strict=False):
        c = net.config
        for name, shape in rings_of(c.layers, c.heads, c.memory_steps, c.width // c.heads, ending).items():
            rings[name] = torch.randn(*shape, generator=some) * 0.5
    width = sum(net.config.width for net in nets)
    parts: Parts = {
        "step": (
            Step(*nets),
            {
                "trunk_rows": torch.from_numpy(rows)[None],
                "trunk_classes": torch.from_numpy(classes)[None],
                "cursor": torch.tensor([300]),
                **rings,
            },
            ("context", *(f"new_{name}" for name in rings)),
        )
    }
    for voice, name in enumerate(code.VOICES):
        rows, classes, _ = history.head(voice, [71, 62, 55, 43])
        inputs = {
            "head_context": torch.randn(1, width, generator=some),
            "head_rows": torch.from_numpy(rows)[None],
            "head_classes": torch.from_numpy(classes.astype(np.float32))[None],
        }
        parts[name] = (Voice(voice, *nets, weights=weights), inputs, (f"logits_{name}",))
    return parts


def fill_part(saved: Mapping[str, Any]) -> tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]:
    """The window to fill."""
    net = fill.Fill(fill.Config(**saved["config"]))
    net.load_state_dict(saved["model"])
    halved(net)
    steps = net.config.steps
    random = np.random.default_rng(1)
    symbols = random.integers(10, 40, (1, steps, 4))
    known = random.random(symbols.shape) < 0.5
    rows, holes, _ = fill_code.features(symbols, known, np.ones((1, steps), bool), np.zeros(1, np.int64))
    return Window(net), {"fill_rows": torch.from_numpy(rows), "fill_holes": torch.from_numpy(holes)}, ("fill_logits",)


def slow_parts(saved: Mapping[str, Any]) -> Parts:
    """A slice's context, and the next key of it."""
    net = slow.Slow(slow.Config(**saved["config"]))
    net.load_state_dict(saved["model"])
    halved(net)
    net.eval()
    context, draw = Context(net), Draw(net)
    example = context.example()
    return {
        "slow_context": (context, example, ("slow_context_out", *(f"new_{n}" for n in example if "_slow_" in n))),
        "slow_draw": (draw, draw.example(), ("slow_logits",)),
    }


def export(run: Path, output: Path, data: Path | None = None) -> dict[str, Any]:
    """Writes the package; returns {"package", "bytes", "parity", "us", "precision", "metrics"}.

    run: folder of the causal net (out/chorale). The folders beside it with `_fill` and `_slow` at the end hold the
    orderless and the slow net, that with `_wide` a second causal net whose probabilities are mixed in. If it holds
    evaluation.json (the result of `antiphon evaluate chorale --json`), its figures go into the package. Raises
    AntiphonError.
    """
    run = Path(run)
    net, saved = rebuilt(run)
    wide_saved = beside(run, "wide")
    nets = [net]
    weights: tuple[float, ...] = (1.0,)
    if wide_saved is not None:
        wide = model.Causal(model.Config(**wide_saved["config"]))
        wide.load_state_dict(wide_saved["model"])
        halved(wide)
        nets, weights = [net, wide.eval()], (1 - WIDE_WEIGHT, WIDE_WEIGHT)
    built = causal_parts(nets, weights)
    fill_saved, slow_saved = beside(run, "fill"), beside(run, "slow")
    if fill_saved is None:
        raise AntiphonError(f"Run {run}: the orderless net is not trained; run train_fill into {run}_fill first.")
    built["fill"] = fill_part(fill_saved)
    slow_code: dict[str, Any] = {}
    if slow_saved is not None:
        built |= slow_parts(slow_saved)
        slow_code = {f"slow_{k}": slow_saved["config"][k] for k in ("most", "upwards", "per_bar", "per_waltz")}
    graphs = {name: graph_of(m, inputs, outputs) for name, (m, inputs, outputs) in built.items()}
    joined = in_half_precision(join_parts(graphs))
    blank = blank_inputs(joined)
    parity = {
        name: check_parity(joined, m, inputs, part=i, others=blank)[0]
        for i, (name, (m, inputs, _)) in enumerate(built.items())
    }
    cost = {n: run_us(g, {k: v.numpy() for k, v in built[n][1].items()}, 60) for n, g in graphs.items()}
    three = cost["step"] + cost["alto"] + cost["tenor"] + cost["bass"]
    parts = {name: (list(inputs), list(outputs)) for name, (_, inputs, outputs) in built.items()}
    names_in = list(dict.fromkeys(n for i, _ in parts.values() for n in i))
    names_out = [n for _, o in parts.values() for n in o]
    measured = run / "evaluation.json"
    metrics = json.loads(measured.read_text(encoding="utf-8"))["metrics"] if measured.exists() else {}
    pieces = load_pieces(data or saved["data"], only=("jsb_chorales_official",) if data or saved["data"] else ("bach",))
    settings = {
        n: {"config": s["config"], "settings": s["settings"], "row": s["row"]}
        for n, s in (("causal", saved), ("wide", wide_saved), ("fill", fill_saved), ("slow", slow_saved))
        if s is not None
    }
    about = manifest(
        name="chorale",
        title="Chorale",
        description="Four-part harmony after Bach: three voices under a melody as it is played, or any voices filled in.",
        inputs=[(n, ROLES.get(n, "memory")) for n in names_in],
        outputs=[(n, "memory" if n.startswith("new_") else ROLES.get(n, "logits")) for n in names_out],
        rings=[(n, f"new_{n}", ring_axis(n)) for n in names_in if n.startswith(("keys", "values"))],
        parts=parts,
        tables={"far": np.stack([h.far.detach().numpy() for h in net.voice_heads()]).astype(np.float32)},
        parameters=Chorale.PARAMS,
        code=CODE | slow_code,
        cost=[
            {"part": "step", "runs": 1, "unit": "a sixteenth, before the melody's note", "limit_us": 220},
            {"part": "bass", "runs": 3, "unit": "three voices, after the melody's note", "limit_us": 80},
        ],
        provenance=provenance(
            [p for p in pieces.pieces if p.split == "train"],
            "antiphon train chorale",
            settings,
            "fp16 stored, fp32 run",
        ),
        metrics=metrics | {"us_three_voices": round(three, 1)},
        card=card_of(metrics),
    )
    first = {**blank, "part": np.asarray(0, np.int64), **{k: v.numpy() for k, v in built["step"][1].items()}}
    with torch.no_grad():
        wanted = built["step"][0](*built["step"][1].values())
    outputs = {n: t.numpy() for n, t in zip(part_outputs(joined, 0), wanted, strict=True)}
    write_package(joined, about, first, outputs, output)
    return {
        "package": str(output),
        "bytes": Path(output).stat().st_size,
        "parity": max(parity.values()),
        "us": {k: round(v, 1) for k, v in cost.items()} | {"three voices": round(three, 1)},
        "precision": "fp16 stored, fp32 run",
        "metrics": metrics,
    }
