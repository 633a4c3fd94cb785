"""The key of what is played, where nobody tells it: a fading histogram against key profiles, with some inertia; [audio]
(Krumhansl 1990; profiles: Temperley, Music Perception 17(1), 1999)."""

from __future__ import annotations

import math

import numpy as np

from realtime.contract.block import transport
from realtime.music.keyfinding import TEMPERLEY
from realtime.native.jit import audio

MAJOR, MINOR = 0, 1
MAJOR_SCALE, MINOR_SCALE = 0b101010110101, 0b010110101101
HARMONIC_MINOR = 0b100110101101
FADE = np.float32(0.96)
"""What is left of a note's weight with every note after it: a tonic is heard from about the last 25."""
_INERTIA = 0.06


def _centred() -> np.ndarray:
    rows = np.array(TEMPERLEY) - np.mean(TEMPERLEY, axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


_PROFILES = _centred()

KEYSENSE = np.dtype([("weights", "f4", (12,)), ("tonic", "i8"), ("mode", "i8"), ("heard", "i8")], align=True)


@audio
def keysense_forget(k):
    """Nothing has been heard."""
    k.tonic = 0
    k.mode = MAJOR
    k.heard = 0
    for i in range(12):
        k.weights[i] = np.float32(0.0)


@audio
def _correlation(k, tonic, mode, mean):
    total = 0.0
    for i in range(12):
        total += (k.weights[i] - mean) * _PROFILES[mode, (i - tonic) % 12]
    return total


@audio
def keysense_hear(k, key):
    """A note of the melody."""
    mean, square = 0.0, 0.0
    for i in range(12):
        k.weights[i] *= FADE
    k.weights[key % 12] += np.float32(1.0)
    for i in range(12):
        mean += k.weights[i] / 12.0
    for i in range(12):
        square += (k.weights[i] - mean) ** 2
    norm = math.sqrt(square) + 1e-9
    best, best_tonic, best_mode = -2.0, np.int64(0), np.int64(0)
    for mode in range(2):
        for tonic in range(12):
            found = _correlation(k, tonic, mode, mean) / norm
            if k.heard > 0 and tonic == k.tonic and mode == k.mode:
                found += _INERTIA
            if found > best:
                best, best_tonic, best_mode = found, np.int64(tonic), np.int64(mode)
    k.tonic = best_tonic
    k.mode = best_mode
    k.heard += 1


@audio
def turned(classes, tonic):
    """A scale of pitch classes (bit 0 = C) moved up to a tonic."""
    return ((classes << tonic) | (classes >> (12 - tonic))) & 0xFFF


@audio
def key_now(k, block):
    """(tonic, mode, pitch classes): what the transport is told, else what is sensed."""
    t = transport(block)
    if t.key_classes != 0:
        return np.int64(t.key_tonic), np.int64(t.key_mode), np.int64(t.key_classes)
    scale = MAJOR_SCALE if k.mode == MAJOR else MINOR_SCALE
    return k.tonic, k.mode, np.int64(turned(scale, k.tonic))
