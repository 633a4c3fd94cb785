"""The table of chord qualities: degrees, lead-sheet suffixes and names in other notations; [any] (Harte 2010; Levine,
The Jazz Theory Book 1995)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAJOR_STEPS = (0, 2, 4, 5, 7, 9, 11)
DEGREE = re.compile(r"(b{0,2}|#{0,2})([1-9]|1[0-3])")


@lru_cache(maxsize=256)
def degree_semitones(degree: str) -> int:
    """Semitones 0..11 above the root of a degree such as 5, b7, #11, 13. Raises ValueError."""
    match = DEGREE.fullmatch(degree)
    if not match:
        raise ValueError(f"{degree!r} is no chord degree")
    number = int(match[2]) - 1
    return (MAJOR_STEPS[number % 7] + match[1].count("#") - match[1].count("b")) % 12


class Quality(NamedTuple):
    """Degrees above the root as they are spelled, the suffix of a lead sheet, and the interval set as a 12-bit mask
    (bit 0 = root)."""

    degrees: tuple[str, ...]
    suffix: str
    mask: int

    @property
    def intervals(self) -> tuple[int, ...]:
        """Semitones above the root, 0..11, in order of degree."""
        return tuple(degree_semitones(d) for d in self.degrees)


def mask_of(intervals) -> int:
    """12-bit mask of intervals or pitch classes."""
    mask = 0
    for interval in intervals:
        mask |= 1 << interval % 12
    return mask


# simplest first: the order breaks ties in naming. A thirteenth leaves the eleventh out beside a major third.
_TABLE = """
maj          | 1 3 5               |
min          | 1 b3 5              | m
7            | 1 3 5 b7            | 7
min7         | 1 b3 5 b7           | m7
maj7         | 1 3 5 7             | maj7
dim          | 1 b3 b5             | dim
aug          | 1 3 #5              | +
sus4         | 1 4 5               | sus4
sus2         | 1 2 5               | sus2
5            | 1 5                 | 5
hdim7        | 1 b3 b5 b7          | m7b5
dim7         | 1 b3 b5 bb7         | dim7
maj6         | 1 3 5 6             | 6
min6         | 1 b3 5 6            | m6
minmaj7      | 1 b3 5 7            | m(maj7)
7sus4        | 1 4 5 b7            | 7sus4
9            | 1 3 5 b7 9          | 9
min9         | 1 b3 5 b7 9         | m9
maj9         | 1 3 5 7 9           | maj9
maj69        | 1 3 5 6 9           | 6/9
min69        | 1 b3 5 6 9          | m6/9
7b9          | 1 3 5 b7 b9         | 7b9
7#9          | 1 3 5 b7 #9         | 7#9
7b5          | 1 3 b5 b7           | 7b5
7#5          | 1 3 #5 b7           | 7#5
maj7#5       | 1 3 #5 7            | maj7#5
maj7b5       | 1 3 b5 7            | maj7b5
add9         | 1 3 5 9             | add9
minadd9      | 1 b3 5 9            | madd9
9sus4        | 1 4 5 b7 9          | 9sus4
13           | 1 3 5 b7 9 13       | 13
11           | 1 3 5 b7 9 11       | 11
min11        | 1 b3 5 b7 9 11      | m11
min7add11    | 1 b3 5 b7 11        | m7add11
7#11         | 1 3 5 b7 #11        | 7#11
9#11         | 1 3 5 b7 9 #11      | 9#11
maj7#11      | 1 3 5 7 #11         | maj7#11
maj9#11      | 1 3 5 7 9 #11       | maj9#11
maj13        | 1 3 5 7 9 13        | maj13
min13        | 1 b3 5 b7 9 11 13   | m13
min13no11    | 1 b3 5 b7 9 13      | m9add13
7b13         | 1 3 5 b7 b13        | 7b13
9b13         | 1 3 5 b7 9 b13      | 9b13
7b9b13       | 1 3 5 b7 b9 b13     | 7b9b13
7#9b13       | 1 3 5 b7 #9 b13     | 7#9b13
7add13       | 1 3 5 b7 13         | 7add13
13b9         | 1 3 5 b7 b9 13      | 13b9
13#9         | 1 3 5 b7 #9 13      | 13#9
13#11        | 1 3 5 b7 9 #11 13   | 13#11
13b9#11      | 1 3 5 b7 b9 #11 13  | 13b9#11
13sus4       | 1 4 5 b7 9 13       | 13sus4
7sus4b9      | 1 4 5 b7 b9         | 7sus4b9
13sus4b9     | 1 4 5 b7 b9 13      | 13sus4b9
7b9#11       | 1 3 5 b7 b9 #11     | 7b9#11
7#9#11       | 1 3 5 b7 #9 #11     | 7#9#11
7b9#9        | 1 3 5 b7 b9 #9      | 7b9#9
9b5          | 1 3 b5 b7 9         | 9b5
9#5          | 1 3 #5 b7 9         | 9#5
13b5         | 1 3 b5 b7 9 13      | 13b5
7b5b9        | 1 3 b5 b7 b9        | 7b5b9
7b5#9        | 1 3 b5 b7 #9        | 7b5#9
7#5b9        | 1 3 #5 b7 b9        | 7#5b9
7#5#9        | 1 3 #5 b7 #9        | 7#5#9
7alt         | 1 3 b5 #5 b7 b9 #9  | 7alt
maj9#5       | 1 3 #5 7 9          | maj9#5
maj13#11     | 1 3 5 7 9 #11 13    | maj13#11
maj7add13    | 1 3 5 7 13          | maj7add13
maj7#9       | 1 3 5 7 #9          | maj7#9
maj6#11      | 1 3 5 6 #11         | 6#11
maj69#11     | 1 3 5 6 9 #11       | 6/9#11
minmaj9      | 1 b3 5 7 9          | m(maj9)
min7b9       | 1 b3 5 b7 b9        | m7b9
min7b13      | 1 b3 5 b7 b13       | m7b13
hdim9        | 1 b3 b5 b7 9        | m9b5
hdim11       | 1 b3 b5 b7 9 11     | m11b5
dimmaj7      | 1 b3 b5 7           | dim(maj7)
dim7maj7     | 1 b3 b5 bb7 7       | dim7(maj7)
dim9         | 1 b3 b5 bb7 9       | dim9
min#5        | 1 b3 #5             | m#5
min7#5       | 1 b3 #5 b7          | m7#5
majb5        | 1 3 b5              | (b5)
addb9        | 1 3 5 b9            | addb9
add#9        | 1 3 5 #9            | add#9
add11        | 1 3 5 11            | add11
minadd11     | 1 b3 5 11           | madd11
add#11       | 1 3 5 #11           | add#11
minb6        | 1 b3 5 b6           | mb6
augadd9      | 1 3 #5 9            | +add9
7sus2        | 1 2 5 b7            | 7sus2
maj7sus4     | 1 4 5 7             | maj7sus4
sus24        | 1 2 4 5             | sus24
7#5b9#11     | 1 3 #11 #5 b7 b9    | 7#5b9#11
1            | 1                   | 1
"""


