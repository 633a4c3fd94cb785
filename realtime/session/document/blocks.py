"""A TOML text cut into its tables, each with the comments that stand above its header; [main].

TOML parsers hang the comment above `[[track]]` to the table before it, and lose it with that. Here a table is a block of
text of its own: what moves, is copied or goes takes its comment along, and what nobody touched stays to the byte.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n', re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """One table. lead: comments right above its header. content: from there to its last value. tail: what follows."""

    path: tuple[str, ...] = ()
    lead: str = ""
    header: str = ""
    content: str = ""
    tail: str = ""

    @property
    def text(self) -> str:
        return self.lead + self.header + self.content + self.tail

    def with_path(self, path: tuple[str, ...], is_array: bool) -> Block:
        """The same table under another name: a track's device as one of the master."""
        start, end = ("[[", "]]") if is_array else ("[", "]")
        comment = self.header[self.header.rindex("]") + 1 :]
        return replace(self, path=path, header=f"{start}{'.'.join(map(bare, path))}{end}{comment}")


def bare(key: str) -> str:
    """A key as it stands in TOML: in quotes where it needs them."""
    if key and re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _line_starts(text: str) -> Iterator[int]:
    """Where a line begins that is not inside a value."""
    depth, yield_from = 0, 0
    yield yield_from
    for token in _TOKEN.finditer(text):
        what = token[0]
        if what in "[{":
            depth += 1
        elif what in "]}":
            depth -= 1
        elif what == "\n" and depth <= 0:
            depth = 0
            yield token.end()


def _path(header: str) -> tuple[str, ...]:
    found, path = tomllib.loads(header), []
    while found:
        key = next(iter(found))
        path.append(key)
        inner = found[key]
        found = inner[0] if isinstance(inner, list) else inner
    return tuple(path)


def is_array(block: Block) -> bool:
    """Whether the header is of the kind [[...]]."""
    return block.header.lstrip().startswith("[[")


def _split(path: tuple[str, ...], header: str, lines: list[str]) -> Block:
    last = max((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), default=-1)
    return Block(path, "", header, "".join(lines[: last + 1]), "".join(lines[last + 1 :]))


def blocks(text: str) -> list[Block]:
    """A valid TOML text as blocks, the first without a header; their texts joined are the text."""
    starts = [*_line_starts(text), len(text)]
    lines = [text[a:b] for a, b in itertools.pairwise(starts) if b > a]
    found: list[Block] = []
    path: tuple[str, ...] = ()
    header, rows = "", list[str]()
    for line in lines:
        if line.lstrip().startswith("["):
            found.append(_split(path, header, rows))
            path, header, rows = _path(line), line, []
        else:
            rows.append(line)
    found.append(_split(path, header, rows))
    return _with_leads(found)


def _with_leads(found: list[Block]) -> list[Block]:
    """Comments that stand right above a header go to that header."""
    for number in range(1, len(found)):
        before = found[number - 1]
        lines = before.tail.splitlines(keepends=True)
        at = len(lines)
        while at and lines[at - 1].lstrip().startswith("#"):
            at -= 1
        found[number - 1] = replace(before, tail="".join(lines[:at]))
        found[number] = replace(found[number], lead="".join(lines[at:]))
    return found


def has_inline_tables(table: Mapping, keys: tuple[str, ...], headers: set[str]) -> bool:
    """Whether one of these arrays of tables is written as a value and not by headers."""
    return any(isinstance(table.get(key), list) and table[key] and key not in headers for key in keys)
