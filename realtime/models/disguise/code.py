"""The piano roll of `disguise`: two bars of 4/4 in sixteenths, what sounds and what is struck, in C major or A minor;
[any] (64 steps of 84 pitches in Brunner et al., ICTAI 2018, who see no onsets)."""

from __future__ import annotations

import numpy as np

from realtime.music.sequence import Note

STYLES = ("baroque", "folk", "pop", "jazz", "classical")
LOWEST, PITCHES = 24, 72  # C1..B6
BEATS, BARS, CELLS = 4, 2, 16
STEPS = BARS * CELLS
SOUND, STRUCK = 0, 1
WHITE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))


CODE = {"styles": list(STYLES), "lowest": LOWEST, "pitches": PITCHES, "steps": STEPS}


def fold(pitch: int) -> int:
    """Row of a pitch: octaves outside C1..B6 move into it."""
    row = pitch - LOWEST
    return row % 12 if row < 0 else row - 12 * max(0, -(-(row - PITCHES + 1) // 12))


def roll_of(notes: np.ndarray, steps: int) -> np.ndarray:
    """(2, steps, 72) bool, what sounds and what is struck, from notes (n, at least 3): onset and duration in beats,
    pitch. Onsets and ends go to the nearest sixteenth, a note lasts at least one; what was struck before the start
    sounds on."""
    roll = np.zeros((2, steps, PITCHES), bool)
    if not len(notes):
        return roll
    starts = np.rint(notes[:, 0] * 4).astype(int)
    ends = np.maximum(starts + 1, np.rint((notes[:, 0] + notes[:, 1]) * 4).astype(int))
    for start, end, pitch in zip(starts, ends, notes[:, 2].astype(int), strict=True):
        if end <= 0 or start >= steps:
            continue
        row = fold(int(pitch))
        roll[SOUND, max(0, start) : end, row] = True
        if start >= 0:
            roll[STRUCK, start, row] = True
    return roll


def notes_of(roll: np.ndarray, start_beat: float = 0.0, semitones: int = 0) -> list[Note]:
    """Notes of (2, steps, 72) bool: a note starts where a pitch is struck or begins to sound, and lasts while it sounds
    and is not struck again. Velocity 0.7, channel 0."""
    sounds = roll[SOUND] | roll[STRUCK]
    notes = []
    steps = len(sounds)
    before = np.zeros(sounds.shape[1], bool)
    begins = np.zeros_like(sounds)
    for t in range(steps):
        begins[t] = sounds[t] & (roll[STRUCK, t] | ~before)
        before = sounds[t]
    for t, row in np.argwhere(begins).tolist():
        end = t + 1
        while end < steps and sounds[end, row] and not begins[end, row]:
            end += 1
        pitch = min(127, max(0, row + LOWEST + semitones))
        notes.append(Note(start_beat + t / 4, (end - t) / 4, pitch, 0.7, 0))
    return notes


def at_home(roll: np.ndarray) -> np.ndarray:
    """(72,) bool: the rows of the white keys (rolls are in C major or A minor), and of the classes that sound anyway."""
    return np.tile(WHITE | roll[SOUND].any(axis=0).reshape(-1, 12).any(axis=0), PITCHES // 12)


def beat_chroma(roll: np.ndarray) -> np.ndarray:
    """(..., beats, 12): how long each pitch class sounds in each beat of rolls (..., 2, steps, 72)."""
    sound = roll[..., SOUND, :, :]
    parts = sound.reshape(*sound.shape[:-2], sound.shape[-2] // 4, 4, PITCHES // 12, 12)
    return parts.sum((-4 + 1, -2)).astype(np.float64)


def chroma_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Mean cosine of the chroma of the beats in which either sounds (a silent beat against a sounding one counts 0)."""
    a, b = beat_chroma(one), beat_chroma(other)
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    heard = (a.sum(-1) > 0) | (b.sum(-1) > 0)
    cosine = (a * b).sum(-1) / np.maximum(norms, 1e-9)
    return float(cosine[heard].mean()) if heard.any() else 1.0


def onset_f1(one: np.ndarray, other: np.ndarray) -> float:
    """F1 of the steps at which anything is struck, over all rolls (..., 2, steps, 72)."""
    a, b = (x[..., STRUCK, :, :].any(-1) for x in (one, other))
    both = float((a & b).sum())
    return 2 * both / max(1.0, float(a.sum() + b.sum()))


def note_f1(one: np.ndarray, other: np.ndarray) -> float:
    """F1 of the struck notes themselves: same step, same pitch."""
    a, b = one[..., STRUCK, :, :], other[..., STRUCK, :, :]
    return 2 * float((a & b).sum()) / max(1.0, float(a.sum() + b.sum()))
