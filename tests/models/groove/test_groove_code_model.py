"""The drum grid: what goes in comes out, and the attributes say what a drummer would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import realtime.models.groove.code as code
from realtime.music.sequence import Note

hits = st.lists(
    st.tuples(st.integers(0, code.STEPS - 1), st.integers(0, 8), st.floats(0.05, 1.0), st.floats(-0.45, 0.45)),
    max_size=40,
    unique_by=lambda h: h[:2],
)


@given(hits)
def test_grooves_survive_the_way_through_notes(found):
    groove = code.Groove.empty()
    for step, k, velocity, offset in found:
        if step == 0:
            offset = abs(offset)  # nothing may begin before beat 0
        groove.hits[step, k], groove.velocity[step, k], groove.offset[step, k] = True, velocity, offset
    again = code.groove_of(groove.notes(4.0), 4.0)
    assert np.array_equal(again.hits, groove.hits)
    assert np.abs(again.velocity - groove.velocity).max(initial=0) < 1e-5
    assert np.abs(again.offset - groove.offset).max(initial=0) < 1e-4


def test_tokens_and_bits_are_inverse():
    tokens = np.arange(code.COMBINATIONS)
    assert np.array_equal(code.token_bits(tokens) @ (1 << np.arange(9)), tokens)


def test_of_two_hits_on_a_step_the_louder_stays():
    groove = code.groove_of([Note(1.0, 0.1, 38, 0.3, 9), Note(1.03, 0.1, 40, 0.9, 9), Note(1.0, 0.1, 38, 0.5, 9)])
    assert groove.hits.sum() == 1
    assert groove.velocity[4, 1] == pytest.approx(0.9)


def line(places, k, offset=0.0):
    groove = code.Groove.empty()
    groove.hits[list(places), k] = True
    groove.velocity[list(places), k] = 0.8
    groove.offset[list(places), k] = offset
    return groove


def test_attributes_rise_with_what_they_name():
    straight = line(range(0, 32, 2), 2)
    assert code.density(line(range(32), 2)) > code.density(straight)
    on_beat, off_beat = line(range(0, 32, 4), 1), line(range(2, 32, 4), 1)
    assert code.complexity(on_beat) == 0 < code.complexity(off_beat)
    assert code.swing(straight) == pytest.approx(0.0)
    triplets = line(range(0, 32, 4), 8)
    triplets.hits[3::4, 8], triplets.offset[3::4, 8] = True, -1 / 3  # two thirds through the beat
    assert code.swing(triplets) == pytest.approx(1.0, abs=1e-5)


def test_encoder_sees_only_what_its_mode_shows():
    groove = line(range(0, 32, 4), 0, 0.25)
    full, score, taps = (code.encoder_input(groove, mode) for mode in code.MODES)
    assert full[0, 9] == pytest.approx(0.8) and full[0, 18] == pytest.approx(0.5)
    assert score[:, :9].sum() == 8 and score[:, 9:30].sum() == 0
    assert taps[:, :27].sum() == 0 and taps[0, 27:30] == pytest.approx([1.0, 0.8, 0.5])
    assert all(x[:, 30:].sum(axis=1).tolist() == [1.0] * 32 for x in (full, score, taps))
    with pytest.raises(ValueError):
        code.encoder_input(groove, "smoke")
