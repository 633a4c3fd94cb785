"""Where everything of the rack goes, as numbers on a grid of equal cells; no Qt, so that arithmetic can test it."""

from collections.abc import Callable
from dataclasses import dataclass

MIN_COLUMNS = 4  # a device's head needs as much


@dataclass(frozen=True)
class Span:
    """A stretch of one group on one row: first column, row, and which of its members (from, to)."""

    group: int
    row: int
    column: int
    first: int
    last: int


def place(groups: list[list[int]], columns: int) -> tuple[list[Span], int]:
    """Groups, each a list of its members' widths in cells, laid on rows of `columns`; returns spans and the row count.

    A group that fits on a row is kept whole; a longer one breaks between members.
    """
    spans: list[Span] = []
    row = column = 0
    for index, widths in enumerate(groups):
        total = sum(widths)
        if column and column + total > columns and (total <= columns or column + widths[0] > columns):
            row, column = row + 1, 0
        first, start = 0, column
        for member, width in enumerate(widths):
            if column + width > columns and column > 0:
                if member > first:
                    spans.append(Span(index, row, start, first, member))
                row, column, first, start = row + 1, 0, member, 0
            column += width
        spans.append(Span(index, row, start, first, len(widths)))
    return spans, row + 1 if groups else 0


def natural_columns(groups: list[list[int]], limit: int) -> int:
    """The narrowest width that needs no more rows than fair for its cells: 1 up to 8, 2 up to 20, then 3 and more."""
    cells = sum(map(sum, groups))
    if not cells:
        return min(MIN_COLUMNS, limit)
    rows = 1 if cells <= 8 else 2 if cells <= 20 else max(3, -(-cells // limit))
    widest = max(max(widths) for widths in groups if widths)
    for columns in range(max(MIN_COLUMNS, widest, -(-cells // rows)), limit):
        if place(groups, columns)[1] <= rows:
            return columns
    return limit


@dataclass(frozen=True)
class Slot:
    """Where one device goes, in pixels."""

    index: int
    left: int
    top: int
    width: int
    height: int


def shelve(wanted: list[int], height_of: Callable[[int, int], int], width: int, gap: int) -> list[Slot]:
    """Devices by the pixels they want, in order, on shelves that fill `width`; height_of(device, width) in pixels.

    A device goes under the one before it when a taller neighbour leaves the room, else beside it, else on a new shelf.
    Spare width is shared in proportion; the lowest device of a column reaches down to the shelf.
    """
    shelves: list[list[list[int]]] = []
    for index in range(len(wanted)):
        if shelves and _stack(shelves[-1], index, wanted, height_of, width, gap):
            continue
        if shelves and sum(_column_widths(shelves[-1], wanted)) + len(shelves[-1]) * gap + wanted[index] <= width:
            shelves[-1].append([index])
        else:
            shelves.append([[index]])
    slots: list[Slot] = []
    top = 0
    for shelf in shelves:
        asked = [min(width, pixels) for pixels in _column_widths(shelf, wanted)]
        spare = max(0, width - sum(asked) - gap * (len(shelf) - 1))
        widths = [pixels + spare * pixels // sum(asked) for pixels in asked]
        widths[-1] = width - sum(widths[:-1]) - gap * (len(shelf) - 1)
        height = max(
            _column_height(column, pixels, height_of, gap) for column, pixels in zip(shelf, widths, strict=True)
        )
        left = 0
        for column, pixels in zip(shelf, widths, strict=True):
            y = top
            for index in column:
                tall = top + height - y if index == column[-1] else height_of(index, pixels)
                slots.append(Slot(index, left, y, pixels, tall))
                y += tall + gap
            left += pixels + gap
        top += height + gap
    return slots


def _stack(shelf: list[list[int]], index: int, wanted: list[int], height_of: Callable, width: int, gap: int) -> bool:
    """Puts a device under the last one if a column before it stays the tallest; True if it went there."""
    if len(shelf) < 2:
        return False
    *others, last = _column_widths(shelf, wanted)
    pixels = max(last, wanted[index])
    if sum(others) + pixels + gap * len(others) > width:
        return False
    room = max(_column_height(column, own, height_of, gap) for column, own in zip(shelf, others, strict=False))
    if _column_height([*shelf[-1], index], pixels, height_of, gap) > room:
        return False
    shelf[-1].append(index)
    return True


def _column_widths(shelf: list[list[int]], wanted: list[int]) -> list[int]:
    return [max(wanted[index] for index in column) for column in shelf]


def _column_height(column: list[int], pixels: int, height_of: Callable[[int, int], int], gap: int) -> int:
    return sum(height_of(index, pixels) for index in column) + gap * (len(column) - 1)
