"""What the common controls do to planned notes, in a musician's terms: guard by chord, curves, length, swing, laziness,
polyphony, and that none of it depends on the ticks or leaves a note that was taken back."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from realtime.contract import player_wire as wire
from realtime.players.plan import Planned
from realtime.players.player import Player
from realtime.players.rehearsal import perform, sounding
from tests.players.stage import record

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}
G7 = {7, 11, 2, 5}


class Score(Player):
    """Plays what it is given, as (beat, duration, key, velocity, lane), half a bar ahead."""

    name = "score"
    LANES = ("notes", "drums")
    UNPITCHED = frozenset({"drums"})

    def __init__(self, score, **values):
        super().__init__(**values)
        self.score = sorted(score)

    def play(self):
        while self.score and self.score[0][0] < self.now.beat + 2.0:
            self.plan(*self.score.pop(0))


def played(
    score,
    until: float = 16.0,
    metre=(4, 4),
    before: Callable[[Player], None] = lambda player: None,
    tick_s=0.02,
    **values,
) -> list[Planned]:
    player = Score(score, **values)
    before(player)
    return sounding(perform(player, [], until, 120.0, *metre, tick_s=tick_s))


def in_c_over_g7(player: Player) -> None:
    player.hear(record(wire.KEY, 0.0, key=0, number=0))
    player.hear(record(wire.CHORD, 0.0, key=0, number=0, bass=0, classes=0b000010010001))
    player.hear(record(wire.CHORD, 4.0, key=7, number=0, bass=7, classes=sum(1 << c for c in G7)))


CHROMATIC = [(4.0 + 0.5 * i, 0.5, 60 + i, 0.6, 0) for i in range(8)]


@pytest.mark.parametrize(
    ("guard", "strong", "weak"),
    [(0, None, None), (1, C_MAJOR, None), (2, G7, C_MAJOR | G7), (3, G7, G7)],
    ids=["off", "key", "chord", "strict"],
)
def test_the_guard(guard, strong, weak):
    found = played(CHROMATIC, before=in_c_over_g7, guard=guard)
    assert len(found) == 8
    for note, (_, _, key, _, _) in zip(found, CHROMATIC, strict=True):
        wanted = strong if note.beat % 1.0 == 0.0 else weak
        assert (note.key == key) if wanted is None else (note.key % 12 in wanted)
        assert abs(note.key - key) <= 2, "by the least movement"


def test_the_guard_reads_the_chord_of_the_notes_beat_though_it_is_planned_before():
    found = played([(3.0, 1.0, 60, 0.6, 0), (4.0, 1.0, 60, 0.6, 0)], before=in_c_over_g7, guard=2)
    assert [n.key for n in found] == [60, 59]


def test_without_a_chord_it_keeps_to_the_key_and_without_either_to_nothing():
    only_key = played(CHROMATIC, before=lambda p: p.hear(record(wire.KEY, 0.0, key=0, number=0)), guard=3)
    assert {n.key % 12 for n in only_key} <= C_MAJOR
    assert [n.key for n in played(CHROMATIC, guard=3)] == [60 + i for i in range(8)]


def test_drums_are_left_alone():
    drums = [(4.0 + 0.5 * i, 0.1, 35 + i, 0.6, 1) for i in range(8)]

    def narrow(player):
        in_c_over_g7(player)
        player.hear(record(wire.NOTE_ON, 0.0, key=72, velocity=0.5))

    assert [n.key for n in played(drums, before=narrow, guard=3, range=0)] == [35 + i for i in range(8)]


def test_velocity_curve_compression_and_longest_note():
    score = [(float(i), 3.0, 60 + i, velocity, 0) for i, velocity in enumerate((0.1, 0.4, 0.7, 1.0))]
    loud = {curve: [n.velocity for n in played(score, velocity_curve=curve)] for curve in range(3)}
    for soft, linear, hard in zip(loud[0][:3], loud[1][:3], loud[2][:3], strict=True):
        assert soft < linear < hard
    assert loud[0][3] == loud[2][3] == 1.0 and loud[1] == [0.1, 0.4, 0.7, 1.0]
    half, flat = ([n.velocity for n in played(score, compress=c)] for c in (0.5, 1.0))
    assert max(half) - min(half) == pytest.approx(0.45) and max(flat) - min(flat) < 1e-9
    assert {n.duration_beats for n in played(score, longest_beats=0.75)} == {0.75}


def test_the_intensity_that_is_heard_moves_its_own_as_far_as_it_follows():
    def loudness(told: float, **values) -> float:
        score = [(float(i), 0.5, 60, 0.5, 0) for i in range(16)]
        found = played(score, 20.0, before=lambda p: p.hear(record(wire.INTENSITY, 0.0, value=told)), **values)
        return sum(n.velocity for n in found) / len(found)

    assert loudness(0.1) < loudness(0.5) < loudness(0.9)
    assert loudness(0.1, follow=0) == loudness(0.5, follow=0) == loudness(0.5)
    assert loudness(0.0, follow=1) == pytest.approx(0.5 * 2**-0.5)


EIGHTHS = [(0.5 * i, 0.5, 60 + i % 12, 0.6, 0) for i in range(32)]


def test_swing_moves_the_second_of_each_pair_and_keeps_legato():
    found = played(EIGHTHS, swing=2.0)
    assert [round(n.beat % 1.0, 3) for n in found] == [0.0, 0.667] * 16
    for note, after in itertools.pairwise(found):
        assert note.beat + note.duration_beats == pytest.approx(after.beat)
    sixteenths = [(0.25 * i, 0.25, 60 + i % 12, 0.6, 0) for i in range(32)]
    assert [round(n.beat % 0.5, 3) for n in played(sixteenths, swing=2.0, swing_of=1)] == [0.0, 0.333] * 16


@pytest.mark.parametrize(("metre", "straight"), [((6, 8), range(6)), ((12, 8), range(12)), ((7, 8), (0, 2, 4, 6))])
def test_threes_do_not_swing_and_the_odd_eighth_has_no_partner(metre, straight):
    bar = metre[0] // 2 * 1.0 + 0.5 * (metre[0] % 2)
    for note in played(EIGHTHS, metre=metre, swing=2.0):
        place = note.beat % bar
        eighth = round(place * 2, 6)
        assert (eighth in straight) if eighth.is_integer() else (round(place % 1.0, 3) == 0.667)


@pytest.mark.parametrize("lazy_ms", [30.0, -30.0])
def test_laziness_is_the_same_for_all_and_never_before_now(lazy_ms):
    found = played(EIGHTHS, lazy_ms=lazy_ms)
    shift = lazy_ms / 500.0
    assert [n.beat for n in found[1:]] == pytest.approx([0.5 * i + shift for i in range(1, 32)])
    assert found[0].beat == pytest.approx(max(0.0, shift))


@pytest.mark.parametrize("values", [{"swing": 2.5}, {"lazy_ms": -50.0}, {"swing": 2.0, "lazy_ms": 40.0}])
def test_what_is_taken_back_is_taken_back_where_it_is_played(values):
    player = Score(EIGHTHS, **values)
    heard = perform(player, [], 5.0)
    player.cancel(5.5)
    heard += [(5.0, one) for one in player.take()]
    player.score = []
    heard += perform(player, [], 12.0, start=5.0)
    left = [n for n in sounding(heard) if n.beat > 5.1]
    assert [n.key for n in left if n.key == 60 + 11] == [], "the note of beat 5.5 is gone"
    assert all(n.key == 60 + 10 for n in left)


CHORD = [(4.0, 2.0, key, velocity, 0) for key, velocity in ((48, 0.5), (55, 0.4), (60, 0.45), (64, 0.42), (72, 0.7))]


@pytest.mark.parametrize(("most", "keys"), [(32, [48, 55, 60, 64, 72]), (3, [48, 60, 72]), (2, [48, 72]), (1, [72])])
def test_of_too_many_notes_the_soft_inner_ones_are_not_begun(most, keys):
    assert [n.key for n in played(CHORD, polyphony=most)] == keys


def test_a_note_that_sounds_keeps_its_voice_and_a_legato_line_loses_none():
    held = [(4.0, 4.0, 48, 0.3, 0), (5.0, 1.0, 60, 0.9, 0), (5.0, 1.0, 67, 0.8, 0)]
    assert [n.key for n in played(held, polyphony=2)] == [48, 60]
    assert len(played([(i * 1.0, 1.05, 60 + i, 0.5, 0) for i in range(8)], polyphony=1)) == 8


def test_two_voices_that_the_guard_puts_on_one_key_are_one_note():
    found = played([(4.0, 1.0, 62, 0.4, 0), (4.0, 1.0, 63, 0.8, 0)], before=in_c_over_g7, guard=2)
    assert [(n.key, n.velocity) for n in found] == [(62, 0.8)]


@pytest.mark.parametrize(
    "values",
    [{"swing": 2.0}, {"density": 2.5}, {"density": 0.4}, {"polyphony": 2}, {"lazy_ms": 25.0}, {"intensity": 0.9}],
)
def test_it_is_the_same_however_the_ticks_fall(values):
    score = [(0.25 * i + 1.0, 0.7, 40 + (7 * i) % 40, 0.3 + 0.02 * (i % 20), 0) for i in range(80)]
    first, *others = (
        [
            (round(n.beat, 6), round(n.duration_beats, 6), n.key, n.velocity)
            for n in played(score, 30.0, tick_s=tick, seed=4, **values)
        ]
        for tick in (0.02, 0.005, 0.031)
    )
    assert all(other == first for other in others) and first
