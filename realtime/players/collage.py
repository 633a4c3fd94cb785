"""`collage`: a form out of parts of what you have played tonight, that returns and varies, on the bar, in the chords and key
that are told; by the note model `collage`, whose own parts play where you have played none; [player process]."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import realtime.models.collage.code as code
from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.collage import CHANNELS, LOUDNESS, Cell, Collage, Goal, last_of
from realtime.music.keyfinding import find_key
from realtime.music.sequence import fold_pitch
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, PLAY_ON, Coda
from realtime.players.collage_form import FORMS, Part, Section, cut, next_letter, octave_of, whole_bars
from realtime.players.collage_night import Night
from realtime.players.controls import CHORD, GUARDS
from realtime.players.hearing import ToldChord
from realtime.players.player import Player
from realtime.players.tune import Tune

LANES = ("melody", "inner", "bass")
ROLE_LANES = {role: LANES.index(role) for role in code.ROLES}
PARTS = ("yours", "both", "the factory's")
YOURS, BOTH, FACTORY = range(3)
BEGINS = ("at once", "when it knows you")
SEARCHES = ("greedy", "annealed")
HARMONIES = ("as told", "its own")
PARAMS = (
    Param("form", "Form", "", 0, len(FORMS) - 1, 0, curve="enum", labels=tuple(FORMS), doc="Sections that are told lead."),
    Param("section_bars", "Section", "bars", 2.0, 16.0, 8.0, stepped=True, doc="Where no sections are told."),
    Param("variation", "Variation", "", 0.0, 1.0, 0.3, doc="How far a section that returns strays; its first bar stays."),
    Param("parts", "Parts", "", 0, 2, YOURS, curve="enum", labels=PARTS, doc="Of what you played tonight, or learned."),
    Param("begins", "Begins", "", 0, 1, 0, curve="enum", labels=BEGINS, doc="At once: with the factory's parts."),
    Param("least_bars", "Knows you after", "bars", 1.0, 32.0, 4.0, stepped=True, doc="So many bars of yours are enough."),
    Param("search", "Search", "", 0, 1, 1, curve="enum", labels=SEARCHES, doc="Annealed: better, for more time."),
    Param("effort", "Effort", "steps a bar", 0.0, 1000.0, 200.0, stepped=True, doc="Of annealing, as far as time allows."),
    Param("harmony", "Harmony", "", 0, 1, 0, curve="enum", labels=HARMONIES, doc="While nobody tells chords, its own."),
    Param("middle", "Middle of the tune", "MIDI pitch", 58.0, 84.0, 70.0, stepped=True, doc="Of the factory's parts."),
    Param("yields", "Leaves you the tune", curve="bool", default=1.0, doc="While you play, its own tune is silent."),
    Param("melody_level", "Melody", "", 0.0, 2.0, 1.0),
    Param("inner_level", "Inner voices", "", 0.0, 2.0, 1.0),
    Param("bass_level", "Bass", "", 0.0, 2.0, 1.0),
    Param("guard", "Guard", "", 0, 3, CHORD, curve="enum", labels=GUARDS,
          doc="Keeps to the key, on strong beats to the chord, or to the chord alone."),
    Param("ahead_beats", "Ahead", "beats", 0.25, 4.0, 1.0, curve="log", doc="Its notes are planned so long before."),
    replace(coda.PARAMS[0], default=PLAY_ON),
    coda.PARAMS[1],
)  # fmt: skip
REACH = {"bass": (28, 52), "inner": (48, 79), "melody": (57, 91)}
"""MIDI pitches of each role; what lies beyond comes by octaves."""
OPENING_STEPS = 600
STEPS_A_SECOND = 80.0
"""Of annealing while it plays: a twentieth of a core."""
SPARE_BEATS = 3.0
"""So long before a section's end what follows it is found."""
GROWN = 8
"""Half bars of yours that are enough news for other parts; of a form that is told, where things had better return, so many
times that."""
NAMED_BEATS = 1.0
"""A section that is told so soon after one has begun is that one's name."""
FREE_ROUND = 6
"""Sections after which a free form may have other parts."""
HEARD_BEATS = 0.5
"""A bar is looked at so long after its end: the chord of its last beats is told by then."""
LED_BARS = 4.0
"""A chord that was played by hand leads for so long."""
YIELDS_BEATS = 3.5
"""Beats of your silence after which the tune is its own again; more than the half bar that it writes at once."""
FEWEST_PARTS = 2
LEAD_S = 0.025
LEAST_BEATS = 0.15
DRUMS = 9


