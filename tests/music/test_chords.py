"""Chords: symbols of every notation, the chord some notes make, the vocabularies of chord recognition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.chord import MIREX_SEVENTHS, QUALITIES, SEVENTHS, Chord
from realtime.music.chord_naming import name_chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.chord_table import BY_MASK
from realtime.native.errors import AntiphonError

SYMBOLS = {
    "C:maj": "C E G",
    "C:min7": "C Eb G Bb",
    "Cm7": "C Eb G Bb",
    "C-7": "C Eb G Bb",
    "CΔ7": "C E G B",
    "C^": "C E G B",
    "CM7": "C E G B",
    "Cmi7": "C Eb G Bb",
    "Cø": "C Eb Gb Bb",
    "Ch7": "C Eb Gb Bb",
    "C°7": "C Eb Gb Bbb",
    "Co": "C Eb Gb",
    "C+7": "C E G# Bb",
    "C7+": "C E G# Bb",
    "C7+9": "C E G Bb D#",
    "C7-9": "C E G Bb Db",
    "Csus": "C F G",
    "C2": "C E G D",
    "C5": "C G",
    "C6/9": "C E G A D",
    "C69": "C E G A D",
    "Cm(maj7)": "C Eb G B",
    "CmMaj7": "C Eb G B",
    "Cm/maj7": "C Eb G B",
    "C-Δ7": "C Eb G B",
    "C7(b9,#11)": "C E G Bb Db F#",
    "C7b9#11": "C E G Bb Db F#",
    "C7alt": "C E Gb G# Bb Db D#",
    "C13": "C E G Bb D A",
    "C11": "C E G Bb D F",
    "Cm11b5": "C Eb Gb Bb D F",
    "C13sus4": "C F G Bb D A",
    "C(9)": "C E G D",
    "C9": "C E G Bb D",
    "Cmaj9#11": "C E G B D F#",
    "C:hdim7": "C Eb Gb Bb",
    "C:sus4(b7,9)": "C F G Bb D",
    "C:sus4(7,9)": "C F G Bb D",
    "C:13(b9)": "C E G Bb Db A",
    "C:7(b5)": "C E Gb Bb",
    "C:maj(9)": "C E G D",
    "C:(3,5)": "C E G",
    "C:1": "C",
    "C:maj(*5)": "C E",
    "C:half-diminished": "C Eb Gb Bb",
    "C:major-seventh": "C E G B",
    "Ebmaj7": "Eb G Bb D",
    "F#m7b5": "F# A C E",
    "Bb7#9": "Bb D F Ab C#",
    "am": "A C E",
}


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_symbol_means_its_notes(symbol):
    assert " ".join(parse_chord(symbol).names()) == SYMBOLS[symbol]


@pytest.mark.parametrize("symbol", ["N", "N.C.", "NC", "n.c.", "no chord"])
def test_no_chord_is_none(symbol):
    assert parse_chord(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "bass", "inversion"),
    [("F#m7b5/C", 0, 2), ("C:maj7/3", 4, 1), ("C:min/b3", 3, 1), ("C7/Bb", 10, 3), ("C/D", 2, -1), ("C:maj/9", 2, -1)],
)
def test_slash_is_a_note_or_a_degree(symbol, bass, inversion):
    chord = parse_chord(symbol)
    assert (chord.bass, chord.inversion) == (bass, inversion)
    assert bass in chord.classes


def test_polychords_and_sets():
    assert parse_chord("D\\C7") == parse_chord("C13#11")
    assert parse_chord("D/C7") == parse_chord("C13#11")
    assert parse_chord("?2,4,5,8,11").symbol() == "E7b9"


@pytest.mark.parametrize(
    "text", ["", "H7", "C:foo", "Cxyz", "C/", "C:maj(", "C:?", "7", "?", "C:maj/q", "*", "C:7(99)"]
)
def test_what_is_no_chord_is_told_in_one_sentence(text):
    with pytest.raises(AntiphonError, match="such as Cm7"):
        parse_chord(text)


def test_not_text():
    with pytest.raises(AntiphonError, match="as text"):
        parse_chord(None)


def test_every_quality_differs():
    assert len(BY_MASK) == len(QUALITIES)


chords = st.builds(
    Chord,
    st.integers(0, 11),
    st.sampled_from(sorted(QUALITIES)),
    st.integers(0, 11),
)


@given(chords, st.one_of(st.none(), st.integers(0, 11)), st.sampled_from(["major", "minor"]))
@settings(max_examples=300, deadline=None)
def test_what_is_printed_reads_back(chord, tonic, mode):
    assert parse_chord(chord.symbol(tonic, mode)) == chord
    assert parse_chord(chord.harte(tonic, mode)) == chord


@given(chords, st.integers(-24, 24))
@settings(max_examples=100, deadline=None)
def test_transposing_moves_everything(chord, n):
    moved = chord.transposed(n)
    assert moved.classes == {(c + n) % 12 for c in chord.classes}
    assert moved.symbol().split("/")[0].lstrip("ABCDEFG#b") == chord.symbol().split("/")[0].lstrip("ABCDEFG#b")
    assert sum(chord.template) == len(chord.classes)
    if chord.majmin() < 24:
        assert moved.majmin() % 12 == (chord.majmin() + n) % 12
    assert chord.sevenths() in SEVENTHS


@given(st.sampled_from([q for q in QUALITIES if len(QUALITIES[q].degrees) > 3]), st.integers(0, 11))
@settings(max_examples=100, deadline=None)
def test_a_chord_in_root_position_is_named_by_its_bass(quality, root):
    pitches = [36 + root, *(60 + (root + i) % 12 for i in QUALITIES[quality].intervals[1:])]
    named = name_chord(pitches)
    if quality not in ("sus24", "7sus2"):
        assert named is not None
        assert (named.root, named.quality, named.bass) == (root, quality, root)


@pytest.mark.parametrize(
    ("pitches", "symbol"),
    [
        ((60, 64, 67), "C"),
        ((64, 67, 72), "C/E"),
        ((67, 72, 76), "C/G"),
        ((60, 64, 69), "Am/C"),
        ((65, 69, 72, 74), "F6"),
        ((62, 65, 69, 72), "Dm7"),
        ((59, 65, 67), "G7/B"),
        ((62, 67, 71, 77), "G7/D"),
        ((60, 65, 67), "Csus4"),
        ((60, 67), "C5"),
        ((67, 72), "C5/G"),
        ((63, 66, 69, 72), "Ebdim7"),
        ((64, 68, 72), "E+"),
        ((53, 64, 69, 72), "Fmaj7"),
    ],
)
def test_chords_that_notes_make(pitches, symbol):
    assert name_chord(pitches).symbol() == symbol


@pytest.mark.parametrize("pitches", [(), (60,), (48, 60, 72), (60, 61), (60, 62), (60, 66), tuple(range(60, 72))])
def test_notes_that_make_no_chord(pitches):
    assert name_chord(pitches) is None


@pytest.mark.parametrize(
    ("symbol", "majmin", "mirex", "sevenths", "mirex_sevenths"),
    [
        ("C", 0, "maj", "maj", "maj"),
        ("Dm", 14, "min", "min", "min"),
        ("G9", 7, "maj", "7", "7"),
        ("G7#9", 7, "maj", "7", "7"),
        ("G7b5", 7, None, "7", None),
        ("Bdim7", 23, None, "dim7", None),
        ("Caug", 0, None, "aug", None),
        ("Csus4", 24, None, "sus4", None),
        ("C5", 24, None, "5", None),
        ("C6", 0, "maj", "maj", None),
        ("Am11", 21, "min", "min7", "min7"),
        ("Cm(maj7)", 12, "min", "minmaj7", None),
        ("F/G", 5, None, "maj", None),
        ("C13sus4", 24, None, "7sus4", None),
    ],
)
def test_vocabularies(symbol, majmin, mirex, sevenths, mirex_sevenths):
    chord = parse_chord(symbol)
    assert (chord.majmin(), chord.mirex_majmin(), chord.sevenths()) == (majmin, mirex, sevenths)
    assert chord.mirex_sevenths() == mirex_sevenths
    assert mirex_sevenths is None or mirex_sevenths in MIREX_SEVENTHS
