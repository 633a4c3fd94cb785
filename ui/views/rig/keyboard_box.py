"""A rented keyboard in twenty seconds: play a scale, press the pedals, keep; with a picture of the own velocities; Qt thread."""

from collections import deque
from typing import Any

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.state import reading
from ui.store import Store
from ui.style import draw, theme
from ui.style.theme import face, px
from ui.widgets.button import Button
from ui.widgets.frame import Frame, Words, row

KEPT = 96
GAMMAS = {"soft": 0.6, "linear": 1.0, "hard": 1.7}
YOU = "you"


class VelocityPicture(QWidget):
    """How the own touch falls (bars, soft to loud), and the curve it goes through (line)."""

    def __init__(self) -> None:
        super().__init__()
        self.velocities: deque[float] = deque(maxlen=KEPT)
        self.counts: list[float] = []
        self.curve: Any = "linear"
        self.setAccessibleName(strings.VELOCITY_PICTURE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def push(self, velocity: float) -> None:
        """A note struck, 0..1."""
        self.velocities.append(min(max(velocity, 0.0), 1.0))
        self.update()

    def show_histogram(self, counts: list[float]) -> None:
        """What the set-up heard: how many notes in each of equal steps from soft to loud; [] for the own notes again."""
        if counts != self.counts:
            self.counts = counts
            self.update()

    def show_curve(self, curve: Any) -> None:
        """A named curve, or points (in, out) of 1..127."""
        if curve != self.curve:
            self.curve = curve
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(300), px(150))

    def bins(self, count: int = 16) -> list[float]:
        """How often each loudness was played; the commonest is 1."""
        found = [0.0] * count
        for at, played in enumerate(self.counts):
            found[at * count // len(self.counts)] += played
        for velocity in () if self.counts else self.velocities:
            found[min(int(velocity * count), count - 1)] += 1
        most = max(found) or 1
        return [one / most for one in found]

    def curve_points(self) -> list[tuple[float, float]]:
        """The curve as points 0..1."""
        if isinstance(self.curve, list):
            pairs = [reading.numbers(pair) for pair in self.curve]
            return [(0.0, 0.0), *((p[0] / 127.0, p[1] / 127.0) for p in pairs if len(p) == 2), (1.0, 1.0)][
                : len(pairs) + 2
            ]
        gamma = GAMMAS.get(str(self.curve), 1.0)
        return [(at / 20.0, (at / 20.0) ** gamma) for at in range(21)]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = draw.painter_of(self)
        box = QRectF(self.rect()).adjusted(0, 0, -1, -px(26))
        draw.draw_box(painter, box, theme.colour.sunken, theme.colour.line)
        inner = box.adjusted(px(6), px(6), -px(6), -px(6))
        bins = self.bins()
        width = inner.width() / len(bins)
        for at, share in enumerate(bins):
            if share > 0:
                tall = inner.height() * share
                painter.fillRect(
                    QRectF(inner.left() + at * width + 1, inner.bottom() - tall, width - 2, tall), theme.colour.you
                )
        line = [
            QPointF(inner.left() + x * inner.width(), inner.bottom() - y * inner.height())
            for x, y in self.curve_points()
        ]
        painter.setPen(QPen(theme.colour.sunken, px(7)))
        painter.drawPolyline(QPolygonF(line))
        painter.setPen(QPen(theme.colour.text, px(3)))
        painter.drawPolyline(QPolygonF(line))
        foot = QRectF(0, box.bottom() + px(2), self.width(), px(24))
        draw.draw_text(painter, foot, strings.SOFT, face("caption"), theme.colour.dim, draw.LEFT)
        draw.draw_text(painter, foot, strings.LOUD, face("caption"), theme.colour.dim, draw.RIGHT)
        if not self.velocities and not self.counts:
            under = QRectF(inner.center().x(), inner.bottom() - px(44), inner.width() / 2 - px(10), px(40))
            draw.draw_text(painter, under, strings.PLAY_TO_SEE, face("label"), theme.colour.dim, draw.RIGHT)


class KeyboardBox(Frame):
    """Steps of /keyboard/setup, told by /keyboard/state."""

    STEPS = ("start", "scale", "touch", "pedals", "keep", "cancel")

    def __init__(self, store: Store) -> None:
        super().__init__(strings.KEYBOARD_SETUP)
        self.store = store
        self.said = Words("", "label")
        self.found = Words("", "label", "dim")
        self.picture = VelocityPicture()
        self.buttons = {step: Button(strings.SETUP_STEPS[step], height=48, role="label") for step in self.STEPS}
        for step, button in self.buttons.items():
            button.clicked.connect(lambda _on=False, step=step: store.send("/keyboard/setup", step))
        self.body.addWidget(self.said)
        self.body.addWidget(self.found)
        self.body.addWidget(self.picture, 1)
        self.body.addLayout(row(*self.buttons.values(), None, spacing=8))
        store.note.connect(self._on_note)
        store.watch("/keyboard/state", lambda *_: self.refresh(), self)
        store.structure_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Where the set-up stands."""
        state = reading.table(self.store.value("/keyboard/state"))
        able = self.store.has("/keyboard/setup")
        step = str(state.get("step") or "")
        told = str(state.get("title") or strings.SETUP_HOW)
        self.said.set_text(told if able else strings.NO_SETUP, "text" if able else "dim")
        self.found.set_text(setup_found(state))
        running = step not in ("", "idle")
        for name, button in self.buttons.items():
            button.setVisible(able and (name == "start") != running)
        self.buttons["keep"].setEnabled(bool(state.get("port")))
        told_counts = state.get("histogram")
        counts = told_counts if running and isinstance(told_counts, list) else []
        self.picture.show_histogram([reading.number(one, 0.0) for one in counts] if any(counts) else [])
        self.picture.show_curve(state["curve"] if running and state.get("curve") else self._curve_in_force())

    def _curve_in_force(self) -> Any:
        """The curve that was kept, of the port that is played."""
        kept = reading.table(self.store.value("/midi/settings"))
        curves = [one["curve"] for one in kept.values() if isinstance(one, dict) and "curve" in one]
        return curves[0] if len(curves) == 1 else "linear"

    def _on_note(self, source: str, on: bool, _key: int, velocity: float, *_more: Any) -> None:
        if on and source == YOU:
            self.picture.push(velocity)


def setup_found(state: dict[str, Any]) -> str:
    """What the set-up has found, in a line."""
    return " · ".join(str(state[part]) for part in ("port", "summary") if state.get(part))
