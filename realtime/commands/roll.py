"""Draws notes as a piano roll in the terminal: time to the right, a line a key, drums and instruments apart; [main]."""

from __future__ import annotations

import math
from collections.abc import Sequence

from realtime.commands.output import can_draw

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CELLS_A_BEAT = 4
NARROWEST = 24  # columns; below, what is drawn wraps and cannot be read anyhow
MARKS = ("█", "▓", "·", "│")
ASCII_MARKS = ("#", "=", ".", "|")
"""Beginning of a note, its length, an empty cell, a bar line."""

Note = Sequence[float]
"""beat, duration, pitch, velocity, channel."""


def key_name(key: int) -> str:
    """A MIDI key as C4 (60)."""
    return f"{NAMES[key % 12]}{key // 12 - 1}"


def piano_roll(
    notes: Sequence[Note], width: int = 80, beats_a_bar: float = 4.0, unicode: bool | None = None
) -> list[str]:
    """Lines of a roll no wider than `width`, system under system; every note begins in a cell of its own key.

    A cell is a quarter of a beat; where two notes of a key begin in one cell, they share it.
    """
    if not notes:
        return ["no notes"]
    marks = MARKS if (can_draw("".join(MARKS)) if unicode is None else unicode) else ASCII_MARKS
    names = {key: key_name(key) for key in sorted({int(n[2]) for n in notes}, reverse=True)}
    margin = max(len(name) for name in names.values()) + 1
    end = max(max(n[0] + n[1] for n in notes), max(n[0] for n in notes) + 0.01)
    bar_cells = max(1, round(beats_a_bar * CELLS_A_BEAT))
    bars = max(1, math.ceil(end / beats_a_bar))
    a_system = max(1, (max(NARROWEST, width) - margin - 1) // (bar_cells + 1))
    lines: list[str] = []
    for first in range(0, bars, a_system):
        last = min(bars, first + a_system)
        head = "".join(f"{number + 1:<{bar_cells + 1}d}" for number in range(first, last))
        lines.append((" " * (margin + 1) + head).rstrip())
        for key, name in names.items():
            row = _row([n for n in notes if int(n[2]) == key], first * bar_cells, last * bar_cells, marks)
            if row is not None:
                cells = (row[start : start + bar_cells] for start in range(0, len(row), bar_cells))
                lines.append(f"{name:>{margin - 1}} {marks[3]}{marks[3].join(cells)}{marks[3]}")
    return lines


def _row(notes: Sequence[Note], first: int, last: int, marks: Sequence[str]) -> str | None:
    """Cells first..last of one key; None if nothing sounds there."""
    cells = [marks[2]] * (last - first)
    spans = [(int(n[0] * CELLS_A_BEAT + 1e-6), math.ceil((n[0] + n[1]) * CELLS_A_BEAT - 1e-6)) for n in notes]
    for start, end in spans:
        for cell in range(max(first, start), min(last, end)):
            cells[cell - first] = marks[1]
    for start, _ in spans:
        if first <= start < last:
            cells[start - first] = marks[0]
    return "".join(cells) if any(cell != marks[2] for cell in cells) else None
