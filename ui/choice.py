"""Switches and choices: a toggle for bool, segments for a few short labels, a drop-down for more; Qt thread."""

from PyQt6.QtCore import QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QMenu, QWidget

from ui import theme
from ui.control import CELL_WIDTH, Control
from ui.model import Parameter

MAX_SEGMENTS = 4
ROW_HEIGHT = 22


class Toggle(Control):
    """On or off."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.edit_once(0.0 if self.value else 1.0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_once(0.0 if self.value else 1.0)
        else:
            super().keyPressEvent(event)

    def switch_box(self) -> QRectF:
        body = self.body_box()
        width, height = theme.dp(34), theme.dp(18)
        return QRectF(body.center().x() - width / 2, body.center().y() - height / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_label(painter)
        box = self.switch_box()
        on = bool(self.value)
        painter.setPen(QPen(self.accent if on else theme.LINE, 1.0))
        painter.setBrush(theme.faded(self.accent, 0.85) if on else theme.SUNKEN)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        side = box.height() - theme.dp(6)
        left = box.right() - side - theme.dp(3) if on else box.left() + theme.dp(3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.SUNKEN if on else theme.DIM)
        painter.drawEllipse(QRectF(left, box.top() + theme.dp(3), side, side))
        self.paint_focus(painter, box.adjusted(-theme.dp(3), -theme.dp(3), theme.dp(3), theme.dp(3)), theme.dp(12))
        theme.draw_text(painter, self.value_box(), self.value_text(), theme.font(11), theme.TEXT)


class Segments(Control):
    """A few labels side by side, all in sight."""

    def __init__(self, parameter: Parameter, *args, **named):
        super().__init__(parameter, *args, **named)
        self.cells = segment_cells(parameter) or 1

    def row_box(self) -> QRectF:
        body = self.body_box()
        height = theme.dp(ROW_HEIGHT)
        return QRectF(theme.dp(3), body.center().y() - height / 2, self.width() - theme.dp(6), height)

    def segment_boxes(self) -> list[QRectF]:
        """One box a label; widths follow the words."""
        row = self.row_box()
        widths = [theme.text_width(label, theme.font(11)) for label in self.parameter.labels]
        spare = (row.width() - sum(widths)) / len(widths)
        boxes, left = [], row.left()
        for width in widths:
            boxes.append(QRectF(left, row.top(), width + spare, row.height()))
            left += width + spare
        return boxes

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            for index, box in enumerate(self.segment_boxes()):
                if box.contains(event.position()):
                    self.edit_once(self.parameter.low + index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_label(painter)
        row = self.row_box()
        painter.setPen(QPen(theme.LINE, 1.0))
        painter.setBrush(theme.SUNKEN)
        painter.drawRoundedRect(row, theme.dp(5), theme.dp(5))
        chosen = round(self.value - self.parameter.low)
        for index, (box, label) in enumerate(zip(self.segment_boxes(), self.parameter.labels, strict=True)):
            if index == chosen:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.faded(self.accent, 0.9))
                inset = theme.dp(2)
                painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), theme.dp(4), theme.dp(4))
            colour = theme.SUNKEN if index == chosen else theme.DIM
            self.text_is_whole &= theme.draw_text(painter, box, label, theme.font(11, bold=index == chosen), colour)
        self.paint_focus(painter, row.adjusted(-theme.dp(2), -theme.dp(2), theme.dp(2), theme.dp(2)), theme.dp(6))


class DropDown(Control):
    """Many labels: a box that opens a menu."""

    def __init__(self, parameter: Parameter, *args, **named):
        super().__init__(parameter, *args, **named)
        widest = max((theme.text_width(label, theme.font(11)) for label in parameter.labels), default=0.0)
        self.cells = 1 if widest * 0.82 <= theme.dp(CELL_WIDTH - 25) else 2  # draw_text may shrink to 80 %

    def row_box(self) -> QRectF:
        body = self.body_box()
        height = theme.dp(ROW_HEIGHT)
        return QRectF(theme.dp(3), body.center().y() - height / 2, self.width() - theme.dp(6), height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.open_menu()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_menu()
        else:
            super().keyPressEvent(event)

    def open_menu(self) -> None:
        """All labels under the box."""
        menu = QMenu(self)
        menu.setFont(theme.font(12))
        for index, label in enumerate(self.parameter.labels):
            action = menu.addAction(theme.menu_text(label))
            action.setCheckable(True)
            action.setChecked(index == round(self.value - self.parameter.low))
            action.triggered.connect(lambda _on, index=index: self.edit_once(self.parameter.low + index))
        row = self.row_box()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(int(row.left()), int(row.bottom()) + theme.dp(2))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_label(painter)
        row = self.row_box()
        painter.setPen(QPen(self.accent if self.underMouse() else theme.LINE, 1.0))
        painter.setBrush(theme.RAISED)
        painter.drawRoundedRect(row, theme.dp(5), theme.dp(5))
        words = row.adjusted(theme.dp(5), 0, -theme.dp(14), 0)
        self.text_is_whole &= theme.draw_text(painter, words, self.value_text(), theme.font(11), theme.TEXT)
        draw_arrow(painter, QPointF(row.right() - theme.dp(8), row.center().y()), theme.DIM)
        self.paint_focus(painter, row.adjusted(-theme.dp(2), -theme.dp(2), theme.dp(2), theme.dp(2)), theme.dp(6))


def draw_arrow(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    """A small arrow that points down."""
    reach = theme.dp(3.5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    corners = [QPointF(-reach, -reach * 0.5), QPointF(reach, -reach * 0.5), QPointF(0, reach * 0.7)]
    painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))


def segment_cells(parameter: Parameter) -> int:
    """Cells that segments need (1 or 2); 0 when a drop-down is better."""
    if not 2 <= len(parameter.labels) <= MAX_SEGMENTS:
        return 0
    words = sum(theme.text_width(label, theme.font(11, bold=True)) for label in parameter.labels)
    needed = words + theme.dp(9) * len(parameter.labels)
    for cells in (1, 2):
        if needed <= theme.dp(CELL_WIDTH) * cells - theme.dp(6):
            return cells
    return 0


def control_for(parameter: Parameter, label: str, accent: QColor, parent: QWidget | None = None) -> Control:
    """The right control for a parameter."""
    from ui.knob import Knob

    if parameter.kind == "T":
        return Toggle(parameter, label, accent, parent)
    if parameter.labels:
        kind = Segments if segment_cells(parameter) else DropDown
        return kind(parameter, label, accent, parent)
    return Knob(parameter, label, accent, parent)
