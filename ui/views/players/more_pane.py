"""The rest of a player, beside its strip: how it plays, where its lanes go, two axes, and what it alone has; Qt thread."""

from __future__ import annotations

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ui import strings
from ui.groups import gather
from ui.model import Parameter
from ui.state.band import Member
from ui.state.keepsakes import Kept
from ui.store import Store
from ui.style import theme
from ui.style.draw import draw_box, painter_of
from ui.style.measures import TOUCH
from ui.views.players.axes import Axes
from ui.views.players.lane_row import LaneRow
from ui.views.players.option_row import OptionRow
from ui.views.players.routes import Routes
from ui.widgets.button import Button
from ui.widgets.choose import control_for
from ui.widgets.control import Control
from ui.widgets.flow import Flow, scrolled
from ui.widgets.frame import Words, column, row

WIDTH = 1160


class MorePane(QWidget):
    """`controls` by address; `rows` by lane."""

    def __init__(self, member: Member, store: Store, routes: Routes, kept: Kept) -> None:
        super().__init__()
        self.member, self.store = member, store
        self.controls: dict[str, Control] = {}
        self.setAccessibleName(strings.MORE_OF.format(f"{member.number} {member.title}"))
        self.axes = Axes(member, store, kept)
        self.rows = {lane.name: LaneRow(member, lane, routes) for lane in member.lanes}
        self.routes = routes
        self.hears = Button("", "down", height=TOUCH, role="caption")
        self.hears.clicked.connect(lambda: routes.open_hears(self.hears, self.member))
        self.told = [OptionRow(member, one, store) for one in member.told]
        heard = row(self.hears, *self.told, None)
        lanes = column(heard, Words(strings.ITS_LANES, "label", "dim"), *self.rows.values(), None, spacing=6)
        common = self._flow([(one, one.title) for one in member.common])
        parts: list[QWidget] = [Words(strings.HOW_IT_PLAYS, "label", "dim"), common]
        if member.own:
            parts.append(Words(strings.ITS_OWN, "label", "dim"))
        for group in gather(member.own):
            if group.caption:
                parts.append(Words(group.caption, "label", member.tint))
            parts.append(self._flow(list(group.members)))
        inner = QWidget()
        head = row(self.axes, lanes, spacing=16)
        head.setStretch(1, 1)
        inner.setLayout(column(head, *parts, None, spacing=8, margins=(0, 0, 8, 0)))
        self.area = scrolled(inner)
        self.setLayout(column(self.area, margins=(14, 12, 8, 12)))
        theme.fix(self, WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.show_member(member)

    def _flow(self, members: list[tuple[Parameter, str]]) -> Flow:
        made = {
            one.address: self.store.bind(control_for(one, label, self.member.tint, size="small"))
            for one, label in members
        }
        self.controls |= made
        flow = Flow(gap=6)
        flow.fill(list(made.values()))
        return flow

    def show_member(self, member: Member) -> None:
        """Where its lanes go now."""
        self.member = member
        said = self.routes.hears(member)
        self.hears.set_look(said, "down")
        self.hears.setAccessibleName(f"{member.number} {member.title} {said}")
        for one in self.told:
            one.show_member(member)
        for lane in member.lanes:
            if lane.name in self.rows:
                self.rows[lane.name].show_lane(member, lane)

    def tick(self) -> None:
        """One frame."""
        self.axes.tick()

    def restyle(self) -> None:
        """The scale has changed: everything is placed anew."""
        for flow in self.findChildren(Flow):
            flow.lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_box(painter_of(self), QRectF(self.rect()), theme.colour.surface, theme.colour.line)
