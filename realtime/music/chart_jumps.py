"""Da capo, dal segno, coda and fine: from the bars as they are written to the bars as they are played; [any]
(Read, Music Notation 1979, chapter 13: after a jump, repeats are not taken again).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from realtime.music.chart import Bar
from realtime.native.errors import AntiphonError

DC, DS, AL_FINE, AL_CODA, TO_CODA = "D.C.", "D.S.", "al fine", "al coda", "to coda"
SEGNO, CODA, FINE, EARLIER = "segno", "coda", "fine", "earlier time"
"""EARLIER: a bar of a repeat that comes once more: after a jump it is passed over."""
_WRITTEN = (
    (DC, r"D\.\s?C\.?|DC|da\s+capo"), (DS, r"D\.\s?S\.?|DS|dal\s+segno"), (AL_FINE, r"al\s+fine"), (AL_CODA, r"al\s+coda"),
    (TO_CODA, r"to\s+(?:coda|𝄌|⊕)"), (SEGNO, r"segno|𝄋"), (CODA, r"coda|𝄌|⊕"), (FINE, r"fine"),
)  # fmt: skip
_SIGN = {name: re.compile(rf"(?<!\S)(?:{text})(?!\S)", re.IGNORECASE) for name, text in _WRITTEN}


def take_signs(cell: str) -> tuple[str, frozenset[str]]:
    """What is left of a bar's text without its signs, and these. `Fine`, `D.S. al Coda` and `To Coda` stand in the bar behind
    which they hold, `Segno` and `Coda` in the bar before which they do."""
    found = set()
    for name, pattern in _SIGN.items():
        cell, count = pattern.subn(" ", cell)
        found |= {name} if count else set()
    return cell.strip(), frozenset(found)


def played_order(bars: Sequence[Bar]) -> list[Bar]:
    """Bars in the order in which they are played, without signs. Raises AntiphonError for a jump to nowhere."""
    jump = next((n for n, bar in enumerate(bars) if bar.signs & {DC, DS} and EARLIER not in bar.signs), None)
    if jump is None:
        return [replace(bar, signs=frozenset()) for bar in bars]
    back, end, behind = _route(bars, jump)
    again = [n for n in range(back, end + 1) if EARLIER not in bars[n].signs]
    order = [*range(jump + 1), *again, *range(behind, len(bars))]
    found = [replace(bars[n], signs=frozenset()) for n in order]
    if again:  # where it goes back to may lie within a section, and in another metre
        found[jump + 1] = replace(found[jump + 1], section=_section(bars, again[0]))
    for place in {jump + 1, jump + 1 + len(again)} & set(range(len(found))):
        found[place] = replace(found[place], metre=_metre(bars, order[place]))
    return found


def _route(bars: Sequence[Bar], jump: int) -> tuple[int, int, int]:
    """(bar to which it goes back, last bar before it goes on elsewhere, first bar there; as many as there are: none)."""
    signs, back = bars[jump].signs, _target(bars, jump)
    fine = next((n for n in range(back, jump + 1) if FINE in bars[n].signs and EARLIER not in bars[n].signs), None)
    leaves, coda = _leaves(bars, jump), _coda(bars, jump)
    if AL_FINE in signs and fine is None:
        raise AntiphonError('"al Fine" needs a bar with "Fine" in what is played again')
    if AL_CODA in signs and (coda is None or leaves is None):
        raise AntiphonError(
            '"al Coda" needs a bar with "To Coda" before it and one with "Coda", or a section [coda], behind it'
        )
    if fine is not None and AL_CODA not in signs:
        return back, fine, len(bars)
    if coda is not None and leaves is not None:
        return back, leaves, coda
    return back, jump, jump + 1


def _target(bars: Sequence[Bar], jump: int) -> int:
    """Where the jump goes to."""
    if DC in bars[jump].signs:
        return 0
    found = next((n for n in range(jump + 1) if SEGNO in bars[n].signs), None)
    if found is None:
        raise AntiphonError('"D.S." needs a bar with "Segno" before it')
    return found


def _leaves(bars: Sequence[Bar], jump: int) -> int | None:
    """The bar behind which one goes to the coda: that of "To Coda", or of a coda sign before the jump."""
    some = [n for n in range(jump + 1) if bars[n].signs & {TO_CODA, CODA} and EARLIER not in bars[n].signs]
    return some[-1] if some else None


def _coda(bars: Sequence[Bar], jump: int) -> int | None:
    """The coda's first bar: by its sign, or by the name of its section."""
    behind = range(jump + 1, len(bars))
    named = (n for n in behind if (bars[n].section or "").lower().startswith(CODA))
    return next((n for n in behind if CODA in bars[n].signs), next(named, None))


def _section(bars: Sequence[Bar], at: int) -> str | None:
    return next((bars[n].section for n in range(at, -1, -1) if bars[n].section is not None), None)


def _metre(bars: Sequence[Bar], at: int) -> tuple[int, int] | None:
    return next((bars[n].metre for n in range(at, -1, -1) if bars[n].metre is not None), None)
