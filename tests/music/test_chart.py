"""Chord charts from text: bars, repeats, endings, sections, metres, and what is wrong with them told in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.music.chart import Bar, Chart, kind_of
from realtime.music.chart_text import MOST_BARS, read_text
from realtime.music.chord_symbol import parse_chord
from realtime.music.keyfinding import Key
from realtime.native.errors import AntiphonError


def bars(text: str) -> list[str]:
    return [" ".join(str(chord) if chord else "N.C." for chord, _ in bar.chords) for bar in read_text(text).bars]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| C | Am7 D7 | G |", ["C", "Am7 D7", "G"]),
        ("C Am F G", ["C", "Am", "F", "G"]),
        ("C | % | F#m7b5/C | N.C.", ["C", "C", "F#m7b5/C", "N.C."]),
        ("| C | F | %% |", ["C", "F", "C", "F"]),
        ("|: C | F :|", ["C", "F", "C", "F"]),
        ("|: C :| x3 | G |", ["C", "C", "C", "G"]),
        ("| D |: C | F :| G |", ["D", "C", "F", "C", "F", "G"]),
        ("| C | F :| G |", ["C", "F", "C", "F", "G"]),
        ("|: C |1 F :|2 G |", ["C", "F", "C", "G"]),
        ("|: C | Dm |1 F | % :|2 G | C || A |", ["C", "Dm", "F", "F", "C", "Dm", "G", "C", "A"]),
        ("|: C |1 F :|2 G :|3 A |", ["C", "F", "C", "G", "C", "A"]),
        ("|: C :|: D :| E |", ["C", "C", "D", "D", "E"]),
        ("# all of it\n| C | # the end\n| G# | Bb# |".replace(" | Bb#", ""), ["C", "Ab"]),
        ("| C . . G |", ["C G"]),
    ],
)
def test_bars_are_played_as_a_musician_reads_them(text, expected):
    assert bars(text) == expected


def test_sections_repeat_last_and_come_again():
    chart = read_text("[Intro 3 bars] | C | F |\n[Verse x2]\n| Am | G |\n[chorus]\n| F |\n[verse]\n[Coda]\n| C |")
    assert [(s.name, s.kind, s.bar, s.bars) for s in chart.sections] == [
        ("Intro", "intro", 0, 3), ("Verse", "verse", 3, 2), ("Verse", "verse", 5, 2), ("chorus", "chorus", 7, 1),
        ("verse", "verse", 8, 2), ("Coda", "ending", 10, 1),
    ]  # fmt: skip
    assert [str(bar.chords[0][0]) for bar in chart.bars] == ["C", "F", "C", "Am", "G", "Am", "G", "F", "Am", "G", "C"]


@pytest.mark.parametrize(
    ("bar", "metre", "beats"),
    [("C F", (4, 4), [0, 2]), ("C F G", (4, 4), [0, 2, 3]), ("C F", (3, 4), [0, 2]), ("C F", (6, 8), [0, 1.5]),
     ("C F", (5, 4), [0, 3]), ("C F", (7, 8), [0, 2]), ("C . . F", (4, 4), [0, 3]), ("C / F", (3, 4), [0, 2]),
     ("C F G A D", (4, 4), [0, 0.8, 1.6, 2.4, 3.2])],
)  # fmt: skip
def test_chords_share_a_bar_by_its_felt_beats(bar, metre, beats):
    places = read_text(f"| {bar} |").bars[0].places(*metre)
    assert [beat for beat, _ in places] == pytest.approx(beats)


def test_metres_hold_until_another_comes():
    chart = read_text("time: 3/4\n| C | F | 4/4 G | C | 3/4 D |")
    assert chart.metres(4, 4) == [(3, 4), (3, 4), (4, 4), (4, 4), (3, 4)] and chart.metred
    assert not read_text("| C |").metred and read_text("| C |").metres(7, 8) == [(7, 8)]


def test_a_chart_goes_to_another_key_by_the_shorter_way():
    chart = read_text("title: Tune\nkey: Bb\n| Bb7 | Eb/G | N.C. |")
    moved = chart.in_key(Key(0, "major"))
    assert (moved.key.name, [str(bar.chords[0][0]) for bar in moved.bars]) == ("C major", ["C7", "F/A", "None"])
    assert chart.in_key(None) is chart and chart.title == "Tune"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it has no bars"),
        ("[verse]\n| C | Hm |", r"Chart, line 2, bar 2: Chord 'Hm'.*write a root and a quality"),
        ("| % |", "line 1, bar 1: % repeats the bar before"),
        ("| . C |", "goes on with a chord"),
        ("[verse]\n", r"line 1: section \[verse\] has no bars"),
        ("key: H\n| C |", "key 'H' is unknown"),
        ("time: 3/5\n| C |", "metre '3/5'"),
        ("|: :|", "repeat of no bars"),
        ("[a x0]\n| C |", "1 to 99 times"),
        ("|: C :| x99\n" * 30, "more than 2000 bars"),
        ("[a 2000 bars]\n| C |\n[b]\n| C |", "more than 2000 bars"),
        ("| C |" * 10_000, "characters are too many"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        read_text(text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Verse 2", "verse"), ("A", "verse"), ("A'", "verse"), ("B", "bridge"), ("Pre-Chorus", "bridge"), ("Outro", "ending"),
     ("Guitar Solo", "solo"), ("solo", "solo"), ("Refrain", "chorus"), ("", "")],
)  # fmt: skip
def test_sections_are_known_by_their_names(name, kind):
    assert kind_of(name) == kind


CHORDS = st.sampled_from(["C", "Am7", "F#m7b5", "Bb7", "D/F#", "N.C.", "Gsus4"])


@given(st.lists(st.tuples(st.lists(CHORDS, min_size=1, max_size=4), st.sampled_from([None, (3, 4), (7, 8)]), st.booleans()),
                min_size=1, max_size=12))  # fmt: skip
def test_a_chart_is_written_as_it_is_read(rows):
    found, now = [], None
    for symbols, metre, named in rows:
        new = metre if metre != now else None
        now = metre or now
        found.append(Bar(tuple((parse_chord(s), 0.0) for s in symbols), new, "verse" if named else None))
    chart = Chart(tuple(found))
    again = read_text(chart.text())
    if found[0].section is None:  # what stands before the first name is no section
        assert again.bars[0].section is None
    assert again == chart


@given(st.text(alphabet="|:[]%C#b7/ .x123\nNm-", max_size=60))
def test_no_text_breaks_the_reader(text):
    try:
        assert 1 <= len(read_text(text).bars) <= MOST_BARS
    except AntiphonError as error:
        assert "\n" not in str(error)
