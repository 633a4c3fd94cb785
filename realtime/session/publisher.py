"""What was heard and played since the last tick, on its way to the panel; [main]."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from realtime.contract.events import NOTE_ON
from realtime.control.osc import ControlServer
from realtime.control.streams import NoteEvent, PlanEvent
from realtime.engine.engine import Engine
from realtime.engine.layout import PLAYER_SOURCE

MOST_NOTES, MOST_BLOCKS = 1000, 256


def _to_song(engine: Engine) -> float:
    """From the running beat to the song's, which the panel counts in."""
    state = engine.record[0]
    return float(state["transport"]["beat"]) - float(state["clock_beat"])


class Publisher:
    """Empties the engine's rings towards people. name_of(player, from 0), lane_of(player, lane): what the panel calls them."""

    def __init__(self, name_of: Callable[[int], str], lane_of: Callable[[int, int], str]):
        self._name_of, self._lane_of = name_of, lane_of
        self.notes_heard = 0
        self.player_notes = 0

    def publish(self, engine: Engine, server: ControlServer | None) -> None:
        """One tick; without a server only counted."""
        notes = self._notes(engine)
        blocks = engine.scope.pop_all(MOST_BLOCKS)
        if server is None:
            return
        if notes:
            server.publish_notes(notes)
        if blocks:
            sound = np.concatenate([r["data"][:, : int(r["frames"])] for r in blocks], axis=1)
            server.publish_scope(sound, engine.sample_rate)

    @staticmethod
    def publish_plans(
        engine: Engine, planned: Callable[[float], list[PlanEvent]], server: ControlServer | None
    ) -> None:
        """What one player plans; planned(to_song) empties its ring."""
        plans = planned(_to_song(engine))
        if plans and server is not None:
            server.publish_plans(plans)

    def _notes(self, engine: Engine) -> list[NoteEvent]:
        to_song = _to_song(engine)
        notes: list[NoteEvent] = []
        for record in engine.heard.pop_all(MOST_NOTES):
            player, kind = int(record["source"]) - PLAYER_SOURCE, int(record["kind"])
            if kind == NOTE_ON:
                self.notes_heard += player < 0
                self.player_notes += player >= 0
            name = "you" if player < 0 else self._name_of(player)
            lane = "" if player < 0 else self._lane_of(player, int(record["lane"]))
            beat = float(record["beat"]) + to_song
            notes.append((name, kind == NOTE_ON, int(record["key"]), float(record["value"]), beat, lane))
        return notes
