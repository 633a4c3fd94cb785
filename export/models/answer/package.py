"""Exports a trained `answer` to its ONNX package, checked against PyTorch and timed in fp32 and int8; [workshop].

antiphon export answer
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch.nn import functional as F

from export.copies import build_guard
from export.corpora import load_tunes
from export.corpora.load import Corpus
from export.models.answer.model import AnswerConfig, AnswerModel
from export.models.answer.train import valid_streams
from export.package import commit, today, write_package
from realtime.music import melody_code as code
from realtime.native.errors import AntiphonError
from realtime.players.answer import PARAMS

INPUTS, OUTPUTS = ("event", "h"), ("duration", "delta", "pitch", "h_out")
GUARD_NOTES = 10  # no run of so many notes of the training set is ever completed
TOLERANCE = 1e-4


class StepModule(torch.nn.Module):
    """AnswerModel.step with the GRU written out in matrix products, which (unlike the GRU operator) can be made
    int8."""

    def __init__(self, model: AnswerModel):
        super().__init__()
        self.model = model

    def forward(self, event, h):
        model, x, states = self.model, self.model.encode(event[None]), []
        for layer in range(model.config.layers):
            weights = (
                getattr(model.gru, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            w_in, w_state, b_in, b_state = weights
            before = h[layer : layer + 1]
            from_input = F.linear(x, w_in, b_in).chunk(3, -1)
            from_state = F.linear(before, w_state, b_state).chunk(3, -1)
            reset = torch.sigmoid(from_input[0] + from_state[0])
            update = torch.sigmoid(from_input[1] + from_state[1])
            proposal = torch.tanh(from_input[2] + reset * from_state[2])
            x = proposal + update * (before - proposal)
            states.append(x)
        return (*model.heads(event, x[0]), torch.cat(states))


def load_checkpoint(path: str | Path) -> tuple[AnswerModel, dict]:
    """The model in evaluation mode and the checkpoint's facts. Raises AntiphonError if there is none or it is of
    another model."""
    try:
        saved = torch.load(path, weights_only=False)
        model = AnswerModel(AnswerConfig(**saved["config"]))
        model.load_state_dict(saved["model"])
    except FileNotFoundError:
        raise AntiphonError(f"Checkpoint {path}: there is none; run `antiphon train answer` first.") from None
    except Exception as error:  # torch.load raises many kinds on damage
        raise AntiphonError(
            f"Checkpoint {path}: damaged or of another model ({type(error).__name__}: {error})."
        ) from error
    return model.eval(), saved


def step_graph(model: AnswerModel) -> onnx.ModelProto:
    """The one-event graph in fp32."""
    event = torch.tensor([0, code.SEPARATOR, 0, 0, 1, 1, 1, 8, 96])
    h = torch.zeros(model.config.layers, model.config.hidden)
    program = torch.onnx.export(
        StepModule(model).eval(),
        (event, h),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    assert program is not None
    graph = program.model_proto
    del graph.graph.value_info[:]  # the quantiser trips over the exporter's shapes of shared weights
    return graph


def quantised(graph: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """Weights of matrix products in int8, activations quantised on the fly."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    source, target = folder / "fp32.onnx", folder / "int8.onnx"
    onnx.save(graph, source)
    quantize_dynamic(source, target, weight_type=QuantType.QInt8)
    return onnx.load(target)


