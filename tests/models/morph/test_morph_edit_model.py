"""Edits of a melody: each moves what it names, evenly, and little else."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realtime.models.morph.code as code
from realtime.models.morph.edit import _brighter, edited, line_of, notes_of
from realtime.music.sequence import Note

TUNE = code.line_of(
    [Note(k * 0.5, 0.5, p) for k, p in enumerate((60, 64, 67, 65, 64, 62, 64, 67, 72, 71, 69, 67, 65, 62, 59, 60))]
)
# of each attribute, the unit of one turn and how far the others may stray on the way (their own units)
TURNS = {"density": 0.1, "range": 4.0, "syncopation": 1.0, "mean_pitch": 5.0, "mode": 0.15}
lines = st.lists(st.sampled_from([code.HOLD, code.HOLD, code.OFF, 40, 45, 47, 52]), min_size=32, max_size=32)


def place(name):
    return code.ATTRIBUTES.index(name)


@pytest.mark.parametrize("name", code.ATTRIBUTES)
def test_an_edit_raises_what_it_names_step_by_step(name):
    values = [code.attributes(edited(TUNE, name, k * TURNS[name]))[place(name)] for k in range(-2, 3)]
    assert all(b >= a for a, b in itertools.pairwise(values)) and values[-1] > values[0] + TURNS[name]
    assert np.array_equal(edited(TUNE, name, 0.0), TUNE)


def test_edits_leave_the_others_alone():
    before = code.attributes(TUNE)
    for name, still in (
        ("density", ("mean_pitch", "range")),
        ("range", ("density", "syncopation")),
        ("syncopation", ("density", "range", "mode")),
        ("mean_pitch", ("density", "range", "syncopation", "mode")),
        ("mode", ("density", "syncopation")),
    ):
        after = code.attributes(edited(TUNE, name, TURNS[name]))
        for other in still:
            allowed = {"mean_pitch": 1.0, "range": 0.0, "mode": 0.1}.get(other, 0.0)
            assert abs(after[place(other)] - before[place(other)]) <= allowed + 1e-6, (name, other)


def test_a_major_tune_becomes_minor_on_the_same_tonic():
    scale = code.line_of([Note(float(k), 1.0, p) for k, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72))])
    chain = [[n.pitch for n in code.notes_of(line)] for line in itertools.islice(_brighter(scale, -9.0), 3)]
    assert chain == [
        [60, 62, 63, 65, 67, 69, 71, 72],
        [60, 62, 63, 65, 67, 68, 71, 72],
        [60, 62, 63, 65, 67, 68, 70, 72],
    ]


@settings(max_examples=40, deadline=None)
@given(lines, st.sampled_from(code.ATTRIBUTES), st.floats(-40, 40))
def test_any_line_stays_a_line(tokens, name, change):
    made = edited(np.array(tokens, np.uint8), name, change)
    assert made.shape == (code.STEPS,) and made.max() < code.TOKENS
    assert (made >= code.FIRST_NOTE).any() == (np.array(tokens) >= code.FIRST_NOTE).any()


@given(lines)
def test_notes_and_lines_are_the_same_thing(tokens):
    notes = notes_of(np.array(tokens, np.uint8))
    assert notes_of(line_of(notes)) == notes
