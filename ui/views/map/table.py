"""The table of assignments: source, target, range, curve, mode, takeover, feedback, scope; edited in place; Qt thread."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui import strings
from ui.format import parse_value
from ui.state import layout, maps, names
from ui.state.maps import Assignment
from ui.store import Store
from ui.style import theme

SOURCE, TARGET, LOW, HIGH, CURVE, MODE, PRESS, TAKEOVER, FEEDBACK, SCOPE, LAYER = range(11)
CHOICES: dict[int, tuple[str, tuple[str, ...]]] = {
    CURVE: ("curve", maps.CURVES),
    MODE: ("mode", maps.MODES),
    PRESS: ("press", maps.PRESSES),
    TAKEOVER: ("takeover", maps.TAKEOVERS),
    SCOPE: ("scope", maps.SCOPES),
}
Line = tuple[Assignment, int]
"""A row: an assignment and which of its targets."""


class MapModel(QAbstractTableModel):
    """One row a target. `changed(body)` for /map/set; what is refused is told through `refused`."""

    def __init__(
        self, store: Store, changed: Callable[[dict[str, Any]], object], refused: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.store, self.changed, self.refused = store, changed, refused
        self.lines: list[Line] = []

    def show_rows(self, rows: list[Assignment]) -> None:
        """Replaces all rows; where only their states changed, nothing is reset."""
        lines: list[Line] = [(row, at) for row in rows for at in range(max(1, len(row.targets)))]
        if [(row.id, at) for row, at in lines] == [(row.id, at) for row, at in self.lines]:
            self.lines = lines
            if lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, LAYER))
            return
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(strings.MAP_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return strings.MAP_COLUMNS[section]
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        flags = super().flags(index)
        row, at = self.lines[index.row()]
        if index.column() in (SOURCE, TARGET) or (index.column() in (LOW, HIGH, CURVE) and at >= len(row.targets)):
            return flags
        return flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.lines):
            return None
        row, at = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.said(row, at, index.column())
        if role == Qt.ItemDataRole.EditRole:
            choice = CHOICES.get(index.column())
            return self.raw(row, at, choice[0]) if choice else self.said(row, at, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return strings.MAP_STATES.get(row.state, row.state)
        if role == Qt.ItemDataRole.ForegroundRole and row.state in ("waiting", "absent", "lost", "hidden"):
            return theme.colour.warn if row.state == "waiting" else theme.colour.dim
        return None

    def raw(self, row: Assignment, at: int, part: str) -> str:
        """A part as the tree writes it."""
        usual = {"curve": "own", "mode": "absolute", "press": "any", "takeover": "pickup", "scope": "rig"}
        if part == "curve":
            return (row.targets[at].curve if at < len(row.targets) else "") or usual["curve"]
        return str(row.raw.get(part) or usual[part])

    def said(self, row: Assignment, at: int, column: int) -> str:
        """A cell in words."""
        target = row.targets[at] if at < len(row.targets) else None
        if column == SOURCE:
            where = f" ({row.port})" if row.port else ""
            return (row.text + where) if at == 0 else "  ↳"
        if column == TARGET:
            rack = layout.read(self.store.value("/rack/layout"))
            return names.spoken(target.address, rack, self.store.instrument.parameters) if target else strings.NOTHING
        if column in (LOW, HIGH):
            return self._end(row, at, column)
        if column in CHOICES:
            part = self.raw(row, at, CHOICES[column][0])
            said = strings.MAP_WORDS.get(part, part)
            return f"{said} {strings.WAITS}" if column == TAKEOVER and row.state == "waiting" and at == 0 else said
        if column == FEEDBACK:
            return strings.MAP_WORDS.get(row.feedback or "auto", row.feedback)
        return strings.LAYER_PAGE.format(row.layer, row.page) if row.layer or row.page else strings.EVERY_LAYER

    def _end(self, row: Assignment, at: int, column: int) -> str:
        """One end of the range in the parameter's own words; inverted ones change sides."""
        if at >= len(row.targets):
            return ""
        target = row.targets[at]
        known = self.store.parameter(target.address)
        low = column == LOW
        value = target.low if low != target.invert else target.high
        if value is None:
            if known is None:
                return ""
            value = known.low if low != target.invert else known.high
        return known.text(value) if known is not None else f"{value:g}"

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Sends the edit; the cell shows it when the tree says so."""
        row, at = self.lines[index.row()]
        column, typed = index.column(), str(value).strip()
        if column in (LOW, HIGH):
            return self._set_end(row, at, column, typed)
        if column == CURVE:
            self.changed(row.retargeted(at, curve=typed))
        elif column in CHOICES:
            self.changed(row.changed(**{CHOICES[column][0]: typed}))
        elif column == FEEDBACK:
            back = {said: name for name, said in strings.MAP_WORDS.items()}
            self.changed(row.changed(feedback=back.get(typed, typed) or "auto"))
        elif column == LAYER:
            parts = [part for part in typed.replace("/", " ").split() if part.isdigit()]
            if not parts:
                self.refused(strings.NO_LAYER.format(typed))
                return False
            self.changed(row.changed(layer=int(parts[0]), page=int(parts[1]) if len(parts) > 1 else 0))
        return False  # the tree has the last word

    def _set_end(self, row: Assignment, at: int, column: int, typed: str) -> bool:
        target = row.targets[at]
        known = self.store.parameter(target.address)
        value = known.parse(typed) if known is not None else parse_value(typed, "")
        if value is None:
            self.refused(known.refusal(typed) if known is not None else strings.NO_NUMBER.format(typed))
            return False
        part = "low" if (column == LOW) != target.invert else "high"
        self.changed(row.retargeted(at, **{part: value}))
        return False


class MapDelegate(QStyledItemDelegate):
    """Lists to choose from where there is a choice, a line to type in elsewhere."""

    def createEditor(self, parent: QWidget | None, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget | None:
        choice = CHOICES.get(index.column())
        if choice is None:
            made = QLineEdit(parent)
            made.setAccessibleName(strings.MAP_COLUMNS[index.column()])
            return made
        box = QComboBox(parent)
        box.setAccessibleName(strings.MAP_COLUMNS[index.column()])
        for part in choice[1]:
            box.addItem(strings.MAP_WORDS.get(part, part), part)
        box.activated.connect(lambda _at: self._done(box))
        return box

    def _done(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)

    def setEditorData(self, editor: QWidget | None, index: QModelIndex) -> None:
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(index.data(Qt.ItemDataRole.EditRole))))
            editor.showPopup()
        elif isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()

    def setModelData(self, editor: QWidget | None, model, index: QModelIndex) -> None:
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentData())
        elif isinstance(editor, QLineEdit) and editor.text() != str(index.data(Qt.ItemDataRole.EditRole)):
            model.setData(index, editor.text())


class MapTable(QTableView):
    """Rows are chosen whole; Enter or F2 edits a cell."""

    def __init__(self, model: MapModel) -> None:
        super().__init__()
        self.map = model
        self.setModel(model)
        self.setItemDelegate(MapDelegate(self))
        self.setAccessibleName(strings.ASSIGNMENTS)
        self.setShowGrid(False)
        self.setAlternatingRowColors(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked
            | QTableView.EditTrigger.EditKeyPressed
            | QTableView.EditTrigger.SelectedClicked
        )
        heads, rows = self.horizontalHeader(), self.verticalHeader()
        if heads is not None and rows is not None:
            heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            heads.setHighlightSections(False)
            rows.hide()
        self.restyle()

    def restyle(self) -> None:
        """Rows and columns at the scale in force."""
        heads, rows = self.horizontalHeader(), self.verticalHeader()
        if heads is None or rows is None:
            return
        rows.setDefaultSectionSize(theme.px(52))
        for column, width in WIDTHS.items():
            heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            heads.resizeSection(column, theme.px(width))
        self._fit_target()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_target()

    def _fit_target(self) -> None:
        """The target takes what the others leave, and where that is too little the table scrolls sideways."""
        heads = self.horizontalHeader()
        if heads is not None:
            heads.setSectionResizeMode(TARGET, QHeaderView.ResizeMode.Interactive)
            left = self.viewport().width() - sum(theme.px(width) for width in WIDTHS.values())  # type: ignore[union-attr]
            heads.resizeSection(TARGET, max(left, theme.px(LEAST_TARGET)))

    def chosen(self) -> Assignment | None:
        """The assignment of the row that is chosen."""
        index = self.currentIndex()
        return self.map.lines[index.row()][0] if index.isValid() and index.row() < len(self.map.lines) else None

    def choose(self, row: Assignment) -> None:
        """Chooses an assignment's first row."""
        for at, (one, _target) in enumerate(self.map.lines):
            if one.id == row.id:
                self.selectRow(at)
                self.scrollTo(self.map.index(at, 0))
                return


WIDTHS = {
    SOURCE: 290,
    LOW: 140,
    HIGH: 140,
    CURVE: 120,
    MODE: 150,
    PRESS: 110,
    TAKEOVER: 196,
    FEEDBACK: 120,
    SCOPE: 100,
    LAYER: 140,
}
"""Design pixels; the target takes what is left."""
LEAST_TARGET = 300
