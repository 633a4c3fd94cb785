"""Packages `roll`: the temporal nets and the bar generator as two parts of one file; [workshop]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

import realtime.models.roll.model as roll
from export.corpora.pieces import Piece, load_pieces
from export.models.roll.data import song_bars
from export.models.roll.evaluate import reference_rows
from export.models.roll.model import ALL, Bar, Config, Generator, Phrase
from export.package import write_package
from export.pattern.graph import blank_inputs, check_parity, graph_of, join_parts, run_us
from export.pattern.manifest import manifest, provenance
from export.pattern.packaging import restored
from export.pattern.weights import weight_map
from realtime.models.roll.code import BARS, CHORD, CODE, HALVES, TRACKS

CARD = """Learned from POP909 (piano arrangements of Chinese pop songs: melody, bridge, piano; the bass is the piano's own
lowest line, split off by rule) with their chord labels, moved to C major or A minor, and from Groove MIDI's rock, pop and
funk drumming, its hits put back on the grid. Songs and drums were never heard together: the drums know nothing of the
song. It learned neither velocities nor words nor a form longer than four bars; other keys are transposition. Chords are
obeyed two a bar; 4/4 only.

How it was trained: 2,344 steps as a plain GAN, after which it had collapsed (by itself it made nearly the same notes
whatever its latents: takes differed in 8, 8, 6 and 3 % of their cells), then 4,255 steps (an hour on half a core) in four
runs, each from the weights of the one before, with an encoder that gives real phrases latents from which the generator
must return them, a term for takes that are too alike, one for the distribution of tonal distances between tracks, and a
critic that began afresh. The third and fourth run had a gradient of the binary neurons that falls more slowly, the fourth
a term against too certain logits; one command does not repeat these steps exactly. At the end rests are fitted to songs
(logistic regression on the encoder's latents) and the thresholds set (settle.py).

Honestly: all 20 figures by track lie nearer to the training row than MuseGAN's hybrid did to its own, 19 of them by the
net alone with the latents that it was trained with and neither noise nor table; the twentieth, the melody's pitch classes
(2.57 against 3.23, at least 2.59 asked), is brought over its bar by 0.1 added to the pitched tracks' logits, which was
chosen by these figures. The share of empty bars is no merit of the critic: settling sets it, and the density of sounding
bars with it, which helps the pitch classes; tonal distance is part of what the net was trained for. Tracks that
MuseGAN lacks (melody, bridge) are held to its tightest. Two takes on the same chords differ in 85, 84, 66 and 53 % of
their cells (melody, bridge, piano, bass; two real songs on the same chords 93, 93, 69 and 55 %). Short of real music: 92 %
of the melody's time lies on chord tones, of songs' 71 %; bar to bar its rhythms agree less than songs' do (groove consistency
.66 against .84, the net before .76) and a phrase resembles itself less. A pitch struck on more than four neighbouring
sixteenths is held from there: without that rule the longest run of notes shared with a song was 13, one note repeated;
with it 7. The table of resting tracks and the noise of the net before are there still, switched off.

The 32 bars drawn (seed 2, variation 0.5): the piano lays chord tones in two or three voices around middle C, held for a
half bar or broken by stray sixteenths (a third of its notes last no longer); the bass takes the root on almost every first
beat and once more in the second half, as often late as on its chord; the bridge sounds in every bar and carries the top,
two or three chord tones at a time with short flecks between them; the melody says little: 26 notes in 10 of the 32 bars,
no tune one would sing. Drums keep kick on the first and fourth beat, snare on the second and closed hat on all four, with
more or fewer hits between and no regard to the form. Phrases on the same loop resemble each other and differ in detail. An
accompaniment, not a song."""


def load_generator(run: Path) -> tuple[Generator, dict[str, Any]]:
    """The averaged generator of a run and its checkpoint. Raises AntiphonError."""
    return restored(run, "roll", lambda config: Generator(Config(**config)))


def example(config: Config) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Inputs of the two parts, seeded: a phrase's latents; a bar's codes under C and G."""
    g = torch.Generator().manual_seed(3)
    c = config
    sizes: dict[str, tuple[int, ...]] = {"z": (1, c.shared), "z_time": (1, c.shared)}
    sizes |= {"z_tracks": (1, ALL, c.private), "z_tracks_time": (1, ALL, c.private)}
    phrase = {n: torch.randn(s, generator=g) for n, s in sizes.items()}
    chords = torch.zeros(1, HALVES, CHORD)
    for half, root in enumerate((0, 7)):
        chords[0, half, [root, 24 + root]] = 1.0
        chords[0, half, [12 + (root + k) % 12 for k in (0, 4, 7)]] = 1.0
    bar = {
        "bar_code": torch.randn(1, 2 * c.shared, generator=g),
        "bar_tracks": torch.randn(1, ALL, 2 * c.private, generator=g),
        "chords": chords,
    }
    return phrase, bar


