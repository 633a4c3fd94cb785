"""What makes a passage hard at the keyboard: speed, leaps, stretches, fingering, rhythm, hands; [player process], numpy
only. After Sebastien et al. (ISMIR 2012), Chiu & Chen (ISM 2012) and the fingering model of Parncutt et al. (1997)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from realtime.music.passage import TOGETHER_BEATS, Passage, key_of, passage
from realtime.music.scale import key_classes
from realtime.music.sequence import NoteSequence
from realtime.music.syncopation import offbeat_share

# every demand grows with difficulty
DEMANDS = {
    "speed": "log2 of onsets a second of the busier hand, in its busiest two seconds",
    "pace": "log2 of onsets a second of the busier hand, on average",
    "both_pace": "log2 of notes a second, both hands",
    "leap_speed": "log2(1 + semitones a second) of its fastest leaps above a seventh (95th percentile)",
    "leaps": "share of moves of either hand's outer line above a seventh",
    "chord_size": "mean number of notes a hand strikes at once",
    "chord_span": "90th percentile of the span of a hand's chords, semitones",
    "stretches": "share of onsets where a hand spans more than an octave",
    "double_notes": "share of onsets where a hand strikes two notes or more",
    "fingering": "cost of the best fingering a second, busier hand (Parncutt et al. 1997), log2(1 + cost)",
    "black_keys": "share of notes on black keys",
    "rhythm": "entropy of the times between onsets, bits",
    "syncopation": "share of onsets off the beat whose next beat is not struck",
    "tuplets": "share of onsets on no sixteenth",
    "polyrhythm": "share of beats that the two hands divide differently, both dividing",
    "independence": "share of onsets that only one hand plays while both are busy",
    "repeats": "share of onsets that strike the same key again within 0.25 s",
    "range": "from the 2nd to the 98th percentile of pitch, semitones",
    "voices": "share of onsets at which the same hand holds another key",
    "chromaticism": "share of notes outside the key",
    "odd_metre": "1 in metres of five, seven, eleven ..., else 0",
    "hands": "1 if both hands play, else 0",
}
NAMES = tuple(DEMANDS)
CODE = {"demands": list(NAMES)}
RIGHT, LEFT = 0, 1

# spans in semitones between fingers, right hand going up: practical, comfortable and relaxed minimum, then relaxed,
# comfortable, practical maximum (Parncutt et al., Music Perception 14(4), 1997, table 1)
SPANS = {
    (1, 2): (-5, -3, 1, 5, 8, 10), (1, 3): (-4, -2, 3, 7, 10, 12), (1, 4): (-3, -1, 5, 9, 12, 14),
    (1, 5): (-1, 1, 7, 10, 13, 15), (2, 3): (1, 1, 1, 2, 3, 5), (2, 4): (1, 1, 3, 4, 5, 7),
    (2, 5): (2, 2, 5, 6, 8, 10), (3, 4): (1, 1, 1, 2, 2, 4), (3, 5): (1, 1, 3, 4, 5, 7), (4, 5): (1, 1, 1, 2, 3, 5),
}  # fmt: skip
BLACK = np.isin(np.arange(12), (1, 3, 6, 8, 10))
REACH = 24
OFF_SIXTEENTH_BEATS = 0.045  # a played sixteenth is nearer than this, a triplet is farther (0.083)
MOVE_S = 0.35  # a hand has moved anywhere within this time


@lru_cache(maxsize=1)
def transition_costs() -> np.ndarray:
    """(2 * REACH + 1, 5, 5): cost of an interval -24..24 from a finger to a finger, right hand: stretch, small and large
    span, weak finger, passing the thumb; a shift of the hand beyond what a pair can span."""
    costs = np.zeros((2 * REACH + 1, 5, 5))
    for interval in range(-REACH, REACH + 1):
        for a in range(1, 6):
            for b in range(1, 6):
                costs[interval + REACH, a - 1, b - 1] = _pair_cost(interval, a, b)
    return costs


def _pair_cost(interval: int, a: int, b: int) -> float:
    cost = 1.0 if b >= 4 else 0.0
    if a == b:
        return cost + (0.0 if interval == 0 else 4.0 + 0.3 * abs(interval))
    if a > b:
        a, b, interval = b, a, -interval
    low_practical, low_comfort, low_relaxed, high_relaxed, high_comfort, high_practical = SPANS[(a, b)]
    if not low_practical <= interval <= high_practical:
        outside = max(low_practical - interval, interval - high_practical)
        return cost + 6.0 + 0.5 * outside
    cost += 2.0 * max(0, low_comfort - interval, interval - high_comfort)
    factor = 1.0 if a == 1 else 2.0
    cost += factor * max(0, low_relaxed - interval) * 0.5 + factor * max(0, interval - high_relaxed) * 0.5
    return cost + (1.0 if a == 1 and interval < 0 else 0.0)


def fingering_cost(pitches: np.ndarray, gaps_s: np.ndarray, left: bool = False) -> float:
    """Least total cost of fingering a line (dynamic programming over five fingers): pitches (n,), gaps_s (n - 1,).

    Shifts cost less the longer the gap, nothing extra after 0.35 s; a thumb or fifth finger on a black key costs 1.
    """
    if len(pitches) < 2:
        return 0.0
    pitches = -pitches if left else pitches  # the left hand is the right hand's mirror image
    black = BLACK[np.abs(pitches).astype(int) % 12]
    table = transition_costs()
    steps = np.clip(np.diff(pitches).astype(int), -REACH, REACH) + REACH
    haste = np.clip(MOVE_S / np.maximum(gaps_s, 0.02), 0.1, 1.5)
    edge = np.array([1.0, 0.0, 0.0, 0.0, 0.5])
    now = edge * black[0]
    for step, pace, on_black in zip(steps, haste, black[1:], strict=True):
        now = (now[:, None] + table[step] * pace).min(axis=0) + edge * on_black
    return float(now.min())


def hands_of(sequence: NoteSequence, p: Passage) -> np.ndarray:
    """(n,) RIGHT or LEFT for each note: of two channels or more the one of highest mean pitch is the right hand; of one
    channel, by the place of the two hands."""
    channels = np.unique(p.channel)
    if len(channels) > 1:
        top = max(channels, key=lambda c: float(p.pitch[p.channel == c].mean()))
        return np.where(p.channel == top, RIGHT, LEFT)
    sounding_long = p.onset[1:] < (p.onset + p.duration)[:-1] - 0.06
    if sounding_long.mean() < 0.05:
        return np.full(len(p.pitch), RIGHT if np.median(p.pitch) >= 55 else LEFT)
    hands = np.zeros(len(p.pitch), int)
    place = [74.0, 50.0]
    start = 0
    while start < len(p.onset):
        end = start + 1
        while end < len(p.onset) and p.onset[end] - p.onset[start] < TOGETHER_BEATS:
            end += 1
        group = np.sort(p.pitch[start:end])
        if len(group) > 1 and group[-1] - group[0] > 14:
            gap = int(np.argmax(np.diff(group)))
            split = (group[gap] + group[gap + 1]) / 2
        else:
            split = sum(place) / 2
        hands[start:end] = np.where(p.pitch[start:end] >= split, RIGHT, LEFT)
        for hand in (RIGHT, LEFT):
            mine = p.pitch[start:end][hands[start:end] == hand]
            if len(mine):
                place[hand] += 0.3 * (float(mine.mean()) - place[hand])
        start = end
    return hands


@dataclass(frozen=True)
class Hand:
    """One hand's strokes: onset beats and seconds, number struck, span, outer line's pitch."""

    beat: np.ndarray
    second: np.ndarray
    size: np.ndarray
    span: np.ndarray
    line: np.ndarray
    held: np.ndarray  # whether another key of the hand goes on sounding


def hand_of(p: Passage, mine: np.ndarray, left: bool) -> Hand:
    """The strokes of the notes `mine` (a mask)."""
    onset, pitch, second = p.onset[mine], p.pitch[mine], p.onset_s[mine]
    if not len(onset):
        none = np.zeros(0)
        return Hand(none, none, none, none, none, none)
    starts = np.flatnonzero(np.append(True, np.diff(onset) > TOGETHER_BEATS))
    lowest, highest = np.minimum.reduceat(pitch, starts), np.maximum.reduceat(pitch, starts)
    size = np.diff(np.append(starts, len(onset)))
    until = np.maximum.accumulate(np.maximum.reduceat(onset + p.duration[mine], starts))
    held = np.append(False, until[:-1] > onset[starts][1:] + 0.06)
    return Hand(onset[starts], second[starts], size, highest - lowest, lowest if left else highest, held)


def _log2(value: float) -> float:
    return float(np.log2(max(value, 0.125)))


def _busiest(seconds: np.ndarray, window_s: float = 2.0) -> float:
    """Most onsets a second in any stretch of two seconds (of 4 onsets at least)."""
    if len(seconds) < 2:
        return 0.0
    ahead = np.searchsorted(seconds, seconds + window_s, side="left") - np.arange(len(seconds))
    return float(ahead.max()) / window_s


def demands(sequence: NoteSequence) -> np.ndarray:
    """(22,) float64 in the order of NAMES. Raises AntiphonError if there are too few notes."""
    p = passage(sequence)
    which = hands_of(sequence, p)
    both = [hand_of(p, which == hand, hand == LEFT) for hand in (RIGHT, LEFT)]
    active = [h for h in both if len(h.beat) > 1] or [max(both, key=lambda h: len(h.beat))]
    span_s = max(0.5, float(sequence.tempo.seconds(p.onset.min() + p.beats) - p.onset_s.min()))
    strokes = sum(len(h.beat) for h in active)
    leap_speeds, leaps, moves, repeats = [0.0], 0, 0, 0
    for h in active:
        steps, gaps = np.abs(np.diff(h.line)), np.maximum(np.diff(h.second), 0.02)
        far = steps > 9
        leaps, moves = leaps + int(far.sum()), moves + len(steps)
        leap_speeds += (steps[far] / gaps[far]).tolist()
        repeats += int(((steps == 0) & (gaps < 0.25)).sum())
    key, _ = key_of(p)
    classes = p.pitch.astype(int) % 12
    metre = sequence.metres[0]
    tuplets = np.abs(p.onset - np.round(p.onset * 4) / 4) > OFF_SIXTEENTH_BEATS
    values = {
        "speed": _log2(max(_busiest(h.second) for h in active)),
        "pace": _log2(max(len(h.beat) for h in active) / span_s),
        "both_pace": _log2(len(p.pitch) / span_s),
        "leap_speed": float(np.log2(1 + np.percentile(leap_speeds, 95))),
        "leaps": leaps / max(1, moves),
        "chord_size": sum(float(h.size.sum()) for h in active) / strokes,
        "chord_span": max(float(np.percentile(h.span, 90)) for h in active),
        "stretches": sum(int((h.span > 12).sum()) for h in active) / strokes,
        "double_notes": sum(int((h.size > 1).sum()) for h in active) / strokes,
        "fingering": float(
            np.log2(1 + max(fingering_cost(h.line, np.diff(h.second), h is both[LEFT]) for h in active) / span_s)
        ),
        "black_keys": float(BLACK[classes].mean()),
        "rhythm": _entropy(p),
        "syncopation": offbeat_share(p.onset),
        "tuplets": float(tuplets.mean()),
        "polyrhythm": _polyrhythm(both),
        "independence": _independence(both),
        "repeats": repeats / strokes,
        "range": float(np.percentile(p.pitch, 98) - np.percentile(p.pitch, 2)),
        "voices": sum(int(h.held.sum()) for h in active) / strokes,
        "chromaticism": float((~np.isin(classes, list(key_classes(key.tonic, key.mode)))).mean()),
        "odd_metre": float(metre.numerator > 4 and metre.numerator % 2 == 1 and metre.numerator % 3 != 0),
        "hands": float(len([h for h in both if len(h.beat) > 1]) > 1),
    }
    return np.array([values[name] for name in NAMES])


def _entropy(p: Passage) -> float:
    gaps = np.diff(np.unique(np.round(p.onset * 12)))
    if not len(gaps):
        return 0.0
    share = np.unique(gaps, return_counts=True)[1] / len(gaps)
    return float(-(share * np.log2(share)).sum())


def _polyrhythm(both: list[Hand]) -> float:
    if min(len(h.beat) for h in both) < 2:
        return 0.0
    last = int(max(h.beat[-1] for h in both)) + 1
    counts = [np.bincount(np.floor(h.beat + 1e-3).astype(int).clip(0), minlength=last)[:last] for h in both]
    a, b = counts
    clash = (a > 1) & (b > 1) & (np.maximum(a, b) % np.maximum(1, np.minimum(a, b)) != 0)
    return float(clash.mean())


def _independence(both: list[Hand]) -> float:
    if min(len(h.beat) for h in both) < 2:
        return 0.0
    right, left = (np.round(h.beat * 12) for h in both)
    alone = len(np.setxor1d(right, left))
    return alone / max(1, len(np.union1d(right, left)))
