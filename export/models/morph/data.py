"""Two-bar windows of melodies and basses from many corpora, and the drums that are put beside them; [workshop]."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import realtime.models.morph.code as code
from export.corpora.pieces import Piece, Track, load_pieces
from export.models.groove import data as drum_data
from realtime.native.errors import AntiphonError

FILES = (
    "folk_nottingham",
    "folk_ryans_mammoth",
    "folk_oneills1850",
    "folk_airds",
    "openewld",
    "openscore_lieder",
    "openscore_quartets",
    "bach_chorales_music21",
    "pop909",
    "groove_midi",
)
_MELODY = re.compile(r"melod|voice|sopran|violin 1|violine i$|sing|canto|tenor|bariton|mezzo|stimme", re.I)
_BASS = re.compile(r"^bass|cello|staff2|^piano$|^chords$|left", re.I)
_METRES = {(4, 4), (2, 2), (2, 4)}
FEWEST_ONSETS = {"melody": 3, "bass": 2}
CHORDAL_HIGHEST = 55  # of a track of chords, the bass is what lies at or below G3


@dataclass
class Lines:
    """Windows side by side: melody and bass tokens (n, 32) uint8, has (n, 2) bool which of them exist; piece (n,), start
    (n,) in beats, tempo (n,)."""

    melody: np.ndarray
    bass: np.ndarray
    has: np.ndarray
    piece: np.ndarray
    start: np.ndarray
    tempo: np.ndarray

    def __len__(self) -> int:
        return len(self.melody)

    def taken(self, index: np.ndarray) -> Lines:
        return Lines(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def apart(self) -> Lines:
        """Windows that do not overlap: of each piece the first, then the next that begins after it ends."""
        kept, last = [], (-1, 0.0)
        for i in np.lexsort((self.start, self.piece)):
            if self.piece[i] != last[0] or self.start[i] >= last[1] - 1e-6:
                kept.append(i)
                last = (self.piece[i], self.start[i] + 8.0)
        return self.taken(np.array(kept, int))


def bar_lines(piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    """Starts of all bars in beats, with the end, and whether each bar is of 4/4, 2/2 or 2/4."""
    metres = sorted(piece.metres) or [(0.0, 4, 4)]
    if metres[0][0] > 0:
        metres.insert(0, (0.0, 4, 4))
    length = piece.length_beats
    if piece.extra.get("downbeats"):
        lines = np.array(sorted(float(b) for b in piece.extra["downbeats"]))
    elif len(piece.bars) > 1:
        lines = np.array(sorted(piece.bars))
    else:
        parts = []
        for i, (beat, n, d) in enumerate(metres):
            end = metres[i + 1][0] if i + 1 < len(metres) else length + 4 * n / d
            parts.append(np.arange(beat, end - 1e-6, 4 * n / d))
        lines = np.concatenate(parts)
    changes = np.array([m[0] for m in metres])
    which = np.searchsorted(changes, lines + 1e-6, side="right") - 1
    even = np.array([metres[max(0, i)][1:] in _METRES for i in which])
    return np.append(lines, max(length, lines[-1] + 4.0)), even


def window_starts(piece: Piece) -> list[float]:
    """Beats where eight beats of whole even bars begin, on the grid."""
    lines, even = bar_lines(piece)
    place = {round(b * 4): i for i, b in enumerate(lines)}
    found = []
    for i, start in enumerate(lines[:-1]):
        middle, end = (place.get(round((start + beats) * 4)) for beats in (4, 8))
        if middle is not None and end is not None and even[i:end].all() and abs(start * 4 - round(start * 4)) < 1e-3:
            found.append(float(start))
    return found


def roles(piece: Piece) -> tuple[Track | None, Track | None]:
    """The tracks that carry melody and bass: by name, else the first, and of several unnamed ones the lowest."""
    pitched = [t for t in piece.tracks if not t.drum and len(t.notes) > 3]
    if not pitched:
        return None, None
    melody = next((t for t in pitched if _MELODY.search(t.name)), None)
    bass = next((t for t in pitched if _BASS.search(t.name) and t is not melody), None)
    if melody is None:
        melody = max(pitched, key=lambda t: t.notes[:, 2].mean()) if len(pitched) > 1 and bass is None else pitched[0]
    if bass is None and len(pitched) > 1:
        lowest = min(pitched, key=lambda t: t.notes[:, 2].mean())
        bass = lowest if lowest is not melody else None
    return melody, bass if bass is not melody else None


def bass_line(notes: np.ndarray) -> np.ndarray:
    """The notes under which nothing sounds; of chordal tracks only low ones."""
    if len(notes) and len(np.unique(np.round(notes[:, 0] * 8))) < 0.9 * len(notes):
        notes = notes[notes[:, 2] <= CHORDAL_HIGHEST]
    kept, floor, until = [], 128.0, -1.0
    for i in np.lexsort((notes[:, 2], notes[:, 0])):
        onset, duration, pitch = notes[i, :3]
        if onset >= until - 0.1 or pitch <= floor:
            kept.append(i)
            floor, until = pitch, onset + duration
    return notes[kept]


def _tokens(notes: np.ndarray, steps: int, lowest: bool) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of a whole track, and for each step how many onsets near it lie off the grid."""
    tokens = code.line(notes[:, 0], notes[:, 0] + notes[:, 1], notes[:, 2], steps, lowest)
    position = notes[:, 0] * code.STEPS_PER_BEAT
    off = np.abs(position - np.round(position)) > code.LONGEST_DEVIATION
    where = np.clip(np.round(position[off]).astype(int), 0, steps - 1)
    return tokens, np.bincount(where, minlength=steps)


