"""`roll`: a soft, moving texture over the chords that you play or are told: chord tones from noise by the note model `roll`,
held together; by rule a pad without it; [player process].

Of the model's five tracks it has the two that carry harmony (bridge and piano). As a band they all are told from a song's
every time (`antiphon evaluate roll --c2st`): drums that never settle and no tune.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from realtime.contract import player_wire as wire
from realtime.contract.param import Param
from realtime.models.roll import BEAT_STEPS, LATENTS, LOWEST, STEPS, TRACKS, Roll, RollStream, chord_code
from realtime.music.chord import Chord
from realtime.music.keyfinding import into_c
from realtime.music.sequence import fold_pitch
from realtime.players import coda
from realtime.players.coda import ON_TIME_BEATS, Coda
from realtime.players.controls import CHORD, GUARDS
from realtime.players.foresight import Foresight
from realtime.players.harmony import chord_of, tonic_chord
from realtime.players.hearing import Course, ToldChord
from realtime.players.pad import Pad
from realtime.players.player import Player
from realtime.players.shaping import guarded
from realtime.players.tune import Tune

VOICES = ("both", "bridge", "piano")
HARMONIC = {"both": (1, 2), "bridge": (1,), "piano": (2,)}
assert [TRACKS[k] for k in HARMONIC["both"]] == ["bridge", "piano"]
KNOBS = ("character", "course", "voices", "figures")
"""What each of LATENTS is to the ear."""
PARAMS = (
    Param("voices_of", "Voices", "", 0, 2, 0, curve="enum", labels=VOICES, doc="Which of the model's voices it is made of."),
    Param("density", "Density", "", 0.25, 4.0, 1.0, curve="log", doc="The threshold above which a note sounds."),
    Param("smooth_beats", "Smoothness", "beats", 0.0, 2.0, 1.0, doc="Shorter rests are closed, shorter notes left out."),
    Param("variation", "Variation", "", 0.0, 1.0, 0.5, doc="How far each four bars stray from the first."),
    Param("spread", "Spread", "", 0.0, 3.0, 1.0, doc="How unusual its noise is."),
    Param("noise", "Noise", "", 0.0, 1.0, 0.0, doc="Chance in each note."),
    Param("character", "Character", "", -1.0, 1.0, 0.0, doc="Turns the noise that all of it shares."),
    Param("course", "Course", "", -1.0, 1.0, 0.0, doc="Turns the noise that goes from bar to bar."),
    Param("voices", "Voicing", "", -1.0, 1.0, 0.0, doc="Turns the noise that each voice has."),
    Param("figures", "Figures", "", -1.0, 1.0, 0.0, doc="Turns the noise that each voice has from bar to bar."),
    Param("lowest", "Lowest", "MIDI pitch", 36.0, 72.0, 48.0, stepped=True, doc="Notes below it are played an octave up."),
    Param("highest", "Highest", "MIDI pitch", 60.0, 96.0, 79.0, stepped=True, doc="Notes above it an octave down."),
    Param("polyphony", "Polyphony", "notes", 1.0, 32.0, 6.0, stepped=True, doc="Notes at once; inner, soft ones go first."),
    Param("guard", "Guard", "", 0, 3, CHORD, curve="enum", labels=GUARDS, doc="Keeps to the key, or to the chord."),
    *coda.PARAMS,
    Param("ahead_beats", "Ahead", "beats", 0.25, 4.0, 0.5, curve="log", doc="Each bar is planned so long before it."),
)  # fmt: skip
LOUD, ON_ONE = 0.45, 0.07
DRUMS = 9
LEAD_BEATS, LEAD_S = 0.03, 0.025
SHORTEST_BEATS = 0.125
HALF_BEATS = 2.0
EPSILON = 1e-6


class RollPlayer(Player):
    """It waits for a first chord."""

    name = "roll"
    PARAMS = PARAMS
    SHAPES = frozenset({"density", "guard"})
    LANES = ("texture",)
    MODEL = "roll"
    LADDER = ("model", "rules")

    def __init__(
        self,
        package: str | Path | None = None,
        seed: int = 0,
        options: Mapping[str, Any] | None = None,
        **values: float,
    ):
        super().__init__(package, seed, options, **values)
        self.model = self.load_model(Roll)
        self.foresight, self.you, self.coda = Foresight(), Tune(), Coda()
        self._stream: RollStream | None = None
        self._other: dict[str, np.ndarray] = {}
        self._made_of: tuple[float, ...] = ()  # what the stream was made from, and how it is turned
        self._turns: tuple[float, ...] = ()
        self._pad = Pad()
        self._bar: float | None = None  # the next bar to write begins there; None: it does not play
        self._first = 0.0  # the bar that is the piece's first
        self._metre = (0.0, 0, 0)
        self._sounds: dict[int, float] = {}  # key -> its end
        self._written: Course[Chord | None] = Course(None)  # the chords that it plays on
        if self.model is not None:
            self._bar_of(0, None, None, 0)  # the first run is slow

    # -- hearing -------------------------------------------------------------------------------------------------------

    def note_on(self, beat: float, key: int, velocity: float, channel: int = 0) -> None:
        if channel == DRUMS:
            return
        self.coda.hear_note(beat, self.you.rests(beat) / self.now.bar_beats)
        self.you.note_on(beat, key, channel, 0)
        if self.foresight.harmony.hold(beat, self.you.keys()):
            self._turn(beat)

    def note_off(self, beat: float, key: int, channel: int = 0) -> None:
        self.you.note_off(beat, key, channel)

    def hear_chord(self, beat: float, chord: ToldChord | None) -> None:
        self.foresight.tell(beat, chord, self.now)
        self._turn(beat)

    def hear_section(self, beat: float, section: str, bars: float) -> None:
        self.coda.hear_section(beat, section, bars)

    def _turn(self, beat: float) -> None:
        """Another chord: what is planned goes with it, and what sounds against it ends."""
        if self._bar is None or not self.now.playing:
            return
        at = max(beat, self.now.beat + self._lead)
        if at < self._bar - EPSILON and self._chord(at) != self._written.at(at):
            self._rewrite(at)

    # -- time ----------------------------------------------------------------------------------------------------------

    def play(self) -> None:
        beat = self.now.beat
        if not self.now.playing:
            self.coda.clear()
            if self._bar is not None:
                self._leave()
            return
        if self._bar is None:
            self._begin(beat)
        self._heed_bar(beat)
        failed = self.foresight.failed(beat, self.now, self.told)
        if failed is not None:
            self._turn(failed)
        while self._bar is not None and (due := self._due(self._bar, beat)) <= beat + EPSILON:
            if self._bar + self.now.bar_beats < beat:  # it was held up
                self._bar = self.now.next_bar(beat)
            else:
                self._write(self._bar, max(self._bar, (due if beat - due < self._lead else beat) + self._lead))

    def _due(self, bar: float, beat: float) -> float:
        """When a bar is to be written: ahead of it, but where another chord may come by hand, with it."""
        ahead = bar - min(self.values["ahead_beats"], self.now.bar_beats)
        if beat < ahead or not self.foresight.unknown(bar, self.now, self.told):
            return ahead
        return bar + self.foresight.patience(self.now)

    def _chord(self, beat: float) -> Chord | None:
        told = self.told.chords.at(beat)
        return chord_of(told) if told is not None else self.foresight.harmony.at(beat, self.told)

    def forget(self) -> None:
        self.foresight.jump(self.now.beat)
        self.you.clear()
        self.coda.clear()
        self._leave()

    def _leave(self) -> None:
        self.release()
        self._bar = None
        self._sounds.clear()
        self._written = Course(None)

    @property
    def _lead(self) -> float:
        return max(LEAD_BEATS, LEAD_S * self.now.tempo_bpm / 60.0)

    def _begin(self, beat: float) -> None:
        """On the next bar line, if a chord is known by then."""
        line = self.now.next_bar(beat - ON_TIME_BEATS)
        if self.coda.closed or line - beat > self.values["ahead_beats"] or self._chord(line) is None:
            return
        self._bar = self._first = line
        self._metre = (self.now.bar_start_beat, self.now.numerator, self.now.denominator)
        self.serial += 1
        self.say(wire.STATUS_ANSWERING if self.model is not None else wire.STATUS_RULES, line)

    def _heed_bar(self, beat: float) -> None:
        """The transport's bars are the bars."""
        now, (line, *metre) = self.now, self._metre
        if self._bar is None or (now.bar_start_beat, now.numerator, now.denominator) == (line, *metre):
            return
        self._metre = (now.bar_start_beat, now.numerator, now.denominator)
        bars = (self._bar - now.bar_start_beat) / now.bar_beats
        if metre != [now.numerator, now.denominator] or abs(bars - round(bars)) > 1e-3:
            self._first = now.bar_start_beat
            self._rewrite(beat + self._lead)

    def _rewrite(self, at: float) -> None:
        """What is planned from a beat on is planned anew, from the bar there on."""
        self.cancel(at - EPSILON)
        self.serial += 1
        self._bar = max(self._first, self.now.bar_of(at + EPSILON))
        self._write(self._bar, at)

    # -- a bar ---------------------------------------------------------------------------------------------------------

    def _write(self, bar: float, since: float) -> None:
        """The bar that begins at a beat, what of it sounds from `since` on."""
        length = self.now.bar_beats
        self._bar = bar + length
        rested = self.you.rests(bar - self.values["ahead_beats"]) / length
        first = self._chord(max(bar, since) + EPSILON)
        middle = max(since, bar + HALF_BEATS) if length > HALF_BEATS else bar
        second = self._chord(middle + EPSILON)
        last = self.coda.ends(bar, length, rested, self.values, self.told)
        if last and self.told.sections.at(bar) != "ending" and self.told.tonic >= 0:
            first = second = tonic_chord(self.told.tonic, self.told.mode)
        self._written.tell(since, first)
        if middle > since:
            self._written.tell(middle, second)
        sounding = frozenset[int]() if first is None else first.classes
        self.damp(since, sounding)
        self._sounds = {key: end for key, end in self._sounds.items() if end > since and key % 12 in sounding}
        by_rule = self.model is None or self.rung > 0 or last
        notes = (
            self._held(first, second)
            if by_rule
            else self._bar_of(round((bar - self._first) / length), first, second, None)
        )
        thin = self.coda.thins(rested, self.values)
        for place, duration, key in notes:
            self._sound(bar, place, min(place + duration, length), key, since, 0.75 if thin else 1.0)
        if last:
            self.coda.close(bar, length, self.told)
            self.damp(bar + length, ())
            self._bar = None
            self._sounds.clear()

    def _sound(self, bar: float, place: float, end: float, key: int, since: float, force: float) -> None:
        """One note, from `since` on; where its key sounds on it follows on that. Where the next chord is waited for, the end
        of the bar waits with it."""
        beat, stop = max(since, bar + place), bar + end
        if end >= self.now.bar_beats - EPSILON and not self.foresight.charted:
            stop += self.foresight.patience(self.now)
        key = guarded(key, beat, int(self.values["guard"]), False, self.told)
        key = fold_pitch(key, int(self.values["lowest"]), int(max(self.values["highest"], self.values["lowest"] + 12)))
        on = self._sounds.get(key, beat)
        least = SHORTEST_BEATS if on <= beat else max(SHORTEST_BEATS, self.values["smooth_beats"])
        beat = max(beat, on)
        if stop - beat < least:
            return
        self._sounds[key] = stop
        self.plan(beat, stop - beat, key, force * (LOUD + ON_ONE * (place == 0.0)))

    def _held(self, first: Chord | None, second: Chord | None) -> list[tuple[float, float, int]]:
        """By rule: the chords held. (place, duration, key) in beats from the bar line."""
        length, pad = self.now.bar_beats, self._pad
        halves = [(0.0, length, first)]
        if second != first and length > HALF_BEATS:
            halves = [(0.0, HALF_BEATS, first), (HALF_BEATS, length - HALF_BEATS, second)]
        found = []
        for at, span, chord in halves:
            pad.change(at, chord, None)
            found += [(at, span, key) for key in pad.held]
        return found

    def _bar_of(
        self, number: int, first: Chord | None, second: Chord | None, shift: int | None
    ) -> list[tuple[float, float, int]]:
        """By the model: (place, duration, key) in beats from the bar line. shift: from its key; None: by what is told."""
        assert self.model is not None
        shift = self._shift(first) if shift is None else shift
        stream = self._at(number)
        chords = np.stack([chord_code(None if c is None else c.transposed(-shift)) for c in (first, second)])
        songs, _ = stream.rolls(chords, self.values["noise"], math.log2(self.values["density"]))
        chosen = list(HARMONIC[VOICES[int(self.values["voices_of"])]])
        voices = np.logical_or.reduce(songs[chosen], axis=0)
        steps = max(1, round(self.now.bar_beats * BEAT_STEPS))
        bar = voices[[k if k < STEPS else STEPS // 2 + k % (STEPS // 2) for k in range(steps)]]
        found = []
        for pitch in np.flatnonzero(bar.any(axis=0)).tolist():
            for start, end in smoothed(bar[:, pitch], round(self.values["smooth_beats"] * BEAT_STEPS)):
                found.append((start / BEAT_STEPS, (end - start) / BEAT_STEPS, pitch + LOWEST + shift))
        return sorted(found)

    def _shift(self, chord: Chord | None) -> int:
        """Semitones from the model's key (C major, A minor) to the key that is told, or to the chord's."""
        if self.told.tonic >= 0:
            return -into_c(self.told.tonic, self.told.mode)
        return 0 if chord is None else -into_c(chord.root, "minor" if chord.quality.startswith("min") else "major")

    def _at(self, number: int) -> RollStream:
        """The piece, before one of its bars."""
        assert self.model is not None
        v = self.values
        made_of = (self.seed, self.take_number, v["spread"])
        turns = (v["variation"], *(v[knob] for knob in KNOBS))
        if self._stream is None or made_of != self._made_of:
            seed = int(np.random.SeedSequence([self.seed, self.take_number]).generate_state(1)[0])
            self._stream = self.model.stream(seed, spread=v["spread"])
            self._other = self.model.stream(seed + 1, spread=v["spread"]).theme
            self._made_of, self._turns = made_of, ()
        self._stream.at(number, (self.seed, self.take_number))
        if turns != self._turns:
            self._stream.variation = v["variation"]
            self._stream.lean(self._other, dict(zip(LATENTS, turns[1:], strict=True)))
            self._turns = turns
        return self._stream


def smoothed(sounds: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Where a pitch begins and ends, of (steps,) bool: rests shorter than `least` steps closed, what is then shorter left
    out."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sounds.astype(np.int8), [0]))))
    runs: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] < least:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return [(start, end) for start, end in runs if end - start >= least]


PLAYER = RollPlayer
