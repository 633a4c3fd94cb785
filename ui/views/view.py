"""What all views share; Qt thread.

    class RackView(View):
        def __init__(self, desk: Desk) -> None:
            super().__init__(desk)
            self.setLayout(...)                                  # ui.widgets.frame: row, column, Frame, Words
            self.store.structure_changed.connect(self.rebuild)   # nodes came or went
            self.store.watch("/rack/layout", self._on_layout, self)
        def tick(self): ...                                      # each frame while seen: only what moves by itself
        def hint(self): return strings.RACK_HINT                 # the foot line

Give sizes by ui.style.theme (lay, fix, least, speak; px and face while painting), so that scale and theme can change at any
time; `restyle` is for what that does not reach.
"""

from PyQt6.QtWidgets import QWidget

from ui.desk import Desk


class View(QWidget):
    """Base of all views."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.store = desk.store

    def tick(self) -> None:
        """One frame, 60 a second, only while the view is seen."""

    def hint(self) -> str:
        """What keys, pedals and mouse do here, for the foot line."""
        return ""

    def restyle(self) -> None:
        """The scale or the theme has changed; margins, fixed sizes and paintings are new already."""
