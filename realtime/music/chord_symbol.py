"""Reads chord symbols: Harte's syntax, lead sheets, jazz shorthand; [any] (Harte 2010, section 3; Brandt and Roemer,
Standardized Chord Symbol Notation 1976)."""

from __future__ import annotations

import re
from functools import lru_cache

from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask, name_classes
from realtime.music.chord_table import DEGREE, QUALITIES, SHORTHANDS, degree_semitones
from realtime.music.pitch import LETTER_CLASS
from realtime.native.errors import AntiphonError

NO_CHORD = frozenset({"n", "nc", "n.c.", "n.c", "no chord", "none", "tacet"})
ROOT = re.compile(r"([A-Ga-g])(##|bb|#|b|x)?")
SIGNS = str.maketrans(
    {"♭": "b", "♯": "#", "𝄪": "x", "𝄫": "bb", "−": "-", "–": "-", "△": "Δ", "∆": "Δ", "º": "°", "˚": "°", "Ø": "ø"}
)
# the first part of a lead-sheet suffix, longest first: degrees it sets; {7: ...} is the seventh that a following
# 7, 9, 11 or 13 stands for
_STARTS: tuple[tuple[str, dict[str, str], str], ...] = (
    # written, degrees by number, seventh meant by a following number
    ("phryg", {"3": "4", "7": "b7", "9": "b9"}, "b7"),
    ("lyd", {"7": "7", "11": "#11"}, "7"),
    ("minmaj", {"3": "b3", "7": "7"}, "7"),
    ("mmaj", {"3": "b3", "7": "7"}, "7"),
    ("mMaj", {"3": "b3", "7": "7"}, "7"),
    ("mM", {"3": "b3", "7": "7"}, "7"),
    ("mΔ", {"3": "b3", "7": "7"}, "7"),
    ("m^", {"3": "b3", "7": "7"}, "7"),
    ("-maj", {"3": "b3", "7": "7"}, "7"),
    ("-M", {"3": "b3", "7": "7"}, "7"),
    ("-Δ", {"3": "b3", "7": "7"}, "7"),
    ("-^", {"3": "b3", "7": "7"}, "7"),
    ("hdim", {"3": "b3", "5": "b5", "7": "b7"}, "b7"),
    ("halfdim", {"3": "b3", "5": "b5", "7": "b7"}, "b7"),
    ("ø", {"3": "b3", "5": "b5", "7": "b7"}, "b7"),
    ("h7", {"3": "b3", "5": "b5", "7": "b7"}, "b7"),
    ("dim", {"3": "b3", "5": "b5"}, "bb7"),
    ("°", {"3": "b3", "5": "b5"}, "bb7"),
    ("oM", {"3": "b3", "5": "b5", "7": "7"}, "7"),
    ("o", {"3": "b3", "5": "b5"}, "bb7"),
    ("augmaj", {"5": "#5", "7": "7"}, "7"),
    ("+M", {"5": "#5", "7": "7"}, "7"),
    ("+maj", {"5": "#5", "7": "7"}, "7"),
    ("+Δ", {"5": "#5", "7": "7"}, "7"),
    ("aug", {"5": "#5"}, "b7"),
    ("+", {"5": "#5"}, "b7"),
    ("dom", {}, "b7"),
    ("major", {}, "7"),
    ("maj", {}, "7"),
    ("Maj", {}, "7"),
    ("MAJ", {}, "7"),
    ("ma", {}, "7"),
    ("Ma", {}, "7"),
    ("M", {}, "7"),
    ("Δ", {"7": "7"}, "7"),
    ("^", {"7": "7"}, "7"),
    ("j", {"7": "7"}, "7"),
    ("minor", {"3": "b3"}, "b7"),
    ("min", {"3": "b3"}, "b7"),
    ("Min", {"3": "b3"}, "b7"),
    ("MIN", {"3": "b3"}, "b7"),
    ("mi", {"3": "b3"}, "b7"),
    ("m", {"3": "b3"}, "b7"),
    ("-", {"3": "b3"}, "b7"),
)
# what may follow, one after another
_NUMBER = re.compile(r"6/9|69|67|7/6|13|11|9|7|6|5|4|2|1(?![0-9])")
_SUS = re.compile(r"sus(24|4|2)?")
_ADD = re.compile(r"add([b#]*)(2|4|6|7|9|11|13|5|3|1)")
_NO = re.compile(r"(?:no|omit|\*)([b#]*)(1|3|5|7|9|11|13)(?:rd|th|st)?")
_ALTER = re.compile(r"(bb|b|##|#|-|\+)(2|3|4|5|6|7|9|11|13)")
_LATE_MAJOR7 = re.compile(r"(?:maj|Maj|M|Δ|\^)(7|9|13)?")


