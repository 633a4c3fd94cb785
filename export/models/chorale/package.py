"""Puts the trained chorale nets into one package: the trunks' step, four voices, the window to fill, the slow nets;
[workshop]."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

import realtime.models.chorale.code as code
import realtime.models.chorale.fill_code as fill_code
from export.corpora.pieces import Piece, load_pieces
from export.measures.roll import draw_roll
from export.models.chorale import fill, model, slow
from export.models.chorale.card import card_of
from export.models.chorale.join import joined
from export.models.chorale.layout import step_graph, voice_graph
from export.models.chorale.slow_steps import Context, Draw
from export.models.chorale.steps import Step, Voice, halved, step_rings
from export.package import write_package
from export.pattern import checkpoint
from export.pattern.graph import PART, TOLERANCE, blank_inputs, graph_of, session
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import net_from
from export.pattern.weights import weight_map
from realtime.models.chorale.model import CODE, Chorale
from realtime.native.errors import AntiphonError

MEMBERS = ("second", "third")  # folders of further causal nets: their probabilities are mixed in, in equal shares
PICTURE_SEED = 11
SLOW = ("slow", "tunes")  # slow nets: chorales by quarters, Nottingham's tunes by eighths
PRECISION = "fp16 stored, fp32 run"
COST = [
    {"part": "step", "runs": 1, "unit": "a sixteenth, before the melody's note", "limit_us": 180},
    {"part": "bass", "runs": 3, "unit": "three voices, after the melody's note", "limit_us": 120},
]
Part = tuple[nn.Module, dict[str, Tensor], tuple[str, ...]]  # module, example inputs, outputs
Parts = dict[str, Part]
ROLES = {
    "trunk_rows": "token", "trunk_classes": "features", "cursor": "position", "context": "context",
    "head_context": "context", "head_rows": "token", "head_classes": "features", "fill_rows": "token",
    "fill_holes": "token", "slow_before": "features", "slow_earlier": "features", "slow_repeat": "features",
    "slow_small": "token", "slow_cursor": "position", "slow_context_out": "context", "slow_context": "context",
    "slow_drawn": "features", "slow_last": "token", "slow_count": "position",
}  # fmt: skip


def beside(run: Path, ending: str) -> dict[str, Any] | None:
    """The checkpoint of a net trained beside the causal one (out/chorale_second, _fill, _slow), None if it was not.
    Raises AntiphonError if it is damaged."""
    path = run.with_name(f"{run.name}_{ending}") / "best.pt"
    names = dict.fromkeys(MEMBERS, "chorale") | dict.fromkeys(SLOW, "chorale_slow")
    return checkpoint.load(path, names.get(ending, f"chorale_{ending}")) if path.exists() else None


def causal_parts(nets: Sequence[model.Causal]) -> tuple[Parts, dict[str, onnx.ModelProto]]:
    """name -> (module, example inputs, outputs) of the trunks' step and the voices, and their graphs."""
    some = torch.Generator().manual_seed(1)
    history = code.History()
    for row in ([67, 62, 59, 43], [67, 62, 59, 43], [69, 62, 57, 54]):
        history.push(row)
    rows, classes = history.trunk()
    rings = {name: torch.randn(*shape, generator=some) * 0.5 for name, shape in step_rings(nets).items()}
    example = {
        "trunk_rows": torch.from_numpy(rows)[None],
        "trunk_classes": torch.from_numpy(classes)[None],
        "cursor": torch.tensor([nets[0].config.memory_steps + 3]),
        **rings,
    }
    parts: Parts = {"step": (Step(*nets), example, ("context", *(f"new_{name}" for name in rings)))}
    graphs = {"step": step_graph(nets)}
    shares = [1 / len(nets)] * len(nets)
    for voice, name in enumerate(code.VOICES):
        rows, classes, _ = history.head(voice, [71, 62, 55, 43])
        inputs = {
            "head_context": torch.randn(1, sum(n.config.head_hidden for n in nets), generator=some),
            "head_rows": torch.from_numpy(rows)[None],
            "head_classes": torch.from_numpy(classes.astype(np.float32))[None],
        }
        parts[name] = (Voice(voice, *nets, weights=shares), inputs, ("logits",))
        graphs[name] = voice_graph(voice, nets, shares)
    return parts, graphs


