"""The book of planned notes: empty until they sound, gone when taken back, never more than there is room for."""

import random

import pytest

from realtime.control.wire import Message
from ui.connection import newest_beat
from ui.heard import YOU, Paper
from ui.state.planbook import MOST_NOTES, Course, PlanBook


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def book(time):
    """At 60 bpm a second is a beat; the transport stands on beat 8 and runs."""
    paper = Paper(lambda: time[0])
    paper.tempo_bpm, paper.playing = 60.0, True
    paper.heard_beat(8.0)
    made = PlanBook(paper)
    made.names = {"answer": 1, "comp": 2}
    return made


def plan(book, player, key, beat, duration=1.0, serial=1, lane="notes", kind="note"):
    book.push_plan((player, lane, kind, serial, beat, duration, key, 0.8))


def go(book, time, seconds):
    time[0] += seconds
    book.paper.advance()
    book.tick()


def test_a_note_is_empty_until_it_sounds_and_then_fills_with_time(book, time):
    plan(book, 1, 60, 10.0)
    (note,) = book.notes
    go(book, time, 2.0)
    assert book.filled(note) == note.start, "its time has come, but the engine has not told that it sounds"
    book.push_note("answer", True, 60, 0.8, 10.0, "notes")
    go(book, time, 0.25)
    assert book.filled(note) - note.start == pytest.approx(0.25)
    go(book, time, 5.0)
    assert book.filled(note) - note.start == pytest.approx(1.0)


def test_what_never_sounds_goes_by_empty_and_is_dropped_behind(book, time):
    book.behind = 4.0
    plan(book, 1, 60, 9.0)
    go(book, time, 3.0)
    assert len(book.notes) == 1 and not book.notes[0].sounded
    go(book, time, 4.0)
    assert book.notes == []


def test_a_note_let_go_before_its_planned_end_ends_there(book, time):
    plan(book, 1, 60, 8.0, duration=4.0)
    book.push_note("answer", True, 60, 0.8, 8.0, "notes")
    go(book, time, 1.0)
    book.push_note("answer", False, 60, 0.0, 9.0, "notes")
    (note,) = book.notes
    assert note.end - note.start == pytest.approx(1.0) and not note.open


def test_a_cancel_takes_back_its_player_s_notes_from_its_beat_on_and_no_others(book):
    plan(book, 1, 60, 9.0)
    plan(book, 1, 62, 10.0)
    plan(book, 1, 64, 11.0, serial=2)
    plan(book, 2, 65, 10.0)
    plan(book, 1, 0, 10.0, serial=1, kind="cancel")
    assert [one.key for one in book.notes] == [60, 64, 65]


def test_a_release_takes_back_all_and_ends_what_sounds(book, time):
    plan(book, 1, 60, 8.0, duration=4.0)
    plan(book, 1, 62, 10.0)
    book.push_note("answer", True, 60, 0.8, 8.0, "notes")
    go(book, time, 1.0)
    plan(book, 1, 0, 9.0, kind="release")
    (note,) = book.notes
    assert note.key == 60 and note.end - note.start == pytest.approx(1.0)


def test_two_of_a_key_fill_in_the_order_of_their_beats(book, time):
    plan(book, 1, 60, 8.5, duration=0.4)
    plan(book, 1, 60, 9.0, duration=0.4)
    go(book, time, 0.5)
    book.push_note("answer", True, 60, 0.8, 8.5, "notes")
    assert [one.sounded for one in book.notes] == [True, False]
    go(book, time, 0.5)
    book.push_note("answer", True, 60, 0.8, 9.0, "notes")
    assert [one.sounded for one in book.notes] == [True, True] and [one.open for one in book.notes] == [False, True]


def test_what_you_play_and_what_nobody_planned_grows_while_it_sounds(book, time):
    book.push_note(YOU, True, 72, 0.8, 8.0)
    book.push_note("comp", True, 48, 0.8, 8.0)
    book.push_note("a stranger", True, 50, 0.8, 8.0)
    go(book, time, 0.5)
    assert [(one.player, one.key) for one in book.notes] == [(0, 72), (2, 48)]
    assert all(book.lasting(one) - one.start == pytest.approx(0.5) for one in book.notes)
    book.push_note(YOU, False, 72, 0.0, 8.5)
    go(book, time, 2.0)
    assert book.lasting(book.notes[0]) - book.notes[0].start == pytest.approx(0.5)


def test_a_note_whose_plan_was_not_seen_goes_to_the_lane_that_plays_it(book, time):
    book.push_note("answer", True, 36, 0.8, 8.0, "kick")
    book.push_note("answer", True, 36, 0.8, 8.0, "bass")
    assert [(one.lane, one.open) for one in book.notes] == [("kick", True), ("bass", True)]
    go(book, time, 0.5)
    book.push_note("answer", False, 36, 0.0, 8.5, "bass")
    assert [one.open for one in book.notes] == [True, False], "one key on two lanes: each ends by itself"


