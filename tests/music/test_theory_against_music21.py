"""Pitches, scales, chords and keys, checked against music21 as the oracle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music import keyfinding, pitch, scale
from realtime.music.chord_symbol import parse_chord
from realtime.music.sequence import Note

music21 = pytest.importorskip("music21")

names = st.builds(
    lambda letter, sign, octave: f"{letter}{sign}{octave}",
    st.sampled_from("CDEFGAB"),
    st.sampled_from(["", "#", "b", "##", "bb"]),
    st.integers(1, 7),
)


def spelled(name: str) -> str:
    return name.replace("b", "-")


# ---- pitch ----


@given(names)
def test_the_line_of_fifths(name):
    fifths = pitch.fifths_of(name)
    assert pitch.name_at_fifths(fifths) == name[:-1]
    # each fifth up adds seven semitones
    assert fifths * 7 % 12 == music21.pitch.Pitch(spelled(name)).pitchClass


def test_chromatic_notes_are_spelled_towards_their_goal():
    up_and_down = pitch.spell_melody([60, 61, 62, 63, 64, 63, 62, 61, 60], 0)
    assert up_and_down == ["C4", "C#4", "D4", "D#4", "E4", "Eb4", "D4", "Db4", "C4"]
    assert pitch.spell_melody([66, 67], 5) == ["F#4", "G4"]
    assert pitch.spell_classes([1, 6], 5) == ["Db", "Gb"] or pitch.spell_classes([10], 5) == ["Bb"]


# ---- scales ----

SCALES = {
    "major": "MajorScale",
    "minor": "MinorScale",
    "harmonic minor": "HarmonicMinorScale",
    "dorian": "DorianScale",
    "phrygian": "PhrygianScale",
    "lydian": "LydianScale",
    "mixolydian": "MixolydianScale",
    "locrian": "LocrianScale",
    "whole tone": "WholeToneScale",
    "octatonic whole-half": "OctatonicScale",
}


@pytest.mark.parametrize("name", SCALES)
def test_scales(name):
    for tonic in ("C", "F#", "B-"):
        theirs = getattr(music21.scale, SCALES[name])(tonic)
        first = music21.pitch.Pitch(tonic).pitchClass
        assert scale.pitch_classes(first, name) == {p.pitchClass for p in theirs.getPitches(f"{tonic}4", f"{tonic}5")}


@given(st.sampled_from(sorted(scale.SCALES)), st.integers(0, 127), st.integers(-10, 20))
def test_degrees_go_there_and_back(name, tonic, degree):
    reached = scale.pitch_of_degree(degree, tonic, name)
    steps = len(scale.SCALES[name])
    assert scale.degree_of(reached, tonic, name) == (degree - 1) % steps + 1
    assert (reached > tonic) == (degree > 1)


def test_modes_are_rotations():
    for degree, name in enumerate(scale.CHURCH_MODES, 1):
        assert scale.rotation("major", degree) == scale.SCALES[name]
    for degree, name in ((4, "lydian dominant"), (7, "altered"), (3, "lydian augmented"), (6, "locrian natural 2")):
        assert scale.rotation("melodic minor", degree) == scale.SCALES[name]
    assert scale.rotation("harmonic minor", 5) == scale.SCALES["phrygian dominant"]
    assert "dorian" in scale.names_of({2, 4, 5, 7, 9, 11, 0}, 2)


# ---- chords ----

FIGURES = (
    *("", "m", "7", "m7", "maj7", "dim", "+", "dim7", "m7b5", "6", "m6", "sus4", "sus2"),
    *("9", "m9", "M9", "11"),
)


@pytest.mark.parametrize("figure", FIGURES)
def test_chord_symbols_have_the_notes_that_music21_gives_them(figure):
    for root in ("C", "E-", "F#"):
        theirs = {p.pitchClass for p in music21.harmony.ChordSymbol(root + figure).pitches}
        ours = parse_chord(spelled(root).replace("-", "b") + figure).classes
        assert ours == theirs


# ---- keys ----


@pytest.fixture(scope="module")
def chorales():
    found = {}
    for name in ("bach/bwv66.6", "bach/bwv269", "bach/bwv253"):
        score = music21.corpus.parse(name)
        notes = [
            Note(float(n.offset), float(n.quarterLength), p.midi) for n in score.flatten().notes for p in n.pitches
        ]
        found[name] = (score, notes)
    return found


@pytest.mark.parametrize(
    ("profile", "theirs"),
    [
        ("krumhansl", "KrumhanslKessler"),
        ("aarden", "AardenEssen"),
        ("bellman", "BellmanBudge"),
        ("kostka-payne", "TemperleyKostkaPayne"),
    ],
)
def test_keys_of_bach(chorales, profile, theirs):
    for score, notes in chorales.values():
        expected = getattr(music21.analysis.discrete, theirs)().getSolution(score)
        found = keyfinding.find_key([n.pitch for n in notes], [n.duration for n in notes], profile)
        assert (found.tonic, found.mode) == (expected.tonic.pitchClass, expected.mode)
        assert found.score == pytest.approx(expected.correlationCoefficient, abs=0.02)


def test_local_keys_of_chorales_against_their_analyses():
    """Riemenschneider 2, 4 and 8, which modulate: half beats whose key is the analyst's; one key a piece has 52 %."""
    right = single = total = 0
    for number, name in ((2, "bach/bwv347"), (4, "bach/bwv86.6"), (8, "bach/bwv40.8")):
        analysis = music21.corpus.parse(f"bach/choraleAnalyses/riemenschneider{number:03d}")
        marks = [
            (float(r.getOffsetInHierarchy(analysis)), (r.key.tonic.pitchClass, r.key.mode))
            for r in analysis.recurse().getElementsByClass(music21.roman.RomanNumeral)
        ]
        score = music21.corpus.parse(name)
        notes = [
            Note(float(n.offset), float(n.quarterLength), p.midi) for n in score.flatten().notes for p in n.pitches
        ]
        track = keyfinding.key_track(notes)
        whole = keyfinding.find_key([n.pitch for n in notes], [n.duration for n in notes])
        half_beats = [0.25 + i / 2 for i in range(int(2 * track[-1].end)) if 0.25 + i / 2 > marks[0][0]]
        for beat in half_beats:
            expected = [key for offset, key in marks if offset <= beat][-1]
            local = next(s.key for s in track if s.beat <= beat < s.end)
            right += (local.tonic, local.mode) == expected
            single += (whole.tonic, whole.mode) == expected
            total += 1
    assert right / total > 0.85 > 0.6 > single / total


