"""Voice leading: the distance of two chords and the nearest voicing of the next one; [any]
(Tymoczko, A Geometry of Music 2011)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from realtime.music.chord import Chord
from realtime.music.voiceleading_rules import CHOIR, FREE, SATB, STRICT, Fault, Rules, faults
from realtime.native.errors import AntiphonError

if TYPE_CHECKING:
    from realtime.music.keyfinding import Key

__all__ = ["CHOIR", "FREE", "SATB", "STRICT", "Fault", "Rules", "distance", "faults", "lead", "progression_cost"]

FAULT_COST = 12.0  # of one fault, in semitones of motion


def distance(a: Iterable[int], b: Iterable[int]) -> int:
    """Semitones of the smallest voice leading between two sets of pitch classes, each note going to one of the other
    set, every note of the larger set being reached (Tymoczko 2006)."""
    one, two = sorted({p % 12 for p in a}), sorted({p % 12 for p in b})
    if len(one) > len(two):
        one, two = two, one
    if not one:
        return 0
    best = 10**6
    # each note of the larger set comes from a note of the smaller one, none of which is left out
    for chosen in itertools.product(range(len(one)), repeat=len(two)):
        if len(set(chosen)) == len(one):
            best = min(best, sum(_circular(one[i], t) for i, t in zip(chosen, two, strict=True)))
    return best


def _circular(a: int, b: int) -> int:
    return min((a - b) % 12, (b - a) % 12)


# ---- the next voicing -----------------------------------------------------------------------------------------------


def lead(
    previous: Sequence[int] | None,
    chord: Chord,
    voices: int = 4,
    rules: Rules = STRICT,
    key: Key | None = None,
    previous_chord: Chord | None = None,
    soprano: int | None = None,
) -> list[int]:
    """The voicing of a chord that moves least from the previous one without faults, lowest voice first; it looks at
    one chord alone (some 0.2 ms). voiceleading_path.py looks at a whole progression.

    previous: MIDI numbers, lowest first (None: a first chord, near the middle of the ranges). chord.bass is in the
    lowest voice; the fifth may be left out, the third and seventh never; a leading note and a seventh are not doubled.
    soprano: the highest voice, if it is given. Where no voicing is without fault the one with fewest is taken.
    Raises AntiphonError where the ranges hold none at all.
    """
    ranges = ranges_of(chord, voices, rules)
    for near in (True, False):
        for needed in _needed(chord, voices):
            if voicing := _best(previous, chord, ranges, rules, key, previous_chord, soprano, needed, near):
                return voicing
    raise _no_voicing(chord, ranges)


def voicings_of(
    chord: Chord, ranges: tuple[tuple[int, int], ...], rules: Rules = STRICT, soprano: int | None = None
) -> list[list[int]]:
    """All voicings of a chord that `lead` may choose from where nothing sounded before. Raises AntiphonError."""
    for needed in _needed(chord, len(ranges)):
        if found := list(_voicings(chord, ranges, rules, None, soprano, needed)):
            return found
    raise _no_voicing(chord, ranges)


def ranges_of(chord: Chord, voices: int, rules: Rules) -> tuple[tuple[int, int], ...]:
    """The range of each voice, lowest first. Raises AntiphonError if there are not as many as voices."""
    ranges = rules.ranges if rules.ranges is not None else ((28, 60), *((48, 84),) * (voices - 1))
    if len(ranges) != voices:
        raise AntiphonError(f"Voicing {chord}: {voices} voices but ranges for {len(ranges)}; give one range a voice.")
    return ranges


def _no_voicing(chord: Chord, ranges) -> AntiphonError:
    return AntiphonError(f"Voicing {chord}: no voicing lies in the ranges {list(ranges)}; widen them.")


def progression_cost(
    voicings: Sequence[Sequence[int]], chords: Sequence[Chord], rules: Rules = STRICT, key: Key | None = None
) -> float:
    """What a progression costs, in semitones: the way of all voices, the first chord's distance from the middle of the
    ranges, doubled and missing tones, and FAULT_COST for every fault."""
    ranges = ranges_of(chords[0], len(voicings[0]), rules)
    before = [None, *voicings[:-1]]
    own = sum(_cost(b, list(v), c, ranges, key) for b, v, c in zip(before, voicings, chords, strict=True))
    return own + FAULT_COST * len(faults(voicings, rules, chords, key))


def _best(
    previous, chord: Chord, ranges, rules: Rules, key, previous_chord, soprano, needed, near: bool
) -> list[int] | None:
    best, best_cost = None, float("inf")
    for voicing in _voicings(chord, ranges, rules, previous if near else None, soprano, needed):
        cost = _cost(previous, voicing, chord, ranges, key)
        if cost >= best_cost:
            continue
        if previous is not None:
            chords = [previous_chord, chord] if previous_chord else None
            cost += FAULT_COST * len(faults([previous, voicing], rules, chords, key))
        if cost < best_cost:
            best, best_cost = voicing, cost
    return best


def _voicings(chord: Chord, ranges, rules: Rules, previous, soprano: int | None, needed: frozenset[int]):
    """All voicings within ranges and gaps, lowest voice first, each with the tones that must be there."""
    tones = sorted(chord.classes)
    reach = 9 if previous is not None and len(previous) == len(ranges) else 127

    def candidates(voice: int) -> list[int]:
        low, high = ranges[voice]
        if soprano is not None and voice == len(ranges) - 1:
            return [soprano]
        classes = [chord.bass] if voice == 0 else tones
        found = [p for p in range(low, high + 1) if p % 12 in classes]
        if previous is not None and len(previous) == len(ranges):
            near = [p for p in found if abs(p - previous[voice]) <= (12 if voice == 0 else reach)]
            return near or found
        return found

    options = [candidates(v) for v in range(len(ranges))]

    def extend(voicing: list[int], missing: frozenset[int]):
        voice = len(voicing)
        if voice == len(options):
            yield list(voicing)
            return
        left = len(options) - voice
        for pitch in options[voice]:
            if voice:
                gap = pitch - voicing[-1]
                if gap < 0 or gap > (rules.widest_gap_above_bass if voice == 1 else rules.widest_gap):
                    continue
            still = missing - {pitch % 12}
            if len(still) <= left - 1:
                yield from extend([*voicing, pitch], still)

    yield from extend([], needed)


def _needed(chord: Chord, voices: int) -> list[frozenset[int]]:
    """Pitch classes that must sound, what to ask for first: all but a perfect fifth; then what makes the chord (bass,
    third, seventh) as far as there are voices; then the bass alone."""
    intervals = chord.intervals
    all_but_fifth = {(chord.root + i) % 12 for i in intervals if i != 7} | {chord.bass}
    third = chord.third if chord.third is not None else 5 if 5 in intervals else 2 if 2 in intervals else 7
    seventh = next((i for i in (10, 11, 9) if i in intervals), 0)
    telling = list(dict.fromkeys((chord.bass, (chord.root + third) % 12, (chord.root + seventh) % 12, chord.root)))
    telling = [c for c in telling if c in chord.classes][:voices]
    asked = [frozenset(all_but_fifth)] if len(all_but_fifth) <= voices else []
    return [*asked, frozenset(telling), frozenset({chord.bass})]


def _cost(previous: Sequence[int] | None, voicing: list[int], chord: Chord, ranges, key: Key | None) -> float:
    if previous is not None and len(previous) == len(voicing):
        way = float(sum(abs(a - b) for a, b in zip(previous, voicing, strict=True)))
    else:
        way = sum(abs(p - (low + high) / 2) for p, (low, high) in zip(voicing, ranges, strict=True))
    return way + standing_cost(voicing, chord, key)


def standing_cost(voicing: list[int], chord: Chord, key: Key | None = None) -> float:
    """What a voicing costs wherever it comes from: doubled and missing tones, unisons."""
    cost = 0.0
    classes = [p % 12 for p in voicing]
    leading = (key.tonic + 11) % 12 if key else None
    for tone in set(classes):
        doubled = classes.count(tone) - 1
        if doubled:
            interval = (tone - chord.root) % 12
            if tone == leading or interval in (10, 11) or (interval == 9 and chord.quality == "dim7"):
                cost += 8.0 * doubled
            elif interval in (3, 4):
                cost += 2.0 * doubled
            elif interval != 0:
                cost += 0.5 * doubled
    missing = {(chord.root + i) % 12 for i in chord.intervals} - set(classes)
    unisons = sum(a == b for a, b in itertools.pairwise(voicing))
    return cost + 3.0 * len(missing) + 2.0 * unisons
