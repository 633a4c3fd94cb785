"""The live follower of `changes`: note on, note off and the beat in; chord and key with their chances out; [player
process]."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from realtime.models.changes.code import FRAME_BEATS, NO_CHORD, Bars, chord_of
from realtime.models.changes.hmm import ChordFilter, chord_chances
from realtime.music.chord import Chord
from realtime.music.keyfinding import MODES, Key

EARLY = 0.06  # beats before a frame's line at which a note on already belongs to it


class Guess(NamedTuple):
    """The likeliest chord (None: no chord) and key with their chances 0..1, and the beat that the chord is about."""

    chord: Chord | None
    chord_chance: float
    key: Key
    key_chance: float
    beat: float


class Frame(NamedTuple):
    """What sounded in half a beat: (12,) shares of it, (12,) 1 where a class began, the lowest pitch (-1: silence), and
    its metrical place."""

    sounding: np.ndarray
    onsets: np.ndarray
    bass: int
    place: int


class Follower:
    """Times are in beats and never go back. `note_on`, `note_off` and `chroma` cost a few microseconds; a frame of half a
    beat is heard when it is over (a fraction of a millisecond), and `guess` looks at the frame that now sounds too.
    on_frame: told of each frame that is over."""

    def __init__(self, chords: ChordFilter, lag_beats: float = 0.0, on_frame: Callable[[Frame], object] | None = None):
        self.filter, self.on_frame = chords, on_frame
        self.lag = round(lag_beats / FRAME_BEATS)
        self.begin()

    def begin(self, numerator: int = 4, denominator: int = 4, beat: float = 0.0) -> None:
        """Forgets everything; `beat` is a bar line of that metre."""
        self.filter.reset()
        self.origin = beat
        self.bars = Bars([(0.0, numerator, denominator)])
        self.frame = 0
        self.sounding: dict[int, float] = {}  # pitch -> beat since which it counts
        self.heard = np.zeros(12)  # beats of each class in this frame, of notes that have ended
        self.onsets = np.zeros(12)
        self.lowest = -1
        self.audio: tuple[np.ndarray, int] | None = None
        self.silent_frames = 0

    def bar_line(self, beat: float, numerator: int, denominator: int) -> None:
        """There is a bar line of that metre at `beat`; what was heard stays, the frames lie on the new bars."""
        start = beat + round((self._start() - beat) / FRAME_BEATS) * FRAME_BEATS
        self.origin = start - self.frame * FRAME_BEATS
        self.bars = Bars([(0.0, numerator, denominator)], phase=(beat - self.origin) % (numerator * 4.0 / denominator))

    def note_on(self, pitch: int, beat: float) -> None:
        """A note begins."""
        self.advance(beat + EARLY)
        self.note_off(pitch, beat)
        self.sounding[pitch] = max(beat, self._start())
        self.onsets[pitch % 12] = 1.0
        self.lowest = pitch if self.lowest < 0 else min(self.lowest, pitch)

    def note_off(self, pitch: int, beat: float) -> None:
        """A note ends."""
        self.advance(beat)
        since = self.sounding.pop(pitch, None)
        if since is not None:
            self.heard[pitch % 12] += max(beat - since, 0.05 * FRAME_BEATS)

    def chroma(self, values: np.ndarray, bass: int, beat: float) -> None:
        """What audio had in this frame up to `beat`, as chroma.chroma gives it; the latest of a frame counts."""
        self.advance(beat - 1e-6)
        self.audio = (np.asarray(values, float), bass)

    def advance(self, beat: float) -> None:
        """Time goes on: every frame that is over by then is heard."""
        while self._start() + FRAME_BEATS <= beat + 1e-9:
            sounding, bass = self._evidence(self._start() + FRAME_BEATS)
            # long silence says nothing about the chord; the last one goes on
            self.silent_frames = 0 if sounding.any() else self.silent_frames + 1
            self.filter.step(sounding, bass, self._place())
            if self.on_frame is not None:
                self.on_frame(Frame(sounding, self.onsets.copy(), bass, self._place()))
            self.frame += 1
            start = self._start()
            self.sounding = dict.fromkeys(self.sounding, start)
            self.heard[:] = self.onsets[:] = 0
            self.lowest = min(self.sounding, default=-1)
            self.audio = None

    def guess(self, beat: float | None = None) -> Guess:
        """Chord and key now (or `lag_beats` ago, where a lag was asked for), with notes still held taken as lasting to
        the end of the frame."""
        if beat is not None:
            self.advance(beat)
        if self.lag == 0:
            sounding, bass = self._evidence(self._start() + FRAME_BEATS)
            if sounding.any() or not self.filter.history:
                state = self.filter.peek(sounding, bass, self._place())
                about = self._start()
            else:
                state, about = self.filter.alpha, self._start() - FRAME_BEATS
            chances, keys = chord_chances(state), state.sum(1)
        else:
            lagged = self.filter.lagged(min(self.lag, len(self.filter.history) - 1)) if self.filter.history else None
            chances = chord_chances(self.filter.alpha) if lagged is None else lagged
            keys, about = self.filter.keys(), self._start() - (self.lag + 1) * FRAME_BEATS
        label, key = int(chances.argmax()), int(keys.argmax())
        found = Key(key % 12, MODES[key // 12], float(keys[key]))
        return Guess(
            chord_of(label), float(chances[label] / chances.sum()), found, float(keys[key] / keys.sum()), about
        )

    def chances(self) -> np.ndarray:
        """(109,) chances of the labels now, notes still held taken as lasting to the end of the frame."""
        sounding, bass = self._evidence(self._start() + FRAME_BEATS)
        if sounding.any() or not self.filter.history:
            return chord_chances(self.filter.peek(sounding, bass, self._place()))
        return chord_chances(self.filter.alpha)

    def alternatives(self, count: int = 5) -> list[tuple[Chord | None, float]]:
        """The likeliest chords of the last whole frame with their chances."""
        chances = chord_chances(self.filter.alpha)
        best = np.argsort(-chances)[:count]
        return [(chord_of(int(i)), float(chances[i] / chances.sum())) for i in best]

    def _start(self) -> float:
        return self.origin + self.frame * FRAME_BEATS

    def _place(self) -> int:
        return self.bars.place(self.frame * FRAME_BEATS)[2]

    def _evidence(self, until: float) -> tuple[np.ndarray, int]:
        if self.audio is not None:
            return self.audio
        beats = self.heard.copy()
        for pitch, since in self.sounding.items():
            beats[pitch % 12] += max(until - since, 0.05 * FRAME_BEATS)
        return np.minimum(beats / FRAME_BEATS, 1.0), self.lowest


assert NO_CHORD > 0
