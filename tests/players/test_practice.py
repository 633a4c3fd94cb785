"""The practice player: it sets an exercise, hears it played, says where it went wrong, and goes on as a teacher would."""

from __future__ import annotations

import json

import pytest

from realtime.contract import player_wire as wire
from realtime.music.sequence import Note
from realtime.players.practice import LANES, LEVEL_STEP, STYLES, Practice
from realtime.players.rehearsal import MODELS, perform, sounding
from tests.players.stage import record

BAR = 4.0


class Lesson:
    """A player, a clock, and a pupil who plays each round that is set."""

    def __init__(self, tempo_bpm: float = 120.0, metre: tuple[int, int] = (4, 4), **values):
        values = {"bars": 4.0, "shows": 0.0, "style": float(STYLES.index("pop_eighths"))} | values
        self.player = Practice(package=MODELS / "grade.onnx", **values)
        self.tempo, self.metre, self.bar = tempo_bpm, metre, metre[0] * 4.0 / metre[1]
        self.beat, self.heard, self.reports = 0.0, [], []

    def go(self, until: float, notes: list[Note] = (), playing: bool = True) -> None:
        """Time passes, a quarter of a beat at a time."""
        while self.beat < until - 1e-9:
            end = min(until, self.beat + 0.25)
            mine = [n for n in notes if self.beat <= n.beat < end]
            self.heard += perform(
                self.player, mine, end, self.tempo, *self.metre, start=self.beat, playing=playing, tick_s=0.02
            )
            self.beat = end
            if self.player.report and (not self.reports or self.player.report != self.reports[-1]):
                self.reports.append(self.player.report)

    def to_round(self, latest: float = 200.0) -> None:
        """Up to the next round that is yours, a little before its first beat."""
        while self.player._round is None or self.player._round.shown or self.player._round.start < self.beat:
            assert self.beat < latest, "no round comes"
            self.go(self.beat + 0.25)

    def play(self, change=lambda note: note) -> dict:
        """Play the round that is set; returns its verdict."""
        self.to_round(self.beat + 200.0)
        now = self.player._round
        notes = [change(n) for n in now.score.notes]
        mine = [n._replace(beat=n.beat + now.start, duration=0.9 * n.duration) for n in notes if n is not None]
        self.go(now.end, mine)
        verdicts = [one for one in map(json.loads, self.reports) if one["over"]]
        return verdicts[-1]

    def lanes(self) -> set[str]:
        return {LANES[n.lane] for n in sounding(self.heard)}


def a_step_off(note: Note) -> Note:
    return note._replace(pitch=note.pitch + 1)


def test_it_counts_in_and_plays_the_band_alone_and_a_perfect_take_is_worth_all():
    lesson = Lesson()
    verdict = lesson.play()
    assert verdict["score"] == 100.0 and verdict["fault_count"] == 0 and verdict["level"] == 3.0
    notes = sounding(lesson.heard)
    clicks = [n.beat for n in notes if LANES[n.lane] == "click"]
    start = next(n.beat for n in notes if LANES[n.lane] == "drums")
    assert clicks[0] == 0.0 and max(b for b in clicks if b < start) == start - 1.0 and start % BAR == 0.0
    assert not lesson.lanes() & {"right", "left"} and "drums" in lesson.lanes()


@pytest.mark.parametrize(("shows", "times"), [(0, 0), (1, 1), (2, 1)])
def test_it_shows_the_exercise_as_it_is_told(shows, times):
    lesson = Lesson(shows=float(shows))
    lesson.play()
    shown = [n for n in sounding(lesson.heard) if LANES[n.lane] in ("right", "left")]
    assert len(shown) >= times * 8 and bool(shown) == bool(times)


def test_without_the_band_there_is_the_count_in_alone():
    lesson = Lesson(backing=0.0)
    lesson.play()
    assert lesson.lanes() == {"click"}


def test_a_fault_is_told_within_a_bar_where_it_was():
    lesson = Lesson()
    lesson.to_round()
    now = lesson.player._round
    first = now.score.notes[0]
    notes = [n._replace(beat=n.beat + now.start) for n in now.score.notes if n is not first]
    lesson.go(now.start + BAR + 0.75, notes)
    told = json.loads(lesson.player.report)
    assert not told["over"] and [(f["kind"], f["bar"], f["beat"]) for f in told["faults"]] == [("missing", 1, 1.0)]
    assert "is missing" in told["text"]


def test_it_gets_harder_after_a_good_take_and_the_next_exercise_is_another():
    lesson = Lesson()
    lesson.play()
    first = lesson.reports[0]
    verdict = lesson.play()
    assert verdict["level"] == 3.0 + LEVEL_STEP and json.loads(first)["title"] != verdict["title"]


def test_bars_that_went_badly_come_again_and_then_it_gets_easier():
    lesson = Lesson()
    lesson.play(lambda n: a_step_off(n) if BAR <= n.beat < 3 * BAR else n)
    verdict = lesson.play(a_step_off)
    assert verdict["bars"] == [2, 3] and verdict["level"] == 3.0
    assert {f["bar"] for f in verdict["faults"]} <= {2, 3}
    verdict = lesson.play(a_step_off)
    assert verdict["bars"] == [2, 3], "twice"
    verdict = lesson.play(a_step_off)
    assert verdict["bars"] == [1, 4]
    assert lesson.play()["level"] == 3.0 - LEVEL_STEP


