"""What the common controls make of one planned note: density, loudness, length, range and guard; [player process]."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from realtime.music.scale import key_classes, nearest_in
from realtime.music.sequence import fold_pitch
from realtime.players.affect import lasting
from realtime.players.controls import CHORD, OFF, SHORT_BEATS, STRICT, VELOCITY_CURVES, WIDEST
from realtime.players.hearing import Told
from realtime.players.plan import Moment, Planned

EXPONENTS = {"soft": 1.5, "linear": 1.0, "hard": 1.0 / 1.5}
MEZZO_FORTE = 0.65
"""The velocity that compression leaves where it is."""
ON_THE_BEAT = 0.05
"""Beats by which a note may miss a beat and still be on it."""
SOFTEST = 1.0 / 127.0


class Shaper:
    """Applies the controls that a player does not heed itself. shapes: those it does; unpitched: indices of its drum lanes."""

    def __init__(self, shapes: frozenset[str], unpitched: frozenset[int] = frozenset()):
        self._own, self._unpitched = shapes, unpitched
        self._heard: deque[int] = deque(maxlen=64)

    def hear(self, key: int) -> None:
        """A key of the performer's: the range is counted from it."""
        self._heard.append(key)

    def notes(
        self,
        note: Planned,
        values: Mapping[str, float],
        intensity: float,
        told: Told,
        now: Moment,
        articulation: float = 0.0,
    ) -> list[Planned]:
        """What becomes of one note: none where it is thinned out, two where it is struck again. articulation: see affect."""
        on_the_beat = is_on_the_beat(note.beat, now)
        note = replace(
            note,
            velocity=self._velocity(note.velocity, values, intensity),
            key=self._key(note, values, told, on_the_beat),
            duration_beats=min(note.duration_beats, self._control("longest_beats", values, note.duration_beats)),
        )
        if articulation and note.lane not in self._unpitched:
            note = replace(note, duration_beats=lasting(note.duration_beats, articulation))
        density = self._control("density", values, 1.0)
        if "intensity" not in self._own:
            density *= 4.0 ** (intensity - 0.5)
        # a note's own dice: the same whatever was planned before it
        dice = Random(zlib.crc32(repr((int(values["seed"]), note.lane, note.key, round(note.beat, 3))).encode()))
        if density < 1.0:
            return [note] if dice.random() < density ** (0.5 if on_the_beat else 1.0) else []
        if density > 1.0 and note.duration_beats >= SHORT_BEATS and dice.random() < (density - 1.0) / 3.0:
            half = note.duration_beats / 2.0
            again = replace(note, beat=note.beat + half, duration_beats=half, velocity=0.85 * note.velocity)
            return [replace(note, duration_beats=0.95 * half), again]
        return [note]

    def _control(self, name: str, values: Mapping[str, float], neutral: float) -> float:
        return neutral if name in self._own else values[name]

    def _velocity(self, velocity: float, values: Mapping[str, float], intensity: float) -> float:
        velocity *= self._control("level", values, 1.0)
        if "intensity" not in self._own:
            velocity *= 2.0 ** (intensity - 0.5)
        velocity = min(1.0, max(SOFTEST, velocity))
        curve = VELOCITY_CURVES[int(self._control("velocity_curve", values, 1.0))]
        velocity **= EXPONENTS[curve]
        velocity += self._control("compress", values, 0.0) * (MEZZO_FORTE - velocity)
        return min(1.0, max(SOFTEST, velocity))

    def _key(self, note: Planned, values: Mapping[str, float], told: Told, on_the_beat: bool) -> int:
        key = note.key
        if note.lane not in self._unpitched:
            if "range" not in self._own and values["range"] < WIDEST and self._heard:
                reach = int(values["range"])
                key = fold_pitch(key, max(0, min(self._heard) - reach), min(127, max(self._heard) + reach))
            if "guard" not in self._own:
                passes = note.duration_beats <= SHORT_BEATS and not on_the_beat
                key = guarded(key, note.beat, int(values["guard"]), passes, told)
        return min(127, max(0, key))


def is_on_the_beat(beat: float, now: Moment) -> bool:
    """Whether a note begins on a quarter of its bar (in 6/8, 9/8, 12/8: on a dotted one)."""
    step = 1.5 if now.compound else 1.0
    place = (beat - now.bar_of(beat)) % step
    return min(place, step - place) < ON_THE_BEAT


def guarded(key: int, beat: float, guard: int, passes: bool, told: Told) -> int:
    """A key moved by the least into what the guard allows; passes: a short note off the beat.

    key: passing notes as they are, others in the key. chord: passing notes in the key, others in the chord. strict: all in
    the chord. Where no chord is told the key stands for it; where no key is told it forbids nothing.
    """
    if guard == OFF:
        return key
    scale = key_classes(told.tonic, told.mode) if told.tonic >= 0 else frozenset(range(12))
    if guard not in (CHORD, STRICT):
        return key if passes else nearest_in(key, scale)
    chord = told.chords.at(beat)
    tones = chord.classes if chord is not None and chord.classes else scale
    return nearest_in(key, (scale | tones) if passes and guard == CHORD else tones)
