"""Lines as tokens: what goes in comes out, held notes stay held, attributes say what a musician would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import realtime.models.morph.code as code
from realtime.music.sequence import Note

melodies = st.lists(st.tuples(st.integers(1, 6), st.booleans(), st.integers(36, 96)), min_size=1, max_size=12)


@given(melodies)
def test_lines_survive_the_way_through_notes(steps):
    notes, at = [], 0
    for length, rest, pitch in steps:
        if not rest and at + length <= code.STEPS:
            notes.append(Note(at / 4, length / 4, pitch))
        at += length
    tokens = code.line_of(notes)
    again = code.notes_of(tokens)
    assert [(n.beat, n.duration, n.pitch) for n in again] == [(n.beat, n.duration, n.pitch) for n in notes]


def test_top_or_lowest_note_of_a_chord_is_the_line():
    chord = [Note(0.0, 1.0, p) for p in (48, 60, 64)]
    assert code.notes_of(code.line_of(chord))[0].pitch == 64
    assert code.notes_of(code.line_of(chord, lowest=True))[0].pitch == 48


def test_a_note_held_over_the_cut_is_struck_anew_and_tied_again():
    long = code.line(np.array([0.0]), np.array([16.0]), np.array([60]), 64)
    first, second = code.cut(long, 0), code.cut(long, 32)
    assert second[0] == code.token_of(60)
    (note,) = code.notes_of(np.concatenate([first, second]))
    assert (note.beat, note.duration) == (0.0, 16.0)


def test_transposition_moves_notes_alone():
    tokens = code.line_of([Note(0.0, 0.5, 60), Note(1.0, 1.0, 107)])
    up = code.transposed(tokens, 5)
    assert [n.pitch for n in code.notes_of(up)] == [65, 100]
    assert np.array_equal(up < code.FIRST_NOTE, tokens < code.FIRST_NOTE)


def test_attributes_rise_with_what_they_name():
    def melody(pitches, length=0.5, shift=0.0):
        return code.attributes(code.line_of([Note(shift + k * length, length, p) for k, p in enumerate(pitches)]))

    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    major, minor = melody(scale, 1.0), melody([60, 62, 63, 65, 67, 68, 70, 72], 1.0)
    names = dict(zip(code.ATTRIBUTES, range(5), strict=True))
    assert major[names["mode"]] > minor[names["mode"]]
    assert melody(scale * 2)[names["density"]] > major[names["density"]]
    assert melody([p + 12 for p in scale])[names["mean_pitch"]] == pytest.approx(
        melody(scale)[names["mean_pitch"]] + 12
    )
    assert major[names["range"]] == 12 and major[names["syncopation"]] == 0
    assert melody(scale[:6], 1.0, 0.5)[names["syncopation"]] > 0
    assert np.array_equal(code.attributes(np.zeros(code.STEPS, np.uint8)), np.zeros(5))


def test_tracks_are_told_apart_by_register_and_channel():
    notes = [Note(0, 1, 72, channel=3), Note(0, 1, 40, channel=2), Note(0, 1, 36, channel=9), Note(0, 1, 60, channel=1)]
    melody, bass, drums = code.tracks_of(notes)
    assert [x[0].pitch for x in (melody, bass, drums)] == [72, 40, 36]
