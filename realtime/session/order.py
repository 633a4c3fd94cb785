"""What a message carries as JSON text: one object that everything behind it can compute with and write; [any but audio]."""

from __future__ import annotations

import json
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session.table import finite, shown


def read_order(text: str, where: str, example: str) -> dict[str, Any]:
    """The object in a text; where: the address. Raises AntiphonError for anything else, numbers that are not finite or
    have more than 64 bits, and half characters."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise AntiphonError(f"{where}: it holds half a character, which no file can; send another") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AntiphonError(f"{where} takes a JSON object as text, like {example}, not {shown(text)}")
    if not finite(found):
        raise AntiphonError(
            f"{where}: it holds a number that is not finite (nan, inf) or has more than 64 bits; send another"
        )
    return found
