"""Where the computer's keys go: the piano, the transport, a song's number, a mapped control, or what has the focus; Qt thread."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from ui import strings
from ui.store import Store
from ui.widgets import keymap
from ui.widgets.control import Control
from ui.widgets.piano import Piano

TYPING = (QLineEdit, QPlainTextEdit, QTextEdit)
KEYPAD = {getattr(Qt.Key, f"Key_{digit}"): digit for digit in range(10)}
FOCUS_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home)


class Hands(QObject):
    """An event filter on the application. `piano` gives the piano in force (widgets may be built anew)."""

    def __init__(
        self,
        window: QWidget,
        store: Store,
        piano: Callable[[], Piano],
        play: Callable[[], None],
        start: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._store, self._piano, self._play, self._start = window, store, piano, play, start
        self.typed_song = ""
        self._down: dict[int, str] = {}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._are_ours():
            return self._pressed(event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            # a release always counts: the key may have gone down before a menu or an entry took the focus
            self._tell(event, down=False)
            return self._piano().key_released(event) and self._are_ours()
        return super().eventFilter(watched, event)

    def _are_ours(self) -> bool:
        if QApplication.activePopupWidget() or QApplication.activeModalWidget():
            return False
        focus = QApplication.focusWidget()
        return focus is None or (focus.window() is self._window and not isinstance(focus, TYPING))

    def _pressed(self, event: QKeyEvent) -> bool:
        others = (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if event.modifiers() & others:
            return False
        key, focus = Qt.Key(event.key()), QApplication.focusWidget()
        if key == Qt.Key.Key_Escape:
            return self._escape(event)
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._play()
            return True
        wants = getattr(focus, "wants_key", None)
        if wants is not None and wants(event):
            return False
        if event.modifiers() & Qt.KeyboardModifier.KeypadModifier and self._song_digit(event):
            return True
        if key in FOCUS_KEYS and not isinstance(focus, Control | QAbstractItemView):
            if key == Qt.Key.Key_Home:
                self._start()
            else:
                self._piano().shift_octave(-1 if key == Qt.Key.Key_Left else 1)
            return True
        if isinstance(focus, QAbstractItemView):
            return False  # a list is searched by its letters
        if self._piano().key_pressed(event):
            return True
        return self._tell(event, down=True)

    def _escape(self, event: QKeyEvent) -> bool:
        """Gives the keys back to the piano; with Shift it is panic, which has its own shortcut."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        focus = QApplication.focusWidget()
        self.typed_song = ""
        if focus is not None:
            focus.clearFocus()
        self._window.setFocus()
        return True

    def _song_digit(self, event: QKeyEvent) -> bool:
        """The number pad jumps to a song: digits, then Enter."""
        if not self._store.has("/setlist/song"):
            return False
        key = Qt.Key(event.key())
        if key in KEYPAD:
            self.typed_song = (self.typed_song + str(KEYPAD[key]))[-3:]
            self._store.notice.emit(strings.SONG_TYPED.format(self.typed_song))
        elif key == Qt.Key.Key_Enter and self.typed_song:
            self._store.send("/setlist/song", int(self.typed_song))
            self.typed_song = ""
        else:
            return False
        return True

    def _tell(self, event: QKeyEvent, *, down: bool) -> bool:
        """Keys that nothing here uses are controls that can be mapped: F5 to F12, the number pad, letters without a note."""
        if event.isAutoRepeat() or not self._store.has("/key"):
            return False
        code = event.key()
        if not down:
            name = self._down.pop(code, "")
            return bool(name) and self._store.send("/key", name, 0)
        focus = QApplication.focusWidget()
        if isinstance(focus, Control) or code in (
            Qt.Key.Key_Tab,
            Qt.Key.Key_Backtab,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            return False
        name = keymap.name_of(event)
        if not name:
            return False
        self._down[code] = name
        return self._store.send("/key", name, 1)
