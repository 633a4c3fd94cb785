"""The notation of a style's rows, as musicians write rhythms in letters; [any].

A row is `label: bars`, bars are divided by |, and the number of steps in a bar is its grid: eight in 4/4 are eighths, twelve
their triplets. The label names the drum, and says when the row plays: `ride from 0.6`, `hat to 0.5`, `snare 30%`,
`crash first`. Without drums it may be left out. Steps of drums are one sign each; those of pitched lanes may stand apart.

    .           rest (drums: - too)          -     the note before is held
    x X o       stroke of the whole chord, loud, soft; of drums the same
    d D u U     strummed down, up; loud      p i m a e   thumb (the bass) and fingers from the lowest voice of the chord up
    1 3 5 7 8   tones of the chord           2 4 6 9 11 13   and of the scale; b7 #4: counted from the major scale
    ^ v ~       a half tone under, over, a scale step beside the root of the chord that follows: it leads there
    ' ,         an octave higher, lower      +     together: 1+5
    >5 (5) 5*   loud, soft, short
"""

from __future__ import annotations

import re
from fractions import Fraction

from realtime.native.errors import AntiphonError, nearest
from realtime.players.styles.style import Row, Step

# General MIDI level 1, percussion key map (MIDI Manufacturers Association 1991)
DRUM_KEYS = {
    "kick2": 35, "kick": 36, "rim": 37, "snare": 38, "clap": 39, "snare2": 40, "floor2": 41, "surdo": 41, "hat": 42,
    "floor": 43, "surdo2": 43, "pedal": 44, "tom4": 45, "open": 46, "tom3": 47, "tom2": 48, "crash": 49, "tom1": 50,
    "ride": 51, "china": 52, "bell": 53, "tambourine": 54, "splash": 55, "cowbell": 56, "crash2": 57, "ride2": 59,
    "bongo": 60, "bongo2": 61, "conga_mute": 62, "conga": 63, "conga2": 64, "timbale": 65, "timbale2": 66, "agogo": 67,
    "agogo2": 68, "cabasa": 69, "shaker": 70, "guiro": 73, "guiro2": 74, "claves": 75, "block": 76, "block2": 77,
    "cuica": 78, "cuica2": 79, "triangle_mute": 80, "triangle": 81,
}  # fmt: skip
LOUD, SOFT = 1.22, 0.62
WEIGHTS = {"X": LOUD, "D": LOUD, "U": LOUD, "o": SOFT}
STEPS_BEATS = tuple(
    Fraction(*part) for part in ((1, 8), (1, 6), (1, 4), (1, 3), (1, 2), (2, 3), (1, 1), (3, 2), (2, 1))
)
_ATOM = r"(?:[xXodDuU]|[pimae][',]*|[b#]?(?:1[0-3]|[1-9])(?!\d)[',]*|[\^v~][',]*)"
_PITCHED = re.compile(rf"\s*(?:([.\-])|(>?)(\(?)({_ATOM}(?:\+{_ATOM})*)(\)?)(\*?))")
_DRUM = re.compile(r"\s*([.\-xXo])")
_WORD = re.compile(r"from (\d*\.?\d+)|to (\d*\.?\d+)|(\d+)%|(first)|([a-z]\w*)")


def read_row(text: str, drums: bool, numerator: int, denominator: int) -> Row:
    """One row of a pattern. Raises AntiphonError with what is wrong and the remedy."""
    label, colon, grid = text.rpartition(":")
    if drums and not colon:
        raise AntiphonError("name the drum before the steps, like kick: x---x---")
    when = _label(label, drums)
    bars = [part for part in grid.split("|") if part.strip()]
    if not bars:
        raise AntiphonError("write the steps of a bar, like x-x-")
    tokens = [_tokens(part, drums) for part in bars]
    counts = {len(part) for part in tokens}
    if len(counts) > 1:
        odd = next(i for i, part in enumerate(tokens) if len(part) != len(tokens[0]))
        raise AntiphonError(
            f"bar {odd + 1} has {len(tokens[odd])} steps and bar 1 has {len(tokens[0])}; give all bars of a row as many"
        )
    step = _step(len(tokens[0]), numerator, denominator)
    steps = _steps([token for part in tokens for token in part], float(step))
    return Row(steps, len(bars), float(step), **when)


def _label(text: str, drums: bool) -> dict:
    found: dict = {}
    rest = _WORD.sub("", text).strip(" ,")
    if rest:
        raise AntiphonError(f"{rest!r} says nothing here; a row may begin with a drum, from 0.6, to 0.5, 30%, first")
    for low, high, odds, first, word in _WORD.findall(text):
        if low or high:
            found |= {"low": _share(low)} if low else {"high": _share(high)}
        elif odds:
            found["odds"] = _share(str(int(odds) / 100.0))
        elif first:
            found["first"] = True
        elif drums and word in DRUM_KEYS:
            found["drum"] = DRUM_KEYS[word]
        else:
            hint = (
                nearest(word, DRUM_KEYS) if drums else "a row of this lane may begin with from 0.6, to 0.5, 30%, first"
            )
            raise AntiphonError(f"{word!r} is no drum; {hint}" if drums else f"{word!r} says nothing here; {hint}")
    if drums and "drum" not in found:
        raise AntiphonError("name the drum before the steps, like kick: x---x---")
    return found


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise AntiphonError(f"{text} must be from 0 to 1")
    return value


def _step(count: int, numerator: int, denominator: int) -> Fraction:
    bar = Fraction(4 * numerator, denominator)
    if count != 1 and bar / count not in STEPS_BEATS:
        good = sorted({int(bar / step) for step in STEPS_BEATS if (bar / step).denominator == 1})
        raise AntiphonError(
            f"{count} steps make no grid in a bar of {numerator}/{denominator}; write {', '.join(map(str, good))} steps"
        )
    return bar / count


def _tokens(text: str, drums: bool) -> list[re.Match]:
    found, at, pattern = [], 0, _DRUM if drums else _PITCHED
    text = text.rstrip()
    while at < len(text):
        match = pattern.match(text, at)
        if match is None or (not drums and bool(match[3]) != bool(match[5])):
            signs = ". - x X o" if drums else ". - x X o d u, p i m a e, 1 3 b7, ^ v ~, > ( ) * +"
            raise AntiphonError(f"{text[at:].strip()[:8]!r} is no step; the signs are {signs}")
        found.append(match)
        at = match.end()
    return found


def _steps(tokens: list[re.Match], step: float) -> tuple[Step, ...]:
    found: list[Step] = []
    for place, token in enumerate(tokens):
        sign = token[0].strip()
        if token.re is _DRUM:
            if sign not in ".-":
                found.append(Step(place * step, step, (sign,), WEIGHTS.get(sign, 1.0)))
        elif sign == "-":
            if found and abs(found[-1].at + found[-1].beats - place * step) < 1e-6:
                found[-1] = found[-1]._replace(beats=found[-1].beats + step)
        elif sign != ".":
            atoms = tuple(token[4].split("+"))
            weight = (LOUD if token[2] else 1.0) * (SOFT if token[3] else 1.0) * WEIGHTS.get(atoms[0], 1.0)
            found.append(Step(place * step, step, atoms, weight, bool(token[6])))
    return tuple(found)
