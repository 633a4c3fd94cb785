"""Descriptors of notes, of music whose values are known: scales, cadences, canons, swing, drums."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.features.melody_and_texture import CONTOURS, huron_contour, melody, phrases, texture, top_line
from export.features.rhythm import rhythm
from export.features.table import describe, describe_notes
from export.features.tonality import chord_point, key_point, spiral_point, tension, tonality, tonnetz_centre
from realtime.music.keyfinding import Key
from realtime.music.midifile import write_midi
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.music.swing import swung
from realtime.native.errors import AntiphonError

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def value(features, name):
    return float(features[name].values)


def test_rhythm_of_even_eighths():
    piece = NoteSequence([Note(i / 2, 0.5, 60) for i in range(32)], TempoMap([(0, 90)]))
    found = rhythm(piece)
    expected = {"onsets_per_beat": 2.0, "ioi_mean": 0.5, "ioi_variation": 0.0, "ioi_npvi": 0.0, "ioi_entropy": 0.0}
    expected |= {"on_beat_share": 0.5, "strong_beat_share": 0.25, "sixteenth_grid_share": 1.0, "triplet_share": 0.0}
    expected |= {"syncopation": 0.0, "swing_ratio": 1.0, "tempo": 90.0, "onsets_per_second": 3.0, "articulation": 1.0}
    for name, number in expected.items():
        assert value(found, name) == pytest.approx(number), name
    assert found["ioi_share"].values[4] == 1.0


def test_rhythm_of_swing_triplets_and_syncopation():
    eighths = [Note(i / 2, 0.4, 60) for i in range(32)]
    assert value(rhythm(NoteSequence(swung(eighths, 2.0))), "swing_ratio") == pytest.approx(2.0)
    triplets = rhythm(NoteSequence([Note(i / 3, 0.3, 60) for i in range(24)]))
    assert value(triplets, "triplet_share") == pytest.approx(2 / 3)
    offbeat = rhythm(NoteSequence([Note(i + 0.5, 0.5, 60) for i in range(16)]))
    assert value(offbeat, "syncopation") > 2 and value(offbeat, "on_beat_share") == 0
    dotted = [Note(b, 0.25, 60) for beat in range(8) for b in (beat, beat + 0.75)]
    # 0.75 against 0.25: their difference is as large as their mean
    assert value(rhythm(NoteSequence(dotted)), "ioi_npvi") == pytest.approx(100.0)


def test_seven_eight_counts_its_own_beats():
    notes = [Note(3.5 * bar + b, 0.5, 60) for bar in range(8) for b in (0.0, 1.0, 2.0)]
    found = rhythm(NoteSequence(notes, metres=[Metre(0, 7, 8)]))
    assert value(found, "on_beat_share") == 1.0 and value(found, "syncopation") == 0.0


def test_tonality_of_a_scale_and_of_all_twelve():
    found = tonality(NoteSequence([Note(i, 1, p) for i, p in enumerate(SCALE)]))
    assert (value(found, "key_tonic"), value(found, "mode_major"), value(found, "in_key_share")) == (0, 1, 1.0)
    assert found["pitch_class"].values.sum() == pytest.approx(1.0)
    chromatic = tonality(NoteSequence([Note(i, 1, 60 + i) for i in range(12)]))
    assert value(chromatic, "chroma_entropy") == pytest.approx(math.log2(12))
    assert value(chromatic, "key_clarity") == pytest.approx(0.0, abs=1e-9)


def test_the_spiral_array_is_chews():
    # Chew 2000: a major third is as near as a perfect fifth, a minor third farther
    third, fifth, minor = (np.linalg.norm(spiral_point(f) - spiral_point(0)) for f in (4, 1, -3))
    assert third == pytest.approx(fifth) and fifth == pytest.approx(math.sqrt(2 + 2 / 15)) and minor > fifth
    near, far = (np.linalg.norm(chord_point(0) - key_point(Key(k, "major"))) for k in (0, 6))
    assert near < far
    assert np.allclose(tonnetz_centre(np.ones(12)), 0.0, atol=1e-9)
    assert np.linalg.norm(tonnetz_centre(np.eye(12)[0])) == pytest.approx(1.5)


def triads(*roots: int) -> list[Note]:
    return [Note(2 * i, 2, 48 + r + step) for i, r in enumerate(roots) for step in (0, 4, 7)]


def test_tension_rises_away_from_the_key():
    key = Key(0, "major")
    diameter, momentum, strain, change = tension(triads(0, 7, 6, 0), key)
    assert strain.values[2] > 2 * strain.values[0]
    assert math.isnan(momentum.values[0]) and momentum.values[2] > momentum.values[1]
    cluster = [Note(0, 2, p) for p in (60, 61, 66)]
    assert tension(cluster, key)[0].values[0] > diameter.values[0]
    assert change.values[1] > 0


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ((60, 67, 60), "convex"),
        ((67, 60, 67), "concave"),
        ((60, 62, 64, 65), "ascending"),
        ((65, 64, 62, 60), "descending"),
        ((60, 60, 60), "horizontal"),
        ((60, 60, 60, 64), "horizontal-ascending"),
        ((60, 64, 64), "ascending-horizontal"),
        ((60,), "horizontal"),
        ((60, 64), "ascending"),
    ],
)
def test_huron_contours(pitches, name):
    assert huron_contour(pitches) == name


def test_melody_of_a_scale():
    found = melody(NoteSequence([Note(i, 1, p) for i, p in enumerate(SCALE)]))
    expected = {"melody_range": 12, "step_share": 1.0, "leap_share": 0.0, "rising_share": 1.0, "turn_share": 0.0}
    for name, number in expected.items():
        assert value(found, name) == number
    assert found["contour"].values[CONTOURS.index("ascending")] == 1.0
    assert found["interval_share"].values[2] == pytest.approx(5 / 7)


def test_top_line_and_phrases():
    chords = [Note(i, 1, p) for i in range(4) for p in (48, 55, 64 + i)]
    assert [n.pitch for n in top_line(NoteSequence(chords))] == [64, 65, 66, 67]
    held = [Note(0, 4, 76), Note(1, 1, 60), Note(2, 1, 64)]
    assert [n.pitch for n in top_line(NoteSequence(held))] == [76]
    # a melody that rests is not filled up with its accompaniment
    song = [Note(i, 0.9, 72 + i % 3, 0.7, 0) for i in range(8)] + [Note(b, 1, 50, 0.5, 1) for b in range(12)]
    assert all(n.channel == 0 for n in top_line(NoteSequence(song)))
    assert len(phrases([Note(0, 1, 60), Note(1, 1, 62), Note(4, 1, 60), Note(20, 1, 60)])) == 3


def test_texture_of_chords_a_canon_and_drums():
    found = texture(NoteSequence(triads(0, 5, 7, 0)))
    assert value(found, "polyphony_mean") == pytest.approx(3.0)
    assert value(found, "chord_share") == pytest.approx(1.0)
    assert found["outer_motion"].values[0] == 1.0  # all voices in parallel
    contrary = [Note(i, 1, 60 + i) for i in range(5)] + [Note(i, 1, 50 - i) for i in range(5)]
    assert texture(NoteSequence(contrary))["outer_motion"].values[2] == 1.0
    drums = texture(NoteSequence([Note(0, 0.1, 36, 1.0, 9)]))
    assert value(drums, "drum_share") == 1.0 and "polyphony_mean" not in drums
    line = texture(NoteSequence([Note(2 * i, 1, 60) for i in range(4)]))
    assert value(line, "silence_share") == pytest.approx(3 / 7)


def test_the_table_of_a_file(tmp_path):
    piece = NoteSequence([Note(i, 1, p) for i, p in enumerate(SCALE)] + triads(0, 5, 7, 0))
    write_midi(piece, tmp_path / "x.mid")
    content = json.loads(describe(tmp_path / "x.mid", json=True, picture=tmp_path / "x.png"))
    assert content["kind"] == "notes"
    assert content["numbers"]["notes"] == 20
    assert content["numbers"]["pitch_class_C"] > 0.1
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"
    assert "C major" in describe(tmp_path / "x.mid")


def test_edges(tmp_path):
    with pytest.raises(AntiphonError, match="no notes"):
        describe_notes(NoteSequence())
    assert describe_notes(NoteSequence([Note(0, 1, 60)]))["melody_notes"] == 1
    assert "key_tonic" not in describe_notes(NoteSequence([Note(0, 0.1, 36, 0.7, 9)] * 3))
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    with pytest.raises(AntiphonError, match=r"bad\.mid"):
        describe(tmp_path / "bad.mid")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            Note,
            st.floats(0, 60),
            st.floats(0, 8),
            st.integers(0, 127),
            st.floats(0, 1),
            st.sampled_from([0, 1, 9]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_music_has_finite_numbers_and_shares_between_0_and_1(notes):
    numbers = describe_notes(NoteSequence(notes))
    assert all(math.isfinite(v) for v in numbers.values())
    shares = {k: v for k, v in numbers.items() if "share" in k}
    assert all(-1e-9 <= v <= 1 + 1e-9 for v in shares.values()), shares


def test_two_thousand_notes():
    draw = np.random.default_rng(1)
    notes = [Note(i / 4, 0.3, int(draw.integers(40, 90)), 0.7, i % 2) for i in range(2000)]
    assert describe_notes(NoteSequence(notes))["notes"] == 2000
