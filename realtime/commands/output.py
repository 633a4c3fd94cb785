"""How commands talk: progress bars on stderr, results on stdout, as text or as one JSON object; [main].

What a user named (files, scenes, notes) is printed as it is: never read as markup, never cut, never a control sequence.
"""

from __future__ import annotations

import codecs
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

PLAIN = {
    "—": "-", "–": "-", "…": "...", "·": ".", "•": "*", "✓": "+", "✗": "x", "│": "|", "█": "#", "▀": "#", "▄": "#",
    "●": "*", "µ": "u", "±": "+-", "×": "x", "°": "deg", "→": "->", "−": "-", "“": '"', "”": '"', "’": "'", "‘": "'",
}  # fmt: skip
"""What stands for a character on a terminal that has not got it."""
WIDEST = 10_000  # columns of a table that goes into a file or a pipe: nothing is folded there
LINE_EVERY_S = 5.0
"""A bar that cannot be drawn (no terminal) is a line so often."""

Piece = str | tuple[str, str]


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end


codecs.register_error("antiphon", _stand_in)


def any_terminal() -> None:
    """Let stdout and stderr print every text, whatever the terminal's encoding (LANG=C, a file's stray bytes)."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="antiphon")


def plain(text: object) -> str:
    """One line without control characters: what a file is called cannot steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def can_draw(characters: str, stream: Any = None) -> bool:
    """Whether a stream (default: stdout) can show these characters."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    try:
        characters.encode(encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def say(*pieces: Piece, to: Console | None = None) -> None:
    """One line of plain pieces or (piece, style) pairs, whole however narrow the terminal is."""
    parts = [plain(p) if isinstance(p, str) else (plain(p[0]), p[1]) for p in pieces]
    (to or console).print(Text.assemble(*parts), soft_wrap=True)


def complain(text: object) -> None:
    """A sentence for the user on stderr."""
    say(f"antiphon: {text}", to=errors)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table of plain cells; folded in a terminal, whole in a pipe."""
    table = Table(*heads, box=None)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table, width=None if console.is_terminal else WIDEST)


def print_fields(row: Mapping[str, Any]) -> None:
    """A row of results in one line: "key value, key value"."""
    say(", ".join(f"{key} {value}" for key, value in row.items()))


def print_result(result: Mapping[str, Any]) -> None:
    """A result as lines of "key: value"; what it holds of its own as "key.name: value"."""
    for key, value in result.items():
        inner = value.items() if isinstance(value, dict) else [(None, value)]
        for name, one in inner:
            say(f"{key if name is None else f'{key}.{name}'}: {one}")


def print_json(value: Any) -> None:
    """One JSON document on stdout, for any encoding."""
    json.dump(value, sys.stdout, indent=2, default=float)
    sys.stdout.write("\n")


@contextmanager
def progress_bar(what: str, total: float = 1.0) -> Iterator[Callable[..., None]]:
    """Yields update(done, note="") for a bar on stderr; where there is no terminal, a line every five seconds."""
    if not errors.is_terminal:
        yield _lines(what, total)
        return
    columns = (
        SpinnerColumn("line"), TextColumn("{task.description}", markup=False), BarColumn(),
        TextColumn("{task.fields[note]}", markup=False), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(plain(what), total=total, note="")

        def update(done: float, note: str = "") -> None:
            bar.update(task, completed=done, note=plain(note))

        yield update


def _lines(what: str, total: float) -> Callable[..., None]:
    last = time.monotonic()

    def update(done: float, note: str = "") -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            say(f"{what}: {100 * done / total:.0f} % {note}".rstrip(), to=errors)

    return update
