"""The stage view; Qt thread."""

from ui.desk import Desk
from ui.views.view import View
from ui.widgets.frame import Words, column


class StageView(View):
    """What is read while it is played."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.title = Words(role="stage_title", least=0.3)
        self.setLayout(column(self.title, None, margins=(40, 8, 40, 8)))
        self.store.watch("/scene", lambda _a, value: self.title.set_text(str(value)), self)
