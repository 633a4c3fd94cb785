"""What devices, headers and signs of the rack share: pressed, focused, dragged, with a menu of its own; Qt thread."""

from PyQt6.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QAbstractButton, QWidget

from ui.state.drops import Item
from ui.style.theme import px
from ui.views.rack import dragging

MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}

OWN_KEYS = {*MOVES, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Menu}


class Cell(QAbstractButton):
    """One box of the rack. `width_px`, `height_px` in design pixels.

    Signals: clicked (press, Enter), menu_wanted(point on the screen), step_wanted(columns, rows) by arrow keys,
    focused() when it got the keys.
    """

    menu_wanted = pyqtSignal(QPoint)
    step_wanted = pyqtSignal(int, int)
    focused = pyqtSignal()

    width_px, height_px = 200.0, 76.0

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self.open = False
        self._from = QPoint()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def item(self) -> Item | None:
        """What is dragged when it is dragged; None for what stays."""
        return None

    def set_open(self, yes: bool) -> None:
        """Marks it as the one shown below."""
        if yes != self.open:
            self.open = yes
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(self.width_px), px(self.height_px))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        item = self.item()
        if item is not None and dragging.far_enough(self._from, event):
            self.setDown(False)
            dragging.carry(self, item)
            return
        super().mouseMoveEvent(event)

    def wants_key(self, event: QKeyEvent) -> bool:
        """Keys that are its own while it has the focus, and no piano's."""
        return Qt.Key(event.key()) in OWN_KEYS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in MOVES and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.step_wanted.emit(*MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        else:
            event.ignore()  # the view's own keys: Delete, Ctrl+C … ; letters play the piano

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        at = event.globalPos() if by_mouse else self.mapToGlobal(QPoint(px(12), self.height()))
        self.menu_wanted.emit(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.focused.emit()
        super().focusInEvent(event)
