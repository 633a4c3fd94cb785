"""Chorales close: phrases end where the melody's do, takes are judged by what an ear asks, the voices come to rest."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from realtime.models.chorale import Chorale
from realtime.models.chorale.closing import GOOD, cost, local_key, phrase_ends
from realtime.models.chorale.code import REST
from realtime.music.keyfinding import Key
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.sampling.drawing import FORBIDDEN, probabilities, sharpened_moves

C, A_MINOR = Key(0, "major"), Key(9, "minor")
ONE, V, V_IN_C_MINOR, ONE_6 = (72, 67, 64, 48), (71, 67, 62, 43), (71, 67, 62, 44), (72, 67, 60, 52)


def held(*chords: tuple[int, ...], steps: int = 8) -> np.ndarray:
    return np.array([c for c in chords for _ in range(steps)], np.int64)


def test_a_full_close_costs_nothing_and_every_fault_something():
    close = held(V, ONE)
    assert cost(close, 0, 16, C, True) <= GOOD
    for worse in (held(ONE, V), held(V, ONE_6), held(V_IN_C_MINOR, ONE), held(V, (72, 67, 65, 48))):
        assert cost(worse, 0, 16, C, True) > cost(close, 0, 16, C, True) + 0.4
    restless = held(V, ONE)
    restless[13:, 1] = 69
    assert cost(restless, 0, 16, C, True) > GOOD
    assert cost(held(V, ONE), 0, 16, Key(2, "major"), True) > 0.5  # another key's close is none here


def test_minor_has_its_leading_note():
    close = held((68, 64, 59, 52), (69, 64, 60, 45))
    assert cost(close, 0, 16, A_MINOR, True) <= GOOD


def test_phrases_end_behind_long_notes_and_before_rests():
    line = np.repeat([67, 69, 71, 72, 71, 69, 67, 65, 64, REST, 67, 69, 71, 72], [4] * 4 + [8] + [4] * 8 + [16])
    begins = np.r_[True, line[1:] != line[:-1]]
    assert phrase_ends(line, begins) == [24, 44, len(line)]
    endless = np.full(300, 67)
    ends = phrase_ends(endless, np.arange(300) % 4 == 0)
    assert ends[-1] == 300 and all(b - a <= 64 + 8 for a, b in pairwise([0, *ends]))
    assert phrase_ends(np.array([60]), np.array([True])) == [1]


def test_the_key_of_a_phrase_is_heard_around_it():
    soprano = np.repeat([67, 69, 71, 72, 74, 76, 74, 72, 78, 79, 78, 76, 74, 73, 71, 74] * 3, 4)
    grid = np.full((len(soprano), 4), REST, np.int64)
    assert local_key(grid, soprano, 0, 16).mode in ("major", "minor")
    assert local_key(grid, np.repeat([62, 64, 66, 67, 69, 71, 73, 74] * 4, 4), 32, 64).tonic == 2


@pytest.mark.parametrize("temperature, top_p", [(0.8, 0.95), (0.5, 0.9), (1.0, 1.0), (1.5, 1.0)])
def test_a_temperature_sharpens_moves_and_leaves_staying_alone(temperature, top_p):
    logits = np.log(np.array([0.04, 0.06, 0.8, 0.07, 0.03]))
    found = probabilities(sharpened_moves(logits, 2, temperature, top_p))
    assert found[2] <= 0.8 + 1e-9 and found.sum() == pytest.approx(1.0)
    assert found[3] == max(found[[0, 1, 3, 4]])
    if temperature < 1:
        assert found[2] == pytest.approx(0.8) and found[3] > 0.07
    alone = np.full(5, FORBIDDEN)
    alone[2] = 0.0
    assert probabilities(sharpened_moves(alone, 2, temperature, top_p))[2] == 1.0


@pytest.fixture(scope="module")
def chorale() -> Chorale:
    return Chorale.load()


# Old Hundredth (Bourgeois, 1551)
OLD_HUNDREDTH = [(67, 1), (67, 1), (66, 1), (64, 1), (62, 1), (67, 1), (69, 1), (71, 2), (71, 1), (71, 1), (71, 1),
                 (69, 1), (67, 1), (72, 1), (71, 1), (69, 2), (67, 1), (69, 1), (71, 1), (69, 1), (67, 1), (64, 1),
                 (66, 1), (67, 2)]  # fmt: skip


def tune(notes=OLD_HUNDREDTH, at: float = 3.0) -> NoteSequence:
    made = []
    for pitch, beats in notes:
        made.append(Note(at, beats, pitch, 0.7, 0))
        at += beats
    return NoteSequence(made, metres=[Metre(0.0, 4, 4)])


def test_a_harmonised_tune_closes_in_its_key_and_ends_with_it(chorale):
    home, moving, moved_eighths = 0, 0, 0
    for seed in range(8):
        made = chorale.generate(tune(), 8, seed)
        end = max(n.end for n in made.notes)
        assert end == pytest.approx(tune().end_beat)  # nothing behind the melody
        bass = made.channel(3).notes
        home += bass[-1].pitch % 12 == 7
        moving += any(n.beat > end - 1.0 for n in made.channel(1, 2, 3).notes)
        moved_eighths += sum(n.duration <= 0.5 for n in made.channel(1, 2, 3).notes)
    assert home >= 6 and moving <= 3
    assert moved_eighths >= 24  # three a tune; a choir in quarters throughout is no Bach


def test_takes_close_better_than_one(chorale):
    def judged(takes: int) -> float:
        wrong = []
        for seed in range(5):
            made = chorale.generate(tune(), 8, seed, takes=takes)
            grid = np.full((32 * 4, 4), REST, np.int64)
            for n in made.notes:
                grid[round(n.beat * 4) : round(n.end * 4), n.channel] = n.pitch
            last = round(tune().end_beat * 4)
            wrong.append(cost(grid, last - 32, last, Key(7, "major"), True))
        return float(np.mean(wrong))

    assert judged(6) < judged(1)


def test_a_composed_piece_ends_at_home(chorale):
    home = sum(chorale.generate(None, 8, seed, tonic=2).channel(3).notes[-1].pitch % 12 == 2 for seed in range(6))
    assert home >= 4
