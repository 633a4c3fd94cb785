"""The Rack: a line a track, below it the device or the zones that are open, beside it the browser; Qt thread."""

from typing import Any

from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QStackedLayout, QWidget

from ui import strings
from ui.desk import Desk
from ui.state import layout, reading
from ui.state.layout import TRACK, Chain, Layout, Slot
from ui.style import theme
from ui.style.theme import px
from ui.views.browser.browser import Browser
from ui.views.map.learn import LearnBar
from ui.views.rack import menus
from ui.views.rack.cell import Cell
from ui.views.rack.chain_header import ChainHeader
from ui.views.rack.chain_row import ChainRow, out_words
from ui.views.rack.chains import Chains, ChainScroll
from ui.views.rack.device_pane import DevicePane
from ui.views.rack.edits import Edits
from ui.views.rack.slot_box import AddBox, SlotBox
from ui.views.rack.zone_pane import ZonePane
from ui.views.view import View
from ui.widgets.button import Button
from ui.widgets.frame import Frame, Words, column, row

BROWSER_WIDTH, PANE_HEIGHT, LEAST_PANE, PANE_SHARE = 560, 384, 210, 0.58
BESIDE_FROM, HEAD_HEIGHT, WHOLE_WIDTH = 1250, 76, 16777215
"""Design pixels of a view that is wide enough for lines and browser; of the pane's head alone; Qt's "no limit"."""
CTRL = Qt.KeyboardModifier.ControlModifier


