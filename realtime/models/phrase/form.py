"""The form of a piece from nothing: sections of eight bars that close, and come back with an ending of their own; [player
process].

Forms as the music of each style has them: dances are played AABB, songs AABA (Tin Pan Alley's thirty-two bars), verse and
chorus ABAB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import realtime.models.phrase.code as code

SECTION_BARS = 8
NEW_ENDING_BARS = 2
"""Of a section that comes back, so many are written anew."""
FORMS = {"folk": "AABB", "classical": "AABA", "jazz": "AABA", "pop": "ABAB"}
PLAIN = "AABB"


class Section(NamedTuple):
    """Ticks of a section, its upbeat included. source, kept: of the one that it brings back, kept ticks come first."""

    start: int
    end: int
    source: int = 0
    kept: int = 0

    def returns(self, tick: int) -> bool:
        """Whether what began then comes back here."""
        return self.source <= tick < self.source + self.kept


def sections(style: int, bars: int, bar: int, first_bar: int = 0, upbeat: int = 0) -> Iterator[Section]:
    """The sections of so many bars of `bar` ticks. first_bar: the tick at which the first one begins; upbeat: ticks by
    which all begin before their bar line. Less than two sections of music are one."""
    whole = bars * bar
    length = SECTION_BARS * bar if bars >= 2 * SECTION_BARS else whole
    form = FORMS.get(code.STYLES[style], PLAIN)
    before = first_bar - upbeat
    first: dict[str, int] = {}
    for k, at in enumerate(range(0, whole, length)):
        name = form[k % len(form)]
        start, end = before + at, before + min(at + length, whole)
        if name in first:
            yield Section(start, end, first[name], max(0, end - start - NEW_ENDING_BARS * bar))
        else:
            first[name] = start
            yield Section(start, end)
