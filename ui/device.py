"""One device of the rack: head with bypass and load, and a control for every parameter on the grid; Qt thread."""

from PyQt6.QtCore import QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from ui import arrange, groups, text, theme
from ui.buttons import Button, caption_font
from ui.choice import control_for
from ui.control import CELL_HEIGHT, CELL_WIDTH, Control
from ui.model import Device

HEAD, TOP, CAPTION, NO_CAPTION, PAD = 30, 4, 14, 0, 8


class DevicePanel(QWidget):
    """Emits `edited(address, before, value, gesture)`; `bypass_wanted(address, bool)`."""

    edited = pyqtSignal(str, float, float, int)
    bypass_wanted = pyqtSignal(str, bool)
    folded = pyqtSignal()

    def __init__(self, device: Device, parent: QWidget | None = None):
        super().__init__(parent)
        self.device = device
        self.accent = theme.KIND_COLOURS.get(device.kind, theme.EFFECT)
        self.is_folded = False
        self.load_percent = device.load_percent
        self.groups = groups.gather(device.parameters)
        self.controls: dict[str, Control] = {}
        self._shown: dict[str, float] = {}
        self._rows: list[list[Control]] = []
        for group in self.groups:
            row = []
            for parameter, label in group.members:
                control = control_for(parameter, label, self.accent, self)
                control.edited.connect(lambda value, gesture, c=control: self._on_edit(c, value, gesture))
                self.controls[parameter.address] = control
                self._shown[parameter.address] = control.value
                row.append(control)
            self._rows.append(row)
        self.widths = [[control.cells for control in row] for row in self._rows]
        self.caption_height = CAPTION if any(group.caption for group in self.groups) else NO_CAPTION
        self._captions: list[tuple[QRectF, str]] = []
        self.fold = Button(icon="down", tip=text.TIP_FOLD, height=22, parent=self)
        self.fold.clicked.connect(self.toggle_fold)
        self.power = Button(
            icon="power", accent=self.accent, tip=text.TIP_BYPASS, height=24, checkable=True, parent=self
        )
        self.power.setVisible(device.has_bypass)
        self.show_bypass(device.bypassed)
        self.power.clicked.connect(self._on_power)

    @property
    def bypassed(self) -> bool:
        """Whether the device is out of the signal."""
        return self.device.has_bypass and not self.power.isChecked()

    def show_bypass(self, bypassed: bool) -> None:
        """The bypass from the wire."""
        self.power.setChecked(not bypassed)
        for control in self.controls.values():
            control.accent = theme.FAINT if self.bypassed else self.accent
        self.update()

    def show_load(self, percent: float) -> None:
        """The load from the wire."""
        if abs(percent - self.load_percent) >= 0.05:
            self.load_percent = percent
            self.update(0, 0, self.width(), theme.dp(HEAD))

    def toggle_fold(self) -> None:
        """Shows or hides the controls."""
        self.is_folded = not self.is_folded
        self.fold.set_look("", "right" if self.is_folded else "down")
        for control in self.controls.values():
            control.setVisible(not self.is_folded)
        self.folded.emit()

    def natural_columns(self, limit: int) -> int:
        """How many grid columns it likes, of `limit`."""
        head = theme.text_width(self.device.title, theme.font(13, bold=True)) + theme.dp(150)
        least = min(limit, max(arrange.MIN_COLUMNS, -(-round(head) // theme.dp(CELL_WIDTH))))
        return max(least, arrange.natural_columns(self.widths, limit))

    def height_for(self, columns: int) -> int:
        """Its height in pixels on so many columns."""
        if self.is_folded or not self.controls:
            return theme.dp(HEAD)
        _, rows = arrange.place(self.widths, columns)
        return theme.dp(HEAD + TOP) + rows * theme.dp(CELL_HEIGHT + self.caption_height) + theme.dp(PAD)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()

    def lay_out(self) -> None:
        """Places controls and captions on the grid."""
        cell, pad = theme.dp(CELL_WIDTH), theme.dp(PAD)
        columns = max(1, (self.width() - 2 * pad) // cell)
        spans, _ = arrange.place(self.widths, columns)
        row_height = theme.dp(CELL_HEIGHT + self.caption_height)
        self._captions = []
        for span in spans:
            top = theme.dp(HEAD + TOP) + span.row * row_height
            left = pad + span.column * cell
            start = left
            for control in self._rows[span.group][span.first : span.last]:
                control.setGeometry(
                    QRect(left, top + theme.dp(self.caption_height), cell * control.cells, theme.dp(CELL_HEIGHT))
                )
                left += cell * control.cells
            box = QRectF(start + theme.dp(4), top, left - start - theme.dp(8), theme.dp(self.caption_height))
            self._captions.append((box, self.groups[span.group].caption))
        middle = theme.dp(HEAD) // 2
        fold, power = self.fold.sizeHint(), self.power.sizeHint()
        self.fold.setGeometry(theme.dp(6), middle - fold.height() // 2, fold.width(), fold.height())
        self.power.setGeometry(
            self.width() - power.width() - theme.dp(6), middle - power.height() // 2, power.width(), power.height()
        )

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.position().y() < theme.dp(HEAD):
            self.toggle_fold()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.LINE, 1.0))
        painter.setBrush(theme.SURFACE)
        painter.drawRoundedRect(box, theme.dp(8), theme.dp(8))
        self._paint_head(painter)
        if not self.is_folded:
            self._paint_captions(painter)

    def _paint_head(self, painter: QPainter) -> None:
        head = theme.dp(HEAD)
        accent = theme.FAINT if self.bypassed else self.accent
        left = float(self.fold.geometry().right() + theme.dp(4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(left, head / 2 - theme.dp(7), theme.dp(3), theme.dp(14)), 1.5, 1.5)
        left += theme.dp(10)
        right = float(self.width()) - theme.dp(8) - (self.power.width() + theme.dp(4) if self.device.has_bypass else 0)
        if self.device.has_load:
            words = f"{self.load_percent:.1f} %"
            width = theme.dp(44)
            box = QRectF(right - width, 0, width, head)
            theme.draw_text(painter, box, words, theme.font(11), theme.DIM, Qt.AlignmentFlag.AlignRight)
            bar = QRectF(box.left() - theme.dp(46), head / 2 - theme.dp(2), theme.dp(42), theme.dp(4))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.SUNKEN)
            painter.drawRoundedRect(bar, 2, 2)
            share = min(self.load_percent / 25.0, 1.0)  # a quarter of the period fills the bar: one device should not
            painter.setBrush(theme.DANGER if share >= 1.0 else theme.WARN if share > 0.6 else theme.GOOD)
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), 2, 2)
            right = bar.left() - theme.dp(6)
        number = f"{self.device.number}" if self.device.number else ""
        if number:
            box = QRectF(left, 0, theme.text_width(number, theme.font(12)) + theme.dp(8), head)
            theme.draw_text(painter, box, number, theme.font(12), theme.FAINT, Qt.AlignmentFlag.AlignLeft)
            left = box.right()
        title = QRectF(left, 0, max(0.0, right - left), head)
        ink = theme.FAINT if self.bypassed else theme.TEXT
        theme.draw_text(painter, title, self.device.title, theme.font(13, bold=True), ink, Qt.AlignmentFlag.AlignLeft)
        if not self.is_folded and self.controls:
            painter.setPen(QPen(theme.LINE, 1.0))
            painter.drawLine(0, head, self.width(), head)

    def _paint_captions(self, painter: QPainter) -> None:
        for box, caption in self._captions:
            if not caption:
                continue
            face = caption_font()
            words = caption.upper()
            theme.draw_text(painter, box, words, face, theme.faded(self.accent, 0.85), Qt.AlignmentFlag.AlignLeft)
            start = box.left() + theme.text_width(words, face) + theme.dp(6)
            if start < box.right():
                painter.setPen(QPen(theme.LINE, 1.0))
                painter.drawLine(int(start), int(box.center().y()) + 1, int(box.right()), int(box.center().y()) + 1)

    def _on_power(self, on: bool) -> None:
        self.show_bypass(not on)
        self.bypass_wanted.emit(f"{self.device.root}/bypass", not on)

    def _on_edit(self, control: Control, value: float, gesture: int) -> None:
        address = control.parameter.address
        before, self._shown[address] = self._shown[address], value
        self.edited.emit(address, before, value, gesture)

    def settle(self, address: str) -> None:
        """Takes a control's value as the one before the next edit."""
        self._shown[address] = self.controls[address].value

    def show_value(self, address: str, value: float) -> None:
        """A parameter's value from the wire."""
        control = self.controls.get(address)
        if control is not None:
            control.show_value(value)
            if not control.held:
                self._shown[address] = control.value
