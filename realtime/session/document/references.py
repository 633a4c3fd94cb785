"""Names that point elsewhere in a scene (sends, sidechains, audio_from, players that are heard), kept right; [main]."""

from __future__ import annotations

import re
from collections.abc import Callable

from realtime.session.document.document import Document, Part

_PLAYER = re.compile(r"player ([0-9]+)( .+)?")


def keep_counted_names(document: Document) -> None:
    """Write out the names that are only counted ("track 2"), before the count changes."""
    for kind in ("track", "bus"):
        names = [document.name_of(part) for part in document.all(kind)]
        for part, name in zip(document.all(kind), names, strict=True):
            if not part.name:
                part.put("name", name)


def rename(document: Document, part: Part, name: str) -> None:
    """Give a track or bus another name, wherever it is named."""
    former = document.name_of(part)
    part.put("name", name)
    if part.kind == "bus":
        for track in document.all("track"):
            sends = dict(track.table.get("sends", {}))
            if former in sends:
                track.put("sends", {name if key == former else key: gain for key, gain in sends.items()})
        return
    for _, devices in document.chains():
        for device in devices:
            if device.table.get("sidechain") == former:
                device.put("sidechain", name)
    for track in document.all("track"):
        source, _, port = str(track.table.get("audio_from", "")).rpartition("/")
        if source and source == former:
            track.put("audio_from", f"{name}/{port}")


def forget(document: Document, part: Part) -> None:
    """Take out all that points to a track or bus that goes."""
    keep_counted_names(document)
    if part.kind == "bus":
        for track in document.all("track"):
            sends = dict(track.table.get("sends", {}))
            if sends.pop(part.name, None) is not None:
                track.put("sends", sends or None)
        return
    for _, devices in document.chains():
        for device in devices:
            if device.table.get("sidechain") == part.name:
                device.put("sidechain", None)
    for track in document.all("track"):
        if str(track.table.get("audio_from", "")).rpartition("/")[0] == part.name:
            track.put("audio_from", None)


def loosen(document: Document, track: Part) -> None:
    """Take out what a track that came from elsewhere points to and this scene has not."""
    buses = {document.name_of(part) for part in document.all("bus")}
    tracks = {document.name_of(part) for part in document.all("track")}
    sends = track.table.get("sends", {})
    if isinstance(sends, dict) and set(sends) - buses:
        track.put("sends", {name: gain for name, gain in sends.items() if name in buses} or None)
    for device in track.devices:
        if device.table.get("sidechain", "") not in {"", *tracks}:
            device.put("sidechain", None)
    if str(track.table.get("audio_from", "")).rpartition("/")[0] not in {"", *tracks}:
        track.put("audio_from", None)


def forget_player(document: Document, number: int) -> None:
    """Let nobody hear a player that goes, and count those behind it anew."""
    count_players(document, lambda former: None if former == number else former - (former > number))


def move_player(document: Document, number: int, to: int) -> None:
    """Let all hear whom they heard, once a player has gone to another place; both from 1."""
    order = [one for one in range(1, len(document.all("player")) + 1) if one != number]
    order.insert(to - 1, number)
    count_players(document, lambda former: order.index(former) + 1 if former in order else former)


def count_players(document: Document, now: Callable[[int], int | None]) -> None:
    """Count players anew wherever they are heard; now: the number of each by its former one, None of one that goes."""

    def count(name: str) -> str | None:
        match = _PLAYER.fullmatch(name)
        if match is None:
            return name
        number = now(int(match[1]))
        return None if number is None else f"player {number}{match[2] or ''}"

    for part in [*document.all("track"), *document.all("player")]:
        _hear(part, count)


def _hear(part: Part, count: Callable[[str], str | None]) -> None:
    hears = part.table.get("hears")
    names = [hears] if isinstance(hears, str) else hears
    if not names:
        return
    kept = [counted for name in names if (counted := count(name)) is not None]
    if kept != names:
        part.put("hears", kept)
