"""The computer keyboard as two octaves by position, whatever its layout: Z to / below, Q to P above; no widgets."""

import sys

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent

LOWER = "zsxdcvgbhnjm,l.;/"  # C to E of the next octave: white keys on the lower row, black ones above it
UPPER = "q2w3er5t6y7ui9o0p"
SEMITONES = {
    **{letter: step for step, letter in enumerate(LOWER)},
    **{letter: 12 + step for step, letter in enumerate(UPPER)},
}

_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl;", "zxcvbnm,./")
_X11_FIRST = (10, 24, 38, 52)  # evdev code + 8, also under Wayland
_WINDOWS_FIRST = (0x02, 0x10, 0x1E, 0x2C)
_BY_NAME = {
    Qt.Key.Key_Comma: ",",
    Qt.Key.Key_Period: ".",
    Qt.Key.Key_Slash: "/",
    Qt.Key.Key_Semicolon: ";",
    **{getattr(Qt.Key, f"Key_{name.upper()}"): name for name in "abcdefghijklmnopqrstuvwxyz0123456789"},
}


def _scan_codes(firsts: tuple[int, ...]) -> dict[int, str]:
    return {first + at: name for first, row in zip(firsts, _ROWS, strict=True) for at, name in enumerate(row)}


SCAN_CODES = _scan_codes(_WINDOWS_FIRST if sys.platform == "win32" else _X11_FIRST) if sys.platform != "darwin" else {}


def position(event: QKeyEvent) -> str:
    """The key's place, by its letter on an English keyboard; "" for other keys. By scan code where there is one."""
    scan = event.nativeScanCode()
    if scan and SCAN_CODES:
        return SCAN_CODES.get(scan, "")
    return _BY_NAME.get(Qt.Key(event.key()), "")


def semitone(event: QKeyEvent) -> int | None:
    """Semitones above the playing octave's C, or None."""
    return SEMITONES.get(position(event))


def name_of(event: QKeyEvent) -> str:
    """A key's name as a mapping knows it: "F5", "Insert", "7" of the number pad as "Num7"; "" for modifiers."""
    key = Qt.Key(event.key())
    if key in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr):
        return ""
    name = key.name.removeprefix("Key_")
    return f"Num{name}" if event.modifiers() & Qt.KeyboardModifier.KeypadModifier else name
