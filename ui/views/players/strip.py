"""A player's strip: name, what it does now, the switches and levels that a hand wants on stage; Qt thread."""

from __future__ import annotations

from collections.abc import Callable
from random import randrange

from PyQt6.QtCore import QPoint, QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QMenu, QSizePolicy, QVBoxLayout, QWidget

from ui import strings
from ui.model import Parameter
from ui.state import reading
from ui.state.band import ASKED, Member
from ui.store import Store
from ui.style import theme
from ui.style.draw import CENTRE, draw_box, draw_text, menu_text, painter_of, plain
from ui.style.measures import TOUCH
from ui.style.theme import px
from ui.views.players.routes import Routes
from ui.widgets.bar import Bar
from ui.widgets.button import Button
from ui.widgets.control import Control
from ui.widgets.frame import Sentence, Words, column, row
from ui.widgets.number import Number
from ui.widgets.pad import Asker, Pad

WIDTH, SPACE, SEEDS = 294, 7, 10_000
BIG, FOOT = 64, 54
"""Design pixels of what is pressed most, and of the two lines of the foot."""
FROZEN_BARS = 4.0
LEVELS = ("intensity", "density", "range", "level")


class Seed(Number):
    """The seed as a number in a frame: dragged, typed."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter, "0000", strings.TIP_SEED, "value")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(110), px(TOUCH))

    def value_text(self) -> str:
        return f"{strings.SEED} {self.value:.0f}"

    def nudge(self, clicks: float, *, fine: bool = False, coarse: bool = False) -> None:
        self.edit(self.value + (10.0 if coarse else 1.0) * round(clicks))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = painter_of(self), QRectF(self.rect())
        draw_box(painter, box, theme.colour.sunken, theme.colour.line, radius=6)
        if self._entry is None:
            words = box.adjusted(px(8), 0, -px(8), 0)
            draw_text(painter, words, self.value_text(), theme.face("label"), theme.colour.text, CENTRE, 0.7)
        self.paint_focus(painter)


class Strip(QWidget):
    """Emits more_wanted(on), remove_wanted(), move_wanted(place). `is_last`: of all strips. `show_member` for what may change
    while its parameters stay the same."""

    more_wanted = pyqtSignal(bool)
    remove_wanted = pyqtSignal()
    move_wanted = pyqtSignal(int)  # its place among the players, from 0

    def __init__(self, member: Member, store: Store, routes: Routes) -> None:
        super().__init__()
        self.member, self.store, self.routes = member, store, routes
        self.controls: dict[str, Control] = {}
        self.silent, self.is_last = False, True
        title = f"{member.number} {member.title}"
        self.setAccessibleName(title)
        self.name = Words(title, "head")
        self.menu_button = Button(icon="down", name=strings.PLAYER_MENU.format(title), height=TOUCH, least=TOUCH)
        self.menu_button.clicked.connect(self.open_menu)
        self.state = Words("", "label", "dim", least=0.72)
        self.record = Words("", "caption", "dim", least=0.72)
        self.more = Button(strings.MORE, name=strings.MORE_OF.format(title), checkable=True, height=TOUCH, role="label")
        self.more.toggled.connect(self._on_more)
        self.hears = Words("", "caption", "dim", least=0.8)
        self.plays = Words("", "caption", "dim", least=0.8)
        self.warning = Sentence("caption", "warn")
        theme.fix(self.warning, height=FOOT)
        self.found = Sentence("caption", "dim")
        theme.fix(self.found, height=FOOT)
        self._lay(title)
        theme.fix(self, WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.show_member(member)
        self.refresh()

    # building

    def _lay(self, title: str) -> None:
        layout = QVBoxLayout(self)
        theme.lay(layout, (12, 8, 12, 12), SPACE)
        layout.addLayout(row(self.name, self.menu_button, spacing=4))
        layout.addLayout(column(self.state, self.record, spacing=1))
        tall = self._pad("playing", (strings.PLAYS, strings.RESTS), "good", BIG)
        frozen = self._pad("freeze", (strings.FROZEN, strings.FREEZE), "effect", BIG, on=FROZEN_BARS)
        layout.addLayout(row(*_there(tall, frozen), spacing=SPACE))
        mute = self._pad("mute", (strings.MUTE_WORD, strings.MUTE_WORD), "danger", TOUCH, role="label")
        solo = self._pad("solo", (strings.SOLO_WORD, strings.SOLO_WORD), "warn", TOUCH, role="label")
        layout.addLayout(row(*_there(mute, solo), spacing=SPACE))
        asked = [
            Asker(self.store, f"{self.member.root}/{name}", words, title, tip)
            for name, (words, tip) in strings.PLAYER_ASKS.items()
            if name in ASKED and self.store.has(f"{self.member.root}/{name}")
        ]
        if asked:
            layout.addLayout(row(*asked, spacing=6))
        bars = [self._bar(name) for name in LEVELS]
        for pair in (bars[:2], bars[2:]):
            layout.addLayout(row(*_there(*pair), spacing=SPACE))
        layout.addLayout(row(*_there(*self._seed()), self.more, spacing=6))
        self.ways = theme.fix(QWidget(), height=FOOT)
        self.ways.setLayout(column(self.hears, self.plays, spacing=3))
        layout.addWidget(self.ways)
        layout.addWidget(self.warning)
        layout.addWidget(self.found)
        layout.addStretch(1)

    def _bound(self, name: str, make: Callable[[Parameter], Control]) -> Control | None:
        parameter = self.member.parameter(name)
        if parameter is None:
            return None
        made = self.store.bind(make(parameter))
        self.controls[parameter.address] = made
        return made

    def _pad(self, name: str, words: tuple[str, str], tint: str, tall: float, **more) -> Control | None:
        return self._bound(name, lambda one: Pad(one, words, tint, tall=tall, **more))

    def _bar(self, name: str) -> Control | None:
        return self._bound(name, lambda one: Bar(one, one.title, self.member.tint))

    def _seed(self) -> tuple[Control | None, QWidget | None]:
        made = self._bound("seed", Seed)
        if made is None:
            return None, None
        dice = Button(icon="dice", tip=strings.DICE, name=f"{strings.DICE} {self.accessibleName()}", height=TOUCH)
        dice.clicked.connect(lambda: made.edit_once(float(randrange(SEEDS))))
        return made, dice

    # what it shows

    def show_member(self, member: Member) -> None:
        """What it hears and where it plays."""
        self.member = member
        said = self.routes.hears(member)
        self.hears.set_text(said)
        self.hears.setToolTip(plain(said))
        self.plays.set_text(self.routes.plays(member))
        ways = [strings.LANE_LINE.format(lane.name, self.routes.lane_words(member, lane)) for lane in member.lanes]
        self.plays.setToolTip(plain("\n".join(ways)))

    def refresh(self) -> None:
        """What it does now, in words; what it has to tell, or has found, stands where its ways are else."""
        self.state.set_text(state_words(self.read))
        self.record.set_text(record_words(self.read), "warn" if self.read("late") else "dim")
        said = str(self.read("warning") or "")
        self.warning.set_text(said)
        self.warning.setVisible(bool(said))
        found = "" if said else report_words(self.read)
        self.found.set_text(found)
        self.found.setVisible(bool(found))
        self.ways.setVisible(not said and not found)

    def read(self, name: str):
        """A reading of it."""
        return self.store.value(f"{self.member.root}/{name}")

    def show_silent(self, silent: bool) -> None:
        """Whether it is not heard: muted, or another is soloed."""
        if silent != self.silent:
            self.silent = silent
            self.update()

    def open_menu(self) -> QMenu:
        """What else can be done with it."""
        menu = QMenu(self)
        menu.addAction(strings.LESS if self.more.isChecked() else strings.MORE, self.more.toggle)
        menu.addAction(
            menu_text(self.routes.hears(self.member)), lambda: self.routes.open_hears(self.hears, self.member)
        )
        menu.addSeparator()
        for words, to, able in (
            (strings.MOVE_LEFT, self.member.number - 2, self.member.number > 1),
            (strings.MOVE_RIGHT, self.member.number, not self.is_last),
        ):
            act = menu.addAction(words, lambda to=to: self.move_wanted.emit(to))
            act.setEnabled(able and self.store.has("/edit/move_player"))
        menu.addAction(strings.REMOVE, self.remove_wanted.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height())))
        return menu

    def open_hears(self) -> QMenu:
        """Whom it hears."""
        return self.routes.open_hears(self.menu_button, self.member)

    def _on_more(self, on: bool) -> None:
        self.more.set_look(strings.LESS if on else strings.MORE)
        self.more_wanted.emit(on)

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme.colour.line if self.silent else theme.tint(self.member.tint)
        draw_box(painter_of(self), QRectF(self.rect()), theme.colour.surface, edge, wide=1 if self.silent else 3)


def state_words(read: Callable[[str], object]) -> str:
    """What a player does and by which rung of its ladder, as a person says it."""
    rung, status = str(read("rung") or ""), str(read("status") or "")
    by = strings.PLAYER_RUNGS.get(rung, strings.PLAYER_BY.format(rung) if rung else "")
    news = str(read("news") or "")
    return " · ".join(part for part in (status, by if by != status else "", news) if part)


def report_words(read: Callable[[str], object]) -> str:
    """What it has found, in its own words."""
    return str(reading.table(read("report")).get("text", ""))


def record_words(read: Callable[[str], object]) -> str:
    """How many of its notes came in time, and by how much the latest did not."""
    hits, late, by_ms = (read(name) for name in ("hit_rate", "late", "latest_ms"))
    parts = []
    if reading.is_number(hits):
        parts.append(strings.PLAYER_HITS.format("100" if hits >= 99.95 else f"{hits:.1f}"))  # type: ignore[operator]
    if reading.is_number(late) and late:
        parts.append(strings.PLAYER_LATE.format(late, reading.number(by_ms, 0.0)))
    return " · ".join(parts)


def _there(*parts: QWidget | None) -> list[QWidget]:
    """Those that the instrument has."""
    return [one for one in parts if one is not None]