def test_of_one_key_on_two_lanes_the_one_that_sounds_fills(book):
    plan(book, 1, 36, 8.0, lane="kick")
    plan(book, 1, 36, 8.0, lane="bass")
    book.push_note("answer", True, 36, 0.8, 8.0, "bass")
    assert [(one.lane, one.sounded) for one in book.notes] == [("kick", False), ("bass", True)]


def test_a_cancel_reaches_the_note_of_its_very_beat_whatever_the_paper_has_done(book, time):
    plan(book, 1, 60, 9.0)
    plan(book, 1, 62, 9.0 - 0.01)
    time[0] += 0.013
    book.paper.advance()
    book.paper.heard_beat(8.02)
    plan(book, 1, 0, 9.0, serial=1, kind="cancel")
    assert [one.key for one in book.notes] == [62]


def test_news_that_comes_late_lies_where_it_belongs(book, time):
    plan(book, 1, 60, 8.25)
    go(book, time, 1.5)  # the panel stood still
    book.push_note("answer", True, 60, 0.8, 8.25, "notes")
    (note,) = book.notes
    assert note.sounded and note.start == pytest.approx(book.paper.now - 1.25)


def test_notes_stay_between_the_bar_lines_when_the_beat_is_set_right(book, time):
    plan(book, 1, 60, 12.0)
    for _ in range(60):
        time[0] += 0.02
        book.paper.advance()
        book.paper.heard_beat(book.paper.transport_beat + 0.1)
    ahead = 12.0 - book.paper.transport_beat
    assert book.notes[0].start - book.paper.now == pytest.approx(ahead, abs=1e-6)


def stand(book, time, beats):
    """The engine stands still for so long, and then the panel hears where it is."""
    was = book.paper.transport_beat
    go(book, time, beats)
    book.paper.heard_beat(was)


def test_notes_stay_between_the_bar_lines_through_standstills_of_the_engine(book, time):
    plan(book, 1, 60, 12.0)
    for _ in range(4):
        stand(book, time, 0.4)
    assert book.notes[0].start - book.paper.now == pytest.approx(4.0)
    go(book, time, 4.0)
    book.push_note("answer", True, 60, 0.8, 12.0, "notes")
    assert [(one.sounded, one.start) for one in book.notes] == [(True, pytest.approx(book.paper.now))]


def test_after_a_long_standstill_a_planned_note_fills_where_it_sounds(book, time):
    plan(book, 1, 60, 10.0, 0.5)
    stand(book, time, 1.5)
    go(book, time, 2.0)
    book.push_note("answer", True, 60, 0.8, 10.0, "notes")
    (note,) = book.notes
    assert note.sounded and (note.start, note.end) == pytest.approx((book.paper.now, book.paper.now + 0.5))


def test_a_jump_of_the_transport_leaves_the_paper_where_it_is(book):
    plan(book, 1, 60, 10.0)
    book.paper.heard_beat(0.0)
    assert book.notes[0].start - book.paper.now == pytest.approx(2.0)


def test_memory_is_bounded_whatever_is_planned(book, time):
    dice = random.Random(1)
    for turn in range(6 * MOST_NOTES):
        beat = book.paper.transport_beat + dice.uniform(-2.0, 70.0)
        plan(book, dice.randint(1, 8), dice.randint(0, 127), beat, dice.uniform(0.0, 900.0))
        book.push_note(dice.choice([YOU, "answer", "comp"]), dice.random() < 0.7, dice.randint(0, 127), 0.5, beat)
        if turn % 500 == 0:
            go(book, time, 0.016)
    assert len(book.notes) <= MOST_NOTES
    go(book, time, 1000.0)
    assert all(book.lasting(one) >= book.paper.now - book.behind for one in book.notes)


def test_a_course_shows_what_holds_between_two_beats():
    course = Course()
    for at, text in ((0.0, "C"), (4.0, "C"), (8.0, "Am"), (12.0, ""), (14.0, "F")):
        course.tell(at, text)
    assert course.seen(2.0, 16.0) == [(2.0, 8.0, "C"), (8.0, 12.0, "Am"), (14.0, 16.0, "F")]
    for at in range(1000):
        course.tell(20.0 + at, str(at))
    assert len(course.marks) <= Course.MOST + 1


def test_of_several_beats_in_a_turn_the_newest_counts():
    beats = [Message("/transport/beat", "d", (float(n),)) for n in range(3)]
    other = Message("/transport/playing", "T", (True,))
    assert newest_beat([beats[0], other, beats[1], beats[2]]) == [other, beats[2]]
    assert newest_beat([other]) == [other]
