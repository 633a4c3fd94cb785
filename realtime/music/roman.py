"""Roman numerals: chords read from and named in a key, with inversions and secondary dominants; [any] (Tymoczko et
al., The RomanText Format, ISMIR 2019; Aldwell and Schachter 2011)."""

from __future__ import annotations

import re
from functools import lru_cache

from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask
from realtime.music.chord_table import QUALITIES, mask_of
from realtime.native.errors import AntiphonError

DEGREES = ("I", "II", "III", "IV", "V", "VI", "VII")
SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
NUMERAL = re.compile(r"(b{1,2}|#{1,2}|-|)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(o|°|ø|/o|\+|d(?=\d))?")
NAMED = re.compile(r"(Ger|It|Fr|Sw|Cad|N)")
FIGURE = re.compile(r"(?:[0-9]|(?<=[0-9])/(?=[0-9]))*")
BRACKET = re.compile(r"\[(add|no)?([b#]*)([0-9]+)\]")
# figured bass: (highest stacked degree, which chord tone is in the bass)
FIGURES = {
    figure: (top, in_bass)
    for top, in_bass, figures in (
        *((5, 0, ("", "5", "53", "3")), (5, 1, ("6", "63")), (5, 2, ("64",))),
        *((7, 0, ("7",)), (7, 1, ("65", "653")), (7, 2, ("43", "643")), (7, 3, ("42", "2", "642"))),
        *((9, 0, ("9", "97")), (11, 0, ("11",)), (13, 0, ("13",))),
    )
    for figure in figures
}
SUSPENDED = {"4": 5, "54": 5, "52": 2, "74": 5}
# chords of the augmented sixth as intervals above the tonic, and their usual bass, the lowered sixth degree
SIXTHS = {"Ger": (8, 0, 3, 6), "It": (8, 0, 6), "Fr": (8, 0, 2, 6), "Sw": (8, 0, 3, 6)}
SECONDARY = re.compile(r"/(?=[b#-]*[ivIVN])")


def parse_roman(text: str, tonic: int, mode: str = "major") -> Chord:
    """The chord of a numeral in a key: V65, viio7/V, bII6, N6, Ger65, Cad64, V7[b9], iv[no5].

    Case gives the triad, o, ø and + its fifth; sevenths and above are the key's own. In minor VI and VII stand on
    the natural degrees, vi and vii on the raised ones; an accidental that says the same again changes nothing.
    Raises AntiphonError.
    """
    return _parse(text.strip(), tonic % 12, "minor" if mode == "minor" else "major")


@lru_cache(maxsize=4096)
def _parse(text: str, tonic: int, mode: str) -> Chord:
    main, *of = SECONDARY.split(text)
    for target in reversed(of):
        match = NUMERAL.match("bII" if target == "N" else target)
        if not match:
            raise _error(text)
        tonic = _root(match, tonic, mode)
        mode = "minor" if match[2].islower() else "major"
    try:
        return _named(main, tonic, mode) or _numeral(main, tonic, mode)
    except (KeyError, ValueError, IndexError):
        raise _error(text) from None


def _error(text: str) -> AntiphonError:
    return AntiphonError(f"Roman numeral {text!r}: cannot be read; write such as V7, ii65, viio7/V, bII6, Ger65.")


def _root(match: re.Match, tonic: int, mode: str) -> int:
    degree = DEGREES.index(match[2].upper())
    shift = match[1].count("#") - match[1].count("b") - match[1].count("-")
    root = SCALE[mode][degree]
    if mode == "minor" and degree in (5, 6):
        raised = match[2].islower()
        root += raised
        if shift == (1 if raised else -1):
            shift = 0  # #vii and bVII in minor say what the case has said already
    return (tonic + root + shift) % 12


def _named(text: str, tonic: int, mode: str) -> Chord | None:
    match = NAMED.match(text)
    if not match:
        return None
    name, figure = match[1], text[match.end() :].replace("/", "")
    if name == "Cad":
        return _numeral(("I" if mode == "major" else "i") + (figure or "64"), tonic, mode)
    if name == "N":
        return _numeral("bII" + (figure or "6"), tonic, mode)
    tones = [(tonic + i) % 12 for i in SIXTHS[name]]
    root = tones[0]
    mask = mask_of(t - root for t in tones)
    # figures count from the raised fourth; the French sixth's from the second degree; the usual ones, and no
    # figure, put the lowered sixth degree in the bass
    stack = (tones[2], tones[3], root, tones[1]) if name == "Fr" else (tones[-1], root, tones[1], tones[2])
    place = {"7": 0, "5": 0, "53": 0, "64": 2, "42": 3, "2": 3}.get(figure, 2 if name == "Fr" else 1)
    if figure == "43" and name != "Fr":
        place = 2
    if figure == "65" and name == "Fr":
        place = 1
    return chord_of_mask(root, mask, stack[place])


