"""Voice leading: the nearest voicing of the next chord, and the faults of a progression by name and place; [any]
(Aldwell and Schachter 2011; Tymoczko, A Geometry of Music 2011; Huron, Tone and Voice 2001)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from realtime.music.chord import Chord
from realtime.native.errors import AntiphonError

if TYPE_CHECKING:
    from realtime.music.keyfinding import Key

# bass first: bass, tenor, alto, soprano
SATB = ((40, 60), (48, 67), (55, 74), (60, 81))
CHOIR = ("bass", "tenor", "alto", "soprano")


class Fault(NamedTuple):
    """name, place (index of the chord, of two the second), voices (0 the lowest) and one sentence."""

    name: str
    place: int
    voices: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What `faults` and `lead` hold to: ranges by voice, bass first (None: any), the widest gap between neighbours in
    semitones (the one above the bass may be wider), and the widest leap."""

    ranges: tuple[tuple[int, int], ...] | None = SATB
    widest_gap: int = 12
    widest_gap_above_bass: int = 19
    widest_leap: int = 12


FREE = Rules(ranges=None, widest_gap=127, widest_gap_above_bass=127, widest_leap=127)


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
    rules: Rules = Rules(),
    key: Key | None = None,
    previous_chord: Chord | None = None,
    soprano: int | None = None,
) -> list[int]:
    """The voicing of a chord that moves least from the previous one without faults, lowest voice first.

    previous: MIDI numbers, lowest first (None: a first chord, near the middle of the ranges). chord.bass is in the
    lowest voice; the fifth may be left out, the third and seventh never; a leading note and a seventh are not doubled.
    soprano: the highest voice, if it is given. Where no voicing is without fault the one with fewest is taken.
    Raises AntiphonError where the ranges hold none at all.
    """
    ranges = rules.ranges if rules.ranges is not None else ((28, 60), *((48, 84),) * (voices - 1))
    if len(ranges) != voices:
        raise AntiphonError(f"Voicing {chord}: {voices} voices but ranges for {len(ranges)}; give one range a voice.")
    for needed in _needed(chord, voices):
        if voicing := _best(previous, chord, ranges, rules, key, previous_chord, soprano, needed):
            return voicing
    raise AntiphonError(f"Voicing {chord}: no voicing lies in the ranges {list(ranges)}; widen them.")


def _best(previous, chord: Chord, ranges, rules: Rules, key, previous_chord, soprano, needed) -> list[int] | None:
    best, best_cost = None, float("inf")
    for voicing in _voicings(chord, ranges, rules, previous, soprano, needed):
        cost = _cost(previous, voicing, chord, ranges, key)
        if cost >= best_cost:
            continue
        if previous is not None:
            chords = [previous_chord, chord] if previous_chord else None
            cost += 12.0 * len(faults([previous, voicing], rules, chords, key))
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
        cost = float(sum(abs(a - b) for a, b in zip(previous, voicing, strict=True)))
    else:
        cost = sum(abs(p - (low + high) / 2) for p, (low, high) in zip(voicing, ranges, strict=True))
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


# ---- the rules ------------------------------------------------------------------------------------------------------


def faults(
    voicings: Sequence[Sequence[int | None]],
    rules: Rules = Rules(),
    chords: Sequence[Chord | None] | None = None,
    key: Key | None = None,
) -> list[Fault]:
    """All faults of a progression in order of place.

    voicings: MIDI numbers by voice, lowest voice first, None for a rest; all of the same number of voices. chords and
    key, where given, add the resolution of sevenths and of the leading note. Names: "parallel fifths", "parallel
    octaves" (unisons too), "antiparallel fifths", "antiparallel octaves", "hidden fifths", "hidden octaves" (outer
    voices, the upper one leaping), "voice crossing", "voice overlap", "wide spacing", "out of range", "large leap",
    "augmented leap", "unresolved leading note", "doubled leading note", "unresolved seventh".
    Raises AntiphonError if the number of voices changes.
    """
    counts = {len(v) for v in voicings}
    if len(counts) > 1:
        raise AntiphonError("Voice leading: the number of voices changes; write None for a voice that rests.")
    found: list[Fault] = []
    for place, voicing in enumerate(voicings):
        found += _vertical(voicing, place, rules)
        if key is not None and chords is not None:
            found += _doubled_leading_note(voicing, place, chords[place], key)
        if place:
            before = voicings[place - 1]
            found += _motion(before, voicing, place, rules)
            if chords is not None:
                found += _resolutions(before, voicing, place, chords[place - 1], chords[place], key)
    return found


