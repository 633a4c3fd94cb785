"""A chart that leads: every chord and section is told before its beat, over loops, jumps and changes of metre."""

import pytest

from realtime.music.chart_text import read_text
from realtime.players.follower.course import AHEAD_BARS, Course
from realtime.players.plan import Moment

TICK = 0.04


def moment(beat: float, song: float, metre=(4, 4), **more) -> Moment:
    bar_beats = metre[0] * 4.0 / metre[1]
    bar = int(song // bar_beats)
    return Moment(beat, 120.0, beat - (song - bar * bar_beats), *metre, song_beat=song, bar=bar, **more)


def play(course: Course, beats: float, metre=(4, 4), loop=None, song=0.0, beat=100.0) -> list[tuple]:
    """(told at, beat, chord or section) of a song that plays."""
    found = []
    for step in range(int(beats / TICK)):
        now = moment(beat + step * TICK, song, metre, loop=loop)
        for said in course.due(now):
            found.append((now.beat, round(said.beat, 6), said.section.name if said.section else str(said.chord)))
        song += TICK
        if loop is not None and song >= loop[1] and song - TICK < loop[1]:
            song -= loop[1] - loop[0]
    return found


def holding(told: list[tuple], what) -> dict[float, str]:
    """What holds from which beat on, as everybody who was told understands it."""
    rows: list[tuple[float, str]] = []
    for _, beat, name in told:
        if what(name):
            rows = [row for row in rows if row[0] < beat - 1e-6] + [(beat, name)]
    return {round(beat - 100.0, 3): name for beat, name in rows}


def chord(name: str) -> bool:
    return name[0].isupper()


def test_chords_are_told_two_bars_before_they_come_and_go_round():
    told = play(Course(read_text("| C | Am D7 | % | G |")), 40.0)
    known = holding(told, chord)
    assert [known.get(beat) for beat in (0.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0)] == [
        "C", "Am", "D7", "Am", "D7", "G", "C", "Am",
    ]  # fmt: skip
    assert all(at <= beat - AHEAD_BARS * 4 + TICK for at, beat, _ in told if beat > 108.0 + 4)
    assert len({(beat, name) for _, beat, name in told}) == len(told), "each once"


def test_sections_are_told_with_their_bars():
    course = Course(read_text("[intro]\n| C | % |\n[verse]\n| F | % | G |"))
    told = [said for step in range(600) for said in course.due(moment(100 + step * TICK, step * TICK))]
    sections = [(said.beat - 100.0, said.section.name, said.section.bars) for said in told if said.section]
    assert sections[:4] == [(0.0, "intro", 2), (8.0, "verse", 3), (20.0, "intro", 2), (28.0, "verse", 3)]


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8)])
def test_a_chart_without_metres_has_the_transports_bars(metre):
    bar = metre[0] * 4.0 / metre[1]
    known = holding(play(Course(read_text("| C | F | G |")), 6 * bar, metre), chord)
    assert [known.get(round(bar * n, 3)) for n in range(6)] == ["C", "F", "G", "C", "F", "G"]


def test_a_chart_with_metres_counts_its_own_beats():
    known = holding(play(Course(read_text("| 4/4 C | 3/4 F | 4/4 G |")), 24.0), chord)
    assert [known.get(beat) for beat in (0.0, 4.0, 7.0, 11.0, 15.0)] == ["C", "F", "G", "C", "F"]


def test_over_the_seam_of_a_loop_what_comes_is_known():
    course = Course(read_text("| C | F | G | A |"))
    told = play(course, 24.0, loop=(4.0, 12.0), song=4.0)
    known = holding(told, chord)
    assert [known.get(beat) for beat in (0.0, 4.0, 8.0, 12.0, 16.0)] == ["F", "G", "F", "G", "F"]
    assert all(at <= beat - 8.0 + TICK for at, beat, _ in told if beat > 112.5)


def test_a_loop_into_the_middle_of_a_chord():
    known = holding(play(Course(read_text("| C | F |")), 16.0, loop=(2.0, 6.0), song=2.0), chord)
    assert [known.get(beat) for beat in (0.0, 2.0, 4.0, 6.0, 8.0)] == ["C", "F", "C", "F", "C"]


def test_after_a_jump_all_is_told_anew_from_there():
    course = Course(read_text("[verse]\n| C | F | G | A |\n[chorus]\n| D | E |"))
    play(course, 3.0)
    said = course.due(moment(103.0, 17.0, jumps=1))
    assert [(s.beat, s.section.name if s.section else str(s.chord)) for s in said][:4] == [
        (103.0, "D"), (103.0, "chorus"), (106.0, "E"), (110.0, "verse"),
    ]  # fmt: skip


def test_a_song_that_stands_has_the_chord_of_its_place():
    course = Course(read_text("| C | F | G |"))
    assert [str(said.chord) for said in course.due(moment(50.0, 5.0, playing=False))] == ["F"]
    assert course.due(moment(53.0, 5.0, playing=False)) == []
    said = course.due(moment(54.0, 5.0, jumps=1))
    assert [(s.beat, str(s.chord)) for s in said][:3] == [(54.0, "F"), (57.0, "G"), (61.0, "C")]


def test_no_chord_is_a_chord_of_the_chart():
    known = holding(play(Course(read_text("| C | N.C. | % | C |")), 16.0), lambda name: True)
    assert known[4.0] == "None" and known[12.0] == "C" and 8.0 not in known


def test_what_comes_next():
    course = Course(read_text("| C | % | F |"))
    said = course.next(moment(10.0, 2.0))
    assert said is not None and (said.beat, str(said.chord)) == (16.0, "F")
    assert Course(read_text("| C |")).next(moment(0.0, 0.0)) is None


def test_a_chart_with_metres_says_them_at_their_bar_lines_ahead():
    course = Course(read_text("| 4/4 C | 3/4 F | % | 7/8 G |"))
    told = [(step * TICK, said) for step in range(200) for said in course.due(moment(100 + step * TICK, step * TICK))]
    metres = [(round(said.beat - 100.0, 3), said.metre) for at, said in told if said.metre is not None]
    assert metres[:4] == [(0.0, (4, 4)), (4.0, (3, 4)), (10.0, (7, 8)), (13.5, (4, 4))]
    assert all(at <= said.beat - 108.0 + TICK for at, said in told if said.metre and said.beat > 108.0 + 4)
    plain = Course(read_text("| C | F |"))
    assert not [said for said in plain.due(moment(100.0, 0.0)) if said.metre is not None]
