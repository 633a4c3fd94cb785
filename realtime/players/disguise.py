"""`disguise`: your last bars come back in another style, bar by bar and on the bar: after you have stopped, or some bars behind
you while you go on; [player process].

By rule (see redress): your tune as it was, over the bass, chords and drums of an arranger's style; or by the note model
`disguise`, which redraws all notes of a bar, in the five styles that it knows and in 4/4. In the measures of its card the
rule is the better of both, and is what it does unless it is asked for the model.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.disguise import Disguise
from realtime.music.chord import Chord
from realtime.music.keyfinding import Key
from realtime.music.scale import key_classes
from realtime.music.sequence import Note, fold_pitch
from realtime.native.errors import AntiphonError
from realtime.players.ear import Heard
from realtime.players.harmony import chord_of
from realtime.players.keysense import KeySense
from realtime.players.player import Player
from realtime.players.redress import (
    BASS,
    CHORDS,
    DRUMS,
    TUNE,
    Dressed,
    Dresser,
    chord_under,
    on_grid,
    skyline,
    unsmeared,
)
from realtime.players.styles import style_named

STYLES = {
    "baroque": "fingerstyle", "folk": "country", "pop": "pop_eighths", "jazz": "swing", "classical": "ballad",
    "bossa": "bossa", "tango": "tango", "reggae": "reggae", "gospel": "gospel", "funk": "funk", "waltz": "waltz",
    "musette": "musette",
}  # fmt: skip
"""Styles by name, with the arranger's style that stands for each by rule; the model knows the first OF_THE_MODEL."""
OF_THE_MODEL = 5
NAMES = tuple(STYLES)
RULE, MODEL = range(2)

PARAMS = (
    Param("style", "Style", "", 0, len(NAMES) - 1, NAMES.index("jazz"), curve="enum", labels=NAMES, doc="From the next bar on."),
    Param("amount", "Amount", "", 0.0, 1.5, 1.0, doc="0: your tune alone; the more, the more of the style."),
    Param("by", "By", "", 0, 1, RULE, curve="enum", labels=("rule", "model"), doc="The model knows five styles, in 4/4."),
    Param("along", "Along", curve="bool", doc="Plays while you do, instead of when you have stopped."),
    Param("later", "Later", "bars", 1.0, 8.0, 1.0, stepped=True, doc="Along: by how many bars."),
    Param("gap_beats", "Patience", "beats", 0.25, 8.0, 1.0, curve="log", doc="Silence before a bar line that ends your phrase."),
    Param("longest_bars", "Longest", "bars", 1.0, 16.0, 8.0, stepped=True, doc="Of a longer phrase its last bars come back."),
    Param("with_drums", "With drums", curve="bool", default=1.0, doc="Of the style, by rule."),
    Param("register", "Register", "oct", -3.0, 3.0, 0.0, stepped=True, doc="Octaves above or below you, of the tune."),
)  # fmt: skip
AHEAD_BEATS, AHEAD_S = 0.12, 0.08
"""How long before a bar line the bar behind it is decided: the longer of both."""
LOWEST_TUNE = 48
MEZZO = 0.65


