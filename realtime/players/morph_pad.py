"""Four ideas at the corners of a pad, and what lies between them: in the latent space of the note model `morph`, or by rule
as a patchwork of their beats; [player process].

All is written in C major or A minor, so that ideas in different keys meet in one; who plays it moves it to where it belongs.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np

from realtime.models.morph import (
    ATTRIBUTES,
    FIRST_NOTE,
    STEPS,
    STEPS_PER_BEAT,
    Bars,
    Morph,
    Taste,
    changed,
    line_of,
    mean_pitch,
    notes_of,
    octaves_below,
    sounding,
    transposed,
)
from realtime.music.keyfinding import Key, into_c
from realtime.music.scale import key_classes
from realtime.players.idea import LOUD, Idea, pitch_of, read_idea
from realtime.sampling.latent import slerp

CORNERS = 4
AT_CORNER = 0.98
"""From this share of it on an idea is played as it was captured."""
CANDIDATES = 8
"""Samples of which the one that sings best becomes an idea of the model's own."""
WAYS = (0.3, 0.5, 0.7, 0.9)
"""How far one goes towards another sample, until what is heard has changed by as much as was asked for."""
VARIED, ROAMED = CORNERS, CORNERS + 1
"""Names of dice, behind those of the corners."""
WIDE_LEAP, WIDE_RANGE = 7, 12
DENSEST = 0.45
HOME_KEY = Key(0, "major")
WRITTEN = (
    "melody E5 6, D5 2, C5 8, D5 6, E5 2, B4 8; bass A2 10, E2 6, G2 10, G2 6; "
    "drums kick 0 10 16 26, snare 8 24, closed_hat 0 4 8 12 16 20 24 28",
    "melody A4 2, C5 2, E5 2, D5 2, C5 4, B4 4, G4 2, B4 2, D5 2, C5 2, B4 8; "
    "bass A2 4, A2 4, A2 4, E2 4, G2 4, G2 4, G2 4, B2 4; "
    "drums kick 0 8 16 24, snare 4 12 20 28, closed_hat 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30",
    "melody - 2, C5 3, C5 3, A4 4, C5 4, - 2, D5 3, D5 3, B4 4, G4 4; bass A2 6, A2 6, C3 4, G2 6, G2 6, B2 4; "
    "drums kick 0 6 16 22, snare 4 12 20 28, closed_hat 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28, open_hat 30",
    "melody A4 3, C5 1, D5 2, E5 4, G5 2, E5 4, D5 3, C5 1, D5 2, A4 4, G4 2, A4 4; "
    "bass A2 8, - 2, A2 2, C3 4, D3 8, - 2, G2 2, A2 4; "
    "drums kick 0 7 10 16 23 26, snare 4 12 20 28, closed_hat 2 6 8 14 18 22 24 30, crash 0",
)  # fmt: skip
"""What stands at the corners where there is neither a captured idea nor a model to invent one."""


