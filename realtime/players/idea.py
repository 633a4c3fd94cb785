"""An idea of `morph`: melody, bass and drums of two bars on sixteenths, caught from what was played or written as a text;
[any].

As a text: `melody C4 4, - 2, E4 10; bass C2 16; drums kick 0 8, snare 4 12; loud 0.7`. Lines are pitches (or - for a rest)
and lengths in sixteenths, drums the sixteenths on which they are struck, counted from 0 through both bars of sixteen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from realtime.models.groove import CLASS_OF, KIT
from realtime.models.morph import (
    FIRST_NOTE,
    LOWEST_PITCH,
    STEPS,
    STEPS_PER_BEAT,
    Bars,
    line,
    line_of,
    notes_of,
    sounding,
    token_of,
)
from realtime.music.keyfinding import Key, find_key
from realtime.music.pitch import parse_pitch, pitch_name
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError, nearest

HALF = STEPS // 2
DRUMS = 9
REST = "-"
LOUD = 0.7
DRUM_NAMES = tuple(name.replace(" ", "_") for name in KIT)
PARTS = ("melody", "bass", "drums", "loud")


class Grid(NamedTuple):
    """How bars of a metre lie on the two bars of sixteen that the model knows: a shorter bar is one of its bars cut short, a
    longer one begins in the first and goes on into the second. steps: sixteenths a bar; bars: of an idea, 2 or 1."""

    steps: int
    bars: int

    @classmethod
    def of(cls, bar_beats: float) -> Grid:
        """Of a metre, by its quarter notes a bar."""
        steps = max(1, math.ceil(bar_beats * STEPS_PER_BEAT - 1e-6))
        return cls(steps, 2 if steps <= HALF else 1)

    def place(self, bar: int, step: int) -> int:
        """Where a sixteenth of a bar lies; beyond both bars they come round again."""
        return (HALF * (bar % self.bars) + step) % STEPS


class Idea(NamedTuple):
    """bars: tracks at the pitch they were played at, None where there is none. loud: mean velocity, 0..1."""

    bars: Bars
    loud: float = LOUD

    @property
    def key(self) -> Key | None:
        """Of its lines; None without any."""
        found = [n for tokens in (self.bars.melody, self.bars.bass) if tokens is not None for n in notes_of(tokens)]
        if not found:
            return None
        return find_key([pitch_of(token) for _, _, token in found], [end - start for start, end, _ in found])


def pitch_of(token: int) -> int:
    """The MIDI pitch that a token strikes."""
    return token - FIRST_NOTE + LOWEST_PITCH


def caught(notes: Sequence[Note], start: float, bar_beats: float, split: int = 0) -> Idea | None:
    """The idea in some notes from a bar line on; None: there is nothing in it. Channel 10 are the drums; the channel that
    lies highest has the melody (its top line), the lowest of several the bass; of a single one that is what lies below
    `split` (0: nothing does)."""
    cells = Grid.of(bar_beats)
    end = start + cells.bars * bar_beats
    near = [n for n in notes if n.end > start + 1e-6 and n.beat < end - 0.5 / STEPS_PER_BEAT]
    melody, bass, drums = _parts(near, split)
    found = Bars(
        _tokens(melody, start, bar_beats, cells, False), _tokens(bass, start, bar_beats, cells, True),
        _hits(drums, start, bar_beats, cells),
    ).sounding()  # fmt: skip
    if found.melody is None and found.bass is None and found.hits is None:
        return None
    return Idea(found, round(float(np.mean([n.velocity for n in near])), 2))


def _parts(notes: Sequence[Note], split: int) -> tuple[list[Note], list[Note], list[Note]]:
    drums = [n for n in notes if n.channel == DRUMS]
    lines: dict[int, list[Note]] = {}
    for n in notes:
        if n.channel != DRUMS:
            lines.setdefault(n.channel, []).append(n)
    ranked = sorted(lines.values(), key=lambda some: -sum(n.pitch for n in some) / len(some))
    if len(ranked) == 1:
        return [n for n in ranked[0] if n.pitch >= split], [n for n in ranked[0] if n.pitch < split], drums
    return (ranked[0] if ranked else []), (ranked[-1] if ranked else []), drums


def _tokens(notes: list[Note], start: float, bar_beats: float, cells: Grid, lowest: bool) -> np.ndarray | None:
    if not notes:
        return None
    onsets = np.array([n.beat - start for n in notes])
    ends = np.array([n.end - start for n in notes])
    onsets = np.where((onsets < -0.125) & (ends > 0.25), 0.0, onsets)  # held over into it: struck anew
    length = math.ceil(cells.bars * bar_beats * STEPS_PER_BEAT - 1e-6)
    flat = line(onsets, ends, np.array([n.pitch for n in notes]), length, lowest)
    tokens = np.zeros(STEPS, np.uint8)
    for bar in range(cells.bars):
        part = flat[bar * cells.steps : (bar + 1) * cells.steps][:STEPS].copy()
        if bar and cells.steps < HALF and part.size and part[0] == 0:
            part[0] = sounding(flat[: bar * cells.steps])[-1]
        tokens[HALF * bar : HALF * bar + len(part)] = part
    return tokens


def _hits(notes: list[Note], start: float, bar_beats: float, cells: Grid) -> np.ndarray | None:
    hits = np.zeros((STEPS, len(KIT)), bool)
    for n in notes:
        step = math.floor((n.beat - start) * STEPS_PER_BEAT + 0.5)
        if n.pitch in CLASS_OF and 0 <= step < cells.bars * cells.steps:
            hits[cells.place(*divmod(step, cells.steps)), CLASS_OF[n.pitch]] = True
    return hits


# -- as a text ---------------------------------------------------------------------------------------------------------


def written(idea: Idea) -> str:
    """The text of an idea."""
    key = idea.key or Key(0, "major", 0.0)
    found = []
    for name, tokens in (("melody", idea.bars.melody), ("bass", idea.bars.bass)):
        if tokens is None:
            continue
        at, rows = 0, []
        for start, end, token in notes_of(tokens):
            rows += [f"{REST} {start - at}"] if start > at else []
            rows.append(f"{pitch_name(pitch_of(token), key.tonic, key.mode)} {end - start}")
            at = end
        found.append(f"{name} {', '.join(rows)}")
    if idea.bars.hits is not None:
        struck = ((name, np.flatnonzero(column)) for name, column in zip(DRUM_NAMES, idea.bars.hits.T, strict=True))
        found.append("drums " + ", ".join(f"{name} {' '.join(map(str, at))}" for name, at in struck if len(at)))
    return "; ".join([*found, f"loud {idea.loud:g}"])


def read_idea(text: str) -> Idea | None:
    """The idea of a text; None of an empty one. Raises AntiphonError with the place."""
    if not text.strip():
        return None
    bars, loud = Bars(), LOUD
    for part in text.split(";"):
        name, _, rest = part.strip().partition(" ")
        if name not in PARTS:
            raise AntiphonError(f"idea: {name!r} is no part; {nearest(name, PARTS, 'there are')}")
        try:
            if name == "loud":
                loud = _loud(rest)
            elif name == "drums":
                bars.hits = _read_drums(rest)
            else:
                setattr(bars, name, _read_line(rest))
        except AntiphonError as error:
            raise AntiphonError(f"idea, {name}: {error}") from None
    if not any(x is not None and x.any() for x in (bars.melody, bars.bass, bars.hits)):
        raise AntiphonError('idea: there is no note in it; write one, such as "melody C4 8, E4 8"')
    return Idea(bars, loud)


def _read_line(text: str) -> np.ndarray:
    notes, at = [], 0
    for row in text.split(","):
        pitch, _, length = row.strip().partition(" ")
        steps = _whole(length.strip() or "1", row, 1, STEPS)
        if pitch != REST:
            if pitch and not pitch[-1].isdigit():
                raise AntiphonError(f"{pitch!r} lacks its octave; write it as C4")
            notes.append((at, at + steps, token_of(parse_pitch(pitch))))
        at += steps
    if at > STEPS:
        raise AntiphonError(f"it is {at} sixteenths long; two bars are {STEPS}")
    return line_of(notes)


def _read_drums(text: str) -> np.ndarray:
    hits = np.zeros((STEPS, len(KIT)), bool)
    for row in text.split(","):
        name, *places = row.split() or [""]
        if name not in DRUM_NAMES:
            raise AntiphonError(f"{name!r} is no drum; {nearest(name, DRUM_NAMES, 'there are')}")
        for place in places:
            hits[_whole(place, row, 0, STEPS - 1), DRUM_NAMES.index(name)] = True
    return hits


def _whole(text: str, row: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise AntiphonError(f"{row.strip()!r}: {text!r} must be a whole number of sixteenths from {low} to {high}")
    return int(text)


def _loud(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value <= 1.0:
        raise AntiphonError(f"{text!r} must be a number above 0 up to 1")
    return value
