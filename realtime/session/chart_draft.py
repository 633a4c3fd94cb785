"""A chart that is being written: read as it stands, with what is wrong by its line; the scene is not touched; [main]."""

from __future__ import annotations

import json
import re
from typing import Any

from realtime.music.chart_data import as_data
from realtime.music.chart_text import read_text
from realtime.native.errors import AntiphonError

MOST_FAULTS = 8
_LINE = re.compile(r"Chart, line (\d+)(?:, bar \d+)?: ")


def draft(text: str, numerator: int = 4, denominator: int = 4) -> dict[str, Any]:
    """What a text says: {"of": the text, "faults": [{"line", "text"}], "bars", "sections", "key", ...}; bars and sections are
    those of the lines that can be read. line: from 1; 0 where a fault has none."""
    lines = text.splitlines()
    faults: list[dict[str, Any]] = []
    while True:
        try:
            found = as_data(read_text("\n".join(lines)), numerator, denominator)
            break
        except AntiphonError as error:
            match = _LINE.match(str(error))
            at = int(match[1]) if match else 0
            if not 0 < at <= len(lines) or not lines[at - 1].strip() or len(faults) >= MOST_FAULTS:
                faults += [] if faults and not match else [_fault(at, str(error))]
                found = {"bars": [], "sections": [], "key": None}
                break
            faults.append(_fault(at, str(error)))
            lines[at - 1] = ""  # what is wrong further down is told, too
    return {"of": text, "faults": sorted(faults, key=lambda one: int(one["line"])), **found}


def _fault(line: int, sentence: str) -> dict[str, Any]:
    said = _LINE.sub("", sentence).removeprefix("Chart: ")
    return {"line": line, "text": said[:1].upper() + said[1:]}


def draft_json(text: str, numerator: int = 4, denominator: int = 4) -> str:
    """The same as JSON; "" for no text."""
    if not text.strip():
        return json.dumps({"of": text, "faults": [], "bars": [], "sections": [], "key": None})
    return json.dumps(draft(text, numerator, denominator), ensure_ascii=False)
