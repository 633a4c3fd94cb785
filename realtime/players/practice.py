"""`practice`: sets exercises by style, key, level and hands, plays the band behind them, hears you and says where it went wrong;
[player process].

A bar or more of count-in, the exercise, the verdict on its last bar line, and on: the worst bars again where it went badly, the
next exercise, harder or easier by what you did. All that it finds is in `report` (see lesson.told). What is planned depends on
bar lines and on what was heard before them alone; the next exercise is searched for while the count-in runs.
"""

from __future__ import annotations

import json
import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.grade import EASIEST, HARDEST
from realtime.music.passage import excerpt
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError
from realtime.players.lesson import HANDS, SKILL_NAMES, Exercise, Judge, Marks, Task, cached_exercise, key_of
from realtime.players.lesson.backing import LANES as BAND
from realtime.players.lesson.backing import backing, clicks
from realtime.players.lesson.told import fault_words, marks_told
from realtime.players.player import Player
from realtime.players.styles import style_names

STYLES = style_names()
FIRST_STYLE = "pop_eighths"
LANES = ("right", "left", "click", *BAND)
RIGHT, CLICK, FIRST_OF_BAND = 0, 2, 3
SHOWS = ("never", "first", "along")
NEVER, FIRST, ALONG = range(3)
AHEAD_BEATS, AHEAD_S = 1.0, 0.3
"""How far ahead it plans."""
SEARCH_S = 2.0
"""A count-in is no shorter: an exercise is searched for meanwhile."""
SEARCH_STEPS, PLAIN_STEPS = 60, 1
NEAR_BEATS, LEAD_BEATS = 0.02, 0.2
"""A bar line so little ago is not yet over; one so near is too near to begin on."""
EARLY_BEATS = 0.5
"""So much before the first bar line a note is already the exercise's."""
HARDER, EASIER = 90.0, 65.0
"""Marks from which on it gets harder, and below which the worst bars come again, then it gets easier."""
LEVEL_STEP = 0.5
WORST_BARS, LOOPS = 2, 2
PATIENCE = 2
"""After so many exercises that nobody played, it waits for a key."""
MOST_FAULTS = 24

PARAMS = (
    Param("style", "Style", "", 0, len(STYLES) - 1, STYLES.index(FIRST_STYLE), curve="enum", labels=STYLES,
          doc="Whose rhythm and band."),
    Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="C is 0."),
    Param("minor", "Minor", curve="bool"),
    Param("difficulty", "Difficulty", "", EASIEST, HARDEST, 3.0, doc="From a beginner's to an etude; where it begins."),
    Param("adapt", "Adapt", curve="bool", default=1.0, doc="Harder or easier by how you play."),
    Param("skill", "Skill", "", 0, len(SKILL_NAMES) - 1, 0, curve="enum", labels=SKILL_NAMES, doc="What it trains."),
    Param("hands", "Hands", "", 0, 2, 0, curve="enum", labels=HANDS),
    Param("bars", "Bars", "bars", 2.0, 32.0, 8.0, stepped=True, doc="Of an exercise."),
    Param("shows", "Shows", "", 0, 2, FIRST, curve="enum", labels=SHOWS,
          doc="Whether it plays the exercise: never, once before you, or along with you."),
    Param("backing", "Backing", "", 0.0, 1.5, 1.0, doc="How loud the band is; 0: the exercise alone."),
    Param("count_in", "Count-in", "bars", 1.0, 4.0, 1.0, stepped=True),
    Param("loop_worst", "Loop the worst", curve="bool", default=1.0, doc="Bars that went badly come again at once."),
)  # fmt: skip
AFRESH = frozenset({"style", "tonic", "minor", "difficulty", "skill", "hands", "bars", "seed"})
"""Moved, they mean another exercise, from the next bar line on."""


