"""The evening: a setlist's songs and parts, where it stands, and each step of it; [main] but what says otherwise.

A press anywhere (panel, pedal, program change) only writes down where to go and queues one job: of presses that come faster
than the instrument can follow the last one counts, and steps count from where the presses before them led.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from realtime.drivers.base import Driver
from realtime.engine.engine import Engine
from realtime.engine.plan import Plan
from realtime.engine.switching import Prepared
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.guard import Guard
from realtime.session.scene_data import Scene
from realtime.session.songs import setlist_file, song_file
from realtime.session.songs.position import NOWHERE, Order, Place
from realtime.session.songs.ready import Editions, Preload, Ready, Source, scene_of, source_of
from realtime.session.songs.restore import restore
from realtime.session.songs.song_data import KEEP, Entry, Part, Setlist, Song
from realtime.session.transport import Transport

IDLE_S = 0.15
"""Nothing is made ready so soon after a switch: the hands are busy then, and another press may follow."""


class Edited(Editions, Protocol):
    """What the evening needs of the editor."""

    @property
    def place(self) -> object: ...
    def observe(self) -> None: ...
    def lend(self, everything: bool = ...) -> None: ...


class Stage(Protocol):
    """What the evening needs of a session."""

    @property
    def guard(self) -> Guard: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def scene(self) -> Scene: ...
    @property
    def transport(self) -> Transport: ...
    @property
    def driver(self) -> Driver: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def editor(self) -> Edited: ...
    def say(self, text: str) -> None: ...
    def do(self, job: Callable[[], Any], what: str = ...) -> None: ...
    def snapshot(self) -> Scene: ...
    def enter(self, scene: Scene, prepared: Prepared, tail_s: float | None = ..., by_song: bool = ...) -> None: ...
    def entered(self, scene: Scene, plan: Plan) -> None: ...
    def hold(self, scene: Scene) -> None: ...
    def switched(self) -> None: ...
    def send_midi(self, data: bytes, port: str = ...) -> bool: ...
    def address_midi(self, patterns: list[str]) -> None: ...


@dataclass(frozen=True)
class Opened:
    """A setlist with its songs as this evening has them."""

    setlist: Setlist
    songs: tuple[Song, ...]
    order: Order
    faults: tuple[str, ...] = ()
    """What of it cannot be played, beside whole songs."""

    def faults_of_songs(self) -> list[str]:
        """A sentence for every song that cannot be played."""
        return [song.missing for song in self.songs if song.missing]

    @property
    def first(self) -> Place:
        """Where the evening begins."""
        return self.order.next_song(NOWHERE) or NOWHERE


EMPTY = Opened(Setlist("", ""), (), Order(()))


def open_setlist(setlist: Setlist) -> Opened:
    """Read the songs of a setlist. One that cannot be read stays in its place, without parts, and says why; a part whose
    scene cannot be read is left out. Raises AntiphonError if nothing is left to play."""
    songs, readable = [], Readable()
    for number, entry in enumerate(setlist.entries, 1):
        where = f"setlist {setlist.name}, song {number}"
        try:
            songs.append(readable.song(entry.apply(song_file.load(_song_path(setlist, entry))), where))
        except AntiphonError as error:
            title = Path(entry.song).stem or entry.song
            songs.append(Song(title, title, missing=f"{where}: {error}"))
    opened = Opened(setlist, tuple(songs), Order([len(song.parts) for song in songs]), tuple(readable.faults))
    if songs and opened.order.next_song(NOWHERE) is None:
        raise AntiphonError(f"setlist {setlist.name}: none of its songs can be played; {opened.faults_of_songs()[0]}")
    return opened


class Readable:
    """Which scenes can be read, each looked at once."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._known: dict[Path, str] = {}

    def song(self, song: Song, where: str) -> Song:
        """The song with the parts whose scenes can be read. Raises AntiphonError if there is none."""
        parts = []
        for part in song.parts:
            if fault := self._fault(song, part):
                self.faults.append(f"{where}, part {part.name!r} is left out: {fault}")
            else:
                parts.append(part)
        if not parts:
            raise AntiphonError(self._fault(song, song.parts[0]))
        return song if len(parts) == len(song.parts) else replace(song, parts=tuple(parts))

    def _fault(self, song: Song, part: Part) -> str:
        """Why the scene of a part cannot be read, or ""."""
        try:
            path = source_of(song, part)[0]
        except AntiphonError as error:
            return str(error)
        if path not in self._known:
            try:
                scenes.load(path)
                self._known[path] = ""
            except AntiphonError as error:
                self._known[path] = str(error)
        return self._known[path]


