"""One device in its line: name, kind by colour, load, level, bypass; Qt thread."""

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.state.drops import Item
from ui.state.layout import Slot
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.views.rack.cell import Cell
from ui.widgets.meter import LOW_DB, Level, level_ink, place

HOT_PERCENT = 40.0


class SlotBox(Cell):
    """Shows a Slot; its load comes from /rack/N/load, its level from rack_N_peak_db of /stream/meters."""

    width_px, height_px = 212.0, 76.0

    def __init__(self, slot: Slot, parent: QWidget | None = None):
        super().__init__(parent)
        self.slot = slot
        self.load_percent: float | None = None
        self.level = Level()
        self.show_slot(slot)

    def show_slot(self, slot: Slot) -> None:
        """What the tree says of it now."""
        self.slot = slot
        state = strings.BYPASSED if slot.bypass else strings.KINDS.get(slot.kind, slot.kind)
        self.setAccessibleName(f"{slot.title}, {state}")
        self.setToolTip(draw.plain(strings.TIP_SLOT.format(slot.title, slot.device)))
        self.update()

    def show_load(self, percent: float) -> None:
        """Its share of the block's time."""
        if self.load_percent is None or abs(percent - self.load_percent) >= 0.05:
            self.load_percent = percent
            self.update()

    def push_peak(self, peak_db: float) -> None:
        """Level of its main output."""
        if self.level.push(peak_db):
            self.update(0, self.height() - px(10), self.width(), px(10))

    def item(self) -> Item:
        return Item("slot", self.slot.uid, self.slot.title)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        box = QRectF(self.rect())
        off = self.slot.bypass
        tint = theme.tint(theme.kind_tint(self.slot.kind))
        fill = theme.colour.raised if self.open or self.underMouse() or self.isDown() else theme.colour.surface
        draw.draw_box(painter, box, fill, theme.colour.line if off else tint, wide=4 if self.open else 2)
        inner = box.adjusted(px(14), px(8), -px(12), -px(8))
        half = inner.height() * 0.56
        title = QRectF(inner.left(), inner.top(), inner.width(), half)
        ink = theme.colour.dim if off else theme.colour.text
        draw.draw_text(painter, title, self.slot.title, face("value"), ink, draw.LEFT, 0.75)
        foot = QRectF(inner.left(), title.bottom(), inner.width(), inner.height() - half)
        kind = strings.BYPASSED if off else strings.KINDS.get(self.slot.kind, self.slot.kind)
        if self.slot.sidechain and not off:
            kind = strings.SIDECHAINED.format(self.slot.sidechain)
        caption = face("caption")
        load = "" if off or self.load_percent is None else strings.LOAD_PERCENT.format(self.load_percent)
        width = draw.text_width(load, caption) + px(6) if load else 0.0
        ink = theme.colour.warn if off else theme.colour.dim if self.slot.sidechain else tint
        room = QRectF(foot.left(), foot.top(), foot.width() - width, foot.height())
        draw.draw_text(painter, room, kind, caption, ink, draw.LEFT)
        if load:
            hot = (self.load_percent or 0.0) > HOT_PERCENT
            ink = theme.colour.warn if hot else theme.colour.dim
            draw.draw_text(
                painter, QRectF(room.right(), foot.top(), width, foot.height()), load, caption, ink, draw.RIGHT
            )
        if self.level.shown_db > LOW_DB + 0.5:
            long = inner.width() * place(self.level.shown_db)
            bar = QRectF(inner.left(), box.bottom() - px(7), long, px(3))
            painter.fillRect(bar, theme.colour.dim if off else level_ink(self.level.shown_db))
        if self.hasFocus():
            draw.draw_focus(painter, box)


class AddBox(Cell):
    """The sign behind the last device, or below the last track."""

    width_px, height_px = 64.0, 76.0

    def __init__(self, tip: str, title: str = "", parent: QWidget | None = None):
        super().__init__(parent)
        self.title = title
        self.can_show = True
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        box = QRectF(self.rect())
        live = self.underMouse() or self.isDown()
        draw.draw_box(painter, box, theme.colour.raised if live else None, theme.colour.line, wide=2)
        middle = box.center()
        ink = theme.colour.text if live else theme.colour.dim
        if self.title:
            middle.setX(box.left() + px(30))
            room = box.adjusted(px(52), 0, -px(10), 0)
            draw.draw_text(painter, room, self.title, face("label"), ink, draw.LEFT)
        draw.draw_icon(painter, "plus", middle, px(13), ink)
        if self.hasFocus():
            draw.draw_focus(painter, box)
