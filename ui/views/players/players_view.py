"""The Players view: what is heard of the music, the common plan roll, a strip for each player; Qt thread."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from ui import strings
from ui.desk import Desk
from ui.state import reading
from ui.state.band import Member, members, options_of
from ui.state.keepsakes import Kept
from ui.state.planbook import Course, PlanBook
from ui.style import theme
from ui.style.theme import px
from ui.views.map.learn import LearnBar
from ui.views.players.chart_pane import ChartPane
from ui.views.players.follower_line import FOLLOWER, FollowerLine
from ui.views.players.more_pane import MorePane
from ui.views.players.option_row import ask_file
from ui.views.players.plan_roll import PlanRoll
from ui.views.players.routes import Routes
from ui.views.players.strip import Strip
from ui.views.view import View
from ui.widgets.button import Button
from ui.widgets.chooser import ChoicePopup, Option
from ui.widgets.control import Control
from ui.widgets.flow import scrolled
from ui.widgets.focus import focus_kept
from ui.widgets.frame import Words, column

LEAST_ROLL, ADD_WIDE = 230, 60
NEXT_BEATS = f"{FOLLOWER}/next_beat"
READINGS = ("status", "rung", "hit_rate", "late", "latest_ms", "news", "warning", "report")


class PlayersView(View):
    """`strips` and `panes` by the number of their player. Built anew only when there are other players or parameters."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.band: tuple[Member, ...] = ()
        self.strips: dict[int, Strip] = {}
        self.panes: dict[int, MorePane] = {}
        self.kept = Kept()
        self.routes = Routes(self.store, lambda: self.band)
        self.book = PlanBook(desk.heard.paper)
        self.chords, self.sections = Course(), Course()
        self.follower = FollowerLine(self.store)
        self.roll = PlanRoll(self.book, self.chords, self.sections)
        self.chart = ChartPane(self.store)
        self.learn = LearnBar(self.store)
        self._shape: tuple = ("nothing yet",)
        self._build()
        self._follow()
        self.rebuild()

    def hint(self) -> str:
        return strings.PLAYERS_HINT

    def _build(self) -> None:
        self.add = Button(icon="plus", name=strings.ADD_A_PLAYER, tip=strings.TIP_ADD_PLAYER, least=ADD_WIDE)
        self.add.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.add.clicked.connect(self.open_players)
        self.empty = Words(strings.NO_PLAYERS, "head", "dim")
        self._row_holder = QWidget()
        self._row = QHBoxLayout(self._row_holder)
        theme.lay(self._row, (0, 0, 0, 0), 8)
        self._row.addWidget(self.add)
        self._row.addWidget(self.empty)
        self._row.addStretch(1)
        self.area = _Sideways(self._row_holder)
        self.area.setAccessibleName(strings.PLAYERS)
        inner = QWidget()
        theme.least(self.roll, 300, LEAST_ROLL)
        whole = column(self.follower, self.roll, self.chart, self.learn, self.area, spacing=8)
        whole.setStretch(1, 1)
        whole.setStretch(2, 1)
        self.chart.hide()
        self.follower.chart.toggled.connect(self.show_chart)
        inner.setLayout(whole)
        self.setLayout(column(scrolled(inner), margins=(16, 4, 16, 8)))

    def _follow(self) -> None:
        store = self.store
        store.plan.connect(self.book.push_plan)
        store.note.connect(self.book.push_note)
        store.state_changed.connect(lambda _state: self.forget())
        store.structure_changed.connect(self.rebuild)
        store.watch("/scene", lambda _a, _v: self.forget(), self)
        store.watch("/rack/layout", lambda _a, _v: self.rebuild(), self)
        store.watch("/players/list", lambda _a, _v: self.rebuild(), self)
        store.watch("/player", self._on_player, self)
        store.watch("/transport", lambda _a, _v: self._on_transport(), self)
        store.watch(FOLLOWER, self._on_follower, self)

    # from the tree

    def forget(self) -> None:
        """Another scene, or the instrument is gone: nothing is planned."""
        self.book.clear()
        self.chords.clear()
        self.sections.clear()

    def rebuild(self) -> None:
        """The players as the tree has them."""
        self.band = members(self.store.instrument.devices, self.store.value)
        shape = (*(one.shape for one in self.band), self.store.has("/edit/add_player"))
        if shape != self._shape:
            self._shape = shape
            with focus_kept(self, self._controls):
                self._build_strips()
        for one in self.band:
            self.strips[one.number].show_member(one)
            if one.number in self.panes:
                self.panes[one.number].show_member(one)
        self.follower.show_wanted(bool(self.band))
        self.book.names = _source_names(self.band)
        self.roll.has_chords = self.follower.has_follower
        self._show_silent()

    def show_chart(self, on: bool) -> None:
        """The chart in the place of the roll, or the roll again."""
        self.roll.setVisible(not on)
        self.chart.setVisible(on)
        if on:
            self.chart.pen.setFocus()

    def _controls(self) -> dict[str, Control]:
        return {address: made for box in self._boxes() for address, made in box.controls.items()}

    def _boxes(self) -> list[Strip | MorePane]:
        return [*self.strips.values(), *self.panes.values()]

    def _build_strips(self) -> None:
        opened = {number for number, strip in self.strips.items() if strip.more.isChecked()}
        for box in self._boxes():
            self._row.removeWidget(box)
            box.hide()
            box.deleteLater()
        self.strips, self.panes = {}, {}
        for one in self.band:
            strip = Strip(one, self.store, self.routes)
            strip.more_wanted.connect(lambda on, number=one.number: self.show_more(number, on))
            strip.remove_wanted.connect(
                lambda number=one.number: self.store.send_json("/edit/remove_player", {"number": number})
            )
            strip.move_wanted.connect(
                lambda to, number=one.number: self.store.send_json("/edit/move_player", {"number": number, "at": to})
            )
            strip.is_last = one is self.band[-1]
            self.strips[one.number] = strip
            self._row.insertWidget(self._row.indexOf(self.add), strip)
            strip.show()  # now, so that it can have the focus
        for number in opened & set(self.strips):
            self.strips[number].more.setChecked(True)
        self.empty.setVisible(not self.band)
        self.add.setVisible(self.store.has("/edit/add_player"))
        self.add.set_look("" if self.band else strings.ADD_A_PLAYER, "plus")
        self.area.fit()

    def show_more(self, number: int, on: bool) -> None:
        """All of a player beside its strip, or no longer."""
        pane = self.panes.pop(number, None)
        if pane is not None:
            self._row.removeWidget(pane)
            pane.hide()
            pane.deleteLater()
        if on:
            member = next(one for one in self.band if one.number == number)
            pane = self.panes[number] = MorePane(member, self.store, self.routes, self.kept)
            self._row.insertWidget(self._row.indexOf(self.strips[number]) + 1, pane)
            pane.show()
        self.area.fit()

    def _on_player(self, address: str, _value: Any) -> None:
        parts = address.split("/")
        if len(parts) < 4 or not parts[2].isdigit():
            return
        strip = self.strips.get(int(parts[2]))
        if parts[3] == "lanes":
            self.rebuild()
        elif strip is not None and parts[3] in READINGS:
            strip.refresh()
        elif parts[3] in ("mute", "solo", "bypass"):
            self._show_silent()

    def _show_silent(self) -> None:
        """The muted, and those that are not soloed while another is, are pale."""
        read = self.store.value
        soloed = {one.number for one in self.band if read(f"{one.root}/solo")}
        silent = {one.number for one in self.band if read(f"{one.root}/mute") or (soloed and one.number not in soloed)}
        for number, strip in self.strips.items():
            strip.show_silent(number in silent)
        self.roll.show_band(self.band, silent)

    def _on_transport(self) -> None:
        value = self.store.value
        unit = 4.0 / max(1, int(value("/transport/denominator", 4)))
        self.roll.beats_in_bar = max(1, int(value("/transport/numerator", 4))) * unit
        self.roll.bar_start = float(value("/transport/bar_start_beat", 0.0) or 0.0)
        self.roll.bar = int(value("/transport/bar", 0) or 0)

    def _on_follower(self, address: str, value: Any) -> None:
        name, now = address.rsplit("/", 1)[-1], self.book.paper.now
        if name == "chord":
            self.chords.tell(now, str(value or ""))
        elif name == "section":
            self.sections.tell(now, strings.BAND_SECTIONS.get(str(value), str(value or "")))
        elif name == "next":
            self.roll.next_chord = str(value or "")

    # frames and sizes

    def tick(self) -> None:
        self.roll.tick()
        paper = self.book.paper
        if self.follower.has_follower:
            unit = 4.0 / max(1, int(self.store.value("/transport/denominator", 4)))
            since = (paper.transport_beat - self.roll.bar_start) % max(0.25, self.roll.beats_in_bar)
            self.follower.show_beat(since / unit if paper.playing else None)
            self.roll.next_beats = float(self.store.value(NEXT_BEATS) or 0.0)
        for pane in self.panes.values():
            pane.tick()

    def restyle(self) -> None:
        self.chart.restyle()
        for pane in self.panes.values():
            pane.restyle()
        self.area.fit()

    # adding

    def open_players(self) -> ChoicePopup:
        """All players that can be added, each with its sentence."""
        rows = reading.listed(self.store.value("/players/list"))
        options = [
            Option(str(one.get("player")), str(one.get("title") or one.get("player")), str(one.get("doc") or ""))
            for one in rows
        ]
        return ChoicePopup(self.add, strings.ADD_A_PLAYER, options, self.add_player, wide=1100, wrapped=True)

    def add_player(self, name: str) -> QFileDialog | None:
        """A new player at the end; undo takes it out again. One that needs a file asks for it first."""
        kind = next((one for one in reading.listed(self.store.value("/players/list")) if one.get("player") == name), {})
        needed = next((one for one in options_of(kind) if one.is_file), None)
        body: dict[str, Any] = {"player": name, "hears": ["keys"]}
        if needed is None:
            self.store.send_json("/edit/add_player", body)
            return None
        return ask_file(
            self, needed.title,
            lambda path: self.store.send_json("/edit/add_player", body | {"options": {needed.name: path}}),
        )  # fmt: skip


class _Sideways(QScrollArea):
    """Strips side by side, scrolled sideways where they need more room, as tall as the tallest."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWidget(inner)
        inner.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)

    def fit(self) -> None:
        """Takes the height that its strips need."""
        inner = self.widget()
        layout = inner.layout()
        layout.activate()
        needed = layout.minimumSize()
        bar = self.horizontalScrollBar().sizeHint().height() if needed.width() > self.width() else 0
        self.setFixedHeight(max(px(90), needed.height() + bar))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


def _source_names(band: tuple[Member, ...]) -> dict[str, int]:
    """Numbers by the names that notes come with: the player's, with its number where there are several of it."""
    names = [one.player for one in band]
    return {one.player if names.count(one.player) == 1 else f"{one.player} {one.number}": one.number for one in band}