class Spot(NamedTuple):
    """Where on the pad, and how it is read. x, y: 0..1, corner 1 at 0, 0, corner 2 at 1, 0, corner 3 at 0, 1. knobs: of
    ATTRIBUTES, in standard deviations; roam: 0..1, away from the ideas to music of its own; key_nats: see Morph."""

    x: float
    y: float
    knobs: tuple[float, ...] = (0.0,) * len(ATTRIBUTES)
    roam: float = 0.0
    temperature: float = 0.0
    key_nats: float = 4.0
    seed: int = 0
    take: int = 0

    @property
    def weights(self) -> tuple[float, ...]:
        """Of the corners; they sum to 1."""
        x, y = self.x, self.y
        return (1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y

    @property
    def nearest(self) -> int:
        """The corner of the largest weight."""
        return max(range(CORNERS), key=self.weights.__getitem__)


class Corner(NamedTuple):
    """An idea ready to be mixed. home: in C major or A minor, the melody where the net reads it; up, lift: semitones that
    both lines, and then the melody alone, were moved for that; z: its latent, None without a model; model_drums: they are
    the net's."""

    home: Bars
    up: int
    lift: int
    loud: float
    z: np.ndarray | None
    model_drums: bool = False


class Pair(NamedTuple):
    """Two bars. lift: semitones to take off the melody; model_drums: nobody played them."""

    bars: Bars
    lift: int
    loud: float
    model_drums: bool


class MorphPad:
    """model: None: all by rule. Everything asked for twice is remembered."""

    def __init__(self, model: Morph | None):
        self.model = model
        self._captured: list[Idea | None] = [None] * CORNERS
        self._forget()

    def _forget(self) -> None:
        self._pairs = lru_cache(maxsize=24)(self._pair)
        self._corners = lru_cache(maxsize=CORNERS)(self._corner)
        if not hasattr(self, "_owns"):
            self._owns = lru_cache(maxsize=4 * CORNERS)(self._own)

    def put(self, number: int, idea: Idea | None) -> None:
        """An idea for a corner from 0; None: one of the model's own, or a written one."""
        self._captured[number] = idea
        self._forget()

    def corner(self, number: int, seed: int, take: int) -> Corner:
        """What stands there."""
        return self._corners(number, seed, take)

    def key_shift(self, spot: Spot, nearest: bool = False) -> float:
        """Semitones from the written key to where the ideas were played, by their weights; nearest: to that of one idea."""
        if nearest:
            return -self.corner(spot.nearest, spot.seed, spot.take).up
        return -sum(weight * corner.up for weight, corner in self._around(spot))

    def pair(self, spot: Spot, by_rule: bool, far: float = 0.0, dice: int = 0) -> Pair:
        """Two bars at a spot. far: share of the sixteenths of the melody that a variation should change; dice: which one."""
        if self.model is None or by_rule:
            return self._patchwork(spot, dice)
        return self._pairs(spot, far, dice if far else 0)

    # -- corners -------------------------------------------------------------------------------------------------------

    def _corner(self, number: int, seed: int, take: int) -> Corner:
        idea = self._captured[number]
        if idea is not None:
            return self._ready(idea)
        if self.model is not None:
            return self._owns(number, seed, take)
        written = read_idea(WRITTEN[number])
        assert written is not None
        return self._ready(written)

    def _ready(self, idea: Idea, model_drums: bool = False) -> Corner:
        key = idea.key
        up = into_c(key.tonic, key.mode) if key is not None else 0
        lines = [None if t is None else transposed(t, up) for t in (idea.bars.melody, idea.bars.bass)]
        lift = octaves_below(mean_pitch(lines[0])) if lines[0] is not None else 0
        melody = None if lines[0] is None else transposed(lines[0], lift)
        home = Bars(melody, lines[1], idea.bars.hits)
        z = None if self.model is None else self.model.encode(home)[0]
        return Corner(home, up, lift, idea.loud, z, model_drums)

    def _own(self, number: int, seed: int, take: int) -> Corner:
        """The best of some samples, as an idea of its own."""
        assert self.model is not None
        random = np.random.default_rng([seed, take, number])
        tried = [self.model.decode(self.model.sample(random), Random(0), 0.0) for _ in range(CANDIDATES)]
        best = max(tried, key=sings)
        sounds = best.sounding()
        return self._ready(Idea(sounds if sounds.melody is not None else best, LOUD), True)

    # -- between -------------------------------------------------------------------------------------------------------

    def _around(self, spot: Spot) -> list[tuple[float, Corner]]:
        """The ideas that have a say, with their weights."""
        return [(w, self.corner(n, spot.seed, spot.take)) for n, w in enumerate(spot.weights) if w > 0.0]

    def latent(self, spot: Spot) -> np.ndarray:
        """(latent,) at a spot: along the arcs between the ideas, about where music lies."""
        assert self.model is not None
        home = self.model.homes["trio"]
        middle = home.mean
        found = [np.asarray(corner.z) - middle for _, corner in self._around(spot)]
        rows = [slerp(found[k], found[k + 1], spot.x) for k in range(0, len(found), 2)] if 0.0 < spot.x < 1.0 else found
        z = rows[0] if len(rows) == 1 else slerp(rows[0], rows[1], spot.y)
        if spot.roam:
            z = slerp(z, home.sample(np.random.default_rng([spot.seed, spot.take, ROAMED])) - middle, spot.roam)
        return (z + middle).astype(np.float32)

    def _pair(self, spot: Spot, far: float, dice: int) -> Pair:
        assert self.model is not None
        near, around = self.corner(spot.nearest, spot.seed, spot.take), self._around(spot)
        loud = sum(w * c.loud for w, c in around)
        lift = 12 * round(sum(w * c.lift for w, c in around) / 12)
        untouched = not any(spot.knobs) and not spot.roam
        at_corner = untouched and max(spot.weights) >= AT_CORNER
        given = _tracks(near.home) if at_corner else (None, None, None)
        lift = near.lift if at_corner else lift
        if not far and all(track is not None for track in given):
            return Pair(near.home, lift, loud, near.model_drums)
        z = self.latent(spot)
        if any(spot.knobs):
            z, more = self._turned(z, spot)
            lift += more
        made = _tracks(self._decoded(z, spot, 0) if not far else self._varied(z, spot, far, dice))
        beaten = given[-1] is not None and not near.model_drums
        if far:  # the lines vary; what you beat stands
            given = (None, None, given[-1] if beaten else None)
        return Pair(
            Bars(*(g if g is not None else m for g, m in zip(given, made, strict=True))), lift, loud, not beaten
        )

    def _turned(self, z: np.ndarray, spot: Spot) -> tuple[np.ndarray, int]:
        """The latent by the knobs, and the octaves by which it had to be lifted to be read."""
        assert self.model is not None
        amounts = dict(zip(ATTRIBUTES, spot.knobs, strict=True))
        turn = amounts.pop("mean_pitch")
        z = self.model.moved(z, "trio", **amounts)
        if not turn:
            return z, 0
        deviation = self.model.deviations["mean_pitch"]
        below = octaves_below(mean_pitch(self.model.decode(z, Random(0), 0.0).melody) + turn * deviation)
        return self.model.moved(z, "trio", mean_pitch=turn + below / deviation), below

    def _varied(self, z: np.ndarray, spot: Spot, far: float, dice: int) -> Bars:
        """A neighbour that differs by about as much as was asked for: a decoder goes by leaps where the latent goes by
        steps."""
        assert self.model is not None
        home = self.model.homes["trio"]
        other = home.sample(np.random.default_rng([spot.seed, spot.take, VARIED, dice])) - home.mean
        theme = self._pairs(spot, 0.0, 0).bars
        made = Bars()
        for way in WAYS:
            made = self._decoded((slerp(z - home.mean, other, way) + home.mean).astype(np.float32), spot, dice + 1)
            if theme.melody is None or made.melody is None or changed(theme.melody, made.melody) >= far:
                break
        return Bars(in_register(made.melody, theme.melody), in_register(made.bass, theme.bass), made.hits)

    def _decoded(self, z: np.ndarray, spot: Spot, dice: int) -> Bars:
        assert self.model is not None
        random = Random(f"{spot.seed}:{spot.take}:{dice}")
        made = self.model.decode(z, random, spot.temperature, Taste(HOME_KEY, spot.key_nats))
        assert made.melody is not None and made.bass is not None
        return Bars(in_one_stroke(made.melody), in_one_stroke(made.bass), made.hits)

    def _patchwork(self, spot: Spot, dice: int) -> Pair:
        """Beat by beat out of the ideas, by their weights."""
        weights, corners = zip(*self._around(spot), strict=True)
        near = self.corner(spot.nearest, spot.seed, spot.take)
        random = Random(f"{spot.seed}:{spot.take}:{dice}:patchwork")
        if max(weights) >= AT_CORNER:
            return Pair(near.home, near.lift, near.loud, near.model_drums)
        melody, bass = np.zeros(STEPS, np.uint8), np.zeros(STEPS, np.uint8)
        hits: np.ndarray | None = None
        for start in range(0, STEPS, STEPS_PER_BEAT):
            home = random.choices(corners, weights)[0].home
            span = slice(start, start + STEPS_PER_BEAT)
            for line, given in ((melody, home.melody), (bass, home.bass)):
                if given is not None:
                    line[span] = given[span]
                    line[start] = given[start] or sounding(given[: start + 1])[-1]
            if home.hits is not None:
                hits = np.zeros(home.hits.shape, bool) if hits is None else hits
                hits[span] = home.hits[span]
        return Pair(Bars(melody, bass, hits), near.lift, near.loud, near.model_drums)


def _tracks(bars: Bars) -> tuple[np.ndarray | None, ...]:
    return bars.melody, bars.bass, bars.hits


def in_one_stroke(tokens: np.ndarray) -> np.ndarray:
    """A line without strokes of a sixteenth on a pitch that sounds anyway: the net doubts, a player holds on."""
    kept: list[tuple[int, int, int]] = []
    for start, end, token in notes_of(tokens):
        if kept and kept[-1][2] == token and kept[-1][1] == start and min(end - start, start - kept[-1][0]) < 2:
            kept[-1] = (kept[-1][0], end, token)
        else:
            kept.append((start, end, token))
    return line_of(kept)


def in_register(tokens: np.ndarray | None, of: np.ndarray | None) -> np.ndarray | None:
    """A line by octaves to where another one lies."""
    if tokens is None or of is None:
        return tokens
    means = [np.mean([t for _, _, t in notes_of(line)] or [0]) for line in (tokens, of)]
    return transposed(tokens, 12 * round(float(means[1] - means[0]) / 12)) if all(means) else tokens


def sings(bars: Bars) -> float:
    """How well two bars of the model's own would stand as an idea: few wide leaps and repeated notes, in one key and a narrow
    range, neither empty nor crowded, two bars that rhyme, a bass on one."""
    melody, bass = bars.melody, bars.bass
    assert melody is not None and bass is not None
    pitches = [pitch_of(token) for _, _, token in notes_of(melody)]
    if len(pitches) < 3:
        return -10.0
    leaps = np.abs(np.diff(pitches)) > WIDE_LEAP
    key = Idea(bars).key
    classes = key_classes(key.tonic, key.mode) if key is not None else frozenset()
    both = pitches + [pitch_of(token) for _, _, token in notes_of(bass)]
    foreign = 1.0 - sum(p % 12 in classes for p in both) / len(both)
    struck = melody >= FIRST_NOTE
    crowded = max(0.0, float(struck.mean()) - DENSEST) + max(0.0, 6 - len(pitches)) / 12
    wide = max(0, int(np.ptp(pitches)) - WIDE_RANGE) / WIDE_RANGE
    steady = sum(bool(bass[step] >= FIRST_NOTE) for step in (0, STEPS // 2)) / 2
    still = max(0.0, float((np.diff(pitches) == 0).mean()) - 0.3)
    rhyming = float((struck[: STEPS // 2] & struck[STEPS // 2 :]).sum()) / len(pitches)
    return 0.5 * steady + rhyming - 2.0 * float(leaps.mean()) - 4.0 * foreign - 2.0 * (crowded + wide + still)
