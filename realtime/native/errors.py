"""The one exception a user may see: a clear sentence with the place and the remedy; any thread but the audio thread."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AntiphonError(Exception):
    """Bad input or a missing resource, told in one sentence that names the place and the remedy."""


def nearest(name: str, known: Iterable[str], heading: str = "there are") -> str:
    """What to say after an unknown name: the nearest that there is, or all of them."""
    names = list(known)
    folded = {one.lower(): one for one in reversed(names)}
    near = difflib.get_close_matches(name.lower(), folded, n=1)
    return f"did you mean {folded[near[0]]!r}?" if near else f"{heading}: {', '.join(names) or 'none'}"