class DisguisePlayer(Player):
    """What is decided at a bar line depends on what was played up to a moment before it, whenever that is looked at."""

    name = "disguise"
    PARAMS = PARAMS
    SHAPES = frozenset({"intensity"})
    LANES = ("tune", "chords", "bass", "drums")
    UNPITCHED = frozenset({"drums"})
    MODEL = "disguise"
    LADDER = ("full", "rules")

    def __init__(self, package: str | Path | None = None, **common: Any):
        self._heard: deque[Heard] = deque(maxlen=1024)
        self._held: dict[tuple[int, int], Heard] = {}
        self._decided = -math.inf  # the bar line up to which is decided
        self._queue: list[float] = []  # bars of yours that are to come back, by their first beats
        self._since = math.inf  # the bar in which your phrase began
        self._playing_until = -math.inf
        self._number = 0  # of bars in this style, on end
        self.key = KeySense()
        self._dresser: Dresser | None = None
        self._chord: Chord | None = None
        super().__init__(package, **common)
        self._model: Disguise | None = None
        self._stream: Any = None
        self._asked = False  # for the model, which is loaded when it is

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        self.note_off(beat, key, channel)
        if channel == 9 or self.now.counting:
            return
        if self.values["along"] < 0.5 and self._returning(beat):
            self._stop(beat)
        note = Heard(beat, key, velocity)
        self._heard.append(note)
        self._held[channel, key] = note
        if math.isinf(self._since):
            self._since = self.now.bar_of(beat + self._ahead)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        note = self._held.pop((channel, key), None)
        if note is not None:
            note.off = max(beat, note.on)

    def parameter(self, row: int, value: float) -> None:
        super().parameter(row, value)
        if 0 <= row < len(self.TABLE) and self.TABLE[row].id in ("along", "style"):
            self._dresser = None
            self._number = 0

    def _returning(self, beat: float) -> bool:
        return bool(self._queue) or beat < self._playing_until

    def _stop(self, beat: float) -> None:
        """You play again: it is silent at once."""
        self.release(beat)
        self._queue, self._playing_until, self._since = [], -math.inf, math.inf
        self.say(wire.STATUS_LISTENING, beat)

    def forget(self) -> None:
        super().forget()
        self._heard.clear()
        self._held.clear()
        self._queue, self._playing_until, self._since = [], -math.inf, math.inf
        self._decided, self._dresser, self._number, self._chord = -math.inf, None, 0, None
        self._stream = None

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def _ahead(self) -> float:
        return max(AHEAD_BEATS, AHEAD_S * self.now.tempo_bpm / 60.0)

    def play(self) -> None:
        self._get_ready()
        now = self.now
        line = now.next_bar(now.beat)
        deadline = line - self._ahead
        if now.beat < deadline or line <= self._decided or now.counting:
            return
        self._decided = line
        source = self._behind(line) if self.values["along"] >= 0.5 else self._next(line, deadline)
        if source is not None:
            self._play_bar(line, source)
        elif self._playing_until <= line and self._number:
            self._number = 0
            self.say(wire.STATUS_LISTENING)

    def _get_ready(self) -> None:
        """The model is loaded when it is first asked for: it is large, and the rule does without."""
        asked = self.values["by"] >= 0.5
        if asked and not self._asked:
            self._model = self.load_model(Disguise)
        self._asked = self._asked or asked

    def _behind(self, line: float) -> float | None:
        source = line - self.values["later"] * self.now.bar_beats
        return source if self._bar_notes(source) else None

    def _next(self, line: float, deadline: float) -> float | None:
        """The bar of yours that comes back on a line: when you have stopped the first of your phrase, then the next one."""
        if any(note.on >= deadline for note in self._heard):
            return None  # you have begun again just now
        if not self._queue and line >= self._playing_until - 1e-6 and self._over(deadline):
            bar = self.now.bar_beats
            bars = min(int(self.values["longest_bars"]), math.ceil((line - self._since) / bar - 1e-6))
            self._queue = [line - bar * back for back in range(bars, 0, -1)]
            while self._queue and not self._bar_notes(self._queue[-1]):
                self._queue.pop()
            while self._queue and not self._bar_notes(self._queue[0]):
                self._queue.pop(0)
            self._since, self._number = math.inf, 0
            self._stream = None
        return self._queue.pop(0) if self._queue else None

    def _over(self, deadline: float) -> bool:
        if math.isinf(self._since):
            return False
        last = max((self._end(note, deadline) for note in self._heard), default=math.inf)
        return deadline + self._ahead - last >= self.values["gap_beats"] - 1e-6

    @staticmethod
    def _end(note: Heard, deadline: float) -> float:
        """Where a note ended, as known at a deadline: what is held then sounds on."""
        return note.off if note.off is not None and note.off < deadline else math.inf

    # -- a bar ---------------------------------------------------------------------------------------------------------

    def _bar_notes(self, start: float) -> list[Note]:
        """Your notes of a bar, beats from its line; what is struck just before the line is on it."""
        bar, ahead = self.now.bar_beats, self._ahead
        found = []
        for note in self._heard:
            at = note.on - start
            if -ahead <= at < bar - ahead:
                end = note.off - start if note.off is not None else bar
                found.append(Note(max(0.0, at), max(0.1, min(bar, end) - max(0.0, at)), note.key, note.velocity))
        return sorted(found)

    def _play_bar(self, line: float, source: float) -> None:
        now, notes = self.now, self._bar_notes(source)
        self.serial += 1
        key = self._key(line)
        by_model = self.values["by"] >= 0.5 and self.rung == 0 and self._can(notes)
        dressed = self._by_model(notes, key) if by_model else self._by_rule(notes, line, source, key)
        octaves = 12 * int(self.values["register"])
        for note, lane in dressed:
            pitch = fold_pitch(note.pitch + octaves) if lane == TUNE else note.pitch
            self.plan(line + note.beat, max(0.05, 0.95 * note.duration), pitch, self._velocity(note, notes, lane), lane)
        self._playing_until = line + now.bar_beats
        self._number += 1
        self.say(wire.STATUS_ANSWERING if by_model else wire.STATUS_RULES, line)

    def _velocity(self, note: Note, notes: Sequence[Note], lane: int) -> float:
        """Your tune as loud as you played it, the rest as loud beside it as the style has it."""
        if lane == TUNE:
            return note.velocity
        mean = sum(n.velocity for n in notes) / len(notes) if notes else MEZZO
        return min(1.0, note.velocity * mean / MEZZO)

    def _key(self, beat: float) -> Key:
        heard = self.key.look([n for n in self._heard if n.on < beat][-64:], beat)
        return Key(self.told.tonic, self.told.mode) if self.told.tonic >= 0 else heard

    def _can(self, notes: Sequence[Note]) -> bool:
        four = (self.now.numerator, self.now.denominator) in ((4, 4), (2, 2))
        return self._model is not None and four and bool(notes) and self.values["style"] < OF_THE_MODEL

    def _by_model(self, notes: Sequence[Note], key: Key) -> list[Dressed]:
        """Its roll on lanes: the line on top, below it chords, and the lowest of low notes."""
        assert self._model is not None
        self._stream = self._stream or self._model.stream()
        made = self._stream.bar(on_grid(notes, self.now.bar_beats), int(self.values["style"]), self.values["amount"])
        made = unsmeared(made, notes, key_classes(key.tonic, key.mode))
        top = {(n.beat, n.pitch) for n in skyline(made) if n.pitch >= LOWEST_TUNE}
        found = []
        for note in made:
            lower = [n for n in made if n.pitch < note.pitch and n.beat < note.end and note.beat < n.end]
            low = note.pitch < LOWEST_TUNE and not lower
            found.append(Dressed(note, TUNE if (note.beat, note.pitch) in top else BASS if low else CHORDS))
        return found

    def _by_rule(self, notes: Sequence[Note], line: float, source: float, key: Key) -> list[Dressed]:
        now, v = self.now, self.values
        dresser = self._dresser or self._new_dresser()
        chords = self._chords(notes, source, key)
        return dresser.bar(
            notes, self._number, now.bar_beats, chords, beat=line, scale=key_classes(key.tonic, key.mode),
            amount=v["amount"], drums=v["with_drums"] >= 0.5, intensity=self.intensity_now, tempo_bpm=now.tempo_bpm,
            dice=Random(f"{self.seed}:{self.take_number}:{round(line / now.bar_beats)}"),
        )  # fmt: skip

    def _new_dresser(self) -> Dresser:
        name = STYLES[NAMES[int(self.values["style"])]]
        try:
            self._dresser = Dresser(style_named(name))
        except AntiphonError as error:
            self.warning = f"{error}; pop_eighths plays instead"
            self._dresser = Dresser(style_named("pop_eighths"))
        return self._dresser

    def _chords(self, notes: Sequence[Note], source: float, key: Key):
        """The chords of that bar of yours, by beat: as they were told then, else as its halves make them."""
        bar = self.now.bar_beats
        halves = 2 if bar >= 4.0 and bar % 2.0 == 0.0 else 1
        found: list[Chord] = []
        for half in range(halves):
            start, end = half * bar / halves, (half + 1) * bar / halves
            told = self.told.chords.at(source + start + 0.05)
            chord = (
                chord_of(told) if told is not None else chord_under(notes, start, end, key.tonic, key.mode, self._chord)
            )
            self._chord = chord
            found.append(chord)
        return lambda beat: found[min(halves - 1, max(0, int(beat / bar * halves + 1e-6)))]


assert {TUNE, CHORDS, BASS, DRUMS} == set(range(len(DisguisePlayer.LANES)))
PLAYER = DisguisePlayer
