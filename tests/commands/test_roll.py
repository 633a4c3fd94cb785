"""Notes as a piano roll in the terminal; [main]."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.commands.output import plain
from realtime.commands.roll import ASCII_MARKS, key_name, piano_roll


def test_a_scale_climbs_from_left_to_right():
    lines = piano_roll([[i * 0.5, 0.5, key, 0.8, 0] for i, key in enumerate((60, 62, 64, 65))], 80, unicode=False)
    assert lines == [
        "    1",
        "F4 |......##........|".replace("##", "#="),
        "E4 |....#=..........|",
        "D4 |..#=............|",
        "C4 |#=..............|",
    ]


def test_nothing_is_said_in_words():
    assert piano_roll([]) == ["no notes"]


note = st.tuples(st.floats(0, 60), st.floats(0.05, 8), st.integers(0, 127), st.floats(0, 1), st.integers(0, 15))
notes = st.lists(note, min_size=1, max_size=60)


@given(notes, st.integers(24, 300))
def test_every_note_begins_in_the_line_of_its_key(found, width):
    lines = piano_roll(found, width, unicode=False)
    begins = sum(line.partition("|")[2].count(ASCII_MARKS[0]) for line in lines)
    assert begins == len({(int(n[0] * 4 + 1e-6), n[2]) for n in found})
    drawn = {line.partition("|")[0].strip() for line in lines if "|" in line}
    assert drawn == {key_name(int(n[2])) for n in found}
    widest = max(len(line) for line in lines)
    assert widest <= max(width, 24)


@pytest.mark.parametrize("text", ["take [b].mid", "[/x]", "[red]no[/]"])
def test_brackets_are_text(text):
    assert plain(text) == text


def test_control_characters_do_not_steer_the_terminal():
    assert plain("a\x1b[31mb\nc\td") == "a?[31mb?c?d"
