"""A list to choose from, with a line that searches names, words and tags; Qt thread."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import plain
from ui.style.theme import px
from ui.widgets.frame import column


@dataclass(frozen=True)
class Option:
    """One row: `key` is what is chosen, `text` and `detail` are shown, `words` are searched too."""

    key: str
    text: str
    detail: str = ""
    words: str = ""
    marked: bool = False


class ChoiceList(QWidget):
    """Search line over a list, of lines or of `wrapped` sentences; Enter or a double press emits chosen(key), a selection
    looked(key)."""

    chosen = pyqtSignal(str)
    looked = pyqtSignal(str)

    def __init__(self, name: str, parent: QWidget | None = None, *, wrapped: bool = False):
        super().__init__(parent)
        self.options: list[Option] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText(strings.SEARCH)
        self.search.setAccessibleName(strings.SEARCH)
        self.search.setClearButtonEnabled(True)
        self.rows = QListWidget()
        self.rows.setAccessibleName(name)
        self.rows.setUniformItemSizes(not wrapped)
        self.rows.setWordWrap(wrapped)
        if wrapped:
            self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLayout(column(self.search, self.rows, spacing=8))
        self.search.textChanged.connect(self._refill)
        self.search.installEventFilter(self)
        self.rows.installEventFilter(self)
        self.rows.itemDoubleClicked.connect(lambda item: self.chosen.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.rows.currentItemChanged.connect(self._on_current)

    def show_options(self, options: Iterable[Option]) -> None:
        """Replaces the rows, keeping search and selection."""
        fresh = list(options)
        if fresh != self.options:
            self.options = fresh
            self._refill()

    def current(self) -> str:
        """Key of the selected row; "" for none."""
        item = self.rows.currentItem()
        return "" if item is None else item.data(Qt.ItemDataRole.UserRole)

    def keys(self) -> list[str]:
        """Keys in sight."""
        return [self.rows.item(at).data(Qt.ItemDataRole.UserRole) for at in range(self.rows.count())]

    def eventFilter(self, watched, event) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current():
                self.chosen.emit(self.current())
                return True
            if watched is self.search and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.rows.setCurrentRow(max(0, self.rows.currentRow() + (1 if event.key() == Qt.Key.Key_Down else -1)))
                return True
        return super().eventFilter(watched, event)

    def _refill(self) -> None:
        wanted = self.search.text().lower().split()
        here = self.current()
        self.rows.blockSignals(True)
        self.rows.clear()
        chosen = -1
        for option in self.options:
            hay = f"{option.text} {option.detail} {option.words}".lower()
            if all(word in hay for word in wanted):
                item = QListWidgetItem(
                    f"{'★ ' if option.marked else ''}{option.text}" + (f"   {option.detail}" if option.detail else "")
                )
                item.setData(Qt.ItemDataRole.UserRole, option.key)
                item.setToolTip(plain(option.words))
                self.rows.addItem(item)
                if option.key == here:
                    chosen = self.rows.count() - 1
        self.rows.setCurrentRow(max(chosen, 0) if wanted else chosen)
        self.rows.blockSignals(False)
        self._on_current()

    def _on_current(self, *_: object) -> None:
        self.looked.emit(self.current())


class ChoicePopup(QWidget):
    """A ChoiceList that pops up at a widget and goes after one choice. Esc closes it."""

    def __init__(
        self, at: QWidget, name: str, options: Iterable[Option], chosen: Callable[[str], object], current: str = "",
        wide: float = 620, *, wrapped: bool = False,
    ):  # fmt: skip
        super().__init__(at.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(name)
        self.list = ChoiceList(name, self, wrapped=wrapped)
        self.setLayout(column(self.list, margins=(10, 10, 10, 10)))
        self.list.show_options(options)
        keys = self.list.keys()
        if current in keys:
            self.list.rows.setCurrentRow(keys.index(current))
        self.list.chosen.connect(lambda key: (self.close(), chosen(key)))
        self.list.rows.itemClicked.connect(lambda item: self.list.chosen.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.setStyleSheet(f"ChoicePopup {{ background: {theme.colour.surface.name()}; }}")
        room = at.window().size()
        self.resize(min(px(wide), room.width() - px(20)), min(px(640), room.height() - px(40)))
        corner = at.mapToGlobal(QPoint(0, at.height() + px(4)))
        edge = at.window().mapToGlobal(QPoint(room.width(), room.height()))
        if corner.y() + self.height() > edge.y():
            corner.setY(at.mapToGlobal(QPoint(0, 0)).y() - self.height() - px(4))
        self.move(min(corner.x(), edge.x() - self.width()), max(corner.y(), at.window().mapToGlobal(QPoint(0, 0)).y()))
        self.show()
        self.list.search.setFocus()
