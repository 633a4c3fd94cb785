"""Again, mutate and undo: the last bars once more, in part drawn anew as another take, and the take before given back."""

from __future__ import annotations

from random import Random

import pytest

from realtime.contract import player_wire as wire
from realtime.players.controls import TRIGGERS
from realtime.players.player import Player
from realtime.players.rehearsal import sounding
from tests.players.stage import record


class Dreamer(Player):
    """A bar of four random quarters, planned a bar ahead, of new dice in each."""

    name = "dreamer"

    def __init__(self, *package, **common):
        super().__init__(*package, **common)
        self.bar = 0

    def play(self):
        while 4.0 * self.bar < self.now.beat + 4.0:
            dice = Random(f"{self.seed}:{self.take_number}:{self.bar}")
            for step in range(4):
                self.plan(4.0 * self.bar + step, 0.9, dice.randrange(36, 96), 0.5)
            self.bar += 1


class Room:
    """A dreamer, its clock, and all that it has sent."""

    def __init__(self, tick: float = 0.05, **values):
        self.player, self.tick, self.beat = Dreamer(**values), tick, 0.0
        self.out = []

    def until(self, beat: float) -> Room:
        while self.beat < beat - 1e-9:
            self.player.hear(record(wire.TRANSPORT, self.beat))
            self.out += [(self.beat, one) for one in self.player.take()]
            self.beat += self.tick
        return self

    def ask(self, trigger: str) -> None:
        self.player.hear(record(wire.PARAMETER, self.beat, number=wire.FIRST_TRIGGER + TRIGGERS.index(trigger)))

    def bars(self, first: int, last: int) -> list[tuple[int, ...]]:
        """Keys of the bars from `first` to before `last`, as they sound."""
        keys = {round(n.beat, 6): n.key for n in sounding(self.out)}
        found = [tuple(keys.get(4.0 * bar + step, -1) for step in range(4)) for bar in range(first, last)]
        assert len(keys) == len(sounding(self.out)), "no key is struck twice"
        return found


def test_again_plays_the_last_four_bars_once_more_and_then_goes_on():
    room, plain = Room(seed=3), Room(seed=3).until(60.0)
    room.until(17.0)
    room.ask("again")
    room.until(60.0)
    assert room.bars(5, 9) == room.bars(1, 5) == plain.bars(1, 5)
    assert room.bars(9, 13) == plain.bars(9, 13), "it has counted on meanwhile"
    assert room.player.take_number == 0


def test_a_mutation_keeps_the_first_bar_and_half_of_the_rest_and_is_undone():
    room = Room(seed=3).until(17.0)
    room.ask("mutate")
    assert room.player.take_number == 1
    room.until(37.0)
    before, after = room.bars(1, 5), room.bars(5, 9)
    assert before[0] == after[0] and sum(a == b for a, b in zip(before, after, strict=True)) == 2
    room.ask("undo")
    assert room.player.take_number == 0
    room.until(60.0)
    assert room.bars(10, 14) == before
    room.ask("undo")
    before_that = room.player.take_number
    room.until(64.0)
    assert room.player.take_number == before_that, "there is nothing earlier"


def test_frozen_a_mutation_stays_and_takes_are_undone_one_by_one():
    room = Room(seed=5).until(9.0)
    room.player.set("freeze", 2)
    room.until(21.0)
    first = room.bars(3, 5)
    room.ask("mutate")
    room.until(37.0)
    second = room.bars(6, 8)
    assert (
        room.bars(8, 9) == second[:1]
        and second != first
        and sum(a == b for a, b in zip(first[1:] + first[:1], second, strict=True)) == 1
    )
    room.ask("mutate")
    room.until(53.0)
    third = room.bars(10, 12)
    assert third == room.bars(12, 13) + third[1:] and third not in (first, second)
    room.ask("undo")
    room.until(69.0)
    assert set(room.bars(14, 16)) == set(second)
    room.ask("undo")
    room.until(85.0)
    assert set(room.bars(18, 20)) == set(first)


def test_a_mutation_that_is_taken_back_before_its_bar_never_happens():
    room, plain = Room(seed=3).until(17.0), Room(seed=3).until(40.0)
    room.ask("mutate")
    room.ask("undo")
    room.until(40.0)
    assert room.player.take_number == 0 and room.bars(0, 9) == plain.bars(0, 9)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_asked_of_silence_or_in_a_panic_it_changes_nothing(trigger):
    room = Room(seed=1)
    room.ask(trigger)
    room.until(9.0)
    room.ask(trigger)
    room.player.hear(record(wire.PANIC, room.beat))
    room.out += [(room.beat, one) for one in room.player.take()]
    room.player.bar = 1000
    room.until(40.0)
    assert not [n for n in sounding(room.out) if n.beat >= 9.1]


@pytest.mark.parametrize("trigger", ["again", "mutate"])
def test_the_same_takes_however_the_ticks_fall(trigger):
    def played(tick: float):
        room = Room(tick, seed=7).until(17.0)
        room.ask(trigger)
        return room.until(60.0).bars(0, 14)

    assert played(0.05) == played(0.013) == played(0.021)
