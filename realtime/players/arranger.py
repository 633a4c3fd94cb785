"""`arranger`: drums, bass, chords, pad and riff in a style that a musician wrote down, led by the chords and sections that
are told; no model; [player process].

What a bar is depends on what was told up to it alone; a chord that comes in the middle of a pattern turns what follows to
it at once, and moves what sounds and does not fit, unless the pattern strikes anew just then (the retrigger rules of
keyboard arrangers: Yamaha, Style File Description 1999).
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.music.chord import Chord
from realtime.music.chord_naming import chord_of_mask
from realtime.music.chord_table import ORDER, QUALITIES
from realtime.music.scale import key_classes
from realtime.native.errors import AntiphonError
from realtime.players.hearing import SAME_BEAT, Course, ToldChord
from realtime.players.player import Player
from realtime.players.styles import MAIN, Event, Hand, Style, bar_events, style_named, style_names
from realtime.players.styles.form import NO_FILL, ON_THE_BAR, Part, place
from realtime.players.styles.style import CUT, DRUMS, HOLD, LANES

STYLES = style_names()
FLOOR = "pop_eighths"
"""The style that plays where the wanted one cannot be read."""
AHEAD_BEATS, AHEAD_S = 1.0, 0.5
"""A change is heard so long after it was told: what was planned for the moment before it still stands."""
NEAR_BEATS = 0.3
"""A lane that strikes anew so soon is not moved: its notes wait for that."""
LEAST_BEATS = 0.2
"""What is left of a moved note must be as long."""
REST = -1
_QUALITIES = tuple(ORDER)

PARAMS = (
    Param(
        "style", "Style", "", 0, len(STYLES) - 1, STYLES.index(FLOOR) if FLOOR in STYLES else 0, curve="enum",
        labels=STYLES, doc="From the next bar on.",
    ),
    Param(
        "part", "Part", "", 0, len(wire.SECTIONS), 0, curve="enum", labels=("as told", *wire.SECTIONS),
        doc="A section of its own from the next bar on, for who has no chart.",
    ),
    Param("fills", "Fills", "bars", 0.0, 32.0, 8.0, stepped=True, doc="A fill every so many bars; at changes of section too."),
    Param("swing", "Swing", "", 0.0, 3.0, 0.0, doc="0: the style's own; 1 straight, 2 triplets."),
)  # fmt: skip


class Sounding(NamedTuple):
    """A note that is planned or sounds."""

    beat: float
    end: float
    lane: str
    key: int
    velocity: float
    atoms: tuple[str, ...]


class Arranger(Player):
    """Plays while the transport does; while that stands still, from the first chord on that is told. Without a chord it
    plays on the last, else on the key's tonic, else the drums alone."""

    PARAMS = PARAMS
    LANES = LANES
    UNPITCHED = frozenset({DRUMS})
    SHAPES = frozenset({"intensity", "guard", "swing"})

    def __init__(self, package: str | Path | None = None, **common: Any):
        self._styles: Course[Style] = Course(style_named(FLOOR))
        self._pushes: Course[float] = Course(0.5)
        self._parts: Course[Part] = Course(Part(0.0, "verse", 0.0, "verse"))
        self._cursor: float | None = None  # all before this beat is planned
        self._sounding: list[Sounding] = []
        self._late: list[float] = []  # beats of chords to come under notes that sound already
        self._started = self._rolling = False
        self._pushed = -math.inf  # the beat from which on it last went along with a mood
        self._last: ToldChord | None = None
        self._hands: dict[tuple[str, str], Hand] = {}
        self._known: tuple[tuple, list[Event]] = ((), [])  # the bar looked at last
        super().__init__(package, **common)
        self._styles = Course(self._style(int(self.values["style"])))
        self._pushes.tell(-math.inf, self.intensity_now)

    # -- what it is told -----------------------------------------------------------------------------------------------

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        """What comes after it is played on it; what sounds against it is moved. None: it goes on with the last."""
        if chord is None:
            self.told.chords.tell(beat, self.told.chords.at(beat - 2.0 * SAME_BEAT))
            return
        self._last = chord
        if not self._started:
            if not self.now.playing:  # a first chord starts the band, on the next bar line
                self._started, self._cursor = True, self._next_bar()
            return
        if beat > self.now.beat + self.lead_beats:
            self._renew(beat)
            if any(n.beat < beat < n.end - LEAST_BEATS for n in self._sounding if n.lane != DRUMS):
                self._late = sorted((*self._late, beat))
            return
        self._lead_to(max(beat, self.now.beat - 0.25) + self.lead_beats)

    def hear_key(self, beat: float, tonic: int, mode: str) -> None:
        if self._last is None:
            self._renew(max(beat, self.now.beat) + self.lead_beats)

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        """Told for a bar line to come, the bar before it may turn into a fill."""
        self._enter(max(beat, self.now.beat), section, bars)

    def hear_intensity(self, beat: float, value: float) -> None:
        self._push(beat)

    def parameter(self, row: int, value: float) -> None:
        super().parameter(row, value)
        name = self.TABLE[row].id if 0 <= row < len(self.TABLE) else ""
        if name in ("intensity", "follow"):
            self._push(self.now.beat)
        elif name == "style":
            line = self._next_bar()
            self._styles.tell(line, self._style(int(value)))
            self._renew(line)
        elif name == "part" and value >= 1.0:
            self._enter(self._next_bar(), wire.SECTIONS[int(value) - 1], 0.0)
        elif name in ("fills", "swing", "seed"):
            self._renew(self._next_bar())

    def _enter(self, beat: float, section: str, bars: float) -> None:
        main = section if section in MAIN else self._parts.at(beat - SAME_BEAT * 2).main
        self._parts.tell(beat, Part(beat, section, bars, main))
        self._renew(max(beat - self.now.bar_beats, self.now.beat + self.lead_beats))

    def _push(self, beat: float) -> None:
        line = math.floor(max(beat, self.now.beat) + self.lead_beats) + 1.0
        self._pushes.tell(line, self.intensity_now)
        self._renew(line)

    def _heed_mood(self) -> None:
        """A mood that leads has come, moves or is gone: it goes along, planning anew once a beat at the most."""
        if self.intensity_now == self._pushes.at(math.inf):
            return
        if self._cursor is None:  # nothing is planned yet
            self._pushes = Course(self.intensity_now)
            return
        line = math.floor(self.now.beat + self.lead_beats) + 1.0
        if line != self._pushed:
            self._pushed = line
            self._push(self.now.beat)

    def _style(self, number: int) -> Style:
        try:
            return style_named(STYLES[min(len(STYLES) - 1, max(0, number))])
        except AntiphonError as error:
            playing = self._styles.at(math.inf)
            self.warning = f"{error}; {playing.title} plays instead."
            return playing

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        if self._rolling and not self.now.playing:  # the song was stopped: so is the band
            self.forget()
            self._started = False
        self._rolling = self.now.playing
        self._heed_mood()
        self._started = self._started or self.now.playing
        if not self._started:
            return
        self._sounding = [note for note in self._sounding if note.end > self.now.beat - 1.0]
        while self._late and self._late[0] <= self.now.beat + self.lead_beats:
            self._lead_to(self._late.pop(0) + SAME_BEAT)
        self._ahead()

    def forget(self) -> None:
        super().forget()
        self._cursor, self._pushed = None, -math.inf
        self._sounding, self._late = [], []
        self._hands.clear()
        part = self._parts.at(math.inf)
        again = (
            part.name if part.name in MAIN or part.name == "intro" else part.main
        )  # a song does not begin with its end
        self._parts = Course(part._replace(beat=self.now.bar_start_beat, name=again))
        self._styles, self._pushes = Course(self._styles.at(math.inf)), Course(self._pushes.at(math.inf))

    def _next_bar(self) -> float:
        now = self.now
        bars = math.floor((now.beat + self.lead_beats - now.bar_start_beat) / now.bar_beats + 1e-9) + 1
        return now.bar_start_beat + bars * now.bar_beats

    def _ahead(self) -> None:
        """Plans up to the horizon, bar by bar."""
        now = self.now
        horizon = now.beat + max(AHEAD_BEATS, AHEAD_S * now.tempo_bpm / 60.0)
        if self._cursor is None:
            inside = now.beat - now.bar_start_beat
            self._cursor = now.bar_start_beat if inside < 0.05 else now.beat
        self._cursor = max(self._cursor, now.beat - wire.LATE_BEATS / 2)
        while self._cursor < horizon:
            bar = math.floor((self._cursor - now.bar_start_beat) / now.bar_beats + 1e-9)
            line = now.bar_start_beat + bar * now.bar_beats
            until = min(horizon, line + now.bar_beats)
            for event in self._bar(line):
                if self._cursor - 1e-9 <= line + event.at < until - 1e-9:
                    self._play_event(event, line + event.at)
            self._cursor = until

    def _renew(self, beat: float) -> None:
        """What is planned from a beat on is planned anew."""
        if self._cursor is None or beat >= self._cursor:
            return
        self.cancel(beat)
        self._cursor = beat
        self._sounding = [note for note in self._sounding if note.beat < beat - 1e-9]
        self._ahead()

    # -- the form ------------------------------------------------------------------------------------------------------

    def _bar(self, line: float) -> list[Event]:
        """What the bar from a bar line on holds."""
        now, style, fills = self.now, self._styles.at(line), int(self.values["fills"])
        part, following = (self._parts.at(beat + ON_THE_BAR) for beat in (line, line + now.bar_beats))
        at = place(style, part, following, line, now.bar_beats, fills)
        if not at.section:
            return []
        fill = style.sections["fill"] if at.fill_bar != NO_FILL else None
        idea = f"{self.seed}:{self.take_number}:{round(line / now.bar_beats)}"
        asked = (
            style.name,
            id(style),
            at,
            now.bar_beats,
            self._pushes.at(line),
            idea,
            self.values["swing"],
            now.tempo_bpm,
        )
        if asked != self._known[0]:
            self._known = asked, bar_events(
                style, style.sections[at.section], at.number, now.bar_beats, self._pushes.at(line), Random(idea), fill=fill,
                fill_bar=at.fill_bar, first=at.first, swing=self.values["swing"], tempo_bpm=now.tempo_bpm,
            )  # fmt: skip
        return self._known[1]

    # -- the notes -----------------------------------------------------------------------------------------------------

    def _play_event(self, event: Event, beat: float) -> None:
        if event.lane == DRUMS:
            self._note(Sounding(beat, beat + event.beats, DRUMS, event.drum, event.velocity, ()))
            return
        end, lane = beat + event.beats, self._styles.at(beat).lanes[event.lane]
        if self._chord(beat) is None:  # a rest, until a chord comes and fills it
            self._sounding.append(Sounding(beat, end, event.lane, REST, event.velocity, event.atoms))
            return
        changes = [] if lane.change == HOLD else [b for b, _ in self.told.chords.after(beat) if b < end - LEAST_BEATS]
        self._strike(event, beat, end, [beat, *changes])

    def _strike(self, event: Event, beat: float, end: float, starts: list[float]) -> None:
        """A step that lasts over changes of chord: tones of both chords are held, others move or end."""
        style = self._styles.at(beat)
        lane = style.lanes[event.lane]
        held: dict[int, tuple[float, float]] = {}  # key: since when, as loud as
        for turn, start in enumerate(starts):
            chord, following = self._chord(start), self._chord(end + SAME_BEAT) or self._chord(start)
            assert chord is not None and following is not None
            keys = self._hand(style, event.lane).keys(event.atoms, start, chord, following, self._scale())
            if turn and lane.change == CUT:
                keys = [key for key in keys if key in held]
            until = starts[turn + 1] if turn + 1 < len(starts) else end
            for key in [key for key in held if key not in keys]:
                self._note(Sounding(held[key][0], start, event.lane, key, held.pop(key)[1], event.atoms))
            for order, key in enumerate(keys):
                spread = lane.strum_ms / 1000.0 * self.now.tempo_bpm / 60.0 * order / max(1, len(keys) - 1)
                late = min(spread, 0.3 * (until - start))
                held.setdefault(key, (start + late, event.velocity if not turn else 0.85 * event.velocity))
        for key, (since, velocity) in held.items():
            self._note(Sounding(since, end, event.lane, key, velocity, event.atoms))

    def _note(self, note: Sounding) -> None:
        self._sounding.append(note)
        self.plan(note.beat, max(0.02, note.end - note.beat), note.key, note.velocity, LANES.index(note.lane))

    def _lead_to(self, beat: float) -> None:
        """The chord has changed under what sounds: what does not fit it is moved, unless its lane strikes anew just then."""
        chord = self._chord(beat)
        self._renew(beat)
        if chord is None or not self._started:
            return
        under = [n for n in self._sounding if n.lane != DRUMS and n.beat < beat < n.end - LEAST_BEATS]
        soon = {n.lane for n in self._sounding if beat - SAME_BEAT <= n.beat < beat + NEAR_BEATS}
        style = self._styles.at(beat)
        lanes = {
            n.lane for n in under
            if n.lane not in soon and (n.key == REST or n.key % 12 not in chord.classes) and style.lanes[n.lane].change != HOLD
        }  # fmt: skip
        for lane in sorted(lanes):
            self._move([n for n in under if n.lane == lane], lane, beat, chord, style)

    def _move(self, under: list[Sounding], lane: str, beat: float, chord: Chord, style: Style) -> None:
        """What sounds on a lane goes on upon another chord: what is of both is held, the rest ends, and is struck anew."""
        cut = style.lanes[lane].change == CUT
        steps = {(note.atoms, round(note.end, 3)): note for note in under} if not cut else {}
        hand, scale = self._hand(style, lane), self._scale()
        wanted = {
            step: hand.keys(step[0], beat, chord, chord, scale) for step in steps
        }  # fmt: skip
        kept = {n.key for n in under if any(n.key in keys for keys in wanted.values())}
        classes = chord.classes if cut else frozenset(key % 12 for key in kept)
        self.damp(beat, classes, LANES.index(lane))
        self._sounding = [
            n._replace(end=beat) if n in under and n.key % 12 not in classes else n for n in self._sounding if n.key != REST
        ]  # fmt: skip
        for step, keys in wanted.items():
            for key in (key for key in keys if key not in kept):
                self._note(steps[step]._replace(beat=beat, key=key, velocity=0.9 * steps[step].velocity))

    def _hand(self, style: Style, lane: str) -> Hand:
        known = (style.name, lane)
        if known not in self._hands:
            self._hands[known] = Hand(style.lanes[lane], bass=lane == "bass")
        return self._hands[known]

    def _chord(self, beat: float) -> Chord | None:
        """What it plays on at a beat: the chord there, else the last, else the key's tonic."""
        told = self.told.chords.at(beat) or self._last
        if told is not None:
            return as_chord(told)
        return None if self.told.tonic < 0 else Chord(self.told.tonic, "maj" if self.told.mode == "major" else "min")

    def _scale(self) -> frozenset[int]:
        return key_classes(self.told.tonic, self.told.mode) if self.told.tonic >= 0 else frozenset()


def as_chord(told: ToldChord) -> Chord:
    """A chord of the wire by name, or, where that fits its tones ill, by its tones."""
    if 0 <= told.quality < len(_QUALITIES):
        named = Chord(told.root, _QUALITIES[told.quality], told.bass)
        if not told.classes or named.classes == told.classes:
            return named
    mask = sum(1 << (c - told.root) % 12 for c in told.classes)
    return chord_of_mask(told.root, mask or QUALITIES["maj"].mask, told.bass)


PLAYER = Arranger
