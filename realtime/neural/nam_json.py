"""JSON as other programs write it: byte order marks, NaN, numbers as text, null for "not given"; [main]."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

MAX_TEXT = 80
"""Characters of a name that are kept."""


class Unfit(Exception):
    """Half a sentence: why a document can't be loaded."""


def read_json(data: bytes) -> Any:
    """A JSON document. Raises Unfit."""
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise Unfit("its lists are nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:  # Python's own reader knows byte order marks and the NaN and Infinity that Python writes
        return json.loads(data)
    except RecursionError:
        raise Unfit("its lists are nested too deeply") from None
    except ValueError:
        raise Unfit("it is not complete JSON") from None


def number(value: Any) -> float | None:
    """A finite number, also when written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(spec: Mapping[str, Any], key: str, default: int | None = None) -> int:
    """The whole number at `key`; default: where it is absent or null. Raises Unfit."""
    value = spec.get(key)
    if value is None:
        if default is None:
            raise Unfit(f"the entry {key!r} is missing")
        return default
    return as_whole(value, key)


def as_whole(value: Any, key: str) -> int:
    """A whole number, also when written as text or with a point. Raises Unfit."""
    found = number(value)
    if found is None or found != int(found):
        raise Unfit(f"the entry {key!r} is {short(value)}, not a whole number")
    return int(found)


def wholes(spec: Mapping[str, Any], key: str) -> list[int]:
    """The list of whole numbers at `key`. Raises Unfit."""
    value = spec.get(key)
    if not isinstance(value, list):
        raise Unfit(f"the entry {key!r} is {short(value)}, not a list")
    return [as_whole(entry, key) for entry in value]


def flag(value: Any, key: str) -> bool:
    """Yes or no: null is no; also as 0, 1, "true", "false". Raises Unfit."""
    if value is None:
        return False
    known = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
    try:
        return known[str(value).lower()]
    except KeyError:
        raise Unfit(f"the entry {key!r} is {short(value)}, neither true nor false") from None


def section(spec: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object at `key`. Raises Unfit."""
    value = spec.get(key)
    if not isinstance(value, dict):
        raise Unfit(f"the entry {key!r} is missing" if value is None else f"the entry {key!r} is no object")
    return value


def numbers(value: Any, key: str) -> np.ndarray:
    """(n,) float32 from a list of numbers. Raises Unfit."""
    if not isinstance(value, list):
        raise Unfit(f"the entry {key!r} is missing" if value is None else f"the entry {key!r} is no list of numbers")
    try:
        with np.errstate(over="ignore"):  # what overflows is refused here
            flat = np.asarray(value, np.float32).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise Unfit(f"the entry {key!r} is no list of numbers") from None
    if not np.isfinite(flat).all():
        raise Unfit(f"some {key} are not finite numbers")
    return flat


def short(value: Any) -> str:
    """A value for an error message, on one line and not endless."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    return repr(value)[:MAX_TEXT]


def one_line(value: Any, otherwise: str) -> str:
    """A name to show: printable, one line, at most MAX_TEXT characters."""
    if not isinstance(value, str):
        return otherwise
    text = "".join(c if c.isprintable() else " " for c in value[: 4 * MAX_TEXT])
    return " ".join(text.split())[:MAX_TEXT] or otherwise
