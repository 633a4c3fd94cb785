"""All lines of the rack, scrolled: kept apart by chain, moved by dragging their headers, walked by arrow keys; Qt thread."""

from itertools import pairwise

from PyQt6.QtCore import QPoint, QRect, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget

from ui import strings
from ui.state import drops
from ui.state.drops import Drop, Item, Target
from ui.state.layout import BUS, TRACK, Layout
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.views.rack import dragging
from ui.views.rack.cell import Cell
from ui.views.rack.chain_row import ChainRow
from ui.views.rack.slot_box import AddBox

ROW_GAP, ADD_HEIGHT = 10, 48


class Chains(QWidget):
    """The scrolled content. Its signals speak of cells: pressed(cell), menu_wanted(cell, point), focused(cell)."""

    pressed = pyqtSignal(object)
    menu_wanted = pyqtSignal(object, QPoint)
    focused = pyqtSignal(object)
    dropped = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, ChainRow] = {}
        self.layout_now = Layout()
        self.message = ""
        self.add_track = AddBox(strings.ADD_TRACK_TIP, strings.ADD_TRACK, self)
        self.add_bus = AddBox(strings.ADD_BUS_TIP, strings.ADD_BUS, self)
        self.add_player = AddBox(strings.ADD_PLAYER_TIP, strings.ADD_PLAYER, self)
        self.adds = (self.add_track, self.add_bus, self.add_player)
        self._caret: int | None = None
        self.setAcceptDrops(True)
        for cell in self.adds:
            self._wire(cell)

    def show_layout(self, layout: Layout) -> None:
        """What the tree says of the rack now."""
        self.layout_now = layout
        for key in set(self.rows) - {chain.key for chain in layout.chains}:
            row = self.rows.pop(key)
            row.hide()
            row.deleteLater()
        for chain in layout.chains:
            if chain.key not in self.rows:
                row = self.rows[chain.key] = ChainRow(chain, layout, self)
                row.dropped.connect(self.dropped)
                row.refused.connect(self.refused)
                self._wire(row.header)
                self._wire(row.add)
                row.show()
            self.rows[chain.key].show_chain(chain, layout, self._wire)
        self.lay_out()
        self._order_tabs()

    def ordered(self) -> list[ChainRow]:
        """Rows from top to bottom."""
        return [self.rows[chain.key] for chain in self.layout_now.chains if chain.key in self.rows]

    def cells(self) -> list[list[Cell]]:
        """All cells as they lie: by rows, from the left."""
        lines: list[list[Cell]] = [[row.header, *row.boxes, row.add] for row in self.ordered()]
        return [*lines, [cell for cell in self.adds if cell.can_show]] if lines else []

    def step(self, cell: Cell, columns: int, rows: int) -> None:
        """Gives the keys to a neighbour."""
        lines = self.cells()
        for y, one in enumerate(lines):
            if cell in one:
                y2 = min(max(y + rows, 0), len(lines) - 1)
                x2 = min(max(one.index(cell) + columns, 0), len(lines[y2]) - 1)
                lines[y2][x2].setFocus(Qt.FocusReason.TabFocusReason)
                return

    # places

    def lay_out(self) -> None:
        """Places every row and takes the height that this needs."""
        top = 0
        for row in self.ordered():
            height = row.height_for(self.width())
            row.setGeometry(QRect(0, top, self.width(), height))
            row.lay_out()
            top += height + px(ROW_GAP)
        left = 0
        for cell in self.adds:
            cell.setVisible(bool(self.rows) and cell.can_show)
            if not cell.can_show:
                continue
            width = px(64) + round(draw.text_width(cell.title, face("label")))
            cell.setGeometry(left, top, width, px(ADD_HEIGHT))
            left += width + px(ROW_GAP)
        self.setMinimumHeight(top + px(ADD_HEIGHT) if self.rows else px(200))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rows:
            painter = draw.painter_of(self)
            box = self.rect().toRectF().adjusted(px(40), 0, -px(40), 0)
            painter.setFont(face("body"))
            painter.setPen(theme.colour.dim)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self.message)
        elif self._caret is not None:
            self._paint_caret(self._caret)

    def _paint_caret(self, y: int) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme.colour.you, px(5), cap=Qt.PenCapStyle.RoundCap))
        painter.drawLine(px(4), y, self.width() - px(4), y)

    # tracks and devices dropped between rows

    def target(self, item: Item, y: float) -> Target:
        """Between which rows a height lies, for what is dropped there."""
        kind = BUS if item.kind == "chain" and item.name.startswith(f"{BUS}:") else TRACK
        peers = [row for row in self.ordered() if row.chain.kind == kind]
        at = sum(row.geometry().center().y() < y for row in peers)
        if not peers:
            self._caret = None
        else:
            edge = peers[at].y() if at < len(peers) else peers[-1].geometry().bottom() + px(ROW_GAP)
            self._caret = edge - px(ROW_GAP) // 2
        return Target("", at if at < len(peers) else -1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        event.setAccepted(bool(dragging.items(mime) or dragging.files(mime)))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        for item in dragging.items(event.mimeData()):
            self.target(item, event.position().y())
        event.acceptProposedAction()
        self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._caret = None
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        mime = event.mimeData()
        found = dragging.items(mime)
        for item in found:
            self.let_go(item, self.target(item, event.position().y()))
        if not found:
            self.refused.emit(strings.NO_FILE.format((dragging.files(mime) or [strings.THAT])[0]))
        event.acceptProposedAction()
        self._caret = None
        self.update()

    def let_go(self, item: Item, target: Target) -> None:
        """An item dropped between rows."""
        drop: Drop = drops.plan(item, target, self.layout_now)
        if drop.refusal:
            self.refused.emit(drop.refusal)
        elif drop.address:
            self.dropped.emit(drop)

    def _wire(self, cell: Cell) -> None:
        cell.clicked.connect(lambda: self.pressed.emit(cell))
        cell.menu_wanted.connect(lambda at: self.menu_wanted.emit(cell, at))
        cell.focused.connect(lambda: self.focused.emit(cell))
        cell.step_wanted.connect(lambda columns, rows: self.step(cell, columns, rows))

    def _order_tabs(self) -> None:
        flat = [cell for one in self.cells() for cell in one]
        for one, following in pairwise(flat):
            QWidget.setTabOrder(one, following)


class ChainScroll(QScrollArea):
    """Chains in a scrolled window that follows the keys."""

    def __init__(self, chains: Chains) -> None:
        super().__init__()
        self.chains = chains
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(chains)
        self.viewport().setAutoFillBackground(False)
        chains.setAutoFillBackground(False)
        chains.focused.connect(lambda cell: QTimer.singleShot(0, lambda: self._follow(cell)))

    def _follow(self, cell: Cell) -> None:
        if cell.isVisible():
            self.ensureWidgetVisible(cell, px(10), px(20))
