"""Packages the eight-button piano: encoder and player in one file, tried against PyTorch; [workshop]."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import realtime.models.genie.code as code
import realtime.models.genie.model as live
from export.measures.lines import voices
from export.models.genie import data as piano
from export.models.genie.model import Config, Genie
from export.pattern.graph import Part, blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored, write_measured
from export.pattern.weights import weight_map
from realtime.music.sequence import NoteSequence
from realtime.sampling.line_guard import make_table, run_hashes

CARD = """Eight buttons play the piano: the left ones low, the right ones high; which keys exactly, the model decides from
what it has played, how long it waited, and the chord it is told (or none). An encoder learned, without anybody's labels, to
write piano music as eight buttons whose ups and downs follow the keys; a recurrent player learned to give the music back.
Learned from pop accompaniments with their tunes (POP909, chords as labelled there), song accompaniments (OpenScore Lieder),
Chopin's first editions and transcribed performances (GiantMIDI); chords outside POP909 were named by template from the very
notes, so the gain from chords is in part the notes' own echo. Three windows of ten were shown no chord and one of ten no
buttons, so it plays without either. It knows neither bars nor loudness; note lengths are the player's. It has not learned
from people pressing buttons: how playable it feels was not tested with players. Chords of buttons give as many keys, rising.
The 32 bars (seed 1, no prompt): an AABA song in C, a keyboard texture with a left-hand figure of broken or repeated chords
and a tune in arcs above; harmony is clear and follows the given chords, the tune wanders: its form is the form of the
presses, not a composer's. It makes wrong notes now and then, and the hands sometimes land in one another's range. What it
writes by itself completes no run of 12 notes of the training music's upper lines; what is pressed live is not watched."""


def example(config: Config) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs of the two parts: a C major chord after a short line."""
    rng = np.random.default_rng(0)
    chord = torch.from_numpy(code.chord_vector(0, (0, 4, 7))).reshape(1, 1, -1)
    play = {
        "before": torch.tensor([[39]]),
        "press": torch.tensor([[[code.button_value(4), code.button_value(4) - code.button_value(3), 1.0]]]),
        "wait_s": torch.tensor([[0.3]]),
        "chord": chord,
        "texture": torch.tensor([[1.0]]),
        "hidden": torch.from_numpy(rng.normal(0, 0.3, (config.layers, 1, config.hidden)).astype(np.float32)),
    }
    keys = torch.from_numpy(rng.integers(20, 70, (1, live.WINDOW)))
    waits = torch.from_numpy(rng.uniform(0, 0.5, (1, live.WINDOW)).astype(np.float32))
    mask = torch.ones(1, live.WINDOW)
    mask[:, 100:] = 0
    return {"keys": keys, "waits_s": waits * mask, "mask": mask}, play


def runs_of(sequence: NoteSequence) -> np.ndarray:
    """Hashes of all runs of 12 notes of a piece's lines."""
    lines = [run_hashes(np.round(24 * line[:, 0]).astype(np.int64), line[:, 2].astype(np.int64))
             for line in voices(sequence)]  # fmt: skip
    return np.concatenate([np.zeros(0, np.uint64), *lines])


def export(run: Path, output: Path, data: Path | None = None) -> dict:
    """The run's best checkpoint as a package; returns facts: bytes, parity, us, precision, metrics."""
    from export.models.genie.evaluate import evaluate

    torch.set_num_threads(1)
    model, content = restored(run, "genie", lambda config: Genie(Config(**config)))
    encode_in, play_in = example(model.config)
    encoder = Part(model.encoder, lambda net, *inputs: net(*inputs))
    player = Part(model.decoder, lambda net, *inputs: net(*inputs))
    parts = {
        "encode": graph_of(encoder, encode_in, ("values",)),
        "play": graph_of(player, play_in, ("logits", "hidden_out")),
    }
    graph = join_parts(parts)
    blank = blank_inputs(graph)
    parity, _ = check_parity(graph, encoder, encode_in, part=0, others=blank)
    parity_play, outputs = check_parity(graph, player, play_in, part=1, others=blank)
    inputs = {**blank, **{k: v.numpy() for k, v in play_in.items()}, "part": np.asarray(1, np.int64)}
    us = run_us(graph, inputs)
    source = data or content.get("data")
    pieces = piano.distinct(piano.read(source).train)
    settings = content["settings"]
    facts = manifest(
        name="genie",
        title="Eight-button piano",
        description="Eight buttons play eighty-eight keys: a discrete autoencoder with chord conditioning.",
        inputs=[
            ("keys", "token"), ("waits_s", "param"), ("mask", "mask"), ("before", "token"), ("press", "param"),
            ("wait_s", "param"), ("chord", "chord"), ("texture", "param"), ("hidden", "state"),
        ],
        outputs=[("values", "latent"), ("logits", "logits"), ("hidden_out", "state")],
        states=[("hidden", "hidden_out")],
        parts={
            "encode": (("keys", "waits_s", "mask"), ("values",)),
            "play": (("before", "press", "wait_s", "chord", "texture", "hidden"), ("logits", "hidden_out")),
        },
        parameters=live.Genie.PARAMS,
        code=code.CODE,
        cost=[{"part": "play", "runs": 1, "unit": "a press of a button", "limit_us": 300}],
        provenance=provenance(pieces, "antiphon train genie --preset small", settings),
        tables={"guard": make_table(np.concatenate([runs_of(p.sequence()) for p in pieces]))},
        metrics={"nats_trained": round(content["row"]["valid"], 4)},
        card=CARD,
        weights={"genie": weight_map(graph, model)},
    )  # fmt: skip
    parity = max(parity, parity_play)
    return write_measured(graph, facts, inputs, outputs, output, lambda: evaluate(output, source), parity, us)
