"""Packages `changes`: the net as the graph, the tables as plain arrays; [workshop]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from export.models.changes import data as corpus
from export.models.changes.model import Config, Follower, Step, build
from export.pattern.graph import check_parity, graph_of, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored, write_measured
from export.pattern.weights import weight_map
from realtime.models.changes.model import CODE, Changes
from realtime.models.changes.recurrent import INPUTS
from realtime.native.errors import AntiphonError

CARD = """Names the chord and the key of what is played, and finds chords for a melody. Three methods share frames of half a
beat and 109 labels (12 roots x maj, min, 7, maj7, min7, dim, hdim7, sus4, aug; no chord). The hidden Markov model (key and
chord together; tables) was counted from labelled songs and its evidence weights tuned: it follows all notes, a melody alone,
or chroma of audio. The net (a GRU) learned the same task from the same frames in all keys. The conditional random field was
fitted by the exact gradient of its likelihood and harmonises a whole melody at once: best, n-th best, or drawn.
Learned from Nottingham (folk tunes with chords), POP909 (pop; its labels were made by machine from the very notes, so the
high figures there are partly agreement between machines) and OpenEWLD (lead sheets before 1930: a melody and no
accompaniment, so chords must be guessed). It has not learned bass inversions, tensions above the seventh, or power chords;
ninths are their sevenths, sixths their triads. The beat must be given: it does not find it. Audio means synthesised General
MIDI with known beats; recordings were not tested. From a melody alone the chords are a plausible harmonisation, not the
composer's: its root is right in under half of the time on lead sheets.
Live (player `harmoniser`, scene `new_chords`): a beam search over the field decides each half bar half a beat ahead, from what
was heard and from what a phrase that returns will bring. Four held-out songs of each set, tune alone, 32 bars: 98 % of the
tune's notes on one and three are in its chord within a third of a beat (lead sheets 90 %; the songs' own chords hold 82 and
66 %), 29 and 10 % of its chords are the song's, 1.4 changes a bar. In the roll the chords stay under the tune and repeated
phrases are told apart; where it guessed wrong a first chord sounds for the moment before it turns.
The picture: a held-out lead sheet's melody, its own chords above, the field's and the follower's below, beat by beat."""


def load_model(run: Path) -> tuple[Follower, dict[str, Any], dict[str, np.ndarray]]:
    """The averaged weights of a run's best checkpoint, its content, and its tables. Raises AntiphonError."""
    model, content = restored(run, "changes", build)
    path = Path(run) / "tables.npz"
    try:
        with np.load(path) as stored:
            tables = {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise AntiphonError(f"Tables {path}: cannot be read ({error}); train `changes` again.") from None
    return model, content, tables


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's best checkpoint and tables as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.changes.evaluate import evaluate
    from export.models.changes.picture import draw

    torch.set_num_threads(1)
    model, content, tables = load_model(Path(run))
    step = Step(model).eval()
    config = Config(**content["config"])
    rng = np.random.default_rng(0)
    x = np.zeros((1, INPUTS), np.float32)
    x[0, [0, 4, 7, 12, 16, 19, 24, 36]] = 1  # a C major chord begins on a bar line, C in the bass
    inputs = {
        "x": torch.from_numpy(x),
        "h": torch.from_numpy(rng.normal(0, 0.3, (1, config.hidden)).astype(np.float32)),
    }
    graph = graph_of(step, inputs, ("chords", "keys", "h_out"))
    parity, outputs = check_parity(graph, step, inputs)
    feeds = {k: v.numpy() for k, v in inputs.items()}
    us = run_us(graph, feeds)
    source = data or content.get("data")
    pieces = [p for p in corpus.load(source).train if p.chords]
    facts = manifest(
        name="changes",
        title="Chord and key following, harmonising",
        description="Chord and key by a hidden Markov model with a lag of one's choice and by a small net; chords for a "
        "melody by a conditional random field.",
        inputs=[("x", "chord"), ("h", "state")],
        outputs=[("chords", "logits"), ("keys", "logits"), ("h_out", "state")],
        states=[("h", "h_out")],
        parameters=Changes.PARAMS,
        tables={name: table.astype(np.float32) for name, table in tables.items()},
        code=CODE,
        cost=[{"part": None, "runs": 1, "unit": "half a beat heard", "limit_us": 300}],
        provenance=provenance(pieces, "antiphon train changes --preset small", content["settings"]),
        metrics={"nats_a_frame_trained": round(content["row"]["valid"], 4)},
        card=CARD,
        weights={"changes": weight_map(graph, model)},
    )
    made = write_measured(graph, facts, feeds, outputs, output, lambda: evaluate(output, source), parity, us)
    draw(output, source, Path(output).parent / "pictures" / "changes.png")
    return made