class Line(NamedTuple):
    """Half bars that were found, so many a bar, and whether of your parts."""

    cells: tuple[Cell, ...]
    cells_a_bar: int
    yours: bool


class Planned(NamedTuple):
    """A note that was planned: beats, its lane and key, and what it is of the section."""

    beat: float
    end: float
    lane: int
    key: int
    part: Part


class _Search(NamedTuple):
    """A search on its way: what is left of it, from which beat on and for how long, of how many turns."""

    turns: Iterator[Line]
    start: float
    beats: float
    turns_due: int


class CollagePlayer(Player):
    """Without a package of `collage` it is silent, and says why."""

    name = "collage"
    PARAMS = PARAMS
    LANES = LANES
    MODEL = "collage"
    LADDER = ("annealed", "greedy")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        self.model = self.load_model(Collage)
        if self.model is None:
            self.warning = self.warning.replace("plays by rule", "is silent", 1)
        self.night, self.coda, self.you = Night(), Coda(), Tune()
        self.section: Section | None = None
        self._lines: dict[str, Line] = {}
        self._played: list[str] = []  # letters of the form so far
        self._spare: Line | None = None
        self._search: _Search | None = None
        self._turns = 0  # of it that are done
        self._searches = 0
        self._examples: list[Cell] = []  # half bars of yours by their parts
        self._known = 0  # half bars that you had played when those were learned
        self._anew = False  # they are the first of yours
        self._ends: deque[float] = deque()  # of the parts of the section that are to be written
        self._until = 0.0  # all before this beat is written
        self._planned: list[Planned] = []
        self._keys: deque[int] = deque(maxlen=64)
        self._chord_told = float("-inf")
        self._charted = False
        self._heard: tuple[float, int, int] | None = None  # bar line and metre of the bar that is listened to
        self._metre = (0, 0)
        self._opening = self._first_lines()

    def _first_lines(self) -> dict[str, Line]:
        """What it can begin with at once, by mode: found as it is made, while others play."""
        if self.model is None:
            return {}
        bars, steps = int(self.values["section_bars"]), OPENING_STEPS if self.values["search"] else 0
        middle = int(self.values["middle"])
        return {
            mode: Line(_opening(str(self.package), self.seed, number, bars, steps, middle), 2, False)
            for number, mode in enumerate(wire.MODES)
        }

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        self._advance(beat)
        if channel == DRUMS:
            return
        if self.source < wire.FIRST_PLAYER:
            self.coda.hear_note(beat, self.you.rests(beat) / self.now.bar_beats)
            self.you.note_on(beat, key, channel, 0)
        self.night.note_on(beat, key, velocity)
        self._keys.append(key)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self._advance(beat)
        self.you.note_off(beat, key, channel)

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        sudden = beat <= self.now.beat + HEARD_BEATS
        self._charted |= not sudden
        if chord is not None:
            self._chord_told = max(self._chord_told, beat)
        if self.section is None or beat >= self._until:
            return
        if not sudden:
            self._rewrite(beat)
        elif chord is not None:
            self._turn(max(beat, self.now.beat))

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)
        if section and self.section is not None and abs(beat - self.section.start) < NAMED_BEATS:
            self._name_section(section)
        if self.section is None or not self.section.start + 1e-3 < beat < self.section.end - 1e-3:
            return
        if beat >= self._until - 1e-3:  # what follows begins there
            whole = whole_bars(beat - self.section.start, self.section.bar_beats)
            self.section.bars = min(self.section.bars, whole)
            self._ends = deque(end for end in self._ends if end <= beat + 1e-3)
        else:
            line = self.now.next_bar(max(beat, self.now.beat + self._lead) - 1e-3)
            self.cancel(line)
            self._begin_section(line)

    def _name_section(self, name: str) -> None:
        """What has just begun turns out to be a section of a chart's."""
        assert self.section is not None
        line = self._lines.pop(self.section.letter, None)
        if line is not None and self.section.letter not in self._played[:-1]:
            self._lines.setdefault(name, line)
        self.section.letter = self._played[-1] = name

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        self._advance(self.now.beat)

    def forget(self) -> None:
        self.coda.clear()
        self.you.clear()
        self.night.clear_bar()
        self._heard = None
        self._charted, self._chord_told = False, float("-inf")
        self._leave()

    def _leave(self) -> None:
        """Silent from now on; what it has found so far it knows."""
        self.release()
        self.section = None
        self._ends.clear()
        self._planned.clear()
        self._played.clear()
        if self._search is not None:
            self._search, self._spare = None, None

    @property
    def _lead(self) -> float:
        return LEAD_S * self.now.tempo_bpm / 60.0

    @property
    def _lengths(self) -> list[float]:
        return cut(self.now.bar_beats, self.now.compound)

    def _advance(self, beat: float) -> None:
        """All that is due by a beat; what it knows then depends on that beat alone, not on when the ticks come."""
        if self.model is None:
            return
        self._listen(beat)
        if not self.now.playing:
            self.coda.clear()
            if self.section is not None:
                self._leave()
            return
        if self.section is None and not self._may_begin():
            return
        self._heed_metre(beat)
        self._find(beat)
        if self.section is None:
            self._played.clear()
            self.serial += 1
            self._begin_section(self.now.next_bar(beat - ON_TIME_BEATS))
            self.say(wire.STATUS_ANSWERING)
        while self.section is not None and self._until - self.values["ahead_beats"] <= beat + 1e-6:
            if self._until < beat - wire.LATE_BEATS and (not self._ends or self._ends[0] < beat):
                self._skip(beat)
            self._write_on(beat)

    def _may_begin(self) -> bool:
        if self.coda.closed:
            return False
        return self.values["begins"] == 0 or self._knows_you

    @property
    def _knows_you(self) -> bool:
        return self.night.count >= self.values["least_bars"] * len(self._lengths)

    def _heed_metre(self, beat: float) -> None:
        """In another metre, or on other bar lines, the section begins anew on the next bar."""
        metre = (self.now.numerator, self.now.denominator)
        former, self._metre = self._metre, metre
        section = self.section
        if section is None:
            return
        bars = (self.now.bar_start_beat - section.start) / section.bar_beats
        if metre != former or abs(bars - round(bars)) > 1e-3:
            line = self.now.next_bar(beat + self._lead)
            self.cancel(min(line, beat + self._lead))
            self._planned = [n for n in self._planned if n.beat < beat]
            self._begin_section(line, again=True)

    def _skip(self, beat: float) -> None:
        """It was held up: on with the bar that comes."""
        section = self.section
        assert section is not None
        while self._ends and self._ends[0] < beat:
            self._until = self._ends.popleft()
        if not self._ends and section.end < beat:
            self._begin_section(self.now.next_bar(beat))

    # -- what you play -------------------------------------------------------------------------------------------------

    def _listen(self, beat: float) -> None:
        """Bars that are over are kept, half bar by half bar."""
        now = self.now
        if self._heard is None or self._heard[1:] != (now.numerator, now.denominator):
            self._heard = (now.bar_of(beat), now.numerator, now.denominator)
        line = self._heard[0]
        if abs((line - now.bar_start_beat) / now.bar_beats % 1.0 - 0.5) < 0.49:  # other bar lines
            line = now.bar_of(beat)
        if beat - line > 64.0 * now.bar_beats:  # after a stall
            line = now.bar_of(beat) - now.bar_beats
        before = self.night.count
        while line + now.bar_beats + HEARD_BEATS <= beat:
            self.night.close(line, self._lengths, self._heard_harmony, self._key()[0])
            line += now.bar_beats
        self._heard = (line, now.numerator, now.denominator)
        if self.night.count // GROWN > before // GROWN:
            self.night.keep()

    def _heard_harmony(self, beat: float) -> tuple[int, int]:
        chord = self.told.chords.at(beat + HEARD_BEATS)
        if chord is None or chord.root < 0:
            tonic, mode = self._key()
            return tonic, wire.MODES.index(mode)
        return chord.root, _quality(chord)

    def _key(self) -> tuple[int, str]:
        """As told, else as you played, else C major."""
        if self.told.tonic >= 0:
            return self.told.tonic, self.told.mode
        if not self._keys:
            return 0, "major"
        found = find_key(list(self._keys), [1.0] * len(self._keys))
        return found.tonic, found.mode

    # -- what it looks for -----------------------------------------------------------------------------------------------

    def _look_for_next(self, start: float) -> None:
        """Begins to search for a section that nobody has heard, while the one from `start` on plays."""
        section = self.section
        assert section is not None and self.model is not None
        beats = max(1.0, section.end - start - SPARE_BEATS)
        seconds = beats * 60.0 / self.now.tempo_bpm
        bars = int(self.values["section_bars"])
        steps = int(min(self.values["effort"] * bars, STEPS_A_SECOND * seconds))
        if self.rung > 0 or self.values["search"] == 0:
            steps = 0
        per_bar = len(section.lengths)
        self._searches += 1
        turns = self._conceive(bars, per_bar, steps, Random(f"{self.seed}:{self.take_number}:{self._searches}"))
        self._search = _Search(turns, start, beats, len(code.ROLES) + bars * per_bar + steps + 1)
        self._turns, self._spare = 0, None

    def _conceive(self, bars: int, per_bar: int, steps: int, dice: Random) -> Iterator[Line]:
        """The search itself, a bit at a time."""
        model = self.model
        assert model is not None
        yours = self.values["parts"] != FACTORY and self._knows_you
        if yours and self._wants_news:
            heard, count, first = list(self.night.half_bars), self.night.count, not self._examples
            self._lines.clear()
            self._examples, self._known = [], 0  # should it be left half done
            learned: list[Cell] = []
            for learned in model.learn(heard):  # noqa: B007
                yield Line((), per_bar, True)
            self._examples, self._known, self._anew = learned, count, first
        examples = self._examples if yours else []
        both = self.values["parts"] == BOTH
        for role in code.ROLES:
            given, every = len(model.levels[role]), model.count(role)
            own = yours and every - given >= FEWEST_PARTS
            model.pools[role] = range(given, every) if own and not both else range(every if own else given)
        goal = self._goal(bars, per_bar, examples)
        for found in model.search(goal, dice.randrange(1 << 30), steps, examples):
            yield Line(found.cells, per_bar, yours)
        if any(part < len(model.levels[role]) for c in found.cells for role in code.ROLES for part in getattr(c, role)):
            cells = model.uncopied(found.cells, goal, self.seed, self._key()[0])
            yield Line(cells, per_bar, yours)

    @property
    def _wants_news(self) -> bool:
        """Whether it is time for other parts: you have played enough since, and what is played now ends a round of the
        form."""
        if self.values["parts"] == FACTORY or not self._knows_you:
            return False
        if self._known == 0:
            return True
        told = bool(self.told.sections.at(self.now.beat))
        enough = self.night.count - self._known >= GROWN * (4 if told else 1)
        length = len(tuple(FORMS.values())[int(self.values["form"])]) or FREE_ROUND
        return enough and (told or len(self._played) % length == 0)

    def _goal(self, bars: int, per_bar: int, examples: list[Cell]) -> Goal:
        """What a section should be: as dense and as high as you play, over the chords that are told."""
        model, (tonic, mode) = self.model, self._key()
        assert model is not None
        goal = Goal(bars * per_bar, wire.MODES.index(mode), cells_a_bar=per_bar)
        goal.middle = self.values["middle"] - code.ROOT_OCTAVE - octave_of(tonic)
        tunes = [sound.melody for sound in map(model.sounding, examples) if sound.melody]
        if tunes:
            pitches = [pitch for tune in tunes for _, pitch, _ in tune]
            goal.density = min(6.0, max(1.0, sum(map(len, tunes)) / len(tunes)))
            goal.middle = sum(pitches) / len(pitches)
        goal.known = frozenset((role, getattr(cell, role)) for cell in examples for role in code.ROLES)
        section = self.section
        if section is not None and self._charted and self._led(section.start):
            beats = [section.start, *section.part_ends()]
            told = [self.told.chords.at(beat + 1e-3) for beat in beats[: goal.cells]]
            if len(told) == goal.cells and all(chord is not None and chord.root >= 0 for chord in told):
                goal.chords = tuple((c.root - tonic) % 12 + 12 * _quality(c) for c in told if c is not None)
        return goal

    def _find(self, beat: float) -> None:
        """Goes on with the search, as far as the time that it has is over."""
        search = self._search
        if search is None:
            return
        due = int(search.turns_due * min(1.0, max(0.0, (beat - search.start) / search.beats)))
        while self._turns < due:
            found = next(search.turns, None)
            if found is None:
                self._search = None
                return
            self._turns, self._spare = self._turns + 1, found

    # -- the form ------------------------------------------------------------------------------------------------------

    def _begin_section(self, start: float, again: bool = False) -> None:
        """What plays from a bar line on. again: the same section, in another metre."""
        model, former = self.model, self.section
        assert model is not None
        lengths, told = self._lengths, self.told.sections.at(start + 1e-3)
        bars = int(self.values["section_bars"])
        coming = [beat for beat, _ in self.told.sections.after(start + 1e-3)]
        if coming:
            bars = min(bars, whole_bars(coming[0] - start, self.now.bar_beats))
        self._stop_search()
        if self._anew and self._spare is not None:  # the first of your own: the form begins again
            self._played.clear()
            self._anew = False
        dice = Random(f"{self.seed}:{self.take_number}:form:{len(self._played)}")
        letter = told or next_letter(tuple(FORMS)[int(self.values["form"])], self._played, dice)
        if again and former is not None:
            letter = former.letter
        line = self._line_for(letter, dice)
        if line is None and former is not None:  # nothing is found yet: once more
            self.section = replace(former, letter=letter, start=start, bars=bars, lengths=lengths)
        else:
            line = line or self._opening[self._key()[1]]
            self._lines.setdefault(letter, line)
            self.section = Section(letter, start, bars, line.cells, line.cells_a_bar, lengths)
            self.section.write(model.notes_of)
        self._played.append(letter)
        self._until, self._ends = start, deque(self.section.part_ends())
        self.news = self._words(line)
        if self._spare is None or self._wants_news:
            self._look_for_next(start)

    def _words(self, line: Line | None) -> str:
        """The form so far, and of what its parts are."""
        model = self.model
        assert model is not None
        if line is not None and line.yours:
            counts = (len(model.own[role]) for role in ("melody", "inner", "bass"))
            parts = "yours: {} for the tune, {} inner, {} bass".format(*counts)
        else:
            parts = "the factory's"
        return f"{' '.join(self._played[-6:])} · {parts}"

    def _stop_search(self) -> None:
        """What is found so far is good enough, if it is a line."""
        if self._search is None:
            return
        self._search = None
        bars = int(self.values["section_bars"])
        if self._spare is not None and len(self._spare.cells) < bars * self._spare.cells_a_bar:
            self._spare = None

    def _line_for(self, letter: str, dice: Random) -> Line | None:
        """A section that is known, varied; or a new one, if one was found."""
        model, known = self.model, self._lines.get(letter)
        assert model is not None
        if known is None:
            line, self._spare = self._spare, None
            return line
        amount = self.values["variation"]
        if amount <= 0.0 or not self._played:
            return known
        bars = len(known.cells) // known.cells_a_bar
        goal = self._goal(bars, known.cells_a_bar, [])
        goal.density = sum(len(model.sounding(c).melody) for c in known.cells) / len(known.cells)
        cells = model.varied(known.cells, replace(goal, chords=()), amount, dice)
        return known._replace(cells=cells)

    # -- writing -------------------------------------------------------------------------------------------------------

    def _write_on(self, beat: float) -> None:
        """The next part of the section, or the section behind it."""
        section = self.section
        assert section is not None
        if not self._ends:
            self._begin_section(section.end)
            return
        start, bar = self._until, self.now.bar_beats
        on_bar = abs((start - section.start) / section.bar_beats % 1.0) < 1e-3
        if on_bar and self.coda.ends(start, bar, self.you.rests(beat) / bar, self.values, self.told):
            self._close(start)
            return
        end = self._ends.popleft()
        self._plan_parts(section.between(start, end), max(start, beat + self._lead))
        self._until = end

    def _plan_parts(self, parts: list[Part], earliest: float) -> None:
        section = self.section
        assert section is not None
        self._planned = [n for n in self._planned if n.end > earliest - 1.0]
        tune: int | None = None
        for part in sorted(parts, key=lambda p: (p.beat, CHANNELS[p.role])):
            beat = section.start + part.beat
            if part.role == "melody" and self._yields(beat):
                continue
            if self.told.sections.at(beat) == "break" and beat > section.start + 1e-3:
                continue
            key = self._pitch(part, beat)
            if key is None or self.values[f"{part.role}_level"] <= 0.0:
                continue
            if part.role == "melody":
                tune = key
            elif part.role == "inner" and tune is not None and key >= tune - 1:
                key -= 12
            self._plan(part, beat, beat + part.beats, key, earliest)

    def _yields(self, beat: float) -> bool:
        """Whether the tune is yours by now."""
        ahead = self.values["ahead_beats"]
        heard = self.you.last is not None and self.you.rests(beat - ahead) < YIELDS_BEATS
        return self.values["yields"] >= 0.5 and heard

    def _plan(self, part: Part, beat: float, end: float, key: int, earliest: float) -> None:
        late = earliest - beat
        if late > LEAST_BEATS / 2 and part.role == "melody":
            return
        beat = max(beat, earliest)
        for change, chord in self.told.chords.after(beat) if self._led(beat) else ():
            if change >= end:
                break
            if chord is None or key % 12 not in chord.classes:
                end = change
        if end - beat < LEAST_BEATS / 2:
            return
        level = LOUDNESS[part.role] * self.values[f"{part.role}_level"]
        accent = 0.05 if abs(part.beat % code.CELL_BEATS) < 1e-3 else 0.0
        velocity = level * (0.8 + 0.2 * part.loud) + accent
        lane = ROLE_LANES[part.role]
        self.plan(beat, end - beat, key, min(1.0, velocity), lane)
        self._planned.append(Planned(beat, end, lane, key, part))

    def _led(self, beat: float) -> bool:
        """Whether somebody says the chords: a chart, or hands that played some not long ago."""
        if self.values["harmony"] != 0:
            return False
        return self._charted or beat - self._chord_told <= LED_BARS * self.now.bar_beats

    def _pitch(self, part: Part, beat: float) -> int | None:
        """Over the chord that is told, else over the section's own; None: there is no chord (N.C.)."""
        tonic = self._key()[0]
        root, quality = (tonic + part.chord) % 12, part.chord // 12
        if self._led(beat):
            told = self.told.chords.at(beat + 1e-3)
            if told is None and self._charted:
                return None
            if told is not None and told.root >= 0:
                root, quality = told.root, _quality(told)
        base = code.ROOT_OCTAVE + octave_of(tonic) + octave_of((root - tonic) % 12)
        return fold_pitch(base + code.fold_third(part.above, quality), *REACH[part.role])

    def _rewrite(self, beat: float) -> None:
        """Other chords are announced from a beat on: what is written there is written anew."""
        section = self.section
        assert section is not None
        self.cancel(beat)
        self._planned = [n for n in self._planned if n.beat < beat - 1e-6]
        self._plan_parts(section.between(beat, self._until), max(beat, self.now.beat + self._lead))

    def _turn(self, beat: float) -> None:
        """The chord has changed under what sounds: what is of the new one goes on, the rest moves there."""
        at = beat + self._lead
        under = [n for n in self._planned if n.beat < at < n.end - LEAST_BEATS]
        self._rewrite(at)
        chord = self.told.chords.at(beat)
        if chord is None or not chord.classes:
            return
        self.damp(at, chord.classes)
        for note in under:
            if note.key % 12 not in chord.classes and note.part.role != "melody":
                key = self._pitch(note.part, at)
                if key is not None:
                    self._plan(note.part, at, note.end, key, at)

    def _close(self, start: float) -> None:
        """The last bar: the chord, held."""
        bar = self.now.bar_beats
        tonic, mode = self._key()
        chord = self.told.chords.at(start) if self._led(start) else None
        root, quality = (chord.root, _quality(chord)) if chord else (tonic, wire.MODES.index(mode))
        self.damp(start, ())
        third = code.fold_third(code.THIRD, quality)
        for role, above in (("bass", 0), ("inner", third), ("inner", 7), ("melody", 12)):
            key = fold_pitch(code.ROOT_OCTAVE + root + above, *REACH[role])
            if not (role == "melody" and self._yields(start)):
                self.plan(
                    start, 0.95 * bar, key, LOUDNESS[role] * self.values[f"{role}_level"] or 0.01, ROLE_LANES[role]
                )
        self.coda.close(start, bar, self.told)
        self.section = None
        self._ends.clear()


def _quality(chord: ToldChord) -> int:
    """Minor where it has a minor third and no major one."""
    third = {(c - chord.root) % 12 for c in chord.classes}
    return code.MINOR if code.MINOR_THIRD in third and code.THIRD not in third else code.MAJOR


@lru_cache(maxsize=32)
def _opening(package: str, seed: int, mode: int, bars: int, steps: int, middle: int) -> tuple[Cell, ...]:
    """A first section of the package's own parts; the same for all players of these settings."""
    model = Collage.load(package)
    goal = Goal(2 * bars, mode, middle=middle - code.ROOT_OCTAVE)
    cells = last_of(model.search(goal, seed, steps)).cells
    return model.uncopied(cells, goal, seed, 0)


PLAYER = CollagePlayer
