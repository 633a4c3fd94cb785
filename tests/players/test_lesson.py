"""What a take is worth: a perfect one is worth all, and every fault is found where it is and called what it is."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import pytest

from realtime.music.keyfinding import read_key
from realtime.music.midifile import write_midi
from realtime.music.scale import key_classes
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.players.lesson import Judge, Task, make_exercise
from realtime.players.lesson.align import Aligner
from realtime.players.lesson.backing import CHANNELS, backing, backing_file
from realtime.players.lesson.picture import picture
from realtime.players.lesson.take import judge_files, judge_take, read_score
from realtime.players.lesson.told import fault_words, marks_told
from tests.players.lesson_pieces import BAR, GRADE, PIECE, TEMPO_BPM, at_bar, moved

BEAT_S = 60.0 / TEMPO_BPM
KEY = read_key("C")


def worth(notes, tempo_bpm=TEMPO_BPM, score=PIECE):
    return judge_take(score, NoteSequence(list(notes), TempoMap([(0.0, tempo_bpm)]), score.metres)).marks


def kinds(marks):
    return [(fault.kind, fault.bar, fault.beat, fault.hand) for fault in marks.faults]


def test_a_perfect_take_is_worth_all_of_it():
    marks = worth(PIECE.notes)
    assert marks.score == 100.0 and set(marks.parts.values()) == {100.0} and not marks.faults
    assert marks.right == marks.notes == len(PIECE.notes) and set(marks.by_bar) == {100.0} and marks.trend == "in time"


def test_nothing_played_is_worth_nothing():
    marks = Judge(PIECE).marks()
    assert marks.score == 0.0 and len(marks.faults) == len(PIECE.notes)


@pytest.mark.parametrize("hand", [0, 1])
@pytest.mark.parametrize("bar", [1, 3, 6, 8])
def test_each_fault_of_a_note_is_found_at_its_bar_and_beat_and_hand(bar, hand):
    at = at_bar(bar, hand)
    note, others = PIECE.notes[at], [n for i, n in enumerate(PIECE.notes) if i != at]
    place = (bar, note.beat - (bar - 1) * BAR + 1.0, ("right", "left")[hand])
    wrong = worth([*others, note._replace(pitch=note.pitch + 1)])
    assert kinds(wrong) == [("wrong", *place)]
    assert (wrong.faults[0].played, wrong.faults[0].wanted) == (note.pitch + 1, note.pitch)
    assert kinds(worth(others)) == [("missing", *place)]
    assert kinds(worth([*others, note._replace(pitch=note.pitch + 12)])) == [("octave", *place)]
    late = worth([*others, note._replace(beat=note.beat + 0.04 / BEAT_S)])
    assert kinds(late) == [("late", *place)] and late.faults[0].ms == pytest.approx(40.0, abs=0.5)
    if note.beat > 0:
        early = worth([*others, note._replace(beat=note.beat - 0.04 / BEAT_S)])
        assert kinds(early) == [("early", *place)] and early.faults[0].ms == pytest.approx(-40.0, abs=0.5)
    extra = worth([*PIECE.notes, note._replace(beat=note.beat + 0.3, pitch=note.pitch + 5)])
    assert [(k, b) for k, b, _, _ in kinds(extra)] == [("extra", bar)]
    for marks in (wrong, late, extra, worth(others)):
        assert 90.0 < marks.score <= 100.0 and (marks.score < 100.0 or marks is late)


def test_a_take_late_throughout_is_late_and_one_that_drags_or_rushes_says_so():
    late = worth(moved(PIECE.notes, 0.04 / BEAT_S))
    assert late.mean_ms == pytest.approx(40.0, abs=0.5) and late.spread_ms < 1.0 and late.trend == "late"
    assert worth([n._replace(beat=n.beat * 0.985) for n in PIECE.notes]).trend == "rushing"
    dragging = worth([n._replace(beat=n.beat * 1.015) for n in PIECE.notes])
    assert dragging.trend == "dragging" and dragging.drift_ms == pytest.approx(0.015 * BAR * BEAT_S * 1000, rel=0.1)


def test_uneven_eighths_are_found_in_their_bar_and_hand():
    notes = [
        n._replace(beat=n.beat + 0.12) if n.channel == 0 and 2 * BAR <= n.beat < 3 * BAR and n.beat % 1.0 else n
        for n in PIECE.notes
    ]
    marks = worth(notes)
    assert ("uneven", 3, 1.0, "right") in kinds(marks) and marks.parts["evenness"] < 99.0
    assert {bar for kind, bar, _, _ in kinds(marks)} == {3}


def test_unlike_velocities_cost_dynamics_alone():
    dice = Random(1)
    marks = worth([n._replace(velocity=dice.choice((0.2, 0.95))) for n in PIECE.notes])
    assert marks.parts["dynamics"] < 20.0 and marks.parts["pitch"] == marks.parts["timing"] == 100.0
    louder = worth([n._replace(velocity=min(1.0, n.velocity + 0.2)) for n in PIECE.notes])
    assert louder.parts["dynamics"] == 100.0, "louder as a whole is no fault"


def test_a_bar_played_twice_a_bar_left_out_a_stop_of_a_minute_and_a_restart():
    twice = [n for n in PIECE.notes if n.beat < 3 * BAR] + moved([n for n in PIECE.notes if n.beat >= 2 * BAR], BAR)
    assert kinds(worth(twice)) == [("repeat", 3, 1.0, "")]
    left_out = [n for n in PIECE.notes if n.beat < 3 * BAR] + moved([n for n in PIECE.notes if n.beat >= 4 * BAR], -BAR)
    assert kinds(worth(left_out)) == [("skip", 4, 1.0, "")]
    minute = 60.0 / BEAT_S
    stop = [n for n in PIECE.notes if n.beat < 3 * BAR] + moved([n for n in PIECE.notes if n.beat >= 3 * BAR], minute)
    marks = worth(stop)
    assert [(kind, bar) for kind, bar, _, _ in kinds(marks)] == [("pause", 3)] and marks.parts["pitch"] == 100.0
    again = [n for n in PIECE.notes if n.beat < 6 * BAR] + moved([n for n in PIECE.notes if n.beat >= 4 * BAR], 12.4)
    marks = worth(again)
    assert kinds(marks) == [("repeat", 5, 1.0, "")] and marks.parts["timing"] == 100.0


def test_ornaments_are_no_faults_but_a_slip_beside_a_key_is_one():
    at = at_bar(8, 0)
    note, others = PIECE.notes[at], [n for i, n in enumerate(PIECE.notes) if i != at]
    step = 0.1 / BEAT_S
    trill = [note._replace(beat=note.beat + i * step, duration=step, pitch=note.pitch + 2 * (i % 2)) for i in range(9)]
    marks = worth([*others, *trill])
    assert not marks.faults and marks.ornaments == 8 and marks.score == 100.0
    grace = note._replace(beat=note.beat - 0.08 / BEAT_S, duration=0.07 / BEAT_S, pitch=note.pitch - 1)
    marks = worth([*PIECE.notes, grace])
    assert not marks.faults and marks.ornaments == 1
    slip = note._replace(pitch=note.pitch - 1)
    assert [kind for kind, *_ in kinds(worth([*PIECE.notes, slip]))] == ["extra"]


def test_another_tempo_throughout_is_judged_by_its_own_pulse():
    heard = judge_take(PIECE, NoteSequence(list(PIECE.notes), TempoMap([(0.0, 0.7 * TEMPO_BPM)]), PIECE.metres))
    assert heard.tempo == pytest.approx(0.7, abs=0.01) and heard.marks.score == 100.0


def test_a_take_that_begins_bars_later_or_in_the_middle_is_judged_as_what_it_is():
    assert worth(moved(PIECE.notes, 2 * BAR)).score == 100.0, "a count-in before it"
    marks = worth([n for n in PIECE.notes if n.beat >= 4 * BAR])
    assert {fault.kind for fault in marks.faults} == {"missing"} and marks.by_bar[4:] == (100.0,) * 4


def test_a_human_take_is_right_and_told_with_its_spread():
    dice = Random(3)
    marks = worth([n._replace(beat=max(0.0, n.beat + dice.gauss(0.0, 0.012) / BEAT_S)) for n in PIECE.notes])
    assert marks.parts["pitch"] == 100.0 and 8.0 < marks.spread_ms < 16.0 and marks.score > 97.0


def test_many_faults_at_once_are_all_told_apart():
    dice = Random(5)
    notes, wanted = [], []
    for i, n in enumerate(PIECE.notes):
        if i % 9 == 4:
            wanted.append(("missing", n.beat))
            continue
        if i % 9 == 8:
            wanted.append(("wrong", n.beat))
            n = n._replace(pitch=n.pitch + dice.choice((-1, 1)))
        notes.append(n)
    found = [(fault.kind, fault.at) for fault in worth(notes).faults]
    assert len(set(found) & set(wanted)) >= 0.9 * len(set(wanted)) and len(found) <= 1.2 * len(wanted)


def test_two_hundred_notes_at_once_are_heard_without_harm_and_in_no_time():
    dice = Random(1)
    crash = [Note(4.0 + 0.0005 * i, 0.5, dice.randrange(128), 0.9) for i in range(200)]
    judge = Judge(PIECE)
    began = time.process_time()
    for note in crash:
        judge.hear(note)
    marks = judge.marks()
    assert time.process_time() - began < 5.0 and marks.score < 30.0
    marks = worth([*PIECE.notes, *crash])
    assert marks.right >= 0.95 * marks.notes, "and the piece round it is still found"


def test_it_knows_where_you_are_while_you_play():
    judge = Judge(PIECE)
    for note in [n for n in PIECE.notes if 4 * BAR <= n.beat < 6 * BAR]:
        judge.hear(note._replace(beat=note.beat + 100.3))  # from the middle on, at any time
    assert 5 * BAR <= judge.now < 6 * BAR
    part = Judge(PIECE)
    for note in [n for n in PIECE.notes if n.beat < 2 * BAR]:
        part.hear(note)
    assert part.marks(2 * BAR).score == 100.0, "of what has been reached"


def test_each_note_is_aligned_to_its_own_stroke():
    aligner = Aligner(PIECE.notes, clock=True)
    for note in PIECE.notes:
        aligner.hear(note.beat, note.pitch)
    assert [float(aligner.beats[at]) for at in aligner.path()] == pytest.approx([n.beat for n in PIECE.notes], abs=0.03)


def test_what_it_tells_is_json_and_words():
    at = at_bar(3, 0)
    marks = worth([n for i, n in enumerate(PIECE.notes) if i != at])
    told = marks_told(marks, KEY)
    assert told["worst"] in ([2, 3], [3, 4]) and told["faults"][0]["kind"] == "missing" and told["by_bar"][2] < 100
    assert fault_words(marks.faults[0], KEY).startswith("bar 3, beat ") and "is missing" in fault_words(
        marks.faults[0], KEY
    )
    drawn = picture(PIECE, marks, PIECE.notes, "a < b")
    assert drawn.count("<rect") > len(PIECE.notes) and "stroke-dasharray" in drawn and "a &lt; b" in drawn


def test_scores_from_files_are_split_into_hands_and_bad_ones_are_told(tmp_path):
    one_channel = replace(PIECE, notes=[n._replace(channel=3) for n in PIECE.notes])
    write_midi(one_channel, tmp_path / "score.mid")
    score = read_score(tmp_path / "score.mid")
    right = [n for n in score.notes if n.channel == 0]
    assert {n.channel for n in score.notes} == {0, 1} and min(n.pitch for n in right) >= 55
    write_midi(PIECE, tmp_path / "take.mid")
    assert judge_files(tmp_path / "score.mid", tmp_path / "take.mid").marks.score == 100.0
    write_midi(NoteSequence([Note(0.0, 1.0, 38, 0.5, 9)]), tmp_path / "drums.mid")
    with pytest.raises(AntiphonError, match="no note in it"):
        judge_files(tmp_path / "score.mid", tmp_path / "drums.mid")


@pytest.mark.parametrize("style", ["waltz", "ballad", "swing", "slow_rock", "seven_eight", "five_four", "bossa"])
@pytest.mark.parametrize("hands", ["both", "right", "left"])
def test_an_exercise_is_in_its_style_its_key_and_its_hands(style, hands):
    task = Task(style, read_key("Bb"), 3.0, "any", hands, 4)
    exercise = make_exercise(GRADE, task, 2, steps=20)
    notes = exercise.written.notes
    assert {n.channel for n in notes} == {"both": {0, 1}, "right": {0}, "left": {1}}[hands]
    assert all(n.pitch % 12 in key_classes(10, "major") for n in notes)
    assert exercise.written.metres == [Metre(0.0, *task.played_metre)] and len(exercise.chords) == 4
    assert exercise.beats - exercise.bar_beats < max(n.end for n in notes) <= exercise.beats
    assert str(exercise.chords[-1]) == "Bb"
    band = backing(exercise)
    assert {n.channel for n in band} <= {0, 1, 2} and len(band) > 0 and max(n.end for n in band) <= exercise.beats
    file = backing_file(exercise)
    assert min(n.beat for n in file.notes if n.channel == CHANNELS[1]) >= exercise.bar_beats, "a count-in before it"
    judge = Judge(exercise.played)
    for note in exercise.played.notes:
        judge.hear(note)
    assert judge.marks().score == 100.0, "in swing, too"


@pytest.mark.parametrize("level", [1.5, 3.0, 5.0, 8.0])
def test_a_level_is_met_and_the_same_seed_gives_the_same(level):
    first, second = (make_exercise(GRADE, Task("pop_eighths", KEY, level), 4) for _ in range(2))
    assert abs(first.grade - level) <= 0.8 and first.written.notes == second.written.notes
