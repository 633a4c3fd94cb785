"""`accompanist`: piano, bass and pad under what you play, on the chords it is told, half a beat ahead of the beat and turned
round within it when the chord changes; by the note model `accompany`, or by rule without it; [player process]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from realtime.contract.param import Param
from realtime.models.accompany import (
    BASS,
    STYLES,
    TICKS,
    Accompany,
    Chart,
    Event,
    Frame,
    Mark,
    MelodyNote,
    Sheet,
    Wishes,
)
from realtime.models.accompany import Writer as ModelWriter
from realtime.music.chord import Chord
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, Coda
from realtime.players.comping import Comper
from realtime.players.harmony import EARLY_BEATS, Harmony, tonic_chord
from realtime.players.hearing import ToldChord
from realtime.players.pad import Pad
from realtime.players.player import Player
from realtime.players.tune import Tune

LANES = ("piano", "bass", "pad")
PIANO_LANE, BASS_LANE, PAD_LANE = range(3)
PARAMS = (
    Param("temperature", "Temperature", "", 0.0, 1.5, 0.9, doc="Low: the likeliest; high: adventurous."),
    Param("top_p", "Nucleus", "", 0.1, 1.0, 0.95, doc="Draws only from the likeliest notes of this mass."),
    Param("style", "Style", "", 0, len(STYLES) - 1, 0, curve="enum", labels=STYLES, doc="From its next beginning on."),
    Param("piano_level", "Piano", "", 0.0, 2.0, 1.0, doc="0: it plays no piano."),
    Param("bass_level", "Bass", "", 0.0, 2.0, 1.0, doc="0: it plays no bass."),
    Param("pad_level", "Pad", "", 0.0, 2.0, 1.0, doc="0: it holds no pad."),
    Param("register", "Register", "MIDI pitch", 0.0, 84.0, 0.0, doc="Mean pitch of the piano; 0: under your tune."),
    Param("ahead_beats", "Ahead", "beats", 0.1, 1.0, 0.5, curve="log", doc="Less: it hears more of you first."),
    *coda.PARAMS,
    Param("melody_channel", "Tune on", "channel", 0.0, 16.0, 0.0, stepped=True, doc="0: the highest note is the tune."),
)
DENSITY = 3.4
"""Notes a beat of bass and piano where nobody wishes otherwise: those of pop songs (POP909)."""
LOUDNESS = 0.55
FORCE = 0.5
"""Octaves of velocity over the whole intensity, beside the loudness that the model is asked for."""
INSIDE = (0.0, 1.0, 3.0, 8.0)  # nats against foreign notes on the beat, by guard
SECTION_PUSH = {"intro": -0.15, "chorus": 0.12, "solo": 0.05, "break": -0.25, "ending": -0.05}
UNDER_TUNE, LOWEST_MIDDLE, HIGHEST_MIDDLE = 10.0, 52.0, 64.0
NEWS_BEATS = 0.25
"""A chord that begins later than this from now is an announcement."""
LEAD_BEATS = 0.03
TOO_LATE_BEATS = 0.6
PATIENCE_S, LONGEST_PATIENCE_BEATS = 0.1, 0.35
"""Where a chord may change by hand, so long is waited for it: what hands and follower need."""
SHORTEST_BEATS = 0.08
DEAD_BEATS = 0.25
"""A bass note on one that the model lets go of sooner would leave the bar without a floor: it lasts to its next stroke, or
half a bar."""
TURN_TICKS = TICKS // 2
"""A sudden change is taken up on the next eighth."""
DRUMS = 9
EPSILON = 1e-6


class Stand(NamedTuple):
    """Where a frame began, to come back to: its tick, and what was held and written then."""

    tick: int
    mark: Mark | None
    pad: tuple[list[int], float]
    bass_end: float
    chord: Chord | None
    hands: tuple[int | None, list[int]]
    played: Chord | None


class AccompanistPlayer(Player):
    """Without a package of `accompany` it plays by rule."""

    name = "accompanist"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "intensity", "guard"})
    LANES = LANES
    MODEL = "accompany"
    LADDER = ("model", "rules")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        model = self.load_model(Accompany)
        self.writer: ModelWriter | None = None if model is None else model.writer()
        self.sheet: Sheet = self.writer or Sheet()
        self.comper, self.pad = Comper(), Pad()
        self.harmony, self.tune = Harmony(), Tune()
        self.origin: float | None = None  # the bar line from which ticks count, as a beat; None: it does not play
        self.coda = Coda()
        self._charted = False
        self._bar = (0.0, 0, 0)
        self._stands: list[Stand] = []
        self._chord: Chord | None = None  # of the frame written last
        self._former: Chord | None = None  # the chord before that
        self._turned = False  # the next frame takes up a sudden change
        self._bass_end = self._earliest = 0.0
        self._guess: tuple[float, Chord] | None = None  # from a beat on a chord is expected that nobody has played yet
        if self.writer is not None:
            self.writer.write_frame()  # the first run is slow

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if channel == DRUMS:
            return
        self._advance(beat)
        melody = int(self.values["melody_channel"])
        self.coda.hear_note(beat, self.tune.rests(beat) / self.now.bar_beats)
        if self.tune.note_on(beat, key, channel, melody):
            self._hear_tune(beat, key)
        if self.harmony.hold(beat, self.tune.keys(but=melody)):
            self._turn(beat)
        self._advance(beat)  # at once, not with the next tick: it may have waited for that, or has to write anew

    def hear_key(self, beat: float, tonic: int, mode: str) -> None:
        if beat <= self.now.beat + NEWS_BEATS:
            self._advance(max(beat, self.now.beat))

    def _hear_tune(self, beat: float, key: int) -> None:
        if self.origin is None:
            return
        tick = (beat - self.origin) * TICKS
        self.sheet.melody(MelodyNote(tick, tick + 4 * TICKS, key))
        self.sheet.forget_melody()
        if crossed := self.pad.above(key):  # the pad never sounds above the tune
            if self.pad.since > beat:  # it has not begun
                frames = (self.origin + stand.tick / TICKS for stand in self._stands)
                self._back(max(start for start in frames if start <= self.pad.since), 1)
            else:
                self.pad.drop(crossed)
                self.damp(beat, {p % 12 for p in self.pad.held}, PAD_LANE)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        if channel == DRUMS:
            return
        self._advance(beat)
        self.tune.note_off(beat, key, channel)
        if self.origin is not None:
            self.sheet.end_melody_note(key, (beat - self.origin) * TICKS)

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        announced = beat > self.now.beat + NEWS_BEATS
        if not announced:
            self._advance(max(beat, self.now.beat))
        self._charted |= announced
        if self.harmony.tell(beat, chord, self.now.beat + NEWS_BEATS):
            self._turn(beat)
        if not announced:
            self._advance(max(beat, self.now.beat))

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)
        if self.origin is not None and beat < self._time() - EPSILON:
            self._back(max(beat, self.now.beat + self.lead_beats), TICKS)
            self._advance(self.now.beat)

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        self._advance(self.now.beat)

    def forget(self) -> None:
        self.harmony.jump(self.now.beat if self.origin is None else self._time())
        self.tune.clear()
        self.coda.clear()
        self._charted = False
        self._leave()

    def _leave(self) -> None:
        """Silent from now on."""
        self.release()
        self.origin = None
        self.pad.clear()
        self.comper.clear()
        self._stands.clear()
        self._chord = self._former = self._guess = None
        self._bass_end = 0.0

    def _time(self) -> float:
        """The beat up to which it has written."""
        assert self.origin is not None
        return self.origin + self.sheet.tick / TICKS

    def _advance(self, beat: float) -> None:
        """Writes what is due by a beat. What it knows then depends on that beat alone, not on when the ticks come."""
        if not self.now.playing:
            self.coda.clear()
            if self.origin is not None:
                self._leave()
            return
        if self.origin is None and not self._begin(beat):
            return
        self._heed_bar()
        if self._guess is not None and beat >= self._guess[0] + self._patience():
            start, self._guess = self._guess[0], None
            self._turn(start, beat)
        while self.origin is not None and (due := self._due(self._time())) <= beat + EPSILON:
            if self._time() < beat - TOO_LATE_BEATS:  # it was held up: on with the next beat
                self.sheet.move(math.ceil((beat - self.origin) - EPSILON) * TICKS)
            else:
                lead = self.lead_beats
                self._write((due if beat - due < lead else beat) + lead)

    def _patience(self) -> float:
        """Beats after which a chord that is played by hand would have been told."""
        return min(LONGEST_PATIENCE_BEATS, PATIENCE_S * self.now.tempo_bpm / 60.0)

    def _due(self, start: float) -> float:
        """When the frame at a beat is to be written: ahead of it, but where another chord may come by hand, with it."""
        ahead = start - self.values["ahead_beats"]
        if self._charted or not self._may_change(start) or self.harmony.told_at(start):
            return ahead
        return ahead if self.harmony.expect(start, self._slot()) is not None else start + self._patience()

    def _slot(self) -> float:
        """Beats after which chords mostly change: half bars of an even metre."""
        bar = self.now.bar_beats
        return bar / 2.0 if bar % 2.0 == 0.0 else bar

    def _may_change(self, start: float) -> bool:
        assert self.origin is not None
        place = start - self.origin - self.sheet.bar_tick / TICKS
        if abs(place) < EPSILON:
            return True
        return abs(place - self._slot()) < EPSILON and self.harmony.moves_within(start - place, self.now.bar_beats)

    def _begin(self, beat: float) -> bool:
        """Comes in on the next beat, if it may and knows a chord."""
        bar = self.now.bar_start_beat
        place = math.ceil(beat - bar - ON_TIME_BEATS)
        if self.coda.closed or self.harmony.at(bar + place, self.told) is None:
            return False
        metre = (self.now.numerator, self.now.denominator)
        wishes = Wishes(STYLES[int(self.values["style"])])
        if self.writer is not None:
            self.writer.begin(metre, wishes, self.seed)
        else:
            self.sheet.rule(metre, wishes, False)
        self.origin = bar
        self.serial += 1
        self._bar = (bar, *metre)
        self.sheet.bar_line(0, *metre)
        self.sheet.move(place * TICKS)
        return True

    def _heed_bar(self) -> None:
        """The transport's bars are the bars."""
        now, assumed = self.now, self._bar
        self._bar = (now.bar_start_beat, now.numerator, now.denominator)
        if self._bar != assumed and self.origin is not None:
            tick = round((now.bar_start_beat - self.origin) * TICKS)
            self.sheet.bar_line(tick, now.numerator, now.denominator)

    # -- writing -------------------------------------------------------------------------------------------------------

    def _write(self, earliest: float) -> None:
        """The next frame; nothing of it begins before a beat."""
        assert self.origin is not None
        start = self._time()
        self._earliest = max(start, earliest)
        if self.sheet.tick == self.sheet.bar_tick and self.coda.ends(
            start, self.now.bar_beats, self._rested(start), self.values, self.told
        ):
            self._close(start)
            return
        chord = self._lay_chart(start)
        changed = self._turned or chord != self._chord
        self._stand(chord)
        section = self.told.sections.at(start)
        if chord is None or (section == "break" and self.sheet.tick != self.sheet.bar_tick):
            self._hush(start)
        else:
            self._wish(start, section)
            frame, events = self._frame(start, changed, section)
            if changed:
                events += self._bass_of_change(frame, chord, events)
            self._plan_events(events)
            self._hold_pad(start, chord, changed)
        self._former = self._chord if changed and self._chord is not None else self._former
        self._chord, self._turned = chord, False

    def _frame(self, start: float, changed: bool, section: str) -> tuple[Frame, list[Event]]:
        if self.writer is None or self.rung > 0 or section == "break":
            return self.comper.write(self.sheet, self._intensity(start), changed, self._ceiling(start))
        writer = self.writer
        writer.random = Random(f"{self.seed}:{self.take_number}:{self.sheet.tick}")
        writer.temperature, writer.top_p = self.values["temperature"], self.values["top_p"]
        writer.inside = INSIDE[int(self.values["guard"])]
        frame, events = writer.write_frame()
        self.comper.last_bass, self.comper.last_piano = writer.last_bass, list(writer.last_piano)
        if int(self.values["guard"]) == len(INSIDE) - 1 and frame.chord is not None:
            events = [e for e in events if e.pitch % 12 in frame.chord.classes]
        return frame, events

    def _lay_chart(self, start: float) -> Chord | None:
        """Tells the sheet the chords around a beat; returns the one that holds there."""
        assert self.origin is not None
        tick = self.sheet.tick
        chord = self.harmony.at(start, self.told)
        if not self._charted and self._may_change(start) and not self.harmony.told_at(start):
            expected = self.harmony.expect(start, self._slot())
            if expected is not None and expected != chord:
                chord, self._guess = expected, (start, expected)
        chart = Chart()
        before = self._former if chord == self._chord else self._chord
        if before is not None:
            chart.set(tick - TICKS, before)
        chart.set(tick, chord)
        for beat, coming in self.harmony.after(start)[:8]:
            chart.set(max(tick + 1, round((beat - self.origin) * TICKS)), coming)
        self.sheet.chart = chart
        return chord

    def _wish(self, start: float, section: str) -> None:
        push = self._intensity(start, section) - 0.5
        thin = 0.5 if self._thins(start) else 1.0
        wishes = self.sheet.wishes
        wishes.density = min(10.0, max(0.25, DENSITY * self.values["density"] * 4.0**push * thin))
        wishes.loudness = min(0.95, max(0.15, LOUDNESS + 0.4 * push))
        wishes.register = self.values["register"] or self._middle(start)

    def _intensity(self, start: float, section: str | None = None) -> float:
        section = self.told.sections.at(start) if section is None else section
        return min(1.0, max(0.0, self.intensity_now + SECTION_PUSH.get(section, 0.0) - 0.2 * self._thins(start)))

    def _middle(self, start: float) -> float | None:
        """Where the piano leaves room for the tune."""
        tune = self.tune.middle(start - 4.0 * self.now.bar_beats)
        return None if tune is None else min(HIGHEST_MIDDLE, max(LOWEST_MIDDLE, tune - UNDER_TUNE))

    def _ceiling(self, start: float) -> int | None:
        return self.tune.lowest(start - 2.0 * self.now.bar_beats)

    def _bass_of_change(self, frame: Frame, chord: Chord, events: list[Event]) -> list[Event]:
        """The bass goes with a sudden change, and with a new chord on one, whatever the model had in mind."""
        strokes = [e.tick for e in events if e.role == BASS]
        if frame.tick in strokes or not (frame.place == 0 or (self._turned and not strokes)):
            return []
        pitch = self.comper.bass_note(chord, True)
        self.comper.last_bass = pitch
        if self.writer is not None:
            self.writer.last_bass = pitch
        length = min(strokes, default=frame.tick + frame.length) - frame.tick
        return [Event(frame.tick, pitch, length, round(127 * LOUDNESS), BASS)]

    # -- planning ------------------------------------------------------------------------------------------------------

    def _plan_events(self, events: list[Event]) -> None:
        assert self.origin is not None
        force = 2.0 ** (FORCE * (self._intensity(self._time()) - 0.5))
        for event in events:
            lane = BASS_LANE if event.role == BASS else PIANO_LANE
            level = self.values["bass_level" if lane == BASS_LANE else "piano_level"]
            beat, length = self.origin + event.tick / TICKS, event.duration / TICKS
            if lane == BASS_LANE and length < DEAD_BEATS and (beat - self._bar[0]) % self.now.bar_beats < EPSILON:
                length = self._slot()
            late = max(0.0, self._earliest - beat)
            beat, length = beat + late, max(SHORTEST_BEATS, length - late)
            if level <= 0.0:
                continue
            if lane == BASS_LANE:  # one string sounds at a time
                if self._bass_end > beat + EPSILON:
                    self.damp(beat, (), BASS_LANE)
                self._bass_end = beat + length
            self.plan(beat, length, event.pitch, min(1.0, force * level * event.velocity / 127.0), lane)

    def _hold_pad(self, start: float, chord: Chord | None, changed: bool) -> None:
        level = self.values["pad_level"]
        if not (changed or start >= self.pad.until - 0.5) and level > 0.0:
            return
        start = max(start, self._earliest)
        change = self.pad.change(start, chord if level > 0.0 else None, self._ceiling(start))
        self.damp(start, {p % 12 for p in change.kept}, PAD_LANE)
        loud = min(1.0, LOUDNESS * level * 2.0 ** (self._intensity(start) - 0.5))
        for pitch in change.struck:
            self.plan(start, self.pad.until - start, pitch, loud, PAD_LANE)

    def _hush(self, start: float) -> None:
        """Nothing sounds in this frame."""
        self.damp(start, ())
        self.pad.clear()
        self._bass_end = start
        self.sheet.turn(self.sheet.next_frame())

    # -- a chord has changed under what is written -------------------------------------------------------------------------

    def _turn(self, beat: float, now: float | None = None) -> None:
        """The chord from a beat on is news: what is written beyond it is void, and what sounds and is foreign ends."""
        if self.origin is None:
            return
        sudden = beat <= self.now.beat + NEWS_BEATS
        at = max(beat, self.now.beat if now is None else now) if sudden else beat
        chord = self.harmony.at(at, self.told)
        if self._guess is not None and beat > self._guess[0] - EARLY_BEATS:
            self._guess = None
        tick = (at - self.origin) * TICKS
        written = [
            s for s, end in pairwise([*self._stands, None]) if (self.sheet.tick if end is None else end.tick) > tick
        ]
        if all(near(s.played, chord) for s in written if s is not None):
            if sudden and not written and not near(self._chord, chord):
                self._damp_foreign(at, chord)
            return
        self._back(at + (max(LEAD_BEATS, self.lead_beats) if sudden else 0.0), TURN_TICKS if sudden else 1)
        self._damp_foreign(at, chord)
        self._turned = sudden

    def _damp_foreign(self, beat: float, chord: Chord | None) -> None:
        classes: frozenset[int] = chord.classes if chord is not None else frozenset()
        self.damp(beat, classes)
        self.pad.drop([p for p in self.pad.held if p % 12 not in classes])

    def _back(self, beat: float, grid: int) -> None:
        """Writes anew from the first place of a grid (ticks) at or after a beat."""
        assert self.origin is not None
        tick = math.ceil((beat - self.origin) * TICKS / grid - EPSILON) * grid
        self.cancel(beat - EPSILON)
        self.serial += 1
        stands = [stand for stand in self._stands if stand.tick <= tick]
        if tick >= self.sheet.tick or not stands:
            return
        stand = stands[-1]
        self._stands = stands[:-1]
        if self.writer is not None and stand.mark is not None:
            self.writer.back(stand.mark)
        self.pad.held, self.pad.until = list(stand.pad[0]), stand.pad[1]
        self.comper.last_bass, self.comper.last_piano = stand.hands[0], list(stand.hands[1])
        self._bass_end = max(stand.bass_end, beat)
        self._chord = stand.chord
        self.sheet.move(tick)

    def _stand(self, chord: Chord | None) -> None:
        hands = (self.comper.last_bass, list(self.comper.last_piano))
        mark = None if self.writer is None else self.writer.mark()
        pad = (list(self.pad.held), self.pad.until)
        self._stands.append(Stand(self.sheet.tick, mark, pad, self._bass_end, self._chord, hands, chord))
        del self._stands[:-8]

    # -- rests and endings ---------------------------------------------------------------------------------------------

    def _rested(self, start: float) -> float:
        """Bars for which you have been silent, as known when the frame at a beat is written."""
        return self.tune.rests(start - self.values["ahead_beats"]) / self.now.bar_beats

    def _thins(self, start: float) -> bool:
        return self.coda.thins(self._rested(start), self.values)

    def _close(self, start: float) -> None:
        """One bar on the tonic (or on the chart's last chord), and silence."""
        chord = self.harmony.at(start, self.told)
        if not self._charted and self.told.tonic >= 0:
            chord = tonic_chord(self.told.tonic, self.told.mode)
        length, _ = self.sheet.bar()
        end = start + length / TICKS
        if chord is not None:
            self._earliest = start
            self._plan_events(self.comper.closing(chord, self.sheet.tick, length, self._ceiling(start)))
            self._hold_pad(start, chord, True)
        self.damp(end, ())
        self.coda.close(start, length / TICKS, self.told)
        self.origin = None
        self.pad.clear()
        self._stands.clear()
        self._chord = self._former = None


def near(one: Chord | None, other: Chord | None) -> bool:
    """Whether two chords are the same one, but for a tension more or less."""
    if one is None or other is None:
        return one is other
    within = one.classes <= other.classes or other.classes <= one.classes
    return one == other or (one.root == other.root and one.bass == other.bass and within)


PLAYER = AccompanistPlayer
