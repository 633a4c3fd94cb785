"""Voicings that move with the melody, note against note: four-way close, drop 2, parallel thirds and sixths; [audio]
(Levine, The Jazz Piano Book, 1989; Pease and Pullig, Modern Jazz Voicings, 2001)."""

from __future__ import annotations

import numpy as np

from realtime.devices.harmony.chords import rooted
from realtime.native.jit import audio

_DIMINISHED = 0b1001001001


@audio
def _count(classes):
    found = np.int64(0)
    for i in range(12):
        found += (classes >> i) & 1
    return found


@audio
def _has(classes, root, interval):
    return (classes >> ((root + interval) % 12)) & 1 != 0


@audio
def _with(classes, root, interval):
    return classes | (1 << ((root + interval) % 12))


@audio
def _without(classes, root, interval):
    return classes & ~(1 << ((root + interval) % 12))


@audio
def four_notes(classes, root, melody):
    """The four pitch classes that sound under a melody note: a triad takes its sixth (or seventh), a tension stands for its
    neighbour, and a note foreign to the chord goes with a diminished seventh."""
    interval = (melody - root) % 12
    minor = _has(classes, root, 3) and not _has(classes, root, 4)
    if _count(classes) <= 3:
        if minor and _has(classes, root, 6):
            classes = _with(classes, root, 9)
        else:
            classes = _with(classes, root, 10 if minor else 9)
    if not _has(classes, root, interval):
        if interval == 2 or (interval in (1, 3) and _has(classes, root, 4) and _has(classes, root, 10)):
            classes = _with(_without(classes, root, 0), root, interval)
        elif interval == 6 and _has(classes, root, 4):
            classes = _with(_without(classes, root, 7), root, interval)
        elif interval == 9:
            classes = _with(_without(classes, root, 7), root, interval)
        else:
            return np.int64(rooted(_DIMINISHED, melody % 12))
    for place in range(4):  # of too many, the plain ones go first: fifth, root, thirteenth, eleventh
        drop = 7 if place == 0 else 0 if place == 1 else 9 if place == 2 else 5
        if _count(classes) > 4 and drop != interval:
            classes = _without(classes, root, drop)
    return np.int64(classes)


@audio
def _below(classes, pitch):
    """The next pitch of some classes under a pitch."""
    pitch -= 1
    for _ in range(12):
        if (classes >> (pitch % 12)) & 1 != 0:
            return pitch
        pitch -= 1
    return pitch


@audio
def close_voicing(classes, root, melody, drop, wanted):
    """Four-way close under the melody into wanted[1..3]; drop: the second voice from above an octave lower (drop 2)."""
    four = four_notes(classes, root, melody)
    first = _below(four, melody)
    if melody - first == 1:  # a semitone under the tune rubs: that voice is left to the others
        first = _below(four, first)
    second = _below(four, first)
    third = _below(four, second)
    if drop:
        wanted[1] = second
        wanted[2] = third
        wanted[3] = first - 12
        if wanted[3] > wanted[2]:
            wanted[2], wanted[3] = first - 12, third
    else:
        wanted[1] = first
        wanted[2] = second
        wanted[3] = third


@audio
def parallel_voicing(scale, chord, melody, wide, strong, wanted):
    """A third (wide: a sixth) below in the scale, into wanted[1]; on a beat a neighbour that is in the chord takes its place.

    scale, chord: pitch classes; chord 0: none is known.
    """
    low, high = (8, 9) if wide else (3, 4)
    pick = melody - low
    if (scale >> ((melody - high) % 12)) & 1 != 0 and (scale >> ((melody - low) % 12)) & 1 == 0:
        pick = melody - high
    fits = chord == 0 or (chord >> (pick % 12)) & 1 != 0
    if strong and not fits:
        for distance in (high, low, 7 if wide else 5, 10 if wide else 2):
            if not fits and (chord >> ((melody - distance) % 12)) & 1 != 0:
                pick = melody - distance
                fits = True
    wanted[1] = pick
    wanted[2] = -1
    wanted[3] = -1
