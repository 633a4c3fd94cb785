"""Where a bar stands in the form: in which section of a style, and whether a fill plays in it; [any]."""

from __future__ import annotations

from typing import NamedTuple

from realtime.players.styles.style import MAIN, Style

ON_THE_BAR = 0.3
"""Beats by which a section may miss the bar line on which it begins."""
NO_FILL = -1


class Part(NamedTuple):
    """A section as it was told: from which beat on, for how many bars (0: until another comes), and the main section that
    runs under it."""

    beat: float
    name: str
    bars: float
    main: str


class Place(NamedTuple):
    """A bar of a style. section: its name there, "" behind an ending; number: of the bar in it; fill_bar: of the fill that
    plays in its stead, or NO_FILL; first: of a section, or behind a fill."""

    section: str
    number: int
    fill_bar: int = NO_FILL
    first: bool = False


def place(style: Style, part: Part, following: Part, line: float, bar_beats: float, fills: int) -> Place:
    """The bar that begins at beat `line`. part, following: the sections of it and of the next bar; fills: a fill every so
    many bars of a main section, 0: none but where sections change."""
    number = max(0, round((line - part.beat) / bar_beats))
    section, number, asked = _section(style, part, number)
    if section not in MAIN:
        return Place(section, number, first=number == 0)
    fill = style.sections["fill"].bars
    if asked:
        return Place(section, number, min(fill - 1, number))
    ends = following.beat > line + ON_THE_BAR and following.name not in ("fill", "break")
    regular = fills > 0 and number % fills == fills - 1
    first = number == 0 or (fills > 0 and number % fills == 0)
    return Place(section, number, fill - 1 if ends or regular else NO_FILL, first)


def _section(style: Style, part: Part, number: int) -> tuple[str, int, bool]:
    """Section and bar number, and whether a fill was asked for there."""
    main = style.main(part.main)
    if part.name in MAIN:
        return style.main(part.name), number, False
    own = style.sections[part.name].bars
    length = max(own, round(part.bars))
    if part.name == "ending":  # one that is told longer than it is written begins later
        before = length - own
        played = ("ending", number - before) if number < length else ("", 0)
        return (main, number, False) if number < before else (*played, False)
    if number >= length:
        return main, number - length, False
    if part.name == "fill":
        return main, number, number < own
    return part.name, number % own, False
