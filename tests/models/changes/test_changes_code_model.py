"""Labels, metrical places and evidence of `changes`; the exact arithmetic of its chain."""

import itertools
from random import Random

import numpy as np
import pytest

from realtime.models.changes.chroma import chroma
from realtime.models.changes.code import (
    LABELS,
    NO_CHORD,
    Bars,
    chord_of,
    evidence,
    label_of,
    label_roll,
    metrical_place,
    transposed_labels,
)
from realtime.models.changes.crf import FEATURES, ChordField, beat_units
from realtime.music.chord_symbol import parse_chord


def test_every_label_is_its_chord():
    assert [label_of(chord_of(label)) for label in range(LABELS)] == list(range(LABELS))


@pytest.mark.parametrize(
    ("symbol", "same"),
    [("C9", "C7"), ("Fmaj9", "Fmaj7"), ("A6", "A"), ("Dsus2", "Dsus4"), ("Bm7b5/F", "Bm7b5"), ("G/B", "G")],
)
def test_richer_chords_are_their_nearest_label(symbol, same):
    assert label_of(parse_chord(symbol)) == label_of(parse_chord(same))


def test_transposition_is_a_roll():
    labels = np.arange(LABELS)
    up = transposed_labels(labels, 5)
    assert up[NO_CHORD] == NO_CHORD and (transposed_labels(up, -5) == labels).all()
    assert label_of(parse_chord("Cm7").transposed(5)) == up[label_of(parse_chord("Cm7"))]
    values = np.random.default_rng(0).random(LABELS)
    assert (values[label_roll(5)][up] == values[labels]).all()


@pytest.mark.parametrize(
    ("metre", "beat", "place"),
    [((4, 4), 0, 0), ((4, 4), 2, 1), ((4, 4), 1, 2), ((4, 4), 1.5, 3), ((3, 4), 1, 2), ((6, 8), 1.5, 1), ((6, 8), 1, 3),
     ((9, 8), 1.5, 2), ((2, 4), 1, 1), ((7, 8), 1, 2), ((7, 8), 0, 0)],
)  # fmt: skip
def test_places_of_a_bar(metre, beat, place):
    assert metrical_place(*metre, float(beat)) == place


def test_bar_lines_come_from_a_list_or_from_metres():
    assert Bars([], [1.0, 5.0, 9.0]).place(5.0) == (0.0, 4.0, 0)
    assert Bars([(0.0, 3, 4)]).place(4.0)[:2] == (1.0, 3.0)
    assert Bars([(0.0, 3, 4), (6.0, 2, 4)]).place(8.0)[2] == 0


def test_evidence_says_what_sounds_and_what_is_lowest():
    notes = np.array([(0.0, 1.0, 48, 90), (0.25, 0.25, 64, 90)])
    sounding, onsets, bass = evidence(notes, 3)
    assert sounding[0, 0] == 1 and sounding[0, 4] == pytest.approx(0.5) and sounding[1, 0] == 1
    assert not sounding[2].any() and onsets[0, [0, 4]].all() and not onsets[1].any()
    assert bass.tolist() == [48, 48, -1]


def test_chroma_of_a_chord_finds_its_notes_and_bass():
    t = np.arange(8000) / 22050
    samples = sum(np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * t) for p in (43, 59, 62, 67))
    strength, bass = chroma(samples * 0.1, 22050)
    assert set(np.flatnonzero(strength > 0.5)) == {2, 7, 11} and bass == 43
    assert chroma(np.zeros(8000), 22050)[1] == -1


def _field():
    rng = np.random.default_rng(1)
    tables = {
        "crf_melody_emit": rng.normal(0, 1, (2, FEATURES, LABELS)),
        "crf_melody_move": rng.normal(0, 1, (2, LABELS, LABELS)),
        "crf_melody_change": np.array([-0.5, -1.0, -2.0, -3.0]),
    }
    return ChordField(tables), rng.normal(0, 1, (4, LABELS)), np.array([0, 2, 1, 2])


def _score(field, weights, places, path):
    moves = sum(field.between(places[t], 0)[path[t - 1], path[t]] for t in range(1, len(path)))
    return weights[np.arange(len(path)), path].sum() + moves


def test_the_best_paths_are_the_best_of_all():
    field, weights, places = _field()
    weights[:, 6:] = -1e3  # six labels are left, so that all paths can be tried
    paths, scores = field.best(weights, places, 0, 5)
    every = sorted(
        (_score(field, weights, places, list(p)) for p in itertools.product(range(6), repeat=4)), reverse=True
    )
    assert scores == pytest.approx(every[:5]) and len({tuple(p) for p in paths}) == 5
    total = np.log(np.exp(np.array(every) - every[0]).sum()) + every[0]
    assert field.log_likelihood(weights, places, 0, paths[0]) == pytest.approx(every[0] - total, abs=1e-6)


def test_samples_follow_the_field_and_the_seed():
    field, weights, places = _field()
    first = field.sample(weights, places, 0, Random(3))
    assert (first == field.sample(weights, places, 0, Random(3))).all()
    assert (field.sample(weights, places, 0, Random(3), temperature=0.0) == field.viterbi(weights, places, 0)).all()


def test_units_are_beats_or_dotted_beats():
    bar = np.stack([np.arange(12) * 0.5 % 3, np.full(12, 3.0)], 1)
    assert beat_units(bar, False).tolist() == [0, 2, 4, 6, 8, 10]
    assert beat_units(bar, True).tolist() == [0, 3, 6, 9]
