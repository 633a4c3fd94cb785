"""`answer`: you play a phrase, it answers in your key, register and tempo, as long as you played or until you play
again; [player process]. The model hears every note as it comes, so at the phrase's end only the answer itself is
left to draw: by the note model `phrase`, or by rule without it."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any

import realtime.models.phrase.code as code
from realtime.contract import player_wire as wire
from realtime.contract.device import Param
from realtime.models.phrase import WITH_DYNAMICS, Composer, Line, Phrase, Taste
from realtime.music.rhythm import quantise
from realtime.music.sequence import fold_pitch
from realtime.players.dynamics import Dynamics
from realtime.players.ear import INNER, NEW, Ear
from realtime.players.keysense import KeySense
from realtime.players.player import Player
from realtime.players.rules import RulesComposer

PARAMS = (
    Param("temperature", "Temperature", "", 0.1, 2.0, 0.9, doc="Low: the likeliest; high: adventurous."),
    Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws only from the likeliest notes of this mass."),
    Param(
        "style", "Style", "", 0, 4, 0, curve="enum", labels=("any", *code.STYLES[1:]), doc="From its next answer on."
    ),
    Param("range", "Range", "st", 0.0, 24.0, 5.0, doc="How far beyond your highest and lowest note it goes."),
    Param("register", "Register", "oct", -3.0, 3.0, 0.0, stepped=True, doc="Octaves above or below you."),
    Param("close", "Cadence", "", 0.0, 6.0, 1.5, doc="How much its last beat leans to your tonic."),
    Param("gap_beats", "Patience", "beats", 0.25, 8.0, 1.0, curve="log", doc="Silence that ends your phrase."),
    Param("start", "Starts on", "", 0, 1, 0, curve="enum", labels=("beat", "bar")),
    Param("pulse", "Pulse", "", 0, 2, 0, curve="enum", labels=("auto", "transport", "you"), doc="Whose beat it keeps."),
    Param("hold", "Hold", curve="bool", doc="When it fails to answer, its last bars go on until it is back."),
    Param("longest_bars", "Longest", "bars", 1.0, 64.0, 32.0, stepped=True),
    Param("level", "Level", "", 0.0, 2.0, 1.0, doc="Its velocities against yours."),
)

HORIZON_BEATS = 1.0  # how far ahead notes are drawn once the answer runs
NOTES_A_TICK = 3  # drawn before what is planned goes out: the first notes wait for no others
BREATH = 0.5  # share of the patience after which the phrase may have ended: all but the answer itself is then done
AHEAD_OF_TIME = 8  # events taken in by one tick after which its own time may be over
DECIDE_BEATS = 0.1
LEAD_BEATS = 0.03  # the first note is planned at least this early


class AnswerPlayer(Player):
    """Without a package of `phrase` it answers by rule. composer: another one in the model's place."""

    name = "answer"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "range", "guard", "level"})
    LANES = ("melody",)
    MODEL = "phrase"

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
        self._written_out = True
        self._phrase_open = False
        self._bar_line = 0.0  # of the transport, before the phrase
        self._first_tick = 0  # where the phrase's turn begins, counted from it
        self._ready = False  # for an answer to all that was heard

    def _composer(self) -> Composer:
        model = self.load_model(Phrase)
        return RulesComposer() if model is None else model.writer()

    # -- hearing ---------------------------------------------------------------------------------------------------
    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if self.answer is not None:
            self._interrupt(beat)
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
        key = self.key.look(self.ear.notes, beat)
        pitches = [n.key for n in self.ear.melody]
        self.composer.set_frame(code.Frame.around(key.tonic, key.mode, sum(pitches) / len(pitches)))

    # -- time ----------------------------------------------------------------------------------------------------------
    def play(self) -> None:
        if self.answer is None:
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
        if self._phrase_open and self.ear.ended(self.now.beat + DECIDE_BEATS, self.values["gap_beats"]):
            self._plan_answer()

    def _breathe(self, beat: float) -> None:
        """What comes of a silence depends on its length alone, not on when the ticks come."""
        patience = BREATH * self.values["gap_beats"]
        if self.ear.melody and not (self._ready or self.ear.held) and beat - self.ear.last_sound >= patience:
            self._make_ready()

    def forget(self) -> None:
        if self.answer is not None:
            self.release()
        self.ear.clear()
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

    def _plan_answer(self) -> None:
        if not self._ready:
            self._make_ready()
        v, key = self.values, self.key.now
        self._taste = Taste.after(
            self.composer.lines[-1].notes, key.tonic, key.mode, round(v["range"]), temperature=v["temperature"],
            top_p=v["top_p"], density=v["density"], guard=min(2, int(v["guard"])), close=v["close"],
        )  # fmt: skip
        start_tick, length = self._place_answer()
        self.serial += 1
        self._random = Random(self.seed * 1_000_003 + self.serial)
        self.start_beat = self._beat_of(start_tick)
        self.end_beat = self._beat_of(start_tick + length)
        now = self.now
        bar, beat = (f(now.numerator, now.denominator) for f in (code.bar_ticks, code.beat_ticks))
        self._dynamics = Dynamics(*self.ear.dynamics(), self.values["level"], bar, beat)
        self.answer = self.composer.begin(code.ANSWER, start_tick, length, now.numerator, now.denominator, own=True)
        self._written_out = False
        rules = isinstance(self.composer, RulesComposer)
        self.say(wire.STATUS_RULES if rules else wire.STATUS_ANSWERING, self.start_beat)

    def _follow_pulse(self) -> None:
        """Writes the phrase down in the pulse it was played in, as far as it is known."""
        follow, line = self.values["pulse"], self.composer.lines[-1]
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

    def _place_answer(self) -> tuple[int, int]:
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
        earliest = (now.beat + LEAD_BEATS - self.origin) / self.period * code.TICKS
        return math.ceil(earliest / grid) * grid, length

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
            note = self.composer.write(self._taste, self._random)
            if note is None:
                self._written_out = True
                return
            velocity = self._dynamics.velocity(note.tick, self.composer.velocity, self._random)
            beat = self._beat_of(note.tick)
            if beat < self.now.beat - wire.LATE_BEATS:
                continue  # the machine was held up: what is past stays unplayed
            sounding = note.duration / code.TICKS * self.period * max(0.35, min(0.98, self.ear.legato()))
            key = fold_pitch(note.pitch + 12 * int(self.values["register"]))
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

    def _end_phrase(self) -> None:
        self._phrase_open = False
        self.key.remember(self.ear.notes)


PLAYER = AnswerPlayer
