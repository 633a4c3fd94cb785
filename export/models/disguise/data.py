"""Pairs of bars of five styles as packed piano rolls for `disguise` and its judge; [workshop].

baroque: Bach's chorales; folk: Nottingham tunes with their chords; pop: POP909 (melody, bridge and piano); jazz: songs of
about 1900 to 1930 from OpenEWLD, whose chord symbols are played as plain blocks (melody from the sheet, the rest made
here); classical: OpenScore's string quartets and Lieder. Only 4/4 (and 2/2); each piece moved to C major or A minor.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

import numpy as np

from export.corpora.pieces import Piece, load_pieces
from realtime.models.disguise.code import BARS, BEATS, CELLS, PITCHES, STEPS, STYLES, roll_of
from realtime.music.chord import Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import find_key, into_c
from realtime.native.errors import AntiphonError

SOURCES = {
    "bach_chorales_music21": "baroque",
    "folk_nottingham": "folk",
    "pop909": "pop",
    "openewld": "jazz",
    "openscore_quartets": "classical",
    "openscore_lieder": "classical",
}
HOW_STYLES_ARE_TOLD = (
    f"name a folder with some of {', '.join(SOURCES)} (.jsonl.gz), or with files or folders of your own named after the "
    f"styles ({', '.join(STYLES)})."
)
SHARE_OF_JUDGE = 3  # of every 10 training pieces, by a hash of their names
FEWEST_STRUCK = 6  # notes that two bars need
MOST_WINDOWS = 60  # of one piece


@dataclass
class Windows:
    """Two-bar rolls, packed, with their style and the piece they come from."""

    packed: np.ndarray  # (n, bytes) uint8
    style: np.ndarray  # (n,) int64
    piece: np.ndarray  # (n,) int64

    def rolls(self, rows: np.ndarray) -> np.ndarray:
        """(len(rows), 2, 32, 72) bool."""
        size = 2 * STEPS * PITCHES
        return np.unpackbits(self.packed[rows], axis=-1, count=size).reshape(len(rows), 2, STEPS, PITCHES).astype(bool)

    def of_style(self, style: int) -> np.ndarray:
        return np.flatnonzero(self.style == style)


def style_of(piece: Piece) -> str:
    """Its own field `style` if that is one of the five, else the style of the set it is of, or the one its file or
    folder is named after; else ""."""
    own = str(piece.extra.get("style", "")).lower()
    named = (own, SOURCES.get(piece.source, ""), piece.source.lower())
    return next((s for s in named if s in STYLES), "")


def bar_lines(piece: Piece) -> np.ndarray:
    """Beats of the bar lines, from the score where it has them, else from the metres."""
    if lines := piece.extra.get("downbeats") or piece.bars:
        return np.asarray(lines, float)
    found: list[float] = []
    metres = piece.metres or [(0.0, 4, 4)]
    ends = [m[0] for m in metres[1:]] + [piece.length_beats]
    for (beat, numerator, denominator), end in zip(metres, ends, strict=True):
        at = beat
        while at < end - 1e-6:
            found.append(at)
            at += numerator * 4.0 / denominator
    return np.asarray(found)


def is_common_time(piece: Piece, beat: float) -> bool:
    """4/4 or 2/2 at a beat."""
    metre = (4, 4)
    for at, numerator, denominator in piece.metres:
        if at <= beat + 1e-6:
            metre = (numerator, denominator)
    return metre in ((4, 4), (2, 2))


def chord_or_none(name: str) -> Chord | None:
    """The chord of a symbol; None for what cannot be read too: a corpus has its slips."""
    try:
        return parse_chord(name)
    except AntiphonError:
        return None


def played(piece: Piece) -> np.ndarray:
    """All its notes; chord symbols, where the piece has no other accompaniment, as blocks: root below C3, the chord
    above it, struck again every half bar."""
    notes = piece.notes()
    if piece.source != "openewld" and style_of(piece) != "jazz":
        return notes
    rows = []
    ends = [beat for beat, _ in piece.chords[1:]] + [piece.length_beats]
    for (beat, name), end in zip(piece.chords, ends, strict=True):
        chord = chord_or_none(name)
        at = beat
        while chord is not None and at < end - 1e-6:
            last = min(end, (at // 2 + 1) * 2)
            rows += [(at, last - at, 36 + chord.bass, 70.0)]
            rows += [(at, last - at, 48 + c, 70.0) for c in sorted(chord.classes)]
            at = last
    return np.concatenate([notes, np.asarray(rows, float).reshape(-1, 4)])


def windows_of(piece: Piece) -> np.ndarray:
    """(n, bytes) packed rolls of every two bars in common time, in C major or A minor."""
    empty = np.zeros((0, 2 * STEPS * PITCHES // 8), np.uint8)
    notes = played(piece)
    if not len(notes):
        return empty
    key = find_key(notes[:, 2].astype(int), notes[:, 1])
    notes = notes + np.array([0, 0, into_c(key.tonic, key.mode), 0])
    lines = bar_lines(piece)
    after = np.append(lines, lines[-1] + BEATS) if len(lines) else lines
    length = BARS * BEATS
    found = []
    for k in range(len(lines) - 1):
        start = lines[k]
        if not (np.allclose(np.diff(after[k : k + 3]), BEATS) and is_common_time(piece, start)):
            continue
        inside = notes[(notes[:, 0] + notes[:, 1] > start) & (notes[:, 0] < start + length)]
        roll = roll_of(inside - (start, 0, 0, 0), BARS * CELLS)
        if roll[1].sum() >= FEWEST_STRUCK:
            found.append(np.packbits(roll.reshape(-1)))
    if len(found) > MOST_WINDOWS:  # long movements do not outweigh the rest
        found = [found[i] for i in np.linspace(0, len(found) - 1, MOST_WINDOWS).astype(int)]
    return np.stack(found) if found else empty


def collect(pieces: list[Piece]) -> Windows:
    """All windows of the pieces that have a style."""
    parts, styles, owners = [], [], []
    for number, piece in enumerate(pieces):
        if style := style_of(piece):
            found = windows_of(piece)
            parts.append(found)
            styles += [STYLES.index(style)] * len(found)
            owners += [number] * len(found)
    packed = np.concatenate(parts) if parts else np.zeros((0, 2 * STEPS * PITCHES // 8), np.uint8)
    return Windows(packed, np.asarray(styles, np.int64), np.asarray(owners, np.int64))


def for_judge(piece: Piece) -> bool:
    """Whether a training piece is the judge's; the generator never sees it."""
    return int(sha1(("judge " + piece.id).encode()).hexdigest(), 16) % 10 < SHARE_OF_JUDGE


def load_styles(data: str | Path | None) -> dict[str, list[Piece]]:
    """{"train" (generator's), "judge", "held_out"}: pieces of a known style. Raises AntiphonError if there are fewer
    than two styles."""
    pieces = load_pieces(data, only=SOURCES) if data is not None else _bundled()
    known = [p for p in pieces.pieces if style_of(p)]
    styles = {style_of(p) for p in known}
    if len(styles) < 2:
        raise AntiphonError(
            f"Data {data or 'music21'}: disguise needs pieces of at least two styles, it has "
            f"{', '.join(sorted(styles)) or 'none'}; {HOW_STYLES_ARE_TOLD}"
        )
    training = [p for p in pieces.train if style_of(p)]
    return {
        "train": [p for p in training if not for_judge(p)],
        "judge": [p for p in training if for_judge(p)],
        "held_out": [p for p in pieces.held_out if style_of(p)],
    }


def _bundled():
    raise AntiphonError(
        "disguise learns from several styles at once, which music21's corpora do not cover; name a folder with some of "
        f"{', '.join(SOURCES)} (.jsonl.gz) with --data."
    )
