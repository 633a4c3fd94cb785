"""The engine's side of the players: their rings, lanes, mutes and late notes; [main]."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from realtime.contract import player_wire as wire
from realtime.engine import layout
from realtime.engine.command_port import CommandPort
from realtime.engine.hold import HOLDING, RETURNING
from realtime.engine.layout import PLAYER_SOURCE
from realtime.engine.sources import KEYS
from realtime.native.atomics import store_release
from realtime.native.jit import audio
from realtime.native.quiesce import Quiesce
from realtime.native.ring import Ring


@audio
def _store(address, value):
    store_release(address, value)


class PlayerPorts:
    """Players 0..MAX_PLAYERS - 1 of one engine, and behind them the follower, which has a seat and plays nothing."""

    def __init__(
        self, record: np.ndarray, holds: np.ndarray, told: np.ndarray, commands: CommandPort, quiesce: Quiesce
    ):
        self._holds, self._told = holds, told
        self._record, self._commands, self._quiesce = record, commands, quiesce
        self._connected: dict[int, list[Any]] = {}

    def set_param(self, player: int, row: int, value: float) -> None:
        """Move a parameter (row of its table) of player 0..MAX_PLAYERS - 1."""
        self._commands.send(layout.PLAYER_PARAM, layout.PLAYER_ROW * player + row, float(value))

    def set_lane(
        self, player: int, lane: int, channel: int, sent: bool = True, program: int = -1, port: int = 0
    ) -> None:
        """Where a lane goes: channel 0..15; sent: also to MIDI out, port: to which output, 0..MAX_PORTS - 1; program 0..127, -1
        to leave it. Its notes end."""
        packed = channel + layout.LANE_SENT * sent + layout.LANE_PROGRAM * (program + 1) + layout.LANE_PORT * port
        self._commands.send(layout.PLAYER_LANE, layout.PLAYER_ROW * player + lane, float(packed))

    def mute(self, player: int, on: bool) -> None:
        """End a player's notes and begin none of those it plans, or let it sound again."""
        self._commands.send(layout.PLAYER_MUTE, player, float(on))

    def forget(self, player: int) -> None:
        """End a player's notes and tell it that what it heard and planned is void."""
        self._commands.send(layout.PLAYER_FORGET, player)

    def tell(self, kind: int, **fields: float) -> bool:
        """Tell every player of the music: fields of wire.LISTEN for one of wire.TOLD_KINDS; without a beat: as of now."""
        return self._commands.tell(kind, {"beat": math.nan, **fields})

    def told(self) -> tuple[list[np.void], list[np.void]]:
        """Copies of the LISTEN records of what holds, one a kind, and of what is announced, in order of beats; the callback
        may write one meanwhile: for eyes."""
        rows = self._told.copy()
        known = [row for row in rows[: len(wire.TOLD_KINDS)] if row["kind"] != 0]
        to_come = [row for row in rows[len(wire.TOLD_KINDS) :] if row["kind"] != 0]
        return known, sorted(to_come, key=lambda row: float(row["beat"]))

    def forget_told(self) -> None:
        """Nothing is known of the music from now on."""
        self._commands.send(layout.FORGET_TOLD)

    def late(self, player: int) -> tuple[int, float]:
        """(notes planned after their beat, ms by which the worst was late)."""
        return int(self._record["player_late"][0][player]), 1000.0 * float(self._record["player_latest_s"][0][player])

    def connect(
        self,
        number: int,
        listen: Ring,
        plan: Ring,
        sources: int = KEYS,
        free: Callable[[], Any] | None = None,
        turns: int = 0,
    ) -> None:
        """Connect player 0..MAX_PLAYERS - 1 or the FOLLOWER by its rings, in place of those it had.

        sources: bit mask of what it hears. free: called once the callback has let go of the rings. turns: address of the
        int64 count of its process's turns, which goes with the rings; 0: nobody knows whether it lives.
        """
        for name, value in (
            ("player_turns", turns),
            ("player_sources", sources),
            ("player_out", plan.address),
            ("player_in", listen.address),
        ):
            _store(self._word(name, number), value)
        self._let_go(self._connected.pop(number, None))
        self._connected[number] = [listen, plan, free]
        self._commands.send(layout.PLAYER_TOLD, number)

    def hear(self, number: int, sources: int) -> None:
        """Let a connected player hear other sources."""
        _store(self._word("player_sources", number), sources)

    def disconnect(self, number: int, free: bool = True) -> None:
        """Forget a player; its notes end, its rings are freed once the callback has let go of them. free: False if they
        live on in another engine."""
        for name in ("player_in", "player_out", "player_turns"):
            _store(self._word(name, number), 0)
        held = self._connected.pop(number, None)
        if held is not None and not free:
            held[2] = None
        self._let_go(held)
        self._commands.send(layout.RELEASE_SOURCE, PLAYER_SOURCE + number)

    def hold(self, player: int, on: bool) -> None:
        """Whether its last bars go on while its process is silent."""
        _store(self._word("player_hold", player), int(on))

    def holds(self, player: int) -> bool:
        """Whether they do so now."""
        return int(self._holds["state"][player]) in (HOLDING, RETURNING)

    def hit_rate(self, player: int) -> float:
        """Share of its notes that were there in time, per cent: of those it planned, and those the hold played for it."""
        hits, late, held = (int(self._record[f"player_{name}"][0][player]) for name in ("hits", "late", "held"))
        return 100.0 * hits / max(1, hits + late + held) if late or held else 100.0

    def reset_late(self, number: int) -> None:
        """Count late notes anew."""
        for name in ("player_late", "player_hits", "player_held"):
            self._record[name][0][number] = 0
        self._record["player_latest_s"][0][number] = 0.0

    def _word(self, name: str, number: int) -> int:
        return layout.address(self._record, name) + 8 * number

    def _let_go(self, held: list[Any] | None) -> None:
        if held is None:
            return

        def let_go() -> None:
            free = held[2]
            held.clear()  # the rings are views of memory that cannot be unmapped under them
            if free is not None:
                free()

        self._quiesce.retire(None, let_go)