def parse_chord(text: str) -> Chord | None:
    """The chord of a symbol; None of "N", "N.C." and the like (no chord). Raises AntiphonError for anything else.

    Harte's syntax (C:min7/b3, C:sus4(b7,9), C:(1,5)), lead sheets and jazz (Cm7, C-7, CΔ7, Cø, C°7, C7alt, C6/9,
    C7(b9,#11), F#m7b5/C), MusicXML kinds after a colon (C:major-seventh), polychords (D\\C7: D over C7) and sets of
    pitch classes (?2,4,5,8,11: named by `name_chord`).
    """
    if not isinstance(text, str):
        raise AntiphonError(f"Chord {text!r}: a chord is written as text, such as Cm7 or C:min7.")
    return _parse(text)


@lru_cache(maxsize=8192)
def _parse(text: str) -> Chord | None:
    written = text.strip().translate(SIGNS).replace(" ", "") if text.strip().lower() != "no chord" else "N"
    if written.lower() in NO_CHORD:
        return None
    try:
        return _read(written)
    except ValueError as error:
        raise AntiphonError(
            f"Chord {text!r}: {error}; write a root and a quality, such as Cm7, C:min7, F#m7b5/C, or N for no chord."
        ) from None


def _read(written: str) -> Chord:
    if written.startswith("?"):
        return _pitch_class_set(written[1:])
    if "\\" in written:
        return _polychord(*written.split("\\", 1))
    root, rest = _note(written, "root")
    if rest.startswith(":"):
        return _harte(root, rest[1:])
    body, over = _split_bass(rest)
    if body == "-5":  # beside a number the minus is a flat
        body = "(b5)"
    mask = _lead_sheet(body)
    if not over:
        return chord_of_mask(root, mask)
    match = ROOT.match(over)
    if match and match.end() < len(over) and not DEGREE.fullmatch(over):  # Am7/Bb7: a chord under the slash
        return _polychord(written[: len(written) - len(over) - 1], over)
    return _with_bass(root, mask, over)


def _note(text: str, what: str) -> tuple[int, str]:
    match = ROOT.match(text)
    if not match:
        raise ValueError(f"no {what} at {text[:8]!r}" if text else f"the {what} is missing")
    sign = match[2] or ""
    shift = 2 if sign == "x" else sign.count("#") - sign.count("b")
    return (LETTER_CLASS[match[1].upper()] + shift) % 12, text[match.end() :]


def _split_bass(rest: str) -> tuple[str, str]:
    """The suffix and what stands under its last slash; the slash of 6/9 belongs to the suffix."""
    depth = 0
    for i in range(len(rest) - 1, -1, -1):
        depth += (rest[i] == ")") - (rest[i] == "(")
        if rest[i] == "/" and depth == 0:
            if rest[i + 1 : i + 2] == "9" and rest[i - 1 : i] == "6":
                return rest, ""
            if rest[i + 1 : i + 4].lower() == "maj" or rest[i + 1 : i + 2] in ("M", "Δ"):  # Cm/maj7
                return rest[:i] + rest[i + 1 :], ""
            if i + 1 == len(rest):
                raise ValueError("the bass after the slash is missing")
            return rest[:i], rest[i + 1 :]
    return rest, ""


def _with_bass(root: int, mask: int, over: str) -> Chord:
    if DEGREE.fullmatch(over):
        bass = (root + degree_semitones(over)) % 12
    else:
        bass, left = _note(over, "bass")
        if left:
            raise ValueError(f"the bass {over!r} is no note name and no degree")
    return chord_of_mask(root, mask, bass)


def _polychord(upper: str, lower: str) -> Chord:
    """Upper over lower chord: the lower one with the upper one's tones added."""
    low, high = _read(lower), _read(upper)
    mask = 0
    for tone in low.classes | high.classes:
        mask |= 1 << (tone - low.root) % 12
    return chord_of_mask(low.root, mask, low.bass)


def _pitch_class_set(text: str) -> Chord:
    try:
        classes = [int(c) for c in text.split(",")]
    except ValueError:
        raise ValueError(f"{text!r} is no list of pitch classes") from None
    chord = name_classes(classes)
    if chord is None:
        raise ValueError("these pitch classes make no chord the table knows")
    return chord


# ---- after a colon: Harte -------------------------------------------------------------------------------------------


def _harte(root: int, rest: str) -> Chord:
    body, over = _split_bass(rest)
    name, _, listed = body.partition("(")
    if "(" in body and not listed.endswith(")"):
        raise ValueError("a bracket is not closed")
    degrees = [d for d in listed[:-1].split(",") if d]
    key = SHORTHANDS.get(name, name)
    if not name and listed:
        mask = 1
    elif key in QUALITIES:
        mask = QUALITIES[key].mask
    elif name and not name.startswith("?"):
        mask = _lead_sheet(name)
    else:
        raise ValueError("its quality is marked as unknown" if name else "nothing follows the colon")
    stacked = frozenset(QUALITIES[key].degrees if key in QUALITIES else ("5",)) & {"5", "9", "11", "13"}
    mask = _with_degrees(mask, degrees, stacked, suspended=name in ("sus4", "suspended-fourth"))
    return _with_bass(root, mask, over) if over else chord_of_mask(root, mask)