def _numeral(text: str, tonic: int, mode: str) -> Chord:
    match = NUMERAL.match(text)
    if not match:
        raise _error(text)
    root = _root(match, tonic, mode)
    quality = match[3] or ""
    rest = text[match.end() :]
    major_seventh = rest.startswith("maj")
    rest = rest.removeprefix("maj")
    written = rest[: FIGURE.match(rest).end()]  # type: ignore[union-attr]  # matches the empty string at worst
    figure, rest = written.replace("/", ""), rest[len(written) :]
    if match_alone := re.fullmatch(r"([b#])(9|11|13)", rest):  # Vb9: the whole stack with its top altered
        figure, rest = match_alone[2], f"[{rest}]"
    third = 4 if match[2].isupper() else 3
    fifth = {"o": 6, "°": 6, "ø": 6, "/o": 6, "+": 8}.get(quality, 7)
    tones = {3: third, 5: fifth}
    top, in_bass = 5, 0
    if figure in SUSPENDED:
        tones[3] = SUSPENDED[figure]
        top = 7 if "7" in figure else 5
    else:
        top, in_bass = FIGURES[figure]
    degree = DEGREES.index(match[2].upper())
    # a minor triad on I or IV of a major key is borrowed from minor, and its seventh with it
    scale = "minor" if third == 3 and degree in (0, 3, 4) else mode
    key_tonic = (root - _root_shift(match, mode)) % 12
    for stacked in range(7, top + 1, 2):
        tones[stacked] = (key_tonic + _above(degree, stacked, scale) - root) % 12
    if major_seventh:
        tones[7] = 11
    if top >= 7 and quality in ("o", "°"):
        tones[7] = 9
    elif top >= 7 and quality in ("ø", "/o", "d"):
        tones[7] = 10
    order = [0, tones[3], tones[5], tones.get(7, 0)]
    tones[1] = 0
    added = _brackets(rest, tones, degree, mode)
    chord = chord_of_mask(root, mask_of((0, *tones.values(), *added)), (root + order[in_bass]) % 12)
    if 1 in tones:
        return chord
    bass = chord.bass if in_bass else (root + third) % 12
    return Chord(root, chord.quality, bass, chord.added, tuple(sorted({0, *chord.omitted})))


def _root_shift(match: re.Match, mode: str) -> int:
    """Semitones between a numeral's root and the degree of the key it is written on."""
    degree = DEGREES.index(match[2].upper())
    return (_root(match, 0, mode) - SCALE[mode][degree] + 6) % 12 - 6


def _above(degree: int, number: int, mode: str) -> int:
    """Semitones from a degree of the key up to the note `number` steps (an ordinal) above it."""
    scale = SCALE[mode]
    return (scale[(degree + number - 1) % 7] - scale[degree]) % 12


def _brackets(rest: str, tones: dict[int, int], degree: int, mode: str) -> list[int]:
    """Reads [add9], [no5], [b9]: alters `tones` in place, gives the tones added."""
    added = []
    rest = re.sub(r"(?<=[0-9])(?=add|no|[b#])", "][", rest)  # [no3no5]
    while rest:
        match = BRACKET.match(rest)
        if not match:
            raise ValueError(rest)
        rest = rest[match.end() :]
        number = int(match[3])
        shift = match[2].count("#") - match[2].count("b")
        if match[1] == "no":
            tones.pop(number, None)
        else:
            tone = _above(degree, number, mode) + shift
            if match[1] is None and number in tones:
                tones[number] = tones[number] + shift if shift else tone
            else:
                added.append(tone % 12)
    return added


_FIGURE_OF = {5: ("", "6", "64"), 7: ("7", "65", "43", "42")}


def roman_of(chord: Chord, tonic: int, mode: str = "major") -> str:
    """The numeral of a chord in a key: its triad or seventh with inversion; V7/x and viio7/x for chords outside the
    key that lead to one of its degrees; b and # before the numeral for the rest. Tensions are left out; a bass
    outside the chord is not shown."""
    mode = "minor" if mode == "minor" else "major"
    kind = chord.sevenths()
    if plain := _in_key(chord, kind, tonic, mode):
        return plain
    if secondary := _secondary(chord, kind, tonic, mode):
        return secondary
    return _chromatic(chord, kind, tonic, mode)


def _inversion(chord: Chord, seventh: bool) -> str:
    figures = _FIGURE_OF[7 if seventh else 5]
    return figures[chord.inversion if 0 <= chord.inversion < len(figures) else 0]


_CASES = {
    "maj": ("", False, True),
    "min": ("", False, False),
    "dim": ("o", False, False),
    "aug": ("+", False, True),
    "7": ("", True, True),
    "maj7": ("", True, True),
    "min7": ("", True, False),
    "minmaj7": ("", True, False),
    "hdim7": ("ø", True, False),
    "dim7": ("o", True, False),
    "sus4": ("", False, True),
    "sus2": ("", False, True),
    "7sus4": ("", True, True),
    "5": ("", False, True),
    "1": ("", False, True),
}


