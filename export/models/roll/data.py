"""Bars of songs and of drumming as packed piano rolls for `roll`; [workshop].

Songs need tracks named MELODY, BRIDGE and PIANO and chords in 4/4, as POP909 has them; the piano is split in bass and the
rest. Drums are not in those songs: they come from Groove MIDI and are paired with the songs at random.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from export.corpora.pieces import Piece, load_pieces
from realtime.models.roll.code import (
    BARS,
    BEATS,
    CHORD,
    HALVES,
    LANES,
    PITCHES,
    STEPS,
    TRACKS,
    chord_codes,
    drum_roll,
    pitch_roll,
    split_bass,
    transposed_codes,
)
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import find_key, into_c
from realtime.native.errors import AntiphonError

DRUM_STYLES = ("rock", "pop", "funk", "soul", "hiphop", "country", "gospel", "punk", "reggae")
SONG_ROWS = (len(TRACKS), STEPS, PITCHES)


@dataclass
class Bank:
    """Bars of one kind, bit-packed, and where phrases of 4 consecutive bars start."""

    packed: np.ndarray  # (bars, bytes) uint8
    shape: tuple[int, ...]  # of one bar, bool
    starts: np.ndarray  # (phrases,) int64
    chords: np.ndarray = field(default_factory=lambda: np.zeros((0, HALVES, CHORD), np.float32))

    def phrases(self, rows: np.ndarray) -> np.ndarray:
        """(len(rows), 4, *shape) bool: the phrases that start at `starts[rows]`."""
        bars = self.starts[rows][:, None] + np.arange(BARS)
        size = int(np.prod(self.shape))
        bits = np.unpackbits(self.packed[bars], axis=-1, count=size)
        return bits.reshape(len(rows), BARS, *self.shape).astype(bool)

    def phrase_chords(self, rows: np.ndarray) -> np.ndarray:
        """(len(rows), 4, 2, 36) float32."""
        return self.chords[self.starts[rows][:, None] + np.arange(BARS)]


@dataclass
class Corpus:
    """Songs and drums of one split."""

    songs: Bank
    drums: Bank | None
    pieces: int

    @property
    def bars(self) -> int:
        return len(self.songs.packed)


def bar_starts(piece: Piece) -> list[float]:
    """Beats of the bar lines of a song in 4/4: its annotated downbeats, else every fourth beat. Empty if its metre is
    another."""
    if any((n, d) != (4, 4) for _, n, d in piece.metres):
        return []
    if lines := piece.extra.get("downbeats"):
        return [float(b) for b in lines]
    return list(np.arange(0.0, piece.length_beats, BEATS))


def song_tracks(piece: Piece) -> list[np.ndarray] | None:
    """Notes of melody, bridge, piano without bass, and bass; None if the piece lacks a melody or a piano."""
    named = {t.name.upper(): t.notes for t in piece.tracks if not t.drum}
    if len(named.get("MELODY", ())) == 0 or len(named.get("PIANO", ())) == 0:
        return None
    bass = split_bass(named["PIANO"])
    return [named["MELODY"], named.get("BRIDGE", np.zeros((0, 4))), named["PIANO"][~bass], named["PIANO"][bass]]


def chord_or_none(name: str) -> Chord | None:
    """The chord of a symbol; None for what cannot be read too: a corpus has its slips."""
    try:
        return parse_chord(name)
    except AntiphonError:
        return None


def song_bars(piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A song in C major or A minor: rolls (bars, 4, 48, 84) bool, chords (bars, 2, 36) and which bars start a phrase of
    4 bars in 4/4; None if it is not of this kind."""
    tracks, lines = song_tracks(piece), bar_starts(piece)
    if tracks is None or len(lines) < BARS or not piece.chords:
        return None
    every = np.concatenate(tracks)
    key = find_key(every[:, 2].astype(int), every[:, 1])
    shift = into_c(key.tonic, key.mode)
    chords: list[tuple[float, Chord | None]] = [(beat, chord_or_none(name)) for beat, name in piece.chords]
    regular = np.diff(lines) == BEATS
    runs = np.flatnonzero(np.convolve(regular, np.ones(BARS - 1), "valid") == BARS - 1)
    rolls = np.zeros((len(lines), *SONG_ROWS), bool)
    codes = np.zeros((len(lines), HALVES, CHORD), np.float32)
    whole = [t[(t[:, 0] >= lines[0] - 0.1)] - (lines[0], 0, -shift, 0) for t in tracks]
    count = int(np.ceil((lines[-1] - lines[0]) / BEATS)) + 1
    full = [pitch_roll(t, count) for t in whole]
    for bar, line in enumerate(lines):
        at = round((line - lines[0]) * STEPS / BEATS)
        for k, roll in enumerate(full):
            piece_of = roll[at : at + STEPS]
            rolls[bar, k, : len(piece_of)] = piece_of
        codes[bar] = chord_codes(chords, line, 1)[0]
    return rolls, transposed_codes(codes, shift), runs


def _bank(parts: list[tuple[np.ndarray, np.ndarray]], shape: tuple[int, ...]) -> Bank:
    starts, at = [], 0
    for packed, runs in parts:
        starts.append(runs + at)
        at += len(packed)
    return Bank(np.concatenate([p for p, _ in parts]), shape, np.concatenate(starts).astype(np.int64))


def song_bank(pieces: list[Piece]) -> tuple[Bank, int] | None:
    """All songs of the right kind among some pieces, and their number; None if there is none."""
    parts, codes = [], []
    for piece in pieces:
        found = song_bars(piece)
        if found is not None and len(found[2]):
            parts.append((np.packbits(found[0].reshape(len(found[0]), -1), axis=-1), found[2]))
            codes.append(found[1])
    if not parts:
        return None
    bank = _bank(parts, SONG_ROWS)
    bank.chords = np.concatenate(codes)
    return bank, len(parts)


def drum_bank(pieces: list[Piece]) -> Bank | None:
    """Drumming of at least 4 bars in 4/4 in the styles that go with songs; None if there is none."""
    parts = []
    for piece in pieces:
        style = str(piece.extra.get("style", "rock")).split("/")[0]
        if style not in DRUM_STYLES or any((n, d) != (4, 4) for _, n, d in piece.metres):
            continue
        notes = piece.notes(drums=True)
        bars = int(piece.length_beats // BEATS)
        if len(notes) and bars >= BARS:
            roll = drum_roll(notes, bars).reshape(bars, -1)
            parts.append((np.packbits(roll, axis=-1), np.arange(bars - BARS + 1)))
    return _bank(parts, (STEPS, len(LANES))) if parts else None


def load(data: str | Path | None) -> dict[str, Corpus]:
    """{"train": ..., "held_out": ...}; a split that has no song is absent. Raises AntiphonError if both are."""
    if data is None:
        raise AntiphonError(
            "roll learns from songs with melody, bridge, piano and chords (and Groove MIDI's drums), which music21 lacks; "
            "name a folder with pop909.jsonl.gz and groove_midi.jsonl.gz with --data."
        )
    pieces = load_pieces(data, only=("pop909", "groove_midi"))
    splits = {"train": pieces.train, "held_out": pieces.held_out}
    corpora = {}
    for name, chosen in splits.items():
        if found := song_bank([p for p in chosen if any(not t.drum for t in p.tracks)]):
            corpora[name] = Corpus(found[0], drum_bank([p for p in chosen if any(t.drum for t in p.tracks)]), found[1])
    if not corpora:
        raise AntiphonError(
            f"Data {data}: no song in 4/4 with tracks MELODY and PIANO and with chords; name a folder with "
            "pop909.jsonl.gz."
        )
    return corpora
