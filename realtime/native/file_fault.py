"""What is wrong in a file that anyone may have written (a device, a player), said with its line and a remedy; [any but audio]."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterable
from pathlib import Path

from realtime.native.errors import AntiphonError, nearest

LONGEST = 200
"""Letters of another's error message that a sentence repeats."""

_COLOURS = re.compile(r"\x1b\[\d*m")
_PLACES = re.compile(r'File "([^"]+)", line (\d+)|\bat (\S+) \((\d+)\)')
_QUOTED = re.compile(r"'(\w+)'")
_NAMELESS = ("NameError", "KeyError")
"""What Numba raises without a place."""
_CHATTER = re.compile(r"Failed in nopython|During:|File |There (is|are)|>>>|<source|\^|$")
_PLAINER = (
    (re.compile(r"NRT required"), "audio code takes no memory: it may make no list, array or text"),
    (re.compile(r"Unsupported Python value None"), "audio code knows no None"),
    (
        re.compile(r"No implementation of function Function\(<(?:built-in )?function (\w+)"),
        r"\1() is not possible in audio code, or not with these arguments",
    ),
    (re.compile(r"Untyped global name '(\w+)'"), r"'\1' is not possible in audio code"),
    (re.compile(r"No implementation of function Function\(<ufunc '(\w+)'"), r"\1() does not take these arguments"),
)
"""What Numba says, and what it means to someone who writes a device."""


def file_fault(error: BaseException, path: str | Path, known: Iterable[str] = ()) -> AntiphonError:
    """The sentence for an error that came out of a file's code. known: names among which a missing one is looked for."""
    path, words = Path(path), _words(error)
    line = _line(error, path) or (_line_of_word(words, path) if words.startswith(_NAMELESS) else None)
    place = f"{path}, line {line}" if line else f"{path}"
    if isinstance(error, KeyError) and known:
        name = str(error.args[0])
        return AntiphonError(f"{place}: there is no field {name!r}; {nearest(name, known, 'it has')}")
    return AntiphonError(f"{place}: {words}; correct the file, or take it away")


def _words(error: BaseException) -> str:
    """The first line of an error that says something."""
    kind = "" if type(error).__module__.startswith("numba") else f"{type(error).__name__}: "
    if isinstance(error, SyntaxError):
        return f"this is no Python: {error.msg}"
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines()]
    said = next((line for line in lines if not _CHATTER.match(line)), "")
    for pattern, plainer in _PLAINER:
        if match := pattern.search(said):
            return match.expand(plainer)
    return (kind + said[:LONGEST]).rstrip(":., ") or type(error).__name__


def _line(error: BaseException, path: Path) -> int | None:
    """Where in the file it happened: the innermost line that the error tells of."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).name == path.name:
        return error.lineno
    frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).name == path.name]
    for match in _PLACES.finditer(_COLOURS.sub("", str(error))):
        file, line = match.group(1) or match.group(3), match.group(2) or match.group(4)
        if Path(file).name == path.name:
            frames.append(int(line))
    return frames[-1] if frames else None


def _line_of_word(words: str, path: Path) -> int | None:
    """The line that uses a name which the message quotes: Numba does not always say where."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    quoted = set(_QUOTED.findall(words))
    for node in ast.walk(tree):
        if (isinstance(node, ast.Name) and node.id in quoted) or (
            isinstance(node, ast.Attribute) and node.attr in quoted
        ):
            return node.lineno
    return None
