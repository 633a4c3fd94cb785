"""The hold: a player whose process is silent is played on for by its last bars, and takes over on the bar when it is back."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.engine.engine import Engine
from realtime.engine.layout import PLAYER_SOURCE
from realtime.native.ring import Ring
from tests.engine.small_devices import gate
from tests.engine.test_engine import RATE, started, track

BLOCK = 64
BEATS_A_BLOCK = BLOCK * 2.0 / RATE  # at 120


class Stage:
    """A player whose turns the test counts, an ear that hears it, and the engine's clock."""

    def __init__(self, hold: bool = True, playing: bool = True):
        self.engine: Engine = started(track(gate))
        self.listen, self.plan = Ring(wire.LISTEN, 4096), Ring(wire.PLAN, 256)
        self.ear = Ring(wire.LISTEN, 4096)
        self.turns = np.ones(1, np.int64)
        players = self.engine.players
        players.connect(0, self.listen, self.plan, turns=self.turns.ctypes.data)
        players.connect(1, self.ear, Ring(wire.PLAN, 16), sources=1 << PLAYER_SOURCE)
        players.hold(0, hold)
        if playing:
            self.engine.play()
            self.engine.process(frames=BLOCK)
            self.engine.record["clock_bar_start"] = 0.0  # its bars begin on whole beats, as the player's notes do
        self.alive, self.planned = True, 1
        self.heard: list[tuple[float, int, int]] = []

    @property
    def beat(self) -> float:
        return float(self.engine.record[0]["clock_beat"])

    def until(self, beat: float, keys=lambda beat: (48 + beat % 4, 0.5)) -> Stage:
        """Runs; while it lives the player plans a note on each beat, a beat ahead."""
        while self.beat < beat:
            if self.alive:
                self.turns += 1
                while self.planned < self.beat + 1.0:
                    key, length = keys(self.planned)
                    self.plan.push(
                        kind=wire.PLAN_NOTE, beat=float(self.planned), duration_beats=length, key=int(key), velocity=0.8
                    )
                    self.planned += 1
            self.engine.process(frames=BLOCK)
            for r in self.ear.pop_all():
                if r["kind"] in (wire.NOTE_ON, wire.NOTE_OFF):
                    self.heard.append((float(r["beat"]), int(r["kind"] == wire.NOTE_ON), int(r["key"])))
            self.listen.pop_all()
        return self

    def onsets(self, first: float, last: float) -> list[tuple[float, int]]:
        return [(round(beat), key) for beat, on, key in self.heard if on and first - 0.01 <= beat < last - 0.01]

    def balance(self) -> int:
        """Notes that have begun and not ended."""
        return sum(1 if on else -1 for _, on, _ in self.heard)


def bars(first: int, last: int) -> list[tuple[int, int]]:
    return [(beat, 48 + beat % 4) for beat in range(first, last)]


def test_silent_its_last_bars_go_on_beat_for_beat_and_it_takes_over_on_the_bar():
    stage = Stage().until(10.3)
    stage.alive = False
    stage.until(20.6)
    assert stage.onsets(1, 20) == bars(1, 20), "no beat is missed, none is struck twice"
    assert stage.engine.players.holds(0) and all(abs(b - round(b)) < BEATS_A_BLOCK for b, on, _ in stage.heard if on)
    assert stage.engine.players.hit_rate(0) < 100.0
    stage.alive, stage.planned = True, 21
    stage.until(30.0, keys=lambda beat: (60 + beat % 4, 0.5))
    assert stage.onsets(20, 24) == bars(20, 24), "to the bar line the loop"
    assert stage.onsets(24, 29) == [(beat, 60 + beat % 4) for beat in range(24, 29)], "from it on the player"
    assert not stage.engine.players.holds(0)


@pytest.mark.parametrize("choice", [{"hold": False}, {"playing": False}])
def test_it_is_off_by_choice_and_while_the_song_stands(choice):
    stage = Stage(**choice)
    stage.until(10.3)
    stage.alive = False
    stage.until(16.0)
    assert stage.onsets(1, 16) == bars(1, 12) and stage.balance() == 0


def test_a_short_silence_is_no_silence():
    stage = Stage().until(10.3)
    stage.alive = False
    stage.until(10.7)  # 0.2 s
    stage.alive = True
    stage.until(20.0)
    assert stage.onsets(1, 20) == bars(1, 20) and stage.engine.players.hit_rate(0) == 100.0


def test_a_pause_within_what_it_had_planned_costs_it_nothing():
    stage = Stage()
    stage.until(8.3)
    while stage.planned < 14:
        stage.plan.push(
            kind=wire.PLAN_NOTE, beat=float(stage.planned), duration_beats=0.5, key=48 + stage.planned % 4, velocity=0.8
        )
        stage.planned += 1
    stage.alive = False
    stage.until(12.5)
    stage.alive = True
    stage.until(20.0, keys=lambda beat: (60 + beat % 4, 0.5))
    assert stage.onsets(1, 14) == bars(1, 14)
    assert stage.onsets(14, 19) == [(beat, 60 + beat % 4) for beat in range(14, 19)]
    assert stage.engine.players.hit_rate(0) == 100.0


def test_what_it_held_for_ever_ends():
    stage = Stage().until(8.3, keys=lambda beat: (48 + beat % 4, 1000.0 if beat == 8 else 0.5))
    stage.alive = False
    stage.until(40.0)
    ends = [beat for beat, on, key in stage.heard if not on and key == 48]
    assert ends and stage.balance() <= 1
    stage.engine.players.hold(0, False)
    stage.until(60.0)
    assert stage.balance() == 0 and not stage.onsets(44, 60)


def test_a_locate_voids_what_it_would_repeat():
    stage = Stage().until(10.3)
    stage.alive = False
    stage.until(14.2)
    stage.engine.locate(0.0)
    stage.until(24.0)
    assert not stage.onsets(15, 24) and stage.balance() == 0


def test_in_another_metre_it_loops_that_bar():
    stage = Stage()
    stage.engine.set_signature(7, 8)
    stage.until(7.0)
    stage.alive = False
    stage.until(24.0)
    assert [beat for beat, _ in stage.onsets(1, 24)] == list(range(1, 24))
    keys = [key for _, key in stage.onsets(8, 22)]
    assert keys[7:] == keys[:7]


def test_a_key_struck_while_it_sounds_ends_first_and_twice_at_once_is_one_note():
    stage = Stage(hold=False)
    stage.alive = False
    for beat, length in ((1.0, 4.0), (2.0, 0.5), (3.0, 0.5), (3.0, 1.0)):
        stage.plan.push(kind=wire.PLAN_NOTE, beat=beat, duration_beats=length, key=60, velocity=0.8)
    stage.until(6.0)
    assert [(round(b, 1), on) for b, on, _ in stage.heard] == [
        (1.0, 1),
        (2.0, 0),
        (2.0, 1),
        (2.5, 0),
        (3.0, 1),
        (4.0, 0),
    ]