def session(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run_events(run: onnxruntime.InferenceSession, events: np.ndarray, shape: tuple[int, int]) -> tuple[list, float]:
    """Outputs after each event and the median time of a run in microseconds."""
    h, outputs, times = np.zeros(shape, np.float32), [], []
    for event in events:
        started = time.perf_counter_ns()
        out = run.run(None, {"event": event, "h": h})
        times.append(time.perf_counter_ns() - started)
        h = out[3]
        outputs.append(out)
    return outputs, float(np.median(times)) / 1000


def event_nll(outputs: list, targets: np.ndarray) -> tuple[float, int]:
    """(nats, notes) of the answer targets along one stream, from graph outputs."""
    total, notes = 0.0, 0
    for (duration, delta, pitch, _), (t_duration, t_delta, t_pitch) in zip(outputs, targets, strict=True):
        for logits, target in (
            (duration, t_duration),
            (delta[max(0, t_duration)], t_delta),
            (pitch[max(0, t_delta)], t_pitch),
        ):
            if target >= 0:
                x = logits.astype(np.float64)
                total += float(np.log(np.exp(x - x.max()).sum()) + x.max() - x[target])
        notes += t_duration >= 0
    return total, notes


def export_checkpoint(
    checkpoint: str | Path = "runs/answer/best.pt",
    out: str | Path = "models_onnx/answer.onnx",
    data: str | Path | None = None,
    corpus: Corpus | None = None,
    metrics: dict[str, float] | None = None,
    version: str = "1.0",
) -> dict:
    """Writes the package and returns {"package", "precision", "bytes", "parity", "fp32_us", "int8_us", "metrics"}.

    data: the corpus it was trained on (for the copy guard and the held-out check). metrics: added to the card.
    Raises AntiphonError if the graph does not equal PyTorch within 1e-4.
    """
    torch.set_num_threads(1)
    model, saved = load_checkpoint(checkpoint)
    corpus = corpus or load_tunes(data)
    streams = valid_streams(corpus.split("valid"))[:12]
    shape = (model.config.layers, model.config.hidden)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    graph = step_graph(model)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        small = quantised(graph, Path(folder))
    figures = {}
    for name, g in (("fp32", graph), ("int8", small)):
        run = session(g)
        run_events(run, streams[0].events[:16].astype(np.int64), shape)
        nats, notes, times = 0.0, 0, []
        for s in streams:
            outputs, us = run_events(run, s.events.astype(np.int64), shape)
            cost = event_nll(outputs, np.where(s.answer[:, None], s.targets, -100))
            nats, notes = nats + cost[0], notes + cost[1]
            times.append(us)
        figures[name] = (nats / notes, float(np.median(times)))
    # int8 only where it is much faster and costs under 0.005 nats a note: its sums differ from processor to
    # processor, so that one seed would not give the same notes everywhere
    much_faster = figures["int8"][1] < 0.67 * figures["fp32"][1]
    precision = "int8" if much_faster and figures["int8"][0] - figures["fp32"][0] < 0.005 else "fp32"
    chosen = small if precision == "int8" else graph

    events = streams[0].events[:8].astype(np.int64)
    h = torch.zeros(shape)
    with torch.no_grad():
        for event in torch.from_numpy(events[:-1]):
            h = model.step(event, h)[3]
        truth = [t.numpy() for t in model.step(torch.from_numpy(events[-1]), h)]
    inputs = {"event": events[-1], "h": h.numpy()}
    got = session(graph).run(None, inputs)
    parity = max(float(np.abs(a - b).max()) for a, b in zip(got, truth, strict=True))
    if parity > TOLERANCE:
        raise AntiphonError(
            f"Export of {checkpoint}: the graph differs from PyTorch by {parity:.2e}, more than {TOLERANCE}."
        )
    expected = truth if precision == "fp32" else session(small).run(None, inputs)

    guard = build_guard(corpus.split("train"), GUARD_NOTES)
    facts = {
        "valid_nll_event_nats": round(float(saved["row"]["valid_nll_event_nats"]), 4),
        "event_us": round(figures[precision][1], 1),
    }
    manifest = {
        "kind": "player",
        "name": "answer",
        "title": "Answer",
        "version": version,
        "description": "Hears a phrase and answers it: a recurrent model of folk melody in turns, one step an event.",
        "inputs": [{"name": "event", "role": "token"}, {"name": "h", "role": "state"}],
        "outputs": [
            {"name": "duration", "role": "logits"},
            {"name": "delta", "role": "logits"},
            {"name": "pitch", "role": "logits"},
            {"name": "h_out", "role": "state"},
        ],
        "states": [{"input": "h", "output": "h_out"}],
        "parameters": [
            {
                "id": p.id,
                "name": p.title,
                "unit": p.unit,
                "min": p.minimum,
                "max": p.maximum,
                "default": p.default,
                "curve": p.curve,
            }
            for p in PARAMS
        ],
        "code": {
            "name": "melody_code",
            "fields": list(code.FIELDS),
            "steps": list(code.STEPS),
            "pitches": code.PITCHES,
            "ticks": code.TICKS,
        },
        "guard": guard.to_json(),
        "provenance": {
            "data": provenance_of(corpus),
            "licence": "GPL-3.0-or-later (trained in part on GPL-3.0 data: Nottingham)"
            if has_nottingham(corpus)
            else "GPL-3.0-or-later; tunes in the public domain",
            "commit": commit(),
            "trained": today(),
            "command": "antiphon train answer --preset full --data <folder>; antiphon export answer",
            "settings": saved["settings"],
            "precision": precision,
        },
        "metrics": {**facts, **(metrics or {})},
        "card": CARD,
    }
    names = dict(zip(OUTPUTS, expected, strict=True))
    write_package(chosen, manifest, inputs, names, out, TOLERANCE)
    return {
        "package": str(out),
        "precision": precision,
        "bytes": out.stat().st_size,
        "parity": parity,
        "fp32_us": figures["fp32"][1],
        "int8_us": figures["int8"][1],
        "fp32_nll": float(figures["fp32"][0]),
        "int8_nll": float(figures["int8"][0]),
        "metrics": manifest["metrics"],
    }


def export(run: Path, output: Path, data: str | Path | None = None) -> dict:
    """The best checkpoint of the folder `run` as a package with its measured figures on its card.

    The data it was trained on (named in the checkpoint, or `data`) is read again for the copy guard. Raises
    AntiphonError.
    """
    from export.models.answer.evaluate import evaluate

    checkpoint = run / "best.pt"
    _, saved = load_checkpoint(checkpoint)
    source = data if data is not None else None if saved["data"] == "None" else saved["data"]
    corpus = load_tunes(source)
    export_checkpoint(checkpoint, output, corpus=corpus)
    figures = evaluate(output, corpus=corpus)["metrics"]
    return export_checkpoint(checkpoint, output, corpus=corpus, metrics=figures)


def has_nottingham(corpus: Corpus) -> bool:
    return any("nottingham" in t.source for t in corpus.tunes)


def provenance_of(corpus: Corpus) -> list[str]:
    """One line a source: file, number of tunes trained on, licence."""
    lines: dict[str, list] = {}
    for t in corpus.split("train"):
        lines.setdefault(t.source or "?", [0, t.licence])[0] += 1
    return [f"{name}: {n} tunes ({licence})" for name, (n, licence) in sorted(lines.items())]


CARD = """What it does: after your phrase it plays one of the same length, one voice, in the key it hears and in your
register. What it learned: pitch, rhythm and phrasing of British, Irish and North American dance and song tunes of
the 18th and 19th century. What it did not learn: dynamics (the corpora have none; velocity follows yours on the
metre by rule), harmony, chords, other styles. Limits: it thinks in 24ths of a beat; in metres it has not met (7/8,
5/4) it keeps your bar length but has no model of their accents; chromatic or atonal phrases are answered in the
nearest major or minor key. The key is found by correlation with key profiles and can be mistaken on fewer than about
six notes. A guard at decoding keeps any run of notes from copying the training set."""
