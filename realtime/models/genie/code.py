"""Codes of the eight-button piano: keys, buttons, waiting times and chords as the network's numbers; [player process]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

LOWEST_PITCH = 21
KEYS = 88
START_KEY = KEYS  # stands for "no key before"
BUTTONS = 8
LONGEST_WAIT_S = 4.0
CHORD_SIZE = 25  # 12 chord tones, 12 for the root, 1 "there is a chord"
TEXTURES = ("line", "two hands")

CODE = {"keys": KEYS, "lowest_pitch": LOWEST_PITCH, "buttons": BUTTONS, "chord_size": CHORD_SIZE}
"""Facts that a package must share with this file."""

# the chords that the training names: quality -> steps above the root
CHORD_STEPS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dim": (0, 3, 6),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
}


def button_value(button: int) -> float:
    """A button 0..7, left to right, as the network's number -1..1."""
    return 2.0 * button / (BUTTONS - 1) - 1.0


def nearest_button(value: float) -> int:
    """The button nearest to a number of the encoder."""
    return int(min(BUTTONS - 1, max(0, round((value + 1.0) * (BUTTONS - 1) / 2.0))))


def nearest_buttons(values: np.ndarray) -> np.ndarray:
    """`nearest_button` of many: int64 of the same shape."""
    return np.clip(np.rint((np.asarray(values) + 1.0) * (BUTTONS - 1) / 2.0), 0, BUTTONS - 1).astype(np.int64)


def key_of(pitch: int) -> int:
    """Piano key 0..87 of a MIDI pitch; pitches beyond the piano fold into it by octaves."""
    while pitch < LOWEST_PITCH:
        pitch += 12
    while pitch >= LOWEST_PITCH + KEYS:
        pitch -= 12
    return pitch - LOWEST_PITCH


def chord_vector(root: int | None = None, classes: Iterable[int] = ()) -> np.ndarray:
    """(25,) float32 of a chord: root 0..11, pitch classes 0..11. No root: zeros, which says "no chord is given"."""
    vector = np.zeros(CHORD_SIZE, np.float32)
    if root is not None:
        vector[[c % 12 for c in classes]] = 1.0
        vector[12 + root % 12] = 1.0
        vector[24] = 1.0
    return vector


def chord_table() -> np.ndarray:
    """(121, 25) float32: row 10 * root + quality (order of CHORD_STEPS), the last row is "no chord"."""
    rows = [chord_vector(root, (root + s for s in steps)) for root in range(12) for steps in CHORD_STEPS.values()]
    return np.stack([*rows, chord_vector()])


NO_CHORD = 12 * len(CHORD_STEPS)


def named_chords(onsets: np.ndarray, durations: np.ndarray, pitches: np.ndarray, window_beats: float = 2.0):
    """Chord of each window of a piece by matching the sounding time of its pitch classes with chord templates.

    onsets, durations in beats, pitches MIDI: (n,). Returns (windows,) rows of `chord_table`; a window that fits no
    chord well is NO_CHORD. The bass note counts again for the root (template matching after Fujishima, ICMC 1999).
    """
    if not len(onsets):
        return np.zeros(0, np.int64)
    count = int((onsets + durations).max() // window_beats) + 1
    weights, bass = np.zeros((count, 12)), np.full(count, -1)
    lowest = np.full(count, 999.0)
    classes = pitches.astype(int) % 12
    first = (onsets // window_beats).astype(int)
    last = np.minimum(((onsets + durations - 1e-6) // window_beats).astype(int), count - 1)
    for shift in range(int((last - first).max(initial=0)) + 1):
        window = first + shift
        at = window <= last
        start = np.maximum(onsets[at], window[at] * window_beats)
        end = np.minimum(onsets[at] + durations[at], (window[at] + 1) * window_beats)
        np.add.at(weights, (window[at], classes[at]), np.maximum(0.0, end - start))
        for w, p in zip(window[at], pitches[at], strict=True):
            if p < lowest[w]:
                lowest[w], bass[w] = p, int(p) % 12
    table = chord_table()[:-1, :12]
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    norm = np.linalg.norm(weights, axis=1, keepdims=True)
    scores = (weights / np.maximum(norm, 1e-9)) @ unit.T
    roots = np.arange(NO_CHORD) // len(CHORD_STEPS)
    scores += 0.08 * (roots[None, :] == bass[:, None])
    best = scores.argmax(axis=1)
    return np.where((scores.max(axis=1) > 0.8) & (norm[:, 0] > 0), best, NO_CHORD)


def waits(onsets_s: Sequence[float]) -> np.ndarray:
    """Seconds since the onset before, 0..4, float32; the first has waited longest."""
    gaps = np.diff(np.asarray(onsets_s, np.float64), prepend=onsets_s[0] - LONGEST_WAIT_S)
    return np.clip(gaps, 0.0, LONGEST_WAIT_S).astype(np.float32)
