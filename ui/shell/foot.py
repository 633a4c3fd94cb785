"""The line at the foot: scene, what pedals and keys do here, edited mark, save, compare, undo, redo; Qt thread."""

import time
from collections import deque
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ui import strings
from ui.names import plain_name, scene_title
from ui.store import Store
from ui.style import theme
from ui.style.draw import painter_of
from ui.style.measures import FOOT, TOUCH
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.chooser import ChoicePopup, Option
from ui.widgets.frame import Words

NOTICE_S, LEAST_S = 6.0, 1.5
"""How long a sentence stands, and how long at least where others wait."""
MOST_WAITING = 8
SIDE, SPACE, LEAST_LINE = 16, 8, 160


class Foot(QWidget):
    """`hint` is the view's; `notice(sentence)` covers it for a moment. Emits save_as_wanted(), drawer_wanted(name, on)."""

    save_as_wanted = pyqtSignal()
    drawer_wanted = pyqtSignal(str, bool)

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.hint = ""
        self._notice, self._notice_until = "", 0.0
        self._logged = -1  # count of the instrument's sentences that were seen
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        small = partial(Button, height=TOUCH, role="value")
        self.scene = small(strings.NO_SCENE, "down", tip=strings.TIP_SCENE, least=120)
        self.scene.clicked.connect(lambda: self.open_scenes())
        self.piano = small(strings.PIANO, tip=strings.TIP_PIANO, checkable=True)
        self.piano.clicked.connect(lambda on: self.drawer_wanted.emit("piano", on))
        self.scope = small(strings.SCOPE, tip=strings.TIP_SCOPE, checkable=True)
        self.scope.clicked.connect(lambda on: self.drawer_wanted.emit("scope", on))
        self.line = Words(role="label", tint="dim", least=0.8)
        self.mark = Words(role="value", tint="warn")
        self.save = small(strings.SAVE, tip=strings.TIP_SAVE)
        self.save.clicked.connect(lambda: store.send("/save", ""))
        self.save_as = small(strings.SAVE_AS, tip=strings.TIP_SAVE_AS)
        self.save_as.clicked.connect(self.save_as_wanted)
        self.compare = small(strings.COMPARE, tip=strings.TIP_COMPARE)
        self.compare.clicked.connect(self.flip)
        self.undo = small(icon="undo", name=strings.UNDO, tip=strings.NOTHING_TO_UNDO)
        self.undo.clicked.connect(lambda: store.send("/undo"))
        self.redo = small(icon="redo", name=strings.REDO, tip=strings.NOTHING_TO_REDO)
        self.redo.clicked.connect(lambda: store.send("/redo"))
        layout = QHBoxLayout(self)
        theme.lay(layout, (SIDE, 0, SIDE, 0), SPACE)
        for part in (
            self.scene,
            self.line,
            self.mark,
            self.save,
            self.save_as,
            self.compare,
            self.undo,
            self.redo,
            self.scope,
            self.piano,
        ):
            layout.addWidget(part, 1 if part is self.line else 0)
        theme.fix(self, height=FOOT)
        store.notice.connect(self.notice)
        store.watch("/log/recent", lambda _a, _v: self._log(), self)
        store.structure_changed.connect(self.refresh)
        for address in ("/scene", "/scenes", "/save", "/undo/name", "/redo/name", "/lock", "/snapshot"):
            store.watch(address, lambda _a, _v: self.refresh(), self)
        self.refresh()

    # what it shows

    def notice(self, sentence: str) -> None:
        """A sentence for a few seconds."""
        if sentence:
            self._notice, self._notice_until = sentence, time.monotonic() + NOTICE_S
            self.tick()

    def _log(self) -> None:
        """The instrument's sentences, each told once, one after the other."""
        recent = self.store.json("/log/recent", {})
        count, last = int(recent.get("count", 0)), recent.get("last", [])
        fresh = (
            count - self._logged if 0 <= self._logged <= count else 1
        )  # at first, and of a new instrument: the newest
        self._logged = count
        self._waiting.extend(last[-fresh:] if fresh else [])
        self.tick()

    def words(self) -> str:
        """The line shown now."""
        return self._notice or self.hint

    def tick(self) -> None:
        """Lets a notice go; what waits comes after a moment."""
        now = time.monotonic()
        if self._waiting and now > self._notice_until - NOTICE_S + LEAST_S:
            self._notice, self._notice_until = self._waiting.popleft(), now + NOTICE_S
        elif self._notice and now > self._notice_until:
            self._notice = ""
        words = self.words() if self._notice or self.line.width() >= px(LEAST_LINE) else ""
        self.line.set_text(words, "text" if self._notice else "dim")

    def refresh(self) -> None:
        """Scene, mark and buttons as the tree has them."""
        store = self.store
        self.scene.set_look(scene_title(store), "down")
        locked = bool(store.value("/lock", False))
        changed = bool(store.value("/save/changed", False))
        self.mark.setVisible(changed)
        for button in (self.save, self.save_as):
            button.setEnabled(not locked)
        for button, address, named, nothing in (
            (self.undo, "/undo", strings.UNDO_NAMED, strings.NOTHING_TO_UNDO),
            (self.redo, "/redo", strings.REDO_NAMED, strings.NOTHING_TO_REDO),
        ):
            name = str(store.value(f"{address}/name") or "")
            button.setEnabled(bool(name) and not locked)
            button.setToolTip(named.format(name) if name else nothing)
            button.setAccessibleName(named.format(name) if name else nothing)
        self.fit()

    def fit(self) -> None:
        """Drawer buttons, then save-as and compare, give way where room is short; the mark, save and undo stay."""
        nodes = {self.save: "/save", self.save_as: "/save", self.compare: "/snapshot/recall", self.undo: "/undo",
                 self.redo: "/redo"}  # fmt: skip
        there = [part for part, address in nodes.items() if self.store.has(address)]
        shown = [self.scene, *there, self.scope, self.piano]
        self.mark.set_text("" if self.mark.isHidden() else strings.EDITED)
        for spared in (self.scope, self.compare, self.save_as, self.piano):
            if self._room(shown) >= px(LEAST_LINE):
                break
            shown = [part for part in shown if part is not spared]
        if not self.mark.isHidden() and self._room(shown) < px(LEAST_LINE):
            self.mark.set_text(strings.EDITED_SHORT)
        for part in (*nodes, self.scope, self.piano):
            if part.isHidden() == (part in shown):  # shown and hidden again it would jump
                part.setVisible(part in shown)

    def _room(self, shown: list[Button]) -> int:
        """What is left for the line."""
        width = sum(one.sizeHint().width() + px(SPACE) for one in shown) + 2 * px(SIDE)
        return self.width() - width - (self.mark.sizeHint().width() + px(SPACE) if not self.mark.isHidden() else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter_of(self).fillRect(self.rect(), theme.colour.surface)

    # from the hand

    def flip(self) -> None:
        """A|B: stores what sounds as the snapshot that is in force, and recalls the other one."""
        store = self.store
        here = "B" if str(store.value("/snapshot/current") or "A") == "B" else "A"
        other = "A" if here == "B" else "B"
        store.send("/snapshot/store", here)
        if other in store.json("/snapshot/list", []):
            store.send("/snapshot/recall", other)
        else:
            store.send("/snapshot/store", other)
        store.notice.emit(strings.SNAPSHOT_NOW.format(other))

    def scenes(self) -> list[Option]:
        """All scenes with title and tags, favourites first."""
        info = self.store.json("/scenes/info", [])
        if info:
            rows = [
                Option(one["name"], one.get("title") or one["name"], " ".join(one.get("tags", ())), one.get("description", ""),
                       bool(one.get("favourite")))
                for one in info
            ]  # fmt: skip
            return sorted(rows, key=lambda row: not row.marked)
        return [Option(name, plain_name(name)) for name in self.store.json("/scenes", [])]

    def open_scenes(self) -> ChoicePopup:
        """The list of scenes over the button."""
        return ChoicePopup(
            self.scene, strings.SCENES, self.scenes(), lambda name: self.store.send("/scene", name),
            str(self.store.value("/scene") or ""),
        )  # fmt: skip

    def step_scene(self, step: int) -> None:
        """The next or the last scene of the list."""
        names = [str(name) for name in self.store.json("/scenes", [])]
        here = str(self.store.value("/scene") or "")
        if names:
            at = names.index(here) if here in names else -1 if step > 0 else 0
            self.store.send("/scene", names[(at + step) % len(names)])
