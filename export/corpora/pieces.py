"""One door to all polyphonic corpora: JSON lines, MIDI, MusicXML, ABC, Humdrum, or music21's bundled music; [any]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from export.corpora.clean import clean
from export.corpora.jsonl import read_lines
from export.corpora.known import LINE_ENDINGS, files_of_sets
from export.corpora.midi_folder import read_midi_piece
from export.corpora.piece import Piece, PieceSet, Track, held_out
from export.corpora.splits import split_of_piece, unique_pieces
from realtime.native.errors import AntiphonError

__all__ = ["Piece", "PieceSet", "Track", "held_out", "load_pieces", "read_pieces", "unique_pieces"]

MIDI_ENDINGS = (".mid", ".midi")
SCORE_ENDINGS = (".musicxml", ".mxl", ".xml", ".abc", ".krn")


def _files(folder: Path, only: Iterable[str]) -> list[Path]:
    if chosen := files_of_sets(folder, only):
        return chosen
    found = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    lines = [p for p in found if p.name.endswith(LINE_ENDINGS)]
    return lines + [p for p in found if p.suffix.lower() in MIDI_ENDINGS + SCORE_ENDINGS]


def read_pieces(
    data: str | Path | None, only: Iterable[str], damaged: list[str], faults: Counter | None = None
) -> Iterator[Piece]:
    """Pieces one by one, cleaned (what was mended is counted in `faults`), their splits as they are in the data. See
    load_pieces. Raises AntiphonError if the data is not there."""
    faults = Counter() if faults is None else faults
    if data is None:
        from export.corpora.bundled import read_bundled

        yield from _cleaned(read_bundled(only, damaged), damaged, faults)
        return
    path = Path(data)
    if not path.exists():
        raise AntiphonError(f"Data {path}: there is no such file or folder; name a folder of MIDI or .jsonl.gz files.")
    for file in [path] if path.is_file() else _files(path, only):
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        yield from _cleaned(_read_file(file, name, damaged), damaged, faults)


def _read_file(file: Path, name: str, damaged: list[str]) -> Iterator[Piece]:
    if file.suffix.lower() in MIDI_ENDINGS:
        return read_midi_piece(file, name, damaged)
    if file.suffix.lower() in SCORE_ENDINGS:
        from export.corpora.scores import read_score

        return read_score(file, name, damaged)
    return read_lines(file, damaged)


def _cleaned(pieces: Iterable[Piece], damaged: list[str], faults: Counter) -> Iterator[Piece]:
    for piece in pieces:
        try:
            # a track that is empty in a set of named tracks has its place there
            yield clean(piece, faults, drop_empty=piece.performed)
        except ValueError as error:
            damaged.append(f"{piece.place or piece.id}: {error}")


def load_pieces(data: str | Path | None, only: Iterable[str] = ()) -> PieceSet:
    """Reads a corpus. Official splits are kept; pieces without one get one by the family of their melody (a tenth is
    valid).

    data: a .jsonl(.gz), MIDI or score file, a folder of such, or None for music21's bundled corpora.
    only: sets to take where the folder holds files of them (every file otherwise), or which of music21's
    collections. Raises AntiphonError if nothing usable is there.
    """
    damaged: list[str] = []
    faults: Counter = Counter()
    pieces = list(read_pieces(data, only, damaged, faults))
    for piece in pieces:
        if piece.split not in ("train", "valid", "test"):
            piece.split = split_of_piece(piece)
    if not pieces:
        raise AntiphonError(
            f"Data {data}: no usable piece in it ({len(damaged)} damaged{f', the first: {damaged[0]}' if damaged else ''}); "
            "name a folder of MIDI, MusicXML, ABC or .jsonl.gz files."
        )
    return PieceSet(pieces, damaged, {name: count for name, count in faults.items() if count})
