"""`drummer`: a groove that stands, with its fills and sections, going with the bass and your intensity, or one that you tap; by
the note model `groove`, or by rule without it and in other metres than four quarters; [player process]."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.groove import PITCHES, STEPS, STEPS_PER_BEAT, Groove
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, Coda
from realtime.players.drum_bar import (
    CLOSED,
    CRASH,
    HIGH_TOM,
    KICK,
    LOW_TOM,
    MID_TOM,
    OPEN,
    RIDE,
    SIDE_STICK,
    SNARE,
    Stroke,
    played,
)  # fmt: skip
from realtime.players.drum_composer import FEWEST_TAPS, DrumComposer, Idea, Manner
from realtime.players.drum_fill import fill
from realtime.players.drum_theme import BassLine
from realtime.players.player import Player
from realtime.players.tune import Tune

ENTERS = ("with you", "at once")
PARAMS = (
    Param("temperature", "Temperature", "", 0.0, 2.0, 0.8, doc="Of the choice of drums; 0: the likeliest."),
    Param("variation", "Variation", "", 0.0, 1.0, 0.4, doc="How far each two bars stray from the theme."),
    Param("complexity", "Complexity", "sd", -3.0, 3.0, 0.0, doc="Less or more syncopation of kick and snare."),
    Param("humanise", "Humanise", "", 0.0, 2.0, 1.0, doc="Spread of loudness and timing: 0 even, 1 a drummer's."),
    Param("with_bass", "With the bass", "", 0.0, 1.0, 0.7, doc="How far the kick goes where the bass plays."),
    Param("fill_bars", "Fill every", "bars", 0.0, 32.0, 8.0, stepped=True, doc="0: only at sections and by hand."),
    Param("fill", "Fill now", curve="bool", doc="Switched on, a fill from the next beat to the bar line."),
    Param("tap_channel", "Taps on", "channel", 0.0, 16.0, 10.0, stepped=True, doc="What you tap there is the groove."),
    Param(
        "enter", "Enters", "", 0, 1, 0, curve="enum", labels=ENTERS, doc="With you: on the bar after your first note."
    ),
    *coda.PARAMS,
    Param("kick_level", "Kick", "", 0.0, 2.0, 1.0),
    Param("snare_level", "Snare", "", 0.0, 2.0, 1.0),
    Param("hat_level", "Hats", "", 0.0, 2.0, 1.0),
    Param("tom_level", "Toms", "", 0.0, 2.0, 1.0),
    Param("cymbal_level", "Cymbals", "", 0.0, 2.0, 1.0),
    Param("ahead_beats", "Ahead", "beats", 0.25, 4.0, 1.0, curve="log", doc="Each bar is planned so long before it."),
)
LEVELS = {
    KICK: "kick_level", SNARE: "snare_level", SIDE_STICK: "snare_level", CLOSED: "hat_level", OPEN: "hat_level",
    LOW_TOM: "tom_level", MID_TOM: "tom_level", HIGH_TOM: "tom_level", CRASH: "cymbal_level", RIDE: "cymbal_level",
}  # fmt: skip
KEYS = (*PITCHES, 37)
"""General MIDI, by drum; the last is the side stick."""
SECTION_PUSH = {"intro": -0.2, "chorus": 0.15, "solo": 0.1, "bridge": -0.05, "break": -0.2}
THIN = 0.25
FILL_BEATS, LOUD_FILL_BEATS = 1.0, 2.0
LEAD_BEATS = 0.03
HIT_BEATS = 0.1
BASS_HIGHEST = 52
"""What is played lower than E3 is the bass."""
DRUMS = 9


class DrummerPlayer(Player):
    """All drums on one lane, by the keys of General MIDI."""

    name = "drummer"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "intensity"})
    LANES = ("drums",)
    UNPITCHED = frozenset({"drums"})
    MODEL = "groove"
    LADDER = ("model", "rules")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        self.composer = DrumComposer(self.load_model(Groove))
        self.coda, self.you, self.bass = Coda(), Tune(), BassLine()
        self._bar: float | None = None  # the next bar to write begins there; None: it does not play
        self._written = (0.0, 0, 0)  # bar line and metre that were assumed
        self._phrase = 0.0
        self._crash: float | None = None  # a bar that begins with one
        self._entered = False
        self._fill_asked = False
        self._taps: deque[tuple[float, float]] = deque(maxlen=128)
        self._tapped: tuple[tuple[int, float], ...] = ()
        self.composer.conceive(self._idea(()), self._manner(0.5))  # which also makes the nets warm

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        self._advance(beat)
        if channel + 1 == int(self.values["tap_channel"]):
            self._taps.append((beat, velocity))
        elif channel == DRUMS:
            return
        elif key <= BASS_HIGHEST:
            self.bass.hear(self.now.bar_of(beat + ON_TIME_BEATS), self.now.bar_beats, beat)
        if self.source < wire.FIRST_PLAYER:
            self.coda.hear_note(beat, self.you.rests(beat) / self.now.bar_beats)
            self.you.note_on(beat, key, channel, 0)
        if not self._entered and not self.coda.closed:
            self._entered = True
            self._advance(beat)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self._advance(beat)
        self.you.note_off(beat, key, channel)

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)
        self._entered |= section != "ending"
        if self._bar is None or not self.now.playing:
            return
        if beat < self._bar - LEAD_BEATS:  # into what is written already
            self._rewrite(max(beat, self.now.beat + self.lead_beats))
        elif beat <= self._bar + LEAD_BEATS:  # the bar that sounds is the last before it
            length = FILL_BEATS if self._intensity(self.now.beat) < 0.5 else LOUD_FILL_BEATS
            self._fill_from(max(self._next_beat(self.now.beat), self._bar - length))

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        asked, self._fill_asked = self._fill_asked, self.values["fill"] >= 0.5
        if self._fill_asked and not asked and self._bar is not None:
            self._fill_from(self._next_beat(self.now.beat))
        self._advance(self.now.beat)

    def forget(self) -> None:
        self._leave()
        self.coda.clear()
        self.you.clear()
        self.bass.clear()
        self._taps.clear()
        self._entered = False

    def locate(self, now) -> None:
        """It goes on where it is led to."""
        entered = self._entered
        super().locate(now)
        self._entered = entered

    def _leave(self) -> None:
        self.release()
        self._bar = self._crash = None

    def _advance(self, beat: float) -> None:
        """Writes the bars that are due by a beat, from what was heard until then."""
        if not self.now.playing:
            self.coda.clear()
            if self._bar is not None:
                self._leave()
            return
        if self._bar is None and not self._begin(beat):
            return
        self._heed_bar(beat)
        while self._bar is not None and self._bar - self.values["ahead_beats"] <= beat + 1e-6:
            if self._bar + self.now.bar_beats < beat:  # it was held up
                self._bar = self.now.next_bar(beat)
            else:
                self._write(self._bar, beat + self.lead_beats)

    def _begin(self, beat: float) -> bool:
        if self.coda.closed or not (self._entered or self.values["enter"] == 1):
            return False
        self._bar = self._phrase = self.now.next_bar(beat - ON_TIME_BEATS)
        self._crash = self._bar
        self._written = (self.now.bar_start_beat, self.now.numerator, self.now.denominator)
        self.serial += 1
        return True

    def _heed_bar(self, beat: float) -> None:
        """The transport's bars are the bars: in another metre what is written is void."""
        now, (line, *metre) = self.now, self._written
        if self._bar is None or (now.bar_start_beat, now.numerator, now.denominator) == (line, *metre):
            return
        self._written = (now.bar_start_beat, now.numerator, now.denominator)
        bars = (self._bar - now.bar_start_beat) / now.bar_beats
        if metre != [now.numerator, now.denominator] or abs(bars - round(bars)) > 1e-3:
            self._phrase = now.bar_start_beat
            self._rewrite(beat)

    def _rewrite(self, beat: float) -> None:
        """What is written from a beat on is void."""
        self.cancel(beat)
        self.serial += 1
        bar = self.now.bar_of(beat + ON_TIME_BEATS)
        self._write(bar, beat)

    def _next_beat(self, beat: float) -> float:
        """The next beat that leaves time to play a fill from it."""
        bar = self.now.bar_start_beat
        return bar + math.ceil(beat + max(ON_TIME_BEATS, self.lead_beats) - bar)

    # -- a bar ---------------------------------------------------------------------------------------------------------

    def _write(self, bar: float, since: float) -> None:
        """The bar that begins at a beat, what of it sounds from `since` on; the next one is the one behind it."""
        length = self.now.bar_beats
        section = self.told.sections.at(bar + 1e-3)
        rested = self.you.rests(bar - self.values["ahead_beats"]) / length
        self._bar = bar + length
        if self.coda.ends(bar, length, rested, self.values, self.told):
            self._plan(bar, since, [Stroke(0.0, KICK, 0.85), Stroke(0.0, CRASH, 0.75)])
            self.coda.close(bar, length, self.told)
            self._bar, self._entered = None, False
            return
        if section and self.told.sections.at(bar - 1e-3) != section:
            self._phrase, self._crash = bar, (bar if section not in ("break", "intro") else self._crash)
        if section == "break":
            self._plan(bar, since, self._break(bar))
            return
        intensity = self._intensity(bar, THIN if self.coda.thins(rested, self.values) else 0.0)
        strokes = self._strokes(bar, intensity)
        begin = 0.0 if section == "fill" else self._fill_place(bar, intensity)
        if begin is not None:
            strokes = self._filled(bar, strokes, begin, intensity)
        self._plan(bar, since, self._crashed(bar, strokes, intensity), intensity)

    def _strokes(self, bar: float, intensity: float) -> list[Stroke]:
        now, manner = self.now, self._manner(intensity)
        self._hear_taps(bar)
        bass = self.bass.shares(now.bar_beats, bar)
        idea = self._idea(bass)
        if not self.composer.has(idea):
            self.composer.conceive(idea, manner)
        number = round((bar - self._phrase) / now.bar_beats)
        metre = (now.numerator, now.denominator)
        by_rule = self.rung > 0 or self.composer.model is None
        strokes = self.composer.bar(number, metre, manner, bass, by_rule)
        if by_rule or metre != (4, 4):
            dice = Random(f"{self.seed}:{self.take_number}:{number}")
            strokes = played(strokes, self.values["humanise"], now.tempo_bpm, dice)
        return strokes

    def _idea(self, bass: tuple[float, ...]) -> Idea:
        return Idea(self.seed, self.take_number, bass if self.values["with_bass"] > 0.0 else (), self._tapped)

    def _manner(self, intensity: float) -> Manner:
        v = self.values
        return Manner(
            intensity, v["variation"], v["density"], v["complexity"], v["temperature"], v["humanise"], v["with_bass"]
        )

    def _hear_taps(self, bar: float) -> None:
        """Two bars of taps become the groove from the next bar on."""
        if self.now.bar_beats != STEPS / STEPS_PER_BEAT / 2:
            return
        first = bar - self.values["ahead_beats"] - STEPS / STEPS_PER_BEAT
        lately = [(beat, velocity) for beat, velocity in self._taps if beat >= first]
        if len(lately) < FEWEST_TAPS:
            return
        steps = {round((beat - self._phrase) * STEPS_PER_BEAT) % STEPS: velocity for beat, velocity in lately}
        self._tapped = tuple(sorted(steps.items()))
        self._taps.clear()

    def _intensity(self, bar: float, less: float = 0.0) -> float:
        push = SECTION_PUSH.get(self.told.sections.at(bar + 1e-3), 0.0)
        return min(1.0, max(0.0, self.intensity_now + push - less))

    def _break(self, bar: float) -> list[Stroke]:
        """A stop: one hit as it begins, then no more than the beat."""
        if self.told.sections.at(bar - 1e-3) != "break":
            return [Stroke(0.0, KICK, 0.8), Stroke(0.0, CRASH, 0.6)]
        return [Stroke(float(k), CLOSED, 0.35) for k in range(math.ceil(self.now.bar_beats))]

    # -- fills ---------------------------------------------------------------------------------------------------------

    def _fill_place(self, bar: float, intensity: float) -> float | None:
        """Where in a bar a fill begins: before another section, and as the phrase ends."""
        length = self.now.bar_beats
        number = round((bar - self._phrase) / length)
        every = int(self.values["fill_bars"])
        end = bar + length
        section = any(abs(at - end) < ON_TIME_BEATS for at, _ in self.told.sections.after(bar + ON_TIME_BEATS))
        if not (section or (every and (number + 1) % every == 0)):
            return None
        beats = LOUD_FILL_BEATS if intensity >= 0.5 and length > LOUD_FILL_BEATS else FILL_BEATS
        return max(0.0, length - (1.5 if self.now.compound else beats))

    def _filled(self, bar: float, strokes: list[Stroke], begin: float, intensity: float) -> list[Stroke]:
        dice = Random(f"{self.seed}:{self.take_number}:fill:{round(bar - self._phrase)}")
        self._crash = bar + self.now.bar_beats
        down = fill(begin, self.now.bar_beats, intensity, dice, self.now.compound)
        down = played(down, self.values["humanise"], self.now.tempo_bpm, dice)
        return [s for s in strokes if s.place < begin - 1e-6] + down

    def _fill_from(self, beat: float) -> None:
        """A fill from a beat of the bar that sounds to its end, or the whole next bar where that is near."""
        bar = self.now.bar_of(beat + 1e-6)
        intensity = self._intensity(bar)
        self.cancel(beat - LEAD_BEATS)
        self.serial += 1
        self._plan(bar, beat, self._filled(bar, [], beat - bar, intensity), intensity)
        self._bar = bar + self.now.bar_beats

    def _crashed(self, bar: float, strokes: list[Stroke], intensity: float) -> list[Stroke]:
        """A crash on one after a fill; it takes the place of the hat."""
        if self._crash is None or abs(self._crash - bar) > ON_TIME_BEATS:
            return strokes
        self._crash = None
        if intensity < 0.35:
            return strokes
        kept = [s for s in strokes if s.place > 0.0 or s.drum not in (CLOSED, OPEN, RIDE, CRASH)]
        return [Stroke(0.0, CRASH, 0.6 + 0.3 * intensity), *kept]

    # -- planning ------------------------------------------------------------------------------------------------------

    def _plan(self, bar: float, since: float, strokes: list[Stroke], intensity: float = 0.5) -> None:
        force = 2.0 ** (intensity - 0.5)
        for stroke in sorted(strokes):
            beat = bar + stroke.place + stroke.late
            velocity = force * stroke.velocity * self.values[LEVELS[stroke.drum]]
            if bar + stroke.place >= since - self.lead_beats - ON_TIME_BEATS and velocity > 0.0:
                self.plan(max(beat, since), HIT_BEATS, KEYS[stroke.drum], min(1.0, velocity))


PLAYER = DrummerPlayer
