"""Splits, layers and velocity zones: a bar a track over a keyboard that shows what is played; Qt thread."""

from collections.abc import Callable

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QFrame, QMenu, QScrollArea, QWidget

from ui import strings
from ui.format import key_name
from ui.model import Parameter
from ui.state import zones
from ui.state.layout import Chain, Layout
from ui.style import theme
from ui.style.draw import menu_text
from ui.views.rack.chain_header import ranges
from ui.views.rack.edits import Edits
from ui.views.rack.piano_picture import PianoPicture
from ui.views.rack.range_bar import KeyBar, VelocityBar
from ui.widgets.button import Button
from ui.widgets.frame import Words, column, row
from ui.widgets.number import Number

NAME, VELOCITY, TRANSPOSE, CHANNEL = 210, 270, 100, 150
BAR = 18
"""A scroll bar's width: the keys of the picture lie under those of the bars."""


class ZoneRow(QWidget):
    """One track: name, keys, velocities, transposition, channels."""

    def __init__(self, chain: Chain, edits: Edits, picked: Callable[[str], None], parent: QWidget | None = None):
        super().__init__(parent)
        self.chain, self.edits = chain, edits
        title = chain.title or chain.name
        self.name = Button(title, checkable=True, height=44, role="label")
        self.name.clicked.connect(lambda: picked(chain.key))
        self.keys = KeyBar(strings.KEYS_OF.format(title))
        self.velocities = VelocityBar(strings.VELOCITIES_OF.format(title), "effect")
        parameter = Parameter(
            "transpose", strings.TRANSPOSE_OF.format(title), "i", -zones.TRANSPOSE, zones.TRANSPOSE, 0
        )
        self.transpose = Number(parameter, "-48", strings.TIP_TRANSPOSE, "body")
        self.channels = Button(strings.ALL_CHANNELS, name=strings.CHANNELS_OF.format(title), height=44, role="label")
        self.keys.changed.connect(lambda low, high: self._set(keys=[low, high]))
        self.velocities.changed.connect(lambda low, high: self._set(velocities=[low, high]))
        self.transpose.edited.connect(lambda value, _gesture: self._set(transpose=int(value)))
        self.channels.clicked.connect(self.open_channels)
        theme.fix(self.name, NAME)
        theme.fix(self.velocities, VELOCITY)
        theme.fix(self.transpose, TRANSPOSE, 44)
        theme.fix(self.channels, CHANNEL)
        self.setLayout(row(self.name, self.keys, self.velocities, self.transpose, self.channels))

    def show_chain(self, chain: Chain, *, chosen: bool) -> None:
        """What the tree says of it now."""
        self.chain = chain
        self.name.set_look(chain.title or chain.name)
        self.name.setChecked(chosen)
        self.keys.show_range(*chain.keys)
        self.velocities.show_range(*chain.velocities)
        self.transpose.show_value(float(chain.transpose))
        heard = strings.CHANNELS.format(ranges(chain.channels)) if chain.channels else strings.ALL_CHANNELS
        self.channels.set_look(heard)

    def open_channels(self) -> QMenu:
        """The sixteen channels to choose from."""
        menu = QMenu(self)
        menu.addAction(strings.ALL_CHANNELS, lambda: self._set(channels=list(range(1, 17))))
        menu.addSeparator()
        for channel in range(1, 17):
            act = menu.addAction(
                strings.CHANNEL.format(channel),
                lambda c=channel: self._set(channels=zones.toggled_channel(self.chain, c)),
            )
            act.setCheckable(True)
            act.setChecked(not self.chain.channels or channel in self.chain.channels)
            menu.addAction(strings.ONLY_CHANNEL.format(channel), lambda c=channel: self._set(channels=[c]))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.channels.mapToGlobal(QPoint(0, self.channels.height())))
        return menu

    def _set(self, **parts) -> None:
        self.edits.set_chain(self.chain, **parts)


class ZonePane(QWidget):
    """All tracks that are played by keys."""

    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self.edits = edits
        self.rows: dict[str, ZoneRow] = {}
        self.layout_now = Layout()
        self.chosen = ""
        self.piano = PianoPicture()
        self.piano.pressed.connect(self.open_split)
        self.hint = Words(strings.ZONE_HINT, "caption", "dim")
        self.layer = Button(strings.LAYER, tip=strings.TIP_LAYER, height=44, role="label")
        self.layer.clicked.connect(self._layer)
        self._list = QWidget()
        self._column = column(None, spacing=6)
        self._list.setLayout(self._column)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._list)
        self._list.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        left, right = QWidget(), QWidget()
        theme.fix(left, NAME)
        theme.fix(right, VELOCITY + TRANSPOSE + CHANNEL + 24 + BAR)
        right.setLayout(column(self.hint, row(self.layer, None), None, spacing=6))
        left.setLayout(column(None))
        self.setLayout(column(self.area, row(left, self.piano, right)))
        edits.store.note.connect(lambda source, on, key, *_more: self.piano.push(source, on, key))
        edits.store.state_changed.connect(lambda _state: self.piano.clear())

    def show_layout(self, layout: Layout) -> None:
        """What the tree says of the tracks now."""
        self.layout_now = layout
        chains = [chain for chain in layout.tracks() if chain.plays_keys]
        for key in set(self.rows) - {chain.key for chain in chains}:
            gone = self.rows.pop(key)
            gone.hide()
            gone.deleteLater()
        for at, chain in enumerate(chains):
            one = self.rows.get(chain.key)
            if one is None:
                one = self.rows[chain.key] = ZoneRow(chain, self.edits, self.choose, self._list)
            self._column.insertWidget(at, one)
            one.show_chain(chain, chosen=chain.key == self.chosen)

    def choose(self, key: str) -> None:
        """The track that splitting and layering is about."""
        self.chosen = key
        self.show_layout(self.layout_now)

    def open_split(self, key: int) -> QMenu:
        """Splits at a key of the picture: the chosen track (or each) from there on, another one below it."""
        menu = QMenu(self)
        self.piano.mark(key)
        tracks = [chain for chain in self.layout_now.tracks() if chain.plays_keys]
        uppers = [chain for chain in tracks if chain.key == self.chosen] or tracks
        menu.addSection(strings.SPLIT_AT.format(key_name(key)))
        for upper in uppers:
            for lower in tracks:
                if lower.key != upper.key:
                    said = strings.SPLIT_PAIR.format(lower.title or lower.name, upper.title or upper.name)
                    menu.addAction(menu_text(said), lambda low=lower, up=upper: self._split(low, up, key))
        if len(tracks) < 2:
            menu.addAction(strings.SPLIT_NEEDS_TWO).setEnabled(False)
        menu.aboutToHide.connect(lambda: self.piano.mark(None))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.piano.mapToGlobal(QPoint(round(self.piano.piano().span(key)[0]), 0)))
        return menu

    def _split(self, lower: Chain, upper: Chain, key: int) -> None:
        self._together(strings.SPLIT_AT.format(key_name(key)), list(zones.split(lower, upper, key)))

    def _layer(self) -> None:
        chosen = [
            one for one in self.layout_now.tracks() if one.plays_keys and self.chosen in ("", one.key) and one.zoned
        ]
        self._together(strings.LAYER, [zones.layer(chain) for chain in chosen])

    def _together(self, name: str, bodies: list[dict]) -> None:
        """Several tracks at once: one step of the history."""
        if bodies:
            self.edits.send("/edit/together", name=name, edits=[["set_track", body] for body in bodies])
