"""The shipped `groove`: it gives back what it read, humanises without touching the score, answers taps, turns its
knobs."""

from __future__ import annotations

import numpy as np
import pytest

import realtime.models.groove.code as code
from realtime.models.groove.model import Groove
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def model() -> Groove:
    return Groove.load()


def rock() -> code.Groove:
    groove = code.Groove.empty()
    groove.hits[0::2, 2] = True
    groove.hits[[0, 8, 10, 16, 24, 26], 0] = True
    groove.hits[[4, 12, 20, 28], 1] = True
    groove.velocity[...] = np.where(groove.hits, 0.7, 0.0)
    return groove


def test_a_plain_rock_beat_comes_back(model):
    z, deviation = model.encode(rock())
    again = model.decode(z, temperature=0.0)
    assert (again.hits == rock().hits).all(axis=1).mean() >= 30 / 32
    assert (deviation > 0).all()


def test_humanise_keeps_every_hit_and_gives_it_life(model):
    played = model.humanise(rock().scored(), seed=3)
    assert np.array_equal(played.hits, rock().hits)
    hat = played.velocity[played.hits[:, 2], 2]
    assert hat.std() > 0.02 and played.offset[played.hits].std() > 0.01
    assert (played.velocity[played.hits] > 0).all() and (np.abs(played.offset) <= 0.5).all()
    assert np.array_equal(model.humanise(rock().scored(), seed=3).velocity, played.velocity)


def test_taps_become_a_kit_in_their_rhythm(model):
    taps = code.taps_of([Note(k * 0.5, 0.1, 60, 0.8 if k % 2 == 0 else 0.5) for k in range(16)])
    kit = model.from_taps(taps, seed=2, temperature=0.3, spread=0.0)
    tapped, sounding = taps.hits.any(1), kit.hits.any(1)
    assert (sounding & tapped).sum() >= 12
    assert kit.hits.any(axis=0).sum() >= 2


def test_the_density_knob_turns_the_right_way(model):
    def hits(amount):
        made = [model.generate(None, 4, seed, density=amount, temperature=0.0) for seed in range(6)]
        return sum(len(m.notes) for m in made)

    assert hits(-2.0) < hits(0.0) < hits(2.0)


def test_a_prompt_is_answered_in_kind(model):
    prompt = NoteSequence(rock().notes() + rock().notes(8.0))
    made = code.groove_of(model.generate(prompt, 2, 1, variation=0.0, temperature=0.0).notes)
    assert (made.hits == rock().hits).all(axis=1).mean() > 0.9


def test_seven_eight_is_refused_in_one_sentence(model):
    seven = NoteSequence([Note(0.0, 0.5, 36, 0.8, 9)], metres=[Metre(0.0, 7, 8)])
    with pytest.raises(AntiphonError, match="7/8"):
        model.generate(seven, 2, 1)
