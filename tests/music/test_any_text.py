"""Whatever a user types as chord or pitch is read or refused in one sentence; and theory stays
light to import."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.chord import Chord
from realtime.music.chord_naming import name_chord
from realtime.music.chord_symbol import parse_chord
from realtime.music.pitch import fifths_of, parse_pitch
from realtime.native.errors import AntiphonError

musical = st.text(alphabet="ABCDEFGabdgijmnosuvxIVN#♭Δø°+-/\\():[],.*? 0123456789", max_size=14)


@given(st.one_of(musical, st.text(max_size=8)))
@settings(max_examples=400, deadline=None)
def test_chords(text):
    try:
        chord = parse_chord(text)
        if chord is not None:
            assert isinstance(chord, Chord) and chord.bass in chord.classes
            assert parse_chord(chord.symbol()).classes == chord.classes
            assert parse_chord(chord.harte()).classes == chord.classes
    except AntiphonError as error:
        assert "such as" in str(error) and "\n" not in str(error).replace(repr(text), "")


@given(musical)
@settings(max_examples=200, deadline=None)
def test_pitches(text):
    for read in (parse_pitch, fifths_of):
        try:
            read(text)
        except AntiphonError as error:
            assert str(error).endswith(".")


@given(st.lists(st.integers(0, 127), max_size=10))
@settings(max_examples=300, deadline=None)
def test_any_notes_have_a_chord_or_none(pitches):
    chord = name_chord(pitches)
    if chord is not None:
        assert chord.bass == min(pitches) % 12
        # all that sounds is in the chord: nothing is explained away
        assert {p % 12 for p in pitches} <= chord.classes
        assert name_chord([p + 12 for p in pitches]) == chord


def test_theory_is_light():
    modules = (
        *("chord", "chord_naming", "chord_symbol", "keyfinding", "melody", "metre", "midifile", "pitch", "rhythm"),
        *("scale", "sequence", "swing", "syncopation", "voiceleading", "voiceleading_path"),
    )
    code = "import sys\n" + "".join(f"import realtime.music.{m}\n" for m in modules)
    code += "print(sorted({'torch', 'music21', 'scipy', 'librosa', 'numba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
