"""The one exception a user may see: a clear sentence with the place and the remedy; any thread but the audio thread."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_NAMES = 12
"""Names that a sentence may list."""


class AntiphonError(Exception):
    """Bad input or a missing resource, told in one sentence that names the place and the remedy."""


def nearest(name: str, known: Iterable[str], heading: str = "there are") -> str:
    """What to say after an unknown name: the nearest that there is, or all of them where they are few."""
    names = list(known)
    folded = {one.lower(): one for one in reversed(names)}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    alike = [one for one in names if len(name) > 2 and (name.lower() in one.lower() or one.lower() in name.lower())]
    if alike:
        return f"did you mean one of {', '.join(alike[:MOST_NAMES])}?"
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{heading}: {', '.join(names[:MOST_NAMES]) or 'none'}{more}"