def _read_table() -> dict[str, Quality]:
    qualities = {}
    for line in _TABLE.strip().splitlines():
        key, degrees, suffix = (cell.strip() for cell in line.split("|"))
        names = tuple(degrees.split())
        qualities[key] = Quality(names, suffix, mask_of(map(degree_semitones, names)))
    return qualities


QUALITIES: dict[str, Quality] = _read_table()
ORDER: dict[str, int] = {key: place for place, key in enumerate(QUALITIES)}
BY_MASK: dict[int, str] = {}
for _key, _quality in QUALITIES.items():
    BY_MASK.setdefault(_quality.mask, _key)

# names of whole qualities after the colon: Harte's shorthands where they differ from ours, MusicXML's kinds
SHORTHANDS: dict[str, str] = {
    "": "maj",
    "min(maj7)": "minmaj7",
    "aug7": "7#5",
    "maj6(9)": "maj69",
    "min6(9)": "min69",
    "6": "maj6",
    "major": "maj",
    "minor": "min",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "dominant-seventh": "7",
    "major-seventh": "maj7",
    "minor-seventh": "min7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "7#5",
    "half-diminished": "hdim7",
    "half-diminished-seventh": "hdim7",
    "major-minor": "minmaj7",
    "minor-major-seventh": "minmaj7",
    "augmented-major-seventh": "maj7#5",
    "major-sixth": "maj6",
    "minor-sixth": "min6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "min9",
    "dominant-11th": "11",
    "minor-11th": "min11",
    "dominant-13th": "13",
    "major-13th": "maj13",
    "minor-13th": "min13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
    "suspended-fourth-seventh": "7sus4",
    "power": "5",
    "pedal": "1",
}

# degree names of an interval that a chord has beyond its quality
ADDED_NAMES = ("1", "b9", "9", "#9", "3", "11", "#11", "5", "b13", "13", "b7", "7")
