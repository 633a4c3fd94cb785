"""Songs as frames and notes: POP909's piano and the piano of Lieder, with chords, melody, metre; [workshop]."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from export.corpora.pieces import Piece, PieceSet, load_pieces
from export.models.changes.data import bars_of, chord_spans, melody_notes
from realtime.models.accompany.code import (
    BASS,
    FIXED,
    PIANO,
    TICKS,
    Chart,
    Event,
    Frame,
    MelodyNote,
    Wishes,
    duration_class,
    fixed_features,
    frame_at,
    nearest_tick,
    offset_class,
    split_roles,
    velocity_class,
)
from realtime.models.changes import ChordFilter
from realtime.models.changes.code import FRAME_BEATS, chord_of, evidence
from realtime.native.errors import AntiphonError

SOURCES = ("pop909", "openscore_lieder")
MOST_AT_ONCE = 8  # notes of one onset kept
WINDOW = 4 * TICKS  # density, register and loudness are measured this far to either side
PIANO_NAMES = ("staff", "piano", "klavier")


@dataclass
class Song:
    """One piece. fixed: (frames, FIXED) float16. frames: (frames, 4) int32: tick, length, root, and the last bass pitch
    before it (-1 none). last_piano: (frames, 6) int16, -1 padded. notes: (notes, 6) int32: frame, tick, pitch, role,
    duration class, velocity class, in order. chart and melody as they were."""

    id: str
    style: str
    split: str
    fixed: np.ndarray
    frames: np.ndarray
    last_piano: np.ndarray
    notes: np.ndarray
    chart: Chart
    melody: list[MelodyNote]
    layout: list[Frame]

    def tokens(self) -> int:
        return len(self.frames) + len(self.notes)


def accompaniment(piece: Piece) -> list[Event]:
    """Bass and piano of a piece, on the grid; empty if it has no piano part beside a melody."""
    if any(t.name == "PIANO" for t in piece.tracks):
        parts = [t.notes for t in piece.tracks if t.name == "PIANO"]
    else:
        parts = [t.notes for t in piece.tracks if any(n in t.name.lower() for n in PIANO_NAMES) and len(t.notes)]
        if len(parts) == len([t for t in piece.tracks if len(t.notes)]):
            return []
    rows = [
        (nearest_tick(on * TICKS), max(1, round(duration * TICKS)), int(pitch), int(velocity))
        for part in parts
        for on, duration, pitch, velocity in part
        if 21 <= pitch <= 108
    ]
    return split_roles(sorted(set(rows)))


def chart_of(piece: Piece, follower: ChordFilter | None) -> Chart | None:
    """The piece's chords, or those `follower` finds in all its notes."""
    chart = Chart()
    if piece.chords:
        for start, _, chord, known in chord_spans(piece):
            if known:
                tick = round(start * 2) * TICKS // 2
                if not chart.chords or chart.chords[-1] != chord or chart.ticks[-1] == tick:
                    chart.set(tick, chord)
        return chart
    if follower is None:
        return None
    frames = max(1, int(np.ceil(piece.length_beats / FRAME_BEATS)))
    sounding, _, bass = evidence(piece.notes(), frames)
    places = bars_of(piece).places(frames)
    labels, _ = follower.smooth(sounding, bass, places)
    for f in np.flatnonzero(np.diff(labels, prepend=-1)):
        chart.set(int(f) * TICKS // 2, chord_of(int(labels[f])))
    return chart


def frames_of(piece: Piece, chart: Chart, end: int) -> list[Frame]:
    """Frames from tick 0 to `end` along the piece's bar lines."""
    bars = bars_of(piece)
    frames = []
    tick = 0
    while tick < end:
        inside, length, _ = bars.place(tick / TICKS)
        metre = bars.metre(tick / TICKS)
        compound = metre[2] >= 8 and metre[1] % 3 == 0
        place, bar = round(inside * TICKS), max(1, round(length * TICKS))
        frame = frame_at(chart, tick, tick - place, bar, compound)
        frames.append(frame)
        tick += frame.length
    return frames


def song_of(piece: Piece, follower: ChordFilter | None) -> Song | None:
    """One piece; None if it has no accompaniment, no melody or no chords."""
    events, melody = accompaniment(piece), melody_notes(piece)
    chart = chart_of(piece, follower) if len(events) > 15 and len(melody) > 7 else None
    if chart is None or not chart.ticks:
        return None
    style = "lied" if "lied" in piece.source else "pop"
    line = [MelodyNote(on * TICKS, (on + d) * TICKS, int(p)) for on, d, p, _ in melody]
    onsets = [n.tick for n in line]
    end = max(e.tick for e in events) + TICKS
    layout = frames_of(piece, chart, end)
    ticks = [f.tick for f in layout]
    times = np.array([e.tick for e in events])
    sums = np.cumsum(np.array([[e.role == PIANO, e.pitch * (e.role == PIANO), 1, e.velocity] for e in events]), 0)
    sums = np.concatenate([np.zeros((1, 4), sums.dtype), sums])
    fixed = np.zeros((len(layout), FIXED), np.float16)
    rows = np.zeros((len(layout), 4), np.int32)
    last_piano = np.full((len(layout), 6), -1, np.int16)
    for i, frame in enumerate(layout):
        a, b = np.searchsorted(times, (frame.tick - WINDOW, frame.tick + WINDOW))
        piano, pitch, count, velocity = sums[b] - sums[a]
        wishes = Wishes(
            style,
            float(count) / (2 * WINDOW / TICKS),
            float(pitch / piano) if piano else None,
            float(velocity / count / 127) if count else None,
        )
        fixed[i] = fixed_features(frame, line, onsets, wishes)
        past = bisect_left(times, frame.tick)
        bass = next((e.pitch for e in reversed(events[max(0, past - 40) : past]) if e.role == BASS), -1)
        rows[i] = frame.tick, frame.length, frame.root, bass
        group = last_group(events, past)
        last_piano[i, : len(group)] = group
    notes = []
    at_once = (-1, 0)
    for e in events:
        at_once = (e.tick, at_once[1] + 1 if at_once[0] == e.tick else 1)
        if at_once[1] > MOST_AT_ONCE:
            continue
        within = bisect_right(ticks, e.tick) - 1
        notes.append((within, e.tick, e.pitch, e.role, duration_class(e.duration), velocity_class(e.velocity)))
    return Song(piece.id, style, piece.split, fixed, rows, last_piano, np.array(notes, np.int32), chart, line, layout)


def last_group(events: Sequence[Event], past: int) -> list[int]:
    """Pitches of the piano's last onset among the first `past` events, at most 6."""
    for k in range(past - 1, max(-1, past - 24), -1):
        if events[k].role == PIANO:
            tick = events[k].tick
            return [e.pitch for e in events[max(0, k - 9) : k + 1] if e.tick == tick and e.role == PIANO][-6:]
    return []


def songs_of(pieces: Sequence[Piece], follower: ChordFilter | None) -> list[Song]:
    return [song for p in pieces if (song := song_of(p, follower)) is not None]


def load(data: str | Path | None) -> PieceSet:
    """Raises AntiphonError if there is nothing usable."""
    if data is None:
        raise AntiphonError(
            "Training or evaluating `accompany` needs songs with a melody and a piano part, which music21 does not "
            "bundle: give --data a folder with POP909 or Lieder (.jsonl.gz)."
        )
    return load_pieces(data, only=SOURCES)


def token_arrays(song: Song) -> np.ndarray:
    """(tokens, 10) int32: frame; is it a note; the note's offset class, pitch, role, duration, velocity (0 for a frame
    token); the tick; ticks of its frame's start; index of its note or -1. A frame's token comes before its notes."""
    frames = np.arange(len(song.frames), dtype=np.int64)
    n = song.notes
    order = np.lexsort((np.concatenate([np.full(len(frames), -1), np.arange(len(n))]),
                        np.concatenate([frames, n[:, 0]])))  # fmt: skip
    table = np.zeros((len(order), 10), np.int32)
    is_note = order >= len(frames)
    which = np.where(is_note, order - len(frames), order)
    table[:, 0] = np.where(is_note, n[np.where(is_note, which, 0), 0], which)
    table[:, 1] = is_note
    starts = song.frames[table[:, 0], 0]
    picked = n[which[is_note]]
    offsets = picked[:, 1] - starts[is_note]
    lookup = np.array([offset_class(int(o)) for o in range(-TICKS, TICKS + 1)])
    table[is_note, 2] = lookup[np.clip(offsets, -TICKS, TICKS) + TICKS]
    table[is_note, 3], table[is_note, 4] = picked[:, 2], picked[:, 3]
    table[is_note, 5], table[is_note, 6] = picked[:, 4], picked[:, 5]
    table[:, 7] = np.where(is_note, n[np.where(is_note, which, 0), 1], starts)
    table[:, 8] = starts
    table[:, 9] = np.where(is_note, which, -1)
    return table
