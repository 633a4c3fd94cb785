"""A mood that leads, in the notes of players that stand still otherwise: louder, denser, higher, shorter with arousal, higher
with valence; and not at all where it is only heard, is switched off, or has ceased to be told."""

from __future__ import annotations

import itertools
from statistics import mean

import pytest

from realtime.contract import player_wire as wire
from realtime.players.affect import CUES, LED_BEATS, Register
from realtime.players.plan import Moment, Planned
from realtime.players.player import Player
from realtime.players.rehearsal import perform, sounding, told_record

BARS = 16


class Chords(Player):
    """Four crotchets a bar: a triad, a line above it and a bass."""

    LANES = ("chords", "line", "bass", "kit")
    UNPITCHED = frozenset({"kit"})

    def __init__(self, **values):
        super().__init__(**values)
        self.next = 0.0

    def play(self):
        while self.next < self.now.beat + 1.0:
            for key in (60, 64, 67):
                self.plan(self.next, 1.0, key, 0.5)
            self.plan(self.next, 1.0, 72 + int(self.next) % 4, 0.5, 1)
            self.plan(self.next, 1.0, 40, 0.5, 2)
            self.plan(self.next, 0.2, 38, 0.5, 3)
            self.next += 1.0


def mood(valence: float, arousal: float, number: int = wire.MOOD_LEADS, beats: int = 4 * BARS):
    return [
        (float(beat), told_record(wire.MOOD, beat, value=valence, value2=arousal, number=number))
        for beat in range(beats)
    ]


def played(valence: float = 0.0, arousal: float = 0.0, number: int = wire.MOOD_LEADS, **values) -> list[Planned]:
    told = mood(valence, arousal, number)
    return [n for n in sounding(perform(Chords(**values), [], 4.0 * BARS, told=told)) if n.beat >= 4.0]


def figures(notes: list[Planned]) -> tuple[float, float, float, float]:
    """Notes a bar, mean velocity, mean pitch and mean length of the pitched ones."""
    pitched = [n for n in notes if n.lane != 3]
    return (
        len(notes) / (BARS - 1), mean(n.velocity for n in notes), mean(n.key for n in pitched),
        mean(n.duration_beats for n in pitched),
    )  # fmt: skip


def test_with_arousal_it_is_denser_louder_higher_and_shorter_step_by_step():
    rows = [figures(played(arousal=arousal)) for arousal in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    density, velocity, pitch, length = zip(*rows, strict=True)
    assert all(a < b for a, b in itertools.pairwise(density))
    assert all(a < b for a, b in itertools.pairwise(velocity))
    assert all(a <= b for a, b in itertools.pairwise(pitch)) and pitch[-1] - pitch[0] > 6
    assert length[-1] < 0.75 * length[2] < length[0]


def test_with_valence_it_is_brighter():
    low, _, high = (figures(played(valence=valence)) for valence in (-1.0, 0.0, 1.0))
    assert high[2] - low[2] > 6 and high[3] < low[3]


def test_a_mood_that_is_only_heard_steers_nobody():
    plain = [(n.beat, n.key, n.velocity) for n in played(0.0, 0.0)]
    assert [(n.beat, n.key, n.velocity) for n in played(1.0, 1.0, number=0)] == plain


@pytest.mark.parametrize("heed", [0.0, 0.5, 1.0])
def test_each_player_heeds_it_as_far_as_its_control_says(heed):
    plain, full, found = played(), played(1.0, 1.0), played(1.0, 1.0, mood=heed)
    loud = [mean(n.velocity for n in notes) for notes in (plain, found, full)]
    if heed == 0.0:
        assert found == plain
    elif heed == 0.5:
        assert loud[0] < loud[1] < loud[2]
    else:
        assert found == full


def test_when_nobody_tells_it_any_more_it_ends():
    told = mood(1.0, 1.0, beats=8)
    notes = sounding(perform(Chords(), [], 40.0, told=told))
    assert {n.velocity for n in notes if n.beat > 8 + LED_BEATS + 1.5} == {0.5}
    assert min(n.velocity for n in notes if 2.0 < n.beat < 8.0) > 0.5


def test_the_floor_stays_and_drums_are_not_moved():
    notes = played(1.0, 1.0)
    assert {n.key for n in notes if n.lane == 2} == {40} and {n.key for n in notes if n.lane == 3} == {38}


def test_a_chord_turns_over_note_by_note_and_a_line_as_a_whole():
    chord = [Planned(wire.PLAN_NOTE, 1, 0.0, 1.0, 0, key, 0.5) for key in (60, 64, 67)]
    line = [Planned(wire.PLAN_NOTE, 1, float(i), 1.0, 1, key, 0.5) for i, key in enumerate((70, 72, 74))]
    keys = [sorted(n.key for n in Register().notes(chord, octaves, (), Moment())) for octaves in (0.0, 0.3, 0.6, 1.0)]
    assert keys == [[60, 64, 67], [64, 67, 72], [67, 72, 76], [72, 76, 79]]
    lines = [[n.key for n in Register().notes(line, octaves, (), Moment())] for octaves in (0.4, 0.6, -0.6)]
    assert lines == [[70, 72, 74], [82, 84, 86], [58, 60, 62]]


def test_within_a_bar_the_register_stays():
    register, line = Register(), [Planned(wire.PLAN_NOTE, 1, 0.5 * i, 0.5, 0, 72, 0.5) for i in range(16)]
    keys = [register.notes([note], 0.2 * i, (), Moment())[0].key for i, note in enumerate(line)]
    assert len(set(keys[:8])) == len(set(keys[8:])) == 1


def test_calm_lies_behind_the_beat_and_nothing_hurries():
    late = {arousal: min(n.beat % 1.0 for n in played(arousal=arousal)) for arousal in (-1.0, 1.0)}
    assert late[-1.0] == pytest.approx(-CUES["late_ms"].arousal / 60_000 * 120) and late[1.0] == 0.0
