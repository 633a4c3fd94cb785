"""`morph`: a pad between four ideas (captured from what you play, written, from files, or its own), with knobs for what a
tune is like; lands on the bar, in your key, on your chords; by the note model `morph`, or by rule without it; [player
process].
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from realtime.contract import player_wire as wire
from realtime.contract.option import Option
from realtime.contract.param import Param
from realtime.models.morph import ATTRIBUTES, Morph
from realtime.music.keyfinding import into_c
from realtime.music.midifile import read_midi
from realtime.music.scale import nearest_in
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, Coda
from realtime.players.controls import CHORD, GUARDS, SHORT_BEATS
from realtime.players.foresight import Foresight
from realtime.players.hearing import ToldChord
from realtime.players.idea import DRUMS, Grid, Idea, caught, read_idea, written
from realtime.players.morph_pad import CORNERS, MorphPad, Spot
from realtime.players.morph_tones import (
    BASS_LANE,
    DRUM_LANE,
    HIT_BEATS,
    LANES,
    MELODY_LANE,
    Tone,
    closing_tones,
    drum_strokes,
    drum_tones,
    line_tones,
)
from realtime.players.player import Player
from realtime.players.shaping import guarded, is_on_the_beat
from realtime.players.tune import Tune

CAPTURES = tuple(f"capture_{number}" for number in range(1, CORNERS + 1))
ENTERS = ("at once", "with you")
KNOBS = (
    Param("width", "Width", "sd", -3.0, 3.0, 0.0, doc="A narrower or wider melody."),
    Param("syncopation", "Syncopation", "sd", -3.0, 3.0, 0.0, doc="On the beat, or against it."),
    Param("height", "Height", "sd", -3.0, 3.0, 0.0, doc="A lower or higher melody."),
    Param("major", "Minor - major", "sd", -3.0, 3.0, 0.0, doc="Towards minor, or towards major."),
)
PARAMS = (
    Param("x", "X", "", 0.0, 1.0, 0.0, doc="From idea 1 to 2, and from 3 to 4."),
    Param("y", "Y", "", 0.0, 1.0, 0.0, doc="From idea 1 to 3, and from 2 to 4."),
    Param("glide_bars", "Glide", "bars", 0.0, 16.0, 2.0, doc="From one side of the pad to the other."),
    *(
        Param(name, f"Capture {n}", curve="bool", doc=f"Switched on, your last bars become idea {n}.")
        for n, name in enumerate(CAPTURES, 1)
    ),
    Param("split", "Bass below", "MIDI pitch", 0.0, 84.0, 48.0, stepped=True, doc="Of what is captured; 0: all is melody."),
    Param("density", "Density", "", 0.25, 4.0, 1.0, curve="log", doc="Fewer or more notes of the melody."),
    *KNOBS,
    Param("roam", "Roam", "", 0.0, 1.0, 0.0, doc="Away from the ideas, to music of its own."),
    Param("variation", "Variation", "", 0.0, 1.0, 0.5, doc="How far a phrase of eight bars strays from its idea."),
    Param("temperature", "Temperature", "", 0.0, 1.5, 0.5, doc="Between the ideas; 0: the likeliest notes."),
    Param("in_key", "In key", "nats", 0.0, 10.0, 4.0, doc="How strongly it holds to the key between the ideas."),
    Param("into_key", "Into your key", curve="bool", default=1.0, doc="Ideas are moved to the key that is told."),
    Param("melody_level", "Melody", "", 0.0, 2.0, 1.0),
    Param("bass_level", "Bass", "", 0.0, 2.0, 1.0),
    Param("drums_level", "Drums", "", 0.0, 2.0, 1.0),
    Param("humanise", "Humanise", "", 0.0, 2.0, 1.0, doc="Spread of the drums: 0 even, 1 a drummer's."),
    Param("guard", "Guard", "", 0, 3, CHORD, curve="enum", labels=GUARDS,
          doc="Keeps to the key, on strong beats to the chord with its root in the bass, or to the chord alone."),
    Param("enter", "Enters", "", 0, 1, 0, curve="enum", labels=ENTERS, doc="With you: on the bar after your first note."),
    replace(coda.PARAMS[0], default=float(coda.PLAY_ON)),
    coda.PARAMS[1],
    Param("ahead_beats", "Ahead", "beats", 0.25, 4.0, 1.0, curve="log", doc="Each bar is planned so long before it."),
)  # fmt: skip
PHRASE = (0.0, 0.5, 0.0, 0.8)
"""How much of each idea's length of a phrase is varied, as a share of the variation: it returns, and the last leads on."""
ENDING = len(PHRASE) - 1
SECONDS_AHEAD = 0.3
LEAD_BEATS, LEAD_S = 0.03, 0.025
LEAST_BEATS, LEAST_BASS_BEATS = 0.25, 0.5
"""What is left of a note under another chord must be as long to be ended, or struck anew, with it."""
REMEMBERED = 1024
EPSILON = 1e-6