class RackView(View):
    """Everything it does is an edit of the tree; everything it shows is what the tree says."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        store = self.store
        self.edits = Edits(store)
        self.layout_now = Layout()
        self.open_uid = ""
        self._cell: Cell | None = None
        self.chains = Chains()
        self.browser = Browser(store, self.browsed)
        self.device = DevicePane(store)
        self.zones = ZonePane(self.edits)
        self._build()
        self.chains.pressed.connect(self._on_pressed)
        self.chains.menu_wanted.connect(self.open_menu)
        self.chains.focused.connect(self._on_focused)
        self.chains.dropped.connect(self.edits.drop)
        self.chains.refused.connect(store.notice)
        store.watch("/rack/layout", lambda _address, value: self._on_layout(value), self)
        store.watch("/rack", self._on_value, self)
        store.watch("/mix", self._on_value, self)
        store.watch("/players/list", lambda *_: self._show_players(), self)
        store.structure_changed.connect(self._on_structure)
        store.meters.connect(self._on_meters)
        self._on_structure()

    def hint(self) -> str:
        return strings.RACK_HINT

    def restyle(self) -> None:
        self.chains.lay_out()
        self.device.restyle()
        QTimer.singleShot(0, self._fit)

    def _build(self) -> None:
        self.title = Words(strings.NOTHING_OPEN, "head")
        self.power = Button(icon="power", tip=strings.TIP_BYPASS, checkable=True, height=48)
        self.power.clicked.connect(
            lambda: self._slot_do(lambda slot: self.edits.set_device(slot, bypass=not slot.bypass))
        )
        self.zone_button = Button(strings.ZONES, checkable=True, height=48, role="label", tip=strings.TIP_ZONES)
        self.zone_button.clicked.connect(lambda: self.show_zones(self.zone_button.isChecked()))
        self.browse_button = Button(strings.BROWSER, checkable=True, height=48, role="label", tip=strings.TIP_BROWSER)
        self.browse_button.clicked.connect(lambda: self.show_browser(self.browse_button.isChecked()))
        self.pane = Frame("", "you")
        theme.lay(self.pane.body, (16, 12, 16, 12), 10)
        tabs, pages = self.device.tabs, self.device.menu_button
        head = row(self.power, self.title, tabs, pages, None, self.zone_button, self.browse_button, spacing=14)
        head.setStretchFactor(tabs, 1000)
        self.pane.body.addLayout(head)
        self.work = QWidget()
        self.stack = QStackedLayout(self.work)
        self.pane.body.addWidget(self.work, 1)
        self.stack.addWidget(self.device)
        self.stack.addWidget(self.zones)
        theme.fix(self.pane, height=PANE_HEIGHT)
        theme.fix(self.browser, BROWSER_WIDTH)
        self.browser.hide()
        self.learn = LearnBar(self.store)
        self.lines = ChainScroll(self.chains)
        self._middle = column(self.lines, self.learn, self.pane)
        self._sides = row(self.browser, self._middle, spacing=14, margins=(16, 8, 16, 8))
        self.setLayout(self._sides)

    def _place_browser(self) -> bool:
        """Beside the lines, or where the view is narrow in their place; True for the latter while it is shown."""
        narrow = self.width() < px(BESIDE_FROM)
        if narrow and self._sides.indexOf(self.browser) >= 0:
            self.browser.setProperty("design_size", None)
            self.browser.setMinimumWidth(0)
            self.browser.setMaximumWidth(WHOLE_WIDTH)
            self._middle.insertWidget(0, self.browser, 1)
        elif not narrow and self._sides.indexOf(self.browser) < 0:
            self._sides.insertWidget(0, self.browser)
            theme.fix(self.browser, BROWSER_WIDTH)
        instead = narrow and self.browse_button.isChecked()
        self.lines.setVisible(not instead)
        self.work.setVisible(not instead)
        return instead

    # from the tree

    def _on_structure(self) -> None:
        missing = "" if self.store.has("/rack/layout") else strings.NO_LAYOUT
        self.chains.message = strings.NO_RACK if self.store.state != "connected" else missing or strings.EMPTY_RACK
        if missing:
            self._on_layout("")
        self.chains.update()
        self._show_players()
        self._show_open()
        self._show_outs()

    def _show_players(self) -> None:
        """The sign that adds one, once it is known which there are."""
        self.chains.add_player.can_show = bool(menus.players(self.edits))
        self.chains.lay_out()

    def _on_layout(self, value: Any) -> None:
        focused = self._focused_place()
        self.layout_now = layout.read(value)
        self.chains.show_layout(self.layout_now)
        self.zones.show_layout(self.layout_now)
        self._refocus(focused)
        self._show_open()
        self._show_outs()

    def _on_value(self, address: str, value: Any) -> None:
        parts = address.split("/")
        if parts[1] == "rack" and len(parts) == 4 and parts[3] == "load" and reading.is_number(value):
            found = self.layout_now.numbered(int(parts[2])) if parts[2].isdigit() else None
            box = self._box(found[1].uid) if found else None
            if box is not None:
                box.show_load(float(value))
        elif parts[1] == "mix" and len(parts) == 4:
            rows = [one for one in self.chains.rows.values() if one.chain.strip == parts[2]]
            for one in rows:
                if parts[3] == "mute":
                    one.header.show_muted(bool(value))
                elif parts[3].startswith("send_"):
                    one.show_out(self._out(one.chain))

    def _on_meters(self, values: dict[str, float]) -> None:
        for one in self.chains.rows.values():
            for index, name in enumerate(one.meters):
                if name in values:
                    one.meter.push(index, values[name])
            for box in one.slots.values():
                name = f"rack_{box.slot.number}_peak_db"
                if name in values:
                    box.push_peak(values[name])

    def _show_outs(self) -> None:
        for one in self.chains.rows.values():
            one.show_out(self._out(one.chain))
            one.header.show_muted(bool(self.store.value(f"{one.chain.mix}/mute")))

    def _out(self, chain: Chain) -> str:
        """Sends that are open, with their levels, and the output."""
        sends = []
        for bus in self.layout_now.buses() if chain.kind == TRACK else ():
            level = self.store.value(f"{chain.mix}/send_{bus.strip}")
            parameter = self.store.parameter(f"{chain.mix}/send_{bus.strip}")
            if reading.is_number(level) and (parameter is None or level > parameter.low):
                sends.append((bus.title or bus.name, f"{level:.0f} dB"))
        outputs = strings.OUT_PAIR.format(*(chain.output or (1, 2))[:2]) if len(chain.output or (1, 2)) > 1 else ""
        return out_words(chain, sends, outputs)

    # what is open

    def open_slot(self, uid: str) -> None:
        """Opens a device below the lines."""
        self.open_uid = uid
        self.show_zones(False)
        self._show_open()

    def show_zones(self, yes: bool, chosen: str = "") -> None:
        """The zones instead of the device, or back."""
        if chosen:
            self.zones.chosen = chosen
            self.zones.show_layout(self.layout_now)
        self.zone_button.setChecked(yes)
        self.stack.setCurrentWidget(self.zones if yes else self.device)
        self._show_open()

    def show_browser(self, yes: bool) -> None:
        """The browser at the side, or not."""
        self.browse_button.setChecked(yes)
        self.browser.setVisible(yes)
        QTimer.singleShot(0, self._fit)
        if yes:
            self.browser.search.setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def open_slot_now(self) -> Slot | None:
        """The device that is open."""
        return self.layout_now.slot(self.open_uid)

    def _show_open(self) -> None:
        zones_open = self.stack.currentWidget() is self.zones
        place = self.layout_now.place(self.open_uid)
        if place is None and self.layout_now.chains:
            first = next(((chain, 0) for chain in self.layout_now.chains if chain.devices), None)
            self.open_uid, place = (first[0].devices[0].uid, first) if first else ("", None)
        for one in self.chains.rows.values():
            one.header.set_open(zones_open and one.chain.key == self.zones.chosen)
            for box in one.boxes:
                box.set_open(not zones_open and box.slot.uid == self.open_uid)
        self.power.setVisible(not zones_open and place is not None)
        if place is None:
            self.device.close_device()
        else:
            chain, at = place
            slot = chain.devices[at]
            self.power.setChecked(not slot.bypass)
            self.power.tint = theme.kind_tint(slot.kind)
            self.pane.set_head("", "you" if zones_open else theme.kind_tint(slot.kind))
            self.device.show_device(chain, slot)
        self.title.set_text(strings.ZONES_TITLE if zones_open else self._title(place))
        self._fit()

    def _fit(self) -> None:
        """The pane takes no more than its share of a low view, the head no more than there is."""
        share = min(PANE_HEIGHT, max(LEAST_PANE, PANE_SHARE * self.height() / theme.unit()))
        theme.fix(self.pane, height=HEAD_HEIGHT if self._place_browser() else share)
        wide = self.pane.width()
        title = min(round(self.title.sizeHint().width() / theme.unit()) + 4, 330)
        theme.fix(self.title, title)
        buttons = self.zone_button.sizeHint().width() + self.browse_button.sizeHint().width()
        if self.stack.currentWidget() is self.zones:
            self.device.tabs.hide()
            self.device.menu_button.hide()
        else:
            self.device.fit_tabs(wide - buttons - px(title + 60 + 2 * 16 + 5 * 14))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self._fit)

    @staticmethod
    def _title(place: tuple[Chain, int] | None) -> str:
        if place is None:
            return strings.NOTHING_OPEN
        chain, at = place
        return f"{chain.title or chain.name} / {chain.devices[at].title}"

    # the hand

    def browsed(self, drop) -> None:
        """What the browser wants put somewhere."""
        self.edits.drop(drop)

    def _on_pressed(self, cell: Cell) -> None:
        if isinstance(cell, SlotBox):
            self.open_slot(cell.slot.uid)
        elif isinstance(cell, ChainHeader) and cell.chain.plays_keys:
            self.show_zones(True, cell.chain.key)
        elif isinstance(cell, AddBox):
            self.open_menu(cell, cell.mapToGlobal(QPoint(0, cell.height())))

    def _on_focused(self, cell: Cell) -> None:
        self._cell = cell
        self.browser.show_target(*self._gap(cell))

    def _gap(self, cell: Cell) -> tuple[str, int, Slot | None]:
        """Where something put "here" goes: chain, gap, and the device that would give way."""
        one = self._row(cell)
        if one is None:
            return "", -1, None
        if isinstance(cell, SlotBox):
            return one.chain.key, one.chain.devices.index(cell.slot) + 1, cell.slot
        return one.chain.key, -1, None

    def open_menu(self, cell: Cell, at: QPoint):
        """The menu of a cell."""
        one = self._row(cell)
        menu = None
        if isinstance(cell, SlotBox):
            slot = cell.slot
            menu = menus.slot_menu(self, self.edits, self.layout_now, slot, lambda: self.open_slot(slot.uid))
        elif isinstance(cell, ChainHeader):
            chain = cell.chain
            menu = menus.chain_menu(self, self.edits, self.layout_now, chain, lambda: self.show_zones(True, chain.key))
        elif cell is self.chains.add_track:
            menu = menus.add_track_menu(self, self.edits, self.layout_now)
        elif cell is self.chains.add_bus:
            menu = menus.add_bus_menu(self, self.edits, self.layout_now)
        elif cell is self.chains.add_player:
            menu = menus.add_player_menu(self, self.edits)
        elif one is not None:
            menu = menus.add_menu(self, self.edits, one.chain, len(one.chain.devices))
        if menu is not None:
            menu.popup(at)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        cell = self._cell if self._cell is not None and self._cell.hasFocus() else None
        key, ctrl = event.key(), bool(event.modifiers() & CTRL)
        acts = {
            (Qt.Key.Key_Delete, False): self.remove,
            (Qt.Key.Key_Backspace, False): self.remove,
            (Qt.Key.Key_D, True): self.duplicate,
            (Qt.Key.Key_C, True): self.copy,
            (Qt.Key.Key_V, True): self.paste,
            (Qt.Key.Key_E, True): self.bypass,
        }
        act = acts.get((Qt.Key(key), ctrl))
        if cell is None or act is None or event.isAutoRepeat():
            super().keyPressEvent(event)
            return
        act(cell)

    def remove(self, cell: Cell) -> None:
        """Takes a device, track or bus out; undo brings it back."""
        if isinstance(cell, SlotBox):
            self.edits.remove_device(cell.slot)
        elif isinstance(cell, ChainHeader):
            self.edits.remove_chain(cell.chain)

    def duplicate(self, cell: Cell) -> None:
        """A second one."""
        if isinstance(cell, SlotBox):
            self.edits.duplicate_device(cell.slot)
        elif isinstance(cell, ChainHeader) and cell.chain.kind == TRACK:
            self.edits.duplicate_chain(cell.chain)

    def copy(self, cell: Cell) -> None:
        """Into the tree's clipboard."""
        if isinstance(cell, SlotBox):
            self.edits.copy(cell.slot)
        elif isinstance(cell, ChainHeader):
            self.edits.copy(cell.chain)

    def paste(self, cell: Cell) -> None:
        """What was copied: a device behind this one; a track at the end."""
        chain, at, _slot = self._gap(cell)
        self.edits.paste(chain, at)

    def bypass(self, cell: Cell) -> None:
        """Out of the signal, or back."""
        if isinstance(cell, SlotBox):
            self.edits.set_device(cell.slot, bypass=not cell.slot.bypass)

    # where things are

    def _row(self, cell: Cell) -> ChainRow | None:
        return next((one for one in self.chains.rows.values() if cell in (one.header, one.add, *one.boxes)), None)

    def _box(self, uid: str) -> SlotBox | None:
        return next((one.slots[uid] for one in self.chains.rows.values() if uid in one.slots), None)

    def _slot_do(self, act) -> None:
        slot = self.open_slot_now
        if slot is not None:
            act(slot)
            self.power.setChecked(not slot.bypass)  # until the tree says otherwise

    def _focused_place(self) -> tuple[int, int] | None:
        for y, one in enumerate(self.chains.cells()):
            for x, cell in enumerate(one):
                if cell.hasFocus():
                    return x, y
        return None

    def _refocus(self, place: tuple[int, int] | None) -> None:
        """The keys stay where they were when what had them is gone."""
        lines = self.chains.cells()
        if place is None or not lines or any(cell.hasFocus() for one in lines for cell in one):
            return
        line = lines[min(place[1], len(lines) - 1)]
        line[min(place[0], len(line) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)
