"""The models: what the instrument has to load, searched, with what is known of the one selected; Qt thread."""

from ui import strings
from ui.desk import Desk
from ui.names import plain_name
from ui.views.view import View
from ui.widgets.chooser import ChoiceList, Option
from ui.widgets.frame import Frame, Words, column, row


class ModelsView(View):
    """A list of /assets/list, and a card. An instrument without that node says so."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.list = ChoiceList(strings.MODELS)
        self.card = Frame(strings.MODELS)
        self.lines = [Words(role="body", tint="dim") for _ in range(4)]
        for line in self.lines:
            self.card.body.addWidget(line)
        self.card.body.addStretch(1)
        self.empty = Words(strings.NO_ASSETS, "head", "dim")
        sides = row(self.list, self.card)
        sides.setStretch(0, 3)
        sides.setStretch(1, 2)
        self.setLayout(column(self.empty, sides, margins=(16, 8, 16, 8)))
        self.list.looked.connect(self._show)
        self.list.chosen.connect(self.load)
        self.store.watch("/assets/list", lambda _a, _v: self.refresh(), self)
        self.store.structure_changed.connect(self.refresh)
        self.refresh()

    def hint(self) -> str:
        return strings.MODELS_HINT if self.store.has("/edit/load") else ""

    def assets(self) -> dict[str, dict]:
        """All of them by path."""
        return {str(one.get("path")): one for one in self.store.json("/assets/list", [])}

    def refresh(self) -> None:
        """The list as the tree has it."""
        assets = self.assets()
        self.empty.setVisible(not assets)
        order = {kind: at for at, kind in enumerate(strings.ASSET_KINDS)}
        rows = sorted(assets.items(), key=lambda row: (order.get(str(row[1].get("kind")), len(order)), _title(row[1])))
        self.list.show_options(
            Option(
                path, _title(one), strings.ASSET_KINDS.get(str(one.get("kind")), ""), " ".join(one.get("tags") or ())
            )
            for path, one in rows
        )
        if not self.list.current():
            self.list.rows.setCurrentRow(0)
        self._show(self.list.current())

    def load(self, path: str) -> None:
        """Puts it where it fits."""
        self.store.send_json("/edit/load", {"path": path})

    def _show(self, path: str) -> None:
        one = self.assets().get(path)
        self.card.set_head(_title(one) if one else strings.MODELS)
        facts = []
        if one:
            whose = strings.SHIPPED if one.get("factory") else strings.YOURS
            kind = strings.ASSET_KINDS.get(str(one.get("kind")), str(one.get("kind")))
            facts = [f"{kind} · {whose}", ", ".join(one.get("tags") or ()), path]
        for at, line in enumerate(self.lines):
            line.set_text(facts[at] if at < len(facts) else "")


def _title(one: dict) -> str:
    return plain_name(str(one.get("name") or one.get("path")))
