"""A scene as one of its snapshots has it, before it is compiled, so that a part's first note has its sound; [main]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from realtime.contract.limits import BEAT_UNITS, BEATS_A_BAR, LOUDEST_DB, SILENT_DB, TEMPO_BPM
from realtime.engine.rack import Bus, Slot, Track
from realtime.native.errors import AntiphonError, nearest
from realtime.session.scene_data import Scene
from realtime.session.table import Table
from realtime.session.text_file import read_toml

_SEND = "send "
_LEVEL = (SILENT_DB, LOUDEST_DB)


def with_snapshot(scene: Scene, name: str) -> Scene:
    """The scene, its own, with the values of a snapshot of its text. What the snapshot has of nothing in the scene is left
    out. Raises AntiphonError if there is none of that name."""
    tables = {str(table.get("name")): table for table in read_toml(scene.text, scene.name, "scene").get("snapshot", [])}
    if name not in tables:
        raise AntiphonError(f"{scene.name}: there is no snapshot {name[:60]!r}; {nearest(name, tables)}")
    reader = Table(tables[name], f"{scene.name}, snapshot {name!r}")
    lines = _lines(scene)
    for line, values in reader.inner("values").table.items():
        if line in lines:
            lines[line](Table(values, f"{reader.where}, {line}"))
    return replace(
        scene,
        tempo_bpm=reader.number("tempo_bpm", scene.tempo_bpm, *TEMPO_BPM),
        signature=(
            reader.whole("numerator", scene.signature[0], *BEATS_A_BAR),
            reader.one_of("denominator", scene.signature[1], BEAT_UNITS),
        ),
        master_db=reader.number("master_db", scene.master_db, *_LEVEL),
    )


def _lines(scene: Scene) -> dict[str, Any]:
    """Line of a snapshot -> what takes its values."""
    found: dict[str, Any] = {}
    strips: list[Track | Bus] = [*scene.rack.tracks, *scene.rack.buses]
    for strip in strips:
        found[strip.name] = lambda values, strip=strip: _strip(strip, values)
    for name, slots in (*((strip.name, strip.slots) for strip in strips), ("master", scene.rack.master)):
        for number, slot in enumerate(slots, 1):
            found[f"{name}/{number}"] = lambda values, slot=slot: _slot(slot, values.table)
    for number, player in enumerate(scene.players, 1):
        found[f"player {number}"] = lambda values, player=player: player.values.update(values.table)
    return found


def _strip(strip: Track | Bus, values: Table) -> None:
    strip.gain_db = values.number("gain_db", strip.gain_db, *_LEVEL)
    strip.pan = values.number("pan", strip.pan, -1.0, 1.0)
    strip.mute = values.flag("mute") if "mute" in values.table else strip.mute
    if isinstance(strip, Track):
        for key in values.table:
            if key.startswith(_SEND):
                strip.sends[key[len(_SEND) :]] = values.number(key, 0.0, *_LEVEL)


def _slot(slot: Slot, values: Mapping[str, Any]) -> None:
    slot.values = slot.values | {key: value for key, value in values.items() if key != "bypass"}
    slot.bypass = bool(values.get("bypass", slot.bypass))
