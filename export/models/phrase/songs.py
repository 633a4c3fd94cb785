"""The music `phrase` learns from: lines and piano textures of the corpora as sections of regular bars on the 1/24 grid;
[workshop]."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import realtime.models.phrase.code as code
from export.corpora import Tune, load_tunes
from export.corpora.known import files_of_sets, set_of_file, stem
from export.corpora.pieces import Piece, Track, held_out, load_pieces
from export.corpora.tune import GRACE_TICKS, shape
from realtime.music.rhythm import quantise
from realtime.native.errors import AntiphonError

FOLK, CLASSICAL, JAZZ, POP = (code.STYLES.index(s) for s in ("folk", "classical", "jazz", "pop"))
LONGEST_REST_TICKS = 192  # longer rests end a section: no delta says them
SHORTEST_NOTES = 12

# the style of every set; folk comes through export.corpora.load_tunes, cleaned as tunes
FOLK_SETS = ("folk_airds", "folk_nottingham", "folk_oneills1850", "folk_ryans_mammoth")
SETS = {
    "bach_chorales_music21": CLASSICAL,
    "openscore_quartets": CLASSICAL,
    "openscore_lieder": CLASSICAL,
    "chopin_first_editions": CLASSICAL,
    "piano_perf_giantmidi": CLASSICAL,
    "openewld": JAZZ,
    "pop909": POP,
}


@dataclass(slots=True)
class Song:
    """A section of a piece. notes: (onset, duration, pitch, velocity class), ticks from a bar line, one voice if
    texture is LINE, else chords with the top note first. numerator 0: no metre (bars of 4 quarters are only a ruler);
    tonic None: unknown."""

    id: str
    notes: list[tuple[int, int, int, int]]
    numerator: int
    denominator: int
    style: int
    texture: int
    split: str
    source: str
    licence: str = ""
    tonic: int | None = None
    mode: str = ""
    ends: bool = True  # the section's last note is the piece's

    @property
    def bar(self) -> int:
        return code.bar_ticks(self.numerator or 4, self.denominator)


def song_of_tune(tune: Tune, style: int = FOLK) -> Song:
    """A folk tune; its written-in beat accents are no dynamics and are dropped."""
    notes = [(o, d, p, 0) for o, d, p in tune.notes]
    return Song(
        tune.id,
        notes,
        tune.numerator,
        tune.denominator,
        style,
        code.LINE,
        tune.split,
        tune.source.split(".")[0],
        tune.licence,
        tune.tonic,
        tune.mode,
    )


def as_line(notes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The upper line: of notes that begin together the highest; each ends where the next begins; graces are
    dropped."""
    highest: dict[int, tuple[int, int, int]] = {}
    for onset, duration, pitch, velocity in notes:
        if duration > GRACE_TICKS and (onset not in highest or pitch > highest[onset][1]):
            highest[onset] = (duration, pitch, velocity)
    onsets = sorted(highest)
    line = []
    for i, onset in enumerate(onsets):
        duration, pitch, velocity = highest[onset]
        if i + 1 < len(onsets):
            duration = min(duration, onsets[i + 1] - onset)
        line.append((onset, duration, pitch, velocity))
    return line


