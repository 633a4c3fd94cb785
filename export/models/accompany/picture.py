"""Draws 32 bars of `accompany` over a lead sheet of the held-out set; [workshop]."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from export.corpora.pieces import held_out, load_pieces
from export.measures import draw_roll
from export.models.accompany import data as corpus
from export.models.accompany.excerpts import BARS, MELODY_CHANNEL, Excerpt, excerpt_of, sheet_excerpt
from realtime.models.accompany.model import Accompany
from realtime.music.sequence import NoteSequence


def choose(data: str | Path) -> Excerpt | None:
    """A held-out OpenEWLD sheet of 32 bars where there are any, else a held-out song."""
    if Path(data).is_dir() and list(Path(data).glob("openewld*")):
        for piece in held_out(load_pieces(data, only=("openewld",)).pieces):
            if piece.chords and (found := sheet_excerpt(piece)) is not None and found.bars >= BARS:
                return found
    for piece in held_out(corpus.load(data).pieces):
        if piece.chords and (song := corpus.song_of(piece, None)) is not None:
            if (found := excerpt_of(song)) is not None:
                return found
    return None


def whole(e: Excerpt, made: NoteSequence) -> NoteSequence:
    """The accompaniment with its melody."""
    melody = [n._replace(channel=MELODY_CHANNEL) for n in e.prompt.notes]
    return replace(made, notes=sorted([*made.notes, *melody]), programs={**made.programs, MELODY_CHANNEL: 65})


def draw(package: str | Path | None, data: str | Path | None, path: str | Path, seed: int = 1) -> NoteSequence | None:
    """Draws, and returns what was drawn; nothing without data."""
    if data is None or (e := choose(data)) is None:
        return None
    model = Accompany.load(package)
    sequence = whole(e, model.accompany(e.prompt, e.chart, e.bars, seed))
    chords = [(t / 12, c.symbol()) for t, c in zip(e.chart.ticks, e.chart.chords, strict=True) if c is not None]
    names = {0: "piano", 1: "bass", 2: "pad (by rule)", MELODY_CHANNEL: "melody (given)"}
    draw_roll(sequence, path, f"accompany: {e.title} (held-out lead sheet, seed {seed})", chords=chords, names=names)
    return sequence
