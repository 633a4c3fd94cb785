"""A line that takes a typed value, and the bubble that says what is wrong with one; Qt thread."""

from PyQt6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QLabel, QLineEdit, QWidget

from ui import strings
from ui.style import theme
from ui.style.theme import px

BUBBLE_MS = 5000


class ValueEntry(QLineEdit):
    """Over `box` of its owner: Enter emits done(text), Esc or the loss of focus left(). Never stays open behind a press."""

    done = pyqtSignal(str)
    left = pyqtSignal()

    def __init__(self, owner: QWidget, text: str, box: QRectF):
        super().__init__(text, owner)
        self.setObjectName("value_entry")
        self.setAccessibleName(strings.TYPE_VALUE)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        place = box.toAlignedRect()
        tall = max(place.height(), px(40))
        top = max(0, min(place.center().y() - tall // 2, owner.height() - tall))
        self.setGeometry(place.left(), top, place.width(), tall)
        self.selectAll()
        self._over = False
        self.editingFinished.connect(self._leave)
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                owner = self.parentWidget()
                self._leave()
                owner.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._enter()  # taken here: on its way up the owner would open the box again
                return True
        return super().event(event)

    def _enter(self) -> None:
        if not self._over:
            self._over = True
            self.done.emit(self.text())

    def _leave(self) -> None:
        if not self._over:
            self._over = True
            self.left.emit()


class Bubble(QLabel):
    """One sentence below a widget, on top of everything, for a few seconds or until it is pressed."""

    def __init__(self, about: QWidget, sentence: str):
        super().__init__(sentence, about.window())
        self.sentence = sentence
        self.setAccessibleName(sentence)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ink, ground, edge = (theme.tint(name).name() for name in ("text", "danger_ground", "danger"))
        self.setStyleSheet(
            f"background: {ground}; color: {ink}; border: {px(2)}px solid {edge}; border-radius: {px(8)}px;"
            f"padding: {px(10)}px; font-size: {px(24)}px;"
        )
        self.setFixedWidth(px(460))
        self.adjustSize()
        under = about.mapTo(about.window(), QPoint(about.width() // 2 - self.width() // 2, about.height() + px(4)))
        room = about.window().rect()
        left = min(max(under.x(), px(8)), room.width() - self.width() - px(8))
        top = (
            under.y()
            if under.y() + self.height() < room.height()
            else under.y() - about.height() - self.height() - px(8)
        )
        self.move(left, top)
        self.show()
        self.raise_()
        QTimer.singleShot(BUBBLE_MS, self.close)

    def mousePressEvent(self, event) -> None:
        self.close()