class MorphPlayer(Player):
    """Corner 1 of the pad is at x 0, y 0; a captured idea is kept in the scene."""

    name = "morph"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "guard"})
    LANES = LANES
    UNPITCHED = frozenset({"drums"})
    MODEL = "morph"
    LADDER = ("model", "rules")
    OPTIONS = (
        *(Option(f"idea_{n}", "", doc=f"Idea {n} as a text, such as melody C4 8, E4 8; bass C2 16; drums kick 0 8, snare 4.")
          for n in range(1, CORNERS + 1)),
        *(Option(f"file_{n}", doc=f"A MIDI file: its first bars are idea {n}, where there is no text.")
          for n in range(1, CORNERS + 1)),
    )  # fmt: skip

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        self.pad = MorphPad(self.load_model(Morph))
        self.coda, self.you = Coda(), Tune()
        self._heard: deque[Note] = deque(maxlen=REMEMBERED)
        self._down: dict[tuple[int, int], tuple[float, float]] = {}
        self._asked = {name for name in CAPTURES if self.values[name] >= 0.5}
        self._wanted: dict[int, float] = {}  # corner -> the bar line up to which it captures
        self._at: tuple[float, float] | None = None  # where on the pad the bar written last was; None: nowhere yet
        self._bar: float | None = None  # the next bar to write begins there; None: it does not play
        self._phrase = self._first = 0.0  # bars at which a phrase of its began last, and it itself
        self._metre = (0.0, 0, 0)
        self._tones: list[Tone] = []
        self._waiting: list[Tone] = []  # for the chord of their beat
        self.foresight = Foresight()
        self._entered = False
        for number in range(CORNERS):
            self._read(number)
        self.pad.pair(self._spot(), False)  # the first run is slow

    def _read(self, number: int) -> None:
        """What stands at a corner from the start."""
        text, file = self.options.get(f"idea_{number + 1}", ""), self.options.get(f"file_{number + 1}")
        try:
            self.pad.put(number, read_idea(text) if text or file is None else first_bars(file))
        except AntiphonError as error:
            self.warning = f"{self.name} has an idea of its own at {number + 1}: {error}"

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        self._advance(beat)
        self.note_off(beat, key, channel)
        self._down[channel, key] = (beat, velocity)
        if channel != DRUMS:
            self.coda.hear_note(beat, self.you.rests(beat) / self.now.bar_beats)
            self.you.note_on(beat, key, channel, 0)
        if not self._entered and not self.coda.closed:
            self._entered = True
            self._advance(beat)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self.you.note_off(beat, key, channel)
        if (channel, key) in self._down:
            since, velocity = self._down.pop((channel, key))
            self._heard.append(Note(since, max(0.05, beat - since), key, velocity, channel))

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        """What is planned beyond it goes with it; what sounds against it ends."""
        self.foresight.tell(beat, chord, self.now)
        self._strike_anew(beat)

    def _strike_anew(self, beat: float) -> None:
        """The chord from a beat on is another than was thought."""
        if self._bar is None or self.values["guard"] < CHORD or not self.now.playing:
            return
        now = self.now.beat
        at = beat if beat > now + self._lead else max(beat, now) + self._lead
        if at < self._bar:
            self.cancel(at - EPSILON)
            self.serial += 1
            self._strike_all(at)

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)
        self._entered |= section != "ending"
        if self._bar is not None and self.now.playing and beat < self._bar - ON_TIME_BEATS:
            self._rewrite(max(beat, self.now.beat + self._lead))

    # -- capturing -----------------------------------------------------------------------------------------------------

    def parameter(self, row: int, value: float) -> None:
        super().parameter(row, value)
        for number, name in enumerate(CAPTURES):
            if self.values[name] < 0.5:
                self._asked.discard(name)
            elif name not in self._asked:
                self._asked.add(name)
                self._wanted[number] = self._capture_line()

    def _capture_line(self) -> float:
        """The bar line nearest to now: in the last beat of a bar the one to come."""
        now = self.now
        line = now.bar_of(now.beat)
        return line + now.bar_beats if now.beat > line + max(now.bar_beats - 1.0, 0.5 * now.bar_beats) else line

    def _capture(self) -> None:
        for number, line in list(self._wanted.items()):
            if self.now.beat < line:
                continue
            del self._wanted[number]
            idea = self._last_bars(line)
            if idea is None:
                self.warning = f"{self.name} has heard nothing to capture as idea {number + 1}: play, then capture."
                continue
            self.warning, self.news = "", f"Idea {number + 1} is what you played last."
            self.pad.put(number, idea)
            self.keep(f"idea_{number + 1}", written(idea))

    def _last_bars(self, line: float) -> Idea | None:
        """Of the last bars before a bar line in which something began."""
        now = self.now
        held = [Note(since, max(0.05, now.beat - since), k, v, c) for (c, k), (since, v) in self._down.items()]
        notes = [n for n in (*self._heard, *held) if n.beat < line - EPSILON]
        if not notes:
            return None
        last = max(n.beat for n in notes)
        end = min(line, now.bar_of(last + 0.125) + now.bar_beats)
        start = end - Grid.of(now.bar_beats).bars * now.bar_beats
        return caught(notes, start, now.bar_beats, int(self.values["split"]))

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        self._capture()
        self._advance(self.now.beat)
        self._settle(self.now.beat)

    def _settle(self, beat: float) -> None:
        """What has been waited for long enough."""
        failed = self.foresight.failed(beat, self.now, self.told)
        if failed is not None:
            self._strike_anew(failed)
        patience = self.foresight.patience(self.now)
        for tone in [tone for tone in self._waiting if tone.beat + patience <= beat]:
            self._waiting.remove(tone)
            self._strike(tone, tone.beat + patience + self._lead)

    def forget(self) -> None:
        self.foresight.jump(self.now.beat)
        self._leave()
        self.coda.clear()
        self.you.clear()
        self._heard.clear()
        self._down.clear()
        self._wanted.clear()
        self._entered = False

    def locate(self, now) -> None:
        """It goes on where it is led to."""
        entered = self._entered
        super().locate(now)
        self._entered = entered

    def _leave(self) -> None:
        self.release()
        self._bar = self._at = None
        self._tones.clear()
        self._waiting.clear()

    @property
    def _lead(self) -> float:
        return max(LEAD_BEATS, LEAD_S * self.now.tempo_bpm / 60.0)

    def _advance(self, beat: float) -> None:
        """Writes the bars that are due by a beat."""
        if not self.now.playing:
            self.coda.clear()
            if self._bar is not None:
                self._leave()
            return
        if self._bar is None and not self._begin(beat):
            return
        self._heed_bar(beat)
        ahead = max(self.values["ahead_beats"], SECONDS_AHEAD * self.now.tempo_bpm / 60.0)
        while self._bar is not None and self._bar - min(ahead, self.now.bar_beats) <= beat + EPSILON:
            if self._bar + self.now.bar_beats < beat:  # it was held up
                self._bar = self.now.next_bar(beat)
            else:
                due = self._bar - min(ahead, self.now.bar_beats)
                self._write(self._bar, (due if beat - due < self._lead else beat) + self._lead)

    def _begin(self, beat: float) -> bool:
        if self.coda.closed or not (self._entered or self.values["enter"] == 0):
            return False
        self._bar = self._first = self._phrase = self.now.next_bar(beat - ON_TIME_BEATS)
        self._metre = (self.now.bar_start_beat, self.now.numerator, self.now.denominator)
        self.serial += 1
        self.say(wire.STATUS_ANSWERING if self.pad.model is not None else wire.STATUS_RULES, self._bar)
        return True

    def _heed_bar(self, beat: float) -> None:
        """The transport's bars are the bars: in another metre what is written is void."""
        now, (line, *metre) = self.now, self._metre
        if self._bar is None or (now.bar_start_beat, now.numerator, now.denominator) == (line, *metre):
            return
        self._metre = (now.bar_start_beat, now.numerator, now.denominator)
        bars = (self._bar - now.bar_start_beat) / now.bar_beats
        if metre != [now.numerator, now.denominator] or abs(bars - round(bars)) > 1e-3:
            self._phrase = self._first = now.bar_start_beat
            self._rewrite(beat)

    def _rewrite(self, beat: float) -> None:
        """What is written from a beat on is void: its bar is written anew."""
        self.cancel(beat - EPSILON)
        self.serial += 1
        self._tones = [tone for tone in self._tones if tone.beat < beat]
        self._write(max(self._first, self.now.bar_of(beat + ON_TIME_BEATS)), beat)

    # -- a bar ---------------------------------------------------------------------------------------------------------

    def _write(self, bar: float, since: float) -> None:
        """The bar that begins at a beat, what of it begins from `since` on; the next one is the one behind it."""
        length = self.now.bar_beats
        section, before = self.told.sections.at(bar + 1e-3), self.told.sections.at(bar - 1e-3)
        rested = self.you.rests(bar - self.values["ahead_beats"]) / length
        self._bar = bar + length
        self._tones = [tone for tone in self._tones if tone.end > self.now.beat - 1.0 and tone.beat < bar]
        if self.coda.ends(bar, length, rested, self.values, self.told):
            self._tones += closing_tones(bar, bar + length, self._tones, self.told)
            self.coda.close(bar, length, self.told)
            self._bar, self._entered = None, False
        else:
            if section and section != before:
                self._phrase = bar
            tones = self._read_bar(bar)
            if section == "break":
                first = {lane: min((t.beat for t in tones if t.lane == lane), default=bar) for lane in range(3)}
                tones = [t for t in tones if t.beat == first[t.lane] and section != before]
            elif self.coda.thins(rested, self.values):
                tones = [t for t in tones if t.lane != MELODY_LANE]
            self._tones += tones
        if self._bar is None:
            self.say(wire.STATUS_LISTENING, bar + length)
        self._strike_all(max(since, bar))

    def _read_bar(self, bar: float) -> list[Tone]:
        number = round((bar - self._phrase) / self.now.bar_beats)
        cells = Grid.of(self.now.bar_beats)
        turn, place = number // cells.bars, number // cells.bars % len(PHRASE)
        former, spot = self._at, self._spot(moved=True)
        still = former is None or former == self._at
        far = self.values["variation"] * PHRASE[place] if still else 0.0
        dice = place + len(PHRASE) * (max(0, turn // len(PHRASE)) if place == ENDING else 0)
        pair = self.pad.pair(spot, self.rung > 0, far, dice)
        dice_of_drums = Random(f"{self.seed}:{self.take_number}:{number}:drums")
        end = bar + self.now.bar_beats
        fills = any(abs(at - end) < ON_TIME_BEATS for at, _ in self.told.sections.after(bar + ON_TIME_BEATS))
        strokes = drum_strokes(number, pair, self.now, self.intensity_now, fills, dice_of_drums)
        drums = drum_tones(bar, strokes, self.values["humanise"], self.now.tempo_bpm, dice_of_drums)
        if not still:
            self._cut(bar)
        return [*line_tones(bar, number, pair, self._shift(spot), self.now.bar_beats), *drums]

    def _cut(self, beat: float) -> None:
        """Lines that would sound on into another idea end with their bar."""
        for tone in self._tones:
            if tone.lane != DRUM_LANE and tone.beat < beat < tone.end:
                self.damp(beat, (), tone.lane)
                tone.end = beat

    def _spot(self, moved: bool = False) -> Spot:
        """Where the next bar is on the pad: a bar's way nearer to where it is pulled."""
        v = self.values
        aim = (v["x"], v["y"])
        if moved:
            here = self._at or aim
            far = max(abs(a - b) for a, b in zip(aim, here, strict=True))
            way = 1.0 if far * v["glide_bars"] <= 1.0 else 1.0 / (far * v["glide_bars"])
            self._at = aim if way >= 1.0 else (here[0] + way * (aim[0] - here[0]), here[1] + way * (aim[1] - here[1]))
        x, y = self._at or aim
        turned = {"density": math.log2(v["density"]), "range": v["width"], "syncopation": v["syncopation"],
                  "mean_pitch": v["height"], "mode": v["major"]}  # fmt: skip
        return Spot(
            x, y, tuple(turned[name] for name in ATTRIBUTES), v["roam"], v["temperature"],
            v["in_key"], self.seed, self.take_number,
        )  # fmt: skip

    def _shift(self, spot: Spot) -> int:
        """Semitones from the key of the pad to the key that is told, or to where the nearest idea was played; by the octave
        that lies nearest to where the ideas were."""
        told = self.told
        if not (self.values["into_key"] and told.tonic >= 0):
            return round(self.pad.key_shift(spot, nearest=True))
        middle, wanted = self.pad.key_shift(spot), -into_c(told.tonic, told.mode)
        return min((wanted + 12 * octave for octave in (-1, 0, 1)), key=lambda s: abs(s - middle))

    # -- striking ------------------------------------------------------------------------------------------------------

    def _strike_all(self, since: float) -> None:
        """Plans what begins from a beat on, and turns what sounds then to the chord."""
        self._waiting.clear()
        for tone in self._tones:
            level = self.values[f"{LANES[tone.lane]}_level"]
            if level <= 0.0:
                continue
            if tone.struck < since - EPSILON:
                if tone.lane != DRUM_LANE:
                    self._turn(tone, since)
            elif tone.beat < since - self._lead - ON_TIME_BEATS:
                continue  # it is over before anything could be planned
            elif tone.lane == DRUM_LANE:
                tone.struck = max(tone.beat, since)
                self.plan(tone.struck, HIT_BEATS, tone.pitch, min(1.0, level * tone.velocity), DRUM_LANE)
            elif self.values["guard"] >= CHORD and self.foresight.unknown(tone.beat, self.now, self.told):
                self._waiting.append(tone)
            else:
                self._strike(tone, max(tone.beat, since))

    def _strike(self, tone: Tone, at: float) -> None:
        """A note from a beat on, up to a chord that it does not fit; the bass is struck anew with that."""
        if tone.end - at < 0.05:
            return
        tone.key, tone.struck, end = self._fitted(tone, at), min(tone.struck, at), tone.end
        least = LEAST_BASS_BEATS if tone.lane == BASS_LANE else LEAST_BEATS
        for change, chord in self.told.chords.after(at) if self.values["guard"] >= CHORD else ():
            if change >= tone.end - least:
                break
            if chord is not None and not _fits(tone, chord):
                end = change
                break
        level = self.values[f"{LANES[tone.lane]}_level"]
        self.plan(at, end - at, tone.key, min(1.0, level * tone.velocity), tone.lane)
        if end < tone.end and tone.lane == BASS_LANE:
            self._strike(tone, end)

    def _turn(self, tone: Tone, at: float) -> None:
        """A note that sounds as another chord comes."""
        least = LEAST_BASS_BEATS if tone.lane == BASS_LANE else LEAST_BEATS
        chord = self.told.chords.at(at)
        if self.values["guard"] < CHORD or chord is None or tone.end - at < least or _fits(tone, chord):
            return
        self.damp(at, (), tone.lane)
        if tone.lane == BASS_LANE:
            self._strike(tone, at)

    def _fitted(self, tone: Tone, at: float) -> int:
        """The key of a tone at a beat: what the guard makes of it; with a new chord, and on one, the bass has its root."""
        guard, told = int(self.values["guard"]), self.told
        chord = told.chords.at(at)
        if tone.lane == BASS_LANE and guard >= CHORD and chord is not None:
            new = told.chords.at(at - SHORT_BEATS) != chord
            if new or at - self.now.bar_of(at + EPSILON) < ON_TIME_BEATS:
                return nearest_in(tone.pitch, frozenset({chord.bass}))
        passes = tone.end - tone.beat <= SHORT_BEATS and not is_on_the_beat(at, self.now)
        return guarded(tone.pitch, at, guard, passes, told)


def _fits(tone: Tone, chord: ToldChord) -> bool:
    return tone.key % 12 == chord.bass if tone.lane == BASS_LANE else tone.key % 12 in chord.classes


def first_bars(path: str | Path) -> Idea:
    """The idea in the first bars of a MIDI file that have music. Raises AntiphonError."""
    music = read_midi(path)
    if music.notes:
        start = music.bar_start(min(n.beat for n in music.notes))
        found = caught(music.notes, start, music.metre_at(start).bar_beats)
        if found is not None:
            return found
    raise AntiphonError(f"MIDI file {path}: there is no note in it; name one with music.")


PLAYER = MorphPlayer
