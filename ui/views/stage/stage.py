"""The stage view: its parts on one sheet of 1920 by 936 design pixels that fills the window; Qt thread."""

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QRect
from PyQt6.QtGui import QResizeEvent

from ui import strings
from ui.desk import Desk
from ui.views.stage.coming import Coming
from ui.views.stage.lyrics import Lyrics
from ui.views.stage.macros import COUNT, Macro, Tile, chosen, on_page
from ui.views.stage.macros import HEIGHT as MACRO_HEIGHT
from ui.views.stage.output import Output
from ui.views.stage.pager import WIDE as PAGER_WIDE
from ui.views.stage.pager import Pager
from ui.views.stage.part import HEIGHT, WIDTH
from ui.views.stage.parts import Parts
from ui.views.stage.players import PlayerState, PlayerTiles
from ui.views.stage.roll import Roll
from ui.views.stage.song import current, following, parts, songs
from ui.views.stage.title import Title
from ui.views.view import View
from ui.widgets.focus import focus_kept

SIDE, SPLIT, RIGHT = 40, 1272, 1300
TITLE, PARTS, LOWER, MACROS = (0, 292), (296, 96), (416, 296), (724, MACRO_HEIGHT)
NEXT, PLAYERS, OUTPUT = (0, 190), (206, 277), (495, 217)
LYRICS_SHARE, LYRICS_LEAST = 0.62, 276
"""Of the height below the parts, and so much that the line that is sung and the next one are seen."""
SONG_NODES = ("/setlist", "/song", "/scene", "/scenes")
"""What the title, the parts and the next song are read from."""


