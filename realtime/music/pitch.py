"""Pitch names and spelling: MIDI numbers to names in a key (by the line of fifths) and back; [any]. Middle C is C4 =
60."""

from __future__ import annotations

import re

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
