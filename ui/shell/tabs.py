"""The view buttons of the header: a row, or one button with a menu where the row has no room; Qt thread."""

from PyQt6.QtCore import QPoint, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QWidget

from ui import strings
from ui.style import theme
from ui.style.draw import menu_text
from ui.style.theme import px
from ui.widgets.button import Button

SPACE = 7


class Tabs(QWidget):
    """Emits chosen(name)."""

    chosen = pyqtSignal(str)

    def __init__(self, views: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.setAccessibleName(strings.VIEWS)
        self._titles = dict(views)
        self.current = views[0][0]
        layout = QHBoxLayout(self)
        theme.lay(layout, spacing=SPACE)
        self.buttons: dict[str, Button] = {}
        for number, (name, title) in enumerate(views, 1):
            made = Button(title, checkable=True, tip=f"{title} (Ctrl+{number})")
            made.clicked.connect(lambda _on, name=name: self.chosen.emit(name))
            self.buttons[name] = made
            layout.addWidget(made)
        self.menu_button = Button(strings.VIEWS, "down", tip=strings.VIEWS, checkable=True)
        self.menu_button.clicked.connect(self.open_menu)
        layout.addWidget(self.menu_button)
        self.set_narrow(False)
        self.show_current(self.current)

    def show_current(self, name: str) -> None:
        """Marks the view that is seen."""
        self.current = name
        for one, button in self.buttons.items():
            button.setChecked(one == name)
        self.menu_button.set_look(self._titles[name], "down")
        self.menu_button.setChecked(True)

    def set_narrow(self, narrow: bool) -> None:
        """One button instead of the row."""
        for button in self.buttons.values():
            button.setVisible(not narrow)
        self.menu_button.setVisible(narrow)

    def width_needed(self, narrow: bool) -> int:
        """Pixels that it takes."""
        if narrow:
            return max(self.menu_button.sizeHint().width(), px(150))
        return sum(one.sizeHint().width() for one in self.buttons.values()) + px(SPACE) * (len(self.buttons) - 1)

    def open_menu(self) -> QMenu:
        """All views under the one button."""
        self.menu_button.setChecked(True)
        menu = QMenu(self)
        for name, title in self._titles.items():
            action = menu.addAction(menu_text(title))
            action.setCheckable(True)
            action.setChecked(name == self.current)
            action.triggered.connect(lambda _on, name=name: self.chosen.emit(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height() + px(4))))
        return menu
