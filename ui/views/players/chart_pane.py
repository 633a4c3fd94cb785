"""The chart of the scene, written here: read while it is typed, drawn as a lead sheet, played when it is applied; Qt thread."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QColor, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat
from PyQt6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from ui import strings
from ui.state.chart import Draft, read
from ui.store import Store
from ui.style import theme
from ui.style.measures import TOUCH
from ui.views.players.lead_sheet import LeadSheet
from ui.widgets.button import Button
from ui.widgets.flow import scrolled
from ui.widgets.frame import Words, column, row

TEXT, DRAFT, READING = "/chart/text", "/chart/draft", "/chart/reading"
PAUSE_MS = 200
"""A hand that rests so long has written something that is worth reading."""


class ChartPane(QWidget):
    """`pen` holds the text; what is not applied stays in it, also while the pane is closed."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.draft = Draft()
        self._kept = ""
        self.setAccessibleName(strings.CHART)
        self.pen = QPlainTextEdit()
        self.pen.setAccessibleName(strings.CHART_TEXT)
        self.pen.setPlaceholderText(strings.CHART_EXAMPLE)
        self.pen.setTabChangesFocus(True)
        self.pen.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        theme.speak(self.pen, "body")
        theme.least(self.pen, 260, 150)
        self.sheet = LeadSheet()
        self.said = Words("", "label", "dim", least=0.5)
        self.apply = Button(strings.CHART_APPLY, tint="good", tip=strings.TIP_CHART_APPLY, height=TOUCH, role="label")
        self.revert = Button(strings.CHART_REVERT, tip=strings.TIP_CHART_REVERT, height=TOUCH, role="label")
        sides = row(self.pen, scrolled(self.sheet), spacing=10)
        sides.setStretch(0, 2)
        sides.setStretch(1, 3)
        whole = column(sides, row(self.said, self.revert, self.apply, spacing=8), spacing=6)
        whole.setStretch(0, 1)
        self.setLayout(whole)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(lambda: self.store.send(DRAFT, self.text))
        self.pen.textChanged.connect(self._on_typed)
        self.apply.clicked.connect(lambda: self.store.send(TEXT, self.text))
        self.revert.clicked.connect(lambda: self.pen.setPlainText(self._kept))
        store.watch(TEXT, self._on_text, self)
        store.watch(READING, self._on_reading, self)
        self._judge()

    @property
    def text(self) -> str:
        """As it is written now."""
        return self.pen.toPlainText()

    @property
    def is_changed(self) -> bool:
        """Whether it is another than the scene's."""
        return self.text.strip() != self._kept.strip()

    def _on_text(self, address: str, value: Any) -> None:
        """The scene has another chart: shown, unless something was written here that is not applied yet."""
        if address != TEXT:
            return
        changed, self._kept = self.is_changed, str(value or "")
        if not changed:
            self.pen.setPlainText(self._kept)
        self._judge()

    def _on_typed(self) -> None:
        self._rest.start(PAUSE_MS)
        self._judge()

    def _on_reading(self, address: str, value: Any) -> None:
        found = read(value)
        if address == READING and found.of == self.text:
            self.draft = found
            self.sheet.show_draft(found)
            self._mark()
            self._judge()

    def _judge(self) -> None:
        """What can be done with it, and what is to be said of it."""
        read_now = self.draft.of == self.text
        faults = self.draft.faults if read_now else ()
        self.apply.setEnabled(self.is_changed and read_now and not faults)
        self.revert.setEnabled(self.is_changed)
        if faults:
            first = faults[0]
            words = strings.CHART_FAULT.format(first.line, first.text) if first.line else first.text
            more = strings.CHART_MORE_FAULTS.format(len(faults) - 1) if len(faults) > 1 else ""
            self.said.set_text(words + more, "danger")
            return
        bars = strings.CHART_BARS.format(self.draft.bars) if read_now and self.draft.bars else ""
        state = strings.CHART_NOT_APPLIED if self.is_changed else strings.CHART_PLAYS if self._kept.strip() else ""
        key = self.draft.key if read_now else ""
        self.said.set_text(" · ".join(part for part in (bars, key, state) if part), "dim")

    def _mark(self) -> None:
        """The lines that are wrong."""
        marks = []
        for fault in self.draft.faults:
            block = self.pen.document().findBlockByNumber(fault.line - 1)  # type: ignore[union-attr]
            if fault.line > 0 and block.isValid():
                marks.append(_mark(block, fault.text))
        self.pen.setExtraSelections(marks)

    def restyle(self) -> None:
        """Another scale or theme."""
        self._mark()
        self.sheet.updateGeometry()


def _mark(block: QTextBlock, text: str) -> QTextEdit.ExtraSelection:
    mark = QTextEdit.ExtraSelection()
    look = QTextCharFormat()
    look.setBackground(QColor(theme.colour.danger_ground))
    look.setProperty(QTextFormat.Property.FullWidthSelection, True)
    look.setToolTip(text)
    mark.format, mark.cursor = look, QTextCursor(block)
    return mark
