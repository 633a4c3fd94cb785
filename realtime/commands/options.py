"""The kinds of option that commands share: bounded numbers, files to read and to write, name=value pairs; [main].

All are checked before a command begins, so that an hour's work never ends in "no such folder".
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from realtime.native.errors import AntiphonError

LARGEST_SEED = 2**32 - 1
LONGEST_S = 24 * 3600.0
"""Longest render, and longest tail or run that can be asked for, in seconds."""
SOUNDS = (".wav", ".flac")
RECORDINGS = (*SOUNDS, ".w64", ".rf64")
MIDI_FILES = (".mid", ".midi")


def _name(param: typer.CallbackParam) -> str:
    return param.opts[0] if param.param_type_name == "option" else str(param.metavar or param.name)


def _figure(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _bound(low: float, high: float, unit: str) -> Callable[..., Any]:
    def check(param: typer.CallbackParam, value: Any) -> Any:
        if value is not None and not low <= value <= high:  # NaN is never within
            given = f"{value:g}" if isinstance(value, float) else str(value)[:20]
            bounds = f"choose {_figure(low)} to {_figure(high)} {unit}".rstrip()
            raise AntiphonError(f"{_name(param)} {given} is out of range: {bounds}.")
        return value

    return check


def number(text: str, low: float, high: float, *flags: str, unit: str = "") -> Any:
    """An option that is a number within low..high; its help shows the range."""
    return typer.Option(*flags, help=text, callback=_bound(low, high, unit), metavar=f"{_figure(low)}..{_figure(high)}")


def home(path: Path) -> Path:
    """The path with ~ in its place. Raises AntiphonError for the home of nobody."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise AntiphonError(f"{path}: there is no such home folder; write the path in full.") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def readable(path: Path, folders: bool = False) -> Path:
    """A file (or a folder, where that will do) that can be read. Raises AntiphonError."""
    path = home(path)
    try:
        if path.is_dir():
            if folders:
                next(path.iterdir(), None)
                return path
            raise AntiphonError(f"{path}: this is a folder; name a file in it.")
        with path.open("rb"):
            return path
    except FileNotFoundError:
        raise AntiphonError(f"{path}: there is no such file{' or folder' if folders else ''}.") from None
    except OSError as error:
        raise AntiphonError(f"{path}: it cannot be read ({_reason(error)}).") from None


def writable(path: Path, suffixes: tuple[str, ...] = ()) -> Path:
    """A file that can be written, of one of these kinds; its folder may still have to be made. Raises AntiphonError."""
    path = home(path)
    try:
        if path.is_dir():
            raise AntiphonError(f"{path}: this is a folder; name the file to write.")
        if suffixes and path.suffix.lower() not in suffixes:
            raise AntiphonError(f"cannot write {path.name!r}: end the name in {' or '.join(suffixes)}.")
        _try_folder(path.parent)
    except OSError as error:
        raise AntiphonError(f"cannot write {path} ({_reason(error)}); choose another place.") from None
    return path


def folder(path: Path) -> Path:
    """A folder that can be written in; it may still have to be made. Raises AntiphonError."""
    path = home(path)
    try:
        _try_folder(path)
    except OSError as error:
        raise AntiphonError(f"cannot write in {path} ({_reason(error)}); choose another folder.") from None
    return path


def _try_folder(path: Path) -> None:
    """Writes a file of no name into the folder, or into the nearest one above it that is there. Raises OSError."""
    while not path.exists() and path != path.parent:
        path = path.parent
    with tempfile.TemporaryFile(dir=path):
        pass


def _path(check: Callable[..., Path], *more: Any) -> Callable[[Any], Any]:
    def callback(value: Any) -> Any:
        if value is None:
            return None
        return [check(path, *more) for path in value] if isinstance(value, (list, tuple)) else check(value, *more)

    return callback


def to_read(text: str, *flags: str, folders: bool = False) -> Any:
    """An option that names a file to read."""
    return typer.Option(*flags, help=text, callback=_path(readable, folders), metavar="FILE")


def to_write(text: str, *flags: str, suffixes: tuple[str, ...] = ()) -> Any:
    """An option that names a file to write."""
    return typer.Option(*flags, help=text, callback=_path(writable, suffixes), metavar="FILE")


def in_folder(text: str, *flags: str) -> Any:
    """An option that names a folder to write in."""
    return typer.Option(*flags, help=text, callback=_path(folder), metavar="FOLDER")


def to_read_argument(text: str, metavar: str, folders: bool = False) -> Any:
    """An argument that names a file to read."""
    return typer.Argument(help=text, callback=_path(readable, folders), metavar=metavar)


def to_write_argument(text: str, metavar: str, suffixes: tuple[str, ...] = ()) -> Any:
    """An argument that names a file to write."""
    return typer.Argument(help=text, callback=_path(writable, suffixes), metavar=metavar)


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Seed = Annotated[int, number("The same seed gives the same notes.", 0, LARGEST_SEED)]
Rate = Annotated[int, number("Sample rate in Hz.", 44100, 192000, unit="Hz")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Parameter as name=value; may be repeated.")
]


def key_values(pairs: list[str] | None, flag: str = "--set", example: str = "drive_db=12") -> dict[str, str]:
    """name=value pairs as typed. Raises AntiphonError."""
    values: dict[str, str] = {}
    for pair in pairs or ():
        name, found, value = pair.partition("=")
        name, value = name.strip(), value.strip()
        if not found or not name or not value:
            raise AntiphonError(f"{flag} {pair!r}: write it as name=value, for example {flag} {example}")
        if name in values:
            raise AntiphonError(f"{flag} {name} is given twice; once will do.")
        values[name] = value
    return values


_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def typed(values: Mapping[str, str]) -> dict[str, Any]:
    """Option values as a scene file would hold them: truth, whole number, number, or text."""
    return {name: _typed(text) for name, text in values.items()}


def _typed(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        if math.isfinite(found):
            return found
    return text
