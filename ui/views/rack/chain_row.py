"""A line of the rack: header, devices, sends and output, meter; takes what is dropped between its devices; Qt thread."""

from collections.abc import Callable

from PyQt6.QtCore import QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.state import drops, line
from ui.state.drops import Drop, Item, Target
from ui.state.layout import MASTER, Chain, Layout
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.views.rack import dragging
from ui.views.rack.chain_header import ChainHeader
from ui.views.rack.slot_box import AddBox, SlotBox
from ui.widgets.meter import ColumnMeter

GAP, METER = 30, 40
WIDE, NARROW = (296, 300, SlotBox.width_px), (210, 150, 172.0)
"""Header, output text and device, in design pixels."""
NARROW_BELOW = 1300
MASTER_METERS = ("peak_l_db", "peak_r_db")


class ChainRow(QWidget):
    """Shows a Chain. `dropped(Drop)` for what the hand let go here; `refused(sentence)` for what cannot be here."""

    dropped = pyqtSignal(object)
    refused = pyqtSignal(str)

    def __init__(self, chain: Chain, layout: Layout, parent: QWidget | None = None):
        super().__init__(parent)
        self.chain = chain
        self.layout_now = layout
        self.header = ChainHeader(chain, layout, self)
        self.add = AddBox(strings.ADD_DEVICE.format(chain.title or chain.name), parent=self)
        self.meter = ColumnMeter(
            strings.LEVEL_OF.format(chain.title or chain.name), 2 if chain.kind == MASTER else 1, 16
        )
        self.meter.setParent(self)
        self.meters = MASTER_METERS if chain.kind == MASTER else (f"track_{chain.strip}_peak_db",)
        self.slots: dict[str, SlotBox] = {}
        self.out_text = ""
        self._places: list[line.Place] = []
        self._gap: int | None = None
        self._onto: str = ""
        self.setAcceptDrops(True)

    @property
    def boxes(self) -> list[SlotBox]:
        """The devices' boxes in order."""
        return [self.slots[slot.uid] for slot in self.chain.devices if slot.uid in self.slots]

    def show_chain(self, chain: Chain, layout: Layout, made: Callable[[SlotBox], None]) -> None:
        """What the tree says of it now; boxes that stay are kept, `made` is told of each new one."""
        self.chain, self.layout_now = chain, layout
        self.header.show_chain(chain, layout)
        gone = set(self.slots) - {slot.uid for slot in chain.devices}
        for uid in gone:
            box = self.slots.pop(uid)
            box.hide()
            box.deleteLater()
        for slot in chain.devices:
            if slot.uid in self.slots:
                self.slots[slot.uid].show_slot(slot)
            else:
                box = SlotBox(slot, self)
                self.slots[slot.uid] = box
                made(box)
                box.show()
        self.lay_out()

    def show_out(self, text: str) -> None:
        """Sends and output in words."""
        if text != self.out_text:
            self.out_text = text
            self.update()

    # places

    def height_for(self, width: int) -> int:
        """Its height at a width."""
        return round(line.lowest(self._placed(width)))

    def lay_out(self) -> None:
        """Places everything at the present width."""
        self._places = self._placed(self.width())
        for place, box in zip(self._places, [*self.boxes, self.add], strict=True):
            box.setGeometry(QRect(round(place.left), round(place.top), round(place.width), round(place.height)))
        tall = px(SlotBox.height_px)
        wide, header = px(METER), self.parts(self.width())[0]
        self.header.setGeometry(0, 0, px(header), tall)
        self.meter.setGeometry(self.width() - wide, px(2), wide, tall - px(4))
        self.update()

    @staticmethod
    def parts(width: int) -> tuple[float, float, float]:
        """Header, output text and device in design pixels: less where there is less room."""
        return NARROW if width < px(NARROW_BELOW) else WIDE

    def _placed(self, width: int) -> list[line.Place]:
        header, out, device = self.parts(width)
        right = width - px(out + METER + 2 * GAP)
        size = (px(device), px(SlotBox.height_px))
        return line.places(len(self.boxes), px(header + GAP), right, size, px(AddBox.width_px), px(GAP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.meter.geometry().contains(event.rect()):
            return  # only the level has moved
        painter = draw.painter_of(self)
        tall = px(SlotBox.height_px)
        for place in self._places:
            centre = QRectF(place.left - px(GAP), place.top, px(GAP), place.height).center()
            draw.draw_icon(painter, "right", centre, px(6), theme.colour.dim)
        out = self.parts(self.width())[1]
        room = QRectF(self.width() - px(out + METER + GAP), 0, px(out + GAP - 12), tall)
        halves = self.out_text.split("\n")
        for at, words_of in enumerate(halves):
            part = QRectF(room.left(), room.top() + at * tall / len(halves), room.width(), tall / len(halves))
            draw.draw_text(painter, part, words_of, face("caption"), theme.colour.dim, draw.RIGHT, 0.85)
        if self._gap is not None and not self._onto:
            x, top, bottom = line.caret(self._places, px(GAP), self._gap)
            painter.setPen(QPen(theme.colour.you, px(5), cap=Qt.PenCapStyle.RoundCap))
            painter.drawLine(round(x), round(top) + px(4), round(x), round(bottom) - px(4))
        if self._onto in self.slots:
            box = QRectF(self.slots[self._onto].geometry()).adjusted(-px(6), -px(6), px(6), px(6))
            draw.draw_box(painter, box, None, theme.colour.you, wide=5)

    # what is dropped

    def planned(self, item: Item, x: float, y: float, later: int = 0) -> Drop:
        """What dropping an item at a point would be; later: how many of the same drop came before it."""
        at, inside = line.gap_at(self._places, x, y)
        devices = self.chain.devices
        onto = devices[at].uid if inside and item.kind == "device" and at < len(devices) else ""
        if inside and not onto and x > self._places[at].left + self._places[at].width / 2:
            at += 1
        self._gap, self._onto = at, onto
        return drops.plan(item, Target(self.chain.key, at + later, onto), self.layout_now)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(item.kind != "chain" for item in dragging.items(event.mimeData())) or dragging.files(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        found = dragging.items(event.mimeData())
        if found and found[0].kind == "chain":
            event.ignore()
            return
        for item in found:
            self.planned(item, event.position().x(), event.position().y())
        event.acceptProposedAction()
        self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._forget()

    def dropEvent(self, event: QDropEvent) -> None:
        found = dragging.items(event.mimeData())
        at = event.position()
        event.acceptProposedAction()
        for later, item in enumerate(found):
            drop = self.planned(item, at.x(), at.y(), later)
            if drop.refusal:
                self.refused.emit(drop.refusal)
            elif drop.address:
                self.dropped.emit(drop)
        if not found:
            names = dragging.files(event.mimeData())
            self.refused.emit(strings.NO_FILE.format(names[0] if names else strings.THAT))
        self._forget()

    def _forget(self) -> None:
        self._gap, self._onto = None, ""
        self.update()


def out_words(chain: Chain, sends: list[tuple[str, str]], outputs: str) -> str:
    """Sends with their levels over the output: "→ hall -13 dB  echo -17 dB" and "out 1/2"."""
    if chain.kind == MASTER:
        return outputs
    first = "  ".join(f"{bus} {level}" for bus, level in sends)
    return f"→ {first}\n{outputs}" if first else outputs