def _song_path(setlist: Setlist, entry: Entry) -> str | Path:
    """A song that is named by its file may lie beside the setlist."""
    if setlist.path is not None and entry.song.endswith(".toml"):
        beside = setlist.path.parent / entry.song
        if beside.is_file():
            return beside
    return entry.song


def setlist_of(song: Song) -> Opened:
    """One song as an evening of its own."""
    name = song.name if song.path is None else str(song.path)
    setlist = Setlist(song.name, song.title, entries=(Entry(name),))
    return Opened(setlist, (song,), Order([len(song.parts)]))


class Show:
    """on_song(song, part): told once a new song has been entered; on_part(song, part, former): once any part has."""

    def __init__(self, stage: Stage):
        self._stage = stage
        self.opened = EMPTY
        self.place = NOWHERE
        self.version = 0
        """Counts what a list of the songs would show otherwise."""
        self.on_part: list[Callable[[Song, Part, bool], Any]] = []
        self._lock = threading.Lock()
        self._wanted: Place | None = None
        self._refused: Place | None = None
        """What could not be entered last: a step onwards counts from there, so that nobody is held up by it."""
        self._entered: tuple[Source, Scene] | None = None
        self._kept: dict[Place, Scene] = {}
        self._idle_from = 0.0
        self._looked_at: object = None
        self.on_ready: list[Callable[[], Any]] = []
        self.preload = Preload(
            self._make,
            lambda place: source_of(*self._at(place), stage.editor),
            lambda error: stage.guard.fault("making the next part ready", error),
            self._ready_changed,
        )

    # -- what is open -------------------------------------------------------------------------------------------------

    @property
    def song(self) -> Song | None:
        """The song that sounds."""
        return self.opened.songs[self.place.song - 1] if self.place in self.opened.order else None

    @property
    def part(self) -> Part | None:
        """The part that sounds."""
        song = self.song
        return song.parts[self.place.part - 1] if song is not None else None

    @property
    def aim(self) -> Place:
        """Where it stands once all presses have been followed. [any but audio]"""
        return self._wanted or self.place

    def advances(self) -> bool:
        """Whether the next song follows by itself."""
        if not self.place.song:
            return False
        said = self.opened.setlist.entries[self.place.song - 1].auto_advance
        return self.opened.setlist.auto_advance if said is None else said

    def open(self, name: str | Path) -> None:
        """Open a setlist, or a song as one, and go to its beginning. Raises AntiphonError; all is as it was then."""
        from realtime.session.songs.find import SETLIST, find_music

        kind, path = find_music(name, scenes=False)
        opened = open_setlist(setlist_file.load(path)) if kind == SETLIST else setlist_of(song_file.load(path))
        self.use(opened)

    def begin(self, opened: Opened) -> None:
        """The session has begun with the first part of these songs."""
        self.opened = opened
        self._entered = (source_of(*self._at(opened.first), self._stage.editor), self._stage.scene)
        self._enter(opened.first)
        self._tell_missing()

    def use(self, opened: Opened) -> None:
        """Play these songs, from the first. Raises AntiphonError; all is as it was then."""
        if not opened.songs:
            raise AntiphonError(f"setlist {opened.setlist.name}: it has no song; add one")
        former = (self.opened, self.place, self._kept)
        self.preload.clear()
        self.opened, self.place, self._kept = opened, NOWHERE, {}
        with self._lock:
            self._wanted = self._refused = None
        try:
            self._enter(opened.first)
        except AntiphonError:
            self.opened, self.place, self._kept = former
            raise
        self._tell_missing()
        self.version += 1

    def _tell_missing(self) -> None:
        """A sentence for all that this evening goes without."""
        for sentence in (*self.opened.faults_of_songs(), *self.opened.faults):
            self._stage.say(sentence)

    def change(self, opened: Opened, place: Place) -> None:
        """The same evening in another order: nothing that sounds changes; place: where it stands now."""
        with self._lock:
            self._wanted = self._refused = None
        self.preload.clear()
        self.opened, self.place, self._kept = opened, place, {}
        self._look_ahead()
        self.version += 1

    def rename(self, setlist: Setlist) -> None:
        """The same songs in a file of another name."""
        self.opened = replace(self.opened, setlist=setlist)
        self.version += 1

    def close(self) -> None:
        """Leave the setlist; what sounds goes on."""
        self.change(EMPTY, NOWHERE)

    # -- where to go [any but audio] -------------------------------------------------------------------------------------

    def request(self, name: str) -> None:
        """Open a setlist or song soon; "" closes it."""
        if name:
            self._stage.do(lambda: self.open(name), "opening the setlist")
        else:
            self._stage.do(self.close, "closing the setlist")

    def go(self, song: int, part: int = 1) -> None:
        """To a song and part, from 1; song 0: nothing."""
        if song > 0:
            songs = self.opened.songs
            missing = songs[min(song, len(songs)) - 1].missing if songs else ""
            self._go(lambda order, aim: order.at(song, part), missing or "there is no song in the setlist")

    def go_part(self, part: int) -> None:
        """To a part of this song."""
        if part > 0:
            self._go(lambda order, aim: order.at(max(1, aim.song), part), "there is no song in the setlist")

    def next(self) -> None:
        """The next part, or the next song if no parts remain."""
        self._go(Order.next, "this was the last song", onwards=True)

    def previous(self) -> None:
        """The part before, or the last part of the song before."""
        self._go(Order.previous, "this is the first song")

    def next_part(self) -> None:
        """The next part of this song."""
        self._go(Order.next_part, "this is the last part of the song", onwards=True)

    def previous_part(self) -> None:
        """The part before in this song."""
        self._go(Order.previous_part, "this is the first part of the song")

    def next_song(self) -> None:
        """The next song, whatever parts remain."""
        self._go(Order.next_song, "this was the last song", onwards=True)

    def previous_song(self) -> None:
        """The song before."""
        self._go(Order.previous_song, "this is the first song")

    def _go(self, step: Callable[[Order, Place], Place | None], otherwise: str, onwards: bool = False) -> None:
        with self._lock:
            order, waits = self.opened.order, self._wanted is not None
            at = self._wanted or (onwards and self._refused) or self.place
            place = step(order, at) if order.parts else None
            if place is not None:
                self._wanted = place
        if place is None:
            self._stage.say(otherwise if order.parts else "no setlist is open; open one, or start with its name")
        elif not waits:
            self._stage.do(self._arrive, "going to the song")

    # -- going there ----------------------------------------------------------------------------------------------------

    def _arrive(self) -> None:
        with self._lock:
            place, self._wanted = self._wanted, None
        if place is not None and place in self.opened.order:
            try:
                self._enter(place)
            except AntiphonError:
                self._refused = place
                raise

    def _make(self, place: Place) -> Ready:
        song, part = self._at(place)
        kept = self._kept.get(place) if song.controls == KEEP else None
        editor = self._stage.editor
        return Ready(place, source_of(song, part, editor), scene_of(song, part, editor, kept))

    def _enter(self, place: Place) -> None:
        """Let a place sound. Raises AntiphonError; all is as it was then."""
        song, part = self._at(place)
        new_song = place.song != self.place.song
        if self._sounds(source_of(song, part, self._stage.editor)):
            self._stay(song, part, new_song)
        else:
            ready = self.preload.take(self._stage.engine, place)
            self._keep()
            assert ready.prepared is not None
            scene = ready.scene if new_song else self._in_tempo(ready.scene, song, part)
            # opening is a step that can be undone, going on is none
            self._stage.enter(scene, ready.prepared, song.tail_s, by_song=bool(self.place.song))
            self._stage.editor.lend(everything=not self.place.song)
            self._entered = (ready.source, self._stage.scene)
        self._has_entered(place)

    def taken(self, prepared: Prepared) -> None:
        """A message has switched to a part by itself, in the block in which it came."""
        ready = self.preload.taken(prepared)
        if ready is None or ready.place not in self.opened.order:
            return  # it was entered from here
        song, part = self._at(ready.place)
        self._keep()
        new_song = ready.place.song != self.place.song
        self._stage.entered(ready.scene if new_song else self._in_tempo(ready.scene, song, part), prepared.plan)
        self._entered = (ready.source, self._stage.scene)
        self._has_entered(ready.place)

    def _at(self, place: Place) -> tuple[Song, Part]:
        song = self.opened.songs[place.song - 1]
        return song, song.parts[place.part - 1]

    def _has_entered(self, place: Place) -> None:
        song, part = self._at(place)
        new_song = place.song != self.place.song
        self.place, self._refused = place, None
        self._idle_from = time.monotonic() + IDLE_S
        self._look_ahead()
        self.version += 1
        self._stage.say(f"{song.title}: {part.name}" if len(song.parts) > 1 else f"song: {song.title}")
        for told in self.on_part:
            told(song, part, new_song)

    def _sounds(self, source: Source) -> bool:
        """Whether the scene that sounds is that of a source, as it was entered: then nothing needs be exchanged."""
        return self._entered is not None and self._entered[0] == source and self._entered[1] is self._stage.scene

    def _stay(self, song: Song, part: Part, new_song: bool) -> None:
        """The part has the sound that is there: devices, tails and held notes go on; knobs and tempo as it says."""
        stage = self._stage
        scene = scene_of(song, part, stage.editor)
        stage.editor.observe()
        if song.controls != KEEP:
            restore(stage.plan, scene)
        scene = scene if new_song else self._in_tempo(scene, song, part)
        stage.hold(replace(stage.scene, tempo_bpm=scene.tempo_bpm, signature=scene.signature, key=scene.key))
        stage.editor.lend()
        assert self._entered is not None
        self._entered = (self._entered[0], stage.scene)

    def _in_tempo(self, scene: Scene, song: Song, part: Part) -> Scene:
        """Within a song tempo and metre stay as they are played, unless part or song say otherwise."""
        transport = self._stage.engine.record[0]["transport"]
        if part.tempo_bpm is None and song.tempo_bpm is None:
            scene = replace(scene, tempo_bpm=float(transport["tempo_bpm"]))
        if part.signature is None and song.signature is None:
            scene = replace(scene, signature=(int(transport["numerator"]), int(transport["denominator"])))
        return scene

    def ready_for(self, place: Place) -> Prepared | None:
        """What the callback can switch to by itself; None if a place is not ready, sounds already, or somebody goes elsewhere."""
        ready = next((one for one in self.preload.all if one.place == place), None)
        if ready is None or self._wanted is not None or self._sounds(ready.source):
            return None
        return ready.prepared

    def _keep(self) -> None:
        """Remember what was turned, if the song that is left wants it so."""
        song = self.song
        if song is not None and song.controls == KEEP and self._entered is not None:
            if self._entered[1].path == self._stage.scene.path:
                self._kept[self.place] = self._stage.snapshot()
                self.preload.drop(self.place)

    def _ready_changed(self) -> None:
        self.version += 1
        for told in self.on_ready:
            told()

    def _look_ahead(self) -> None:
        self.preload.want(self.opened.order.neighbours(self.place) if self.place in self.opened.order else [])

    def tick(self) -> None:
        """One piece of work ahead, when nobody waits for anything. [every turn of the main loop]"""
        if self._wanted is None and time.monotonic() >= self._idle_from:
            if self._stage.editor.place is not self._looked_at:
                self._looked_at = self._stage.editor.place
                self.preload.check()
            self.preload.turn(self._stage.engine)
