"""The Map: the controllers on the table, learning, and every assignment; Qt thread."""

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QButtonGroup, QInputDialog, QMenu, QWidget

from ui import strings
from ui.desk import Desk
from ui.model import Parameter
from ui.state import maps
from ui.state.maps import Controller
from ui.state.reading import dumps
from ui.style import theme
from ui.style.draw import menu_text
from ui.views.map.learn import LearnBox, learn_mode
from ui.views.map.picture import ControlCell, Picture
from ui.views.map.table import MapModel, MapTable
from ui.views.view import View
from ui.widgets.button import Button
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import Frame, Words, column, row
from ui.widgets.number import Number

TOP_HEIGHT, LEAST_TOP, TOP_SHARE, TABLE_HEIGHT = 470, 290, 0.52, 220
TOOLS_HEIGHT = 90
"""Of the row between picture and table, with the margins."""
MOST_LAYERS = 127


class MapView(View):
    """Everything is an assignment of the tree: set by /map/set, removed by /map/remove."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        store = self.store
        self.controllers: list[Controller] = []
        self.port = ""
        self.rows: list[maps.Assignment] = []
        self.folded = False
        self.mode = learn_mode(store)
        self.learn = LearnBox(store)
        self.picture = Picture(store)
        self.model = MapModel(store, lambda body: store.send("/map/set", dumps(body)), store.notice.emit)
        self.table = MapTable(self.model)
        self._build()
        self.picture.pressed.connect(self._on_pressed)
        self.picture.menu_wanted.connect(self.open_cell_menu)
        store.watch("/controllers/list", lambda *_: self.refresh(), self)
        store.watch("/map/list", lambda *_: self.refresh(), self)
        store.watch("/rack/layout", lambda *_: self.refresh(), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def hint(self) -> str:
        return strings.MAP_HINT

    def restyle(self) -> None:
        self.picture.lay_out()
        self.tabs.lay_out()
        self.table.restyle()
        self._fit()

    def _build(self) -> None:
        self.box = Frame()
        self.tabs = Flow(gap=8)
        self._group = QButtonGroup(self)
        self.state = Words("", "label", "good")
        self.profile = Button(strings.PROFILE, height=44, role="label", tip=strings.TIP_PROFILE)
        self.profile.clicked.connect(self.open_profile)
        self.to_table = Button(strings.TO_TABLE, height=44, role="label", tip=strings.TIP_TO_TABLE)
        self.to_table.clicked.connect(lambda: self.fold(True))
        self.to_picture = Button(strings.TO_PICTURE, height=48, role="label", tip=strings.TIP_TO_PICTURE)
        self.to_picture.clicked.connect(lambda: self.fold(False))
        head = row(self.tabs, self.to_table, self.profile, spacing=10)
        head.setStretch(0, 1)
        self.box.body.addLayout(head)
        self.box.body.addWidget(self.state)
        self.box.body.addWidget(self.picture, 1)
        layer = Parameter("/map/layer", strings.LAYER_NAME, "i", 0, MOST_LAYERS, 0)
        page = Parameter("/map/page", strings.PAGE_NAME, "i", 0, MOST_LAYERS, 0)
        self.layer, self.page = (
            Number(layer, "127", strings.TIP_LAYER_NUMBER),
            Number(page, "127", strings.TIP_LAYER_NUMBER),
        )
        for number in (self.layer, self.page):
            self.store.bind(number)
            theme.fix(number, 80, 48)
        self.count = Words("", "label", "dim")
        self.remove_button = Button(strings.REMOVE, height=48, role="label", tip=strings.TIP_REMOVE_MAP)
        self.remove_button.clicked.connect(self.remove)
        self.invert = Button(strings.INVERT, height=48, role="label", tip=strings.TIP_INVERT)
        self.invert.clicked.connect(self.invert_chosen)
        layer_name, page_name = Words(strings.LAYER_NAME, "label", "dim"), Words(strings.PAGE_NAME, "label", "dim")
        theme.fix(layer_name, 70)
        theme.fix(page_name, 60)
        tools = row(
            self.to_picture,
            self.count,
            self.invert,
            self.remove_button,
            layer_name,
            self.layer,
            page_name,
            self.page,
            spacing=10,
        )
        top = row(self.box, self.learn, spacing=14)
        top.setStretch(0, 3)
        top.setStretch(1, 2)
        theme.least(self.table, 0, TABLE_HEIGHT)
        inner = QWidget()
        inner.setLayout(column(top, tools, self.table, spacing=10))
        self.setLayout(column(scrolled(inner), margins=(16, 8, 16, 8)))
        self._fit()

    def _fit(self) -> None:
        """The picture and learning take their share of the height."""
        height = min(TOP_HEIGHT, max(LEAST_TOP, TOP_SHARE * self.height() / theme.unit()))
        theme.fix(self.learn, height=height)
        theme.fix(self.box, height=height)
        self.fold(self.folded)

    @property
    def is_short(self) -> bool:
        """Whether picture and table have no room together, as in a small window set large."""
        return self.height() / theme.unit() < LEAST_TOP + TOOLS_HEIGHT + TABLE_HEIGHT

    def fold(self, on: bool) -> None:
        """The table alone, while there is no room for both."""
        self.folded = on
        alone = on and self.is_short
        self.box.setVisible(not alone)
        self.learn.setVisible(not alone)
        self.to_table.setVisible(self.is_short)
        self.to_picture.setVisible(alone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    # from the tree

    def refresh(self) -> None:
        """Controllers and assignments as they are now."""
        self.controllers = maps.controllers(self.store.value("/controllers/list"))
        self.rows = maps.assignments(self.store.value("/map/list"))
        self.model.show_rows(self.rows)
        missing = "" if self.store.has("/map/list") else strings.NO_MAP
        counted = strings.ONE_ASSIGNMENT if len(self.rows) == 1 else strings.ASSIGNMENTS_COUNTED.format(len(self.rows))
        self.count.set_text(missing or (counted if self.rows else strings.NO_ASSIGNMENTS))
        self._show_tabs()
        self._show_controller()

    def controller(self) -> Controller | None:
        """The one that is shown: chosen, else the first that is connected."""
        chosen = next((one for one in self.controllers if one.port == self.port), None)
        return (
            chosen
            or next((one for one in self.controllers if one.connected), None)
            or next(iter(self.controllers), None)
        )

    def _show_tabs(self) -> None:
        wanted = [(one.port, f"{'●' if one.connected else '○'} {one.title or one.port}") for one in self.controllers]
        shown = [(button.property("port"), button.text()) for button in self._group.buttons()]
        now = self.controller()
        if wanted != shown:
            for button in self._group.buttons():
                self._group.removeButton(button)
            made = []
            for port, title in wanted:
                button = Button(title, checkable=True, height=44, role="label")
                button.setProperty("port", port)
                button.clicked.connect(lambda _on=False, port=port: self.show_port(port))
                self._group.addButton(button)
                made.append(button)
            self.tabs.fill(list(made))
        for button in self._group.buttons():
            button.setChecked(now is not None and button.property("port") == now.port)

    def show_port(self, port: str) -> None:
        """Another controller."""
        self.port = port
        self._show_tabs()
        self._show_controller()

    def _show_controller(self) -> None:
        now = self.controller()
        self.profile.setEnabled(now is not None and self.store.has("/controllers/profile"))
        if now is None:
            self.state.set_text(
                strings.NO_CONTROLLER if self.store.has("/controllers/list") else strings.NO_CONTROLLERS, "dim"
            )
            self.picture.show_controller(Controller(""), [])
            return
        parts = [strings.CONNECTED if now.connected else strings.NOT_CONNECTED]
        parts.append(strings.HAS_PROFILE.format(now.profile) if now.profile else strings.NO_PROFILE)
        if now.lights:
            parts.append(strings.HAS_LIGHTS)
        self.state.set_text(" · ".join(parts), "good" if now.connected else "danger")
        self.picture.show_controller(now, self.rows)

    # the hand

    def _on_pressed(self, cell: ControlCell) -> None:
        if cell.rows:
            self.table.choose(cell.rows[0])
        elif self.store.has("/learn/start"):
            self.mode.start()

    def open_cell_menu(self, cell: ControlCell, at: QPoint) -> QMenu:
        """What can be done with a control."""
        menu = QMenu(self)
        learn = menu.addAction(strings.LEARN_FOR_IT, self.mode.start)
        learn.setEnabled(self.store.has("/learn/start"))
        for one in cell.rows:
            for target in one.targets:
                said = strings.REMOVE_TARGET.format(self.mode.spoken(target.address))
                menu.addAction(menu_text(said), lambda one=one: self.store.send("/map/remove", one.id))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
        return menu

    def open_profile(self) -> None:
        """Asks which profile a port has."""
        now = self.controller()
        if now is None:
            return
        box = QInputDialog(self)
        box.setWindowTitle(strings.PROFILE)
        box.setLabelText(strings.PROFILE_ASK.format(now.port))
        known = [str(one.get("profile", "")) for one in self.store.json("/controllers/profiles", [])]
        if known:
            box.setComboBoxItems(["", *known])
            box.setComboBoxEditable(True)
        box.setTextValue(now.profile)
        port = now.port
        box.textValueSelected.connect(
            lambda name: self.store.send("/controllers/profile", dumps({"port": port, "profile": name.strip()}))
        )
        box.finished.connect(box.deleteLater)
        box.open()

    def remove(self) -> None:
        """The assignment that is chosen goes."""
        chosen = self.table.chosen()
        if chosen is not None:
            self.store.send("/map/remove", chosen.id)

    def invert_chosen(self) -> None:
        """The target that is chosen goes the other way."""
        index = self.table.currentIndex()
        if index.isValid() and index.row() < len(self.model.lines):
            one, at = self.model.lines[index.row()]
            if at < len(one.targets):
                self.store.send("/map/set", dumps(one.retargeted(at, invert=not one.targets[at].invert)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.table.hasFocus():
            self.remove()
        else:
            super().keyPressEvent(event)
