"""The window's shortcuts as a table; Qt thread."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PyQt6.QtGui import QKeySequence, QShortcut

from ui.style import theme
from ui.style.palettes import PALETTES
from ui.views import registry


def bind_keys(panel: Any) -> None:
    """All shortcuts of a ui.shell.window.Panel."""
    store, header, foot = panel.store, panel.header, panel.foot
    table: dict[str, Callable[[], object]] = {
        "Ctrl+Z": lambda: store.send("/undo"),
        "Ctrl+Shift+Z": lambda: store.send("/redo"),
        "Ctrl+Y": lambda: store.send("/redo"),
        "Ctrl+S": lambda: store.send("/save", ""),
        "Ctrl+Shift+S": foot.save_as_wanted.emit,
        "Ctrl+L": lambda: store.send("/lock", not store.value("/lock", False)),
        "Ctrl+R": lambda: panel.toggle_recording(header.recording_s is None),
        "Ctrl+B": foot.flip,
        "Ctrl+O": foot.open_scenes,
        "Ctrl+PgUp": lambda: foot.step_scene(-1),
        "Ctrl+PgDown": lambda: foot.step_scene(1),
        "Shift+Esc": panel.panic,
        "F2": lambda: panel.show_drawer("piano", not panel.piano.isVisible()),
        "F3": lambda: panel.show_drawer("scope", not panel.scope.isVisible()),
        "F4": lambda: panel.set_theme(_next_theme()),
        "Ctrl++": lambda: panel.zoom(1),
        "Ctrl+=": lambda: panel.zoom(1),
        "Ctrl+-": lambda: panel.zoom(-1),
        "Ctrl+0": lambda: panel.zoom(0),
        "F11": lambda: panel.showNormal() if panel.isFullScreen() else panel.showFullScreen(),
    }
    for number, name in enumerate(registry.NAMES, 1):
        table[f"Ctrl+{number}"] = partial(panel.show_view, name)
    for keys, act in table.items():
        QShortcut(QKeySequence(keys), panel).activated.connect(act)


def _next_theme() -> str:
    names = list(PALETTES)
    return names[(names.index(theme.theme_name()) + 1) % len(names)]
