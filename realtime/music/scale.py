"""Scales and modes as sets of pitch classes, and movement within them; [any]."""

from __future__ import annotations

from functools import lru_cache

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "ionian": (0, 2, 4, 5, 7, 9, 11),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    # modes of melodic minor
    "dorian b2": (0, 1, 3, 5, 7, 9, 10),
    "lydian augmented": (0, 2, 4, 6, 8, 9, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "mixolydian b6": (0, 2, 4, 5, 7, 8, 10),
    "locrian natural 2": (0, 2, 3, 5, 6, 8, 10),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    # modes of harmonic minor and major
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "ukrainian dorian": (0, 2, 3, 6, 7, 9, 10),
    "ionian augmented": (0, 2, 4, 5, 8, 9, 11),
    "harmonic major": (0, 2, 4, 5, 7, 8, 11),
    "hungarian minor": (0, 2, 3, 6, 7, 8, 11),
    "double harmonic": (0, 1, 4, 5, 7, 8, 11),
    "neapolitan minor": (0, 1, 3, 5, 7, 8, 11),
    "neapolitan major": (0, 1, 3, 5, 7, 9, 11),
    # eight notes: a passing note puts the chord's notes on the beats (Baker, How to Play Bebop 1985)
    "bebop major": (0, 2, 4, 5, 7, 8, 9, 11),
    "bebop dominant": (0, 2, 4, 5, 7, 9, 10, 11),
    "bebop dorian": (0, 2, 3, 4, 5, 7, 9, 10),
    "bebop melodic minor": (0, 2, 3, 5, 7, 8, 9, 11),
    "major blues": (0, 2, 3, 4, 7, 9),
    "octatonic whole-half": (0, 2, 3, 5, 6, 8, 9, 11),
    "augmented": (0, 3, 4, 7, 8, 11),
    "hirajoshi": (0, 2, 3, 7, 8),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "octatonic": (0, 1, 3, 4, 6, 7, 9, 10),
    "chromatic": tuple(range(12)),
}
CHURCH_MODES = ("ionian", "dorian", "phrygian", "lydian", "mixolydian", "aeolian", "locrian")
# the notes that belong to a key in practice: minor uses both its sixths and both its sevenths
KEY_CLASSES = {"major": SCALES["major"], "minor": (0, 2, 3, 5, 7, 8, 9, 10, 11)}


@lru_cache(maxsize=1024)
def pitch_classes(tonic: int, scale: str) -> frozenset[int]:
    """Pitch classes of a scale on a tonic."""
    return frozenset((tonic + step) % 12 for step in SCALES[scale])


@lru_cache(maxsize=64)
def key_classes(tonic: int, mode: str) -> frozenset[int]:
    """Pitch classes that belong to a major or minor key."""
    return frozenset((tonic + step) % 12 for step in KEY_CLASSES[mode])


def degree_of(pitch: int, tonic: int, scale: str) -> int | None:
    """Scale degree 1, 2, ... of a pitch or pitch class; None of a note that the scale does not have."""
    interval = (pitch - tonic) % 12
    steps = SCALES[scale]
    return steps.index(interval) + 1 if interval in steps else None


def pitch_of_degree(degree: int, tonic: int, scale: str) -> int:
    """Semitones: `tonic` (a MIDI number or pitch class) raised by a degree's interval; degree 1 is the tonic, 8 of a
    seven-note scale its octave, 0 the degree below the tonic."""
    steps = SCALES[scale]
    octave, place = divmod(degree - 1, len(steps))
    return tonic + steps[place] + 12 * octave


def rotation(scale: str, degree: int) -> tuple[int, ...]:
    """The mode on a degree of a scale, as semitones from its own first note: degree 2 of major is dorian."""
    steps = SCALES[scale]
    first = steps[(degree - 1) % len(steps)]
    return tuple(sorted((s - first) % 12 for s in steps))


def names_of(classes: frozenset[int] | set[int], tonic: int) -> list[str]:
    """Names of all scales on a tonic that have exactly these pitch classes."""
    wanted = tuple(sorted((c - tonic) % 12 for c in classes))
    return [name for name, steps in SCALES.items() if steps == wanted]


def nearest_in(pitch: int, classes: frozenset[int]) -> int:
    """The nearest pitch whose class is in `classes`; the lower of two equally near."""
    for distance in range(12):
        for candidate in (pitch - distance, pitch + distance):
            if candidate % 12 in classes:
                return candidate
    return pitch


def move_in(pitch: int, steps: int, classes: frozenset[int]) -> int:
    """`steps` scale steps up (or down) from a pitch, which is first moved into the scale."""
    pitch = nearest_in(pitch, classes)
    direction = 1 if steps > 0 else -1
    for _ in range(abs(steps) if classes else 0):
        pitch += direction
        while pitch % 12 not in classes:
            pitch += direction
    return pitch
