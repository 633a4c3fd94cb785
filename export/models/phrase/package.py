"""Puts a trained `phrase` into its package: trunk and heads in one file, the copy guard as a table; [workshop]."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from export.models.phrase.card import CARD
from export.models.phrase.model import Config, Phrase
from export.models.phrase.songs import Song, SongSet, load_songs
from export.models.phrase.step import HEAD_INPUTS, HEAD_OUTPUTS, STEP_INPUTS, STEP_OUTPUTS, HeadStep, Step, blank
from export.package import write_package
from export.pattern.graph import TOLERANCE, blank_inputs, check_parity, graph_of, join_parts, quantised, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.phrase.model import CODE, PARAMS
from realtime.music.melody_code import on_step
from realtime.sampling.copyguard import CopyGuard

GUARD_NOTES = 10  # no run of so many notes of the training set is ever completed
GUARD_BITS = 10.0  # a run: 1 % false alarms
ROLES = {
    "fields": "token", "times": "token", "keys": "memory", "values": "memory", "facts": "memory", "h": "latent",
    "pitch": "logits", "keys_new": "memory", "values_new": "memory", "facts_new": "memory", "h_in": "latent",
    "note": "note", "duration": "logits", "velocity": "logits", "delta": "logits",
}  # fmt: skip
RINGS = (("keys", "keys_new", 3), ("values", "values_new", 2), ("facts", "facts_new", 0))
COST = (
    {"part": "step", "runs": 1, "unit": "an event, its trunk", "limit_us": 900},
    {"part": "heads", "runs": 3, "unit": "an event, its heads", "limit_us": 100},
)


def rebuilt(run: Path) -> tuple[Phrase, dict[str, Any]]:
    """The model of the best checkpoint of a run, and the checkpoint. Raises AntiphonError."""
    return restored(run, "phrase", lambda config: Phrase(Config(**config)))


def top_line(song: Song) -> list[tuple[int, int]]:
    """(interval, time between onsets on STEPS) along the song's line, or its chords' tops."""
    highest: dict[int, int] = {}
    for onset, _, pitch, _ in song.notes:
        highest[onset] = max(pitch, highest.get(onset, 0))
    return [(b[1] - a[1], on_step(b[0] - a[0])) for a, b in pairwise(sorted(highest.items()))]


def build_guard(songs: list[Song], notes: int = GUARD_NOTES) -> CopyGuard:
    """The guard that knows every run of `notes` notes of the songs."""
    runs = {tuple(p[i : i + notes - 1]) for s in songs for p in [top_line(s)] for i in range(len(p) - notes + 2)}
    guard = CopyGuard.for_count(notes, max(1, len(runs)), GUARD_BITS)
    for run in sorted(runs):
        guard.add(run)
    return guard


def _guard(run: Path, train: list[Song]) -> CopyGuard:
    """The guard of these songs, kept beside the checkpoint: it takes a minute."""
    kept, mark = Path(run) / "guard.json", [len(train), sum(len(s.notes) for s in train), GUARD_NOTES, GUARD_BITS]
    if kept.exists() and (content := json.loads(kept.read_text()))["mark"] == mark:
        return CopyGuard.from_json(content)
    guard = build_guard(train)
    kept.write_text(json.dumps({"mark": mark, **guard.to_json()}))
    return guard


@torch.no_grad()
def heard(model: Phrase, events: int = 12) -> dict[str, torch.Tensor]:
    """Inputs of `Step` after some events: a scale, so that the test vector looks into the rings."""
    from export.models.phrase.examples import turns

    notes = [(12 * i, 12, 60 + (0, 2, 4, 5, 7, 9, 11, 12)[i % 8], 0) for i in range(40)]
    example = turns(Song("scale", notes, 4, 4, 1, 0, "train", "scale"), None, 2)
    assert example is not None
    inputs, step = blank(model), Step(model).eval()
    for k in range(events):
        inputs["fields"], inputs["times"] = (torch.from_numpy(a[k].astype(np.int64))
                                             for a in (example.fields, example.times))  # fmt: skip
        if k == events - 1:
            break
        _, _, keys, values, facts = step(*inputs.values())
        inputs["keys"][..., k : k + 1], inputs["values"][:, :, k : k + 1], inputs["facts"][k] = keys, values, facts[0]
    return inputs


def export(
    run: Path, output: Path, data: Path | None = None, songs: SongSet | None = None, int8: bool | None = None
) -> dict[str, Any]:
    """Writes the package; returns {"package", "bytes", "parity", "us", "precision", "metrics"}.

    data: the music it was trained on (default: what the checkpoint names), for the copy guard. songs: that music, if it
    is loaded already. int8: None lets the measured speed decide. If the run folder holds evaluation.json (the result of
    `antiphon evaluate phrase --json`), its figures go into the package. Raises AntiphonError.
    """
    run, output = Path(run), Path(output)
    model, saved = rebuilt(run)
    source = data or saved["data"]
    train = (songs or load_songs(source)).split("train")
    guard = _guard(run, train)
    inputs = heard(model)
    step, heads = Step(model), HeadStep(model)
    with torch.no_grad():
        h = step(*inputs.values())[0]
    head_inputs = {"h_in": h, "note": torch.tensor([50, 4])}
    graph, head_graph = graph_of(step, inputs, STEP_OUTPUTS), graph_of(heads, head_inputs, HEAD_OUTPUTS)
    feeds = {k: v.numpy() for k, v in inputs.items()}
    small = quantised(graph)
    us = {"fp32": run_us(graph, feeds), "int8": run_us(small, feeds)}
    # int8 sums differ from processor to processor, so that one seed would not give the same notes everywhere: only
    # where it is much faster
    chosen = int8 if int8 is not None else us["int8"] < 0.5 * us["fp32"]
    whole: onnx.ModelProto = join_parts({"step": small if chosen else graph, "heads": head_graph})
    plain = join_parts({"step": graph, "heads": head_graph})
    blanks = blank_inputs(plain)
    parity, truth = check_parity(plain, step, inputs, part=0, others=blanks)
    head_parity, _ = check_parity(plain, heads, head_inputs, part=1, others=blanks)
    if chosen:
        from export.pattern.graph import session

        names = list(STEP_OUTPUTS)
        got = session(whole).run(names, {**blanks, **feeds, "part": np.asarray(0, np.int64)})
        truth = dict(zip(names, got, strict=True))
    precision = "int8" if chosen else "fp32"
    result = run / "evaluation.json"
    metrics = json.loads(result.read_text())["metrics"] if result.exists() else {}
    about = manifest(
        name="phrase",
        title="Phrase",
        description="Continues a phrase, answers it or fills its gap: a transformer over notes that knows bars and beats.",
        inputs=[(n, ROLES[n]) for n in (*STEP_INPUTS, *HEAD_INPUTS)],
        outputs=[(n, ROLES[n]) for n in (*STEP_OUTPUTS, *HEAD_OUTPUTS)],
        rings=RINGS,
        parts={"step": (STEP_INPUTS, STEP_OUTPUTS), "heads": (HEAD_INPUTS, HEAD_OUTPUTS)},
        tables={"guard": guard.table},
        code=CODE,
        cost=COST,
        parameters=PARAMS,
        provenance=provenance(
            _pieces(train),
            "antiphon train phrase --data <folder>; antiphon export phrase",
            saved["settings"],
            precision,
        ),
        metrics={"valid_nll_event_nats": round(float(saved["row"]["valid"]), 4), **metrics},
        card=CARD,
        weights={} if chosen else {"phrase": weight_map(whole, model)},
        guard={"notes": guard.notes, "bits": guard.bits, "hashes": guard.hashes},
    )
    test_inputs = {**blanks, **feeds, "part": np.asarray(0, np.int64)}
    write_package(whole, about, test_inputs, {n: truth[n] for n in ("h", "pitch", "facts_new")}, output, TOLERANCE)
    return {
        "package": str(output),
        "bytes": output.stat().st_size,
        "parity": max(parity, head_parity),
        "us": us,
        "precision": precision,
        "metrics": about["metrics"],
    }


def _pieces(songs: list[Song]) -> list[Song]:
    """One song of each piece."""
    return list({(s.source, s.id): s for s in songs}.values())