def _vertical(voicing, place: int, rules: Rules) -> list[Fault]:
    found = []
    for voice, pitch in enumerate(voicing):
        if pitch is None or rules.ranges is None:
            continue
        low, high = rules.ranges[voice] if voice < len(rules.ranges) else (0, 127)
        if not low <= pitch <= high:
            found.append(Fault("out of range", place, (voice,), f"{pitch} lies outside {low}..{high}."))
    for lower in range(len(voicing) - 1):
        a, b = voicing[lower], voicing[lower + 1]
        if a is None or b is None:
            continue
        if a > b:
            found.append(Fault("voice crossing", place, (lower, lower + 1), f"{a} below lies above {b}."))
        elif b - a > (rules.widest_gap_above_bass if lower == 0 else rules.widest_gap):
            found.append(Fault("wide spacing", place, (lower, lower + 1), f"{b - a} semitones between neighbours."))
    return found


def _motion(before, now, place: int, rules: Rules) -> list[Fault]:
    found = []
    voices = range(len(now))
    for voice in voices:
        if before[voice] is None or now[voice] is None:
            continue
        leap = abs(now[voice] - before[voice])
        if leap > rules.widest_leap:
            found.append(Fault("large leap", place, (voice,), f"a leap of {leap} semitones."))
        elif leap == 6 and rules.widest_leap < 127:
            found.append(Fault("augmented leap", place, (voice,), "a leap of a tritone."))
        for other in (voice - 1, voice + 1):
            if 0 <= other < len(now) and before[other] is not None and before[voice] is not None:
                past = before[other]
                if (other < voice and now[voice] < past) or (other > voice and now[voice] > past):
                    pair = (min(voice, other), max(voice, other))
                    text = f"{now[voice]} passes its neighbour's {past} of the chord before."
                    found.append(Fault("voice overlap", place, pair, text))
    for lower, upper in itertools.combinations(voices, 2):
        found += _parallels(before, now, place, lower, upper)
    return found


def _parallels(before, now, place: int, lower: int, upper: int) -> list[Fault]:
    a, b, c, d = before[lower], before[upper], now[lower], now[upper]
    if None in (a, b, c, d) or a == c or b == d:
        return []  # a voice that stays makes no parallels
    was, becomes = (b - a) % 12, (d - c) % 12
    name = {7: "fifths", 0: "octaves"}.get(becomes)
    if name is None:
        return []
    if was == becomes:
        kind = "parallel" if (c - a > 0) == (d - b > 0) else "antiparallel"
        return [Fault(f"{kind} {name}", place, (lower, upper), f"{kind} {name}: {a}-{b} to {c}-{d}.")]
    outer = lower == 0 and upper == len(now) - 1
    if outer and (c - a > 0) == (d - b > 0) and abs(d - b) > 2:
        return [Fault(f"hidden {name}", place, (lower, upper), f"both outer voices leap into {c}-{d}.")]
    return []


def _doubled_leading_note(voicing, place: int, chord: Chord | None, key: Key) -> list[Fault]:
    if chord is None or not _is_dominant(chord, key):
        return []
    leading = (key.tonic + 11) % 12
    voices = tuple(v for v, p in enumerate(voicing) if p is not None and p % 12 == leading)
    if len(voices) < 2:
        return []
    return [Fault("doubled leading note", place, voices, "the leading note is there twice.")]


def _is_dominant(chord: Chord, key: Key) -> bool:
    """V or vii with the leading note in it."""
    leading = (key.tonic + 11) % 12
    return leading in chord.classes and (chord.root - key.tonic) % 12 in (7, 11)


def _resolutions(before, now, place: int, chord: Chord | None, following: Chord | None, key) -> list[Fault]:
    if chord is None or following is None or chord.without_bass() == following.without_bass():
        return []
    found = []
    if key is not None and _is_dominant(chord, key) and following.root == key.tonic:
        for voice, pitch in enumerate(before):
            if pitch is None or now[voice] is None or pitch % 12 != (key.tonic + 11) % 12:
                continue
            step = now[voice] - pitch
            inner = 0 < voice < len(before) - 1
            # an inner voice may fall to the fifth of the tonic (Aldwell and Schachter, 7-10)
            if step not in (1, 0) and not (inner and step in (-3, -4)):
                text = f"{pitch} goes to {now[voice]}, not up a semitone."
                found.append(Fault("unresolved leading note", place, (voice,), text))
    sevenths = {10, 11} if chord.sevenths() not in ("dim7",) else {9}
    for voice, pitch in enumerate(before):
        if pitch is None or now[voice] is None or (pitch - chord.root) % 12 not in sevenths & chord.intervals:
            continue
        step = now[voice] - pitch
        if step not in (0, -1, -2):
            if key is not None and pitch % 12 == (key.tonic + 11) % 12 and step == 1:
                continue  # the seventh of a tonic chord is the leading note
            text = f"{pitch} goes to {now[voice]}, not down a step."
            found.append(Fault("unresolved seventh", place, (voice,), text))
    return found
