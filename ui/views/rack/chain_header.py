"""A chain's left end: its name and what it hears; dragged to move the track, pressed to open its zone; Qt thread."""

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.format import key_name
from ui.state.drops import Item
from ui.state.layout import BUS, MASTER, Chain, Layout
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.views.rack.cell import Cell


class ChainHeader(Cell):
    """Shows a Chain's name and source."""

    width_px, height_px = 296.0, 76.0

    def __init__(self, chain: Chain, layout: Layout, parent: QWidget | None = None):
        super().__init__(parent)
        self.chain = chain
        self.source = ""
        self.muted = False
        self.show_chain(chain, layout)

    def show_chain(self, chain: Chain, layout: Layout) -> None:
        """What the tree says of it now."""
        self.chain = chain
        self.source = source(chain, layout)
        self.setAccessibleName(f"{chain.title or chain.name}, {self.source}")
        self.setToolTip(strings.TIP_MASTER if chain.kind == MASTER else strings.TIP_HEADER)
        self.update()

    def show_muted(self, muted: bool) -> None:
        """The strip's mute."""
        if muted != self.muted:
            self.muted = muted
            self.update()

    def item(self) -> Item | None:
        return None if self.chain.kind == MASTER else Item("chain", self.chain.key, self.chain.title)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        box = QRectF(self.rect())
        fill = theme.colour.raised if self.open or self.underMouse() or self.isDown() else theme.colour.surface
        edge = theme.colour.you if self.open else theme.colour.line
        draw.draw_box(painter, box, fill, edge, wide=4 if self.open else 2)
        inner = box.adjusted(px(16), px(8), -px(12), -px(8))
        half = inner.height() * 0.56
        name = self.chain.title or self.chain.name
        upper = QRectF(inner.left(), inner.top(), inner.width(), half)
        if self.muted:
            width = draw.text_width(strings.MUTED, face("caption")) + px(4)
            there = QRectF(upper.right() - width, upper.top(), width, half)
            draw.draw_text(painter, there, strings.MUTED, face("caption"), theme.colour.warn, draw.RIGHT)
            upper.setRight(there.left())
        draw.draw_text(painter, upper, name, face("head"), theme.colour.text, draw.LEFT, 0.7)
        lower = QRectF(inner.left(), inner.top() + half, inner.width(), inner.height() - half)
        draw.draw_text(painter, lower, self.source, face("caption"), theme.colour.dim, draw.LEFT)
        if self.hasFocus():
            draw.draw_focus(painter, box)


def source(chain: Chain, layout: Layout) -> str:
    """What a chain hears, in a few words: "Keys · C3–C8 · ch 1", "Audio in 1", "Player 1"."""
    if chain.kind == MASTER:
        return strings.MASTER_ABOUT
    if chain.kind == BUS:
        return strings.BUS
    if chain.audio_input:
        return strings.AUDIO_IN.format(", ".join(map(str, chain.audio_input)))
    if chain.audio_from:
        return strings.AUDIO_FROM.format(chain.audio_from)
    parts = [hears(chain, layout)]
    if chain.keys != (0, 127):
        parts.append(f"{key_name(chain.keys[0])}–{key_name(chain.keys[1])}")
    if chain.velocities != (1, 127):
        parts.append(strings.VELOCITIES.format(*chain.velocities))
    if chain.channels:
        parts.append(strings.CHANNELS.format(ranges(chain.channels)))
    if chain.transpose:
        parts.append(f"{chain.transpose:+d}")
    return " · ".join(parts)


def hears(chain: Chain, layout: Layout) -> str:
    """Who plays it."""
    return ", ".join(source_title(one, layout) for one in chain.hears) or strings.NOBODY


def source_title(name: str, layout: Layout) -> str:
    """A source's name for people: "keys" is Keys, "player 1 bass" is Band bass."""
    parts = name.split(" ", 2)
    if parts[0] == "player" and len(parts) > 1:
        player = next((one for one in layout.players if str(one.number) == parts[1]), None)
        return " ".join([player.title, *parts[2:]]) if player else name
    return strings.SOURCES.get(name, name)


def ranges(numbers: tuple[int, ...]) -> str:
    """Numbers in short: 1, 2, 3, 10 is "1–3, 10"."""
    runs: list[list[int]] = []
    for one in sorted(numbers):
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return ", ".join(str(a) if a == b else f"{a}–{b}" if b > a + 1 else f"{a}, {b}" for a, b in runs)
