"""The rules of voice leading: the faults of a progression by name and place; [any]
(Aldwell and Schachter 2011; Huron, Tone and Voice 2001)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
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
    """What `faults`, `lead` and `lead_through` hold to: ranges by voice, bass first (None: any), the widest gap between
    neighbours in semitones (the one above the bass may be wider), and the widest leap."""

    ranges: tuple[tuple[int, int], ...] | None = SATB
    widest_gap: int = 12
    widest_gap_above_bass: int = 19
    widest_leap: int = 12


STRICT = Rules()
FREE = Rules(ranges=None, widest_gap=127, widest_gap_above_bass=127, widest_leap=127)


def faults(
    voicings: Sequence[Sequence[int | None]],
    rules: Rules = STRICT,
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
    if chord is None or not is_dominant(chord, key):
        return []
    leading = (key.tonic + 11) % 12
    voices = tuple(v for v, p in enumerate(voicing) if p is not None and p % 12 == leading)
    if len(voices) < 2:
        return []
    return [Fault("doubled leading note", place, voices, "the leading note is there twice.")]


def is_dominant(chord: Chord, key: Key) -> bool:
    """V or vii with the leading note in it."""
    leading = (key.tonic + 11) % 12
    return leading in chord.classes and (chord.root - key.tonic) % 12 in (7, 11)


def falling_sevenths(chord: Chord) -> frozenset[int]:
    """Pitch classes of a chord that want to fall by step into the next one."""
    sevenths = {9} if chord.sevenths() == "dim7" else {10, 11}
    return frozenset((chord.root + i) % 12 for i in sevenths & chord.intervals)


def _resolutions(before, now, place: int, chord: Chord | None, following: Chord | None, key) -> list[Fault]:
    if chord is None or following is None or chord.without_bass() == following.without_bass():
        return []
    found = []
    if key is not None and is_dominant(chord, key) and following.root == key.tonic:
        for voice, pitch in enumerate(before):
            if pitch is None or now[voice] is None or pitch % 12 != (key.tonic + 11) % 12:
                continue
            step = now[voice] - pitch
            inner = 0 < voice < len(before) - 1
            # an inner voice may fall to the fifth of the tonic (Aldwell and Schachter, 7-10)
            if step not in (1, 0) and not (inner and step in (-3, -4)):
                text = f"{pitch} goes to {now[voice]}, not up a semitone."
                found.append(Fault("unresolved leading note", place, (voice,), text))
    sevenths = falling_sevenths(chord)
    for voice, pitch in enumerate(before):
        if pitch is None or now[voice] is None or pitch % 12 not in sevenths:
            continue
        step = now[voice] - pitch
        if step not in (0, -1, -2):
            if key is not None and pitch % 12 == (key.tonic + 11) % 12 and step == 1:
                continue  # the seventh of a tonic chord is the leading note
            text = f"{pitch} goes to {now[voice]}, not down a step."
            found.append(Fault("unresolved seventh", place, (voice,), text))
    return found
