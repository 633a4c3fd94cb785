"""The copy guard of `morph`: every run of 12 notes of the melodies and basses it learned from; [workshop]."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import realtime.models.morph.code as code
from export.corpora.pieces import Piece
from export.measures.copies import DEFECT_NOTES, Pair, line_pairs
from export.models.morph import data as music
from realtime.models.morph.taste import TICKS_PER_STEP
from realtime.music.sequence import Note, NoteSequence
from realtime.sampling.copyguard import CopyGuard

GUARD_BITS_PER_RUN = 10.0  # about 1 % false alarms


def on_grid(notes: np.ndarray, lowest: bool) -> list[Pair]:
    """A track's line as the model would say it: (interval, ticks) from note to note, onsets on the nearest sixteenth."""
    steps = int((notes[:, 0] + notes[:, 1]).max() * code.STEPS_PER_BEAT) + 2
    tokens = code.line(notes[:, 0], notes[:, 0] + notes[:, 1], notes[:, 2], steps, lowest)
    struck = np.flatnonzero(tokens >= code.FIRST_NOTE)
    pitches, ticks = tokens[struck].astype(int), struck * TICKS_PER_STEP
    return list(zip(np.diff(pitches).tolist(), np.diff(ticks).tolist(), strict=True))


def guard_of(pieces: list[Piece]) -> CopyGuard:
    """The copy guard over all runs of 12 notes of the training melodies and basses that a line on sixteenths can say:
    as they stand, and with their onsets moved to the grid."""
    runs: set[tuple[Pair, ...]] = set()
    length = DEFECT_NOTES - 1
    for piece in pieces:
        melody, bass = music.roles(piece)
        for track, low in ((melody, False), (bass, True)):
            if track is None:
                continue
            notes = music.bass_line(track.notes) if low else track.notes
            if not len(notes):
                continue
            whole = [Note(float(o), float(d), int(p), 0.5, 0) for o, d, p, _ in notes]
            for pairs in (*line_pairs(NoteSequence(whole)), on_grid(notes, low)):
                for i in range(len(pairs) - length + 1):
                    run = tuple(pairs[i : i + length])
                    if all(ticks % TICKS_PER_STEP == 0 for _, ticks in run):
                        runs.add(run)
    guard = CopyGuard.for_count(DEFECT_NOTES, len(runs), GUARD_BITS_PER_RUN)
    for run in runs:
        guard.add(run)
    return guard


def kept_guard(run: Path, train: list[Piece]) -> dict[str, Any]:
    """The guard of these pieces, kept beside the checkpoint: it takes minutes."""
    kept, mark = run / "guard.json", [len(train), sum(len(p.notes()) for p in train), DEFECT_NOTES, GUARD_BITS_PER_RUN]
    if kept.exists() and (found := json.loads(kept.read_text())).pop("mark", None) == mark:
        return found
    guard = guard_of(train).to_json()
    kept.write_text(json.dumps({"mark": mark, **guard}))
    return guard
