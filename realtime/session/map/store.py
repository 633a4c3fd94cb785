"""All assignments, by scope: those of the rig in the user's own file, those of scene and part in the scene; [map thread]."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from realtime.midi.map.assignment import (
    MOST_ASSIGNMENTS,
    OF_RIG,
    OF_SCENES,
    SCOPES,
    Assignment,
    read_assignments,
    with_ids,
)
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file
from realtime.session.paths import user_folder
from realtime.session.scene_write import rows

Dicts = list[dict[str, Any]]
Assignments = tuple[Assignment, ...]
RIG, SONG = SCOPES[0], SCOPES[1]


def rig_file() -> Path:
    """Where the rig's assignments lie."""
    return user_folder("maps") / "rig.toml"


class MapStore:
    """changed: told of each change by hand, all assignments before and after (for undo)."""

    def __init__(self, say: Callable[[str], Any]):
        self._say = say
        self._all: list[Assignment] = []
        self._unsaved = False
        self.changed: list[Callable[[Assignments, Assignments], Any]] = []

    @property
    def all(self) -> list[Assignment]:
        return list(self._all)

    def dump(self, *scopes: str) -> Dicts:
        """Plain dicts of some scopes, or of all."""
        return [one.to_dict() for one in self._all if not scopes or one.scope in scopes]

    def find(self, name: str) -> Assignment | None:
        """The assignment of an id."""
        return next((one for one in self._all if one.id == name), None)

    # -- by hand ------------------------------------------------------------------------------------------------------

    def put(self, made: Assignment, instead: Iterable[str] = ()) -> Assignment:
        """Add one, or replace the one of its id and those whose ids stand in `instead`; the one that it became."""
        gone = {made.id, *instead} - {""}
        before, kept = tuple(self._all), [one for one in self._all if one.id not in gone]
        if len(kept) >= MOST_ASSIGNMENTS:
            raise AntiphonError(f"there are {MOST_ASSIGNMENTS} assignments already; remove some first")
        at = next((number for number, one in enumerate(self._all) if one.id == made.id), len(kept))
        named = with_ids([made], {one.id for one in kept})[0]
        self._all = [*kept[:at], named, *kept[at:]]
        self._tell(before)
        return named

    def remove(self, name: str) -> bool:
        """Take one out; False if there is none of this id."""
        before, kept = tuple(self._all), [one for one in self._all if one.id != name]
        if len(kept) == len(self._all):
            return False
        self._all = kept
        self._tell(before)
        return True

    def restore_rig(self, dicts: Dicts) -> None:
        """The rig's assignments as they were (undo); nobody is told. Raises AntiphonError."""
        self._all = [
            *with_ids(read_assignments(dicts, "map", RIG, OF_RIG)),
            *(one for one in self._all if one.scope != RIG),
        ]
        self._unsaved = True

    def _tell(self, before: Assignments) -> None:
        after = tuple(self._all)
        self._unsaved = self._unsaved or [one for one in before if one.scope == RIG] != [
            one for one in after if one.scope == RIG
        ]
        for listener in self.changed:
            listener(before, after)

    # -- from scenes and files ----------------------------------------------------------------------------------------

    def load_scene(self, dicts: Dicts, where: str) -> None:
        """Those of a scene take the place of the former scene's. Raises AntiphonError."""
        rig = [one for one in self._all if one.scope == RIG]
        made = read_assignments(dicts, where, SONG, OF_SCENES)
        self._all = [*rig, *with_ids(made, {one.id for one in rig})]

    def load_rig(self) -> None:
        """Those of the user's file; a wrong file is said and left alone."""
        path = rig_file()
        try:
            text = path.read_text("utf-8") if path.is_file() else ""
            made = read_assignments(tomllib.loads(text).get("map", []), str(path), RIG, OF_RIG)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AntiphonError) as error:
            self._say(f"the map of the rig is not used: {error}")
            return
        self._all = [*with_ids(made), *(one for one in self._all if one.scope != RIG)]

    def keep(self) -> None:
        """Write the user's file, once for all that was changed since. Never raises: what cannot be written is said."""
        if not self._unsaved:
            return
        self._unsaved = False
        lines = ["# What controls move, whatever the scene. Antiphon writes this file.", ""]
        for one in self.dump(RIG):
            lines += ["[[map]]", *rows(one), ""]
        try:
            rig_file().parent.mkdir(parents=True, exist_ok=True)
            with whole_file(rig_file()) as part:
                part.write_text("\n".join(lines), "utf-8")
        except OSError as error:
            self._say(f"the map of the rig cannot be kept in {rig_file()} ({error.strerror}); it holds until the end")
