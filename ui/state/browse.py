"""The browser's items (scenes, devices, models and captures, songs) and how a search finds them; no Qt."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ui import strings
from ui.state import reading
from ui.state.drops import Item

SCENES, DEVICES, MODELS, SONGS = "scenes", "devices", "models", "songs"
SECTIONS = (SCENES, DEVICES, MODELS, SONGS)
SOURCES = {SCENES: "/scenes/info", DEVICES: "/devices/list", MODELS: "/assets/list", SONGS: "/song/list"}


@dataclass(frozen=True)
class Entry:
    """One item of the browser. `origin` is "factory", "user" or "" where nobody says."""

    section: str
    kind: str
    name: str
    title: str
    about: str = ""
    tags: tuple[str, ...] = ()
    origin: str = ""
    favourite: bool = False
    detail: str = ""

    @property
    def item(self) -> Item:
        """What is dragged of it."""
        return Item(self.kind, self.name, self.title)

    @property
    def key(self) -> str:
        """By which a favourite is remembered."""
        return f"{self.kind}:{self.name}"


def read(section: str, value: Any, favourites: frozenset[str] = frozenset()) -> list[Entry]:
    """The entries of a section from its node's JSON, in the alphabet's order; `favourites` are those kept here."""
    reader = {SCENES: _scene, DEVICES: _device, MODELS: _asset, SONGS: _song}[section]
    entries = [entry for one in reading.listed(value) if (entry := reader(one)).name]
    if section == MODELS:
        entries = [entry for entry in entries if entry.kind not in ("scene", "song")]
    entries = [replace(entry, favourite=entry.favourite or entry.key in favourites) for entry in entries]
    return sorted(entries, key=lambda entry: _folded(entry.title))


def search(
    entries: Iterable[Entry], asked: str = "", tags: Iterable[str] = (), *, favourites: bool = False
) -> list[Entry]:
    """Entries that hold every word asked for and every tag. Words in the title come before those only told about."""
    wanted, needed = _folded(asked).split(), {_folded(tag) for tag in tags}
    found: list[tuple[int, int, Entry]] = []
    for at, entry in enumerate(entries):
        if favourites and not entry.favourite:
            continue
        if needed - {_folded(tag) for tag in entry.tags}:
            continue
        title, rest = _folded(entry.title), _folded(" ".join((entry.name, *entry.tags, entry.about, entry.detail)))
        if all(word in title or word in rest for word in wanted):
            told = sum(word not in title for word in wanted)
            found.append((told, at, entry))
    return [entry for _, _, entry in sorted(found, key=lambda one: one[:2])]


def tags(entries: Iterable[Entry], most: int = 24) -> list[str]:
    """The tags in use, the commonest first."""
    counted = Counter(tag for entry in entries for tag in entry.tags)
    return [tag for tag, _ in sorted(counted.items(), key=lambda one: (-one[1], _folded(one[0])))[:most]]


def _scene(found: Mapping[str, Any]) -> Entry:
    key, tempo, players = found.get("key"), found.get("tempo_bpm"), reading.whole(found.get("players"), 0)
    parts = [str(key) if key else "", f"{tempo:g} bpm" if reading.is_number(tempo) else ""]
    parts.append(strings.PLAYERS_COUNTED.format(players) if players > 1 else strings.ONE_PLAYER if players else "")
    return Entry(
        SCENES, "scene", str(found.get("name") or ""), _title(found), str(found.get("description") or ""),
        _tags(found), _origin(found), bool(found.get("favourite")), " · ".join(part for part in parts if part),
    )  # fmt: skip


def _device(found: Mapping[str, Any]) -> Entry:
    name = str(found.get("device") or found.get("player") or "")
    kind = str(found.get("kind") or ("player" if "player" in found else "effect"))
    count = reading.whole(found.get("params"), 0)
    return Entry(
        DEVICES, "device", name, str(found.get("title") or name), str(found.get("doc") or ""), (kind,), _origin(found),
        detail=strings.PARAMETERS_COUNTED.format(count) if count else "",
    )  # fmt: skip


def _asset(found: Mapping[str, Any]) -> Entry:
    kind, path = str(found.get("kind") or ""), str(found.get("path") or "")
    tags = tuple(dict.fromkeys((*_tags(found), strings.ASSET_KINDS.get(kind, kind))))
    return Entry(MODELS, kind, path, str(found.get("name") or path), str(found.get("doc") or ""), tags, _origin(found))


def _song(found: Mapping[str, Any]) -> Entry:
    parts = found.get("parts")
    detail = strings.PARTS_COUNTED.format(len(parts)) if isinstance(parts, list) and parts else ""
    return Entry(
        SONGS, "song", str(found.get("name") or ""), _title(found), str(found.get("description") or ""), _tags(found),
        _origin(found), detail=" · ".join(part for part in (str(found.get("key") or ""), detail) if part),
    )  # fmt: skip


def _title(found: Mapping[str, Any]) -> str:
    return str(found.get("title") or found.get("name") or "")


def _tags(found: Mapping[str, Any]) -> tuple[str, ...]:
    value = found.get("tags")
    value = value.split(",") if isinstance(value, str) else value
    return (
        tuple(one.strip() for one in value if isinstance(one, str) and one.strip()) if isinstance(value, list) else ()
    )


def _origin(found: Mapping[str, Any]) -> str:
    return "" if "factory" not in found else "factory" if found["factory"] else "user"


def _folded(text: str) -> str:
    """Without case and accents: how people search."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).casefold().replace("_", " ")
