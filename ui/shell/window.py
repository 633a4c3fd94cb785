"""The panel's window: header, the view that is chosen, drawers and foot line around one store; Qt thread."""

import time

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QResizeEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ui import strings
from ui.connection import Connection
from ui.desk import Desk
from ui.shell import closing, revive
from ui.shell.banner import Banner, Offer, Shade
from ui.shell.drawers import PianoDrawer, ScopeDrawer
from ui.shell.foot import Foot
from ui.shell.hands import Hands
from ui.shell.header import Header
from ui.shell.keys import bind_keys
from ui.shell.naming import ask_name
from ui.store import Store
from ui.style import sheet, theme
from ui.style.measures import LEAST_HEIGHT, LEAST_WIDTH, SCALES
from ui.style.theme import px
from ui.views import registry
from ui.views.view import View
from ui.widgets.meter import Level

FRAME_MS = 16
LEAST_VIEW = 180
"""Design pixels of height that drawers leave to a view."""


_kept: list[QApplication] = []
"""It lives as long as the process: one that is collected takes living widgets with it."""


def application() -> QApplication:
    """The Qt application, made when there is none."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([strings.APP])
        app.setApplicationName(strings.APP)
        _kept.append(app)
    app.setStyle("Fusion")
    return app


class Panel(QMainWindow):
    """The window. `port` None finds the engine by its runtime file.

    ends_show: closing the window ends the instrument, so it asks first while there is something to lose.
    ended: the hand that closed it meant the instrument too.
    """

    def __init__(self, port: int | None = None, *, ends_show: bool = False, view: str = "stage") -> None:
        super().__init__()
        self.ends_show, self.ended = ends_show, False
        self.setWindowTitle(strings.APP)
        self.setAccessibleName(strings.APP)
        self.connection = Connection(port)
        self.store = Store(self.connection)
        self.desk = Desk(self.store)
        self.views: dict[str, View] = {}
        self.reviver = revive.Reviver()
        self.output = [Level(), Level()]
        self.last_frame_ms = 0.0
        self._scene: object = None
        sheet.apply(application())
        self._build()
        self._follow()
        bind_keys(self)
        self.hands = Hands(self, self.store, lambda: self.piano.piano, self.header.toggle_playing, self.header.stop)
        application().installEventFilter(self.hands)
        application().applicationStateChanged.connect(self._on_application_state)
        self.show_view(view)
        self._on_state(self.store.state)
        self._frames = QTimer(self)
        self._frames.setTimerType(Qt.TimerType.PreciseTimer)
        self._frames.timeout.connect(self._frame)
        self._frames.start(FRAME_MS)
        self.connection.start()
        self.setFocus()

    # building

    def _build(self) -> None:
        self.header = Header(self.store, registry.TITLES)
        self.banner, self.offer = Banner(), Offer(self.store)
        self.stack = QStackedWidget()
        self.piano, self.scope = PianoDrawer(self.store), ScopeDrawer(self.store)
        self.foot = Foot(self.store)
        self.drawers: dict[str, QWidget] = {"piano": self.piano, "scope": self.scope}
        whole = QWidget()
        layout = QVBoxLayout(whole)
        theme.lay(layout)
        for part in (self.header, self.banner, self.offer, self.stack, self.scope, self.piano, self.foot):
            layout.addWidget(part, 1 if part is self.stack else 0)
        for drawer in self.drawers.values():
            drawer.hide()
        self.setCentralWidget(whole)
        self.shade = Shade(self.stack)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def _follow(self) -> None:
        store, heard = self.store, self.desk.heard
        self.desk.recording_s = lambda: self.header.recording_s
        self.desk.go = self.show_view
        self.desk.choose_scene = self.foot.open_scenes
        store.state_changed.connect(self._on_state)
        store.meters.connect(self._on_meters)
        store.note.connect(heard.push)
        store.plan.connect(heard.push_plan)
        store.watch("/transport", lambda address, value: heard.follow(address.rsplit("/", 1)[-1], value), self)
        store.watch("/scene", self._on_scene, self)
        self.header.view_chosen.connect(self.show_view)
        self.header.record_wanted.connect(self.toggle_recording)
        self.header.panic_wanted.connect(self.panic)
        self.foot.save_as_wanted.connect(lambda: ask_name(self, self.store))
        self.foot.drawer_wanted.connect(self.show_drawer)
        self.banner.wanted.connect(self.revive)
        self.reviver.failed.connect(self._on_failed)

    # views, scale, theme

    def show_view(self, name: str) -> None:
        """Shows a view, built when it is first wanted."""
        if name not in self.views:
            made = registry.build(name, self.desk)
            made.setAccessibleName(dict(registry.TITLES)[name])
            self.views[name] = made
            self.stack.addWidget(made)
        if self.stack.currentWidget() is not self.views[name]:
            self.setFocus()  # left to itself the stack gives the keys to the first knob of the view
            self.stack.setCurrentWidget(self.views[name])
        self.header.tabs.show_current(name)
        self.foot.hint = self.views[name].hint()

    @property
    def view(self) -> View:
        """The view that is seen."""
        return self.stack.currentWidget()  # type: ignore[return-value]

    def show_drawer(self, name: str, on: bool) -> None:
        """Slides a drawer in or out; where the height is short only one of them is out, so that a view is left."""
        self.drawers[name].setVisible(on)
        self._fit_drawers(name)

    def _fit_drawers(self, wanted: str = "piano") -> None:
        """Lets the other drawers go where all of them would leave no view."""
        bars = sum(one.height() for one in (self.header, self.foot))
        for name, drawer in self.drawers.items():
            out = [one for one in self.drawers.values() if not one.isHidden()]
            left = self.height() - bars - sum(one.minimumHeight() for one in out)
            if name != wanted and left < px(LEAST_VIEW) and len(out) > 1:
                drawer.hide()
        self.foot.piano.setChecked(not self.piano.isHidden())
        self.foot.scope.setChecked(not self.scope.isHidden())

    def zoom(self, step: int) -> None:
        """Everything larger, smaller, or as designed (0)."""
        nearest = min(range(len(SCALES)), key=lambda at: abs(SCALES[at] - theme.scale()))
        theme.set_scale(1.0 if step == 0 else SCALES[min(max(nearest + step, 0), len(SCALES) - 1)])
        self.restyle()

    def set_theme(self, name: str) -> None:
        """dark, light or contrast."""
        theme.set_theme(name)
        self.restyle()

    def restyle(self) -> None:
        """Everything anew in the scale and theme in force; nothing is built again."""
        sheet.apply(application())
        theme.relay(self)
        for view in self.views.values():
            view.restyle()
        self.scope.restyle()
        self.header.fit()
        self.foot.refresh()
        self._fit_drawers()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if theme.set_window(self.width(), self.height()):
            self.restyle()
        super().resizeEvent(event)
        self._cover()

    # from the wire

    def _on_state(self, state: str) -> None:
        alive = state == "connected"
        if alive:
            self.banner.hide()
        else:
            self.desk.heard.close_all()
            self.desk.heard.follow("playing", False)
            self.header.position.show_position(self.header.position.bar, self.header.position.beat, playing=False)
            self._tell_death()
        for part in (
            self.header.play,
            self.header.tempo,
            self.header.metre,
            self.header.position,
            self.header.tap,
            self.header.lock,
        ):
            part.setEnabled(alive)
        self.foot.setEnabled(alive)
        self.offer.setEnabled(alive)
        self._cover()

    def _tell_death(self) -> None:
        if self.reviver.busy:
            self.banner.tell(strings.REVIVING, strings.REVIVE, busy=True)
        elif self.connection.gone or not self.store.nodes:
            self.banner.tell(strings.DEAD if self.store.nodes else strings.SEARCHING, strings.REVIVE)
        else:
            self.banner.tell(strings.SILENT, strings.RECONNECT)

    def _cover(self) -> None:
        QTimer.singleShot(0, lambda: self.shade.cover(self.store.state != "connected"))

    def _on_failed(self, said: str) -> None:
        self.banner.tell(strings.REVIVE_FAILED.format(said), strings.REVIVE)

    def _on_scene(self, _address: str, name: object) -> None:
        if name == self._scene:
            return  # all values are told again whenever the tree has changed its shape
        self._scene = name
        self.setWindowTitle(f"{name} – {strings.APP}" if name else strings.APP)
        self.desk.heard.close_all()  # a scene change during an answer must leave no key lit

    def _on_meters(self, values: dict[str, float]) -> None:
        for level, name in zip(self.output, ("peak_l_db", "peak_r_db"), strict=True):
            level.push(values.get(name, -120.0))

    def _frame(self) -> None:
        began = time.perf_counter()
        heard = self.desk.heard
        heard.tick()
        if self.store.state == "connected":
            bar, beat = self._position()
            self.header.position.show_position(bar, beat, playing=heard.paper.playing)
        self.header.tick()
        self.foot.tick()
        if self.isVisible():
            self.view.tick()
            if self.piano.isVisible():
                self.piano.piano.show_sounding(heard.sounding())
            self.scope.tick()
        self.last_frame_ms = 1000.0 * (time.perf_counter() - began)

    def _position(self) -> tuple[int, int]:
        """Bar and beat from 0: counted from the engine's own last bar line, so that they never leap when the metre changes."""
        store, here = self.store, max(0.0, self.desk.heard.paper.transport_beat)
        unit = 4.0 / max(1, int(store.value("/transport/denominator", 4)))
        beats_in_bar = max(1, int(store.value("/transport/numerator", 4)))
        start = store.value("/transport/bar_start_beat")
        if start is not None:
            since = (here - float(start)) / unit + 1e-6
            bars, beat = divmod(since, beats_in_bar)
            return int(store.value("/transport/bar", 0)) + int(bars), int(beat)
        bar, beat = divmod(here / unit + 1e-6, beats_in_bar)
        return int(bar), int(beat)

    # from the hand

    def toggle_recording(self, on: bool) -> None:
        """Starts a recording in the music folder, or ends it."""
        if not on:
            self.store.send("/record", "")
            return
        name = f"antiphon-{time.strftime('%Y%m%d-%H%M%S')}.wav"
        self.store.send("/record", name)  # the engine knows where recordings lie
        self.store.notice.emit(strings.RECORDING_TO.format(name))

    def panic(self) -> None:
        """Silence: the keyboard lets go, and the engine is told."""
        self.piano.let_go()
        self.connection.send("/panic")
        self.desk.heard.close_all()

    def revive(self) -> None:
        """The banner's button: starts the instrument again, or looks for the one that is silent."""
        if self.connection.gone or not self.store.nodes:
            self.banner.tell(strings.REVIVING, strings.REVIVE, busy=True)
            self.reviver.start(revive.command(self.store.values, self.connection.port))
        self.connection.search_now()

    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationState.ApplicationActive:
            self.piano.let_go()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow() and hasattr(self, "piano"):
            self.piano.let_go()
        super().changeEvent(event)

    def to_lose(self) -> str:
        """What would end with the instrument now, in a sentence; "" for nothing."""
        return closing.to_lose(self.store, sounds=bool(self.desk.heard.open) or any(one.sounds for one in self.output))

    def ask_to_end(self, reason: str) -> str:
        """The hand's choice, see `closing.ask`."""
        return closing.ask(self, reason)

    def closeEvent(self, event: QCloseEvent) -> None:
        owns = self.ends_show or self.reviver.busy
        if owns and event.spontaneous():  # the hand at the window, not a signal or our own call
            reason = self.to_lose()
            choice = self.ask_to_end(reason) if reason else strings.END_SHOW
            if choice == strings.END_STAY:
                event.ignore()
                return
            self.ended = choice == strings.END_SHOW
            if self.ended:
                self.reviver.end()
        self._frames.stop()
        self.piano.let_go()
        application().removeEventFilter(self.hands)
        self.connection.stop()
        super().closeEvent(event)
