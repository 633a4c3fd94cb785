"""Pitch names and spelling: MIDI numbers to names in a key (by the line of fifths) and back; [any]. Middle C is C4 =
60."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from realtime.native.errors import AntiphonError

# the line of fifths: each step sharpwards adds a sharp to the next letter (Temperley 2000)
LETTERS_BY_FIFTHS = "FCGDAEB"
LETTER_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1, "##": 2, "x": 2, "bb": -2, "♯": 1, "♭": -1}
NAME = re.compile(r"([A-Ga-g])(##|bb|#|b|x|♯|♭)?(-?\d+)?")


def name_at_fifths(fifths: int) -> str:
    """Name at a place of the line of fifths: C = 0, G = 1, F = -1, F# = 6, Bb = -2."""
    sharps, letter = divmod(fifths + 1, 7)
    return LETTERS_BY_FIFTHS[letter] + ("#" * sharps if sharps >= 0 else "b" * -sharps)


def key_fifths(tonic: int, mode: str = "major") -> int:
    """Sharps (positive) or flats (negative) of a key signature, -5..6, for a tonic pitch class."""
    major = tonic if mode != "minor" else tonic + 3
    fifths = major * 7 % 12
    return fifths - 12 if fifths > 6 else fifths


def spell_class(pitch_class: int, tonic: int = 0, mode: str = "major") -> str:
    """The name of a pitch class in a key: of its enharmonic names the one nearest to the key on the line of
    fifths."""
    # the middle of a major scale on the line of fifths lies two fifths above its key signature's number; minor keys
    # raise their sixth and seventh, which moves the window of names in use three fifths up
    centre = key_fifths(tonic, mode) + (2 if mode != "minor" else 3.5)
    fifths = pitch_class * 7 % 12
    candidates = (fifths - 24, fifths - 12, fifths, fifths + 12)
    return name_at_fifths(min(candidates, key=lambda f: (abs(f - centre), -f)))


def pitch_name(pitch: int, tonic: int = 0, mode: str = "major") -> str:
    """Name with octave of a MIDI number, spelled in a key: 61 is C#4 in D major, Db4 in A flat major."""
    name = spell_class(pitch % 12, tonic, mode)
    accidental = name.count("#") - name.count("b")
    return f"{name}{(pitch - accidental) // 12 - 1}"


def parse_pitch(text: str) -> int:
    """MIDI number of a name such as C4, F#3, Bb5 (without octave: pitch class 0..11). Raises AntiphonError."""
    match = NAME.fullmatch(text.strip())
    if not match:
        raise AntiphonError(f"Pitch {text!r}: not a pitch name; write a letter, # or b, and an octave, such as F#3.")
    letter, accidental, octave = match.groups()
    pitch_class = LETTER_CLASS[letter.upper()] + ACCIDENTALS[accidental or ""]
    if octave is None:
        return pitch_class % 12
    pitch = pitch_class + 12 * (int(octave) + 1)
    if not 0 <= pitch <= 127:
        raise AntiphonError(f"Pitch {text!r}: outside MIDI's range C-1 to G9.")
    return pitch


def key_name(tonic: int, mode: str = "major") -> str:
    """Such as "Bb major" or "F# minor"."""
    return f"{spell_class(tonic, tonic, mode)} {mode}"


def fifths_of(name: str) -> int:
    """Place of a name on the line of fifths: C = 0, G = 1, Bb = -2; the octave does not matter. Raises
    AntiphonError."""
    match = NAME.fullmatch(name.strip())
    if not match:
        raise AntiphonError(f"Pitch {name!r}: not a pitch name; write a letter and # or b, such as F#.")
    return LETTERS_BY_FIFTHS.index(match[1].upper()) - 1 + 7 * ACCIDENTALS[match[2] or ""]


def spell_classes(pitch_classes: Iterable[int], tonic: int, mode: str = "major") -> list[str]:
    """Names of some pitch classes in a key, each as `spell_class` has it."""
    return [spell_class(c % 12, tonic, mode) for c in pitch_classes]


def spell_melody(pitches: Sequence[int], tonic: int, mode: str = "major") -> list[str]:
    """Names with octave of a line in a key: chromatic notes that move on by a semitone are spelled towards their
    goal (raised going up, lowered going down), all others as `pitch_name` has them (after Meredith 2006)."""
    names = [pitch_name(p, tonic, mode) for p in pitches]
    home = {p % 12 for p in _diatonic(tonic, mode)}
    for i in range(len(pitches) - 1):
        step = pitches[i + 1] - pitches[i]
        if abs(step) != 1 or pitches[i] % 12 in home or pitches[i + 1] % 12 not in home:
            continue
        # the neighbour's letter, one step below or above
        goal = fifths_of(names[i + 1])
        candidates = [f for f in range(-15, 20) if f * 7 % 12 == pitches[i] % 12]
        # a diatonic semitone is 5 fifths away: flatwards for the leading note, sharpwards for the one above
        best = min(candidates, key=lambda f: abs(f - (goal + (5 if step > 0 else -5))))
        accidental = name_at_fifths(best)
        sharps = accidental.count("#") - accidental.count("b")
        if abs(sharps) < 2:
            names[i] = f"{accidental}{(pitches[i] - sharps) // 12 - 1}"
    return names


def _diatonic(tonic: int, mode: str) -> tuple[int, ...]:
    steps = (0, 2, 3, 5, 7, 8, 10) if mode == "minor" else (0, 2, 4, 5, 7, 9, 11)
    return tuple(tonic + s for s in steps)
