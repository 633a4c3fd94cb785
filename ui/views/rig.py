"""The rig view, still empty; Qt thread."""

from ui import strings
from ui.desk import Desk
from ui.views.view import View
from ui.widgets.frame import Words, column


class RigView(View):
    """Says that nothing is here."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.setLayout(column(Words(strings.EMPTY_VIEW, "head", "dim"), None, margins=(16, 8, 16, 8)))
