"""What is seen while the instrument is being made for the first time on a machine: what is compiled, how far, how long yet; Qt
thread.

`antiphon play` tells it by lines of JSON on stdin, read on a helper thread: {"share", "note", "left_s"}, and last {"port"}.
"""

from __future__ import annotations

import math
import threading
import time
from typing import IO

from PyQt6.QtCore import QObject, QRectF, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.state import reading
from ui.style import theme
from ui.style.draw import LEFT, draw_box, draw_text, painter_of
from ui.style.theme import px

FRAME_MS = 33
NEARING_S = 1.5
"""Time constant by which the bar nears what was told."""
SHEEN_S, SHEEN_SHARE = 1.8, 0.18
"""Once in so long a light of this width runs along the bar: it lives, also where a long job lets it stand."""


class Orders(QObject):
    """Reads the lines. told(dict): how far it is; there(int): the port of the instrument; ended(): no more will come."""

    told = pyqtSignal(dict)
    there = pyqtSignal(int)
    ended = pyqtSignal()

    def __init__(self, lines: IO[str]) -> None:
        super().__init__()
        self._lines = lines

    def start(self) -> None:
        """Begins reading."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def _read(self) -> None:
        """[helper thread]"""
        for line in self._lines:
            found = reading.table(line)
            port = reading.whole(found.get("port"), 0)
            if port:
                self.there.emit(port)
            elif found:
                self.told.emit(found)
        self.ended.emit()


class Preparing(QWidget):
    """The window meanwhile. left(): a hand has closed it, and wants no instrument."""

    left = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle(strings.APP)
        self.setAccessibleName(strings.PREPARING)
        self.share, self.shown, self.note, self.left_s = 0.0, 0.0, "", 0.0
        self._told = self._drawn = time.monotonic()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._frame)
        self._timer.start(FRAME_MS)

    def tell(self, how_far: dict) -> None:
        """share 0..1, note, left_s: as the compiler of kernels tells."""
        self.share = min(1.0, max(self.share, reading.number(how_far.get("share"), 0.0)))
        self.note, self.left_s = str(how_far.get("note") or ""), max(0.0, reading.number(how_far.get("left_s"), 0.0))
        self._told = time.monotonic()
        self.setAccessibleDescription(self.words())

    def words(self) -> str:
        """About how long it will take yet."""
        if self.share >= 1.0:
            return strings.PREPARED
        left = self.left_s - (time.monotonic() - self._told)
        if self.left_s <= 0.0:
            return ""
        if left < 5.0:
            return strings.LEFT_SOON
        return (
            strings.LEFT_S.format(round(left / 5.0) * 5) if left < 90.0 else strings.LEFT_MIN.format(round(left / 60.0))
        )

    def _frame(self) -> None:
        now = time.monotonic()
        self.shown += (self.share - self.shown) * -math.expm1((self._drawn - now) / NEARING_S)
        self._drawn = now
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        theme.set_window(self.width(), self.height())

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        if event.spontaneous():  # the hand at the window, not our own call
            self.left.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = painter_of(self)
        painter.fillRect(self.rect(), theme.colour.ground)
        wide = min(self.width() - px(120), px(1200))
        left, middle = (self.width() - wide) / 2, self.height() / 2

        def line(top: float, tall: float, text: str, role: str, ink: str) -> None:
            draw_text(
                painter,
                QRectF(left, middle + px(top), wide, px(tall)),
                text,
                theme.face(role),
                theme.tint(ink),
                LEFT,
                0.5,
            )

        line(-200, 64, strings.PREPARING, "large", "text")
        line(-120, 40, strings.PREPARING_WHY, "body", "dim")
        bar = QRectF(left, middle - px(40), wide, px(36))
        draw_box(painter, bar, theme.colour.sunken, theme.colour.line, radius=6)
        inner = bar.adjusted(px(4), px(4), -px(4), -px(4))
        full = QRectF(inner)
        full.setWidth(max(float(px(8)), inner.width() * self.shown))
        painter.fillRect(full, theme.colour.you)
        painter.setClipRect(inner)
        at = (time.monotonic() % SHEEN_S) / SHEEN_S * (1.0 + SHEEN_SHARE) - SHEEN_SHARE
        sheen = QRectF(inner.left() + at * inner.width(), inner.top(), SHEEN_SHARE * inner.width(), inner.height())
        painter.fillRect(sheen, theme.faded(theme.colour.text, 0.22))
        painter.setClipping(False)
        words = self.words()
        percent = f"{100 * self.shown:.0f} %"
        line(14, 44, f"{percent} · {words}" if words else percent, "large", "text")
        line(66, 34, self.note, "body", "dim")
