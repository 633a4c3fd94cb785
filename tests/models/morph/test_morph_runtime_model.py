"""The shipped `morph`: it gives back melodies, walks between them, keeps its key, copies no tune."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest

import realtime.models.morph.code as code
from realtime.models.morph.bars import Bars, changed
from realtime.models.morph.model import Morph
from realtime.models.morph.taste import Taste
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.sampling.copyguard import CopyGuard
from realtime.sampling.latent import path


@pytest.fixture(scope="module")
def model() -> Morph:
    return Morph.load()


def melody(transpose=0) -> np.ndarray:
    pitches = (60, 62, 64, 65, 67, 67, 69, 69, 67, 65, 64, 62, 60)
    lengths = (0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.5)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return code.line_of([Note(float(s), d, p + transpose) for s, d, p in zip(starts, lengths, pitches, strict=True)])


@pytest.mark.parametrize("transpose", [0, 4, 9])
def test_a_melody_comes_back(model, monkeypatch, transpose):
    tokens = melody(transpose)
    z, _ = model.encode(Bars(melody=tokens))
    monkeypatch.setattr(model, "guard", None)
    again = model.decode(z, Random(1), 0.0)
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


@pytest.mark.parametrize("name", code.ATTRIBUTES)
def test_every_knob_turns_what_it_names(model, name):
    z = model.encode(Bars(melody=melody()))[0]
    deviation = list(model.deviations.values())

    def measured(amount):
        moved = model.moved(z, "melody", **{name: amount})
        return code.attributes(model.decode(moved, Random(1), 0.0).melody) / deviation

    low, middle, high = (measured(amount)[code.ATTRIBUTES.index(name)] for amount in (-1.0, 0.0, 1.0))
    assert low <= middle <= high and low < high - 0.3


def test_a_theme_can_be_sunk_below_what_the_net_reads(model):
    def height(amount):
        made = model.generate(NoteSequence(code.notes_of(melody(4))), 2, 1, variation=0.0, mean_pitch=amount)
        return np.mean([n.pitch for n in made.notes if n.channel == 0])

    assert height(0.0) - 18 < height(-1.5) < height(0.0) - 5


def test_a_knob_at_rest_leaves_the_latent_alone(model):
    z = model.encode(Bars(melody=melody()))[0]
    assert np.array_equal(model.moved(z, "trio", density=0.0, mode=0.0), z)


def test_a_way_changes_more_evenly_than_the_arc(model, monkeypatch):
    monkeypatch.setattr(model, "guard", None)
    first, last = Bars(melody=melody()), Bars(melody=melody(5)[::-1].copy())

    def largest(way):
        return max(changed(p.melody, q.melody) for p, q in itertools.pairwise(way))

    ends = (model.encode(bars)[0] for bars in (first, last))
    arc = [model.decode(z, Random(1), 0.0) for z in path(*ends, 8)]
    assert largest(model.between(first, last, 8)) < largest(arc)


def test_lines_hold_to_the_key(model):
    made = model.generate(NoteSequence(code.notes_of(melody())), 8, 4, key=10.0, ensemble=1)
    outside = sum(n.pitch % 12 in (1, 3, 6, 8, 10) for n in made.notes)
    assert made.notes and outside <= 0.05 * len(made.notes)


def pairs_of(notes) -> list[tuple[int, int]]:
    return [(q.pitch - p.pitch, round((q.beat - p.beat) * 24)) for p, q in itertools.pairwise(notes)]


def known(model, notes) -> list[list[tuple[int, int]]]:
    length, pairs = model.guard.notes - 1, pairs_of(notes)
    runs = [pairs[i : i + length] for i in range(len(pairs) - length + 1)]
    return [run for run in runs if model.guard.knows(run)]


def test_no_run_of_the_training_set_is_completed(model):
    for seed, values in ((1, {}), (2, {"temperature": 0.0}), (3, {"variation": 0.0, "temperature": 0.3})):
        made = model.generate(None, 16, seed, **values)
        for channel in (0, 1):
            assert not known(model, sorted(n for n in made.notes if n.channel == channel))


def test_repeated_notes_are_guarded_as_well():
    one = Taste()
    guard = CopyGuard.for_count(12, 8)
    guard.add([(0, 6)] * 11)
    struck = []
    for one.step in range(code.STEPS):
        struck.append(one.takes("bass", 40, guard))
    assert struck[:11] == [True] * 11 and not all(struck)


def test_a_note_tied_over_the_bar_line_is_one_note_to_the_guard():
    taste = Taste()
    tokens = [code.token_of(60), *[code.HOLD] * 31, code.token_of(60), code.token_of(62)]
    for taste.step, token in enumerate(tokens):
        assert taste.takes("melody", token, None)
    assert taste.lines["melody"].run == pairs_of(code.notes_of(np.array(tokens + [code.HOLD] * 30)))


def test_ensembles_and_channels(model):
    channels = [{n.channel for n in model.generate(None, 4, 1, ensemble=k).notes} for k in range(3)]
    assert channels == [{0}, {0, 1}, {0, 1, 9}]


def test_seven_eight_is_refused_in_one_sentence(model):
    seven = NoteSequence([Note(k * 0.5, 0.5, 60) for k in range(14)], metres=[Metre(0.0, 7, 8)])
    with pytest.raises(AntiphonError, match="7/8"):
        model.generate(seven, 2, 1)
