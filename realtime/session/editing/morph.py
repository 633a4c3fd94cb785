"""A morph between two snapshots: made into the table that the callback moves by one knob, and followed here; [any but audio].

The callback does the moving, also while the interpreter stands (`realtime.engine.morph`). Here the table is made anew as
scene, snapshots and rack change, and what the callback has moved of tempo, level and players is noted where people look.
"""

from __future__ import annotations

import threading
from typing import Any

from realtime.contract.param import Param
from realtime.engine.engine import Engine
from realtime.engine.layout import MASTER_GAIN, PLAYER_PARAM, PLAYER_ROW, SET_SIGNATURE, SET_TEMPO, address
from realtime.engine.mix import knob_cell
from realtime.engine.morph import CELL, RATIOS, STRAIGHT, SWITCHES
from realtime.engine.morph_table import Morphed, MorphTable
from realtime.engine.node import BYPASS_TARGET
from realtime.native.errors import AntiphonError
from realtime.session.document import rows
from realtime.session.document.orders import Key
from realtime.session.editing.live import Live
from realtime.session.editing.snapshots import find, param_of, values_of

_METRE = ("numerator", "denominator")
_OF_BAND = ("mute", "solo", "hold")
"""Of a player: who else is heard depends on it, so that it switches a moment later, on [main]."""
_Pair = tuple[float, float]


class Morph:
    """Between the snapshots `start` and `end`. Values that somebody moves meanwhile stay where they were moved to."""

    def __init__(self) -> None:
        self.start, self.end = "", ""
        self._lock = threading.RLock()
        self._table: MorphTable | None = None
        self._live: Live | None = None
        self._engine: Engine | None = None
        self._position = 0.0
        self._mirrored: dict[Key, float] = {}
        """Of what has a value of its own on this side: as it was noted last."""
        self._band: dict[Key, _Pair] = {}

    @property
    def title(self) -> str:
        return f"Morph {self.start} - {self.end}"

    @property
    def position(self) -> float:
        """0 = the first snapshot, 1 = the second, wherever a hand, the tree or the callback has put it."""
        return self._position if self._engine is None else float(self._engine.record["morph_position"][0])

    def choose(self, start: str | None = None, end: str | None = None) -> None:
        """Begin anew, between these."""
        with self._lock:
            self.start = self.start if start is None else start
            self.end = self.end if end is None else end
            self._publish(None, None)

    def _publish(self, live: Live | None, table: MorphTable | None) -> None:
        self._position = self.position
        self._live, self._table, self._mirrored = live, table, {}
        engine = live.engine if live is not None else self._engine
        if self._engine is not None and engine is not self._engine:
            self._engine.morph_by(None)
        self._engine = engine
        if engine is not None:
            engine.record["morph_position"] = self._position
            engine.morph_by(table)

    def move(self, live: Live, position: float) -> None:
        """Go to a position from 0 to 1 with the next block. Raises AntiphonError if one of the two is missing."""
        with self._lock:
            table = self._prepared(live)
            live.engine.record["morph_position"] = position
            table.again()

    def attend(self, live: Live) -> None:
        """Be ready for a hand; note what the callback has moved. [main]"""
        with self._lock:
            if self.start and self.end:
                try:
                    self._prepared(live)
                except AntiphonError:  # said as it is moved
                    return
            if self._table is not None and live is self._live:
                self._follow(live, self._table)

    # -- making the table ---------------------------------------------------------------------------------------------

    def _prepared(self, live: Live) -> MorphTable:
        if self._table is not None and live is self._live and live.engine is self._engine:
            return self._table
        first, last = (values_of(live, find(live.document, name)) for name in (self.start, self.end))
        both: dict[Key, _Pair] = {key: (first[key], last[key]) for key in first if key in last}
        moving = {key: pair for key, pair in both.items() if pair[0] != pair[1]}
        self._band = {key: pair for key, pair in moving.items() if key[0] == "player" and key[2] in _OF_BAND}
        made = [_morphed(live, key, pair) for key, pair in moving.items() if key not in self._band]
        table = MorphTable([one for one in [*made, _metre(both)] if one is not None], live.plan.family, self.position)
        if self._table is not None:
            table.go_on_from(self._table)
        self._publish(live, table)
        return table

    # -- following it -------------------------------------------------------------------------------------------------

    def owns(self, key: Key, value: Any) -> bool:
        """Whether a value is where the morph put it."""
        if isinstance(value, str) or self._table is None:
            return False
        put = self._put(key)
        return put is not None and rows.same(float(value), put)

    def _put(self, key: Key) -> float | None:
        table = self._table
        if table is None:
            return None
        if key[0] == "scene" and key[1] in _METRE:
            row = table.rows.get(("scene", "metre"))
            put = None if row is None else float(table.entries[row]["put"])
            return None if put is None or put != put else divmod(put, 64.0)[_METRE.index(key[1])]
        return self._mirrored.get(key) if key in self._band else table.value(key)

    def _follow(self, live: Live, table: MorphTable) -> None:
        for uid, node in live.nodes.items():
            if ("bypass", uid) in table.rows and node.slot is not None:
                node.slot.bypass = bool(node.record["bypass_target"][0] > 0.5)
        for key, row in table.rows.items():
            if key[0] == "scene" and key[1] != "metre":  # type: ignore[index]
                self._note(live, table, row, key)
            elif key[0] == "player":  # type: ignore[index]
                self._note(live, table, row, key)
        for name in _METRE:
            key = ("scene", name)
            put = self._put(key)
            if put is not None and self._mirrored.get(key) != put:
                self._mirrored[key] = put
                live.note(key, put)
        if table.head[0]["applied"] == self.position:
            self._switch_band(live)

    def _note(self, live: Live, table: MorphTable, row: int, key: Any) -> None:
        put = table.value(key)
        if put is None:
            return
        now, before = live.read(key), self._mirrored.get(key)
        if before is not None and now is not None and not rows.same(now, before):
            table.entries[row]["left"] = 1  # by hand
        elif before is None or before != put:
            live.note(key, put)
            self._mirrored[key] = live.read(key)

    def _switch_band(self, live: Live) -> None:
        for key, (first, last) in self._band.items():
            value, before, now = (first if self.position < 0.5 else last), self._mirrored.get(key), live.read(key)
            if now is None or value in (now, before) or (before is not None and now != before):
                continue
            live.write(key, value)
            self._mirrored[key] = value


