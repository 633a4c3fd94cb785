"""What was played tonight, half bar by half bar, for `collage`: kept over songs, in a file that ends with the session; [player
process]."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import realtime.models.collage.code as code
from realtime.contract import player_wire as wire
from realtime.models.collage import HalfBar, Struck, half_bar
from realtime.native.whole_file import whole_file

FILE = "collage.json"
MOST_HALF_BARS = 128
EARLY_BEATS = 0.1
"""A note so little before a half bar belongs to it."""
Harmony = Callable[[float], tuple[int, int]]
"""Beat to root and quality (code.MAJOR, code.MINOR)."""


class Night:
    """half_bars: the last that were heard; of these `count` in all."""

    def __init__(self) -> None:
        folder = os.environ.get(wire.NIGHT, "")
        self._path = Path(folder) / FILE if folder else None
        self.half_bars: list[HalfBar] = []
        self.count = 0
        self._struck: list[Struck] = []
        if self._path is not None:
            self._recall(self._path)

    def note_on(self, beat: float, key: int, velocity: float) -> None:
        """A key is struck."""
        self._struck.append((beat, key, velocity))

    def clear_bar(self) -> None:
        """What was struck since the last bar line is no part of a bar."""
        self._struck.clear()

    def close(self, bar: float, lengths: list[float], harmony: Harmony, tonic: int) -> None:
        """A bar is over that began at a beat, cut into parts of some lengths: those in which something was struck are
        kept."""
        start = bar
        end = bar + sum(lengths) - EARLY_BEATS
        for length in lengths:
            until = min(end, start + length - EARLY_BEATS)
            inside = [(max(0.0, b - start), k, v) for b, k, v in self._struck if start - EARLY_BEATS <= b < until]
            if inside:
                root, quality = harmony(start)
                self.half_bars = [*self.half_bars, half_bar(inside, root, quality, tonic)][-MOST_HALF_BARS:]
                self.count += 1
            start += length
        self._struck = [note for note in self._struck if note[0] >= end]

    def keep(self) -> None:
        """Writes it down for the player that comes after this one, where there is a session's folder."""
        if self._path is None or not self.half_bars:
            return
        rows = [
            [one.chord, {role: list(map(list, notes)) for role, notes in one.notes.items()}] for one in self.half_bars
        ]
        with suppress(OSError), whole_file(self._path) as path:  # without it the songs to come begin with nothing
            path.write_text(json.dumps(rows), encoding="utf-8")

    def _recall(self, path: Path) -> None:
        with suppress(OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            found = [_read(chord, notes) for chord, notes in json.loads(path.read_text(encoding="utf-8"))]
            self.half_bars = found[-MOST_HALF_BARS:]
            self.count = len(self.half_bars)


def _read(chord: int, notes: dict[str, list]) -> HalfBar:
    """Raises ValueError for what no half bar can be."""
    rows = {role: tuple((int(s), int(a), float(loud)) for s, a, loud in notes[role]) for role in notes}
    for role, found in rows.items():
        low = code.LOWEST[role]
        if not all(
            0 <= s < code.STEPS and low <= a < low + code.HEIGHT[role] and 0 < loud <= 1 for s, a, loud in found
        ):
            raise ValueError(role)
    if not 0 <= int(chord) < 24:
        raise ValueError(chord)
    return HalfBar(int(chord), rows)
