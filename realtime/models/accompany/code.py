"""The code of `accompany`: frames (a beat or less under one chord) with what is known when they begin, and the notes
written into them, in pitches above the chord's root; [any].

A frame becomes a vector of features, a note four numbers: place in the frame, role and pitch, duration, velocity. Time
is in ticks of 1/12 beat. A frame's notes come in order of place, then pitch; place END closes the frame.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from realtime.music.chord import Chord

TICKS = 12  # a beat (quarter note)
OFFSETS = (0, 2, 3, 4, 6, 8, 9, 10)  # ticks into the frame where a note may begin; class 0 is END, then these
OFFSET_CLASSES = 1 + len(OFFSETS)
DURATIONS = (1, 2, 3, 4, 6, 8, 9, 12, 15, 18, 21, 24, 30, 36, 42, 48, 60, 72, 96, 144)  # ticks
VELOCITIES = (24, 40, 52, 64, 76, 88, 100, 116)
LOWEST, HIGHEST = 21, 108
PITCH_BASE = LOWEST - 6  # the pitch of class 0 above root 6 (roots stand at -5..6 around C)
PITCHES = HIGHEST + 5 - PITCH_BASE + 1
ROLES = ("bass", "piano")
BASS, PIANO = 0, 1
PITCH_CLASSES = len(ROLES) * PITCHES
STYLES = ("pop", "lied")
SPAN = 16  # semitones: a tenth, what a hand reaches
_OFFSET_INDEX = {ticks: i for i, ticks in enumerate(OFFSETS)}
_LOG_DURATIONS = np.log(np.array(DURATIONS, float))

# the layout of a frame's features: name -> (first, size)
_SIZES = (
    ("classes", 12), ("no_chord", 1), ("bass", 12),
    ("next_root", 12), ("next_classes", 12), ("next_known", 1), ("next_none", 1), ("next_in", 4),
    ("before_root", 12), ("place", 16), ("bar", 13), ("compound", 1), ("length", 1),
    ("melody", 12), ("melody_count", 1), ("melody_rest", 1), ("melody_height", 1), ("melody_heard", 1),
    ("ahead_known", 1), ("ahead", 12), ("ahead_count", 1), ("ahead_places", 8), ("ahead_height", 1),
    ("style", 2), ("density_known", 1), ("density", 1), ("register_known", 1), ("register", 1),
    ("loudness_known", 1), ("loudness", 1),
    ("root", 12), ("last_bass", PITCHES), ("last_piano", PITCHES),
)  # fmt: skip
FIELDS: dict[str, slice] = {}
_at = 0
for _name, _size in _SIZES:
    FIELDS[_name] = slice(_at, _at + _size)
    _at += _size
FEATURES = _at
FIXED = FIELDS["root"].start  # features before this do not change when the music is transposed, but the register
NEXT = slice(FIELDS["next_root"].start, FIELDS["next_in"].stop)
AHEAD = slice(FIELDS["ahead_known"].start, FIELDS["ahead_height"].stop)


class Event(NamedTuple):
    """A note of the accompaniment: onset and duration in ticks, pitch, velocity 0..127, role BASS or PIANO."""

    tick: int
    pitch: int
    duration: int
    velocity: int
    role: int


class MelodyNote(NamedTuple):
    """A note of the melody in ticks (need not be whole)."""

    tick: float
    end: float
    pitch: int


@dataclass
class Frame:
    """Where a frame is: start and length in ticks; ticks since the bar line, ticks of the bar, whether the metre is
    compound; the chords that hold before, in and after it, and ticks until the next chord (None: unknown)."""

    tick: int
    length: int
    place: int
    bar: int
    compound: bool
    chord: Chord | None
    root: int
    before: int | None = None  # the root before the present chord
    following: Chord | None = None
    following_root: int = 0
    until: int | None = None


@dataclass
class Wishes:
    """What the user asks for; None leaves it to the model. density: notes a beat; register: mean pitch; loudness:
    0..1."""

    style: str = "pop"
    density: float | None = None
    register: float | None = None
    loudness: float | None = None


@dataclass
class Chart:
    """Chords in time: sorted ticks and chords (None: no chord)."""

    ticks: list[int] = field(default_factory=list)
    chords: list[Chord | None] = field(default_factory=list)

    def set(self, tick: int, chord: Chord | None) -> None:
        """From `tick` on this chord holds (until the next one known); a chord at the same tick is replaced."""
        i = bisect_left(self.ticks, tick)
        if i < len(self.ticks) and self.ticks[i] == tick:
            self.chords[i] = chord
        else:
            self.ticks.insert(i, tick)
            self.chords.insert(i, chord)

    def index(self, tick: int) -> int:
        """Index of the chord that holds at a tick; -1 before the first."""
        return bisect_right(self.ticks, tick) - 1

    def root(self, index: int) -> int:
        """The root that pitches are counted from: the chord's, or where there is none the last one's before it."""
        for i in range(index, -1, -1):
            if (chord := self.chords[i]) is not None:
                return chord.root
        return next((c.root for c in self.chords if c is not None), 0)


def frame_at(chart: Chart, tick: int, bar_tick: int, bar: int, compound: bool, chart_known: bool = True) -> Frame:
    """The frame that begins at `tick`, in a bar of `bar` ticks that began at `bar_tick`: up to the next beat, chord or
    bar line. chart_known: whether chords to come are known."""
    place = tick - bar_tick
    end = min(bar_tick + (place // TICKS + 1) * TICKS, bar_tick + bar)
    i = chart.index(tick)
    coming = chart.ticks[i + 1] if i + 1 < len(chart.ticks) else None
    if coming is not None and tick < coming < end:
        end = max(coming, tick + 1)
    frame = Frame(tick, end - tick, place, bar, compound, chart.chords[i] if i >= 0 else None, chart.root(i))
    for k in range(i - 1, -1, -1):
        if (earlier := chart.chords[k]) is not None and earlier.root != frame.root:
            frame.before = earlier.root
            break
    if chart_known and i >= -1:
        # the next chord that differs; the last chord of a chart lasts
        for k in range(i + 1, len(chart.ticks)):
            if chart.chords[k] != frame.chord:
                frame.following, frame.following_root = chart.chords[k], chart.root(k)
                frame.until = chart.ticks[k] - tick
                break
        else:
            frame.until = 10_000
            frame.following, frame.following_root = frame.chord, frame.root
    return frame


def fixed_features(
    frame: Frame, melody: Sequence[MelodyNote], onsets: Sequence[float], wishes: Wishes, ahead: bool = True
) -> np.ndarray:
    """(FIXED,) float32 of a frame.

    melody: notes sorted by onset, `onsets` their ticks; notes from the frame on are looked at only if `ahead`.
    """
    v = np.zeros(FIXED, np.float32)
    root = frame.root
    if frame.chord is None:
        v[FIELDS["no_chord"]] = 1
    else:
        v[[(c - root) % 12 for c in frame.chord.classes]] = 1
        v[FIELDS["bass"].start + (frame.chord.bass - root) % 12] = 1
    if frame.until is not None:
        v[FIELDS["next_known"]] = 1
        v[FIELDS["next_root"].start + (frame.following_root - root) % 12] = 1
        if frame.following is None:
            v[FIELDS["next_none"]] = 1
        else:
            v[[FIELDS["next_classes"].start + (c - root) % 12 for c in frame.following.classes]] = 1
        v[FIELDS["next_in"].start + bisect_left((TICKS, 2 * TICKS, 4 * TICKS), frame.until)] = 1
    if frame.before is not None:
        v[FIELDS["before_root"].start + (frame.before - root) % 12] = 1
    v[FIELDS["place"].start + min(15, frame.place * 2 // TICKS)] = 1
    v[FIELDS["bar"].start + min(12, known_bar(frame.bar) * 2 // TICKS)] = 1
    v[FIELDS["compound"]] = frame.compound
    v[FIELDS["length"]] = frame.length / TICKS
    _melody_features(v, frame, melody, onsets, ahead)
    v[FIELDS["style"].start + STYLES.index(wishes.style)] = 1
    if wishes.density is not None:
        v[FIELDS["density_known"]], v[FIELDS["density"]] = 1, np.log2(max(wishes.density, 0.125))
    if wishes.register is not None:
        v[FIELDS["register_known"]], v[FIELDS["register"]] = 1, (wishes.register - 60) / 12
    if wishes.loudness is not None:
        v[FIELDS["loudness_known"]], v[FIELDS["loudness"]] = 1, wishes.loudness * 2 - 1
    return v


def known_bar(bar: int) -> int:
    """The bar length (ticks) the model is told: one it has seen often; other bars are read as the next longer of them,
    cut short (7/8 as a 4/4 that ends an eighth early)."""
    return next((b for b in (24, 36, 48, 72) if bar <= b), 72)


def _melody_features(v: np.ndarray, frame: Frame, melody: Sequence[MelodyNote], onsets: Sequence[float], ahead: bool):
    root, tick, end = frame.root, frame.tick, frame.tick + frame.length
    past = bisect_left(onsets, tick - 0.5)
    start = FIELDS["melody"].start
    for note in melody[max(0, past - 12) : past]:
        if (share := min(note.end, tick) - max(note.tick, tick - TICKS)) > 0:
            v[start + (note.pitch - root) % 12] += share / TICKS
    if past:
        last = melody[past - 1]
        v[FIELDS["melody_heard"]] = 1
        v[FIELDS["melody_rest"]] = min(1.0, max(0.0, tick - last.end) / (8 * TICKS))
        v[FIELDS["melody_height"]] = (last.pitch - 60) / 12
        v[FIELDS["melody_count"]] = (past - bisect_left(onsets, tick - TICKS - 0.5)) / 4
    if not ahead:
        return
    v[FIELDS["ahead_known"]] = 1
    until = bisect_left(onsets, end - 0.5)
    for note in melody[max(0, past - 4) : until]:
        if (share := min(note.end, end) - max(note.tick, tick)) > 0:
            v[FIELDS["ahead"].start + (note.pitch - root) % 12] += share / TICKS
    for note in melody[past:until]:
        nearest = min(range(len(OFFSETS)), key=lambda i: abs(OFFSETS[i] - (note.tick - tick)))
        v[FIELDS["ahead_places"].start + nearest] = 1
    v[FIELDS["ahead_count"]] = (until - past) / 4
    if until > past:
        v[FIELDS["ahead_height"]] = (melody[past].pitch - 60) / 12


def root_shift(root: int) -> int:
    """Where a root stands: -5..6 around C."""
    return (root + 5) % 12 - 5


def pitch_class_of(pitch: int, role: int, root: int) -> int:
    """The class 0..PITCH_CLASSES-1 of a note of a role above a root."""
    return role * PITCHES + min(max(pitch, LOWEST), HIGHEST) - root_shift(root) - PITCH_BASE


def pitch_of(index: int, root: int) -> tuple[int, int]:
    """(pitch, role) of a class above a root; the pitch may lie outside LOWEST..HIGHEST."""
    role, relative = divmod(index, PITCHES)
    return relative + PITCH_BASE + root_shift(root), role


def variable_features(root: int, last_bass: int | None, last_piano: Sequence[int]) -> np.ndarray:
    """(FEATURES - FIXED,) float32: the root, the last bass note, and the piano notes of its last onset."""
    v = np.zeros(FEATURES - FIXED, np.float32)
    v[root % 12] = 1
    shift = root_shift(root) + PITCH_BASE
    if last_bass is not None:
        v[12 + min(max(last_bass - shift, 0), PITCHES - 1)] = 1
    for pitch in last_piano:
        v[12 + PITCHES + min(max(pitch - shift, 0), PITCHES - 1)] = 1
    return v


def nearest_tick(ticks: float) -> int:
    """The place on the grid (OFFSETS of every beat) nearest to a time in ticks."""
    beat, inside = divmod(ticks, TICKS)
    place = min((*OFFSETS, TICKS), key=lambda o: abs(o - inside))
    return int(beat) * TICKS + place


def duration_class(ticks: float) -> int:
    return int(np.abs(_LOG_DURATIONS - np.log(max(ticks, 0.5))).argmin())


def velocity_class(velocity: float) -> int:
    return min(range(len(VELOCITIES)), key=lambda i: abs(VELOCITIES[i] - velocity))


def offset_class(ticks: int) -> int:
    """Class 1.. of an offset in a frame: the nearest of OFFSETS."""
    if ticks in _OFFSET_INDEX:
        return 1 + _OFFSET_INDEX[ticks]
    return 1 + min(range(len(OFFSETS)), key=lambda i: abs(OFFSETS[i] - ticks))


def split_roles(notes: Sequence[tuple[int, int, int, int]]) -> list[Event]:
    """The bass line and the piano of a piano part: notes of (tick, duration, pitch, velocity), sorted.

    Bass is the lowest note of an onset if it lies below G#3 and within a fifth of the lowest note of the two beats on
    either side; it is cut where the next bass note begins. Everything else is the piano's.
    """
    by_tick: dict[int, list[tuple[int, int, int, int]]] = {}
    for note in notes:
        by_tick.setdefault(note[0], []).append(note)
    ticks = sorted(by_tick)
    lows = [min(n[2] for n in by_tick[t]) for t in ticks]
    events: list[Event] = []
    bass: list[Event] = []
    for i, tick in enumerate(ticks):
        a, b = bisect_left(ticks, tick - 2 * TICKS), bisect_right(ticks, tick + 2 * TICKS)
        is_bass = lows[i] < 56 and lows[i] <= min(lows[a:b]) + 7
        seen: set[int] = set()
        for k, (_, duration, pitch, velocity) in enumerate(sorted(by_tick[tick], key=lambda n: n[2])):
            if pitch in seen:
                continue
            seen.add(pitch)
            if k == 0 and is_bass:
                if bass and bass[-1].tick + bass[-1].duration > tick:
                    bass[-1] = bass[-1]._replace(duration=tick - bass[-1].tick)
                bass.append(Event(tick, pitch, duration, velocity, BASS))
            else:
                events.append(Event(tick, pitch, duration, velocity, PIANO))
    return sorted(events + bass, key=lambda e: (e.tick, e.pitch, e.role))
