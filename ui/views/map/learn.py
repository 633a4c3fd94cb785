"""Learning as the panel shows it: what is waited for, was heard, is kept; a press on any control names it; Qt thread."""

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QMenu, QWidget

from ui import strings
from ui.state import layout, maps, names
from ui.store import Store
from ui.style.draw import menu_text
from ui.widgets.button import Button
from ui.widgets.control import Control
from ui.widgets.frame import Frame, Words, column, row

ALL = "all"


class LearnMode(QObject):
    """Follows /learn/state. While anything is learned, a press on a control anywhere in the panel learns that one."""

    changed = pyqtSignal(object)  # maps.Learning

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.store = store
        self.now = maps.Learning()
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)
        store.watch("/learn/state", lambda _address, value: self._on_state(value), self)

    def _on_state(self, value: object) -> None:
        self.now = maps.learning(value)
        self.changed.emit(self.now)

    def start(self, address: str = "") -> None:
        """Waits for a control; without an address for a parameter, too."""
        self.store.send("/learn/start", address)

    def cancel(self) -> None:
        """All stays as it was."""
        self.store.send("/learn/cancel")

    def keep(self) -> None:
        """What was learned becomes an assignment."""
        self.store.send("/learn/keep")

    def choose(self, address: str) -> None:
        """Which of the candidates the control shall move; "all" for all of them."""
        self.store.send("/learn/choose", address)

    def spoken(self, address: str) -> str:
        """An address as a person says it."""
        parameters = self.store.instrument.parameters
        return names.spoken(address, layout.read(self.store.value("/rack/layout")), parameters)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (
            self.now.on
            and event is not None
            and event.type() == QEvent.Type.MouseButtonPress
            and isinstance(event, QMouseEvent)
            and event.button() == Qt.MouseButton.LeftButton
        ):
            address = _address(watched)
            if address and self.store.has(address):
                self.start(address)
                return True
        return super().eventFilter(watched, event)


def _address(watched: QObject | None) -> str:
    """What a control, or a button with an address of its own, moves."""
    return watched.parameter.address if isinstance(watched, Control) else getattr(watched, "learn_address", "")


def learn_mode(store: Store) -> LearnMode:
    """The one of a store, made when first asked for."""
    return store.findChild(LearnMode) or LearnMode(store)


class LearnWords:
    """Sentences of a state."""

    def __init__(self, mode: LearnMode) -> None:
        self.mode = mode

    def target(self, state: maps.Learning) -> str:
        """What will be moved."""
        if state.chosen == ALL:
            return strings.LEARN_ALL
        address = state.chosen or state.waiting or (state.moved[0] if state.moved else "")
        return self.mode.spoken(address) if address else strings.LEARN_NO_TARGET

    def range(self, state: maps.Learning) -> str:
        """Its range and curve, in its own units."""
        address = state.chosen if state.chosen not in ("", ALL) else state.waiting or (state.moved or ("",))[0]
        known = self.mode.store.parameter(address)
        if known is None:
            return ""
        curve = strings.CURVES.get("log" if known.curve == "log" else "lin", known.curve)
        return strings.LEARN_RANGE.format(known.text(known.low), known.text(known.high), curve)


class LearnBar(QWidget):
    """One line, shown only while something is learned: for views where knobs are."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.mode = learn_mode(store)
        self.said = LearnWords(self.mode)
        self.words = Words("", "label", "player")
        self.keep = Button(strings.KEEP, tint="player", height=48)
        self.which = Button(strings.WHICH, height=48, role="label")
        self.cancel = Button(strings.CANCEL_LEARN, height=48, role="label")
        self.keep.clicked.connect(self.mode.keep)
        self.which.clicked.connect(lambda: open_candidates(self.mode, self.which))
        self.cancel.clicked.connect(self.mode.cancel)
        self.setLayout(row(self.words, self.which, self.keep, self.cancel, spacing=8))
        self.mode.changed.connect(self.show_state)
        self.show_state(self.mode.now)

    def show_state(self, state: maps.Learning) -> None:
        """What is learned now."""
        self.setVisible(state.on)
        heard = state.heard or strings.LEARN_MOVE
        self.words.set_text(strings.LEARN_LINE.format(self.said.target(state), heard))
        self.which.setVisible(bool(state.candidates))
        self.keep.setEnabled(state.can_keep)


class LearnBox(Frame):
    """The map's box: state, last control heard, target, range; keep, choose, cancel."""

    def __init__(self, store: Store) -> None:
        super().__init__(strings.LEARN_OFF, "player")
        self.mode = learn_mode(store)
        self.said = LearnWords(self.mode)
        self.heard = Words("", "body")
        self.target = Words("", "body")
        self.range = Words("", "body", "dim")
        self.start = Button(strings.LEARN_START, tint="player", tip=strings.TIP_LEARN, checkable=True, least=170)
        self.keep = Button(strings.KEEP, tint="player", least=170)
        self.which = Button(strings.WHICH, role="label")
        self.cancel = Button(strings.CANCEL_LEARN, role="label")
        self.start.clicked.connect(lambda: self.mode.cancel() if self.mode.now.on else self.mode.start())
        self.keep.clicked.connect(self.mode.keep)
        self.which.clicked.connect(lambda: open_candidates(self.mode, self.which))
        self.cancel.clicked.connect(self.mode.cancel)
        self.body.addLayout(column(self.heard, self.target, self.range, None, spacing=14))
        self.body.addLayout(row(self.start, self.keep, self.which, self.cancel, None, spacing=10))
        self.mode.changed.connect(self.show_state)
        store.structure_changed.connect(lambda: self.show_state(self.mode.now))
        self.show_state(self.mode.now)

    def show_state(self, state: maps.Learning) -> None:
        """What is learned now."""
        able = self.mode.store.has("/learn/start")
        head = (
            strings.LEARN_WAITING
            if state.on and not state.heard
            else strings.LEARN_HEARD
            if state.on
            else strings.LEARN_OFF
        )
        self.set_head(head if able else strings.NO_LEARN)
        self.heard.set_text(
            strings.LAST_IN.format(state.heard or strings.LEARN_NOTHING_YET) if state.on else strings.LEARN_HOW
        )
        self.target.set_text(strings.TARGET_IS.format(self.said.target(state)) if state.on else "")
        ask = strings.LEARN_DRAGS.format(len(state.candidates)) if state.candidates and not state.chosen else ""
        self.range.set_text(ask or (self.said.range(state) if state.on else ""), "warn" if ask else "dim")
        self.start.setEnabled(able)
        self.start.setChecked(state.on)
        self.start.set_look(strings.LEARN_START)
        self.keep.setEnabled(state.can_keep)
        self.keep.setVisible(state.on)
        self.cancel.setVisible(state.on)
        self.which.setVisible(bool(state.candidates))


def open_candidates(mode: LearnMode, at: QWidget) -> QMenu:
    """The things that a control would move, to choose from."""
    menu = QMenu(at)
    for address in mode.now.candidates:
        act = menu.addAction(menu_text(mode.spoken(address)), lambda address=address: mode.choose(address))
        act.setCheckable(True)
        act.setChecked(address == mode.now.chosen)
    menu.addSeparator()
    menu.addAction(strings.LEARN_ALL, lambda: mode.choose(ALL))
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at.mapToGlobal(at.rect().bottomLeft()))
    return menu