def _law(param: Param | None, key: Key) -> int:
    """By the curve of its knob; what has no between switches in the middle."""
    if key[0] == "bypass" or (param is not None and (param.jumps or param.id == "mute")):
        return SWITCHES
    return RATIOS if param is not None and param.curve == "log" else STRAIGHT


def _morphed(live: Live, key: Key, pair: _Pair) -> Morphed | None:
    """A value as the callback moves it; None of something that it does not."""
    kind, uid, *rest = key
    param = param_of(live, key)
    made = Morphed(key, float(pair[0]), float(pair[1]), law=_law(param, key))
    if kind == "scene":
        made.kind = {"tempo_bpm": SET_TEMPO, "master_db": MASTER_GAIN}.get(uid, CELL)
        return None if made.kind == CELL else made
    if kind == "player":
        link = live.links[uid]
        row = next(number for number, one in enumerate(link.params) if one is param)
        made.kind, made.number = PLAYER_PARAM, link.number * PLAYER_ROW + row
        return made
    if kind in ("param", "bypass"):
        node = made.keep = live.nodes[uid]
        if kind == "bypass":
            made.cell = node.address + BYPASS_TARGET
            return made
        made.row = node.row(rest[0])
        made.cell = node.target.ctypes.data + 4 * made.row
        made.uid = uid if node.device is not None and node.device.parameter_events else 0
        return made
    feed = made.keep = live.strips[uid] if kind == "strip" else live.sends[uid, rest[0]]
    made.cell = knob_cell(feed, rest[0] if kind == "strip" else "gain_db")
    return made


def _metre(both: dict[Key, _Pair]) -> Morphed | None:
    beats, units = (both.get(("scene", name)) for name in _METRE)
    if beats is None or units is None or (beats[0] == beats[1] and units[0] == units[1]):
        return None
    return Morphed(("scene", "metre"), *beats, SET_SIGNATURE, law=SWITCHES, units=units)


def position_cell(engine: Engine) -> int:
    """Address of the float32 that a control turns."""
    return address(engine.record, "morph_position")