def _written(chord: Chord, kind: str, accidental: str, degree: int) -> str:
    mark, seventh, upper = _CASES[kind]
    numeral = DEGREES[degree] if upper else DEGREES[degree].lower()
    if kind in ("sus4", "sus2", "7sus4"):
        return f"{accidental}{numeral}{ {'sus4': '54', 'sus2': '52', '7sus4': '74'}[kind] }"
    tail = "[no3]" if kind == "5" else "[no3][no5]" if kind == "1" else ""
    return f"{accidental}{numeral}{mark}{_inversion(chord, seventh)}{tail}"


def _core(chord: Chord, kind: str) -> frozenset[int]:
    return frozenset((chord.root + i) % 12 for i in QUALITIES[kind].intervals)


def _in_key(chord: Chord, kind: str, tonic: int, mode: str) -> str | None:
    """The numeral without accidental that reads back to the chord's triad or seventh chord."""
    for degree in range(7):
        text = _written(chord, kind, "", degree)
        read = _parse(text, tonic % 12, mode)
        if read.root == chord.root and read.intervals == frozenset(QUALITIES[kind].intervals):
            # in minor vi and vii upon raised degrees are no chords of the key unless they have the leading note
            if mode == "minor" and degree in (2, 5) and kind in ("min", "min7"):
                continue
            if kind in ("maj", "min", "7") and not _belongs(chord, kind, tonic, mode):
                continue
            return text
    return None


def _belongs(chord: Chord, kind: str, tonic: int, mode: str) -> bool:
    scale = {(tonic + s) % 12 for s in SCALE[mode]} | ({(tonic + 11) % 12} if mode == "minor" else set())
    return _core(chord, kind) <= scale


def _secondary(chord: Chord, kind: str, tonic: int, mode: str) -> str | None:
    distance = {"maj": 5, "7": 5, "dim": 1, "dim7": 1, "hdim7": 1}.get(kind)
    if distance is None or (kind == "maj" and chord.root == tonic % 12):
        return None
    goal = (chord.root + distance - tonic) % 12
    for degree in (4, 1, 5, 3, 2, 6) if mode == "major" else (4, 3, 2, 5, 6):
        if SCALE[mode][degree] != goal:
            continue
        triad = diatonic_chords(tonic, mode)[degree]
        if triad.quality not in ("maj", "min"):
            return None
        of = DEGREES[degree] if triad.quality == "maj" else DEGREES[degree].lower()
        over = _written(chord, kind, "", 4 if distance == 5 else 6)
        if kind == "hdim7" and triad.quality == "min":
            return None  # a half-diminished leading chord belongs to major
        return f"{over}/{of}"
    return None


def _chromatic(chord: Chord, kind: str, tonic: int, mode: str) -> str:
    for accidental in ("", "b", "#", "bb", "##"):
        for degree in range(7):
            text = _written(chord, kind, accidental, degree)
            read = _parse(text, tonic % 12, mode)
            if read.root == chord.root and read.intervals == frozenset(QUALITIES[kind].intervals):
                return text
    # a seventh that is not the key's own is written out: d for a minor, maj for a major one
    for accidental in ("", "b", "#"):
        for degree in range(7):
            text = _written(chord, kind, accidental, degree)
            if _parse(text, tonic % 12, mode).root == chord.root:
                numeral = re.match(r"[b#]*[ivIV]+", text)
                at = numeral.end() if numeral else 0
                return f"{text[:at]}{'maj' if 11 in QUALITIES[kind].intervals else 'd'}{text[at:]}"
    raise AssertionError(f"no numeral for {chord}")


@lru_cache(maxsize=128)
def diatonic_chords(tonic: int, mode: str = "major", sevenths: bool = False) -> tuple[Chord, ...]:
    """The seven triads (or seventh chords) of a key, first degree first. In minor V and vii have the leading note, as
    harmony uses them."""
    major = ("I", "ii", "iii", "IV", "V", "vi", "viio")
    minor = ("i", "iio", "III", "iv", "V", "VI", "viio")
    numerals: tuple[str, ...] = minor if mode == "minor" else major
    if sevenths:
        numerals = tuple(n.replace("o", "ø" if n != "viio" or mode != "minor" else "o") + "7" for n in numerals)
    return tuple(parse_roman(n, tonic, mode) for n in numerals)


def function_of(chord: Chord, tonic: int, mode: str = "major") -> str:
    """ "tonic", "subdominant" or "dominant" by the scale degrees of the triad, "" of a chord outside the key
    (Riemann 1893)."""
    numeral = roman_of(chord, tonic, mode)
    if "/" in numeral:
        return ""
    match = NUMERAL.match(numeral)
    if not match or match[1]:
        return ""
    return {
        **dict.fromkeys(("I", "i", "III", "iii", "VI", "vi"), "tonic"),
        **dict.fromkeys(("II", "ii", "IV", "iv"), "subdominant"),
        **dict.fromkeys(("V", "v", "VII", "vii"), "dominant"),
    }[match[2]]
