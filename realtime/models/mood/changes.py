"""Six changes of a passage that move its mood: tempo, mode, register, density, dynamics, articulation; [player process].

They are the cues of the factorial listening experiments (Gabrielsson & Lindstroem 2010; Eerola, Friberg & Bresin 2013).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace

from realtime.music.passage import key_of, passage
from realtime.music.sequence import NoteSequence, TempoMap, fold_pitch

# the modes from dark to bright: each differs from its neighbour in one note
MODE_LADDER = {
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
LADDER = tuple(MODE_LADDER)
PLACE = {"minor": 1, "major": 4}
LOWEST, HIGHEST = 24, 103  # where transposed notes fold back into


def changed_tempo(sequence: NoteSequence, amount: float) -> NoteSequence:
    """amount 1: half as fast again (2**0.585); -1: two thirds."""
    factor = 1.5**amount
    steps = [(beat, min(400.0, max(20.0, bpm * factor))) for beat, bpm in sequence.tempo.steps]
    return replace(sequence, tempo=TempoMap(steps))


def changed_mode(sequence: NoteSequence, amount: float) -> NoteSequence:
    """Up (bright) or down (dark) the ladder of modes, three rungs for amount 1: minor to major, major to minor.

    Notes outside the scale stay as they are, but a raised seventh of minor keeps leading.
    """
    key, _ = key_of(passage(sequence))
    here = PLACE[key.mode]
    there = max(0, min(len(LADDER) - 1, here + round(3 * amount)))
    old, new = MODE_LADDER[LADDER[here]], MODE_LADDER[LADDER[there]]
    move = {(key.tonic + a) % 12: b - a for a, b in zip(old, new, strict=True)}
    notes = [n if n.channel == 9 else n._replace(pitch=n.pitch + move.get(n.pitch % 12, 0)) for n in sequence.notes]
    return replace(sequence, notes=notes)


def changed_register(sequence: NoteSequence, amount: float) -> NoteSequence:
    """Transposed, by an octave for amount 1."""
    shift = round(12 * amount)
    notes = [
        n if n.channel == 9 else n._replace(pitch=fold_pitch(n.pitch + shift, LOWEST, HIGHEST)) for n in sequence.notes
    ]
    return replace(sequence, notes=notes)


def changed_density(sequence: NoteSequence, amount: float) -> NoteSequence:
    """Above 0: notes are struck twice, the longest first, all that can be for amount 1. Below: inner notes and weak
    ones fall silent, half of all notes for amount -1; the outermost notes on the beat stay."""
    notes = list(sequence.notes)
    if amount > 0:
        able = sorted(
            (i for i, n in enumerate(notes) if n.duration >= 0.5 and n.channel != 9), key=lambda i: -notes[i].duration
        )
        for i in able[: round(amount * len(able))]:
            n = notes[i]
            half = n.duration / 2
            notes[i] = n._replace(duration=half)
            notes.append(n._replace(beat=n.beat + half, duration=half, velocity=max(0.05, n.velocity * 0.9)))
    elif amount < 0:
        ends: dict[float, tuple[int, int]] = {}
        for n in notes:
            low, high = ends.get(n.beat, (127, 0))
            ends[n.beat] = (min(low, n.pitch), max(high, n.pitch))

        def weight(i: int) -> tuple[float, float]:
            n = notes[i]
            outer = n.pitch in ends[n.beat]
            on_beat = abs(n.beat - round(n.beat)) < 1e-3
            return (on_beat + 0.9 * outer, n.duration)

        order = sorted((i for i, n in enumerate(notes) if n.channel != 9), key=weight)
        order = [i for i in order if weight(i)[0] < 1.9]
        gone = set(order[: round(-amount * len(notes) / 2)])
        notes = [n for i, n in enumerate(notes) if i not in gone]
    return replace(sequence, notes=notes)


def changed_dynamics(sequence: NoteSequence, amount: float) -> NoteSequence:
    """Velocities moved by 0.25 (of 0..1) for amount 1."""
    notes = [n._replace(velocity=min(1.0, max(0.05, n.velocity + 0.25 * amount))) for n in sequence.notes]
    return replace(sequence, notes=notes)


def changed_articulation(sequence: NoteSequence, amount: float) -> NoteSequence:
    """amount 1: notes sound half their length (staccato); -1: half as long again, at most to the next onset of their
    part (legato)."""
    if amount >= 0:
        notes = [n._replace(duration=n.duration * (1.0 - 0.5 * amount)) for n in sequence.notes]
        return replace(sequence, notes=notes)
    onsets: dict[int, list[float]] = {}
    for n in sequence.notes:
        onsets.setdefault(n.channel, []).append(n.beat)
    notes = []
    for n in sequence.notes:
        next_one = bisect_right(onsets[n.channel], n.beat + 1e-6)
        room = (
            max(n.duration, onsets[n.channel][next_one] - n.beat) if next_one < len(onsets[n.channel]) else n.duration
        )
        notes.append(n._replace(duration=min(room, n.duration * (1.0 - 0.5 * amount))))
    return replace(sequence, notes=notes)


CHANGES: dict[str, Callable[[NoteSequence, float], NoteSequence]] = {
    "mode": changed_mode,
    "register": changed_register,
    "density": changed_density,
    "dynamics": changed_dynamics,
    "articulation": changed_articulation,
    "tempo": changed_tempo,
}


def applied(sequence: NoteSequence, amounts: Mapping[str, float]) -> NoteSequence:
    """All changes by name, each -1..1."""
    for name, change in CHANGES.items():
        if abs(amount := amounts.get(name, 0.0)) > 1e-3:
            sequence = change(sequence, max(-1.0, min(1.0, amount)))
    return sequence
