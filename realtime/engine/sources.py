"""Who is heard: the names that `hears` gives to MIDI sources in a scene, as bit masks and lanes; [main]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from realtime.engine.layout import HARDWARE_SOURCE, MAX_PLAYERS, PANEL_SOURCE, PLAYER_SOURCE
from realtime.native.errors import AntiphonError

KEYS = (1 << PLAYER_SOURCE) - 1
PLAYERS = ((1 << MAX_PLAYERS) - 1) << PLAYER_SOURCE
PORTS = PLAYER_SOURCE - HARDWARE_SOURCE
WHOLE = -1
"""All lanes of the players that are heard."""
_NAMED = {"keys": KEYS, "players": PLAYERS, "panel": 1 << PANEL_SOURCE}
_COUNTED = re.compile(r"(port|player) ([0-9]{1,4})(?: (.+))?")
CHOICES = f'"keys" (all that is played by hand), "panel", "port 1" to "port {PORTS}", "players", "player N", or "player N LANE"'


def source_mask(name: str, lanes: Sequence[Sequence[str]] | None = None) -> tuple[int, int]:
    """(bit mask of sources, lane or WHOLE) of one name. lanes: the lanes of each player there is; None: any player is
    taken for there. Raises AntiphonError."""
    if name in _NAMED:
        return _NAMED[name], WHOLE
    match = _COUNTED.fullmatch(name)
    number = int(match[2]) if match else 0
    if match and match[1] == "port" and match[3] is None and 1 <= number <= PORTS:
        return 1 << (HARDWARE_SOURCE + number - 1), WHOLE
    if not match or match[1] != "player" or not 1 <= number <= MAX_PLAYERS:
        raise AntiphonError(f"source {name!r} is unknown; use {CHOICES}")
    if lanes is not None and number > len(lanes):
        there = f"the scene has {len(lanes)}" if lanes else "the scene has none"
        raise AntiphonError(f"source {name!r}: there is no such player; {there}")
    mask = 1 << (PLAYER_SOURCE + number - 1)
    if match[3] is None:
        return mask, WHOLE
    known = lanes[number - 1] if lanes is not None else ()
    if match[3] not in known:
        raise AntiphonError(f"source {name!r}: player {number} has no such lane; it has: {', '.join(known) or 'none'}")
    return mask, list(known).index(match[3])


def sources_mask(names: Iterable[str], lanes: Sequence[Sequence[str]] | None = None) -> list[tuple[int, int]]:
    """Masks and lanes of all that some names let through, none of it twice: first what is heard whole."""
    found = [source_mask(name, lanes) for name in names]
    whole = 0
    for mask, lane in found:
        whole |= mask if lane == WHOLE else 0
    single = {(mask, lane) for mask, lane in found if lane != WHOLE and not mask & whole}
    return [(whole, WHOLE), *sorted(single)]
