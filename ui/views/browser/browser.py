"""The browser: sections, a search line, tags, and what can be done with the item that is chosen; Qt thread."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QButtonGroup, QLineEdit, QListView, QMenu

from ui import strings
from ui.state import browse, reading
from ui.state.browse import Entry
from ui.state.drops import Drop, Target, plan
from ui.state.keepsakes import Favourites
from ui.state.layout import Layout, Slot, read
from ui.store import Store
from ui.style import draw
from ui.views.browser.audition import Audition
from ui.views.browser.entries import ENTRY, EntryDelegate, EntryModel
from ui.widgets.button import Button
from ui.widgets.frame import Frame, Words, row


class Browser(Frame):
    """`wanted(Drop)` is called for what is to be put into the rack; `show_target` says where "here" is."""

    def __init__(self, store: Store, wanted: Callable[[Drop], None], favourites: Favourites | None = None) -> None:
        super().__init__()
        self.store, self.wanted = store, wanted
        self.favourites = favourites or Favourites()
        self.section = browse.SCENES
        self.tags: set[str] = set()
        self.chain, self.at = "", -1
        self.slot: Slot | None = None
        self.setAccessibleName(strings.BROWSER)
        self.model, self.list = EntryModel(), QListView()
        self.audition = Audition(store)
        self._build()
        for source in set(browse.SOURCES.values()):
            store.watch(source, lambda _address, _value: self.refill(), self)
        store.watch("/scene", lambda _address, _value: self.refill(), self)
        store.structure_changed.connect(self.refill)
        self.refill()

    def _build(self) -> None:
        self.sections = QButtonGroup(self)
        buttons = []
        for name in browse.SECTIONS:
            button = Button(strings.SECTIONS[name], checkable=True, height=48, role="label")
            button.clicked.connect(lambda _on=False, name=name: self.show_section(name))
            self.sections.addButton(button)
            buttons.append(button)
        buttons[0].setChecked(True)
        self.search = QLineEdit()
        self.search.setPlaceholderText(strings.SEARCH_LIBRARY)
        self.search.setAccessibleName(strings.SEARCH_LIBRARY)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self.refill())
        self.search.installEventFilter(self)
        self.starred = Button("★", name=strings.ONLY_FAVOURITES, tip=strings.ONLY_FAVOURITES, checkable=True, height=48)
        self.starred.clicked.connect(self.refill)
        self.tag_button = Button(strings.TAGS, tip=strings.TIP_TAGS, height=48, role="label")
        self.tag_button.clicked.connect(self.open_tags)
        self.list.setModel(self.model)
        self.list.setItemDelegate(EntryDelegate(self.list))
        self.list.setAccessibleName(strings.BROWSER)
        self.list.setDragEnabled(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.list.installEventFilter(self)
        self.list.doubleClicked.connect(lambda _index: self.put())
        selection = self.list.selectionModel()
        if selection is not None:
            selection.currentChanged.connect(lambda *_: self._show_actions())
        self.empty = Words("", "label", "dim")
        self.put_button = Button(strings.LOAD_IT, height=52, least=120)
        self.put_button.clicked.connect(self.put)
        self.hear_button = Button(strings.HEAR, icon="play", tip=strings.TIP_HEAR, height=52, role="label")
        self.hear_button.clicked.connect(self.hear)
        self.star_button = Button("★", name=strings.FAVOURITE, tip=strings.FAVOURITE, height=52)
        self.star_button.clicked.connect(self.toggle_favourite)
        self.body.addLayout(row(*buttons, None, spacing=6))
        self.body.addLayout(row(self.search, self.tag_button, self.starred, spacing=8))
        self.body.addWidget(self.empty)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.audition)
        self.body.addLayout(row(self.put_button, self.hear_button, self.star_button, None, spacing=8))

    # what is listed

    def entries(self) -> list[Entry]:
        """All items of the section."""
        source = browse.SOURCES[self.section]
        if self.section == browse.SCENES and not self.store.has(source):
            plain = [{"name": name, "title": name} for name in reading.names(self.store.value("/scenes"))]
            return browse.read(self.section, reading.dumps(plain), self.favourites.keys)
        return browse.read(self.section, self.store.value(source), self.favourites.keys)

    def refill(self) -> None:
        """Lists what the search, the tags and the star leave; the item chosen stays chosen."""
        chosen = self.current()
        every = self.entries()
        found = browse.search(every, self.search.text(), self.tags, favourites=self.starred.isChecked())
        self.model.show_entries(found)
        known = [one.key for one in found]
        if chosen is not None and chosen.key in known:
            self.select(known.index(chosen.key))
        missing = not self.store.has(browse.SOURCES[self.section]) and not every
        nothing = (
            strings.NO_LIST.format(browse.SOURCES[self.section])
            if missing
            else strings.NOTHING_FOUND
            if every
            else strings.NOTHING_HERE
        )
        self.empty.set_text("" if found else nothing)
        self.empty.setVisible(not found)
        self.tag_button.set_look(strings.TAGS_CHOSEN.format(len(self.tags)) if self.tags else strings.TAGS)
        self._show_actions()

    def show_section(self, name: str) -> None:
        """Scenes, devices, models or songs."""
        self.section = name
        self.tags = set()
        for button, one in zip(self.sections.buttons(), browse.SECTIONS, strict=True):
            button.setChecked(one == name)
        self.refill()

    def open_tags(self) -> QMenu:
        """The tags in use."""
        menu = QMenu(self)
        menu.addAction(strings.EVERY_TAG, lambda: self.choose_tags(set()))
        menu.addSeparator()
        for tag in browse.tags(self.entries()):
            act = menu.addAction(draw.menu_text(tag), lambda tag=tag: self.choose_tags(self.tags ^ {tag}))
            act.setCheckable(True)
            act.setChecked(tag in self.tags)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.tag_button.mapToGlobal(self.tag_button.rect().bottomLeft()))
        return menu

    def choose_tags(self, tags: set[str]) -> None:
        """Only what has all of these tags."""
        self.tags = tags
        self.refill()

    def current(self) -> Entry | None:
        """The item that is chosen."""
        index = self.list.currentIndex()
        entry = index.data(ENTRY) if index.isValid() else None
        return entry if isinstance(entry, Entry) else None

    def select(self, at: int) -> None:
        """Chooses a row."""
        self.list.setCurrentIndex(self.model.index(at))

    # what is done with it

    def show_target(self, chain: str, at: int, slot: Slot | None) -> None:
        """Where "here" is: a gap of a chain, and the device that would give way to one that is only heard."""
        self.chain, self.at, self.slot = chain, at, slot
        self._show_actions()

    def layout_now(self) -> Layout:
        """The rack."""
        return read(self.store.value("/rack/layout"))

    def put(self) -> None:
        """Loads a scene; puts a device or a file into the rack."""
        entry = self.current()
        if entry is None:
            return
        if entry.kind == "scene":
            self.audition.keep()
        drop = plan(entry.item, Target(self.chain, self.at), self.layout_now())
        if drop.refusal:
            self.store.notice.emit(drop.refusal)
        elif drop.address:
            self.wanted(drop)

    def hear(self) -> None:
        """Lets it be heard, with a way back."""
        entry = self.current()
        if entry is not None:
            self.audition.hear(entry, self.slot)

    def toggle_favourite(self) -> None:
        """A scene's star is the instrument's; every other is this panel's."""
        entry = self.current()
        if entry is None:
            return
        if entry.kind == "scene" and self.store.has("/scene/favourite"):
            self.store.send("/scene/favourite", entry.name)
        else:
            self.favourites.toggle(entry.key)
            self.refill()

    def _show_actions(self) -> None:
        entry = self.current()
        is_scene = entry is not None and entry.kind in ("scene", "midi")
        into = self.chain.split(":", 1)[-1]
        said = (
            strings.LOAD_IT if is_scene or entry is None else strings.ADD_TO.format(into) if into else strings.ADD_NEW
        )
        self.put_button.set_look(strings.ADD_SONG_IT if entry is not None and entry.kind == "song" else said)
        for button in (self.put_button, self.star_button):
            button.setEnabled(entry is not None)
        self.hear_button.setEnabled(entry is not None and self.audition.can_hear(entry, self.slot))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None or event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        key = event.key()
        if watched is self.search and key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.model.entries:
                if not self.list.currentIndex().isValid():
                    self.select(0)
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        if watched is self.list and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.put()
            return True
        if watched is self.list and event.text() == "*":
            self.toggle_favourite()
            return True
        return super().eventFilter(watched, event)