class Round:
    """One time through some bars of an exercise. start: the running beat of its first bar line; shown: it is played to you."""

    def __init__(self, exercise: Exercise, bars: tuple[int, int], start: float, shown: bool):
        self.exercise, self.bars, self.start, self.shown = exercise, bars, start, shown
        bar = exercise.bar_beats
        self.first, self.length = bars[0] * bar, (bars[1] - bars[0]) * bar
        self.score = excerpt(exercise.played, self.first, self.first + self.length)
        self.judge = Judge(self.score) if self.score.notes else None
        self.told_bars = 0
        self.held: dict[int, tuple[float, float]] = {}

    @property
    def end(self) -> float:
        return self.start + self.length

    @property
    def whole(self) -> bool:
        return self.bars == (0, self.exercise.task.bars)


class Practice(Player):
    """Plays while the transport does. A round that nobody played changes nothing; after PATIENCE of them it waits for a key."""

    PARAMS = PARAMS
    LANES = LANES
    MODEL = "grade"
    LADDER = ("searched", "plain")
    UNPITCHED = frozenset({"click", "drums"})
    SHAPES = frozenset({"density", "range", "intensity", "follow", "guard", "swing", "swing_of", "polyphony"})

    def __init__(self, *args: Any, **common: Any):
        self._thread = ThreadPoolExecutor(1, "exercise")
        self._asked: Future[Exercise] | None = None
        self._level = 0.0
        self._made = 0  # exercises so far: each has dice of its own
        self._round: Round | None = None
        self._next: tuple[float, tuple[int, int] | None] | None = None  # first bar line of the next round, its bars
        self._counted = False
        self._due: list[tuple[float, float, int, float, int]] = []  # to plan: beat, duration, key, velocity, lane
        self._exercise: Exercise | None = None
        self._loops = self._silent = 0
        self._fresh = True  # the exercise was not shown yet
        self._waits = False
        super().__init__(*args, **common)
        self._level = self.values["difficulty"]
        self._can = self.package is not None
        if not self._can:
            self.warning = "practice is silent: it needs the package of grade."

    # -- what it hears -------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if self._waits:
            self._waits = False
            self._begin(self.now.next_bar(beat + LEAD_BEATS))
        now = self._round
        if now is None or now.shown or now.judge is None:
            return
        place = beat - now.start
        if place >= -EARLY_BEATS and beat < self._verdict(now):
            now.judge.hear(Note(place, 0.1, key, velocity))
            now.held[key] = (place, len(now.judge.played) - 1)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        now = self._round
        if now is not None and now.judge is not None and key in now.held:
            place, at = now.held.pop(key)
            played = now.judge.played
            played[int(at)] = played[int(at)]._replace(duration=max(0.02, beat - now.start - place))

    def parameter(self, row: int, value: float) -> None:
        name = self.TABLE[row].id if 0 <= row < len(self.TABLE) else ""
        former = self.values.get(name)
        super().parameter(row, value)
        if name in AFRESH and self.values[name] != former:
            self._level = self.values["difficulty"]
            self._afresh()

    def _afresh(self) -> None:
        """Another exercise, from the next bar line on."""
        self.cancel(self._line())
        self._drop()
        self._exercise = None

    def forget(self) -> None:
        super().forget()
        self._drop()

    def _drop(self) -> None:
        """What was begun is over, and judged no more."""
        self._round, self._next, self._due, self._asked = None, None, [], None
        self._fresh, self._waits, self._loops, self._silent = True, False, 0, 0

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        if not self._can:
            return
        if not self.now.playing:
            if self._round is not None or self._next is not None:
                self._stop()
            return
        if self._round is not None and abs(self._round.exercise.bar_beats - self.now.bar_beats) > 1e-6:
            self._afresh()  # the metre has changed
        if self._round is None and self._next is None and not self._waits:
            self._begin(self._line())
        self._open()
        self._along()
        if self._round is not None and self.now.beat >= self._verdict(self._round):
            self._close(self._round)
        self._open()
        self._plan()

    def _stop(self) -> None:
        """The song has stopped: what was played of a round is still worth something."""
        done = self._round
        self.release()
        if done is not None and not done.shown and done.judge is not None and len(done.judge.played) >= 8:
            self._tell(done, done.judge.marks(self._reached(done), self._beat_s), True)
        self._drop()

    def _reached(self, done: Round) -> float:
        """How far the round has come, in whole bars of the score."""
        bar = done.exercise.bar_beats
        return max(bar, math.floor((self.now.beat - done.start) / bar + 1e-6) * bar)

    @property
    def _beat_s(self) -> float:
        return 60.0 / self.now.tempo_bpm

    def _line(self) -> float:
        """The bar line that comes, or has just come."""
        return self.now.next_bar(self.now.beat - NEAR_BEATS)

    def _verdict(self, now: Round) -> float:
        """The beat at which a round is judged: in its last bar, which is one long note, early enough to plan on."""
        return now.end - min(self._ahead, 0.75 * now.exercise.bar_beats)

    def _begin(self, line: float, bars: tuple[int, int] | None = None) -> None:
        """A count-in from a bar line on, and a round behind it. bars: None: all."""
        now = self.now
        least = 1 if self._exercise is not None else math.ceil(SEARCH_S / self._beat_s / now.bar_beats)
        count = max(int(self.values["count_in"]), least)
        self._next = (line + count * now.bar_beats, bars)
        if self._exercise is None:
            self._ask()
        metre = (now.numerator, now.denominator)
        for note in clicks(metre, count):
            self._due.append((line + note.beat, note.duration, note.pitch, note.velocity, CLICK))
        self.say(wire.STATUS_PREPARING)

    def _ask(self) -> None:
        """Have the next exercise made meanwhile."""
        v, now = self.values, self.now
        self._made += 1
        task = Task(
            STYLES[int(v["style"])], key_of(int(v["tonic"]), v["minor"] >= 0.5), round(self._level, 2),
            SKILL_NAMES[int(v["skill"])], HANDS[int(v["hands"])], int(v["bars"]), (now.numerator, now.denominator),
            round(now.tempo_bpm, 1),
        )  # fmt: skip
        seed = Random(f"{self.seed}:{self.take_number}:{self._made}").randrange(1 << 30)
        steps = PLAIN_STEPS if self.rung else SEARCH_STEPS
        self._asked = self._thread.submit(_prepared, str(self.package), task, seed, steps)
        self._fresh = True

    def _open(self) -> None:
        """The next round, as soon as it has to be planned."""
        if self._next is None or self._round is not None or self.now.beat < self._next[0] - self._ahead:
            return
        start, bars = self._next
        if self._asked is not None:
            try:
                self._exercise = self._asked.result()  # made during the count-in: nobody waits
            except AntiphonError as error:
                self._can, self.warning = False, f"practice is silent: {error}"
                self._drop()
                return
            self._asked = None
        assert self._exercise is not None
        self._next = None
        shown = self.values["shows"] == FIRST and self._fresh and bars is None
        self._fresh = False
        self._round = Round(self._exercise, bars or (0, self._exercise.task.bars), start, shown)
        self.serial += 1
        self._fill(self._round)
        self.say(wire.STATUS_ANSWERING if shown else wire.STATUS_LISTENING)
        self._tell(self._round, None, False)

    def _fill(self, now: Round) -> None:
        """What is heard in a round."""
        if now.shown or self.values["shows"] == ALONG:
            self._due += [
                (now.start + n.beat, n.duration, n.pitch, n.velocity, RIGHT + min(1, n.channel))
                for n in now.score.notes
            ]
        loud = self.values["backing"]
        for n in backing(now.exercise) if loud > 0.0 else []:
            if now.first - 1e-6 <= n.beat < now.first + now.length - 1e-6:
                at = now.start + n.beat - now.first
                length = min(n.duration, now.end - at)
                self._due.append((at, length, n.pitch, min(1.0, loud * n.velocity), FIRST_OF_BAND + n.channel))

    @property
    def _ahead(self) -> float:
        return max(AHEAD_BEATS, AHEAD_S / self._beat_s)

    def _plan(self) -> None:
        if not self._due:
            return
        self._due.sort()
        horizon = self.now.beat + self._ahead
        while self._due and self._due[0][0] < horizon:
            beat, length, key, velocity, lane = self._due.pop(0)
            if beat >= self.now.beat - wire.LATE_BEATS:
                self.plan(beat, max(0.02, length), key, min(1.0, max(1.0 / 127.0, velocity)), lane)

    # -- what it makes of it -------------------------------------------------------------------------------------------

    def _along(self) -> None:
        """After each bar, what went wrong in it."""
        now = self._round
        if now is None or now.shown or now.judge is None or not now.judge.played:
            return
        bars = int((self.now.beat - now.start - EARLY_BEATS) / now.exercise.bar_beats)
        if 0 < bars < now.bars[1] - now.bars[0] and bars > now.told_bars:
            now.told_bars = bars
            self._tell(now, now.judge.marks(bars * now.exercise.bar_beats, self._beat_s), False)

    def _close(self, done: Round) -> None:
        """The round is over: the verdict, and what comes next."""
        self._round = None
        if done.shown:
            self._begin(done.end)
            return
        if done.judge is None or not done.judge.played:
            self._silent += 1
            if self._silent >= PATIENCE:
                self._waits = True
                self.say(wire.STATUS_LISTENING)
                return
            self._begin(done.end)
            return
        self._silent = 0
        marks = done.judge.marks(self._verdict(done) - done.start, self._beat_s)
        self._tell(done, marks, True)
        self._begin(done.end, self._what_next(done, marks))

    def _what_next(self, done: Round, marks: Marks) -> tuple[int, int] | None:
        """The bars of the next round; the exercise is given up for another where it is done with."""
        if not done.whole:
            self._loops += 1
            return done.bars if self._loops < LOOPS and marks.score < HARDER else None
        again = self.values["loop_worst"] >= 0.5 and done.exercise.task.bars > WORST_BARS and not self._loops
        if marks.score < HARDER and again:
            return marks.worst(WORST_BARS)
        self._loops = 0
        if self.values["adapt"] >= 0.5:
            step = LEVEL_STEP if marks.score >= HARDER else -LEVEL_STEP if marks.score < EASIER else 0.0
            self._level = min(HARDEST, max(EASIEST, self._level + step))
        if marks.score >= HARDER or self._level != done.exercise.task.level:
            self._exercise = None
        return None

    def _tell(self, now: Round, marks: Marks | None, over: bool) -> None:
        """What the panel and a program can read of it."""
        exercise = now.exercise
        told: dict[str, Any] = {
            "title": exercise.title, "level": round(self._level, 2), "grade": round(exercise.grade, 2),
            "bars": [now.bars[0] + 1, now.bars[1]], "shown": now.shown, "over": over,
        }  # fmt: skip
        if marks is not None:
            here = replace(marks, faults=tuple(replace(f, bar=f.bar + now.bars[0]) for f in marks.faults))
            result = marks_told(here, exercise.task.key, MOST_FAULTS)
            result["worst"] = [bar + now.bars[0] for bar in result["worst"]]
            last = here.faults[-1] if here.faults else None
            words = fault_words(last, exercise.task.key) if last is not None else "no fault"
            told |= {"text": f"{marks.score:.0f} of 100, {marks.trend}; {words}"} | result
        else:
            told["text"] = f"{exercise.title}: {'listen' if now.shown else 'play'}"
        self.report = json.dumps(told)


def _prepared(package: str, task: Task, seed: int, steps: int) -> Exercise:
    """An exercise and its backing, both kept."""
    exercise = cached_exercise(package, task, seed, steps)
    backing(exercise)
    return exercise


PLAYER = Practice
