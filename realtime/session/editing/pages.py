"""Scenes that songs have left with unsaved edits, as they were built: found again when a part brings them back; [main].

What is built (devices, tracks, assignments, snapshots) is an edit of the scene, kept until it is saved or taken back, with
its history. What is turned is playing: the song's `controls` say whether it is kept or goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from realtime.session import scene as scenes
from realtime.session.editing.history import History, Place
from realtime.session.scene_data import Scene

MOST_PAGES = 64


@dataclass(frozen=True)
class Page:
    """A scene as it was built, and how it came to be so. edition: a number that no other state of any scene has."""

    place: Place
    history: History
    edition: int


class Pages:
    """Of one editor."""

    def __init__(self) -> None:
        self._left: dict[Path, Page] = {}

    def leave(self, page: Page) -> None:
        """Keep a scene as it is left; one that lies in no file cannot come back."""
        path = page.place.path
        if path is not None:
            self._left.pop(path.resolve(), None)
            self._left[path.resolve()] = page
            while len(self._left) > MOST_PAGES:
                self._left.pop(next(iter(self._left)))

    def find(self, path: Path | None) -> Page | None:
        """The page of a scene's file."""
        return self._left.get(path.resolve()) if path is not None else None

    def forget(self, path: Path | None) -> None:
        """It was saved, taken back, or loaded anew by hand."""
        if path is not None:
            self._left.pop(path.resolve(), None)


def scene_of(place: Place) -> Scene:
    """A scene as it was built, its devices and tracks with the identities that they had. Raises AntiphonError."""
    scene = scenes.parse(place.document.text, place.name, place.path.absolute().parent if place.path else None)
    scene.path = place.path
    place.document.number(scene.rack)
    return scene
