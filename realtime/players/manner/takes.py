"""A MIDI file as a take of somebody's, and how surprising it is to who knows them: for the command line; [main]."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import NamedTuple

import realtime.models.phrase.code as code
from realtime.models.phrase import Phrase, on_grid
from realtime.music.keyfinding import find_key
from realtime.music.midifile import read_midi
from realtime.music.sequence import NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.manner.manner import Manner, Played, Row
from realtime.players.manner.writer import MannerWriter

DRUMS = 9
PHRASE_NOTES = 200
SHARE = 0.7


class Line(NamedTuple):
    """The upper line of a file: its rows, key and metre."""

    rows: tuple[Row, ...]
    tonic: int
    mode: str
    numerator: int
    denominator: int

    @property
    def bar(self) -> int:
        """Ticks of a bar."""
        return code.bar_ticks(self.numerator, self.denominator)


def read_line(file: str | Path) -> Line:
    """The upper line of what is not drums. Raises AntiphonError where there is none."""
    music = read_midi(file)
    notes = [n for n in music.notes if n.channel != DRUMS]
    if len(notes) < 2:
        raise AntiphonError(f"{file}: it has no melody to learn from; give a MIDI file with notes that are not drums")
    rows = _rows(music, [notes[k : k + PHRASE_NOTES] for k in range(0, len(notes), PHRASE_NOTES)])
    key = find_key([p for _, _, p in rows], [d for _, d, _ in rows])
    metre = music.metre_at(notes[0].beat)
    return Line(rows, key.tonic, key.mode, metre.numerator, metre.denominator)


def _rows(music: NoteSequence, pieces: list) -> tuple[Row, ...]:
    origin = music.bar_start(pieces[0][0].beat)
    rows: list[Row] = []
    for piece in pieces:
        for tick, duration, pitch, _ in on_grid(piece, origin, code.LINE):
            if not rows or tick > rows[-1][0]:
                rows.append((tick, max(1, duration), pitch))
    return tuple(rows)


def as_phrases(line: Line, take: int | None = None) -> list[Played]:
    """A line as phrases of one take, to be learned; each but the first has the end of the one before as context."""
    when, found = int(time.time()) if take is None else take, []
    for first in range(0, len(line.rows), PHRASE_NOTES):
        known = min(first, 5)
        found.append(Played(when, line.tonic, line.bar, line.rows[first - known : first + PHRASE_NOTES], 1.0, known))
    return found


def surprise(manner: Manner, line: Line, package: str | Path) -> dict[str, float]:
    """Bits a note of a line: to the trained model alone, to what was learned alone, and to both as the player blends them."""
    model = Phrase.load(package)
    model.net.reset()
    writer = MannerWriter(model.net, None, manner)
    mean = sum(p for _, _, p in line.rows) / len(line.rows)
    writer.set_frame(code.Frame.around(line.tonic, line.mode, mean))
    found = {}
    for name, share in (("taught", 0.0), ("blended", SHARE)):
        writer.share = share
        found[name] = writer.bits(line.rows, line.numerator, line.denominator)
    bits, notes = manner.bits(line.rows, line.tonic, line.bar)
    found["learned"] = bits / notes
    found["nothing"] = Manner().bits(line.rows, line.tonic, line.bar)[0] / notes
    return {name: round(value, 3) if math.isfinite(value) else value for name, value in found.items()}
