"""Voice leading: the nearest good voicing, faults by name and place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.chord import QUALITIES, Chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import Key
from realtime.music.voiceleading import FREE, SATB, Rules, distance, faults, lead
from realtime.native.errors import AntiphonError

C = Key(0, "major")


def names(found):
    return [(f.name, f.place, f.voices) for f in found]


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        ((48, 55, 64, 72), (50, 57, 65, 69), ("parallel fifths", 1, (0, 1))),
        ((48, 55, 64, 72), (50, 57, 65, 74), ("parallel octaves", 1, (0, 3))),
        ((48, 60, 64, 67), (53, 65, 69, 69), ("parallel octaves", 1, (0, 1))),
        ((43, 55, 62, 71), (48, 48, 64, 72), ("antiparallel octaves", 1, (0, 1))),
        ((48, 55, 64, 67), (53, 57, 60, 77), ("hidden octaves", 1, (0, 3))),
        ((48, 55, 64, 67), (57, 55, 60, 64), ("voice crossing", 1, (0, 1))),
        ((48, 55, 60, 64), (50, 62, 65, 69), ("voice overlap", 1, (1, 2))),
        ((48, 52, 67, 72), (48, 52, 67, 72), ("wide spacing", 0, (1, 2))),
        ((30, 55, 60, 64), (36, 55, 60, 64), ("out of range", 0, (0,))),
        ((48, 55, 60, 64), (48, 55, 60, 78), ("large leap", 1, (3,))),
        ((53, 60, 69, 72), (59, 62, 67, 74), ("augmented leap", 1, (0,))),
    ],
)
def test_faults_have_names_and_places(first, second, fault):
    assert fault in names(faults([first, second]))


def test_a_clean_cadence_has_no_fault():
    voicings = [(48, 55, 64, 72), (53, 57, 65, 72), (43, 59, 65, 74), (48, 60, 64, 72)]
    chords = [parse_chord(s) for s in ("C", "F", "G7", "C")]
    assert faults(voicings[:2], Rules(), chords[:2], C) == []
    assert faults(voicings[2:], Rules(), chords[2:], C) == []


def test_leading_note_and_seventh():
    g7, c = parse_chord("G7"), parse_chord("C")
    wrong = faults([(43, 59, 65, 71), (48, 60, 67, 67)], FREE, [g7, c], C)
    assert ("unresolved leading note", 1, (3,)) in names(wrong)
    assert ("unresolved seventh", 1, (2,)) in names(wrong)
    assert ("doubled leading note", 0, (1, 3)) in names(wrong)
    # an inner leading note may fall to the fifth
    inner = faults([(43, 59, 65, 74), (48, 55, 64, 72)], FREE, [g7, c], C)
    assert "unresolved leading note" not in [f.name for f in inner]
    # and nothing resolves while the chord stays
    staying = faults([(43, 59, 65, 74), (47, 62, 67, 77)], FREE, [g7, parse_chord("G7/B")], C)
    assert not [f for f in staying if f.name.startswith("unresolved")]


def test_rests_and_held_notes_make_no_parallels():
    assert faults([(48, None, 64, 72), (50, None, 65, 69)]) == []
    assert faults([(48, 55, 60, 64), (48, 55, 60, 64)]) == []
    with pytest.raises(AntiphonError, match="number of voices"):
        faults([(48, 55), (48, 55, 60)])


def test_distance_between_chords():
    def classes(symbol):
        return parse_chord(symbol).classes

    assert distance(classes("C"), classes("C")) == 0
    assert distance(classes("C"), classes("Am")) == 2  # G to A
    assert distance(classes("C"), classes("F")) == 3
    assert distance(classes("C"), classes("Em")) == 1  # C to B
    assert distance(classes("C"), classes("C7")) == 2  # C to Bb, doubled
    assert distance([], classes("C")) == 0


def test_lead_moves_little_and_without_faults():
    symbols = "C Am F G7 C E7 Am D7/F# G".split()  # noqa: SIM905  # reads as a lead sheet
    chords = [parse_chord(s) for s in symbols]
    voicings, previous, before = [], None, None
    for chord in chords:
        previous = lead(previous, chord, key=C, previous_chord=before)
        before = chord
        voicings.append(previous)
    assert faults(voicings, Rules(), chords, C) == []
    for chord, voicing in zip(chords, voicings, strict=True):
        assert voicing[0] % 12 == chord.bass
        assert {p % 12 for p in voicing} <= chord.classes
        assert all(low <= p <= high for p, (low, high) in zip(voicing, SATB, strict=True))
        third = (chord.root + chord.third) % 12
        assert third in {p % 12 for p in voicing}


def test_lead_under_a_given_soprano_and_what_cannot_be():
    assert lead(None, parse_chord("F"), soprano=69)[3] == 69
    with pytest.raises(AntiphonError, match="widen"):
        lead(None, parse_chord("C"), rules=Rules(ranges=((40, 41), (48, 67), (55, 74), (60, 81))))
    with pytest.raises(AntiphonError, match="one range a voice"):
        lead(None, parse_chord("C"), voices=3)


@given(st.integers(0, 11), st.sampled_from(sorted(QUALITIES)), st.integers(0, 11), st.integers(3, 5))
@settings(max_examples=40, deadline=None)
def test_any_chord_is_voiced_in_any_number_of_voices(root, quality, bass, voices):
    chord = Chord(root, quality, bass)
    ranges = ((40, 60), (48, 67), (55, 74), (60, 81), (62, 86))[:voices]
    voicing = lead(None, chord, voices, Rules(ranges=ranges))
    assert len(voicing) == voices and voicing == sorted(voicing)
    assert voicing[0] % 12 == bass
    assert {p % 12 for p in voicing} <= chord.classes
