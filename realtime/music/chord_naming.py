"""Which chord some notes make: the likeliest reading of a set of pitch classes; [any] (Parncutt 1988 for the root of a set
of notes)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from realtime.music.chord import Chord
from realtime.music.chord_table import BY_MASK, ORDER, QUALITIES, degree_semitones, mask_of
from realtime.music.sequence import NoteSequence


def chord_of_mask(root: int, mask: int, bass: int | None = None) -> Chord:
    """The chord on a root with the intervals of a 12-bit mask (bit 0 = root): by name if the table has one, else the
    nearest quality with intervals added or omitted."""
    quality, added, omitted = _nearest_quality(mask | 1)
    return Chord(root, quality, root if bass is None else bass, added, omitted)


def name_chord(pitches: Iterable[int]) -> Chord | None:
    """The chord that some notes (MIDI numbers; the lowest is the bass) make, inversions included.

    Of several readings the one with fewest missing and foreign tones; the bass is preferred as root, then the
    simpler quality. Two classes make a chord only as a fifth or fourth (5) or a third or sixth (a triad without
    fifth). None of fewer than two pitch classes and of what no chord in the table explains.
    """
    lowest = None
    mask = 0
    for pitch in pitches:
        mask |= 1 << pitch % 12
        lowest = pitch if lowest is None or pitch < lowest else lowest
    return None if lowest is None else _name(mask, lowest % 12)


# costs in naming: a plain fifth may be left out of a seventh chord at little cost, a third never at none
_MISSING = {"5": 0.9, "3": 3.0, "b3": 3.0, "b7": 2.5, "7": 2.5, "bb7": 4.0, "9": 1.2, "11": 1.4}
_FOREIGN = 2.2
_NOT_THE_BASS = 1.1
_LIMIT = 3.6
_NAMED = tuple(key for key in QUALITIES if key not in ("1", "sus24", "7sus2"))


def name_classes(classes: Iterable[int]) -> Chord | None:
    """As `name_chord`, of pitch classes without a bass: in root position."""
    return _name(mask_of(classes), None)


@lru_cache(maxsize=8192)
def _name(mask: int, bass: int | None) -> Chord | None:
    count = mask.bit_count()
    if count < 2:
        return None
    if count == 2:
        return _dyad(mask, bass)
    best, best_cost = None, _LIMIT
    for root in range(12):
        if not mask >> root & 1:
            continue
        relative = (mask >> root | mask << 12 - root) & 0xFFF
        for quality in _NAMED:
            cost = _reading_cost(relative, quality) + (_NOT_THE_BASS if bass not in (root, None) else 0.0)
            if cost < best_cost - 1e-9:
                best, best_cost = (root, quality), cost
    if best is None:
        return None
    root, quality = best
    relative = (mask >> root | mask << 12 - root) & 0xFFF
    target = QUALITIES[quality].mask
    foreign = relative & ~target
    if bass is not None:  # a foreign bass is the slash's, not the chord's
        foreign &= ~(1 << (bass - root) % 12)
    return Chord(root, quality, root if bass is None else bass, _bits(foreign), ())


def _reading_cost(relative: int, quality: str) -> float:
    degrees, _, target = QUALITIES[quality]
    # a rare triad is likelier a common one inverted; a rare chord of five notes has no other reading
    cost = (0.012 if len(degrees) > 3 else 0.02) * ORDER[quality] + _FOREIGN * (relative & ~target).bit_count()
    if missing := target & ~relative:
        # triads, sixths and suspended chords without their fifth are other chords
        loose = len(degrees) > 3 and "4" not in degrees and "6" not in degrees
        for degree in degrees:
            if missing >> degree_semitones(degree) & 1:
                cost += _MISSING.get(degree, 3.0) if loose else 3.0
    return cost


def _dyad(mask: int, bass: int | None) -> Chord | None:
    for quality, interval, omitted in (("5", 7, ()), ("maj", 4, (7,)), ("min", 3, (7,))):
        for root in range(12):
            if mask == mask_of((root, root + interval)):
                return Chord(root, quality, root if bass is None else bass, (), omitted)
    return None


FIFTH, THIRDS = 1 << 7, 1 << 3 | 1 << 4


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(i for i in range(12) if mask >> i & 1)


@lru_cache(maxsize=4096)
def _nearest_quality(mask: int) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    if mask in BY_MASK:
        return BY_MASK[mask], (), ()

    def distance(key: str) -> tuple[float, int]:
        target = QUALITIES[key].mask
        missing, extra = target & ~mask, mask & ~target
        cost = 3.0 * (missing & ~FIFTH).bit_count() + 1.0 * (missing & FIFTH).bit_count() + extra.bit_count()
        # a third or fifth belongs to the quality, not to what is added
        if extra & THIRDS and not target & THIRDS:
            cost += 2.0
        return cost + 0.5 * (extra & FIFTH).bit_count(), ORDER[key]

    quality = min(QUALITIES, key=distance)
    target = QUALITIES[quality].mask
    return quality, _bits(mask & ~target), _bits(target & ~mask)


def chords_of(sequence: NoteSequence, window_beats: float = 2.0) -> list[Chord | None]:
    """The chord that the notes make in each window; where they make none, the one before (None: none yet)."""
    count = max(1, int(-(-sequence.end_beat // window_beats)))
    found: list[Chord | None] = []
    for k in range(count):
        start, end = k * window_beats, (k + 1) * window_beats
        pitches = [n.pitch for n in sequence.notes if n.channel != 9 and n.beat < end - 1e-6 and n.end > start + 1e-6]
        chord = name_chord(pitches) if len({p % 12 for p in pitches}) > 1 else None
        found.append(chord if chord is not None else (found[-1] if found else None))
    return found
