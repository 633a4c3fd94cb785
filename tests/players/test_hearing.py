"""What a player is told of the music: what holds, and what a chart announces."""

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.contract.option import LONGEST_TEXT, Option
from realtime.native.errors import AntiphonError
from realtime.players.hearing import MOST_KNOWN, Course, Hearing
from realtime.players.player import Player, checked_options


def record(kind, beat, **fields):
    found = np.zeros(1, wire.LISTEN)
    for name, value in {"kind": kind, "beat": beat, **fields}.items():
        found[name] = value
    return found[0]


def test_a_course_knows_what_holds_and_what_comes():
    course = Course("")
    for beat, value in ((0.0, "C"), (4.0, "G"), (8.0, "F")):
        course.tell(beat, value)
    assert [course.at(beat) for beat in (-1.0, 0.0, 3.9, 4.0, 100.0)] == ["", "C", "C", "G", "F"]
    assert course.after(0.0) == [(4.0, "G"), (8.0, "F")]


def test_another_course_of_things_voids_what_was_announced():
    course = Course("")
    for beat, value in ((0.0, "C"), (4.0, "G"), (8.0, "F"), (4.0, "Am")):
        course.tell(beat, value)
    assert course.after(0.0) == [(4.0, "Am")]
    assert course.at(9.0) == "Am"


def test_a_course_forgets_the_oldest():
    course = Course(0)
    for beat in range(2 * MOST_KNOWN):
        course.tell(float(beat), beat)
    assert course.at(float(MOST_KNOWN // 2)) == 0
    assert course.at(2.0 * MOST_KNOWN) == 2 * MOST_KNOWN - 1


def test_records_of_chords_and_sections_make_their_courses():
    ear = Hearing()
    ear.hear(record(wire.CHORD, 2.0, key=9, number=1, bass=0, classes=0b1000010001))
    ear.hear(record(wire.CHORD, 6.0, key=-1))
    ear.hear(record(wire.SECTION, 8.0, number=wire.SECTIONS.index("chorus"), value=8.0))
    chord = ear.told.chords.at(3.0)
    assert chord is not None and (chord.root, chord.bass, chord.classes) == (9, 0, frozenset({0, 4, 9}))
    assert ear.told.chords.at(6.5) is None
    assert ear.told.sections.after(0.0) == [(8.0, "chorus")]


class Told(Player):
    OPTIONS = (Option("style", "waltz", choices=("waltz", "march")), Option("words", ""), Option("notes"))

    def play(self):
        pass


def test_options_of_a_player_are_checked_in_one_place():
    assert Told().options == {"style": "waltz", "words": ""}
    assert Told(options={"words": "at dusk", "notes": "a.mid"}).options["notes"] == "a.mid"
    for wrong, says in (({"style": "polka"}, "one of waltz, march"), ({"beat": 1}, "no option 'beat'"),
                        ({"words": "x" * (LONGEST_TEXT + 1)}, "at most"), ({"notes": 3}, "name of a file")):  # fmt: skip
        with pytest.raises(AntiphonError, match=says):
            checked_options(Told, wrong)
