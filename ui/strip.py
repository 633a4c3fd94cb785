"""Beside the piano: octave, velocity and sustain of the computer keyboard; Qt thread."""

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ui import text, theme
from ui.buttons import Button, DragNumber, draw_captioned
from ui.format import key_name
from ui.keyboard import Keyboard
from ui.model import Parameter


class OctaveName(QWidget):
    """The octave between its two arrows."""

    def __init__(self, keyboard: Keyboard) -> None:
        super().__init__()
        self.keyboard = keyboard
        self.setToolTip(text.TIP_OCTAVE)
        self.setFixedSize(theme.dp(56), theme.dp(38))
        keyboard.octave_changed.connect(lambda _key: self.update())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_captioned(painter, QRectF(self.rect()), text.OCTAVE, key_name(self.keyboard.octave_c))


class KeyboardStrip(QWidget):
    """Two columns: octave with arrows over velocity and pedal."""

    def __init__(self, keyboard: Keyboard) -> None:
        super().__init__()
        self.keyboard = keyboard
        down = Button(icon="left", tip=text.TIP_OCTAVE, height=26)
        up = Button(icon="right", tip=text.TIP_OCTAVE, height=26)
        down.clicked.connect(lambda: keyboard.shift_octave(-1))
        up.clicked.connect(lambda: keyboard.shift_octave(1))
        self.velocity = DragNumber(
            Parameter("velocity", text.VELOCITY, "i", 1, 127, 96, value=keyboard.velocity),
            text.VELOCITY,
            "127",
            text.TIP_VELOCITY,
        )
        self.velocity.edited.connect(lambda value, _gesture: setattr(keyboard, "velocity", int(value)))
        self.sustain = Button(text.SUSTAIN, checkable=True, tip=text.TIP_SUSTAIN, height=26)
        self.sustain.toggled.connect(keyboard.set_sustain)
        octave = QHBoxLayout()
        octave.setSpacing(theme.dp(2))
        for widget in (down, OctaveName(keyboard), up):
            octave.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, theme.dp(10), 0)
        grid.setHorizontalSpacing(theme.dp(10))
        grid.setVerticalSpacing(theme.dp(2))
        grid.addLayout(octave, 0, 0, 1, 2, Qt.AlignmentFlag.AlignHCenter)
        grid.addWidget(self.velocity, 1, 0, Qt.AlignmentFlag.AlignCenter)
        grid.addWidget(self.sustain, 1, 1, Qt.AlignmentFlag.AlignCenter)

    def lift(self) -> None:
        """Shows the pedal up again after the keyboard let everything go."""
        self.sustain.setChecked(False)
