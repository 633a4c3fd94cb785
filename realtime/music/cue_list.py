"""A cue list: what is to be felt when, to score a scene to picture, in minutes and seconds or in bars; any thread.

    0:00 calm | 0:45 rising tension | 1:30 triumph
    bar 1 tender
    bar 9 > bar 13 dark, slightly uneasy

A cue holds from its time on until the next; with `>` it is reached in a glide that ends at the second time. One a line, or
apart by `|`. In place of words two numbers may stand, valence and arousal: `0:30 -0.5 0.8`. Behind a # is a remark.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from realtime.music.mood_words import Mood, mood_of
from realtime.native.errors import AntiphonError

LONGEST_TEXT = 20_000
_BAR, _SECONDS = r"(?:bar|b)\s*(?P<{0}bar>\d{{1,5}})\b", r"(?P<{0}sec>\d+(?:\.\d+)?)\s*s\b"
_CLOCK = r"(?:(?P<{0}h>\d{{1,2}}):)?(?P<{0}m>\d{{1,3}}):(?P<{0}s>\d{{1,2}}(?:\.\d+)?)"
_TIME = f"(?:{_BAR}|{_CLOCK}|{_SECONDS})"
_CUE = re.compile(rf"\s*{_TIME.format('a')}\s*(?:>\s*{_TIME.format('z')}\s*)?(?P<words>.*)", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*(-?\d*\.?\d+)[\s,]+(-?\d*\.?\d+)\s*$")


class Cue(NamedTuple):
    """start, end: of the glide to it, in seconds, or in bars from 0 where `in_bars`; equal without one."""

    in_bars: bool
    start: float
    end: float
    mood: Mood
    words: str


def read_cues(text: str, where: str = "cue list") -> list[Cue]:
    """The cues of a text, in their order. Raises AntiphonError with the place of what is wrong."""
    if len(text) > LONGEST_TEXT:
        raise AntiphonError(f"{where}: {len(text)} letters; a cue list has at most {LONGEST_TEXT}")
    found: list[Cue] = []
    for number, line in enumerate(text.splitlines(), 1):
        for piece in line.split("#")[0].split("|"):
            if piece.strip():
                found.append(_cue(piece, f"{where}, line {number}"))
    for former, cue in itertools.pairwise(found):
        if former.in_bars == cue.in_bars and cue.start < former.end:
            raise AntiphonError(
                f"{where}: the cue {cue.words!r} begins before {former.words!r} is reached; put them in order"
            )
    if len({cue.in_bars for cue in found}) > 1:
        raise AntiphonError(f"{where}: times and bars do not mix; write all cues as 0:45, or all as bar 9")
    return found


def _cue(piece: str, where: str) -> Cue:
    match = _CUE.match(piece)
    if match is None:
        raise AntiphonError(
            f"{where}: {piece.strip()[:60]!r} begins with no time; write it like 0:45 calm, or bar 9 calm"
        )
    in_bars, start = _time(match, "a", where)
    glides = any(match[f"z{unit}"] is not None for unit in ("bar", "s", "sec"))
    ends_in_bars, end = _time(match, "z", where) if glides else (in_bars, start)
    if ends_in_bars != in_bars or end < start:
        raise AntiphonError(f"{where}: a glide goes from one time to a later one, like 0:30 > 0:45")
    words = match["words"].strip()
    numbers = _NUMBERS.match(words)
    if numbers is not None:
        mood = Mood(*(min(1.0, max(-1.0, float(n))) for n in numbers.groups()))
    else:
        mood = mood_of(words, where)
    return Cue(in_bars, start, end, mood, words)


def _time(match: re.Match[str], which: str, where: str) -> tuple[bool, float]:
    if match[f"{which}bar"] is not None:
        bar = int(match[f"{which}bar"])
        if bar < 1:
            raise AntiphonError(f"{where}: bars count from 1")
        return True, float(bar - 1)
    if match[f"{which}sec"] is not None:
        return False, float(match[f"{which}sec"])
    seconds = float(match[f"{which}s"])
    if seconds >= 60.0:
        raise AntiphonError(f"{where}: {seconds:g} seconds; a minute has 60")
    return False, 3600.0 * int(match[f"{which}h"] or 0) + 60.0 * int(match[f"{which}m"]) + seconds


def mood_at(cues: list[Cue], at: float) -> Mood:
    """What holds at a time (s, or bars from 0, as the cues are written); before the first cue the first."""
    before = cues[0].mood
    for cue in cues:
        if at < cue.start:
            break
        share = 1.0 if at >= cue.end else (at - cue.start) / (cue.end - cue.start)
        if share < 1.0:
            return Mood(*(a + share * (b - a) for a, b in zip(before, cue.mood, strict=True)))
        before = cue.mood
    return before
