"""`mirror`: it learns how you play while you play, keeps it by your name, and answers in your gaps or goes along, in your own
manner; [player process].

What it learned of you is blended, by a knob, with what the note model `phrase` was taught: see players.manner. All the rest
is as `answer` does it.
"""

from __future__ import annotations

import time
from collections import deque
from random import Random
from typing import Any, NamedTuple

import realtime.models.phrase.code as code
from realtime.contract import player_wire as wire
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.models.phrase import Composer, Phrase, Taste
from realtime.music.keyfinding import Key
from realtime.music.rhythm import quantise
from realtime.music.sequence import fold_pitch
from realtime.native.errors import AntiphonError
from realtime.players.answer import AnswerPlayer
from realtime.players.controls import CHORD, OFF, SHORT_BEATS
from realtime.players.dynamics import Dynamics
from realtime.players.ear import Ear, Heard
from realtime.players.manner import Keeper, Manner, MannerWriter, Played, PriorNet, performer_file
from realtime.players.manner.writer import REMEMBERED
from realtime.players.shaping import guarded, is_on_the_beat

PARAMS = (
    Param("you", "You", "", 0.0, 1.0, 0.7, doc="0: as it was taught; 1: as you play, as far as it knows you."),
    Param("along", "Goes along", curve="bool", doc="Plays while you do, bar by bar, and rests when you rest."),
    Param("learn", "Learns", curve="bool", default=1.0, doc="Off: it goes on with what it knows."),
    Param("like", "Like", curve="bool", doc="More like its last two bars, or yours if it was silent; for a pedal."),
    Param("dislike", "Dislike", curve="bool", doc="Less like that; for a pedal."),
    Param("forget", "Forget take", curve="bool", doc="What it learned since it came, or since you last stopped for long."),
)  # fmt: skip
DRUM_CHANNEL = 9
LIKED, DISLIKED = 2.0, -2.0
LEARN_EVERY = 32
"""Notes of one phrase after which it does not wait for its end to learn."""
NEW_TAKE_BEATS = 64.0
"""A silence of yours that ends a take."""
JUDGED_BARS = 2.0
PHRASE_BARS, HEARD_BARS = 4, 2
"""Bars of a phrase of its own as it goes along, and of yours that it has in mind."""
BARS_AHEAD, AHEAD_S = 0.125, 0.25
"""How long before a bar line the bar behind it is decided: the longer of both."""
SOFTER = 0.85
"""Velocities along with you, against yours."""
CADENCE_BEATS, LEGATO = 2, 0.95
REMEMBERED_NOTES = 128
"""Of your phrase as it goes along: one that never ends is forgotten from its beginning."""


class Sounded(NamedTuple):
    """A note that was planned or heard."""

    beat: float
    beats: float
    key: int


