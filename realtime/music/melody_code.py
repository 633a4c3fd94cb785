"""The event code of melody models: what a note is to them, as small integers; [any].

A note is (delta, pitch, duration): delta and duration are classes of STEPS (24 ticks a quarter note), delta counting
from the previous onset or, for the first note, from the start of its turn. Pitch is counted from the tonic, in the
octave where the phrase lies (`Frame`), so that a model sees one key and one register and the performer's own are put
back afterwards. Turns alternate (call, answer); a turn opens with a separator event that carries its start.
Both the workshop and the players read this file: what was trained is what is played.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

TICKS = 24  # a quarter note: 16ths and 32nds, triplets of 8ths and 16ths
STEPS = (
    0,
    1,
    2,
    3,
    4,
    6,
    8,
    9,
    12,
    15,
    16,
    18,
    20,
    21,
    24,
    28,
    30,
    32,
    36,
    40,
    42,
    48,
    54,
    60,
    72,
    84,
    96,
    108,
    120,
    144,
    168,
    192,
)
END = len(STEPS)  # delta class: the turn ends without another note
DELTAS = len(STEPS) + 1
DURATIONS = len(STEPS)  # class 0 = no duration (a separator)
PITCHES = 60  # tonic-relative; CENTRE is the tonic of the octave the phrase lies in
CENTRE = 24
SEPARATOR = PITCHES  # pitch token that opens a turn
POSITIONS = 144  # ticks in the longest bar told apart (12/8, 3/2)
METRES = ((0, 0), (4, 4), (2, 4), (3, 4), (6, 8), (9, 8), (12, 8), (3, 2), (3, 8))  # class 0: any other
MODES = ("", "major", "minor")
CALL, ANSWER = 0, 1
REMAINING = 65  # class 0: unknown (a call); else eighths left in the turn, 1..64
FIELDS = ("delta", "pitch", "duration_before", "position", "metre", "role", "mode", "remaining", "bar_ticks")


def step_class(ticks: float, lowest: int = 0) -> int:
    """Class of the STEP nearest to `ticks`, at least class `lowest`."""
    i = bisect_left(STEPS, ticks)
    if i >= len(STEPS):
        i = len(STEPS) - 1
    elif i > 0 and ticks - STEPS[i - 1] <= STEPS[i] - ticks:
        i -= 1
    return max(i, lowest)


def on_step(ticks: float) -> int:
    """The step that a time between onsets counts as when runs of notes are compared."""
    return STEPS[step_class(ticks, lowest=1)]


def metre_class(numerator: int, denominator: int) -> int:
    """Class of a time signature; 2/2 is heard as 4/4, 6/4 as 3/2."""
    metre = {(2, 2): (4, 4), (6, 4): (3, 2)}.get((numerator, denominator), (numerator, denominator))
    return METRES.index(metre) if metre in METRES else 0


def bar_ticks(numerator: int, denominator: int) -> int:
    """Length of a bar in ticks (at least 1)."""
    return max(1, round(numerator * 4 * TICKS / denominator))


def beat_ticks(numerator: int, denominator: int) -> int:
    """Ticks of the beat one feels: a dotted quarter in 6/8, a quarter in 4/4 and 2/2, a whole bar in irregular metres
    such as 7/8."""
    if denominator >= 8 and numerator % 3 == 0 and numerator > 3:
        return 3 * 4 * TICKS // denominator
    if denominator >= 8:
        return bar_ticks(numerator, denominator)
    return TICKS


def position_in_bar(tick: int, bar: int) -> int:
    """Place in the bar 0..POSITIONS-1 of a tick counted from a bar line."""
    return min(tick % bar, POSITIONS - 1)


def remaining_class(ticks_left: int) -> int:
    """Class of the time left in an answer."""
    return min(max(1, -(-ticks_left // (TICKS // 2))), REMAINING - 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the model's pitch CENTRE lies: `origin` is its MIDI number, a tonic; `mode` "major", "minor" or ""
    (unknown)."""

    origin: int
    mode: str = ""

    @classmethod
    def around(cls, tonic: int, mode: str, mean_pitch: float) -> Frame:
        """The frame whose octave above the tonic holds `mean_pitch`."""
        return cls(tonic + 12 * int((mean_pitch - tonic) // 12), mode)

    def encode(self, pitch: int) -> int:
        """MIDI number to token; beyond the five octaves it folds into the outermost."""
        token = pitch - self.origin + CENTRE
        while token < 0:
            token += 12
        while token >= PITCHES:
            token -= 12
        return token

    def decode(self, token: int) -> int:
        """Token to MIDI number (may lie outside 0..127 for extreme registers: the caller folds it)."""
        return token + self.origin - CENTRE

    @property
    def mode_class(self) -> int:
        return MODES.index(self.mode)


@dataclass(frozen=True, slots=True)
class Turn:
    """What all events of one turn share. `start_tick` counts from a bar line; `length_ticks` is 0 for a call
    (unknown)."""

    role: int
    start_tick: int
    length_ticks: int
    metre: int
    bar: int
    mode: int

    def event(self, delta: int, pitch: int, duration_before: int, tick: int) -> tuple[int, ...]:
        """The FIELDS of an event at `tick` (counted as start_tick is)."""
        left = remaining_class(self.start_tick + self.length_ticks - tick) if self.role == ANSWER else 0
        position = position_in_bar(tick, self.bar)
        return (delta, pitch, duration_before, position, self.metre, self.role, self.mode, left, self.bar)

    def separator(self) -> tuple[int, ...]:
        """The event that opens the turn."""
        return self.event(0, SEPARATOR, 0, self.start_tick)
