"""Modal mixture: the chords of a key in its parallel key."""

from __future__ import annotations

import pytest

from realtime.music.chord_symbol import parse_chord
from realtime.music.mixture import in_mode


@pytest.mark.parametrize(
    ("chord", "there"),
    [("C", "Cm"), ("F", "Fm"), ("Am", "Ab"), ("Em", "Eb"), ("Dm", "Ddim"), ("G7", "G7"), ("Am7", "Abmaj7")],
)
def test_major_becomes_minor_and_the_dominant_leads(chord, there):
    assert in_mode(parse_chord(chord), 0, "major", "minor").classes == parse_chord(there).classes


def test_and_back():
    for chord in ("Cm", "Fm", "Ab", "Eb"):
        assert in_mode(parse_chord(chord), 0, "minor", "major").classes <= {0, 2, 4, 5, 7, 9, 11}


def test_in_its_own_mode_a_chord_stays():
    assert in_mode(parse_chord("F#7"), 2, "minor", "minor") == parse_chord("F#7")
