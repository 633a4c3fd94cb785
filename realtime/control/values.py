"""A node's value as every door tells it: of the node's type and inside its range; any thread but the audio thread."""

from collections.abc import Callable
from typing import Any

from realtime.control.tree import Node

_AS: dict[str, Callable[[Any], Any]] = {"i": round, "f": float, "d": float, "T": bool, "s": str, "b": bytes}


def as_told(node: Node, value: Any) -> tuple:
    """One Python value for each type tag. Raises ValueError, TypeError, OverflowError for one that has no such form."""
    values = value if isinstance(value, tuple) else (value,)
    return tuple(_one(node, tag, one) for tag, one in zip(node.type, values, strict=True))


def _one(node: Node, tag: str, value: Any) -> Any:
    if tag in "ifd" and node.range is not None and value == value:
        low, high = node.range
        value = min(max(value, low), high)  # what is told can be set: a fader at -inf dB reads its bottom
    return _AS[tag](value)
