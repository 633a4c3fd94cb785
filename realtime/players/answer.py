"""`answer`: you play a phrase, it answers in your key, register and tempo, as long as you played or until you play
again; [player process]. The model hears every note as it comes, so at the phrase's end only the answer itself is
left to draw."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path
from random import Random

from realtime.devices.device import Param
from realtime.music import melody_code as code
from realtime.music.keyfinding import Key, pitch_class_weights, rank_keys
from realtime.music.rhythm import quantise
from realtime.music.scale import key_classes
from realtime.music.sequence import fold_pitch
from realtime.players import wire
from realtime.players.composer import Composer, Line, Taste
from realtime.players.ear import INNER, NEW, Ear
from realtime.players.player import Moment, Planned, Player
from realtime.players.rules import RulesComposer

PARAMS = (
    Param("temperature", "Temperature", "", 0.1, 2.0, 0.9, doc="Low: the likeliest; high: adventurous."),
    Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws only from the likeliest notes of this mass."),
    Param(
        "density", "Density", "", 0.25, 4.0, 1.0, curve="log", doc="Notes per beat, against what the model would play."
    ),
    Param("range", "Range", "st", 0.0, 24.0, 5.0, doc="How far beyond your highest and lowest note it goes."),
    Param("register", "Register", "oct", -3.0, 3.0, 0.0, stepped=True, doc="Octaves above or below you."),
    Param("close", "Cadence", "", 0.0, 6.0, 1.5, doc="How much its last beat leans to your tonic."),
    Param(
        "key_guard", "Key guard", "", 0, 2, 1, curve="enum", labels=("off", "soft", "strict"), doc="Keeps to your key."
    ),
    Param("gap_beats", "Patience", "beats", 0.25, 8.0, 1.0, curve="log", doc="Silence that ends your phrase."),
    Param("start", "Starts on", "", 0, 1, 0, curve="enum", labels=("beat", "bar")),
    Param(
        "follow", "Follows", "", 0, 2, 0, curve="enum", labels=("auto", "transport", "you"), doc="Whose beat it keeps."
    ),
    Param("longest_bars", "Longest", "bars", 1.0, 64.0, 32.0, stepped=True),
    Param("level", "Level", "", 0.0, 2.0, 1.0, doc="Its velocities against yours."),
    Param("channel", "Channel", "", 0.0, 15.0, 0.0, stepped=True),
)

HORIZON_BEATS = 1.0  # how far ahead notes are drawn once the answer runs
DECIDE_BEATS = 0.1
LEAD_BEATS = 0.03  # the first note is planned at least this early
KEY_NOTES = 64  # recent notes in which the key is heard
KEY_HYSTERESIS = 0.06  # a new key must beat the old by this much correlation
JUMP_BEATS = 1.0  # the beat moving back by more is a locate the engine did not announce


def compound_unit(numerator: int, denominator: int) -> int:
    """Ticks of the beat one feels: a dotted quarter in 6/8, a quarter in 4/4 and 2/2, a whole bar in irregular
    metres such as 7/8."""
    if denominator >= 8 and numerator % 3 == 0 and numerator > 3:
        return 3 * 4 * code.TICKS // denominator
    if denominator >= 8:
        return code.bar_ticks(numerator, denominator)
    return code.TICKS


class AnswerPlayer(Player):
    """package: path of the model package, or a Net (for tests); None or a missing file: answers by rule, and says so
    in its status.

    The same seed and the same playing give the same notes.
    """

    name = "answer"
    PARAMS = PARAMS

    def __init__(
        self, package: str | Path | None = None, seed: int = 0, composer: Composer | None = None, **values: float
    ):
        super().__init__(seed, **values)
        self.warning = ""
        self.composer = composer or self._load(package)
        self.now = Moment()
        self.ear = Ear()
        self.recent: deque[tuple[int, float]] = deque(maxlen=KEY_NOTES)
        self.key = Key(0, "major")
        self.serial = 0
        self.origin = 0.0  # the bar line from which the phrase's ticks count, as a beat
        self.period = 1.0  # the performer's beat in transport beats
        self.answer: Line | None = None
        self.start_beat = self.end_beat = 0.0
        self._random = Random(seed)
        self._taste = Taste()
        self._written_out = True
        self._shift = 0
        self._phrase_open = False

    def _load(self, package: str | Path | None) -> Composer:
        from realtime.native.errors import AntiphonError
        from realtime.players.answer_net import load_composer

        try:
            if package is not None:
                return load_composer(package)
            self.warning = "answer plays by rule: no model package was named."
        except AntiphonError as error:
            self.warning = f"answer plays by rule: {error}"
        return RulesComposer()

    # -- hearing ---------------------------------------------------------------------------------------------------
    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        key = min(127, max(0, key))
        if self.answer is not None:
            self._interrupt(beat)
        first = not self._phrase_open
        if first:
            self._open_phrase(beat)
        kind = self.ear.note_on(beat, key, velocity, channel, self.now.tempo_bpm)
        if kind == INNER:
            return
        if kind == NEW:
            self._hear_melody_note(beat, key, first)
        else:
            self.composer.correct(key)
        count = len(self.ear.melody)
        if count >= 4 and count & (count - 1) == 0:  # the key is looked at after 4, 8, 16 ... notes and at the end
            self._set_frame()

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self.ear.note_off(beat, key, channel)

    def _open_phrase(self, beat: float) -> None:
        self.ear.clear()
        self._phrase_open = True
        bar = self._bar_beats()
        self.origin = self.now.bar_start_beat + math.floor((beat - self.now.bar_start_beat + 0.1) / bar) * bar
        self.period = 1.0

    def _hear_melody_note(self, beat: float, key: int, first: bool) -> None:
        if first:
            start = int((beat - self.origin + 0.1) // 1) * code.TICKS
            self.composer.begin(code.CALL, start, 0, self.now.numerator, self.now.denominator)
        notes = self.composer.lines[-1].notes
        last = notes[-1][0] if notes else None
        tick = quantise((beat - self.origin) / self.period, last)
        before = 0 if last is None else self.ear.duration(len(self.ear.melody) - 2, tick - last, self.period)
        self.composer.hear(tick, key, before)

    # -- key and register --------------------------------------------------------------------------------------------
    def _set_frame(self) -> None:
        weighted = list(self.recent) + [(n.key, max(0.1, (n.off or self.now.beat) - n.on)) for n in self.ear.notes]
        weighted = weighted[-KEY_NOTES:]
        ranked = rank_keys(pitch_class_weights([k for k, _ in weighted], [min(4.0, d) for _, d in weighted]))
        same = next((k for k in ranked if (k.tonic, k.mode) == (self.key.tonic, self.key.mode)), ranked[0])
        self.key = same if self.recent and ranked[0].score - same.score < KEY_HYSTERESIS else ranked[0]
        pitches = [n.key for n in self.ear.melody]
        self.composer.set_frame(code.Frame.around(self.key.tonic, self.key.mode, sum(pitches) / len(pitches)))

    # -- time ----------------------------------------------------------------------------------------------------------
    def tick(self, now: Moment) -> None:
        if now.beat < self.now.beat - JUMP_BEATS:
            self.locate(now)
            return
        self.now = now
        # decided a little before the patience is over, so that an answer due on the beat where it ends can be on it
        soon = now.beat + DECIDE_BEATS
        if self._phrase_open and self.answer is None and self.ear.ended(soon, self.values["gap_beats"]):
            self._plan_answer()
        if self.answer is not None:
            self._write_ahead()
            if now.beat >= self.end_beat:
                self._close_answer()

    def locate(self, now: Moment) -> None:
        self.panic(now)

    def panic(self, now: Moment) -> None:
        self.now = now
        if self.answer is not None:
            self._say(wire.PLAN_RELEASE, beat=now.beat)
        self.ear.clear()
        self._phrase_open = False
        self.answer = None
        self.composer.clear()

    def _bar_beats(self) -> float:
        return self.now.numerator * 4.0 / self.now.denominator

    # -- the answer ---------------------------------------------------------------------------------------------
    def _plan_answer(self) -> None:
        self._follow_pulse()
        self._set_frame()
        self._taste = self._make_taste()
        start_tick, length = self._place_answer()
        self.serial += 1
        self._random = Random(self.seed * 1_000_003 + self.serial)
        self.start_beat = self._beat_of(start_tick)
        self.end_beat = self._beat_of(start_tick + length)
        now = self.now
        self.answer = self.composer.begin(code.ANSWER, start_tick, length, now.numerator, now.denominator, own=True)
        self._written_out = False
        rules = isinstance(self.composer, RulesComposer)
        self._say(wire.PLAN_STATUS, beat=self.start_beat, number=wire.STATUS_RULES if rules else wire.STATUS_ANSWERING)

    def _follow_pulse(self) -> None:
        """Writes the phrase down in the pulse it was played in, now that all of it is known."""
        follow = self.values["follow"]
        loose = follow == 2 or (follow == 0 and not self.ear.keeps_transport())
        if loose:
            self.period = self.ear.pulse()
            self.origin = self.ear.melody[0].on
            # hands drift: the answer keeps the phase of the last notes
            late = [n.on for n in self.ear.melody[-4:]]
            ticks = [(b - self.origin) / self.period for b in late]
            self.origin += self.period * sum(t - quantise(t) / code.TICKS for t in ticks) / len(ticks)
            self.composer.lines[-1].start_tick = 0
        notes = self.ear.ticks(self.origin, self.period)
        line = self.composer.lines[-1]
        if loose or [n[::2] for n in notes] != [n[::2] for n in line.notes]:
            self.composer.replace_notes(notes)
        else:
            line.notes[-1][1] = notes[-1][1]

    def _place_answer(self) -> tuple[int, int]:
        """(start, length) of the answer in ticks from `origin`."""
        now, line = self.now, self.composer.lines[-1]
        bar = code.bar_ticks(now.numerator, now.denominator)
        unit = compound_unit(now.numerator, now.denominator)
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

    def _make_taste(self) -> Taste:
        v = self.values
        pitches = [n.key for n in self.ear.melody]
        shift = 12 * int(v["register"])
        classes = key_classes(self.key.tonic, self.key.mode)
        outside = [p % 12 for p in pitches if p % 12 not in classes]
        # a note outside the key that you play twice is part of your scale
        also = frozenset(p for p in outside if outside.count(p) >= 2)
        frame = self.composer.frame
        notes = self.composer.lines[-1].notes
        rate = len(notes) * code.TICKS / max(code.TICKS, notes[-1][0] + notes[-1][1] - notes[0][0])
        self._shift = shift
        return Taste(
            temperature=v["temperature"],
            top_p=v["top_p"],
            density=v["density"],
            close=v["close"],
            notes_per_beat=rate,
            guard=int(v["key_guard"]),
            lowest=max(0, min(pitches) - round(v["range"])),
            highest=min(127, max(pitches) + round(v["range"])),
            tonic=self.key.tonic,
            mode=frame.mode or "major",
            also=also,
        )

    def _write_ahead(self) -> None:
        """Draws notes up to a beat ahead of now (and ahead of the start)."""
        limit = max(self.now.beat, self.start_beat) + HORIZON_BEATS
        while not self._written_out and self.answer is not None:
            if self.answer.notes and self._beat_of(self.answer.notes[-1][0]) > limit:
                return
            note = self.composer.write(self._taste, self._random)
            if note is None:
                self._written_out = True
                return
            tick, duration, pitch = note
            beat = self._beat_of(tick)
            if beat < self.now.beat - wire.LATE_BEATS:
                continue  # the machine was held up: what is past stays unplayed
            self._say(
                wire.PLAN_NOTE,
                beat=beat,
                duration_beats=max(0.02, duration / code.TICKS * self.period * max(0.35, min(0.98, self.ear.legato()))),
                key=fold_pitch(pitch + self._shift),
                velocity=self._velocity(tick),
            )

    def _velocity(self, tick: int) -> float:
        """Not learned (the corpora have no dynamics): your mean and spread, laid on the metre, with a little
        unevenness."""
        mean, spread = self.ear.dynamics()
        bar = code.bar_ticks(self.now.numerator, self.now.denominator)
        unit = compound_unit(self.now.numerator, self.now.denominator)
        accent = 1.2 if tick % bar == 0 else 0.5 if tick % unit == 0 else -0.4 if tick % 12 == 0 else -0.8
        value = (mean + max(0.04, spread) * (accent + self._random.uniform(-0.3, 0.3))) * self.values["level"]
        return min(1.0, max(0.05, value))

    def _interrupt(self, beat: float) -> None:
        """You play: it stops at once, and remembers only what was heard. Before its first note your phrase simply
        goes on."""
        answer, begun = self.answer, beat >= self.start_beat
        self.answer = None
        self._say(wire.PLAN_RELEASE, beat=beat)
        self._say(wire.PLAN_STATUS, beat=beat, number=wire.STATUS_LISTENING)
        assert answer is not None
        if begun:
            self.composer.replace_notes([n for n in answer.notes if self._beat_of(n[0]) < beat])
            self._end_phrase()
        else:
            self.composer.lines.pop()
            self.composer.replace_notes(self.composer.lines[-1].notes)

    def _close_answer(self) -> None:
        self.answer = None
        self._end_phrase()
        self._say(wire.PLAN_STATUS, beat=self.now.beat, number=wire.STATUS_LISTENING)

    def _end_phrase(self) -> None:
        self._phrase_open = False
        self.recent.extend((n.key, max(0.1, (n.off or n.on) - n.on)) for n in self.ear.notes)

    def _say(self, kind: int, **fields) -> None:
        self._out.append(Planned(kind, self.serial, channel=int(self.values["channel"]), **fields))


PLAYER = AnswerPlayer
