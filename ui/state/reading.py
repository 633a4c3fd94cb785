"""JSON out of the tree, read so that what is missing or of another kind is simply not there; no Qt."""

import json
import math
from typing import Any


def listed(value: Any) -> list[dict[str, Any]]:
    """A JSON list of objects; what is none is left out."""
    found = loads(value)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def table(value: Any) -> dict[str, Any]:
    """A JSON object; {} for anything else."""
    found = loads(value)
    return found if isinstance(found, dict) else {}


def names(value: Any) -> list[str]:
    """A JSON list of texts; what is none is left out."""
    found = loads(value)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def loads(value: Any) -> Any:
    """What a JSON text says; None when it is none."""
    try:
        return json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return None


def dumps(value: Any) -> str:
    """A body for a writable node: short, and every letter as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def whole(value: Any, otherwise: int) -> int:
    """A whole number, or `otherwise`."""
    return int(value) if is_number(value) else otherwise


def is_number(value: Any) -> bool:
    """Whether it is a finite number, and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def number(value: Any, otherwise: float) -> float:
    """A finite number, or `otherwise`."""
    return float(value) if is_number(value) else otherwise


def numbers(value: Any) -> tuple[int, ...]:
    """The whole numbers of a list."""
    found = value if isinstance(value, list) else []
    return tuple(int(one) for one in found if is_number(one))


def pair(value: Any, low: int, high: int) -> tuple[int, int]:
    """Two numbers in order within low..high; (low, high) for anything else."""
    found = numbers(value)
    if len(found) != 2:
        return low, high
    first, last = sorted(min(max(one, low), high) for one in found)
    return first, last
