"""Keeps the keys where they were when the widgets of a view are built anew; Qt thread."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget


@contextmanager
def focus_kept(within: QWidget, controls: Callable[[], Mapping[str, QWidget]]) -> Iterator[None]:
    """While controls (by address) are replaced: the one of the same address has the focus afterwards, else the window.

    Left to itself the focus would wander to whatever comes next, and a list would scroll there.
    """
    focused = next((address for address, one in controls().items() if one.hasFocus()), "")
    if focused:
        within.window().setFocus()
    yield
    fresh = controls().get(focused)
    if fresh is not None:
        fresh.setFocus(Qt.FocusReason.OtherFocusReason)
