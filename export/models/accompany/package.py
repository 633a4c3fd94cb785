"""Packages `accompany`: the transformer's step and the heads of a note in one file, tried against PyTorch; [workshop]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from export.models.accompany import data as corpus
from export.models.accompany.data import Song
from export.models.accompany.model import Accompany, Step, build
from export.models.accompany.train import load_songs
from export.package import write_package
from export.pattern.graph import Part, blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.accompany.code import BASS, FEATURES, PIANO
from realtime.models.accompany.model import CODE
from realtime.models.accompany.model import Accompany as Live
from realtime.models.accompany.rotary import turns
from realtime.sampling.line_guard import make_table, run_hashes

NOTES_A_BEAT_LIMIT_US = 2000
CARD = """Plays piano, bass and pad under a melody and its chords, a beat ahead of time. Bass and piano are learned: a causal
transformer writes, beat by beat, each note's place (sixteenths and triplets), pitch above the chord's root, length and
loudness, knowing the chord and the next one, the metre, the melody so far, its own last 320 notes and beats, and wishes for
density, register and loudness. The pad is not learned: it is the chord's own tones, led smoothly by rule.
Learned from POP909 (pop songs; the piano arrangement split by rule into bass, the lowest line, and the rest) and OpenScore
Lieder (the piano part; its chords were named by `changes`, not by people, and its loudness is only what the score prints).
It has not learned drums, swing, strumming, or any style but these two; 4/4 is most of what it knows, 3/4, 2/4 and 6/8 come
from songs, and other metres (7/8, 5/4) are read as the next longer bar cut short. OpenEWLD has no accompaniments: lead
sheets of it are only played, never learned. A guard keeps any line from completing a run of 12 notes of the training music,
so a repeated figure is varied after a while. Notes foreign to a coming chord are damped when it comes.
Trained for 78 minutes of one shared core, the last ten of which brought little.
The 32 bars (Apple Blossom Time, a held-out waltz-time lead sheet, seed 1): the bass gives roots and fifths and moves with
the chords; for 22 bars the piano answers with single notes and short groups, thin; from bar 23 on it beats chords of one
length with the bass under them, and ends in longer ones. Nearly all is in the chord; the pad carries the harmony. The change
of texture follows nothing in the tune, and no form is built or closed."""


def load_model(run: Path) -> tuple[Accompany, dict[str, Any]]:
    """The averaged weights of a run's best checkpoint."""
    return restored(run, "accompany", build)


def example_inputs(model: Accompany) -> dict[str, dict[str, Tensor]]:
    """Inputs of each part, with some of the ring filled."""
    c = model.config
    rng = np.random.default_rng(0)
    frame = torch.zeros(1, FEATURES)
    frame[0, [0, 4, 7, 13]] = 1
    mask = torch.full((c.ring,), -1e9)
    mask[:37] = 0
    h = torch.from_numpy(rng.normal(0, 1, (1, c.width)).astype(np.float32))
    step = {
        "frame": frame,
        "note": torch.tensor([[1, 40, 5, 4]]),
        "turn": torch.from_numpy(turns(37.0, 120.0)),
        "mask": mask,
        "ring": torch.from_numpy(rng.normal(0, 0.5, (c.ring, c.layers, 2, c.width)).astype(np.float32)),
    }
    return {
        "step": step,
        "pitch": {"h_pitch": h, "offset_pitch": torch.tensor([1])},
        "duration": {"h_duration": h, "chosen_duration": torch.tensor([[1, 39]])},
        "velocity": {"h_velocity": h, "chosen_velocity": torch.tensor([[1, 39, 4]])},
    }


OUTPUTS = {
    "step": ("offset", "state", "ring_new"),
    "pitch": ("pitch",),
    "duration": ("duration",),
    "velocity": ("velocity",),
}


def head_of(name: str) -> Callable[..., Tensor]:
    """How the part of a note's head runs: the pitch knows its place, the others what was chosen before them."""
    if name == "pitch":
        return lambda head, h, chosen: head(h, chosen)
    return lambda head, h, chosen: head(h, *chosen.unbind(1))


def modules(model: Accompany) -> dict[str, nn.Module]:
    return {
        "step": Step(model),
        **{name: Part(getattr(model, name), head_of(name)) for name in ("pitch", "duration", "velocity")},
    }


