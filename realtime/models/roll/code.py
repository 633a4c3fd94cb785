"""The multi-track piano roll of `roll`: four pitched tracks and drums, 48 steps a 4/4 bar, with a chord per half bar;
[any] (Dong et al., MuseGAN, AAAI 2018, with 96 steps)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.music.chord import Chord
from realtime.music.sequence import Note

TRACKS = ("melody", "bridge", "piano", "bass")  # pitched; the fifth is "drums"
PROGRAMS = (73, 48, 0, 33)  # General MIDI: flute, strings, piano, electric bass
DRUM_CHANNEL = 9
LOWEST, PITCHES = 24, 84  # C1..B7
BEATS, BEAT_STEPS = 4, 12
STEPS = BEATS * BEAT_STEPS  # of a bar
BARS = 4  # of a phrase
HALVES = 2  # chords a bar
CHORD = 36  # root, template and bass, each by pitch class; zeros: no chord
# nine kit pieces (Gillick et al. 2019), by the pitch that plays them
LANES = (36, 38, 42, 46, 43, 47, 50, 49, 51)
_LANE_OF = {
    35: 0,
    36: 0,
    37: 1,
    38: 1,
    39: 1,
    40: 1,
    22: 2,
    42: 2,
    44: 2,
    26: 3,
    46: 3,
    41: 4,
    43: 4,
    58: 4,
    45: 5,
    47: 5,
    48: 6,
    50: 6,
    49: 7,
    52: 7,
    55: 7,
    57: 7,
    51: 8,
    53: 8,
    59: 8,
    54: 8,
    56: 8,
}


CODE = {"tracks": len(TRACKS), "lowest": LOWEST, "pitches": PITCHES, "steps": STEPS, "bars": BARS, "chord": CHORD}


def chord_code(chord: Chord | None) -> np.ndarray:
    """(36,) float32 of 0 and 1: root one of 12, template, bass one of 12; zeros where there is no chord."""
    code = np.zeros(CHORD, np.float32)
    if chord is not None:
        code[chord.root] = 1.0
        code[12:24] = chord.template
        code[24 + chord.bass] = 1.0
    return code


def chord_codes(chords: Sequence[tuple[float, Chord | None]], start_beat: float, bars: int) -> np.ndarray:
    """(bars, 2, 36): for each half bar the chord that sounds longest in it. chords: (beat, chord), sorted."""
    codes = np.zeros((bars, HALVES, CHORD), np.float32)
    times = np.array([beat for beat, _ in chords] or [np.inf]) - start_beat
    ends = np.append(times[1:], np.inf)
    span = BEATS / HALVES
    for half in range(bars * HALVES):
        shared = np.minimum(ends, (half + 1) * span) - np.maximum(times, half * span)
        if chords and shared.max() > 0:
            codes[half // HALVES, half % HALVES] = chord_code(chords[int(shared.argmax())][1])
    return codes


def pitch_roll(notes: np.ndarray, bars: int) -> np.ndarray:
    """(bars * 48, 84) bool from notes (n, at least 3): onset and duration in beats, pitch.

    Onsets go to the nearest sixteenth, ends to the nearest of 12 steps a beat; pitches outside move by octaves. A note
    struck again is parted from the one before by its last step.
    """
    steps = bars * STEPS
    roll = np.zeros((steps, PITCHES), bool)
    starts = np.rint(notes[:, 0] * 4).astype(int) * 3
    ends = np.maximum(starts + 1, np.rint((notes[:, 0] + notes[:, 1]) * BEAT_STEPS).astype(int))
    for k in np.argsort(starts, kind="stable"):
        start, end = starts[k], min(ends[k], steps)
        if not 0 <= start < steps:
            continue
        pitch = int(notes[k, 2]) - LOWEST
        pitch = pitch % 12 if pitch < 0 else pitch - 12 * max(0, -(-(pitch - PITCHES + 1) // 12))
        if start and roll[start - 1, pitch]:
            roll[start - 1, pitch] = False
        roll[start:end, pitch] = True
    return roll


def drum_roll(notes: np.ndarray, bars: int, quietest: float = 30.0) -> np.ndarray:
    """(bars * 48, 9) bool from drum notes (n, 4) with velocity 0..127; the quietest (ghost notes) are left out.

    Hits go to the sixteenths, or to the eighth triplets if those lie nearer to the whole performance: what was played by
    hand gets its grid back, straight or swung.
    """
    roll = np.zeros((bars * STEPS, len(LANES)), bool)
    if not len(notes):
        return roll
    errors, grids = [], []
    for parts in (4, 3):
        grids.append(np.rint(notes[:, 0] * parts).astype(int) * (BEAT_STEPS // parts))
        errors.append(np.abs(notes[:, 0] - grids[-1] / BEAT_STEPS).mean() * parts)
    for step, pitch, velocity in zip(grids[int(np.argmin(errors))], notes[:, 2], notes[:, 3], strict=True):
        lane = _LANE_OF.get(int(pitch))
        if lane is not None and 0 <= step < len(roll) and velocity >= quietest:
            roll[step, lane] = True
    return roll


def notes_of_roll(roll: np.ndarray, channel: int, velocity: float = 0.7, start_beat: float = 0.0) -> list[Note]:
    """Notes of (steps, 84) bool: each run of a pitch is a note."""
    padded = np.zeros((len(roll) + 2, roll.shape[1]), np.int8)
    padded[1:-1] = roll
    change = np.diff(padded, axis=0)
    pitches, starts = np.nonzero((change == 1).T)
    ends = np.nonzero((change == -1).T)[1]
    return [
        Note(start_beat + s / BEAT_STEPS, (e - s) / BEAT_STEPS, p + LOWEST, velocity, channel)
        for p, s, e in zip(pitches.tolist(), starts.tolist(), ends.tolist(), strict=True)
    ]


def drum_notes(roll: np.ndarray, velocity: float = 0.7, start_beat: float = 0.0) -> list[Note]:
    """Notes of (steps, 9) bool: each set step is a hit of a sixteenth."""
    return [
        Note(start_beat + s / BEAT_STEPS, 0.25, LANES[lane], velocity, DRUM_CHANNEL)
        for s, lane in np.argwhere(roll).tolist()
    ]


def split_bass(notes: np.ndarray, highest: int = 50) -> np.ndarray:
    """(n,) bool: which notes of a piano part are its bass line: the lowest struck together, at most D3 and under every
    bass note that still sounds."""
    bass = np.zeros(len(notes), bool)
    order = np.lexsort((notes[:, 2], notes[:, 0]))
    last_onset, sounding_end, sounding_pitch = -1.0, -1.0, 0.0
    for k in order:
        onset, duration, pitch = notes[k, :3]
        first = onset > last_onset + 0.06
        last_onset = onset if first else last_onset
        if first and pitch <= highest and (onset > sounding_end - 0.13 or pitch <= sounding_pitch):
            bass[k] = True
            sounding_end, sounding_pitch = onset + duration, pitch
    return bass


def transposed_codes(codes: np.ndarray, semitones: int) -> np.ndarray:
    """Chord codes (..., 36) moved up by semitones."""
    parts = codes.reshape(*codes.shape[:-1], 3, 12)
    return np.roll(parts, semitones, axis=-1).reshape(codes.shape)
