"""Between note sequences and the chorale's grid of sixteenths: melodies, metres as the nets count them, notes; [any]."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from realtime.models.chorale.code import RANGES, REST
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

STEPS_A_BEAT = 4
DRUMS = 9
_COMFORT = (60, 79)
VELOCITIES = (0.75, 0.6, 0.6, 0.65)


def step_of(beat: float) -> int:
    """The sixteenth nearest to a beat."""
    return int(np.floor(beat * STEPS_A_BEAT + 0.5))


def pulses(metre: Metre) -> list[int]:
    """Lengths in sixteenths of the beats of a bar: quarters; dotted quarters in 6/8, 9/8, 12/8; the last one long in
    7/8, 5/8 and their like."""
    length = max(1, round(metre.bar_beats * STEPS_A_BEAT))
    if metre.denominator == 8 and metre.numerator % 3 == 0 and metre.numerator > 3:
        return [6] * (length // 6)
    if length <= 4:
        return [length]
    full, rest = divmod(length, 4)
    return [4] * full if rest == 0 else [4] * (full - 1) + [4 + rest]


def phases(metres: Sequence[Metre], first: int, steps: int) -> list[tuple[int, int, int]]:
    """What History.phase takes, for `steps` sixteenths from sixteenth `first` on.

    Bach's chorales begin with an upbeat of a quarter: a downbeat is the second beat the nets know. Beats are counted on
    from there; within one, sixteenths count 0 to 3, and in a longer one on by 2, 3, 2, 3.
    """
    table: dict[int, tuple[int, int]] = {}
    beat_number, place, last = 0, 0, first + steps
    bounds = [step_of(m.beat) for m in metres[1:]] + [last]
    for metre, end in zip(metres, bounds, strict=True):
        lengths = pulses(metre)
        while place < min(end, last):
            for length in lengths:
                for i in range(length):
                    table[place + i] = (beat_number + 1, i if i < 4 else 2 + i % 2)
                place += length
                beat_number += 1
                if place >= end:
                    break
        if place > end:
            table = {k: v for k, v in table.items() if k < end}
            place = end
    found = []
    for i in range(steps):
        number, within = table.get(first + i, (1 + (first + i) // 4, (first + i) % 4))
        found.append(((4 * number + within) % 16, (4 * number + within) % 12, min(i // 16, 23)))
    return found


def bar_end(metres: Sequence[Metre], bars: int) -> int:
    """The sixteenth at which bar `bars` (counted from 0) begins."""
    beat, done = 0.0, 0
    for metre, following in zip(metres, [*metres[1:], None], strict=True):
        length = metre.bar_beats
        if following is None:
            return step_of(beat + (bars - done) * length)
        here = max(0, int(np.ceil((following.beat - beat) / length - 1e-9)))
        if done + here >= bars:
            return step_of(beat + (bars - done) * length)
        done, beat = done + here, following.beat
    return step_of(beat)


def top_line(notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """The highest sounding pitch of each sixteenth (REST where silent), and where it begins: (steps,), (steps,) bool.

    A note ends where the next one of the line begins, though it hang over by a sixteenth.
    """
    steps = max((max(step_of(n.end), step_of(n.beat) + 1) for n in notes), default=0)
    line, begins = np.full(steps, REST, np.int64), np.zeros(steps, bool)
    begun = sorted({step_of(n.beat) for n in notes})
    for note in sorted(notes, key=lambda n: n.pitch):
        first = step_of(note.beat)
        after = max(step_of(note.end), first + 1)
        if after - 1 > first and after - 1 in begun:
            after -= 1
        line[first:after] = note.pitch
        begins[first:after] = False
        begins[first] = True
    return line, begins


def lines_of(sequence: NoteSequence) -> list[list[Note]]:
    """Notes of each pitched channel, the highest channel first. Raises AntiphonError if there are none."""
    channels = sorted({n.channel for n in sequence.notes if n.channel != DRUMS})
    lines = [[n for n in sequence.notes if n.channel == c] for c in channels]
    if not lines:
        raise AntiphonError("Prompt: it has no pitched notes; give a MIDI file with a melody, or none.")
    return sorted(lines, key=lambda line: -fmean(n.pitch for n in line))


def octave_for(pitches: Sequence[int]) -> int:
    """Semitones (a multiple of 12) that bring a melody best into the soprano's range."""
    shifts = [12 * k for k in range(-6, 8)]
    low, high = _COMFORT

    def cost(shift: int) -> tuple[int, float]:
        outside = sum(not low <= p + shift <= high for p in pitches)
        return outside, abs(fmean(pitches) + shift - 70)

    return min(shifts, key=cost)


def folded(pitch: int, voice: int = 0) -> int:
    """A pitch moved by octaves into a voice's range."""
    low, high = RANGES[voice]
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def notes_of(
    grid: np.ndarray, first: int, begins: np.ndarray | None, metres: Sequence[Metre], strike: bool
) -> list[Note]:
    """Notes of a grid (steps, 4), soprano to bass on channels 0 to 3, its first row being sixteenth `first`.

    begins (steps,): where the soprano's notes begin; None: where its pitch changes. strike: a note held into a beat on
    which the soprano begins is struck again there (a syllable a beat), else it is held.
    """
    notes: list[Note] = []
    onbeat = _beats(metres, first, len(grid))
    soprano = grid[:, 0]
    starts = np.ones(len(grid), bool)
    starts[1:] = soprano[1:] != soprano[:-1]
    if begins is not None:
        starts |= begins[: len(grid)]
    for voice in range(4):
        line = grid[:, voice]
        opened = 0
        for t in range(1, len(grid) + 1):
            changed = t == len(grid) or line[t] != line[t - 1]
            again = t < len(grid) and (starts[t] if voice == 0 else strike and starts[t] and onbeat[t])
            if changed or again:
                if line[opened] != REST:
                    begin, length = (first + opened) / STEPS_A_BEAT, (t - opened) / STEPS_A_BEAT
                    notes.append(Note(begin, length, int(line[opened]), VELOCITIES[voice], voice))
                opened = t
    return notes


def _beats(metres: Sequence[Metre], first: int, steps: int) -> np.ndarray:
    return np.array([p16 % 4 == 0 for p16, _, _ in phases(metres, first, steps)], bool)


def sequence_of(notes: list[Note], tempo: TempoMap, metres: Sequence[Metre], name: str) -> NoteSequence:
    """A choir: program 52 (choir aahs) on four channels."""
    return NoteSequence(notes, tempo, list(metres), name, dict.fromkeys(range(4), 52))