def graph(model: Accompany) -> tuple[onnx.ModelProto, float, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The joined graph, the largest difference from PyTorch, and a test vector of the first part."""
    inputs, nets = example_inputs(model), modules(model)
    joined = join_parts({name: graph_of(nets[name], inputs[name], OUTPUTS[name]) for name in nets})
    blank = blank_inputs(joined)
    worst = 0.0
    first: dict[str, np.ndarray] = {}
    for number, name in enumerate(nets):
        parity, outputs = check_parity(joined, nets[name], inputs[name], part=number, others=blank)
        worst = max(worst, parity)
        first = first or outputs
    feeds = {**blank, **{k: v.numpy() for k, v in inputs["step"].items()}, "part": np.asarray(0, np.int64)}
    return joined, worst, feeds, first


def guard_table(songs: Sequence[Song], raw: Sequence[Any]) -> np.ndarray:
    """The guard over the training songs' bass and piano lines as learned, and all lines of the pieces as they are."""
    hashes = []
    for song in songs:
        for role in (BASS, PIANO):
            rows = song.notes[song.notes[:, 3] == role]
            hashes.append(line_hashes(rows[:, 1] * 2, rows[:, 2]))
    for piece in raw:
        hashes += [line_hashes(np.round(t.notes[:, 0] * 24), t.notes[:, 2]) for t in piece.tracks if len(t.notes)]
    return make_table(np.concatenate(hashes)) if hashes else np.zeros(0, np.uint8)


def line_hashes(ticks24: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """Runs of the top line: of notes struck together the highest."""
    ticks24, pitches = ticks24.astype(np.int64), pitches.astype(np.int64)
    order = np.lexsort((-pitches, ticks24))
    ticks24, pitches = ticks24[order], pitches[order]
    top = np.diff(ticks24, prepend=-1) != 0
    return run_hashes(ticks24[top], pitches[top])


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's best checkpoint as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.accompany.evaluate import evaluate
    from export.models.accompany.picture import draw

    torch.set_num_threads(1)
    model, content = load_model(Path(run))
    joined, parity, feeds, outputs = graph(model)
    us = run_us(joined, feeds)
    source = data or content.get("data")
    pieces = corpus.load(source).train
    songs, _ = load_songs(source)
    tables = {"guard": guard_table([s for s in songs if s.split == "train"], pieces)}
    parts = example_inputs(model)
    inputs = [("frame", "chord"), ("note", "token"), ("turn", "position"), ("mask", "mask"), ("ring", "memory")]
    inputs += [
        (n, "latent" if n.startswith("h_") else "note") for p in ("pitch", "duration", "velocity") for n in parts[p]
    ]
    facts = manifest(
        name="accompany",
        title="Piano, bass and pad",
        description="Melody and chords in; piano, bass and pad out, written a beat ahead by a causal transformer.",
        inputs=inputs,
        outputs=[("offset", "logits"), ("state", "latent"), ("ring_new", "memory"), ("pitch", "logits"),
                 ("duration", "logits"), ("velocity", "logits")],
        rings=[("ring", "ring_new", 0)],
        parts={name: (tuple(parts[name]), OUTPUTS[name]) for name in parts},
        parameters=Live.PARAMS,
        tables=tables,
        code=CODE,
        cost=[{"part": "step", "runs": 1, "unit": "a note of bass or piano (its place)", "limit_us": 1200},
              {"part": "pitch", "runs": 1, "unit": "a note's pitch", "limit_us": 250},
              {"part": "duration", "runs": 1, "unit": "a note's length", "limit_us": 250},
              {"part": "velocity", "runs": 1, "unit": "a note's loudness", "limit_us": 250}],
        provenance=provenance(pieces, "antiphon train accompany --preset small", content["settings"]),
        metrics={"nats_a_note_trained": round(content["row"]["valid"], 4)},
        card=CARD,
        weights={"accompany": weight_map(joined, model)},
    )  # fmt: skip
    write_package(joined, facts, feeds, outputs, output)
    figures = evaluate(output, source)["metrics"]
    facts["metrics"] = figures
    write_package(joined, facts, feeds, outputs, output)
    draw(output, source, Path(output).parent / "pictures" / "accompany.png")
    return {"bytes": Path(output).stat().st_size, "parity": parity, "us": us, "precision": "fp32", "metrics": figures}
