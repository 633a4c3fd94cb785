"""The one device that is open: its eight most important knobs large, all others behind tabs; Qt thread."""

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QButtonGroup, QMenu, QWidget

from ui import strings
from ui.groups import Group
from ui.state import maps
from ui.state.layout import Chain, Slot
from ui.state.mains import pages
from ui.store import Store
from ui.style import theme
from ui.style.draw import menu_text
from ui.style.theme import px
from ui.widgets.button import Button
from ui.widgets.choose import control_for
from ui.widgets.control import Control
from ui.widgets.flow import Flow, scrolled
from ui.widgets.focus import focus_kept
from ui.widgets.frame import column

LARGE_FROM = (1640, 264)
NORMAL_FROM = 152
"""Design pixels that eight large controls need, and a line of normal ones."""


class DevicePane(QWidget):
    """Tabs (a Flow for the pane's head) and the controls of the page that is chosen."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.slot: Slot | None = None
        self.pages: list[Group] = []
        self.controls: dict[str, Control] = {}
        self.tabs = Flow(gap=8)
        self.menu_button = Button("", icon="down", tip=strings.TIP_TAB, height=44, role="label")
        self.menu_button.clicked.connect(self.open_pages)
        self.menu_button.hide()
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._page: dict[str, str] = {}  # by device, so that one finds back to where one was
        self._shown: tuple = ()
        self._size = ""
        self.flow = Flow(gap=16, spread=True)
        self.area = scrolled(self.flow)
        self.setLayout(column(self.area))
        store.watch("/map/list", lambda _address, _value: self._show_badges(), self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.slot is not None and self.pages and self.size_for(main=self.page == strings.MAIN) != self._size:
            self.show_page(self.page)

    def size_for(self, *, main: bool) -> str:
        """Size of the controls that the room allows: the main eight large, all others normal; small in a low pane."""
        if main and self.width() >= px(LARGE_FROM[0]) and self.height() >= px(LARGE_FROM[1]):
            return "large"
        return "normal" if self.height() >= px(NORMAL_FROM) else "small"

    @property
    def page(self) -> str:
        """The caption of the page that is shown."""
        known = self._page.get(self.slot.device if self.slot else "", strings.MAIN)
        return known if known in [one.caption for one in self.pages] else strings.MAIN

    def show_device(self, chain: Chain, slot: Slot) -> None:
        """Opens a device; the controls stay where nothing but values changed."""
        before = self.slot
        self.slot = slot
        parameters = self.store.parameters(slot.root)
        if self.store.value(f"{slot.root}/name") not in (None, slot.device):
            return  # the layout is ahead of the tree's description: that comes at once
        own = [one for one in parameters if one.id != "bypass"]
        shown = (
            slot.uid,
            slot.root,
            tuple((one.address, one.kind, one.low, one.high, one.labels, one.home) for one in own),
        )
        if shown == self._shown and before is not None:
            return
        self._shown = shown
        rows = maps.assignments(self.store.value("/map/list"))
        mapped = {target.address for row in rows for target in row.targets}
        self.pages = pages(own, mapped)
        self._fill_tabs()
        self.show_page(self.page)

    def close_device(self) -> None:
        """Nothing is open."""
        self.slot, self._shown, self.pages, self.controls = None, (), [], {}
        self.tabs.fill([])
        self.flow.fill([])

    def show_page(self, caption: str) -> None:
        """The controls of one page."""
        if self.slot is None:
            return
        self._page[self.slot.device] = caption
        page = next((one for one in self.pages if one.caption == caption), self.pages[0])
        size = self._size = self.size_for(main=page is self.pages[0])
        tint = theme.kind_tint(self.slot.kind)
        with focus_kept(self, lambda: self.controls):
            self.controls = {}
            for parameter, label in page.members:
                fresh = self.store.parameter(parameter.address) or parameter
                self.controls[parameter.address] = self.store.bind(control_for(fresh, label, tint, None, size))
            self.flow.fill(list(self.controls.values()))
        self.area.verticalScrollBar().setValue(0)
        self._show_badges()
        for button in self._group.buttons():
            button.setChecked(button.text() == page.caption)
        self.menu_button.set_look(page.caption, "down")

    def fit_tabs(self, width: int) -> None:
        """Tabs side by side where they fit into a width; else one button with a menu."""
        needed = sum(tab.sizeHint().width() + px(self.tabs.gap) for tab in self.tabs.widgets)
        several, fits = len(self.pages) > 1, needed <= width
        self.tabs.setVisible(several and fits)
        self.menu_button.setVisible(several and not fits)

    def open_pages(self) -> QMenu:
        """All pages, to choose from."""
        menu = QMenu(self)
        for page in self.pages:
            act = menu.addAction(menu_text(page.caption), lambda caption=page.caption: self.show_page(caption))
            act.setCheckable(True)
            act.setChecked(page.caption == self.page)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))
        return menu

    def _fill_tabs(self) -> None:
        for button in self._group.buttons():
            self._group.removeButton(button)
        made: list[QWidget] = []
        for page in self.pages if len(self.pages) > 1 else []:
            button = Button(page.caption, checkable=True, height=44, role="label", tip=strings.TIP_TAB)
            button.clicked.connect(lambda _on=False, caption=page.caption: self.show_page(caption))
            self._group.addButton(button)
            made.append(button)
        self.tabs.fill(made)

    def _show_badges(self) -> None:
        rows = maps.assignments(self.store.value("/map/list"))
        for address, control in self.controls.items():
            control.set_badge(maps.badge(address, rows))

    def restyle(self) -> None:
        """The scale has changed: everything is placed anew."""
        self.tabs.lay_out()
        self.flow.lay_out()