def as_chords(notes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """All notes, the top of a chord first; unisons once."""
    unique = {(o, p): (o, max(1, d), p, v) for o, d, p, v in notes}
    return sorted(unique.values(), key=lambda n: (n[0], -n[2]))


def regular_sections(piece: Piece) -> list[tuple[float, float, int, int]]:
    """(start, end, numerator, denominator) in beats: stretches of one metre whose bars all have its length; the start
    is a bar line (an upbeat before it belongs to the section)."""
    metres = piece.metres or [(0.0, 4, 4)]
    last = piece.length_beats + 1e-6
    found: list[tuple[float, float, int, int]] = []
    for i, (start, numerator, denominator) in enumerate(metres):
        end = metres[i + 1][0] if i + 1 < len(metres) else last
        if numerator < 1 or denominator < 1:
            continue
        length = numerator * 4.0 / denominator
        lines = [b for b in piece.bars if start - 1e-6 <= b < end - 1e-6]
        if len(lines) < 2:
            found.append((start, end, numerator, denominator))
            continue
        begin = lines[0]
        for a, b in zip(lines, [*lines[1:], end], strict=True):
            if abs(b - a - length) > 1e-3 and b != end:
                if a - begin >= length:
                    found.append((begin, a, numerator, denominator))
                begin = b
        found.append((begin, end, numerator, denominator))
    return [s for s in found if s[1] - s[0] > 1e-3]


def _grid(beats: np.ndarray, rule: str) -> list[int]:
    """Ticks of onsets in beats: "near" the nearest tick, "simple" simple places attract (performances on a beat
    grid)."""
    if rule == "near":
        return np.round(beats * code.TICKS).astype(int).tolist()
    table = {p: quantise(p / 48) for p in range(48)}
    at = np.round(beats * 48).astype(int)
    return [int(a // 48 * code.TICKS + table[int(a % 48)]) for a in at]


def sections_of(piece: Piece, tracks: list[Track], style: int, texture: int, rule: str = "near") -> list[Song]:
    """The songs in some tracks of a piece, cut at irregular bars, changes of metre and long rests."""
    parts = [t.notes for t in tracks if len(t.notes)]
    if not parts:
        return []
    rows = np.concatenate(parts)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    dynamics = len(np.unique(rows[:, 3])) > 1
    onsets = np.array(_grid(rows[:, 0], rule))
    songs = []
    key = piece.key if piece.key[1] else (None, "")
    regular = regular_sections(piece)
    for number, (start, end, numerator, denominator) in enumerate(regular):
        bar = code.bar_ticks(numerator, denominator)
        upbeat = start - numerator * 4.0 / denominator if number == 0 else start
        first, last = round(upbeat * code.TICKS), round(end * code.TICKS)
        origin = round(start * code.TICKS) - (bar if number == 0 else 0)
        chosen = (onsets >= first) & (onsets < last)
        notes = [
            (int(o) - origin, max(1, round(d * code.TICKS)), int(p), code.velocity_class(v) if dynamics else 0)
            for o, (_, d, p, v) in zip(onsets[chosen], rows[chosen], strict=True)
        ]
        notes = as_line(notes) if texture == code.LINE else as_chords(notes)
        final = number == len(regular) - 1
        base = Song(
            piece.id,
            notes,
            numerator,
            denominator,
            style,
            texture,
            piece.split,
            piece.source,
            piece.licence,
            *key,
            ends=final,
        )
        songs += _cut_at_rests(base)
    return songs


def _cut_at_rests(song: Song) -> list[Song]:
    """A song without its long rests, as several if need be, each beginning in its first bar."""
    pieces: list[list[tuple[int, int, int, int]]] = [[]]
    for note in song.notes:
        if pieces[-1] and note[0] - pieces[-1][-1][0] > LONGEST_REST_TICKS:
            pieces.append([])
        pieces[-1].append(note)
    found = []
    for k, notes in enumerate(pieces):
        if len(notes) >= SHORTEST_NOTES:
            shift = notes[0][0] // song.bar * song.bar
            moved = [(o - shift, d, p, v) for o, d, p, v in notes]
            found.append(replace(song, notes=moved, ends=song.ends and k == len(pieces) - 1))
    return found


def _melody(piece: Piece, *names: str) -> list[Track]:
    """The first pitched track whose name holds one of `names`, else the first pitched track."""
    pitched = [t for t in piece.tracks if not t.drum and len(t.notes)]
    named = [t for t in pitched if any(n in t.name.lower() for n in names)]
    return (named or pitched)[:1]


def songs_of_piece(piece: Piece) -> list[Song]:
    """Lines and chords of one piece, by the set it comes from."""
    style = SETS.get(piece.source, 0)
    pitched = [t for t in piece.tracks if not t.drum]
    if piece.source == "pop909":
        downbeats = [float(b) for b in piece.extra.get("downbeats") or []]
        piece = replace(piece, metres=[(downbeats[0] if downbeats else 0.0, 4, 4)])
        piano = [t for t in pitched if t.name.upper() == "PIANO"]
        line = sections_of(piece, _melody(piece, "melody"), style, code.LINE, "simple")
        return line + sections_of(piece, piano, style, code.CHORDS, "simple")
    if piece.source == "piano_perf_giantmidi":  # performed without a beat: no metre, its seconds taken as half beats
        songs = sections_of(replace(piece, key=(None, "")), pitched, style, code.CHORDS)
        return [replace(s, numerator=0) for s in songs]
    if piece.source == "openscore_lieder":
        return sections_of(piece, _melody(piece, "voice", "sing", "gesang", "chant"), style, code.LINE)
    if piece.source == "openscore_quartets":
        return sections_of(piece, _melody(piece, "violin 1", "violin i"), style, code.LINE)
    if piece.source == "bach_chorales_music21":
        return sections_of(piece, _melody(piece, "soprano"), style, code.LINE)
    if piece.source == "chopin_first_editions":
        staffs = [t for t in pitched if "staff" in t.name.lower()] or pitched
        top = max(staffs, key=lambda t: float(t.notes[:, 2].mean()) if len(t.notes) else 0.0, default=None)
        lines = sections_of(piece, [top], style, code.LINE) if top is not None else []
        return lines + sections_of(piece, pitched, style, code.CHORDS)
    return sections_of(piece, _melody(piece, "melod", "voice", "lead"), style, code.LINE)


def one_edition(pieces: Iterable[Piece]) -> list[Piece]:
    """Chopin's first editions: one of each work (the id up to its last dash); a work that is held out is not also in
    train."""
    works: dict[str, list[Piece]] = defaultdict(list)
    rest = []
    for p in pieces:
        if p.id.startswith("chopin_first_editions"):
            works[p.id.rsplit("-", 1)[0]].append(p)
        else:
            rest.append(p)
    return rest + [held_out(w)[0] if any(p.split != "train" for p in w) else w[0] for w in works.values()]


@dataclass(slots=True)
class SongSet:
    """All songs, and what was left out."""

    songs: list[Song]
    damaged: list[str]
    duplicates: int = 0

    def split(self, name: str) -> list[Song]:
        return [s for s in self.songs if s.split == name]

    @property
    def held_out(self) -> list[Song]:
        """Those of the split test if there are any, else valid, else all."""
        return self.split("test") or self.split("valid") or self.songs

    def describe(self) -> str:
        groups: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        for s in self.split("train"):
            groups[s.style, s.texture][0] += 1
            groups[s.style, s.texture][1] += len(s.notes)
        parts = [f"{code.STYLES[k[0]] or 'unnamed'} {code.TEXTURES[k[1]]} {n} ({c} notes)"
                 for k, (n, c) in sorted(groups.items())]  # fmt: skip
        text = f"{len(self.split('train'))} train and {len(self.split('valid'))} valid sections; train: "
        return text + "; ".join(parts) + (f"; {len(self.damaged)} damaged" if self.damaged else "")


def load_songs(
    data: str | Path | None, only: Iterable[str] | None = None, tell: Callable[[str], None] | None = None
) -> SongSet:
    """Songs of the shared folder, of one .jsonl(.gz) file, of a folder of MIDI, or (None) of music21's folk tunes.

    only: sets to take, where the folder holds files of them. Raises AntiphonError if nothing usable is there.
    """
    found = SongSet([], [])
    path = Path(data) if data is not None else None
    names = [s for s in (*FOLK_SETS, *SETS) if only is None or s in set(only)]
    inside = files_of_sets(path, names) if path and path.is_dir() else []
    seen: set[tuple] = set()
    files: list[Path | None] = [*sorted(inside, key=lambda f: names.index(set_of_file(f)))]
    for file in files or [path]:
        if tell and file:
            tell(stem(file))
        _add_file(found, file, seen)
    if not found.songs:
        raise AntiphonError(
            f"Data {data}: no usable music in it ({len(found.damaged)} damaged); "
            f"name a folder of MIDI or .jsonl.gz files with melodies of at least {SHORTEST_NOTES} notes."
        )
    return found


def _add_file(found: SongSet, path: Path | None, seen: set[tuple]) -> None:
    """Adds one file (or folder, or None) to the set; a folk tune that occurred before is dropped, in any key."""
    if path is None or set_of_file(path) in FOLK_SETS:
        corpus = load_tunes(path)
        found.damaged += corpus.damaged
        for tune in corpus.tunes:
            mark = tuple(shape(tune.notes))
            if mark in seen:
                found.duplicates += 1
                continue
            seen.add(mark)
            found.songs.append(song_of_tune(tune))
        return
    pieces = load_pieces(path)
    found.damaged += pieces.damaged
    for piece in one_edition(pieces.pieces):
        try:
            found.songs += [s for s in songs_of_piece(piece) if len(s.notes) >= SHORTEST_NOTES]
        except (ValueError, IndexError, ZeroDivisionError) as error:
            found.damaged.append(f"{piece.id}: {error}")
