"""A lane of a player: its name, the track it sounds on, its MIDI channel, whether it goes out, its program; Qt thread."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from ui import strings
from ui.model import Parameter
from ui.state.band import Lane, Member, tracks_of
from ui.style import theme
from ui.style.measures import TOUCH
from ui.views.players.routes import Routes
from ui.widgets.button import Button
from ui.widgets.frame import Words, row
from ui.widgets.learning import learnable
from ui.widgets.number import Number

NAME, TRACK, CHANNEL, PORT, PROGRAM = 110, 160, 96, 150, 140


class Program(Number):
    """The program of a lane, named."""

    def value_text(self) -> str:
        return strings.LANE_PROGRAM.format(f"{self.value:.0f}" if self.value >= 0.0 else strings.NONE)


class LaneRow(QWidget):
    """Shows a Lane and edits it by Routes."""

    def __init__(self, member: Member, lane: Lane, routes: Routes) -> None:
        super().__init__()
        self.member, self.lane, self.routes = member, lane, routes
        whose = f"{member.number} {member.title} {lane.name}"
        self.setAccessibleName(whose)
        self.name = Words(lane.name, "label", member.tint)
        self.track = Button("", "down", name=strings.TRACK_OF_LANE.format(whose), height=TOUCH, role="caption")
        self.channel = Button("", "down", name=strings.CHANNEL_OF_LANE.format(whose), height=TOUCH, role="caption")
        self.midi = Button(strings.SEND_MIDI, name=strings.MIDI_OF_LANE.format(whose), checkable=True, height=TOUCH,
                           role="caption")  # fmt: skip
        store, at = routes.store, f"{member.root}/lanes/{lane.name}"
        self.port = Button(
            "", "down", name=strings.PORT_OF_LANE.format(whose), tip=strings.TIP_PORT, height=TOUCH, role="caption"
        )
        self.port.clicked.connect(lambda: routes.open_ports(self.port, self.member, self.lane))
        parameter = Parameter(f"{at}/program", strings.PROGRAM_OF.format(whose), "i", -1, 127, -1, value=lane.program)
        self.program = Program(parameter, "000", strings.TIP_PROGRAM, "label")
        self.track.clicked.connect(lambda: routes.open_tracks(self.track, self.member, self.lane))
        self.channel.clicked.connect(lambda: routes.open_channels(self.channel, self.member, self.lane))
        self.midi.clicked.connect(lambda on: routes.set_lane(self.member, self.lane.name, midi=bool(on)))
        self.program.edited.connect(
            lambda value, _gesture: routes.set_lane(self.member, self.lane.name, program=int(value))
        )
        learnable(self.channel, store, f"{at}/channel")
        learnable(self.midi, store, f"{at}/midi")
        self.program.learn_wanted.connect(lambda: store.send("/learn/start", f"{at}/program"))
        self.program.can_learn = lambda: store.has("/learn/start")
        for widget, wide in ((self.name, NAME), (self.track, TRACK), (self.channel, CHANNEL), (self.port, PORT),
                             (self.program, PROGRAM)):  # fmt: skip
            theme.fix(widget, wide)
        self.setLayout(row(self.name, self.track, self.channel, self.midi, self.port, self.program, None, spacing=6))
        self.show_lane(member, lane)

    def show_lane(self, member: Member, lane: Lane) -> None:
        """What the tree says of it now."""
        self.member, self.lane = member, lane
        tracks = [chain.title or chain.name for chain in tracks_of(self.routes.layout, member.number, lane.name)]
        self.track.set_look(", ".join(tracks) or strings.GOES_NOWHERE, "down")
        self.channel.set_look(strings.LANE_CHANNEL.format(lane.channel), "down")
        self.midi.setChecked(lane.midi)
        port = self.routes.port()
        self.midi.setToolTip(
            strings.TIP_LANE_MIDI.format("" if port == strings.LANE_MIDI else strings.TO_PORT.format(port))
        )
        self.port.set_look(lane.port or port, "down")
        self.port.setEnabled(self.routes.store.has("/midi/outputs"))
        self.program.show_value(float(lane.program))
