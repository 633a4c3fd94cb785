"""`answer`: you play a phrase, it answers in your key, register and tempo, as long as you played or until you play
again, or trades turns of equal bars with you; [player process].

The model hears every note as it comes, so at the phrase's end only the answer itself is left to draw: by the note model
`phrase`, or by rule without it.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import realtime.models.phrase.code as code
from realtime.contract import player_wire as wire
from realtime.contract.device import Param
from realtime.models.phrase import WITH_DYNAMICS, Composer, Line, Phrase, Taste
from realtime.music.keyfinding import Key
from realtime.music.rhythm import quantise
from realtime.music.sequence import fold_pitch
from realtime.players.dynamics import Dynamics
from realtime.players.ear import INNER, NEW, Ear
from realtime.players.keysense import KeySense
from realtime.players.player import Player
from realtime.players.rules import RulesComposer
from realtime.players.trading import UPBEAT_BEATS, Form

PARAMS: tuple[Param, ...] = (
    Param("temperature", "Temperature", "", 0.1, 2.0, 0.9, doc="Low: the likeliest; high: adventurous."),
    Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws only from the likeliest notes of this mass."),
    Param(
        "style", "Style", "", 0, 4, 0, curve="enum", labels=("any", *code.STYLES[1:]), doc="From its next answer on."
    ),
    Param("range", "Range", "st", 0.0, 24.0, 5.0, doc="How far beyond your highest and lowest note it goes."),
    Param("register", "Register", "oct", -3.0, 3.0, 0.0, stepped=True, doc="Octaves above or below you."),
    Param(
        "close", "Cadence", "", 0.0, 6.0, 3.0, doc="How much its last, long note leans to your tonic; 0: no such note."
    ),
    Param("gap_beats", "Patience", "beats", 0.25, 8.0, 1.0, curve="log", doc="Silence that ends your phrase."),
    Param("start", "Starts on", "", 0, 1, 0, curve="enum", labels=("beat", "bar")),
    Param(
        "trade",
        "Trade",
        "bars",
        0.0,
        16.0,
        0.0,
        stepped=True,
        doc="You so many bars, it so many, on the bar; 0: no turns.",
    ),
    Param(
        "fill", "Fills in", curve="bool", doc="Leads from your phrase to the one before, which it takes to come next."
    ),
    Param("pulse", "Pulse", "", 0, 2, 0, curve="enum", labels=("auto", "transport", "you"), doc="Whose beat it keeps."),
    Param("hold", "Hold", curve="bool", doc="When it fails to answer, its last bars go on until it is back."),
    Param("longest_bars", "Longest", "bars", 1.0, 64.0, 32.0, stepped=True),
    Param("level", "Level", "", 0.0, 2.0, 1.0, doc="Its velocities against yours."),
)

HORIZON_BEATS = 1.0  # how far ahead notes are drawn once the answer runs
NOTES_A_TICK = 3  # drawn before what is planned goes out: the first notes wait for no others
BREATH = 0.5  # share of the patience after which the phrase may have ended: all but the answer itself is then done
AHEAD_OF_TIME = 8  # events taken in by one tick after which its own time may be over
DECIDE_BEATS, DECIDE_S = 0.1, 0.045
SAME_BEAT = 1e-3
NEAR_THE_LINE, LONG_BEATS = (
    0.6,
    1.2,
)  # beats, behind a short or a long note, from a bar line within which a phrase may be rounded off
CLOSED_BARS = 4  # a phrase of a multiple of these that ends long is over at the bar line, without patience
SHORTEST_END, LONGER = 0.4, 1.35  # a last note is at least so many beats, and so much longer than the usual step
RECENT = 16
LEAD_BEATS = 0.03  # the first note is planned at least this early


class AnswerPlayer(Player):
    """Without a package of `phrase` it answers by rule. composer: another one in the model's place."""

    name = "answer"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "range", "guard", "level"})
    LANES = ("melody",)
    MODEL = "phrase"
    LADDER = ("model", "rules")

    def __init__(self, package: str | Path | None = None, composer: Composer | None = None, **common: Any):
        super().__init__(package, **common)
        self.composer = composer or self._composer()
        self.ear = Ear()
        self.key = KeySense()
        self.origin = 0.0  # the bar line from which the phrase's ticks count, as a beat
        self.period = 1.0  # the performer's beat in transport beats
        self.answer: Line | None = None
        self.start_beat = self.end_beat = 0.0
        self._random = Random(self.seed)
        self._taste = Taste()
        self._dynamics = Dynamics(0.7, 0.0, 1.0, code.TICKS, code.TICKS)
        self._form = Form()
        self._calls: deque[list[list[int]]] = deque(
            maxlen=2
        )  # the notes of your last phrases, from their first bar line
        self._upbeat: list[tuple[float, int, float, int]] = []  # notes played in its turn, to open yours
        self._model = self.composer
        self._written_out = True
        self._phrase_open = False
        self._bar_line = 0.0  # of the transport, before the phrase
        self._first_tick = 0  # where the phrase's turn begins, counted from it
        self._ready = False  # for an answer to all that was heard

    def _composer(self) -> Composer:
        model = self.load_model(Phrase)
        return self._cheaper() if model is None else model.writer()

    def _cheaper(self) -> Composer:
        """What composes without the model, or where that is too slow."""
        return RulesComposer()

    def _by_rule(self, composer: Composer) -> bool:
        return isinstance(composer, RulesComposer)

    # -- hearing ---------------------------------------------------------------------------------------------------
    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if self._form.on:
            self._form.begin(beat, self.now)
            turn = self._form.turn(beat, self.now)
            if turn.mine:
                if turn.end - beat <= UPBEAT_BEATS:
                    self._upbeat.append((beat, key, velocity, channel))
                return
            if self.answer is not None and beat >= self.end_beat - SAME_BEAT:
                self._close_answer()
        elif self.answer is not None:
            self._interrupt(beat)
        self._hear_note(beat, key, velocity, channel)

    def _hear_note(self, beat: float, key: int, velocity: float, channel: int) -> None:
        if self._phrase_open:
            self._breathe(beat)
        self._ready = False
        first = not self._phrase_open
        if first:
            self._open_phrase(beat)
        kind = self.ear.note_on(beat, key, velocity, channel, self.now.tempo_bpm)
        if kind == INNER:
            return
        if kind == NEW:
            self._hear_melody_note(beat, key, velocity, first)
        else:
            self.composer.correct(key)
        count = len(self.ear.melody)
        if count >= 4 and count & (count - 1) == 0:  # the key is looked at after 4, 8, 16 ... notes and at the end
            self._set_frame(beat)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self.ear.note_off(beat, key, channel)

    def _open_phrase(self, beat: float) -> None:
        self.ear.clear()
        self._phrase_open = True
        bar = self.now.numerator * 4.0 / self.now.denominator
        self._bar_line = self.now.bar_start_beat + math.floor((beat - self.now.bar_start_beat + 0.1) / bar) * bar
        self._first_tick = int((beat - self._bar_line + 0.1) // 1) * code.TICKS
        self.origin, self.period = self._bar_line, 1.0

    def _hear_melody_note(self, beat: float, key: int, velocity: float, first: bool) -> None:
        if first:
            self.composer.begin(code.CALL, self._first_tick, 0, self.now.numerator, self.now.denominator)
        notes = self.composer.lines[-1].notes
        last = notes[-1][0] if notes else None
        tick = quantise((beat - self.origin) / self.period, last)
        before = 0 if last is None else self.ear.duration(len(self.ear.melody) - 2, tick - last, self.period)
        self.composer.hear(tick, key, before, velocity)

    def _set_frame(self, beat: float) -> None:
        key = self._key(beat)
        pitches = [n.key for n in self.ear.melody]
        self.composer.set_frame(code.Frame.around(key.tonic, key.mode, sum(pitches) / len(pitches)))

    def _key(self, beat: float) -> Key:
        """As the follower says it, who hears all; else as it is heard here."""
        heard = self.key.look(self.ear.notes, beat)
        return Key(self.told.tonic, self.told.mode) if self.told.tonic >= 0 else heard

    # -- time ----------------------------------------------------------------------------------------------------------
    def play(self) -> None:
        self._form.set(round(self.values["trade"]))
        if self.answer is None:
            if self._form.on:
                self._await_its_turn()
            else:
                self._await_the_end()
        if self.answer is not None:
            self._write_ahead()
            if self.now.beat >= self.end_beat:
                self._close_answer()

    def _await_the_end(self) -> None:
        if self._phrase_open:
            self._breathe(self.now.beat)
        if self.composer.catch_up() > AHEAD_OF_TIME:
            return  # it took time: the next tick knows how late it is
        # decided a little before the patience is over, so that an answer due on the beat where it ends can be on it
        if not (self._phrase_open and self.ear.melody):
            return
        if (line := self._closing_line()) is not None:
            self._plan_answer(at=line)
        elif self.ear.ended(self.now.beat + self._ahead, self._patience()):
            self._plan_answer()

    def _await_its_turn(self) -> None:
        """On the form nobody's silence counts: its turn begins on its bar line, if it has ever heard a phrase; where you
        have rested yours, it answers the one before."""
        if not self._form.begun:
            return
        turn = self._form.turn(self.now.beat, self.now)
        if self._phrase_open and not turn.mine and turn.end - self.now.beat <= BREATH and not self._ready:
            self._make_ready()
        if self.composer.catch_up() > AHEAD_OF_TIME or turn.mine:
            return
        if turn.end - self.now.beat <= self._ahead and (self._phrase_open or self._calls):
            if not self._phrase_open:
                self.origin, self.period, self._ready = turn.start, 1.0, True
            self._plan_answer(turn.end, turn.end - turn.start)

    @property
    def _ahead(self) -> float:
        """Beats before its time at which a thing is decided: some ticks, however fast they come."""
        return max(DECIDE_BEATS, DECIDE_S * self.now.tempo_bpm / 60.0)

    def _patience(self) -> float:
        """Beats of silence that end the phrase: twice as many where it is not rounded off on an even bar line."""
        pair = 2.0 * self.now.bar_beats
        place = (self.ear.last_sound - self._bar_line) % pair
        rounded = min(place, pair - place) <= (LONG_BEATS if self._ends_long() else NEAR_THE_LINE)
        return self.values["gap_beats"] * (1.0 if rounded or len(self.ear.melody) < 2 else 2.0)

    def _ends_long(self) -> bool:
        """Whether the last note may end a phrase: longer than the notes before it, and let go."""
        last = self.ear.melody[-1]
        steps = sorted(b.on - a.on for a, b in pairwise(self.ear.melody[-RECENT:]))
        usual = steps[len(steps) // 2] if steps else 1.0
        return last.off is not None and last.off - last.on >= max(SHORTEST_END, LONGER * usual)

    def _closing_line(self) -> float | None:
        """The bar line just ahead if the phrase ends on it: of whole fours, and its last note a long one."""
        now = self.now
        line = now.next_bar(now.beat)
        bars = round((line - self._bar_line) / now.bar_beats)
        if line - now.beat > self._ahead or not self.ear.melody or self.ear.held or bars <= 0 or bars % CLOSED_BARS:
            return None
        last = self.ear.melody[-1]
        ends = self._ends_long() and self.ear.last_sound <= line and last.on < line and self.values["pulse"] != 2
        return line if ends else None

    def _breathe(self, beat: float) -> None:
        """What comes of a silence depends on its length alone, not on when the ticks come."""
        patience = BREATH * self.values["gap_beats"]
        if self.ear.melody and not self.ear.held and self._ends_long():
            patience = 0.0  # it may end at the next bar line
        if self.ear.melody and not (self._ready or self.ear.held) and beat - self.ear.last_sound >= patience:
            self._make_ready()

    def forget(self) -> None:
        if self.answer is not None:
            self.release()
        self.ear.clear()
        self._form.forget()
        self._calls.clear()
        self._upbeat.clear()
        self._phrase_open = False
        self.answer = None
        self.composer.clear()

    # -- the answer ---------------------------------------------------------------------------------------------
    def _make_ready(self) -> None:
        """All that an answer needs and that may take time."""
        self._ready = True
        style = int(self.values["style"])
        self.composer.set_style(style, code.LINE, style in WITH_DYNAMICS)
        self._follow_pulse()
        self._set_frame(self.ear.last_sound)

    def _plan_answer(self, at: float | None = None, length_beats: float | None = None) -> None:
        """at: its first beat; None: as soon as it may. length_beats; None: as the phrase says."""
        self._take_rung()
        if not self._ready:
            self._make_ready()
        now, v, key = self.now, self.values, self._key(self.ear.last_sound)
        bar, beat = (f(now.numerator, now.denominator) for f in (code.bar_ticks, code.beat_ticks))
        if at is not None and length_beats is not None:
            start_tick, length = self._place_turn(at, length_beats)
        else:
            start_tick, length = self._place_answer(self.now.beat + LEAD_BEATS if at is None else at - SAME_BEAT)
        self.serial += 1
        self._random = Random(f"{self.seed}:{self.take_number}:{self.serial}")
        role = code.ANSWER
        call = list(self.composer.lines[-1].notes) if self._phrase_open else self._calls[-1]
        if v["fill"] and self._phrase_open and self._calls and self._lead_over(call, start_tick, length):
            role = code.MIDDLE
        cadence = self._cadence(length, bar, beat) if v["close"] and role == code.ANSWER else 0
        self._taste = Taste.after(
            call, key.tonic, key.mode, round(v["range"]), temperature=v["temperature"], top_p=v["top_p"],
            density=v["density"], guard=min(2, int(v["guard"])), close=v["close"], cadence=cadence,
        )  # fmt: skip
        if self._phrase_open:
            self._calls.append(call)
        self.start_beat = self._beat_of(start_tick)
        self.end_beat = self._beat_of(start_tick + length)
        self._dynamics = Dynamics(*self.ear.dynamics(), v["level"], bar, beat)
        self.answer = self.composer.begin(role, start_tick, length, now.numerator, now.denominator, own=True)
        self._written_out = False
        rules = self._by_rule(self.composer)
        self.say(wire.STATUS_RULES if rules else wire.STATUS_ANSWERING, self.start_beat)

    def _take_rung(self) -> None:
        """The composer of this rung, with the same past."""
        if self.rung == 0 and self.composer is not self._model:
            rules, self.composer = self.composer, self._model
            self.composer.lines = rules.lines
            self.composer.take_in_anew()
        elif self.rung > 0 and self.composer is self._model and not self._by_rule(self._model):
            self.composer = self._cheaper()
            self.composer.lines, self.composer.frame = self._model.lines, self._model.frame
            self.composer.take_in_anew()

    def _lead_over(self, call: list[list[int]], start_tick: int, length: int) -> bool:
        """The past as two sides with a gap: your phrase, and behind its turn the one before it."""
        now, before = self.now, self._calls[-1]
        bar = code.bar_ticks(now.numerator, now.denominator)
        shift = start_tick + length - before[0][0] // bar * bar
        line = self.composer.lines[-1]
        self.composer.clear()
        sides = ((code.PREFIX, call, 0), (code.SUFFIX, before, shift))
        for role, notes, moved in sides:
            self.composer.begin(role, notes[0][0] // bar * bar + moved, 0, line.numerator, line.denominator)
            self.composer.replace_notes([[n[0] + moved, *n[1:]] for n in notes])
        return True

    def _cadence(self, length: int, bar: int, beat: int) -> int:
        """Ticks of its last note: the last beat, half a bar or, of long turns, a whole one."""
        if length < 2 * beat:
            return 0
        half = max(beat, bar // 2 // beat * beat)
        lengths = (half, half, beat) if length < CLOSED_BARS * bar else (half, half, bar - bar % beat)
        return min(length - beat, self._random.choice(lengths))

    def _place_turn(self, start: float, length: float) -> tuple[int, int]:
        """Of a turn in beats: (start, length) in ticks; on the form the transport's beat counts."""
        return round((start - self.origin) / self.period * code.TICKS), max(1, round(length / self.period * code.TICKS))

    def _follow_pulse(self) -> None:
        """Writes the phrase down in the pulse it was played in, as far as it is known."""
        follow = 1 if self._form.on else self.values["pulse"]
        line = self.composer.lines[-1]
        start, self.origin, self.period = self._first_tick, self._bar_line, 1.0
        if follow == 2 or (follow == 0 and not self.ear.keeps_transport()):
            start, self.origin, self.period = 0, self.ear.melody[0].on, self.ear.pulse()
            # hands drift: the answer keeps the phase of the last notes
            late = [n.on for n in self.ear.melody[-4:]]
            ticks = [(b - self.origin) / self.period for b in late]
            self.origin += self.period * sum(t - quantise(t) / code.TICKS for t in ticks) / len(ticks)
        notes = self.ear.ticks(self.origin, self.period)
        if start != line.start_tick or [(n[0], n[2]) for n in notes] != [(n[0], n[2]) for n in line.notes]:
            line.start_tick = start
            self.composer.replace_notes(notes)
        else:
            line.notes[-1][1] = notes[-1][1]

    def _place_answer(self, earliest_beat: float) -> tuple[int, int]:
        """(start, length) of the answer in ticks from `origin`."""
        now, line = self.now, self.composer.lines[-1]
        bar = code.bar_ticks(now.numerator, now.denominator)
        unit = code.beat_ticks(now.numerator, now.denominator)
        sounded = max((self.ear.last_sound - self.origin) / self.period * code.TICKS, line.notes[-1][0] + 1)
        first = line.notes[0][0] // unit * unit
        length = max(unit, math.ceil((sounded - 4 - first) / unit) * unit)
        if length >= bar - unit and min(length % bar, -length % bar) <= unit:
            length = max(1, round(length / bar)) * bar
        length = min(length, int(self.values["longest_bars"]) * bar)
        grid = bar if self.values["start"] == 1 else unit
        earliest = (earliest_beat - self.origin) / self.period * code.TICKS
        start = math.ceil(earliest / grid) * grid
        end = (start + length) // bar * bar  # on a bar line, where that leaves the most of it
        return start, (end - start if length >= bar and end - start >= length / 2 else length)

    @property
    def _octaves(self) -> int:
        return int(self.values["register"])

    def _beat_of(self, tick: int) -> float:
        return self.origin + tick / code.TICKS * self.period

    def _write_ahead(self) -> None:
        """Draws notes up to a beat ahead of now (and ahead of the start), a few a tick."""
        limit = max(self.now.beat, self.start_beat) + HORIZON_BEATS
        for _ in range(NOTES_A_TICK):
            if self._written_out or self.answer is None:
                return
            if self.answer.notes and self._beat_of(self.answer.notes[-1][0]) > limit:
                return
            latest = self.answer.start_tick + code.beat_ticks(self.answer.numerator, self.answer.denominator)
            note = self.composer.write(self._taste, self._random, latest_first_tick=latest)
            if note is None:
                self._written_out = True
                return
            velocity = self._dynamics.velocity(note.tick, self.composer.velocity, self._random)
            beat = self._beat_of(note.tick)
            if beat < self.now.beat - wire.LATE_BEATS:
                continue  # the machine was held up: what is past stays unplayed
            last = self._taste.cadence > 0 and note.duration >= self._taste.cadence
            legato = max(0.9 if last else 0.35, min(0.98, self.ear.legato()))
            sounding = note.duration / code.TICKS * self.period * legato
            key = fold_pitch(note.pitch + 12 * self._octaves)
            self.plan(beat, max(0.02, sounding), key, velocity)

    def _interrupt(self, beat: float) -> None:
        """You play: it stops at once and remembers only what was heard; before its first note your phrase goes on."""
        answer, begun = self.answer, beat >= self.start_beat
        self.answer = None
        self.release(beat)
        self.say(wire.STATUS_LISTENING, beat)
        assert answer is not None
        if begun:
            self.composer.replace_notes([n for n in answer.notes if self._beat_of(n[0]) < beat])
            self._end_phrase()
        else:
            self.composer.take_back()

    def _close_answer(self) -> None:
        self.answer = None
        self._end_phrase()
        self.say(wire.STATUS_LISTENING)
        upbeat, self._upbeat = self._upbeat, []
        for note in upbeat:
            self._hear_note(*note)

    def _end_phrase(self) -> None:
        self._phrase_open = False
        self.key.remember(self.ear.notes)


PLAYER = AnswerPlayer
