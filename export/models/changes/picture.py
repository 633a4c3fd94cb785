"""Draws a held-out lead sheet with its own chords and those the methods of `changes` find; [workshop]."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from export.corpora.pieces import held_out
from export.models.changes import data as corpus
from export.models.changes.evaluate import field_labels, melody_key
from realtime.models.changes.code import FRAME_BEATS, NO_CHORD, chord_of
from realtime.models.changes.crf import ChordField
from realtime.models.changes.model import Changes

BEATS = 64


def draw(package: str | Path | None, data: str | Path | None, path: str | Path, number: int = 3) -> None:
    """16 bars of the `number`-th held-out lead sheet (OpenEWLD's where there are any): melody, and rows of chords."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    model = Changes.load(package)
    own = [p for p in held_out(corpus.load(data).pieces) if p.chords]
    own = [p for p in own if p.source == "openewld"] or own
    piece = own[number % len(own)]
    e = corpus.example(piece)
    frames = min(e.frames, round(BEATS / FRAME_BEATS))
    sounding, _, bass = e.melody
    lagged, _ = model.filter("melody").follow(sounding, bass, e.places, (2,))
    rows = (
        ("lead sheet", e.labels),
        ("field", field_labels(ChordField(model.tables), e, "melody", melody_key(e, "melody"))),
        ("follower, 1 beat late", lagged[0]),
    )
    figure, (top, low) = plt.subplots(2, 1, figsize=(12, 4.2), sharex=True, height_ratios=(2, 1.4))
    for onset, length, pitch, _ in corpus.melody_notes(piece):
        if onset < frames * FRAME_BEATS:
            top.barh(pitch, length, left=onset, height=0.9, color="#2b5c8a")
    for beat in np.flatnonzero(e.places[:frames] == 0) * FRAME_BEATS:
        top.axvline(beat, color="0.85", lw=0.6, zorder=0)
    top.set_ylabel("melody (MIDI pitch)")
    top.set_title(f"{piece.title or piece.id}: chords of the sheet and found from the melody alone", fontsize=10)
    for y, (_name, labels) in enumerate(reversed(rows)):
        edges = [0, *(np.flatnonzero(np.diff(labels[:frames])) + 1).tolist(), frames]
        for a, b in itertools.pairwise(edges):
            label = int(labels[a])
            same = np.mean(labels[a:b] == e.labels[a:b]) > 0.5
            chord = chord_of(label) if 0 <= label < NO_CHORD else None
            low.barh(y, (b - a) * FRAME_BEATS, left=a * FRAME_BEATS, height=0.9, edgecolor="white",
                     color="#cfe3d4" if same else "#f0d5cc")  # fmt: skip
            text = chord.symbol() if chord else "N"
            low.text(a * FRAME_BEATS + 0.1, y, text, fontsize=6, va="center", clip_on=True)
    low.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)], fontsize=8)
    low.set_xlabel("beats")
    figure.tight_layout()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    plt.close(figure)
