"""What a drummer plays bar by bar: a theme of two bars and its variations in a phrase of eight, by the note model `groove`, or
by rule without it and in metres that the model does not know; [player process]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

import numpy as np

from realtime.models.groove import STEPS, STEPS_PER_BEAT, Groove, Pair, grid
from realtime.players.drum_bar import CLOSED, KICK, LOUD, QUIET, RIDE, SIDE_STICK, SNARE, Stroke, model_bar, ruled_bar
from realtime.players.drum_theme import LOUD as LOUD_SNARE
from realtime.players.drum_theme import standing

CANDIDATES = 12
"""Grooves of which the best is taken for a theme."""
PHRASE = (0.0, 0.35, 0.15, 0.5)
"""How far each two bars of a phrase of eight go from the theme, as a share of the variation."""
BACKBEATS = (1.0, 3.0)
JOINED, APART = 0.6, 0.15
"""Share of bars from which on the kick joins the bass, and up to which it leaves it alone."""
MOST_KICKS = 5
FEWEST_TAPS = 4
INTENSITY_STEP = 0.125
"""Smaller moves of the intensity do not change the groove, but its loudness."""


class Idea(NamedTuple):
    """What a theme comes of."""

    seed: int
    take: int
    bass: tuple[float, ...] = ()
    taps: tuple[tuple[int, float], ...] = ()  # step of two bars, velocity


class Manner(NamedTuple):
    """How a bar is to be played. intensity 0..1; variation 0..1; density: factor; complexity in standard deviations;
    temperature, feel: of the model; with_bass 0..1."""

    intensity: float
    variation: float = 0.4
    density: float = 1.0
    complexity: float = 0.0
    temperature: float = 0.8
    feel: float = 1.0
    with_bass: float = 0.7


class DrumComposer:
    """model: None: all by rule."""

    def __init__(self, model: Groove | None):
        self.model = model
        self._idea: Idea | None = None
        self._theme = np.zeros(0, np.float32)
        self._pair = lru_cache(maxsize=16)(self._decoded)

    def has(self, idea: Idea) -> bool:
        """Whether its theme stands on an idea; what the bass plays is only asked once."""
        return self._idea is not None and self._idea._replace(bass=()) == idea._replace(bass=())

    def conceive(self, idea: Idea, manner: Manner) -> None:
        """Finds a theme for an idea: the best of some."""
        self._idea = idea
        self._pair.cache_clear()
        if self.model is None:
            return
        dice = np.random.default_rng([idea.seed, idea.take])
        mean = deviation = None
        if idea.taps:
            steps, velocities = (np.array(column) for column in zip(*idea.taps, strict=True))
            taps = grid(steps / STEPS_PER_BEAT, np.zeros(len(steps), int), velocities, STEPS)
            mean, deviation = self.model.encode(taps, "taps")
        best = -np.inf
        for number in range(CANDIDATES):
            if mean is None or deviation is None:
                z = self.model.sample(dice)
            else:
                z = (mean + 0.4 * deviation * dice.standard_normal(len(mean))).astype(np.float32)
            pair = self.model.decode(z, idea.seed + number, manner.temperature, manner.feel)
            score = standing(pair, idea.bass) if mean is None else meets(pair, idea.taps)
            if score > best:
                best, self._theme = score, z

    def bar(
        self, number: int, metre: tuple[int, int], manner: Manner, bass: Sequence[float], by_rule: bool
    ) -> list[Stroke]:
        """Bar `number`, counted from a phrase's begin (< 0: before). bass: share of bars with it on each sixteenth."""
        assert self._idea is not None
        intensity = round(manner.intensity / INTENSITY_STEP) * INTENSITY_STEP
        seed = f"{self._idea.seed}:{self._idea.take}"
        if self.model is None or by_rule or metre != (4, 4):
            dice = Random(f"{seed}:{number % 8 if number % 2 else 0}")
            strokes = ruled_bar(*metre, intensity, dice)
            if self._idea.taps and metre == (4, 4):
                strokes = tapped_bar(strokes, self._idea.taps, number % 2, only=True)
        else:
            place = number // 2 % len(PHRASE)
            # the theme returns as it was; a bar before the phrase, written anew once that is known of, has no cycle of its own
            cycle = max(0, number // 8) if PHRASE[place] else 0
            strokes = model_bar(self._pair(place, cycle, manner._replace(intensity=intensity)), number % 2)
            strokes = tapped_bar(strokes, self._idea.taps, number % 2) if self._idea.taps else mended(strokes)
            strokes = on_kit(strokes, intensity)
        return with_bass(strokes, bass, manner.with_bass, seed)

    def _decoded(self, place: int, cycle: int, manner: Manner) -> Pair:
        assert self.model is not None and self._idea is not None
        seed = self._idea.seed * 100_003 + self._idea.take * 1009 + (place + 4 * cycle if PHRASE[place] else 0)
        dice = np.random.default_rng(seed)
        z = self.model.home.wander(self._theme, manner.variation * PHRASE[place], dice)
        more = 1.6 * (manner.intensity - 0.5) + float(np.log2(manner.density))
        z = self.model.moved(z, density=more, complexity=manner.complexity + 0.8 * (manner.intensity - 0.5))
        return self.model.decode(z, seed, manner.temperature, manner.feel)


def meets(pair: Pair, taps: Sequence[tuple[int, float]]) -> float:
    """How well kick and snare play what was tapped."""
    loud = pair.hits[:, KICK] | (pair.hits[:, SNARE] & (pair.velocity[:, SNARE] >= LOUD_SNARE))
    tapped = np.zeros(STEPS, bool)
    tapped[[step for step, _ in taps]] = True
    return float((loud & tapped).sum() - 0.5 * (loud & ~tapped).sum() - 0.5 * (tapped & ~loud).sum())


def mended(strokes: list[Stroke]) -> list[Stroke]:
    """A groove that stands: the kick on one, the snare on two and four, as nine bars in ten of real drumming have them."""
    there = {(s.place, s.drum) for s in strokes if s.drum == KICK or s.velocity >= LOUD_SNARE}
    needed = [(0.0, KICK, 0.75), *((place, SNARE, 0.75) for place in BACKBEATS)]
    missing = [Stroke(place, drum, velocity) for place, drum, velocity in needed if (place, drum) not in there]
    ghosts = {(s.place, s.drum) for s in missing}
    return sorted([s for s in strokes if (s.place, s.drum) not in ghosts] + missing)


def on_kit(strokes: list[Stroke], intensity: float) -> list[Stroke]:
    """On the drums that fit: a side stick where it is quiet, the ride where it is loud."""
    found = []
    for s in strokes:
        if intensity < QUIET and s.drum == SNARE:
            if s.velocity < LOUD_SNARE:
                continue
            s = s._replace(drum=SIDE_STICK)
        elif intensity < QUIET and s.drum == RIDE:
            s = s._replace(drum=CLOSED)
        elif intensity > LOUD + 0.1 and s.drum == CLOSED and s.place % 0.5 == 0.0:
            s = s._replace(drum=RIDE)
        found.append(s)
    return found


def with_bass(strokes: list[Stroke], bass: Sequence[float], amount: float, seed: str) -> list[Stroke]:
    """The kick goes to where the bass plays and away from where it never does; one stays, and the backbeat stays the
    snare's. The same places in every bar."""
    if not bass or amount <= 0.0:
        return strokes
    kicks = {round(s.place * STEPS_PER_BEAT) for s in strokes if s.drum == KICK}
    snares = {round(s.place * STEPS_PER_BEAT) for s in strokes if s.drum == SNARE and s.velocity >= LOUD_SNARE}
    left = set(kicks)
    added: list[Stroke] = []
    for step, share in enumerate(bass):
        heeds = Random(f"{seed}:bass:{step}").random() < amount
        if step in kicks and step > 0 and share <= APART and heeds:
            left.discard(step)
        free = step not in kicks and step not in snares and step % 2 == 0 and len(left) + len(added) < MOST_KICKS
        if free and share >= JOINED and heeds:
            added.append(Stroke(step / STEPS_PER_BEAT, KICK, 0.68))
    kept = [s for s in strokes if s.drum != KICK or round(s.place * STEPS_PER_BEAT) in left]
    return sorted(kept + added)


def tapped_bar(strokes: list[Stroke], taps: Sequence[tuple[int, float]], half: int, only: bool = False) -> list[Stroke]:
    """A bar in which kick and snare play what was tapped: the snare on the backbeats, the kick elsewhere, where they do not
    so already. only: nothing else of theirs is left."""
    first = half * STEPS // 2
    places = {(step - first) / STEPS_PER_BEAT: v for step, v in taps if first <= step < first + STEPS // 2}
    kept = [s for s in strokes if not only or s.drum not in (KICK, SNARE, SIDE_STICK) or s.place in places]
    played = {s.place for s in kept if s.drum in (KICK, SNARE, SIDE_STICK) and s.velocity >= LOUD_SNARE}
    missing = [place for place in places if place not in played]
    return sorted(kept + [Stroke(p, SNARE if p in BACKBEATS else KICK, max(LOUD_SNARE, places[p])) for p in missing])
