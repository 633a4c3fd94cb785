"""Single values in the text of one table: changed in place with their comment kept, numbers as a person writes them; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tomlkit
from tomlkit.items import Item

from realtime.native.errors import AntiphonError
from realtime.session.document.blocks import bare
from realtime.session.scene_write import text_value


def number(value: float) -> str:
    """A number in six digits, without what only a computer would write: 1300, 0.35, -13."""
    value = float(value)
    short = f"{value:.6g}"
    if "e" not in short:
        return "0" if short == "-0" else short
    return np.format_float_positional(float(short), trim="-") if abs(value) < 1e15 else repr(value)


def same(one: float, other: float) -> bool:
    """Whether two numbers are one on the stage: equal as the engine holds them, or as they would be written."""
    return bool(np.float32(one) == np.float32(other)) or number(one) == number(other)


def value(what: Any) -> str:
    """Any value as TOML."""
    if isinstance(what, Mapping):
        inner = ", ".join(f"{bare(str(key))} = {value(one)}" for key, one in what.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(what, (list, tuple)):
        return "[" + ", ".join(map(value, what)) + "]"
    if isinstance(what, (float, np.floating)):
        return number(float(what))
    if isinstance(what, str):
        try:
            what.encode()
        except UnicodeEncodeError:
            raise AntiphonError(f"{what!r:.60} holds half a character, which no file can") from None
    elif not isinstance(what, (bool, int)):
        raise AntiphonError(f"{what!r:.60} is nothing that a scene can hold; give a text, a number, a list or a table")
    return text_value(what)


def item(what: Any) -> Item:
    """A value as tomlkit holds it."""
    return tomlkit.value(value(what))


def put(content: str, key: str, what: Any) -> str:
    """The rows of a table with one value set; None takes it out. A new one comes last."""
    newline = "\r\n" if "\r\n" in content else "\n"
    if content and not content.endswith("\n"):
        content += newline
    document = tomlkit.parse(content)
    if what is None:
        if key not in document:
            return content
        document.remove(key)
        return tomlkit.dumps(document)
    if key not in document:
        return f"{content}{bare(key)} = {value(what)}{newline}"
    if isinstance(document[key], Mapping) and not isinstance(document[key], tomlkit.items.InlineTable):
        document.remove(key)  # dotted keys: sends.hall = -3
        return f"{tomlkit.dumps(document)}{bare(key)} = {value(what)}{newline}"
    document[key] = item(what)
    return tomlkit.dumps(document)


def rows(table: Mapping[str, Any]) -> str:
    """A new table's rows."""
    return "".join(f"{bare(str(key))} = {value(one)}\n" for key, one in table.items())
