"""Reader of MIDI files as pieces, a track a channel; [any]."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from export.corpora.piece import DRUM_CHANNEL, Piece, Track
from realtime.music.midifile import read_midi
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError


def piece_of_sequence(sequence: NoteSequence, name: str, source: str) -> Piece:
    """A note sequence as a piece; its split is not yet decided ("")."""
    tracks = []
    for channel in sorted({n.channel for n in sequence.notes}):
        rows = [(n.beat, n.duration, n.pitch, n.velocity * 127) for n in sequence.notes if n.channel == channel]
        program = sequence.programs.get(channel, 0)
        tracks.append(Track(f"channel {channel + 1}", program, channel == DRUM_CHANNEL, np.asarray(rows, float)))
    metres = [(m.beat, m.numerator, m.denominator) for m in sequence.metres]
    return Piece(
        name, "", source, "", tracks, metres=metres, tempo=sequence.tempo.steps, title=sequence.name, performed=True
    )


def read_midi_piece(path: Path, name: str, damaged: list[str]) -> Iterator[Piece]:
    """The piece of one file (none if it has no notes); a damaged file is named in `damaged`."""
    try:
        sequence = read_midi(path)
    except AntiphonError as error:
        damaged.append(str(error))
        return
    if not sequence.notes:
        damaged.append(f"{path.name}: no notes")
        return
    piece = piece_of_sequence(sequence, name, path.parent.name)
    piece.title = piece.title or path.stem
    yield piece