class Mirror(AnswerPlayer):
    """Without a package of `phrase`, or late, it plays by what it has learned alone."""

    name = "mirror"
    PARAMS = (*PARAMS, *AnswerPlayer.PARAMS)
    OPTIONS = (
        Option(
            "performer", "", doc="Your name: what it learns is kept under it on this computer. Empty: until it goes."
        ),
    )
    LADDER = ("model", "manner")

    def __init__(self, package: Any = None, **common: Any):
        self.manner = Manner()
        self._keeper: Keeper | None = None
        self._take = 0
        self._learned = 0  # notes of the present phrase that it knows
        self._last_heard = -NEW_TAKE_BEATS
        self._own: deque[Sounded] = deque(maxlen=256)
        self._yours: deque[Sounded] = deque(maxlen=64)
        self._decided = -1.0  # the bar line up to which it has decided whether it goes along
        self._bars = 0  # of its phrase as it goes along, from the beat
        self._phrase_start = 0.0
        self._own_rows: list[list[int]] = []  # its notes in it
        super().__init__(package, **common)
        self._recall()

    def _composer(self) -> Composer:
        model = self.load_model(Phrase)
        if model is None:
            return self._cheaper()
        model.net.reset()
        return MannerWriter(model.net, model.guard, self.manner)

    def _cheaper(self) -> Composer:
        return MannerWriter(PriorNet(), None, self.manner)

    def _by_rule(self, composer: Composer) -> bool:
        return isinstance(composer, MannerWriter) and isinstance(composer.net, PriorNet)

    # -- what it knows of you ------------------------------------------------------------------------------------------

    def _recall(self) -> None:
        name = str(self.options.get("performer", "")).strip()
        if name:
            try:
                self._keeper = Keeper(performer_file(name))
                for played in self._keeper.read():
                    self.manner.learn(played)
            except AntiphonError as error:
                self._keeper = None
                self.warning = f"mirror keeps nothing: {error}"
        self._begin_take()
        self._tell()

    def _begin_take(self) -> None:
        newest = max((p.take for p in self.manner.phrases), default=0)
        self._take = max(newest + 1, int(time.time()))

    def _tell(self) -> None:
        whose = f" of {self._keeper.path.stem}" if self._keeper is not None else ""
        self.news = f"{self.manner}{whose}" if self.manner.notes else "knows nothing of you yet"

    def _learn(self, rows: list[list[int]], complete: int, tonic: int) -> None:
        """Rows of your present phrase on the grid, of which so many are played to their end."""
        if self.values["learn"] >= 0.5 and complete > self._learned:
            first = max(0, self._learned - REMEMBERED)
            notes = tuple((tick, max(1, duration), pitch) for tick, duration, pitch, _ in rows[first:complete])
            bar = code.bar_ticks(self.now.numerator, self.now.denominator)
            self.manner.learn(Played(self._take, tonic, bar, notes, 1.0, self._learned - first))
            self._changed()
        self._learned = max(self._learned, complete)

    def _learn_phrase(self, over: bool) -> None:
        """What is new in it; of a phrase that goes on the last note has not ended."""
        melody = self.ear.melody
        if len(melody) <= self._learned or not (over or self.ear.keeps_transport()):
            return
        rows = self.ear.ticks(self.origin, self.period)
        self._learn(rows, len(rows) - (not over), self._key(melody[-1].on).tonic)

    def _changed(self) -> None:
        self._tell()
        if self._keeper is not None and self.keeps:
            self._keeper.keep(list(self.manner.phrases))

    def _mind_the_keeper(self) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        if keeper.forgotten:
            keeper.forgotten = False
            self.manner.forget(lambda played: True)
            self._begin_take()
            self._tell()
        if keeper.trouble:
            self.warning, keeper.trouble = keeper.trouble, ""

    def leave(self) -> None:
        self._learn_phrase(over=True)
        if self._keeper is not None and self.keeps:
            self._keeper.settled()

    # -- what you say of it --------------------------------------------------------------------------------------------

    def parameter(self, row: int, value: float) -> None:
        name = self.TABLE[row].id if 0 <= row < len(self.TABLE) else ""
        before = self.values.get(name)
        super().parameter(row, value)
        if name in ("like", "dislike") and value >= 0.5:
            self._judge(LIKED if name == "like" else DISLIKED)
        elif name == "forget" and value >= 0.5:
            self.manner.forget(lambda played: played.take == self._take)
            self._begin_take()
            self._changed()
        elif name == "along" and before != self.values[name]:
            self.forget()

    def _judge(self, weight: float) -> None:
        """What sounded last counts for more or for less."""
        now, since = self.now.beat, self.now.beat - JUDGED_BARS * self.now.bar_beats
        last = [n for n in self._own if since <= n.beat <= now] or [n for n in self._yours if since <= n.beat <= now]
        rows: list[tuple[int, int, int]] = []
        origin = self.now.bar_of(last[0].beat) if last else 0.0
        for note in sorted(last):
            tick = quantise(note.beat - origin)
            if rows and tick <= rows[-1][0]:
                continue
            rows.append((tick, max(1, round(note.beats * code.TICKS)), note.key))
        if len(rows) > 1:
            bar = code.bar_ticks(self.now.numerator, self.now.denominator)
            self.manner.learn(Played(self._take, self._key(now).tonic, bar, tuple(rows), weight))
            self._changed()

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if channel == DRUM_CHANNEL:
            return
        if beat - self._last_heard >= NEW_TAKE_BEATS and self.manner.takes:
            self._begin_take()
        self._last_heard = beat
        self._yours.append(Sounded(beat, 0.5, key))
        if self.values["along"] >= 0.5:
            if not self._phrase_open or beat - self.ear.last_sound >= HEARD_BARS * self.now.bar_beats:
                self._open_phrase(beat)
            self.ear.note_on(beat, key, velocity, channel, self.now.tempo_bpm)
            return
        super().note_on(beat, key, velocity, channel)
        if len(self.ear.melody) - self._learned > LEARN_EVERY:
            self._learn_phrase(over=False)

    def _open_phrase(self, beat: float) -> None:
        self._learn_phrase(over=True)
        self._learned = 0
        super()._open_phrase(beat)

    def forget(self) -> None:
        self._learn_phrase(over=True)
        super().forget()
        self._learned, self._bars, self._decided = 0, 0, -1.0
        self._own.clear()
        self._yours.clear()

    # -- answering -----------------------------------------------------------------------------------------------------

    def plan(self, beat: float, duration_beats: float, key: int, velocity: float, lane: int = 0) -> None:
        if self.values["along"] >= 0.5 and self.values["guard"] != OFF:
            passes = duration_beats <= SHORT_BEATS and not is_on_the_beat(beat, self.now)
            key = guarded(key, beat, max(CHORD, int(self.values["guard"])), passes, self.told)
        self._own.append(Sounded(beat, duration_beats, key))
        super().plan(beat, duration_beats, key, velocity, lane)

    def play(self) -> None:
        self._mind_the_keeper()
        if self.values["along"] >= 0.5:
            self._go_along()
        else:
            super().play()

    def _plan_answer(self, at: float | None = None, length_beats: float | None = None) -> None:
        if self._phrase_open:
            if not self._ready:
                self._make_ready()
            self._learn_phrase(over=True)
        super()._plan_answer(at, length_beats)

    def _take_rung(self) -> None:
        super()._take_rung()
        assert isinstance(self.composer, MannerWriter)
        self.composer.share = self.values["you"] if not self._by_rule(self.composer) else 1.0

    @property
    def _octaves(self) -> int:
        """Along with you an octave below, unless it was put somewhere."""
        return int(self.values["register"]) or -int(self.values["along"] >= 0.5)

    # -- going along ---------------------------------------------------------------------------------------------------

    def _go_along(self) -> None:
        now = self.now
        ahead = max(BARS_AHEAD * now.bar_beats, AHEAD_S * now.tempo_bpm / 60.0)
        line = now.next_bar(now.beat)
        if now.beat < line - ahead or line <= self._decided or now.counting:
            return
        self._decided = line
        heard = self._heard_before(line - ahead)
        if self._bars and (not heard or heard[-1].on < line - now.bar_beats):
            self._bars = 0  # you rest
            self.say(wire.STATUS_LISTENING)
        elif heard and heard[-1].on >= line - now.bar_beats:
            self._play_bar(line, heard)

    def _key_of(self, heard: list[Heard], beat: float) -> Key:
        found = self.key.look(heard, beat)
        return Key(self.told.tonic, self.told.mode) if self.told.tonic >= 0 else found

    def _heard_before(self, beat: float) -> list[Heard]:
        """Your melody as it was at a beat, whenever that is looked at."""
        known = [n for n in self.ear.melody if n.on < beat]
        return [Heard(n.on, n.key, n.velocity, n.off if n.off is not None and n.off < beat else None) for n in known]

    def _trim(self) -> None:
        more = min(self._learned - REMEMBERED, len(self.ear.melody) - REMEMBERED_NOTES)
        if more > 0:
            self._bar_line = self.now.bar_of(self.ear.melody[more].on)
            del self.ear.melody[:more]
            self.ear.notes = [n for n in self.ear.notes if n.on >= self.ear.melody[0].on]
            self._learned -= more

    def _play_bar(self, line: float, heard: list[Heard]) -> None:
        """The bar from a bar line on, of a phrase of PHRASE_BARS to what you played last."""
        now, v = self.now, self.values
        ticks, beat = (f(now.numerator, now.denominator) for f in (code.bar_ticks, code.beat_ticks))
        self._take_rung()
        key = self._key_of(heard, line)
        recent = Ear(melody=[n for n in heard if n.on >= line - HEARD_BARS * now.bar_beats])
        self._learn(Ear(melody=heard).ticks(self._bar_line, 1.0), len(heard) - 1, key.tonic)
        self._trim()
        if self._bars == 0 or self._bars >= PHRASE_BARS:
            self._bars, self._phrase_start, self._own_rows = 0, line, []
            self.serial += 1
        self.origin, self.period = self._phrase_start - HEARD_BARS * now.bar_beats, 1.0
        self.composer.set_style(int(v["style"]), code.LINE, False)
        self.composer.set_frame(
            code.Frame.around(key.tonic, key.mode, sum(n.key for n in recent.melody) / len(recent.melody))
        )
        rows = recent.ticks(self.origin, 1.0)
        self.composer.clear()
        self.composer.begin(code.CALL, rows[0][0] // beat * beat, 0, now.numerator, now.denominator)
        self.composer.replace_notes(rows)
        start = HEARD_BARS * ticks
        self.answer = self.composer.begin(
            code.ANSWER, start, PHRASE_BARS * ticks, now.numerator, now.denominator, own=True
        )
        self.composer.replace_notes(self._own_rows)
        self._random = Random(f"{self.seed}:{self.take_number}:{round(line * 16)}")
        self._taste = Taste.after(
            rows, key.tonic, key.mode, round(v["range"]), temperature=v["temperature"], top_p=v["top_p"],
            density=v["density"], guard=min(2, int(v["guard"])), close=v["close"],
            cadence=CADENCE_BEATS * beat if v["close"] and ticks > CADENCE_BEATS * beat else 0,
        )  # fmt: skip
        mean, spread = recent.dynamics()
        self._dynamics = Dynamics(mean * SOFTER, spread, v["level"], ticks, beat)
        self._bars += 1
        self._write_bar(start + (self._bars - 1) * ticks, start + self._bars * ticks)
        self.say(wire.STATUS_RULES if self._by_rule(self.composer) else wire.STATUS_ANSWERING, line)

    def _write_bar(self, since: int, until: int) -> None:
        """Draws the notes between two ticks; what comes behind is for the bars to come, whatever you play meanwhile."""
        assert self.answer is not None
        while note := self.composer.write(
            self._taste, self._random, earliest_tick=since, latest_first_tick=until - code.TICKS
        ):
            if note.tick >= until:
                self.answer.notes.pop()
                break
            velocity = self._dynamics.velocity(note.tick, self.composer.velocity, self._random)
            key = fold_pitch(note.pitch + 12 * self._octaves)
            self.plan(self._beat_of(note.tick), LEGATO * note.duration / code.TICKS, key, velocity)
        self._own_rows, self.answer = self.answer.notes, None


PLAYER = Mirror