def _with_degrees(mask: int, degrees: list[str], stacked: frozenset[str], suspended: bool) -> int:
    """Harte's list in brackets: each degree is added, or taken away after a star.

    An altered fifth, ninth, eleventh or thirteenth takes the place of the plain one that the quality stacks, as
    MusicXML's "alter" and lead sheets mean it; b13 and #11 are the ways to write a tone beside the fifth. A seventh
    beside a suspension is minor (MusicXML counts it from the dominant).
    """
    listed = set(degrees)
    for degree in degrees:
        if degree.startswith("*"):
            mask &= ~(1 << degree_semitones(degree[1:]))
            continue
        number = degree.lstrip("b#")
        if number in stacked and number != degree and number not in listed:
            mask &= ~(1 << degree_semitones(number))
        if suspended and degree == "7":
            degree = "b7"
        mask |= 1 << degree_semitones(degree)
    return mask


# ---- lead sheets ----------------------------------------------------------------------------------------------------


class _Degrees:
    """The chord being read: degree number to degree as spelled."""

    def __init__(self):
        self.tones: dict[str, str] = {"1": "1", "3": "3", "5": "5"}
        self.extra: set[str] = set()

    def number(self, number: str, seventh: str) -> None:
        if number in ("7", "9", "11", "13"):
            self.tones.setdefault("7", seventh)
            if number != "7":
                self.tones.setdefault("9", "9")
            if number == "11" or (number == "13" and self.tones.get("3") == "b3"):
                self.tones.setdefault("11", "11")
            if number == "13":
                self.tones["13"] = "13"
        elif number in ("6/9", "69"):
            self.tones["6"] = "6"
            self.tones["9"] = "9"
        elif number in ("67", "7/6"):
            self.tones["6"] = "6"
            self.tones.setdefault("7", "b7")
        elif number == "5":
            self.tones.pop("3", None)
        elif number == "2":
            self.tones["9"] = "9"
        elif number == "4":
            self.tones["3"] = "4"
        elif number == "1":
            self.tones = {"1": "1"}
        else:
            self.tones[number] = number

    def alter(self, sign: str, number: str) -> None:
        sign = {"-": "b", "+": "#"}.get(sign, sign)
        if number == "9" and self.tones.get("9") in ("b9", "#9"):
            self.extra.add(sign + number)  # b9 and #9 together
        elif number == "5" and self.tones.get("5") in ("b5", "#5"):
            self.extra.add(sign + number)
        elif number in ("2", "4", "6"):
            self.extra.add(sign + number)
        else:
            self.tones[number] = sign + number

    @property
    def mask(self) -> int:
        mask = 0
        for degree in (*self.tones.values(), *self.extra):
            mask |= 1 << degree_semitones(degree)
        return mask


@lru_cache(maxsize=2048)
def _lead_sheet(suffix: str) -> int:
    """12-bit mask of intervals of a lead-sheet suffix such as m7b5, 7(b9,#11), Δ7, sus4."""
    text = suffix
    if text.startswith("("):  # C(b9), C(add9): a bare number in brackets is added, not an extension
        text = re.sub(r"(?<=[(,])([b#]*)(2|4|6|9|11|13)(?=[,)])", r"add\1\2", text)
    text = re.sub(r"[(),\[\]]", "", text).replace("alterd", "alt").replace("altered", "alt")
    chord, seventh = _Degrees(), "b7"
    if text == "Bass":
        return 1
    for written, degrees, meant in _STARTS:
        if text.startswith(written) and not (written in ("ma", "Ma") and text[2:].startswith("dd")):
            chord.tones.update(degrees)
            seventh = meant
            text = text[len(written) :]
            break
    while text:
        text = _next_token(chord, text, seventh, suffix)
    return chord.mask


def _next_token(chord: _Degrees, text: str, seventh: str, suffix: str) -> str:
    if text.startswith("alt"):
        chord.tones.update({"5": "b5", "7": "b7", "9": "b9"})
        chord.extra.update({"#9", "#5"})
        return text[3:]
    if match := _SUS.match(text):
        which = match[1] or "4"
        chord.tones["3"] = "2" if which == "2" else "4"
        if which == "24":
            chord.extra.add("2")
    elif match := _ADD.match(text):
        degree = match[1] + match[2]
        chord.extra.add("7" if degree == "7" else degree)
    elif match := _NO.match(text):
        chord.tones.pop(match[2], None)
    elif match := _ALTER.match(text):
        chord.alter(match[1], match[2])
    elif match := _LATE_MAJOR7.match(text):
        # Cdim7(maj7) keeps its diminished seventh
        if chord.tones.get("7") == "bb7":
            chord.extra.add("bb7")
        chord.tones["7"] = "7"
        if match[1] and match[1] != "7":
            chord.number(match[1], "7")
    elif match := _NUMBER.match(text):
        chord.number(match[0], seventh)
    elif text.startswith("+"):  # C7+
        chord.tones["5"] = "#5"
        return text[1:]
    elif text.startswith("/"):
        return text[1:]
    else:
        raise ValueError(f"{text!r} in the quality {suffix!r} is unknown")
    return text[match.end() :]
