"""Edits what plays: each order is checked whole, made in the text, compiled beside the sound, and only then heard; [main]."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.document import edits, macros, mapping
from realtime.session.document.document import Document
from realtime.session.document.orders import Key
from realtime.session.document.paste import ALL
from realtime.session.editing import fold, layout, library, noticing, snapshots
from realtime.session.editing.history import History, Place, Step
from realtime.session.editing.live import Live
from realtime.session.editing.morph import Morph
from realtime.session.editing.noticing import Assignments
from realtime.session.editing.pages import Page, Pages, scene_of
from realtime.session.editing.players import keep_players
from realtime.session.editing.sounds import Edited, edited, switched
from realtime.session.scene_data import Scene
from realtime.session.scene_write import dumps

WATCH_S = 0.05
"""How often moves are looked for."""
COMPARE_S = 0.3
"""How often the text is compared with the file's."""


class Editor:
    """One session's editor. locked: perform mode, in which nothing can be edited or overwritten."""

    def __init__(self, session: Edited):
        self.session = session
        self.history = History()
        self.locked = False
        self.version = 0
        """Grows with every change of the text."""
        self.shape = 0  # and of what `layout` shows
        self.saved: dict[Path | None, str] = {}
        """What each file holds, as far as it was read or written here."""
        self.on_leave: Callable[[Place, str], Any] = lambda place, text: None
        """Told of each scene that is left with edits in no file, and its text."""
        self.mapped: deque[tuple[Assignments, Assignments]] = deque()
        """All assignments before and after each change by hand that is to be noted. [map thread] puts them in."""
        self.pages = Pages()
        self._edition = 0
        self._lent: dict[Key, Any] = {}
        """Values that a song has set, not the scene: they are no edit of it."""
        self.morph = Morph()
        self._looked = self._compared = 0.0
        self._changed = False
        self._laid_out = (-1, "")
        self._written = (-1, "")
        self._turned: Page | None = None
        self._snapshots: tuple[Document | None, str] = (None, "[]")
        self.place: Place
        self.live: Live
        self._adopt(session.scene)

    # -- what plays ---------------------------------------------------------------------------------------------------

    def _adopt(self, scene: Scene) -> None:
        """Edit this scene from now on."""
        self._lent = {}
        try:
            document = Document.parse(scene.text or dumps(scene))
        except AntiphonError as error:
            document = Document.parse(dumps(scene))
            self.session.say(f"{scene.name}: {error}; once edited it is written anew, without its comments")
        document.adopt(self.session.plan.rack)
        self.place = Place(document, scene.name, scene.path)
        self.saved[scene.path] = scene.text or document.text
        self._built = self.place.document
        self._bind()

    def _bind(self) -> None:
        self.live = Live(self.session, self.place.document)
        self._said = fold.written(self.place.document, self.live) | self._lent
        self.shape += 1
        self.version += 1

    def tick(self) -> None:
        """Look for moves, but not too often."""
        now = time.monotonic()
        if now - self._looked >= WATCH_S:
            self._looked = now
            self.observe()
        if now - self._compared >= COMPARE_S:
            self._compared = now
            self._changed = self.changed

    def observe(self, by_song: bool = False) -> None:
        """Notice what was moved, and what plays instead of what played before; by_song: because a song went on."""
        self.morph.attend(self.live)
        self._notice()
        self._follow(by_song)
        self.layout()

    def lend(self, everything: bool = False) -> None:
        """What was moved since the last look, or all that is set, was set by a song: that is no edit."""
        moves = {key: after for key, (_, after) in self.live.moves().items()}
        self._lend(self.live.state() if everything else moves)

    def _lend(self, values: Mapping[Key, Any]) -> None:
        self._lent |= {key: value for key, value in values.items() if key in self._said}
        self._said |= self._lent
        self.version += 1

    @property
    def is_built(self) -> bool:
        """Whether more than knobs differs from what was loaded or saved last."""
        return self.place.document.text != self._built.text

    def edition(self, path: Path) -> int:
        """A number for the unsaved state of a scene's file in which a part would bring it; 0 = as it is in the file."""
        if self.place.path is not None and path.resolve() == self.place.path.resolve():
            return self._page().edition if self.is_built else 0
        page = self.pages.find(path)
        return page.edition if page is not None else 0

    def built(self, path: Path) -> Scene | None:
        """A scene as it was built and not saved, if it was. Raises AntiphonError."""
        if self.place.path is not None and path.resolve() == self.place.path.resolve():
            return scene_of(self.place) if self.is_built else None
        page = self.pages.find(path)
        return scene_of(page.place) if page is not None else None

    def _page(self) -> Page:
        if self._turned is None or self._turned.place is not self.place:
            self._edition += 1
            self._turned = Page(self.place, self.history, self._edition)
        return self._turned

    def _turn(self) -> None:
        """A song has gone on: each scene has its own history, and what was built in the one that was left is kept."""
        if self.is_built:
            if self.pages.find(self.place.path) is None:
                self.session.say(
                    f"{self.place.name}: unsaved edits are kept for when it comes back; save it then to keep them for good"
                )
            self.on_leave(self.place, self.text())
            self.pages.leave(self._page())
        path = self.session.scene.path
        page, saved = self.pages.find(path), self.saved.get(path)
        self._adopt(self.session.scene)
        self.history = History()
        if page is not None and page.place.document.identity() == self.place.document.identity():
            self.pages.forget(path)
            self.place, self.history, self._turned = page.place, page.history, page
            self.saved[path] = saved if saved is not None else ""
            self._built = Document.parse(self.saved[path])
            self._bind()
        self.lend(everything=True)

    def _follow(self, by_song: bool) -> None:
        if self.session.plan is self.live.plan:
            if not self.live.has(self.session.links):
                self._bind()
            return
        if layout.identity(self.session.plan.rack) == self.place.document.identity():
            self._bind()  # the same rack, built anew
            if by_song:
                self.lend(everything=True)
            return
        if by_song:
            self._turn()
            return
        self.pages.forget(self.session.scene.path)
        before, lost = self.place, self.live.state()
        if self.changed:
            self.on_leave(before, self.text())
        self._adopt(self.session.scene)
        self.history.add(Step(f"Load {self.session.scene.title}", places=(before, self.place), lost=lost))

    def _notice(self) -> None:
        if self.mapped:
            self.place = noticing.assigned(self.mapped, self.history, self.place)
            self.live.document = self.place.document
            self.version += 1
        kinds = noticing.moved(self.live, self.history, self.morph)
        self.version += bool(kinds)
        self.shape += bool(kinds & {"bypass", "lane", "option"})

    # -- edits --------------------------------------------------------------------------------------------------------

    def edit(self, name: str, order: Any) -> None:
        """Do one of edits.EDITS. Raises AntiphonError, and everything is as it was."""
        self.check_unlocked()
        self.observe()
        former = self.folded()
        change = edits.change(former, name, order, ALL)
        snapshots.follow(former, change.document)
        macros.follow(former, change.document, change.instead)
        gone = mapping.follow(former, change.document, change.instead)
        self.take(change.name, Place(change.document, self.place.name, self.place.path), change.values)
        if gone:
            what = "the assignment of" if gone == 1 else f"{gone} assignments of"
            self.session.say(f"{what} what was removed went with it; undo brings it back")

    def take(self, name: str, place: Place, values: Mapping[Key, Any] | None = None) -> None:
        """Go to another state of this scene or to another scene, as one step. Raises AntiphonError."""
        now, forced = self.live.state(), dict(values or {})
        before = self.place
        self._go(place, forced)
        kept = {uid for part in place.document.parts for uid in (part.uid, *(d.uid for d in part.devices))}
        lost = {key: value for key, value in now.items() if key[0] != "scene" and key[1] not in kept}
        moved = {key: (now[key], value) for key, value in forced.items() if key in now}
        self.history.add(Step(name, moved, (before, place), lost))

    def check_unlocked(self) -> None:
        """Raises AntiphonError in perform mode."""
        if self.locked:
            raise AntiphonError("the scene is locked for the show; unlock it (/lock 0) to edit or overwrite")

    def folded(self) -> Document:
        """The document with all live values in it."""
        return fold.folded(self.place.document, self.live, self._said)

    def _go(self, place: Place, forced: Mapping[Key, Any]) -> None:
        """Let a state of a scene sound; forced: values to set, all others stay. Raises AntiphonError, nothing has changed."""
        document = place.document
        if document.sounds_like(self.place.document) and place.path == self.place.path:
            scene = scenes.parse(document.text, place.name, place.path.absolute().parent if place.path else None)
            self.place = place
            self.session.use_map(scene.map)
            self.session.use_macros(scene.macros)
            self._bind()
            self.set(forced)
            return
        scene = scenes.parse(document.text, place.name, place.path.absolute().parent if place.path else None)
        scene.path = place.path
        document.number(scene.rack)
        former = {uid for uid in self.place.document.identity() if uid}
        if place.path != self.place.path:
            self._lent = {}
        is_edit = bool(former & set(document.identity()))
        values = ({} if not is_edit else self.live.state()) | dict(forced)
        fold.pour(values, document, scene)
        plan = edited(self.session, scene, self.live.plan) if is_edit else switched(self.session, scene)
        keep_players(self.session, self.live, document)
        self.session.take_over(scene, plan)
        self.place = place
        self._bind()
        self.set(forced)
        for node in self.live.nodes.values():
            if node.slot is not None and node.device is not None:
                node.label = node.slot.title or node.device.title
        self.layout()
        self.session.fill_tree()

    def set(self, values: Mapping[Key, Any]) -> None:
        """Set live values, not noted as moves."""
        for key, value in values.items():
            self.live.write(key, value)
        self.live.sync()

    # -- undo and redo ------------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take back the newest step. Raises AntiphonError if there is none, or if it cannot be."""
        self.check_unlocked()
        self.observe()
        if not self.history.done:
            raise AntiphonError("there is nothing to undo")
        step = self.history.done[-1]
        self._step(step, 0)
        self.history.undone.append(self.history.done.pop())
        self.history.seal()
        self.session.say(f"undone: {step.name}")

    def redo(self) -> None:
        """Do again what was undone last. Raises AntiphonError if nothing was."""
        self.check_unlocked()
        self.observe()
        if not self.history.undone:
            raise AntiphonError("there is nothing to redo")
        step = self.history.undone[-1]
        self._step(step, 1)
        self.history.done.append(self.history.undone.pop())
        self.history.seal()
        self.session.say(f"done again: {step.name}")

    def _step(self, step: Step, side: int) -> None:
        values = {key: pair[side] for key, pair in step.values.items()}
        if step.files is not None:
            self._move_back(*(step.files if side else reversed(step.files)))
        if step.places is None:
            if step.rig is not None:
                self.session.use_map(rig=step.rig[side])
            for key, value in values.items():
                self.live.write(key, value)
            self.live.sync()
            self.version += 1
            self.shape += 1
            return
        now = self.live.state()
        self._go(step.places[side], (step.found if side else step.lost) | values)
        if step.rig is not None:
            self.session.use_map(rig=step.rig[side])
        kept = {key for key in self.live.state() if key[0] != "scene"}
        gone = {key: value for key, value in now.items() if key not in kept}
        if side:
            step.lost = gone
        else:
            step.found = gone

    def _move_back(self, source: Path, target: Path) -> None:
        library.move(source, target)
        if self.place.path == source:
            self.saved[target] = self.saved.pop(source, "")
            self.settle(target)

    # -- its file ----------------------------------------------------------------------------------------------------------

    def settle(self, path: Path) -> None:
        """The scene has another file now, in what can be undone too."""
        former = self.place.path
        self.history.settle(former, path)
        self.pages.forget(path)
        self.place = Place(self.place.document, path.stem, path)
        self._built = self.place.document
        self.session.scene.name, self.session.scene.path = path.stem, path
        self.version += 1

    def know(self, path: Path | None) -> None:
        """Learn what a file holds that nobody loaded: a scene differs by that."""
        try:
            self.saved[path] = path.read_text("utf-8") if path is not None else ""
        except (OSError, ValueError):
            self.saved[path] = ""
        self.version += 1

    def lock(self, on: bool) -> None:
        """Perform mode. [any but audio]"""
        self.locked = bool(on)

    # -- what is shown ------------------------------------------------------------------------------------------------

    def layout(self) -> str:
        """The rig as JSON, see realtime.session.editing.layout."""
        if self._laid_out[0] != self.shape:
            self._laid_out = (self.shape, layout.describe(self.session, self.place.document))
        return self._laid_out[1]

    def text(self) -> str:
        """The scene's text as it would be saved."""
        if self._written[0] != self.version:
            self._written = (self.version, self.folded().text)
        return self._written[1]

    def shown_layout(self) -> str:
        """The layout as it was a moment ago. [any but audio]"""
        return self._laid_out[1]

    def shown_snapshots(self) -> str:
        """Names of the scene's snapshots as JSON. [any but audio]"""
        document = self.place.document
        if self._snapshots[0] is not document:
            self._snapshots = (document, json.dumps(snapshots.names(document)))
        return self._snapshots[1]

    @property
    def is_changed(self) -> bool:
        """`changed` as it was a moment ago. [any but audio]"""
        return self._changed

    @property
    def changed(self) -> bool:
        """Whether it differs from what was loaded or saved last, by its content."""
        return self.text() != self.saved.get(self.place.path)