def fill_part(net: fill.Fill) -> Part:
    """The window to fill."""
    steps = net.config.steps
    random = np.random.default_rng(1)
    symbols = random.integers(10, 40, (1, steps, 4))
    known = random.random(symbols.shape) < 0.5
    rows, holes, _ = fill_code.features(symbols, known, np.ones((1, steps), bool), np.zeros(1, np.int64))
    return net, {"fill_rows": torch.from_numpy(rows), "fill_holes": torch.from_numpy(holes)}, ("fill_logits",)


def slow_parts(name: str, net: slow.Slow) -> Parts:
    """A slice's context, and the next key of it. Slow nets of equal sizes share their inputs and outputs."""
    context, draw = Context(net), Draw(net)
    example = context.example()
    return {
        f"{name}_context": (context, example, ("slow_context_out", *(f"new_{n}" for n in example if "_slow_" in n))),
        f"{name}_draw": (draw, draw.example(), ("slow_logits",)),
    }


def parity(graph: onnx.ModelProto, parts: Parts) -> float:
    """Largest difference between the graph and PyTorch over all parts. Raises AntiphonError if it is too large."""
    runner, blank, worst = session(graph), blank_inputs(graph), 0.0
    for number, (name, (module, inputs, outputs)) in enumerate(parts.items()):
        with torch.no_grad():
            truth = module.eval()(*inputs.values())
        feeds = {**blank, **{k: v.numpy() for k, v in inputs.items()}, PART: np.asarray(number, np.int64)}
        got = runner.run(list(outputs), feeds)
        for a, b in zip(got, truth if isinstance(truth, tuple) else (truth,), strict=True):
            worst = max(worst, float(np.abs(a - b.numpy()).max(initial=0.0)))
        if not worst <= TOLERANCE:
            raise AntiphonError(f"Export: {name} differs from PyTorch by {worst:.2e}, more than {TOLERANCE:g}.")
    return worst


def checkpoints(run: Path) -> dict[str, dict[str, Any]]:
    """name -> checkpoint of the causal net and of those beside it. Raises AntiphonError without an orderless one."""
    saved = {"chorale": checkpoint.load(run / "best.pt", "chorale")}
    saved |= {f"chorale_{e}": s for e in (*MEMBERS, "fill", *SLOW) if (s := beside(run, e)) is not None}
    if "chorale_fill" not in saved:
        raise AntiphonError(f"Run {run}: the orderless net is not trained; run train_fill into {run}_fill first.")
    return saved


def net_of(kind: str, content: Mapping[str, Any]) -> nn.Module:
    """The net of a checkpoint, its weights as the package stores them."""

    def build(config: dict[str, Any]) -> nn.Module:
        if kind == "fill":
            return fill.Fill(fill.Config(**config))
        if kind in SLOW:
            return slow.Slow(slow.Config(**config))
        return model.Causal(model.Config(**config))

    net = net_from(content, f"Checkpoint of {kind}", "chorale", build)
    halved(net)
    return net


def built_of(nets: Mapping[str, nn.Module], run: Path) -> tuple[Parts, onnx.ModelProto]:
    """All parts, and one graph of them. Raises AntiphonError where slow nets differ in size."""
    built, graphs = causal_parts(causal_of(nets))
    for name, net in nets.items():
        own: Parts = {}
        if isinstance(net, fill.Fill):
            own = {"fill": fill_part(net)}
        elif isinstance(net, slow.Slow):
            own = slow_parts(name.removeprefix("chorale_"), net)
        built |= own
        graphs |= {part: graph_of(*content) for part, content in own.items()}
    try:
        return built, joined(graphs)
    except ValueError as error:
        raise AntiphonError(f"Run {run}: {error}; train {run}_slow and {run}_tunes in equal sizes.") from error


def causal_of(nets: Mapping[str, nn.Module]) -> list[model.Causal]:
    """The causal nets, whose probabilities are mixed."""
    return [n for n in nets.values() if isinstance(n, model.Causal)]