def cadences(tonic: int, beat: float) -> list[Note]:
    """Four bars of I IV V I on a tonic."""
    notes = []
    for bar in range(4):
        for i, root in enumerate((0, 5, 7, 0)):
            start = beat + 4 * bar + i
            notes += [Note(start, 1.0, 60 + (tonic + root + step) % 12) for step in (0, 4, 7)]
    return notes


@pytest.mark.parametrize("goal", [7, 9, 3, 6])
def test_a_modulation_is_found_where_it_happens(goal):
    track = keyfinding.key_track(cadences(0, 0.0) + cadences(goal, 16.0))
    assert [(s.key.tonic, s.key.mode) for s in track] == [(0, "major"), (goal, "major")]
    assert track[0].beat == 0 and track[-1].end == 32
    assert abs(track[0].end - 16.0) <= 2.0
    assert track[0].key.score > 0.8


def test_key_track_at_its_edges():
    assert keyfinding.key_track([]) == []
    assert len(keyfinding.key_track([Note(3.0, 0.0, 60)])) == 1
    assert keyfinding.key_track([Note(0, 1, 36, 0.7, 9)]) == []
    bars = keyfinding.key_track(cadences(0, 0.0), segment_beats=[0, 3.5, 7, 10.5, 14])  # 7/8
    assert len(bars) == 1 and bars[0].end == 16


@given(st.integers(0, 11), st.sampled_from(["major", "minor"]), st.integers(0, 11), st.sampled_from(["major", "minor"]))
def test_key_distance_is_a_distance(t1, m1, t2, m2):
    a, b = keyfinding.Key(t1, m1), keyfinding.Key(t2, m2)
    assert keyfinding.key_distance(a, b) == keyfinding.key_distance(b, a)
    assert (keyfinding.key_distance(a, b) == 0) == (a == b)
    assert a.relative.relative == a and a.parallel.parallel == a
    assert keyfinding.key_distance(a, a.relative) == 0.5


def test_clarity_of_scale_and_cluster():
    weights = [1.0 if c in {0, 2, 4, 5, 7, 9, 11} else 0.0 for c in range(12)]
    assert keyfinding.key_clarity(weights) > 0.1
    assert keyfinding.key_clarity([1.0] * 12) == 0.0
