"""Switches and choices: a toggle for bool, segments for a few short labels, a drop-down for more; Qt thread."""

from PyQt6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPaintEvent
from PyQt6.QtWidgets import QMenu

from ui.model import Parameter
from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_icon, draw_label, draw_text, menu_text, painter_of, text_width
from ui.style.theme import px
from ui.widgets.control import SIZES, Control

MAX_SEGMENTS = 4
ROW = 46


class Toggle(Control):
    """On or off: a press, Enter."""

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.entered()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # the second press of two quick ones is a press

    def entered(self) -> None:
        self.edit_once(0.0 if self.value else 1.0)

    def switch_box(self) -> QRectF:
        """The switch itself."""
        body = self.body_box()
        width, height = px(64), px(34)
        return QRectF(body.center().x() - width / 2, body.center().y() - height / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        self.paint_words(painter)
        box, on = self.switch_box(), bool(self.value)
        draw_box(
            painter, box, self.accent if on else theme.colour.sunken, self.accent if on else theme.colour.dim, radius=17
        )
        side = box.height() - px(10)
        left = box.right() - side - px(5) if on else box.left() + px(5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour.on_tint if on else theme.colour.dim)
        painter.drawEllipse(QRectF(left, box.top() + px(5), side, side))
        self.paint_focus(painter)


class Choice(Control):
    """What shares the row of labels."""

    wide = 1.0
    """Times the width of a cell."""

    def sizeHint(self) -> QSize:
        width, height, _, _ = SIZES[self.size_name]
        return QSize(px(width * self.wide), px(height))

    def value_box(self) -> QRectF:
        return QRectF(0, self.height(), self.width(), 0)

    def row_box(self) -> QRectF:
        """The row of labels, touch-sized."""
        body = self.body_box()
        height = min(px(ROW), body.height())
        return QRectF(px(4), body.center().y() - height / 2, self.width() - px(8), height)

    def entry_box(self) -> QRectF:
        return self.row_box()


class Segments(Choice):
    """A few labels side by side, all in sight."""

    def __init__(self, parameter: Parameter, *args, **named):
        super().__init__(parameter, *args, **named)
        self.wide = segment_cells(parameter, self.size_name) or 1.0

    def segment_boxes(self) -> list[QRectF]:
        """One box a label; widths follow the words."""
        row = self.row_box()
        widths = [text_width(label, theme.face("label")) for label in self.parameter.labels]
        spare = (row.width() - sum(widths)) / len(widths)
        boxes, left = [], row.left()
        for width in widths:
            boxes.append(QRectF(left, row.top(), width + spare, row.height()))
            left += width + spare
        return boxes

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        for index, box in enumerate(self.segment_boxes()):
            if box.contains(point):
                self.edit_once(self.parameter.low + index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        self.text_is_whole = draw_label(
            painter, self.label_box(), self.label, theme.face(SIZES[self.size_name][2]), theme.colour.dim
        )
        draw_box(painter, self.row_box(), theme.colour.sunken, theme.colour.line)
        chosen = round(self.value - self.parameter.low)
        for index, (box, label) in enumerate(zip(self.segment_boxes(), self.parameter.labels, strict=True)):
            if index == chosen:
                draw_box(painter, box.adjusted(px(3), px(3), -px(3), -px(3)), self.accent, radius=6)
            ink = theme.colour.on_tint if index == chosen else theme.colour.dim
            self.text_is_whole &= draw_text(painter, box, label, theme.face("label"), ink)
        self.paint_focus(painter)


class DropDown(Choice):
    """Many labels: a box that opens a menu."""

    def __init__(self, parameter: Parameter, *args, **named):
        super().__init__(parameter, *args, **named)
        widest = max((text_width(label, theme.face("label")) for label in parameter.labels), default=0.0)
        self.wide = 1.0 if widest * 0.8 <= px(SIZES[self.size_name][0] - 50) else 1.6

    def pressed_at(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.open_menu()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def entered(self) -> None:
        self.open_menu()

    def open_menu(self) -> QMenu:
        """All labels under the box."""
        menu = QMenu(self)
        for index, label in enumerate(self.parameter.labels):
            action = menu.addAction(menu_text(label))
            action.setCheckable(True)
            action.setChecked(index == round(self.value - self.parameter.low))
            action.triggered.connect(lambda _on, index=index: self.edit_once(self.parameter.low + index))
        row = self.row_box()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(int(row.left()), int(row.bottom()) + px(2))))
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        self.text_is_whole = draw_label(
            painter, self.label_box(), self.label, theme.face(SIZES[self.size_name][2]), theme.colour.dim
        )
        row = self.row_box()
        draw_box(painter, row, theme.colour.raised, self.accent if self.underMouse() else theme.colour.line)
        words = row.adjusted(px(10), 0, -px(30), 0)
        self.text_is_whole &= draw_text(
            painter, words, self.value_text(), theme.face("label"), theme.colour.text, LEFT, least=0.75
        )
        draw_icon(painter, "down", QPointF(row.right() - px(18), row.center().y()), px(7), theme.colour.dim)
        self.paint_focus(painter)


def segment_cells(parameter: Parameter, size: str = "normal") -> float:
    """Widths of a cell that segments need (1 or 2); 0 when a drop-down is better."""
    if not 2 <= len(parameter.labels) <= MAX_SEGMENTS:
        return 0
    needed = sum(text_width(label, theme.face("label")) + px(20) for label in parameter.labels)
    return next((cells for cells in (1.0, 1.5, 2.0) if needed <= px(SIZES[size][0] * cells - 8)), 0)
