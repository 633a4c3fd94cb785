"""Parts made ready: the scene of a part as it shall sound, and its plan, compiled aside before it is wanted; [main]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from realtime.engine.engine import Engine
from realtime.engine.switching import Prepared
from realtime.session import scene as scenes
from realtime.session.checks import require_memory
from realtime.session.paths import find_scene
from realtime.session.scene_data import Scene
from realtime.session.songs.position import Place
from realtime.session.songs.snapshots import with_snapshot
from realtime.session.songs.song_data import Part, Song

MOST_READY = 3
"""Plans that wait beside the one that sounds."""


Source = tuple[Path, int, str, int]
"""File of a scene, the time of its last change, snapshot, edition of edits that are not saved."""


class Editions(Protocol):
    """What was built in scenes and is in no file yet."""

    def edition(self, path: Path) -> int: ...
    def built(self, path: Path) -> Scene | None: ...


@dataclass
class Ready:
    """A part that can sound at once. source: where its scene is from."""

    place: Place
    source: Source
    scene: Scene
    prepared: Prepared | None = None


def source_of(song: Song, part: Part, editions: Editions | None = None) -> Source:
    """What tells whether two parts are one sound, and whether its file has changed. Raises AntiphonError."""
    beside = song.path.parent / part.scene if song.path is not None and part.scene.endswith(".toml") else None
    path = beside if beside is not None and beside.is_file() else find_scene(part.scene)
    try:
        return (
            path.resolve(),
            path.stat().st_mtime_ns,
            part.snapshot,
            editions.edition(path) if editions is not None else 0,
        )
    except OSError:
        return path, 0, part.snapshot, 0


def scene_of(song: Song, part: Part, editions: Editions | None = None, base: Scene | None = None) -> Scene:
    """The scene of a part in the part's tempo, metre and key, else the song's, else its own. base: the scene as it was
    kept. Raises AntiphonError."""
    path, _, snapshot, _ = source_of(song, part, editions)
    scene = base or (editions.built(path) if editions is not None else None) or scenes.load(path)
    if snapshot and base is None:
        scene = with_snapshot(scene, snapshot)
    return replace(
        scene,
        tempo_bpm=part.tempo_bpm or song.tempo_bpm or scene.tempo_bpm,
        signature=part.signature or song.signature or scene.signature,
        key=part.key or song.key or scene.key,
        chart=song.chart or scene.chart,
    )


class Preload:
    """The places around the one that sounds, made ready one piece of work a turn. make(place): its scene and source;
    source(place): the source as it is now; changed(): told when what is ready has become more or less."""

    def __init__(
        self, make: Callable[[Place], Ready], source: Callable[[Place], Source],
        fault: Callable[[Exception], object], changed: Callable[[], object],
    ):  # fmt: skip
        self._make, self._source, self._fault, self._changed = make, source, fault, changed
        self._engine: Engine | None = None
        self._ready: dict[Place, Ready] = {}
        self._wanted: list[Place] = []
        self._broken: set[Place] = set()

    def want(self, places: list[Place]) -> None:
        """Keep these ready, the first first; what is ready of others is let go."""
        self._wanted = places[:MOST_READY]
        self._broken.intersection_update(self._wanted)
        for place in [place for place in self._ready if place not in self._wanted]:
            self.drop(place)

    def turn(self, engine: Engine) -> bool:
        """One piece of work: a scene read, or a plan compiled; False if there is nothing to do."""
        if engine is not self._engine:
            self._join(engine)
        for place in self._wanted:
            ready = self._ready.get(place)
            if place in self._broken or (ready is not None and ready.prepared is not None):
                continue
            try:
                if ready is None:
                    self._ready[place] = self._make(place)
                else:
                    self._prepare(engine, ready)
            except Exception as error:
                self._broken.add(place)
                self.drop(place)
                self._fault(error)
            return True
        return False

    def _join(self, engine: Engine) -> None:
        """Another engine: what was ready was the former one's."""
        self.clear()
        self._engine = engine

    def _prepare(self, engine: Engine, ready: Ready) -> None:
        require_memory()
        ready.prepared = engine.switches.prepare(ready.scene.rack, data=ready)
        self._changed()

    def take(self, engine: Engine, place: Place) -> Ready:
        """A place ready to sound, now if it was not before; it is the caller's. Raises AntiphonError."""
        if engine is not self._engine:
            self._join(engine)
        ready = self._ready.pop(place, None)
        if ready is not None and ready.source != self._source(place):
            self._let_go(ready)  # its file was written meanwhile
            ready = None
        ready = ready or self._make(place)
        if ready.prepared is None:
            self._prepare(engine, ready)
        return ready

    def taken(self, prepared: Prepared) -> Ready | None:
        """What a switch has taken that was ready here; it is ready no more."""
        found = next((ready for ready in self._ready.values() if ready.prepared is prepared), None)
        return self._ready.pop(found.place) if found is not None else None

    @property
    def all(self) -> list[Ready]:
        """What can sound at once."""
        return [ready for ready in self._ready.values() if ready.prepared is not None]

    def is_ready(self, place: Place) -> bool:
        """Whether a place can sound at once."""
        ready = self._ready.get(place)
        return ready is not None and ready.prepared is not None

    def drop(self, place: Place) -> None:
        """Let go of a place: its scene has changed, or it is far away now."""
        ready = self._ready.pop(place, None)
        if ready is not None:
            self._let_go(ready)

    def _let_go(self, ready: Ready) -> None:
        if ready.prepared is not None and self._engine is not None:
            self._engine.switches.discard(ready.prepared)
            self._changed()

    def check(self) -> None:
        """Let go of what is not as its scene is now; it is made ready anew."""
        for place, ready in list(self._ready.items()):
            if ready.source != self._source(place):
                self.drop(place)

    def clear(self) -> None:
        """Let go of all."""
        for place in list(self._ready):
            self.drop(place)
        self._broken.clear()
