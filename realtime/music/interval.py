"""Intervals: names, sizes, inversion, compounds, consonance; [any] (Aldwell and Schachter, Harmony and Voice Leading
2011, unit 2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from realtime.music.pitch import LETTER_CLASS, NAME
from realtime.native.errors import AntiphonError

STEPS = (0, 2, 4, 5, 7, 9, 11)  # of a major scale
PERFECT_NUMBERS = (1, 4, 5)
TEXT = re.compile(r"(P|M|m|A{1,4}|d{1,4})(-?)([1-9][0-9]?)")
LETTERS = "CDEFGAB"
# the usual name of a number of semitones
USUAL = ("P1", "m2", "M2", "m3", "M3", "P4", "A4", "P5", "m6", "M6", "m7", "M7")
WORDS = {"P": "perfect", "M": "major", "m": "minor", "A": "augmented", "d": "diminished"}
NUMBER_WORDS = (
    *("unison", "second", "third", "fourth", "fifth", "sixth", "seventh", "octave"),
    *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "double octave"),
)


class Interval(NamedTuple):
    """quality "P", "M", "m", "A", "d" (doubled: "AA", "dd"), number 1 (unison), 2, ... 8 (octave), 9 ..., and whether
    it goes down."""

    quality: str
    number: int
    down: bool = False

    @property
    def name(self) -> str:
        """Such as M3, P5, m-10 (a minor tenth down)."""
        return f"{self.quality}{'-' if self.down else ''}{self.number}"

    @property
    def words(self) -> str:
        """Such as "major third"."""
        number = NUMBER_WORDS[self.number - 1] if self.number <= len(NUMBER_WORDS) else f"{self.number}th"
        times = ("", "", "doubly ", "triply ", "quadruply ")[len(self.quality)]
        return f"{times}{WORDS[self.quality[0]]} {number}{' down' if self.down else ''}"

    @property
    def size(self) -> int:
        """Semitones without direction (-1 of a diminished unison)."""
        base = STEPS[(self.number - 1) % 7] + 12 * ((self.number - 1) // 7)
        return base + _alteration(self.quality, self.number)

    @property
    def semitones(self) -> int:
        """Signed semitones, negative downwards."""
        return -self.size if self.down else self.size

    @property
    def simple(self) -> Interval:
        """Without whole octaves, up; an octave stays an octave."""
        return Interval(self.quality, self.number if self.number < 8 else (self.number - 2) % 7 + 2)

    @property
    def is_compound(self) -> bool:
        return self.number > 8

    @property
    def inverted(self) -> Interval:
        """The simple interval's complement to the octave: M3 becomes m6, P1 P8, A4 d5."""
        simple = self.simple
        return Interval(simple.quality.translate(str.maketrans("MmAd", "mMdA")), 9 - simple.number)

    @property
    def consonance(self) -> str:
        """ "perfect", "imperfect" or "dissonant"; a fourth is dissonant, as it is above a bass."""
        name = self.simple.name
        if name in ("P1", "P5", "P8"):
            return "perfect"
        return "imperfect" if name in ("m3", "M3", "m6", "M6") else "dissonant"

    @property
    def is_consonant(self) -> bool:
        return self.consonance != "dissonant"


def _alteration(quality: str, number: int) -> int:
    if quality == "m":
        return -1
    if quality[0] == "d":
        return -len(quality) - (0 if (number - 1) % 7 + 1 in PERFECT_NUMBERS else 1)
    return len(quality) if quality[0] == "A" else 0


def _quality(number: int, alteration: int) -> str:
    if (number - 1) % 7 + 1 in PERFECT_NUMBERS:
        return "P" if alteration == 0 else "A" * alteration if alteration > 0 else "d" * -alteration
    if alteration >= 0:
        return "A" * alteration or "M"
    return "d" * (-alteration - 1) or "m"


def parse_interval(text: str) -> Interval:
    """Of a name such as M3, P5, A4, m-10. Raises AntiphonError."""
    match = TEXT.fullmatch(text.strip())
    if match:
        quality, minus, number = match[1], match[2], int(match[3])
        perfect = (number - 1) % 7 + 1 in PERFECT_NUMBERS
        if quality not in (("M", "m") if perfect else ("P",)):
            return Interval(quality, number, bool(minus))
    raise AntiphonError(f"Interval {text!r}: not an interval's name; write such as P5, M3, m7, A4, d5, m-10.")


def of_semitones(semitones: int) -> Interval:
    """The interval usually meant by a number of semitones: 6 is an augmented fourth; compounds keep their octaves."""
    octaves, rest = divmod(abs(semitones), 12)
    usual = parse_interval(USUAL[rest])
    return Interval(usual.quality, usual.number + 7 * octaves, semitones < 0)


def between(lower: str, upper: str) -> Interval:
    """From one spelled pitch with octave to another, such as C4 to Eb5: m10. Raises AntiphonError."""
    (letter_a, class_a, octave_a), (letter_b, class_b, octave_b) = _spelled(lower), _spelled(upper)
    steps = letter_b - letter_a + 7 * (octave_b - octave_a)
    semitones = class_b - class_a + 12 * (octave_b - octave_a)
    down = steps < 0 or (steps == 0 and semitones < 0)
    if down:
        steps, semitones = -steps, -semitones
    alteration = semitones - STEPS[steps % 7] - 12 * (steps // 7)
    if abs(alteration) > 5:
        raise AntiphonError(f"Interval from {lower} to {upper}: altered too often to have a name; respell one of them.")
    return Interval(_quality(steps + 1, alteration), steps + 1, down)


def transpose_name(name: str, interval: Interval) -> str:
    """A spelled pitch moved by an interval, letter by letter: Bb4 up M3 is D5. Raises AntiphonError."""
    letter, pitch_class, octave = _spelled(name)
    direction = -1 if interval.down else 1
    place = letter + 7 * octave + direction * (interval.number - 1)
    pitch = pitch_class + 12 * octave + interval.semitones
    accidental = pitch - STEPS[place % 7] - 12 * (place // 7)
    return f"{LETTERS[place % 7]}{'#' * accidental}{'b' * -accidental}{place // 7}"


def _spelled(name: str) -> tuple[int, int, int]:
    """Letter 0..6, semitones above C of the octave (may leave 0..11: Cb is -1), octave."""
    match = NAME.fullmatch(name.strip())
    if not match or match[3] is None:
        raise AntiphonError(f"Pitch {name!r}: not a pitch with octave; write such as C4, F#3, Bb5.")
    sign = (match[2] or "").replace("x", "##").replace("♯", "#").replace("♭", "b")
    letter = match[1].upper()
    return LETTERS.index(letter), LETTER_CLASS[letter] + sign.count("#") - sign.count("b"), int(match[3])
