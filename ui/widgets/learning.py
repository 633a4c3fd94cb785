"""What lets a button be learned by a MIDI control, as every Control can be: its menu asks the instrument to listen; Qt thread."""

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QMenu, QWidget

from ui import strings
from ui.store import Store
from ui.style.draw import menu_text


def learn_menu(widget: QWidget, store: Store, address: str) -> QMenu:
    """A menu with the one entry; it goes when it is closed."""
    menu = QMenu(widget)
    learn = menu.addAction(menu_text(strings.LEARN), lambda: store.send("/learn/start", address))
    learn.setEnabled(store.has("/learn/start") and store.has(address))
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def learnable(widget: QWidget, store: Store, address: str) -> None:
    """Lets a widget open that menu where others have theirs, and be pressed while the panel learns."""
    widget.learn_address = address  # type: ignore[attr-defined]  # ui.views.map.learn looks for it

    def popup(at: QPoint) -> None:
        learn_menu(widget, store, address).popup(widget.mapToGlobal(at))

    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    widget.customContextMenuRequested.connect(popup)
