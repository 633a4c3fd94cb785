"""The browser's rows: a list model whose rows can be dragged, and how a row is drawn; Qt thread."""

from PyQt6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ui import strings
from ui.state.browse import Entry
from ui.state.drops import MIME
from ui.style import draw, theme
from ui.style.theme import face, px

ROW = 84
TINTS = {
    "instrument": "you",
    "effect": "effect",
    "neural": "neural",
    "nam": "neural",
    "onnx": "neural",
    "scene": "player",
}
ENTRY = Qt.ItemDataRole.UserRole


class EntryModel(QAbstractListModel):
    """Entries as rows."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        """Replaces all rows."""
        if entries != self.entries:
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole):
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return draw.plain("\n".join(part for part in (entry.title, entry.about, ", ".join(entry.tags)) if part))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            star = strings.FAVOURITE if entry.favourite else ""
            return ", ".join(part for part in (entry.title, star, entry.about, *entry.tags, entry.origin) if part)
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.NoItemFlags)

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes) -> QMimeData:
        packed = QMimeData()
        for index in list(indexes)[:1]:
            packed.setData(MIME, self.entries[index.row()].item.dumped().encode())
        return packed

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction


class EntryDelegate(QStyledItemDelegate):
    """Title and star over what it is, with its tags and whose it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(px(200), px(ROW))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        entry = index.data(ENTRY)
        if painter is None or not isinstance(entry, Entry):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        box = QRectF(option.rect).adjusted(px(2), px(3), -px(2), -px(3))
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        edge = theme.colour.you if chosen else theme.colour.line
        draw.draw_box(
            painter, box, theme.colour.raised if chosen or over else theme.colour.surface, edge, wide=3 if chosen else 1
        )
        kind = entry.tags[0] if entry.section == "devices" and entry.tags else entry.kind
        tint = theme.tint(TINTS.get(kind, "effect"))
        painter.fillRect(QRectF(box.left() + px(5), box.top() + px(8), px(5), box.height() - px(16)), tint)
        inner = box.adjusted(px(20), px(7), -px(12), -px(7))
        upper = QRectF(inner.left(), inner.top(), inner.width(), inner.height() * 0.52)
        lower = QRectF(inner.left(), upper.bottom(), inner.width(), inner.height() * 0.48)
        caption = face("caption")
        right = strings.ORIGINS.get(entry.origin, "")
        width = draw.text_width(right, caption) + px(8) if right else 0.0
        star = px(30) if entry.favourite else 0
        title = QRectF(upper.left(), upper.top(), upper.width() - width - star, upper.height())
        draw.draw_text(painter, title, entry.title, face("value"), theme.colour.text, draw.LEFT)
        if star:
            draw.draw_text(
                painter, QRectF(title.right(), upper.top(), star, upper.height()), "★", face("value"), theme.colour.you
            )
        if right:
            there = QRectF(upper.right() - width, upper.top(), width, upper.height())
            draw.draw_text(painter, there, right, caption, theme.colour.dim, draw.RIGHT)
        about = " · ".join(part for part in (entry.detail, entry.about or ", ".join(entry.tags)) if part)
        draw.draw_text(painter, lower, about, caption, theme.colour.dim, draw.LEFT, 0.95)
        painter.restore()
