"""The shipped `morph`: it gives back melodies, walks between them, keeps its key, copies no tune."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from realtime.models import morph_code as code
from realtime.models.morph import Bars, Morph, Taste
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def model() -> Morph:
    return Morph.load()


def melody(transpose=0) -> np.ndarray:
    pitches = (60, 62, 64, 65, 67, 67, 69, 69, 67, 65, 64, 62, 60)
    lengths = (0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.5)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return code.line_of([Note(float(s), d, p + transpose) for s, d, p in zip(starts, lengths, pitches, strict=True)])


@pytest.mark.parametrize("transpose", [0, 4, 9])
def test_a_melody_comes_back(model, transpose):
    tokens = melody(transpose)
    z, _ = model.encode(Bars(melody=tokens))
    model.guard, guard = None, model.guard
    try:
        again = model.decode(z, Random(1), 0.0)
    finally:
        model.guard = guard
    assert (again.melody == tokens).mean() >= 29 / 32


def test_a_low_prompt_is_answered_in_its_own_register(model):
    low = NoteSequence(code.notes_of(melody(-12)))
    made = model.generate(low, 2, 1, variation=0.0, temperature=0.0, ensemble=0)
    assert abs(np.mean([n.pitch for n in made.notes]) - np.mean([n.pitch for n in low.notes])) < 6


def test_a_walk_begins_near_one_melody_and_ends_near_the_other(model):
    a, b = melody(), melody(7)[::-1].copy()
    b = np.where(b == code.OFF, code.HOLD, b).astype(np.uint8)
    way = model.between(Bars(melody=a), Bars(melody=b), 5)
    near = [(bars.melody == a).mean() - (bars.melody == b).mean() for bars in way]
    assert near[0] > 0.2 and near[-1] < -0.2


def test_the_pitch_knob_turns_the_right_way(model):
    def height(amount):
        z = model.moved(model.encode(Bars(melody=melody()))[0], "melody", mean_pitch=amount)
        return code.attributes(model.decode(z, Random(1), 0.0).melody)[3]

    assert height(-0.5) < height(0.5)


def test_lines_hold_to_the_key(model):
    made = model.generate(NoteSequence(code.notes_of(melody())), 8, 4, key=10.0, ensemble=1)
    outside = sum(n.pitch % 12 in (1, 3, 6, 8, 10) for n in made.notes)
    assert made.notes and outside <= 0.05 * len(made.notes)


def test_no_run_of_the_training_set_is_completed(model):
    assert model.guard is not None
    taste = Taste()
    random = np.random.default_rng(2)
    for k in range(6):
        model.decode(model.sample(random, "melody"), Random(k), 0.5, taste)
        run = taste.runs.get("melody", [])
        windows = [run[i : i + model.guard.notes - 1] for i in range(len(run) - model.guard.notes + 2)]
        assert not any(model.guard.knows(w) and len(set(w)) >= 4 for w in windows)


def test_ensembles_and_channels(model):
    channels = [{n.channel for n in model.generate(None, 4, 1, ensemble=k).notes} for k in range(3)]
    assert channels == [{0}, {0, 1}, {0, 1, 9}]


def test_seven_eight_is_refused_in_one_sentence(model):
    seven = NoteSequence([Note(k * 0.5, 0.5, 60) for k in range(14)], metres=[Metre(0.0, 7, 8)])
    with pytest.raises(AntiphonError, match="7/8"):
        model.generate(seven, 2, 1)
