"""What the tree says of the song in force, its neighbours and its parts, with or without a setlist; no widgets."""

from dataclasses import dataclass
from typing import Any

from ui import strings
from ui.names import plain_name, scene_info, scene_title
from ui.store import Store


@dataclass(frozen=True)
class Song:
    """One song or scene as the stage shows it."""

    title: str = ""
    facts: str = ""
    place: str = ""
    ready: bool = False


def songs(store: Store) -> list[dict[str, Any]]:
    """The setlist's songs; none without a setlist."""
    return [one for one in store.json("/setlist/songs", []) if isinstance(one, dict)]


def here(store: Store) -> int:
    """Number of the song in force, from 1; 0 for none."""
    return int(store.value("/setlist/song", 0) or 0)


def current(store: Store) -> Song:
    """What plays now."""
    rows, at = songs(store), here(store)
    place = f"{at} / {len(rows)}" if rows and at else ""
    row = rows[at - 1] if 0 < at <= len(rows) else {}
    title = store.value("/song/title") or row.get("title") or scene_title(store)
    key = store.value("/song/key") or row.get("key") or ""
    notes = store.value("/song/notes") or ""
    facts = [strings.IN_KEY.format(key) if key else "", f"“{first_line(str(notes))}”" if notes else ""]
    return Song(str(title), " · ".join(part for part in facts if part), place)


def following(store: Store) -> Song | None:
    """The next song of the setlist, or the next scene without one; None at the end."""
    rows, at = songs(store), here(store)
    if rows:
        row = next((one for one in rows[at:] if not one.get("missing")), None)
        if row is None:
            return None
        return Song(str(row.get("title") or row.get("name")), _facts(row), ready=bool(row.get("ready")))
    names = store.json("/scenes", [])
    now = store.value("/scene")
    if now not in names or len(names) < 2:
        return None
    name = names[(names.index(now) + 1) % len(names)]
    row = scene_info(store, name)
    return Song(str(row.get("title") or plain_name(name)), _facts(row))


def parts(store: Store) -> list[str]:
    """Names of the parts of the song in force."""
    rows, at = songs(store), here(store)
    if not 0 < at <= len(rows):
        return []
    found = rows[at - 1].get("parts") or []
    return [str(one.get("title") or one.get("name")) if isinstance(one, dict) else str(one) for one in found]


def first_line(text: str) -> str:
    """The first sentence or line."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    cut = line.find(". ")
    return line[: cut + 1] if cut > 20 else line


def _facts(row: dict[str, Any]) -> str:
    tempo, key = row.get("tempo_bpm"), row.get("key")
    return " · ".join(part for part in (f"{float(tempo):g}" if tempo else "", str(key) if key else "") if part)
