"""ChordPro sheets as they come, and their lines on the bars of a song."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.music.chordpro import LARGEST_TEXT, lay_out, read
from realtime.native.errors import AntiphonError

SHEET = """# a comment of the file
{t: Swing Low}
{artist: Traditional}
{key: D}
{tempo: 72}
{time: 6/8}
{define: D base-fret 1 frets 0 0 0 2 3 2}
{start_of_chorus: Refrain}
Swing [D]low, sweet [G]chari[D]ot,
Comin' for to carry me [A7]home.
{eoc}
{c: softly}
{sov}
I looked over Jordan
{eov}
{chorus}
{sot}
e|--0--2--|
{eot}
{new_song}
{t: Another}
[C]Not this one
"""


def test_a_sheet_is_read_with_chords_at_their_columns_and_sections():
    sheet = read(SHEET)
    assert (sheet.title, sheet.artist, sheet.key, sheet.tempo_bpm, sheet.signature) == (
        "Swing Low",
        "Traditional",
        "D",
        72,
        (6, 8),
    )
    first = sheet.lines[0]
    assert first.text == "Swing low, sweet chariot," and first.chords == ((6, "D"), (17, "G"), (22, "D"))
    assert (first.section, first.label) == ("chorus", "Refrain")
    assert [line.text for line in sheet.lines if line.comment] == ["softly"]
    again = [line for line in sheet.lines if line.section == "chorus"]
    assert len(again) == 4 and again[2].text == first.text and again[2].chords == first.chords
    assert sheet.lines[-1].text == "e|--0--2--|" and sheet.lines[-1].chords == ()
    assert not any("Not this one" in line.text for line in sheet.lines)


@pytest.mark.parametrize(
    ("line", "text", "chords"),
    [
        ("[Am]Hi[*soft] there", "Hi there", ((0, "Am"), (2, "soft"))),
        ("an [open bracket", "an [open bracket", ()),
        ("[]empty", "empty", ()),
        ("[C][G]", "", ((0, "C"), (0, "G"))),
        ("{broken directive", "{broken directive", ()),
    ],
)
def test_odd_lines(line, text, chords):
    found = read(line).lines[0]
    assert (found.text, found.chords) == (text, chords)


def test_wrong_facts_are_passed_over():
    sheet = read("{tempo: fast}\n{time: 4}\n{tempo: nan}\n{key: }\nla")
    assert (sheet.tempo_bpm, sheet.signature, sheet.key) == (None, None, "")


def bars(text, starts=None, end=None):
    return [round(one.bar, 4) for one in lay_out(read(text).lines, starts, end)]


def test_a_line_lasts_a_bar_a_chord_where_nobody_says_more():
    assert bars("[C]a [F]b\n[G]c\nno chord\n[C]d") == [1, 3, 4, 5]


def test_hints_place_lines_and_give_them_length():
    assert bars("[C]a\n{bar: 9}\n[F]b\n{bars: 4}\n[G]c\n[C]d") == [1, 9, 10, 14]


def test_lines_share_what_there_is_between_two_places_by_their_chords():
    assert bars("[C]a [F]b [C]c\n[G]d\n{bar: 9}\n[C]e") == [1, 7, 9]
    assert bars("[C]a\n[F]b", end=9) == [1, 5]


def test_sections_begin_where_the_parts_of_that_name_do():
    text = "{sov: Verse}\n[C]a\n[F]b\n{eov}\n{soc}\n[G]c\n{eoc}"
    assert bars(text, {"Verse": 1, "Chorus": 9}, 17) == [1, 5, 9]
    assert bars(text, {"verse": 5, "chorus": 9}) == [5, 7, 9]


def test_grids_have_their_bars_drawn_and_tabs_and_comments_take_no_time():
    text = "{sog}\n| C . F . | G7 . . . |\n|: Am . . . | % | F G |\n{eog}\n{c: solo}\n{sot}\ne|---|\n{eot}\n[C]x"
    lines = read(text).lines
    assert [symbol for _, symbol in lines[0].chords] == ["C", "F", "G7"] and lines[1].bars == 3
    assert bars(text) == [1, 3, 6, 6, 6]


@given(st.text(max_size=400), st.integers(1, 64), st.dictionaries(st.text(max_size=5), st.integers(1, 50), max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_sheet_whose_bars_never_go_back(text, end, starts):
    sheet = read(text)
    found = [one.bar for one in lay_out(sheet.lines, starts, end)]
    assert found == sorted(found) and all(bar >= 1 for bar in found) and len(found) == len(sheet.lines)


def test_what_is_too_long_is_no_song():
    with pytest.raises(AntiphonError, match="are no song"):
        read("x" * (LARGEST_TEXT + 1))
