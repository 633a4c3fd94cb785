"""The chord under a note of the melody, where nobody tells it: the triads of the key by usual progressions; [audio]
(table of usual root progressions: Piston, Harmony, 1941)."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import transport
from realtime.devices.harmony.keysense import MINOR
from realtime.native.jit import audio

DEGREES = 7
# semitones of the root above the tonic, and the chord's classes above its root (bit 0 = root)
_ROOTS = np.array([[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 11]], np.int64)
_TRIAD, _MINOR, _DIM, _SEVENTH = 0b10010001, 0b10001001, 0b1001001, 0b10010010001
_KINDS = np.array(
    [[_TRIAD, _MINOR, _MINOR, _TRIAD, _TRIAD, _MINOR, _DIM], [_MINOR, _DIM, _TRIAD, _MINOR, _TRIAD, _TRIAD, _DIM]],
    np.int64,
)
# what a degree is worth of itself
_OWN = np.array([[1.0, 0.2, -0.8, 0.5, 0.7, 0.1, -1.2], [1.0, -0.6, 0.0, 0.5, 0.7, 0.3, -0.8]])
# [from, to]: usual 1, sometimes 0.4, rare -0.6; staying is decided apart
_NEXT = np.array(
    [
        [0.0, 0.4, -0.6, 1.0, 1.0, 0.4, -0.6],
        [-0.6, 0.0, -0.6, -0.6, 1.2, 0.4, 0.2],
        [-0.6, -0.6, 0.0, 0.4, -0.6, 1.0, -0.6],
        [0.6, 0.4, -0.6, 0.0, 1.0, -0.6, 0.0],
        [1.2, -0.6, -0.6, -0.4, 0.0, 0.6, -0.6],
        [-0.4, 1.0, 0.2, 0.6, 0.6, 0.0, -0.6],
        [1.2, -0.6, 0.2, -0.6, 0.0, 0.2, 0.0],
    ]
)

CHORD = np.dtype(
    [
        ("root", "i8"),
        ("bass", "i8"),
        ("classes", "i8"),  # pitch classes, bit 0 = C
        ("degree", "i8"),  # -1: told, or outside the key
        ("told", "i8"),  # 1: by a chart or the follower, its bass stays
        ("known", "i8"),
    ],
    align=True,
)


@audio
def rooted(kind, root):
    """Classes above a root as pitch classes."""
    return ((kind << root) | (kind >> (12 - root))) & 0xFFF


@audio
def chord_forget(c):
    """No chord has sounded."""
    c.known = 0
    c.degree = -1
    c.classes = 0
    c.told = 0


@audio
def chord_told(c, block):
    """Take the chord of the transport; False if none is told."""
    t = transport(block)
    if t.chord_classes == 0:
        return False
    c.root = t.chord_root
    c.bass = t.chord_bass
    c.classes = t.chord_classes
    c.degree = -1
    c.told = 1
    c.known = 1
    return True


@audio
def _take(c, root, classes, degree):
    c.root = root
    c.bass = root
    c.classes = classes
    c.degree = degree
    c.told = 0
    c.known = 1


@audio
def chord_chosen(c, key, tonic, mode, strong):
    """Choose the chord for a melody note (MIDI key). strong: on a beat, where the harmony likes to move on."""
    row = 1 if mode == MINOR else 0
    best, found = -1e9, np.int64(-1)
    for degree in range(DEGREES):
        root = (tonic + _ROOTS[row, degree]) % 12
        interval = (key - root) % 12
        kind = _KINDS[row, degree]
        if degree == 4 and interval == 10:
            kind = np.int64(_SEVENTH)
        if (kind >> interval) & 1 == 0:
            continue
        score = _OWN[row, degree] - (0.3 if interval == 7 else 0.0)
        if c.known != 0 and c.degree >= 0:
            score += _NEXT[c.degree, degree] if c.degree != degree else (0.1 if strong else 0.8)
        if score > best:
            best, found = score, np.int64(degree)
    if found < 0:  # a note from outside the key passes on a diminished seventh, which leads anywhere
        root = np.int64(key % 12)
        _take(c, root, rooted(0b1001001001, root), np.int64(-1))
        return
    root = (tonic + _ROOTS[row, found]) % 12
    kind = _SEVENTH if found == 4 and (key - root) % 12 == 10 else _KINDS[row, found]
    _take(c, root, rooted(kind, root), found)


@audio
def rest_of(classes):
    """The major or minor triad that some pitch classes lie in, 0 if there is none: they would have to move on."""
    for root in range(12):
        for minor in range(2):
            triad = rooted(np.int64(_MINOR if minor else _TRIAD), np.int64(root))
            if classes & ~triad == 0:
                return triad
    return np.int64(0)


@audio
def rest_near(classes, soprano, bass, scale):
    """The triad that voices can come to rest on with the least motion: the soprano stays in it; of the key if it can be."""
    best, found = -1.0, np.int64(0)
    for root in range(12):
        for minor in range(2):
            triad = rooted(np.int64(_MINOR if minor else _TRIAD), np.int64(root))
            if (triad >> soprano) & 1 == 0:
                continue
            score = 2.0 if triad & ~scale == 0 else 0.0
            for c in range(12):
                score += np.float64((triad & classes) >> c & 1)
            score += 1.5 if root == bass else 0.5 if (triad >> bass) & 1 != 0 else 0.0
            if score > best:
                best, found = score, triad
    return found
