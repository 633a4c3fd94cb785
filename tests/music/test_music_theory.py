"""Theory: names, scales, keys and tempo maps, checked against music21 and by their own laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.keyfinding import find_key, pitch_class_weights, rank_keys
from realtime.music.melody import features, in_key_share
from realtime.music.pitch import key_fifths, key_name, parse_pitch, pitch_name
from realtime.music.scale import SCALES, key_classes, move_in, nearest_in, pitch_classes
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap, fold_pitch
from realtime.native.errors import AntiphonError

music21 = pytest.importorskip("music21")


@given(st.integers(0, 127), st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_every_name_is_read_back(pitch, tonic, mode):
    assert parse_pitch(pitch_name(pitch, tonic, mode)) == pitch


@given(st.integers(12, 127))
def test_names_mean_what_music21_says(pitch):
    name = pitch_name(pitch).replace("b", "-")
    assert music21.pitch.Pitch(name).midi == pitch


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_the_notes_of_a_key_are_spelled_as_its_signature_says(tonic, mode):
    name = key_name(tonic, mode).split()[0]
    key = music21.key.Key(name.replace("b", "-"), mode)
    assert key.sharps == key_fifths(tonic, mode)
    for pitch in key.pitches[:7]:
        assert pitch_name(pitch.midi, tonic, mode)[:-1] == pitch.name.replace("-", "b")


@pytest.mark.parametrize("text", ["H4", "", "C##b", "C99", "4"])
def test_wrong_names_are_refused(text):
    with pytest.raises(AntiphonError, match="Pitch"):
        parse_pitch(text)


def test_scales_agree_with_music21():
    kinds = {
        "major": "MajorScale",
        "minor": "MinorScale",
        "dorian": "DorianScale",
        "mixolydian": "MixolydianScale",
        "whole tone": "WholeToneScale",
    }
    for name, kind in kinds.items():
        theirs = {p.pitchClass for p in getattr(music21.scale, kind)("D").getPitches("D3", "D4")}
        assert pitch_classes(2, name) == theirs


@given(st.integers(0, 127), st.integers(-14, 14), st.integers(0, 11), st.sampled_from(sorted(SCALES)))
def test_moving_up_and_down_a_scale_returns(pitch, steps, tonic, scale):
    classes = pitch_classes(tonic, scale)
    start = nearest_in(pitch, classes)
    assert move_in(move_in(start, steps, classes), -steps, classes) == start


@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_with_its_cadence_is_heard_in_its_key(tonic):
    major = [tonic + 60 + s for s in (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0)]
    found = find_key(major, [1] * 10 + [4])
    assert (found.tonic, found.mode) == (tonic, "major")
    minor = [tonic + 60 + s for s in (0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0)]
    found = find_key(minor, [1] * 10 + [4])
    assert (found.tonic, found.mode) == (tonic, "minor")


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(48, 84), min_size=8, max_size=30))
def test_krumhansl_agrees_with_music21(pitches):
    weights = pitch_class_weights(pitches)
    ours = rank_keys(weights, "krumhansl")
    stream = music21.stream.Stream([music21.note.Note(p, quarterLength=1) for p in pitches])
    theirs = music21.analysis.discrete.KrumhanslKessler(stream).getSolution(stream)
    best = {(k.tonic, k.mode) for k in ours if ours[0].score - k.score < 0.02}
    assert (theirs.tonic.pitchClass, theirs.mode) in best


def test_silence_has_a_key_too():
    assert rank_keys(pitch_class_weights([]))[0].score == 0.0
    assert in_key_share([], 0, "major") == 1.0
    assert features([]) is None


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(20, 300)), max_size=6), st.floats(0, 600))
def test_beats_and_seconds_are_inverse(steps, beat):
    tempo = TempoMap(steps)
    assert tempo.beat(tempo.seconds(beat)) == pytest.approx(beat, abs=1e-6)


def test_tempo_change_in_the_middle():
    tempo = TempoMap([(0, 120), (4, 60)])
    assert tempo.seconds(4) == 2.0 and tempo.seconds(6) == 4.0
    with pytest.raises(ValueError):
        TempoMap([(0, 0)])


def test_bars_follow_the_metre():
    sequence = NoteSequence([Note(9.0, 1.0, 60)], metres=[Metre(0, 4, 4), Metre(8.0, 7, 8)])
    assert sequence.bar_start(7.9) == 4.0 and sequence.bar_start(12.0) == 11.5


@given(st.integers(-40, 200), st.integers(0, 100), st.integers(12, 27))
def test_folding_keeps_the_pitch_class_inside_an_octave_or_more(pitch, lowest, span):
    folded = fold_pitch(pitch, lowest, lowest + span)
    assert lowest <= folded <= lowest + span and (folded - pitch) % 12 == 0


def test_features_of_a_tune():
    f = features([Note(0, 1, 60, 0.5), Note(1, 1, 67, 0.7), Note(2.5, 0.5, 64, 0.9)])
    assert (f.notes, f.lowest, f.highest) == (3, 60, 67)
    assert f.notes_per_beat == 1.0 and f.leap_share == 0.5 and f.offbeat_share == pytest.approx(1 / 3)
    assert key_classes(0, "minor") >= {8, 9, 10, 11}
