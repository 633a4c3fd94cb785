"""Voice leading through a whole progression: the shortest path over the voicings of its chords; [any]
(Viterbi, IEEE Trans. Information Theory 1967). The rules are those of voiceleading_rules.py, counted here for all pairs
of two chords' voicings at once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from realtime.music.chord import Chord
from realtime.music.voiceleading import FAULT_COST, lead, ranges_of, standing_cost, voicings_of
from realtime.music.voiceleading_rules import STRICT, Rules, falling_sevenths, faults, is_dominant

if TYPE_CHECKING:
    from realtime.music.keyfinding import Key

BEAM = 256


def lead_through(
    chords: Sequence[Chord],
    voices: int = 4,
    rules: Rules = STRICT,
    key: Key | None = None,
    previous: Sequence[int] | None = None,
    previous_chord: Chord | None = None,
    sopranos: Sequence[int | None] | None = None,
    beam: int | None = BEAM,
) -> list[list[int]]:
    """Voicings of a whole progression at the least `progression_cost`, one for every chord, lowest voice first.

    previous, previous_chord: what sounded before, as in `lead`. sopranos: the highest voice of each chord, None where
    it is free. beam: how many voicings of a chord are carried on, the cheapest so far; None carries all. Never dearer
    than `lead` from chord to chord. A chord takes some 1 ms in four voices, 10 ms in five, 45 ms in six. Raises
    AntiphonError where the ranges hold no voicing of a chord.
    """
    given = list(sopranos) if sopranos is not None else [None] * len(chords)
    layers: list[np.ndarray] = []  # the voicings of each chord that are carried on: (count, voices)
    sources: list[np.ndarray] = []  # and the place in the layer before that each comes from
    before = None if previous is None else np.array([previous], np.int16)
    costs = np.zeros(1)
    greedy, chord_before = previous, previous_chord
    for chord, soprano in zip(chords, given, strict=True):
        ranges = ranges_of(chord, voices, rules)
        greedy = lead(greedy, chord, voices, rules, key, chord_before, soprano)
        choice = voicings_of(chord, ranges, rules, soprano)
        if greedy not in choice:
            choice.append(greedy)
        now = np.array(choice, np.int16)
        standing = np.array([standing_cost(v, chord, key) + _standing_faults(v, chord, rules, key) for v in choice])
        if before is None:
            costs = standing + np.abs(now - np.mean(ranges, axis=1)).sum(axis=1)
            source = np.zeros(len(now), np.intp)
        else:
            through = costs[:, None] + moving_costs(before, now, rules, chord_before, chord, key)
            source = through.argmin(axis=0)
            costs = through.min(axis=0) + standing
        if beam is not None and len(now) > beam:
            # the greedy way is always carried on, so that none ends above it
            kept = np.union1d(np.argsort(costs, kind="stable")[:beam], [choice.index(greedy)])
            now, costs, source = now[kept], costs[kept], source[kept]
        layers.append(now)
        sources.append(source)
        before, chord_before = now, chord
    found, at = [], int(costs.argmin())
    for now, source in zip(reversed(layers), reversed(sources), strict=True):
        found.append([int(pitch) for pitch in now[at]])
        at = int(source[at])
    return found[::-1]


def _standing_faults(voicing: list[int], chord: Chord, rules: Rules, key: Key | None) -> float:
    return FAULT_COST * len(faults([voicing], rules, [chord], key))


def moving_costs(
    before: np.ndarray, now: np.ndarray, rules: Rules, chord: Chord | None, following: Chord, key: Key | None
) -> np.ndarray:
    """(n, m) cost of going from each of n voicings (n, voices) to each of m (m, voices): the way of all voices and the
    faults that `faults` finds between two chords."""
    old, new = before.T[:, :, None], now.T[:, None, :]
    steps = new - old  # (voices, n, m)
    ways = np.abs(steps)
    count = (ways > rules.widest_leap).sum(axis=0)
    if rules.widest_leap < 127:
        count += ((ways == 6) & (ways <= rules.widest_leap)).sum(axis=0)
    count += (new[:-1] > old[1:]).sum(axis=0) + (new[1:] < old[:-1]).sum(axis=0)  # voices that overlap
    count += _parallels(old, new, steps)
    if chord is not None and chord.without_bass() != following.without_bass():
        count += _unresolved(old, steps, chord, following, key)
    return ways.sum(axis=0) + FAULT_COST * count


def _parallels(old: np.ndarray, new: np.ndarray, steps: np.ndarray) -> np.ndarray:
    moves, rises = steps != 0, steps > 0
    count = np.zeros(steps.shape[1:], np.int64)
    for lower, upper in itertools.combinations(range(len(steps)), 2):
        was, becomes = (old[upper] - old[lower]) % 12, (new[upper] - new[lower]) % 12
        perfect = (becomes == 0) | (becomes == 7)
        if not perfect.any():
            continue
        both = moves[lower] & moves[upper] & perfect
        same = was == becomes
        count += both & same
        if lower == 0 and upper == len(steps) - 1:
            count += both & ~same & (rises[lower] == rises[upper]) & (np.abs(steps[upper]) > 2)
    return count


def _unresolved(old: np.ndarray, steps: np.ndarray, chord: Chord, following: Chord, key: Key | None) -> np.ndarray:
    count = np.zeros(steps.shape[1:], np.int64)
    leading = -1 if key is None else (key.tonic + 11) % 12
    if key is not None and is_dominant(chord, key) and following.root == key.tonic:
        resolved = (steps == 1) | (steps == 0)
        resolved[1:-1] |= (steps[1:-1] == -3) | (steps[1:-1] == -4)  # an inner voice may fall to the fifth
        count += ((old % 12 == leading) & ~resolved).sum(axis=0)
    falling = falling_sevenths(chord)
    if falling:
        resolved = (steps <= 0) & (steps >= -2) | (old % 12 == leading) & (steps == 1)
        count += (np.isin(old % 12, list(falling)) & ~resolved).sum(axis=0)
    return count