class StageView(View):
    """Works with and without a setlist."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.title = Title(self, desk.choose_scene)
        self.parts = Parts(self)
        self.roll = Roll(self, desk.heard)
        self.lyrics = Lyrics(self)
        self.coming = Coming(self, self.go_on)
        self.players = PlayerTiles(self)
        self.output = Output(self)
        self.pager = Pager(self)
        self.macros: list[Macro] = []
        self._wanted_macros: list[tuple] = []
        self.pager.turned.connect(self._macros)
        self.parts.wanted.connect(lambda number: self.store.send("/setlist/part", number))
        self.players.wanted.connect(lambda root, on: self.store.send(f"{root}/bypass", not on))
        store = self.store
        store.meters.connect(self.output.push)
        store.structure_changed.connect(self.rebuild)
        for address in SONG_NODES:
            store.watch(address, lambda _a, _v: self._song(), self)
        store.watch("/player", self._on_player, self)
        store.watch("/follower", self._on_music, self)
        for address in ("/map/list", "/macro/list"):
            store.watch(address, lambda _a, _v: self._macros(), self)
        store.watch("/transport", self._on_transport, self)
        self.rebuild()

    # layout

    @property
    def unit(self) -> float:
        """Window pixels in a design pixel of this view."""
        return min(self.width() / WIDTH, self.height() / HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay_out()

    def lay_out(self) -> None:
        """Gives every part its place; spare width goes to the left column, spare height to the roll."""
        unit = self.unit
        wide, tall = self.width() / max(unit, 1e-6), self.height() / max(unit, 1e-6)
        more, deep = wide - WIDTH, tall - HEIGHT
        left = SPLIT + more - SIDE
        self._put(self.title, SIDE, *TITLE, left)
        top, height = LOWER[0], LOWER[1] + deep
        if self.parts.names:
            self._put(self.parts, SIDE, *PARTS, left)
        else:
            top, height = PARTS[0], height + LOWER[0] - PARTS[0]
        self.parts.setVisible(bool(self.parts.names))
        sung = max(height * LYRICS_SHARE, LYRICS_LEAST) if self.lyrics.lines else 0.0
        if sung:
            self._put(self.lyrics, SIDE, top, sung - 12, left)
        self.lyrics.setVisible(bool(sung))
        self._put(self.roll, SIDE, top + sung, height - sung, left)
        for part, (at, high) in ((self.coming, NEXT), (self.players, PLAYERS)):
            self._put(part, RIGHT + more, at, high, WIDTH - SIDE - RIGHT)
        self._put(self.output, RIGHT + more, OUTPUT[0], OUTPUT[1] + deep, WIDTH - SIDE - RIGHT)
        paged = self.pager.count > 1
        count = COUNT if paged else max(1, len(self.macros))
        gap = 17.0
        room = wide - 2 * SIDE - (PAGER_WIDE + gap if paged else 0.0)
        each = (room - gap * (count - 1)) / count
        self._put(self.pager, wide - SIDE - PAGER_WIDE, MACROS[0] + deep, MACROS[1], PAGER_WIDE)
        for at, macro in enumerate(self.macros):
            self._put(macro, SIDE + at * (each + gap), MACROS[0] + deep, MACROS[1], each)

    def _put(self, part: Any, left: float, top: float, height: float, width: float) -> None:
        unit = part.unit = self.unit
        part.setGeometry(QRect(round(left * unit), round(top * unit), round(width * unit), round(height * unit)))
        part.update()

    # what it shows

    def rebuild(self) -> None:
        """Nodes came or went."""
        self._macros()
        self._players()
        self._song()

    def hint(self) -> str:
        return pedals(self.store.json("/map/list", [])) or strings.STAGE_HINT

    def _song(self) -> None:
        store = self.store
        self.title.show_song(current(store))
        self.coming.show_song(following(store), in_setlist=bool(songs(store)))
        had = bool(self.parts.names), bool(self.lyrics.lines)
        self.parts.show_parts(parts(store), int(store.value("/setlist/part", 0) or 0))
        lines = store.json("/song/lyrics", [])
        if lines != self.lyrics.lines:
            self.lyrics.show_lines(lines)
        if had != (bool(self.parts.names), bool(self.lyrics.lines)):
            self.lay_out()

    def _on_player(self, address: str, _value: Any) -> None:
        if address.rsplit("/", 1)[-1] in ("status", "late", "bypass", "mute", "title"):
            self._players()

    def _on_music(self, address: str, _value: Any) -> None:
        if address in ("/follower/chord", "/follower/next"):
            value = self.store.value
            self.roll.show_harmony(str(value("/follower/chord") or ""), str(value("/follower/next") or ""))

    def _players(self) -> None:
        value = self.store.value
        found = [
            PlayerState(
                one.root, one.title, str(value(f"{one.root}/status") or ""), not value(f"{one.root}/bypass", False),
                int(value(f"{one.root}/late", 0) or 0),
            )
            for one in self.store.instrument.devices if one.root.startswith("/player/")
        ]  # fmt: skip
        self.players.show_players(found)
        self.roll.names = {at: one.title for at, one in enumerate(found, 1)}

    def _macros(self) -> None:
        tiles = chosen(self.store)
        pages = self.pager.count
        self.pager.show_count(-(-len(tiles) // COUNT))
        wanted = on_page(tiles, self.pager.page)
        shape = [(replace(one.parameter, value=0.0), one.label, one.badge) for one in wanted]
        if shape == self._wanted_macros and pages == self.pager.count:
            return
        self._wanted_macros = shape
        with focus_kept(self, lambda: {one.parameter.address: one for one in self.macros}):
            self._build_macros(wanted)
        self.lay_out()

    def _build_macros(self, wanted: list[Tile]) -> None:
        for macro in self.macros:
            macro.setParent(None)
            macro.deleteLater()
        self.macros = []
        for tile in wanted:
            macro = Macro(tile.parameter, tile.label, self)
            macro.set_badge(tile.badge)
            self.store.bind(macro)
            macro.show()
            self.macros.append(macro)

    def _on_transport(self, address: str, value: Any) -> None:
        store = self.store
        unit = 4.0 / max(1, int(store.value("/transport/denominator", 4)))
        self.roll.beats_in_bar = max(1, int(store.value("/transport/numerator", 4))) * unit
        self.roll.bar_start = float(store.value("/transport/bar_start_beat", 0.0) or 0.0)
        self.roll.bar = int(store.value("/transport/bar", 0) or 0) if store.has("/transport/bar_start_beat") else 0

    def tick(self) -> None:
        self.roll.tick()
        self.output.show_recording(self.desk.recording_s())
        if self.lyrics.lines:
            self.lyrics.show_beat(self.desk.heard.paper.transport_beat)

    def go_on(self) -> None:
        """To the next song, or the next scene without a setlist."""
        if songs(self.store):
            self.store.send("/setlist/next_song")
            return
        names, now = self.store.json("/scenes", []), self.store.value("/scene")
        if now in names:
            self.store.send("/scene", names[(names.index(now) + 1) % len(names)])


def pedals(entries: list) -> str:
    """What pedals and buttons do: "CC 80: next part", from the assignments of whatever has no number of its own."""
    found = []
    for entry in entries:
        for target in entry.get("targets") or []:
            address = str(target.get("address", ""))
            if address.startswith(("/setlist/", "/song", "/player/", "/record", "/transport/", "/snapshot/", "/panic")):
                words = address.strip("/").replace("/", " ").replace("_", " ")
                found.append(f"{entry.get('text', '')}: {words}")
    return "   ".join(found[:6])