def code_facts(saved: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the run time must know of the code and of the slow nets."""
    facts: dict[str, Any] = dict(CODE)
    for kind in SLOW:
        if content := saved.get(f"chorale_{kind}"):
            facts |= {f"{kind}_{k}": content["config"][k] for k in ("most", "upwards", "per_bar", "per_waltz")}
    return facts


def wiring(built: Parts, nets: Mapping[str, nn.Module]) -> dict[str, Any]:
    """The manifest's parts, inputs and outputs with their roles, and rings."""
    parts = {name: (list(inputs), list(outputs)) for name, (_, inputs, outputs) in built.items()}
    names_in = list(dict.fromkeys(n for i, _ in parts.values() for n in i))
    names_out = list(dict.fromkeys(n for _, o in parts.values() for n in o))
    axes = {n: built["step"][1][n].dim() - (1 if "keys" in n else 2) for n in step_rings(causal_of(nets))}
    axes |= {n: 2 if "keys" in n else 1 for n in names_in if "_slow_" in n}
    return {
        "parts": parts,
        "inputs": [(n, ROLES.get(n, "memory")) for n in names_in],
        "outputs": [(n, "memory" if n.startswith("new_") else ROLES.get(n, "logits")) for n in names_out],
        "rings": [(n, f"new_{n}", axis) for n, axis in axes.items()],
    }


def measured_of(run: Path) -> dict[str, float]:
    """The figures of evaluation.json in the run's folder; none if it is not there."""
    measured = run / "evaluation.json"
    return json.loads(measured.read_text(encoding="utf-8"))["metrics"] if measured.exists() else {}


def origin(saved: Mapping[str, Mapping[str, Any]], data: str | Path | None) -> dict[str, Any]:
    """What the nets learned from, and how."""
    return provenance(
        learned_from(data or saved["chorale"]["data"], "chorale_tunes" in saved),
        "antiphon train chorale",
        {n: {"config": s["config"], "settings": _told(s["settings"]), "row": s["row"]} for n, s in saved.items()},
        PRECISION,
    )


def write(whole: onnx.ModelProto, about: dict[str, Any], step: Part, output: Path) -> None:
    """The package, with what the trunks' step gives as its test."""
    module, example, names = step
    first = {**blank_inputs(whole), **{k: v.numpy() for k, v in example.items()}}
    with torch.no_grad():
        wanted = module(*example.values())
    outputs = {n: t.numpy() for n, t in zip(names, wanted, strict=True)}
    write_package(whole, about, first, outputs, output)


def draw(output: Path) -> None:
    """A picture of composed bars, beside the package."""
    picture = Path(output).parent / "pictures" / "chorale.png"
    composed = Chorale.load(output).generate(None, 32, PICTURE_SEED)
    title = f"chorale: 32 bars composed, seed {PICTURE_SEED}"
    draw_roll(composed, picture, title, names=dict(enumerate(code.VOICES)))


def export(run: Path, output: Path, data: Path | None = None) -> dict[str, Any]:
    """Writes the package and a picture beside it; returns {"package", "bytes", "parity", "precision", "metrics"}.

    run: folder of the causal net (out/chorale). The folders beside it with `_fill`, `_slow` and `_tunes` at the end hold
    the orderless and the slow nets, those with `_second` and `_third` further causal nets that are mixed in. If it holds
    evaluation.json (the result of `antiphon evaluate chorale --json`), its figures go into the package. Raises
    AntiphonError.
    """
    run = Path(run)
    saved = checkpoints(run)
    nets = {name: net_of(name.removeprefix("chorale_"), content) for name, content in saved.items()}
    built, whole = built_of(nets, run)
    difference = parity(whole, built)
    far = np.stack([h.far.detach().numpy() for h in causal_of(nets)[0].voice_heads()]).astype(np.float32)
    metrics = measured_of(run)
    about = manifest(
        name="chorale",
        title="Chorale",
        description="Four-part harmony after Bach: three voices under a melody as it is played, or any voices filled in.",
        tables={"far": far},
        parameters=Chorale.PARAMS,
        code=code_facts(saved),
        cost=COST,
        provenance=origin(saved, data),
        metrics=metrics,
        card=card_of(metrics),
        weights={name: weight_map(whole, net) for name, net in nets.items()},
        **wiring(built, nets),
    )
    write(whole, about, built["step"], output)
    draw(output)
    return {
        "package": str(output),
        "bytes": Path(output).stat().st_size,
        "parity": difference,
        "precision": PRECISION,
        "metrics": metrics,
    }


def _told(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings without the places where files lay."""
    return {k: PurePath(v).name if k in ("start", "teacher") and v else v for k, v in settings.items()}


def learned_from(data: str | Path | None, tunes: bool) -> list[Piece]:
    """The training pieces of all nets."""
    names = ("jsb_chorales_official", *(("folk_nottingham",) if tunes else ())) if data else ("bach",)
    return [p for p in load_pieces(data, only=names).pieces if p.split == "train"]
