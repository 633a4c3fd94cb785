"""What the base does for every player: it takes level, density, range, intensity and guard off its file, and freezes it."""

from __future__ import annotations

import pytest

from realtime.contract import player_wire as wire
from realtime.native.errors import AntiphonError
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player, checked_values
from realtime.players.rehearsal import sounding
from tests.players.stage import record


class Scale(Player):
    """An eighth every half beat, up the chromatic scale."""

    name = "scale"

    def __init__(self, *package, **common):
        super().__init__(*package, **common)
        self.next = 0.0

    def play(self):
        while self.next < self.now.beat + 1.0:
            self.plan(self.next, 0.5, 60 + int(2 * self.next) % 12, 0.5)
            self.next += 0.5


def timed(player: Player, start: float, end: float) -> list[tuple[float, Planned]]:
    """(beat, what goes out) while the clock runs."""
    out, beat = [], start
    while beat < end:
        player.hear(record(wire.TRANSPORT, beat))
        out += [(beat, planned) for planned in player.take()]
        beat += 0.05
    return out


def played(player: Player, start: float, end: float) -> list[Planned]:
    return [planned for _, planned in timed(player, start, end)]


def notes(planned) -> list:
    return [p for p in planned if p.kind == wire.PLAN_NOTE]


def test_in_their_middle_the_common_controls_change_nothing():
    found = notes(played(Scale(), 0.0, 16.0))
    assert [(n.key, n.velocity) for n in found[:12]] == [(60 + i, 0.5) for i in range(12)]


def test_level_and_intensity_are_loudness():
    def loudness(**values):
        found = notes(played(Scale(**values), 0.0, 32.0))
        return sum(n.velocity for n in found) / len(found)

    assert loudness(level=0.5) == pytest.approx(0.25)
    assert loudness(intensity=0.0) < 0.8 * loudness() < 0.8 * 0.8 * loudness(intensity=1.0)


@pytest.mark.parametrize("density", [0.25, 0.5, 2.0])
def test_density_thins_and_fills(density):
    usual, found = (len(notes(played(Scale(density=d), 0.0, 200.0))) for d in (1.0, density))
    assert (found < 0.8 * usual) if density < 1 else (found > 1.2 * usual)


def test_a_low_intensity_is_sparser():
    assert len(notes(played(Scale(intensity=0.0), 0.0, 100.0))) < 0.8 * len(notes(played(Scale(), 0.0, 100.0)))


def test_the_range_is_counted_from_your_keys():
    player = Scale(range=2)
    for key in (40, 50):
        player.hear(record(wire.NOTE_ON, 0.0, key=key, velocity=0.5))
    found = notes(played(player, 0.0, 16.0))
    assert found and all(38 <= n.key <= 52 for n in found)


@pytest.mark.parametrize(("guard", "foreign"), [(0, True), (1, True), (2, False)])
def test_the_guard_keeps_to_the_key_that_the_follower_tells(guard, foreign):
    player = Scale(guard=guard)
    player.hear(record(wire.KEY, 0.0, key=0, number=0))
    found = {n.key % 12 for n in notes(played(player, 0.0, 16.0))}
    assert bool(found - {0, 2, 4, 5, 7, 9, 11}) is foreign
    on_the_beat = {n.key % 12 for n in notes(played(player, 16.0, 32.0)) if n.beat % 1.0 == 0.0}
    assert guard == 0 or on_the_beat <= {0, 2, 4, 5, 7, 9, 11}


def test_frozen_it_loops_its_last_bars_on_the_bar_and_plays_on_afterwards():
    player = Scale()
    before = timed(player, 0.0, 9.0)
    player.set("freeze", 2)
    frozen = timed(player, 9.0, 32.0)
    out = [planned for _, planned in frozen]
    loop = [n for n in sounding(before + frozen) if n.beat >= 12.0]
    assert [n.key for n in loop[:16]] == [60 + i % 12 for i in range(8, 24)], "what sounded from beat 4 to 12"
    assert [(n.beat - 8.0, n.key) for n in loop if 20.0 <= n.beat < 28.0] == [
        (n.beat, n.key) for n in loop if n.beat < 20.0
    ]
    assert all(n.duration_beats <= 8.0 for n in loop)
    (cancel,) = [p for p in out if p.kind == wire.PLAN_CANCEL]  # what it had planned beyond the loop's start
    assert cancel.beat == pytest.approx(12.0)
    player.set("freeze", 0)
    after = played(player, 32.0, 36.0)
    assert after[0].kind == wire.PLAN_CANCEL and after[0].beat <= 32.05
    assert [n.key for n in notes(after)][:4] == [60 + int(2 * b) % 12 for b in (32.0, 32.5, 33.0, 33.5)], (
        "without a gap"
    )


def test_a_release_is_not_looped_and_a_panic_ends_the_loop():
    player = Scale()
    played(player, 0.0, 8.5)
    player.release(8.5)
    player.set("freeze", 1)
    out = played(player, 8.5, 20.0)
    looped = [n for n in notes(out) if n.beat >= 12.0]
    assert looped
    player.hear(record(wire.PANIC, 20.0))
    assert any(p.kind == wire.PLAN_RELEASE for p in player.take())
    player.next = 1e9  # it has nothing more to say itself
    assert not notes(played(player, 20.0, 40.0))


def test_a_jump_leaves_the_loop_on_the_new_bar_line():
    player = Scale()
    played(player, 0.0, 8.0)
    player.set("freeze", 1)
    played(player, 8.0, 14.0)
    player.hear(record(wire.LOCATE, 14.0, bar_start_beat=13.0))
    player.take()
    assert min(n.beat for n in notes(played(player, 14.0, 18.0))) >= 13.0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seed": "x"}, "seed: 'x' is not a number"),
        ({"seed": 1.5}, "seed = 1.5 must be a whole number"),
        ({"seed": True}, "seed = True must be a whole number"),
        ({"seed": -1}, "seed = -1 is outside"),
        ({"seed": [1]}, "is not a number"),
        ({"seed": float("nan")}, "is outside"),
        ({"heat": 1}, "it has no parameter 'heat'; it has: mute, solo"),
        ({"guard": "sometimes"}, "one of off, key, chord, strict"),
        ({"freeze": 99}, "freeze = 99 is outside 0..16 bars"),
    ],
)
def test_wrong_values_are_told_in_one_sentence(values, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        checked_values(Scale, values)


def test_a_class_says_at_once_what_is_wrong_with_its_lanes():
    with pytest.raises(TypeError, match="LANES"):
        type("Twice", (Scale,), {"LANES": ("bass", "bass")})
    with pytest.raises(TypeError, match="letters"):
        type("Odd", (Scale,), {"LANES": ("bass/*",)})


def test_time_running_backwards_is_a_jump():
    player = Scale()
    player.tick(Moment(100.0))
    player.take()
    player.tick(Moment(2.0))
    assert [p.kind for p in player.take() if p.kind != wire.PLAN_STATUS] == [wire.PLAN_RELEASE]
