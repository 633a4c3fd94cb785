"""A controller as it lies on the table: its knobs, faders and pads with what each moves and whether it has it; Qt thread."""

from PyQt6.QtCore import QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QWidget

from ui import strings
from ui.state import layout, maps, names
from ui.state.maps import Assignment, Controller
from ui.store import Store
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import column

HEIGHTS = {"knob": 138, "encoder": 138, "fader": 150, "wheel": 150}
WIDTH, LOW = 116, 76
TURNED = ("knob", "encoder")
SLID = ("fader", "wheel", "pedal")
SWEEP, START = 280, 230


class ControlCell(QAbstractButton):
    """One control of a controller. Pressed it emits clicked; its menu is asked for by menu_wanted(point)."""

    menu_wanted = pyqtSignal(QPoint)

    def __init__(self, control: maps.Control, parent: QWidget | None = None):
        super().__init__(parent)
        self.control = control
        self.rows: list[Assignment] = []
        self.target = ""
        self.position: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def waits(self) -> bool:
        """Whether the hand must still pick the value up."""
        return any(row.state == "waiting" for row in self.rows)

    @property
    def asleep(self) -> bool:
        """Whether it moves nothing though it is assigned: hidden, or its target is gone."""
        return bool(self.rows) and all(row.state in ("absent", "lost", "hidden") for row in self.rows)

    def show_rows(self, rows: list[Assignment], target: str) -> None:
        """What it moves."""
        self.rows, self.target = rows, target
        state = strings.MAP_STATES.get(rows[0].state, "") if rows else strings.FREE
        said = ", ".join(part for part in (self.control.name, self.control.text, target, state) if part)
        self.setAccessibleName(said)
        self.setToolTip(draw.plain(said))
        self.update()

    def show_position(self, position: float | None) -> None:
        """Where its target stands, 0..1."""
        if position != self.position:
            self.position = position
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(WIDTH), px(HEIGHTS.get(self.control.kind, LOW)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        box = QRectF(self.rect()).adjusted(px(3), px(3), -px(3), -px(3))
        if self.underMouse() or self.isDown():
            draw.draw_box(painter, box, theme.colour.raised)
        kind = self.control.kind
        if kind in TURNED or (kind in SLID and kind in HEIGHTS):
            head = QRectF(box.left(), box.top(), box.width(), px(24))
            foot = QRectF(box.left() + px(2), box.bottom() - px(26), box.width() - px(4), px(24))
            body = QRectF(box.left(), head.bottom(), box.width(), foot.top() - head.bottom())
            draw.draw_text(painter, head, self.control.name, face("caption"), theme.colour.dim)
            (self._paint_ring if kind in TURNED else self._paint_slide)(painter, body)
            draw.draw_text(painter, foot, self.target or "–", face("caption"), self._ink(), least=0.7)
        else:
            self._paint_pad(painter, box)
        if self.hasFocus():
            draw.draw_focus(painter, QRectF(self.rect()))

    def _ink(self):
        if not self.rows or self.asleep:
            return theme.colour.dim
        return theme.colour.warn if self.waits else theme.colour.text

    def _tint(self):
        return theme.colour.warn if self.waits else theme.colour.dim if self.asleep else theme.colour.you

    def _paint_ring(self, painter: QPainter, body: QRectF) -> None:
        side = min(body.width(), body.height()) - px(12)
        ring = QRectF(body.center().x() - side / 2, body.center().y() - side / 2 + px(3), side, side)
        pen = QPen(theme.colour.track, px(8), cap=Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(ring, (START - SWEEP) * 16, SWEEP * 16)
        if self.rows and self.position is not None:
            pen.setColor(self._tint())
            painter.setPen(pen)
            painter.drawArc(ring, START * 16, round(-SWEEP * self.position * 16))
        if self.waits:
            draw.draw_text(painter, ring, strings.PICK_UP, face("caption", 0.8), theme.colour.warn, least=0.6)

    def _paint_slide(self, painter: QPainter, body: QRectF) -> None:
        slot = QRectF(body.center().x() - px(7), body.top() + px(4), px(14), body.height() - px(8))
        draw.draw_box(painter, slot, theme.colour.sunken, theme.colour.line, radius=6)
        if not self.rows or self.position is None:
            return
        y = slot.bottom() - slot.height() * self.position
        painter.fillRect(QRectF(slot.left() + 2, y, slot.width() - 4, slot.bottom() - y - 2), self._tint())
        cap = QRectF(slot.center().x() - px(20), y - px(7), px(40), px(14))
        draw.draw_box(painter, cap, theme.colour.text, radius=4)

    def _paint_pad(self, painter: QPainter, box: QRectF) -> None:
        lit = bool(self.rows) and bool(self.position)
        fill = theme.colour.good if lit else theme.colour.raised if self.rows else theme.colour.sunken
        draw.draw_box(painter, box, fill, theme.colour.warn if self.waits else theme.colour.line)
        ink = theme.colour.on_tint if lit else self._ink()
        inner = box.adjusted(px(6), px(4), -px(6), -px(4))
        half = inner.height() / 2
        draw.draw_text(
            painter, QRectF(inner.left(), inner.top(), inner.width(), half), self.control.name, face("caption"), ink
        )
        lower = QRectF(inner.left(), inner.top() + half, inner.width(), half)
        draw.draw_text(painter, lower, self.target or "–", face("caption"), ink, least=0.7)


class Picture(QWidget):
    """All controls of one controller in rows by kind. `pressed(cell)`, `menu_wanted(cell, point)`."""

    pressed = pyqtSignal(object)
    menu_wanted = pyqtSignal(object, QPoint)

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.controller = Controller("")
        self.cells: list[ControlCell] = []
        self._rows = QWidget()
        self._column = column(None, spacing=6)
        self._rows.setLayout(self._column)
        self._flows: list[Flow] = []
        self._moves: dict[str, list[ControlCell]] = {}
        self.area = scrolled(self._rows)
        self.setLayout(column(self.area))
        store.changed.connect(self._on_value)

    def show_controller(self, controller: Controller, rows: list[Assignment]) -> None:
        """A controller, and what is assigned."""
        if controller.controls != self.controller.controls or not self.cells:
            self._build(controller)
        self.controller = controller
        rack = layout.read(self.store.value("/rack/layout"))
        self._moves = {}
        for cell in self.cells:
            mine = maps.moved_by(controller, cell.control, rows)
            addresses = [target.address for row in mine for target in row.targets]
            known = self.store.instrument.parameters
            said = names.spoken(addresses[0], rack, known).rsplit(" / ", 1)[-1] if addresses else ""
            more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
            cell.show_rows(mine, said + more)
            cell.show_position(self._position(addresses[0]) if addresses else None)
            for address in addresses[:1]:
                self._moves.setdefault(address, []).append(cell)

    def _build(self, controller: Controller) -> None:
        for flow in self._flows:
            flow.hide()
            flow.setParent(None)
            flow.deleteLater()
        self._flows, self.cells = [], []
        for _kind, controls in controller.rows():
            cells = [ControlCell(one) for one in controls]
            for cell in cells:
                cell.clicked.connect(lambda _on=False, cell=cell: self.pressed.emit(cell))
                cell.menu_wanted.connect(lambda at, cell=cell: self.menu_wanted.emit(cell, at))
            flow = Flow(gap=4)
            flow.fill(list(cells))
            self._column.insertWidget(len(self._flows), flow)
            self._flows.append(flow)
            self.cells += cells

    def lay_out(self) -> None:
        """Places all anew, after the scale changed."""
        for flow in self._flows:
            flow.lay_out()

    def _on_value(self, address: str, _value: object) -> None:
        for cell in self._moves.get(address, ()):
            cell.show_position(self._position(address))

    def _position(self, address: str) -> float | None:
        parameter, value = self.store.parameter(address), self.store.value(address)
        if parameter is None or not isinstance(value, (int, float)):
            return None
        return parameter.position(float(value))
