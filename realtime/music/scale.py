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
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "octatonic": (0, 1, 3, 4, 6, 7, 9, 10),
    "chromatic": tuple(range(12)),
}
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
