"""What slides in between views and foot: the piano, and scope with spectrum; Qt thread."""

from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ui import strings
from ui.format import key_name
from ui.model import Parameter
from ui.store import Store
from ui.style import theme
from ui.style.measures import PAD, TOUCH
from ui.widgets.button import Button
from ui.widgets.frame import Words, column, row
from ui.widgets.number import Number
from ui.widgets.piano import Piano
from ui.widgets.scope import Scope, Spectrum, Trace

HEIGHT = 190


class PianoDrawer(QWidget):
    """The piano with octave, velocity and pedal of the computer keyboard."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.setAccessibleName(strings.PIANO)
        piano = self.piano = Piano()
        piano.midi.connect(lambda *message: store.connection.send("/midi", *message))
        down = Button(icon="left", tip=strings.TIP_OCTAVE, height=TOUCH)
        up = Button(icon="right", tip=strings.TIP_OCTAVE, height=TOUCH)
        self.octave = Words(role="head")
        piano.octave_changed.connect(self._show_octave)
        down.clicked.connect(lambda: piano.shift_octave(-1))
        up.clicked.connect(lambda: piano.shift_octave(1))
        parameter = Parameter("velocity", strings.VELOCITY, "i", 1, 127, 96, value=piano.velocity)
        self.velocity = Number(parameter, "127", strings.TIP_VELOCITY)
        self.velocity.edited.connect(lambda value, _gesture: setattr(piano, "velocity", int(value)))
        self.sustain = Button(strings.SUSTAIN, checkable=True, tip=strings.TIP_SUSTAIN, height=TOUCH)
        self.sustain.toggled.connect(piano.set_sustain)
        store.meters.connect(lambda values: self.sustain.show_lit(values.get("sustain", 0.0) > 0.0))
        side = column(
            row(down, self.octave, up, spacing=6), row(self.velocity, self.sustain, spacing=6), None, spacing=6
        )
        layout = QHBoxLayout(self)
        theme.lay(layout, (PAD, 6, PAD, 6), PAD)
        layout.addLayout(side)
        layout.addWidget(piano, 1)
        theme.fix(self, height=HEIGHT)
        self._show_octave(piano.octave_c)

    def _show_octave(self, key: int) -> None:
        self.octave.set_text(key_name(key))

    def let_go(self) -> None:
        """Lifts every key and the pedal."""
        self.piano.release_all()
        self.sustain.setChecked(False)


class ScopeDrawer(QWidget):
    """Waveform and spectrum of the output, drawn only while seen, thirty times a second each."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.setAccessibleName(strings.SCOPE)
        self.trace = Trace()
        store.scope.connect(self.trace.push)
        self.scope, self.spectrum = Scope(self.trace), Spectrum(self.trace)
        self._turn = True
        layout = QHBoxLayout(self)
        theme.lay(layout, (PAD, 6, PAD, 6), PAD)
        layout.addWidget(self.scope.widget, 2)
        layout.addWidget(self.spectrum.widget, 3)
        theme.fix(self, height=HEIGHT + 30)

    def restyle(self) -> None:
        """The theme or the scale has changed."""
        self.scope.restyle()
        self.spectrum.restyle()

    def tick(self) -> None:
        """One frame: scope and spectrum take turns, so that none carries both."""
        if self.isVisible() and self.trace.fresh:
            self.trace.fresh = False
            (self.scope if self._turn else self.spectrum).draw()
            self._turn = not self._turn