def export(
    run: Path | str, output: Path | str, data: Path | None = None, metrics: dict[str, Any] | None = None, card: str = ""
) -> dict[str, Any]:
    """Best checkpoint to package; facts: bytes, parity, us (a bar, and the phrase's share of it), precision, metrics.

    data: where the training row is measured; default the checkpoint's own. metrics: figures of an evaluation for the
    manifest; card: prose added to the card's.
    """
    model, saved = load_generator(Path(run))
    phrase_in, bar_in = example(model.config)
    phrase: Phrase = model.phrase
    bar: Bar = model.bar
    graphs = {
        "phrase": graph_of(phrase, phrase_in, ("codes", "track_codes")),
        "bar": graph_of(bar, bar_in, ("songs", "drums")),
    }
    graph = join_parts(graphs)
    blank = blank_inputs(graph)
    parity = [
        check_parity(graph, module, inputs, part=k, others=blank)[0]
        for k, (module, inputs) in enumerate(((phrase, phrase_in), (bar, bar_in)))
    ]
    _, truth = check_parity(graph, bar, bar_in, part=1, others=blank)
    us = {name: run_us(g, {k: v.numpy() for k, v in i.items()}, 100)
          for (name, g), i in zip(graphs.items(), (phrase_in, bar_in), strict=True)}  # fmt: skip
    pieces = load_pieces(data or saved["data"] or "", only=("pop909", "groove_midi")).train
    row, arrangement = reference_rows(pieces), arrangement_table(pieces)
    figures = {**(metrics or {}), "validation_distance": saved["row"]["valid"]}
    about = manifest(
        name="roll",
        title="Roll",
        description="Multi-track piano rolls bar by bar under chords: a convolutional GAN with binary neurons.",
        inputs=[(n, "latent") for n in phrase_in]
        + [("bar_code", "latent"), ("bar_tracks", "latent"), ("chords", "chord")],
        outputs=[("codes", "latent"), ("track_codes", "latent"), ("songs", "logits"), ("drums", "logits")],
        parts={
            "phrase": (list(phrase_in), ["codes", "track_codes"]),
            "bar": (list(bar_in), ["songs", "drums"]),
        },
        parameters=roll.Roll.PARAMS,
        code=CODE,
        cost=[
            {"part": "bar", "runs": 1, "unit": "a bar of five tracks", "limit_us": 5000},
            {"part": "phrase", "runs": 1, "unit": "the codes of four bars", "limit_us": 1000},
        ],
        provenance=_provenance(saved),
        metrics=figures,
        card="\n\n".join(" ".join(part.split()) for part in f"{CARD}\n\n{card}".strip().split("\n\n")),
        tables={"arrangement": arrangement},
        weights={"roll": weight_map(graph, model)},
        training_row={k: round(v, 5) for k, v in row.items()},
    )
    test_inputs = {**blank, **{k: v.numpy() for k, v in bar_in.items()}, "part": np.asarray(1, np.int64)}
    write_package(graph, about, test_inputs, truth, output)
    return {
        "bytes": Path(output).stat().st_size,
        "parity": max(parity),
        "us": us,
        "precision": "fp32",
        "metrics": figures,
    }


def arrangement_table(pieces: list[Piece]) -> np.ndarray:
    """(17, 16) float32: from the tracks that sound in one bar (as bits: melody 1, bridge 2, piano 4, bass 8) to those of
    the next, over all phrases of 4 bars; the last row, for a first bar, is that of any bar. Every step is possible."""
    counts = np.full((17, 16), 0.01, np.float32)
    for piece in pieces:
        if (found := song_bars(piece)) is not None and len(found[2]):
            states = found[0].any((2, 3)) @ (1 << np.arange(len(TRACKS)))
            phrases = states[found[2][:, None] + np.arange(BARS)]
            np.add.at(counts, (phrases[:, :-1], phrases[:, 1:]), 1.0)
            np.add.at(counts[16], phrases, 1.0)
    return counts / counts.sum(1, keepdims=True)


def _provenance(saved: dict[str, Any]) -> dict[str, Any]:
    facts = provenance([], "antiphon train roll --data ../shared/data", saved["settings"])
    facts["data"] = [
        f"pop909 and groove_midi: {saved['corpus']}",
        "POP909 (MIT; the songs are copyrighted compositions), Groove MIDI Dataset (CC-BY-4.0, Gillick et al. 2019)",
    ]
    return facts
