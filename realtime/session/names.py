"""What tracks and buses may be called, and the OSC address that each name gets; [main]."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from realtime.control.nodes import MASTER
from realtime.native.errors import AntiphonError
from realtime.session.table import shown

LONGEST_NAME = 64
RESERVED = frozenset({MASTER})
"""Addresses below /mix that are no track's."""
_OTHERS = re.compile(r"[^A-Za-z0-9.-]+")


def check_names(names: Iterable[tuple[str, str]], scene: str) -> None:
    """names: (kind, name) of all tracks and buses. Raises AntiphonError for a name that nobody could tell apart."""
    taken: dict[str, str] = {}
    for kind, name in names:
        where = f"{scene}, {kind} {shown(name)}"
        if not name.strip() or not name.isprintable():
            raise AntiphonError(f"{where}: give it a name of letters that can be seen")
        if len(name) > LONGEST_NAME:
            raise AntiphonError(f"{where}: the name has {len(name)} characters; {LONGEST_NAME} are the most")
        if name in taken:
            raise AntiphonError(f"{where}: there is a {taken[name]} of that name already; give each its own name")
        taken[name] = kind


def slug(name: str) -> str:
    """A name as one part of an OSC address: ASCII letters, digits, "-", "." and "_"; "" if nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _OTHERS.sub("_", plain).strip("_")


def addresses(names: Iterable[str]) -> dict[str, str]:
    """An address part of its own for each name; a name that is one already keeps it.

    "Lead [L]" becomes "Lead_L"; what collides with another, or with "master", gets a number.
    """
    wanted = list(names)
    plain = {name for name in wanted if slug(name) == name and name not in RESERVED}
    taken = set(plain) | RESERVED
    found: dict[str, str] = {}
    for name in wanted:
        at = base = slug(name) or "track"
        number = 1
        while name not in plain and at in taken:
            number += 1
            at = f"{base}_{number}"
        taken.add(at)
        found[name] = at
    return found
