"""Which scale fits a chord: the chord-scale choices of jazz, narrowed by the key; [any] (Levine, The Jazz Theory Book
1995, chapters 3-4; Nettles and Graf, The Chord Scale Theory 1997)."""

from __future__ import annotations

from functools import lru_cache

from realtime.music.chord import Chord
from realtime.music.scale import SCALES, key_classes, pitch_classes

# first choice first, by what the chord has; the first row whose test the chord's intervals meet decides
_CHOICES: tuple[tuple[frozenset[int], frozenset[int], tuple[str, ...]], ...] = tuple(
    (frozenset(has), frozenset(has_not), scales)
    for has, has_not, scales in (
        # diminished and half-diminished
        ({0, 3, 6, 9}, {4, 7}, ("octatonic whole-half",)),
        ({0, 3, 6, 10, 2}, {4, 7}, ("locrian natural 2",)),
        ({0, 3, 6, 10}, {4, 7}, ("locrian", "locrian natural 2")),
        ({0, 3, 6}, {4, 7}, ("locrian", "octatonic whole-half", "locrian natural 2")),
        # altered dominants
        ({0, 4, 10, 1, 9}, set(), ("octatonic",)),
        ({0, 4, 10, 8, 2}, {7}, ("whole tone",)),
        ({0, 4, 10, 8, 7}, set(), ("mixolydian b6", "phrygian dominant")),
        ({0, 4, 10, 8}, {7}, ("whole tone", "altered", "mixolydian b6")),
        ({0, 4, 10, 1, 3}, set(), ("altered", "octatonic")),
        ({0, 4, 10, 3}, set(), ("altered", "octatonic", "blues")),
        ({0, 4, 10, 1, 6}, {7}, ("altered", "octatonic")),
        ({0, 4, 10, 1}, set(), ("octatonic", "phrygian dominant", "altered")),
        ({0, 4, 10, 6}, {7}, ("lydian dominant", "whole tone", "altered", "octatonic")),
        ({0, 4, 10, 6}, set(), ("lydian dominant", "octatonic")),
        # plain and suspended dominants
        ({0, 4, 10}, set(), ("mixolydian", "lydian dominant", "bebop dominant", "phrygian dominant")),
        ({0, 5, 10, 1}, {3, 4}, ("phrygian", "dorian b2")),
        ({0, 5, 10}, {3, 4}, ("mixolydian", "dorian")),
        # minor
        ({0, 3, 11}, {4}, ("melodic minor", "harmonic minor")),
        ({0, 3, 8}, {4, 7}, ("aeolian", "phrygian")),
        ({0, 3, 7, 9}, {4}, ("dorian", "melodic minor")),
        ({0, 3, 7, 1}, {4}, ("phrygian", "dorian b2")),
        ({0, 3, 7, 8}, {4}, ("aeolian", "harmonic minor", "phrygian")),
        ({0, 3, 10}, {4}, ("dorian", "aeolian", "phrygian")),
        ({0, 3}, {4}, ("aeolian", "dorian", "harmonic minor", "melodic minor", "phrygian")),
        # major
        ({0, 4, 8, 11}, {7}, ("lydian augmented", "ionian augmented")),
        ({0, 4, 8}, {7}, ("whole tone", "lydian augmented", "augmented")),
        ({0, 4, 6}, set(), ("lydian", "lydian dominant")),
        ({0, 4, 1}, set(), ("double harmonic", "phrygian dominant")),
        ({0, 4, 3}, set(), ("augmented", "major blues")),
        ({0, 4, 11}, set(), ("ionian", "lydian", "bebop major")),
        ({0, 4}, set(), ("ionian", "lydian", "mixolydian", "bebop major")),
        # no third
        ({0, 5}, set(), ("mixolydian", "ionian", "dorian")),
        (set(), set(), ("ionian", "mixolydian", "dorian", "aeolian", "lydian", "phrygian")),
    )
)


@lru_cache(maxsize=2048)
def chord_scales(chord: Chord, tonic: int | None = None, mode: str = "major") -> tuple[str, ...]:
    """Names of scales on the chord's root that fit it, best first; in a key, those nearest to the key come first.

    Every scale named has all tones of the chord (a foreign bass aside); at least "chromatic" is named.
    """
    tones = chord.intervals
    chosen: list[str] = []
    for has, has_not, scales in _CHOICES:
        if has <= tones and not has_not & tones:
            chosen += [s for s in scales if tones <= set(SCALES[s]) and s not in chosen]
            break
    if not chosen:
        sized = sorted((s for s in SCALES if tones <= set(SCALES[s])), key=lambda s: abs(len(SCALES[s]) - 7))
        chosen = sized[:3]
    if tonic is not None:
        in_key = key_classes(tonic, mode) if mode == "major" else pitch_classes(tonic, "minor")
        strict = frozenset(in_key)

        def foreign(scale: str) -> int:
            return len(pitch_classes(chord.root, scale) - strict)

        # a church mode of the key beats a generic first choice: iii is phrygian, IV lydian
        modes = [s for s in _diatonic_modes(chord, tones) if s not in chosen and foreign(s) == 0]
        chosen = sorted([*chosen, *modes], key=foreign)
    return tuple(chosen)


def _diatonic_modes(chord: Chord, tones: frozenset[int]) -> list[str]:
    names = ("ionian", "dorian", "phrygian", "lydian", "mixolydian", "aeolian", "locrian")
    return [name for name in names if tones <= set(SCALES[name])]


def chord_scale_classes(chord: Chord, tonic: int | None = None, mode: str = "major") -> frozenset[int]:
    """Pitch classes of the first choice."""
    return pitch_classes(chord.root, chord_scales(chord, tonic, mode)[0])


def avoid_notes(chord: Chord, scale: str) -> frozenset[int]:
    """Pitch classes of the scale a semitone above a chord tone (not itself in the chord): to be passed, not held.
    A minor ninth over a dominant is no avoid note."""
    tones = chord.intervals
    dominant = {4, 10} <= tones
    found = set()
    for step in SCALES[scale]:
        if step in tones or (step - 1) % 12 not in tones:
            continue
        if dominant and step in (1, 8):
            continue
        found.add((chord.root + step) % 12)
    return frozenset(found)
