"""The panel's window: wires the views to the connection, keys to the piano, edits to undo; Qt thread."""

import json
import time
from typing import Any

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QLineEdit, QMainWindow, QMessageBox

from ui import model, text, theme
from ui.connection import Connection
from ui.history import History
from ui.scope import Trace
from ui.views import Views

FRAME_MS = 33
LEAST_WIDTH, LEAST_HEIGHT = 1024, 640


def application() -> QApplication:
    """The Qt application, made when there is none."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([text.APP])
        app.setApplicationName(text.APP)
    return app


class Panel(QMainWindow):
    """The window. `port` None finds the engine by its runtime file.

    ends_show: closing the window ends the instrument, so it asks first while there is something to lose.
    ended: the hand that closed it meant the instrument too.
    """

    def __init__(self, port: int | None = None, *, ends_show: bool = False) -> None:
        super().__init__()
        self.ends_show = ends_show
        self.ended = False
        self.setWindowTitle(text.APP)
        self.connection = Connection(port)
        self.history = History()
        self.instrument = model.Instrument()
        self.values: dict[str, Any] = {}
        self.trace = Trace()
        self._build()
        wire = self.connection
        wire.state_changed.connect(self._on_state)
        wire.instrument_changed.connect(self._on_instrument)
        wire.value_changed.connect(self._on_value)
        wire.meters.connect(self._on_meters)
        wire.scope.connect(lambda block, rate: self.trace.push(block, rate))
        wire.note.connect(lambda *event: self.views.roll.push(*event))
        wire.refused.connect(lambda sentence: self.views.status.notice(text.REFUSED.format(sentence)))
        self._shortcuts()
        app = application()
        app.installEventFilter(self)
        app.applicationStateChanged.connect(self._on_application_state)
        self._frames = QTimer(self)
        self._frames.timeout.connect(self._frame)
        self._frames.start(FRAME_MS)
        wire.start()

    # building

    def _build(self) -> None:
        theme.apply(application())
        views = self.views = Views(self.trace)
        views.rack.edited.connect(self._on_edit)
        views.rack.bypass_wanted.connect(self._send)
        views.transport.wanted.connect(self._send)
        views.transport.record_wanted.connect(self.toggle_recording)
        views.transport.panic_wanted.connect(self.panic)
        views.keyboard.midi.connect(lambda *message: self.connection.send("/midi", *message))
        views.rack.show_message(text.SEARCHING)
        self.setCentralWidget(views)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)

    def _shortcuts(self) -> None:
        table = {
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Ctrl+Y": self.redo,
            "Ctrl+R": lambda: self.toggle_recording(not self.views.transport.record.isChecked()),
            "Ctrl+PgUp": lambda: self.views.transport.step_scene(-1),
            "Ctrl+PgDown": lambda: self.views.transport.step_scene(1),
            "Ctrl++": lambda: self.zoom(1),
            "Ctrl+=": lambda: self.zoom(1),
            "Ctrl+-": lambda: self.zoom(-1),
            "Ctrl+0": lambda: self.zoom(0),
            "F11": lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen(),
        }
        for keys, act in table.items():
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def zoom(self, step: int) -> None:
        """Everything larger, smaller, or as designed (0)."""
        nearest = min(range(len(theme.SCALES)), key=lambda at: abs(theme.SCALES[at] - theme.scale()))
        theme.set_scale(1.0 if step == 0 else theme.SCALES[min(max(nearest + step, 0), len(theme.SCALES) - 1)])
        self.zoom_views()

    def zoom_views(self) -> None:
        """Builds all views anew at the theme's scale."""
        self._let_go()
        self._build()
        self._on_instrument(self.instrument)
        self.views.status.show_state(self.connection.state)

    # from the wire

    def _on_state(self, state: str) -> None:
        self.views.status.show_state(state)
        if state != "connected":
            self.views.roll.close_all()

    def _on_instrument(self, fresh: model.Instrument) -> None:
        same = bool(self.views.rack.panels) and model.structure(fresh) == model.structure(self.instrument)
        self.instrument = fresh
        self.values.update(fresh.values)
        if not same:
            self.views.rack.show_instrument(fresh)
            self.history.forget(set(fresh.parameters))
        for address, value in self.values.items():
            self._on_value(address, value)

    def _on_value(self, address: str, value: Any) -> None:
        self.values[address] = value
        if isinstance(value, (int, float)) and address.startswith(("/rack/", "/player/", "/mix/")):
            self.views.rack.show_value(address, value)
        elif address.startswith("/transport/"):
            name = address.removeprefix("/transport/")
            self.views.transport.show_value(name, value)
            self._follow_transport(name, value)
        elif address == "/scene":
            self.views.transport.show_scene(str(value))
        elif address == "/scenes":
            self.views.transport.scenes = _list(value)
        elif address == "/record/state":
            self.views.transport.show_recording(str(value))
            if str(value).startswith("failed"):
                self.views.status.notice(str(value))
        elif address == "/log":
            self.views.status.show_log(str(value))
        elif address.startswith("/engine/"):
            known = self.values
            self.views.status.show_driver(
                text.driver(
                    str(known.get("/engine/driver", "")),
                    float(known.get("/engine/sample_rate") or 0),
                    int(known.get("/engine/frames") or 0),
                )
            )

    def _follow_transport(self, name: str, value: Any) -> None:
        paper = self.views.roll.paper
        paper.advance()
        if name == "playing":
            paper.playing = bool(value)
        elif name == "tempo_bpm":
            paper.tempo_bpm = float(value)
        elif name == "beat":
            paper.heard_beat(float(value))
        elif name == "numerator":
            self.views.roll.beats_in_bar = max(1, int(value))

    def _on_meters(self, values: dict[str, float]) -> None:
        self.views.meters.push(values)
        self.views.load.push(values)

    def _frame(self) -> None:
        self.views.roll.tick()
        self.views.keyboard.show_sounding(self.views.roll.sounding())
        paper = self.views.roll.paper
        self.views.transport.position.show_beat(
            max(0.0, paper.transport_beat), self.views.roll.beats_in_bar, playing=paper.playing
        )
        self.views.transport.tick()
        self.views.status.tick()
        if self.trace.fresh and self.isVisible():
            self.trace.fresh = False
            self.views.scope.draw()
            self.views.spectrum.draw()

    # from the hand

    def _send(self, address: str, value: Any) -> None:
        self.connection.send(address, value)

    def _on_edit(self, address: str, before: float, value: float, gesture: int) -> None:
        self.history.edited(address, before, value, gesture)
        self._send(address, self.instrument.parameters[address].for_wire(value))

    def undo(self) -> None:
        """Takes the last gesture back."""
        self._replay(self.history.undo(), text.UNDONE, back=True)

    def redo(self) -> None:
        """Makes the gesture undone last again."""
        self._replay(self.history.redo(), text.REDONE, back=False)

    def _replay(self, step, words: str, *, back: bool) -> None:
        if step is None:
            self.views.status.notice(text.NOTHING_TO_UNDO)
            return
        value = step.before if back else step.after
        parameter = self.instrument.parameters.get(step.address)
        control = self.views.rack.control(step.address)
        if parameter is None or control is None:
            return
        control.jump(value)
        self.views.rack.settle(step.address)
        self._send(step.address, parameter.for_wire(value))
        self.views.status.notice(words.format(f"{parameter.title} {parameter.text(value)}"))

    def toggle_recording(self, on: bool) -> None:
        """Starts a recording in the music folder, or ends it."""
        if not on:
            self._send("/record", "")
            return
        name = f"antiphon-{time.strftime('%Y%m%d-%H%M%S')}.wav"
        self._send("/record", name)  # the engine knows where recordings lie
        self.views.status.notice(text.RECORDING_TO.format(name))

    def panic(self) -> None:
        """Silence: the keyboard lets go, and the engine is told."""
        self.views.keyboard.release_all()
        self.views.strip.lift()
        self.connection.send("/panic")
        self.views.roll.close_all()

    # keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._keys_are_ours():
            return self._key_down(event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            # a release always counts: the key may have gone down before a menu or an entry took the focus
            return self.views.keyboard.key_released(event) and self._keys_are_ours()
        return super().eventFilter(watched, event)

    def _keys_are_ours(self) -> bool:
        if QApplication.activePopupWidget() or QApplication.activeModalWidget():
            return False
        return not isinstance(QApplication.focusWidget(), QLineEdit)

    def _key_down(self, event: QKeyEvent) -> bool:
        others = (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if event.modifiers() & others:
            return False
        key = event.key()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._send("/transport/playing", not self.views.transport.play.isChecked())
                self.views.transport.show_playing(not self.views.transport.play.isChecked())
        elif key == Qt.Key.Key_Escape:
            if not event.isAutoRepeat():
                self.panic()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.views.keyboard.shift_octave(-1 if key == Qt.Key.Key_Left else 1)
        else:
            return self.views.keyboard.key_pressed(event)
        return True

    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self._let_go()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self._let_go()
        super().changeEvent(event)

    def _let_go(self) -> None:
        self.views.keyboard.release_all()
        self.views.strip.lift()

    def to_lose(self) -> str:
        """What would end with the instrument now, in a sentence; "" for nothing."""
        if str(self.values.get("/record/state", "")).startswith("recording"):
            return text.END_RECORDING
        if self.connection.state == "connected" and (self.views.roll.sounding() or self.views.meters.sounds()):
            return text.END_SOUNDING
        return ""

    def ask_to_end(self, reason: str) -> str:
        """The hand's choice: text.END_STAY, END_PANEL_ONLY or END_SHOW. The sound goes on meanwhile."""
        box = QMessageBox(self)
        box.setWindowTitle(text.APP)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text.END_ASK.format(reason))
        roles = QMessageBox.ButtonRole
        stay = box.addButton(text.END_STAY, roles.RejectRole)
        box.addButton(text.END_PANEL_ONLY, roles.AcceptRole)
        box.addButton(text.END_SHOW, roles.DestructiveRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.exec()
        chosen = box.clickedButton()
        return text.END_STAY if chosen is None else chosen.text()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.ends_show and event.spontaneous():  # the hand at the window, not a signal or our own call
            reason = self.to_lose()
            choice = self.ask_to_end(reason) if reason else text.END_SHOW
            if choice == text.END_STAY:
                event.ignore()
                return
            self.ended = choice == text.END_SHOW
        self._frames.stop()
        self._let_go()
        application().removeEventFilter(self)
        self.connection.stop()
        super().closeEvent(event)


def _list(value: Any) -> list[str]:
    try:
        found = json.loads(value)
    except (TypeError, ValueError):
        return []
    return [str(name) for name in found] if isinstance(found, list) else []