def test_bars_that_came_right_in_the_loop_end_it():
    lesson = Lesson()
    lesson.play(lambda n: a_step_off(n) if n.beat < 2 * BAR else n)
    assert lesson.play()["bars"] == [1, 2]
    verdict = lesson.play()
    assert verdict["bars"] == [1, 4] and verdict["score"] == 100.0


def test_it_stays_where_it_is_when_it_may_not_adapt():
    lesson = Lesson(adapt=0.0)
    lesson.play()
    assert lesson.play()["level"] == 3.0


def test_who_does_not_play_is_waited_for_and_a_key_brings_it_back():
    lesson = Lesson(bars=2.0)
    lesson.go(60.0)
    before = len(sounding(lesson.heard))
    lesson.go(180.0)  # a minute and more
    assert len(sounding(lesson.heard)) == before, "it waits in silence"
    lesson.go(185.0, [Note(181.3, 0.5, 60, 0.7)])
    clicks = [n.beat for n in sounding(lesson.heard) if LANES[n.lane] == "click" and n.beat > 180.0]
    assert clicks[0] == 184.0
    assert lesson.play()["score"] == 100.0


def test_a_restart_in_the_middle_of_a_round_is_followed():
    lesson = Lesson()
    lesson.to_round()
    now = lesson.player._round
    half = [n._replace(beat=n.beat + now.start) for n in now.score.notes if n.beat < 2 * BAR]
    again = [n._replace(beat=n.beat + now.start + 2 * BAR) for n in now.score.notes if n.beat < 2 * BAR - 1.0]
    lesson.go(now.end, half + again)
    verdict = json.loads(lesson.player.report)
    assert "repeat" in {f["kind"] for f in verdict["faults"]}
    assert not [f for f in verdict["faults"] if f["kind"] in ("wrong", "late", "early", "extra")]


def test_a_stop_of_the_song_ends_the_round_with_a_verdict_and_no_note_hangs():
    lesson = Lesson()
    lesson.to_round()
    now = lesson.player._round
    notes = [n._replace(beat=n.beat + now.start) for n in now.score.notes]
    lesson.go(now.start + 2 * BAR + 0.5, notes)
    lesson.go(now.start + 3 * BAR, playing=False)
    told = json.loads(lesson.player.report)
    assert told["over"] and told["score"] == 100.0 and told["by_bar"] == [100.0, 100.0]
    assert lesson.heard[-1][1].kind in (wire.PLAN_RELEASE, wire.PLAN_STATUS, wire.PLAN_NOTE)
    assert not [p for at, p in lesson.heard if p.kind == wire.PLAN_NOTE and at > now.start + 2 * BAR + 1.0]
    last = now.start + 2 * BAR + 0.6
    assert all(n.beat + n.duration_beats <= last for n in sounding(lesson.heard))


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (5, 4), (7, 8), (12, 8)])
def test_in_any_metre_it_sets_exercises_that_can_be_played(metre):
    lesson = Lesson(metre=metre, tempo_bpm=100.0)
    assert lesson.play()["score"] == 100.0
    assert lesson.player._exercise is None or lesson.player._exercise.task.metre == metre


@pytest.mark.parametrize("tempo", [20.0, 400.0])
def test_at_any_tempo_nothing_is_late(tempo):
    lesson = Lesson(tempo_bpm=tempo)
    assert lesson.play()["score"] == 100.0
    assert all(p.beat >= at - 1e-6 for at, p in lesson.heard if p.kind == wire.PLAN_NOTE)


def test_the_metre_changes_under_it_and_the_next_exercise_is_in_the_new_one():
    lesson = Lesson()
    lesson.to_round()
    lesson.go(lesson.beat + BAR)
    lesson.metre, lesson.bar = (3, 4), 3.0
    lesson.beat = -(-lesson.beat // 12) * 12.0
    lesson.go(lesson.beat + 1.0)
    assert lesson.play()["score"] == 100.0
    assert json.loads(lesson.reports[-1])["over"]


def test_a_control_means_another_exercise_from_the_next_bar_on():
    lesson = Lesson()
    lesson.to_round()
    rows = [param.id for param in lesson.player.TABLE]
    lesson.player.hear(record(wire.PARAMETER, lesson.beat, number=rows.index("tonic"), value=7.0))
    lesson.player.hear(record(wire.PARAMETER, lesson.beat, number=rows.index("hands"), value=1.0))
    verdict = lesson.play()
    assert "in G major" in verdict["title"] and list(verdict["hands"]) == ["right"]


def test_without_its_model_it_says_so_and_is_silent():
    player = Practice()
    assert "grade" in player.warning and not perform(player, [], 16.0)


def test_two_hundred_notes_at_once_are_heard_and_forgiven():
    lesson = Lesson()
    lesson.to_round()
    start = lesson.player._round.start
    lesson.go(start + 4 * BAR, [Note(start + 1.0 + 0.0005 * i, 0.5, i % 128, 0.8) for i in range(200)])
    assert json.loads(lesson.reports[-1])["over"]
    assert lesson.play() is not None