def _usable(tokens: np.ndarray, off: int, fewest: int) -> bool:
    struck = tokens >= code.FIRST_NOTE
    count = int(struck.sum())
    return count >= fewest and bool(struck[:16].any() and struck[16:].any()) and off <= 0.1 * count


def lines_of(pieces: list[Piece]) -> Lines:
    """All windows (a new one at each bar line) with a usable melody or bass. May be empty."""
    rows: list[tuple] = []
    for number, piece in enumerate(pieces):
        melody, bass = roles(piece)
        if melody is None or not (starts := window_starts(piece)):
            continue
        steps = int(piece.length_beats * 4) + code.STEPS + 4
        nothing = np.zeros(steps, np.uint8), np.zeros(steps, int)
        voices = {"melody": _tokens(melody.notes, steps, False)}
        voices["bass"] = _tokens(bass_line(bass.notes), steps, True) if bass is not None else nothing
        tempo = piece.tempo[0][1] if piece.tempo else 120.0
        for start in starts:
            at = round(start * 4)
            parts, has = [], []
            for role, (tokens, off) in voices.items():
                part = code.cut(tokens, at)
                has.append(_usable(part, int(off[at : at + code.STEPS].sum()), FEWEST_ONSETS[role]))
                parts.append(part if has[-1] else np.zeros(code.STEPS, np.uint8))
            if any(has):
                rows.append((*parts, has, number, start, tempo))
    if not rows:
        empty = np.zeros((0, code.STEPS), np.uint8)
        return Lines(empty, empty, np.zeros((0, 2), bool), np.zeros(0, int), np.zeros(0), np.zeros(0))
    return Lines(*(np.array(column) for column in zip(*rows, strict=True)))


def load(data: str | Path | None) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Train, valid and held-out pieces, pitched and drums together. Raises AntiphonError if nothing is usable."""
    if data is None:
        raise AntiphonError(
            "morph: the trio needs drum performances, which music21 does not bundle; name a folder of .jsonl.gz or MIDI "
            "files with melodies, basses and drums with --data."
        )
    found = load_pieces(data, only=FILES)
    return found.train, found.valid, found.held_out


def drums_of(pieces: list[Piece]) -> drum_data.Windows | None:
    """Two-bar windows of the drum performances among the pieces, or None."""
    performed = [p for p in pieces if p.source == "groove_midi" or (not p.notes().size and p.notes(drums=True).size)]
    try:
        return drum_data.windows_of(performed)
    except AntiphonError:
        return None


def paired(tempo: np.ndarray, drums: drum_data.Windows, rng: np.random.Generator) -> np.ndarray:
    """For each window's tempo (n,) the index of drums of nearly that tempo (or its double or half), drawn at random: the
    drums were never played to that melody."""
    order = np.argsort(drums.tempo, kind="stable")
    ranked = drums.tempo[order]
    low, high = np.searchsorted(ranked, tempo * 0.9), np.searchsorted(ranked, tempo * 1.1)
    none = high <= low
    low, high = np.where(none, 0, low), np.where(none, len(ranked), high)
    return order[low + (rng.random(len(tempo)) * (high - low)).astype(int)]


def describe(lines: Lines, pieces: list[Piece]) -> str:
    """Windows by source, for the log."""
    counts = Counter(pieces[i].source for i in lines.piece)
    both = int(lines.has.all(axis=1).sum())
    return f"{len(lines)} windows ({both} with bass): " + ", ".join(f"{k} {v}" for k, v in counts.most_common())
