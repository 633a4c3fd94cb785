"""A bar of yours in another style by rule: its tune swung as the style swings, over the bass, chords and drums of an
arranger's style, on the chords that you played; [any].

Where nobody names the chords they are what the notes of each half bar make, and under a bare tune the triad of the key
that has most of it, by time (as in Simon, Morris and Basu, "MySong", CHI 2008, without their learned transitions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from realtime.music.chord import Chord
from realtime.music.chord_naming import name_chord
from realtime.music.melody_code import TICKS
from realtime.music.rhythm import quantise
from realtime.music.scale import key_classes
from realtime.music.sequence import Note
from realtime.music.swing import warp
from realtime.players.styles import Event, Hand, Style, bar_events

TUNE, CHORDS, BASS, DRUMS = range(4)
LANE_OF = {"drums": DRUMS, "bass": BASS, "chords1": CHORDS, "pad": CHORDS, "chords2": CHORDS}
PARTS = (("bass", 0.2), ("chords1", 0.4), ("pad", 0.6), ("drums", 0.0), ("chords2", 1.2))
"""From which amount on each part plays under the tune."""
SHORTEST_BEATS = 0.2
HEAVY = {0: 1.5, 5: 1.2, 7: 1.3}
"""What speaks for a triad on a degree of the key (semitones above the tonic) where the tune leaves it open."""
ROOT_BONUS, SAME_BONUS = 0.3, 0.25


class Dressed(NamedTuple):
    """A note in disguise: beats from the bar line, and its lane of this module."""

    note: Note
    lane: int


def skyline(notes: Sequence[Note]) -> list[Note]:
    """The upper line: of notes that begin together the highest, each as long as it is not covered by the next."""
    top: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.beat, -n.pitch)):
        if top and note.beat - top[-1].beat < 0.06:
            continue
        if top and note.pitch < top[-1].pitch - 12 and note.beat < top[-1].end - 0.06:
            continue  # a low note under one that sounds is its bass
        if top:
            top[-1] = top[-1]._replace(duration=min(top[-1].duration, note.beat - top[-1].beat))
        top.append(note)
    return top


def on_grid(notes: Sequence[Note], bar_beats: float) -> list[Note]:
    """Onsets on sixteenths and triplets, inside the bar, no two of one pitch at once."""
    found: dict[tuple[int, int], Note] = {}
    for note in notes:
        tick = max(0, quantise(note.beat))
        if tick < bar_beats * TICKS - 0.5:
            beats = max(SHORTEST_BEATS, min(note.duration, bar_beats - tick / TICKS))
            found.setdefault((tick, note.pitch), note._replace(beat=tick / TICKS, duration=beats))
    return [found[place] for place in sorted(found)]


def chord_under(notes: Sequence[Note], start: float, end: float, tonic: int, mode: str, before: Chord | None) -> Chord:
    """The chord of some beats of a bar: what three classes or more make, else the key's triad that fits."""
    weights = [0.0] * 12
    inside: list[int] = []
    for note in notes:
        beats = min(note.end, end) - max(note.beat, start)
        if beats > 0.0:
            weights[note.pitch % 12] += beats
            inside.append(note.pitch)
    if len({p % 12 for p in inside if weights[p % 12] >= 0.25 * max(weights)}) >= 3 and _together(notes, start, end):
        named = name_chord(p for p in inside if weights[p % 12] >= 0.25 * max(weights))
        if named is not None:
            return named
    if not inside:
        return before or Chord(tonic, "min" if mode == "minor" else "maj")
    return max(_triads(tonic, mode), key=lambda chord: _fit(chord, weights, tonic, before))


def _together(notes: Sequence[Note], start: float, end: float) -> bool:
    """Whether three notes sound at once in it: a broken chord of one line counts as a tune."""
    inside = [n for n in notes if n.end > start and n.beat < end]
    return any(sum(o.beat <= n.beat < o.end for o in inside) >= 3 for n in inside)


def _triads(tonic: int, mode: str) -> list[Chord]:
    scale = key_classes(tonic, mode)
    found = []
    for step in range(12):
        root = (tonic + step) % 12
        for quality, third in (("maj", 4), ("min", 3)):
            if {root, (root + third) % 12, (root + 7) % 12} <= scale:
                found.append(Chord(root, quality))
    return found


def _fit(chord: Chord, weights: Sequence[float], tonic: int, before: Chord | None) -> float:
    whole = sum(weights)
    inside = sum(weights[c] for c in chord.classes) + ROOT_BONUS * weights[chord.root]
    heavy = 0.15 * HEAVY.get((chord.root - tonic) % 12, 0.8)
    same = SAME_BONUS if before is not None and chord.root == before.root else 0.0
    return inside / whole + heavy + same


class Dresser:
    """One style's hands. A bar is drawn from its number, its notes and its dice alone, but for where the hands lie."""

    def __init__(self, style: Style):
        self.style = style
        self._hands = {name: Hand(style.lanes[name], bass=name == "bass") for name in LANE_OF if name != "drums"}

    def bar(
        self,
        notes: Sequence[Note],
        number: int,
        bar_beats: float,
        chords: Callable[[float], Chord],
        *,
        beat: float,
        scale: frozenset[int],
        amount: float = 1.0,
        drums: bool = False,
        intensity: float = 0.5,
        tempo_bpm: float = 120.0,
        dice: Random,
    ) -> list[Dressed]:
        """A bar of notes (beats from its line) in the style. chords: by beat of the bar; beat: at which the bar is to be
        played, on the running count; scale: of the key."""
        ratio = min(self.style.swing, max(1.0, 1.0 + 2.5 * (300.0 - tempo_bpm) / 180.0))
        found = [Dressed(self._swung(n, ratio), TUNE) for n in on_grid(skyline(notes), bar_beats)]
        parts = {name for name, least in PARTS if amount >= least and (name != "drums" or drums)}
        section = self.style.sections[self.style.main("verse")]
        events = bar_events(
            self.style, section, number, bar_beats, intensity, dice, first=number == 0, tempo_bpm=tempo_bpm
        )
        lowest = min((d.note.pitch for d in found), default=127)
        for event in events:
            if event.lane in parts:
                found += self._event(event, beat, chords, scale, lowest)
        tune = [d.note for d in found if d.lane == TUNE]
        return [d for d in found if d.lane != CHORDS or not any(_rubs(d.note, note) for note in tune)]

    def _swung(self, note: Note, ratio: float) -> Note:
        start, end = (warp(b, ratio, self.style.swing_unit) for b in (note.beat, note.end))
        return note._replace(beat=start, duration=max(SHORTEST_BEATS, end - start))

    def _event(
        self, event: Event, beat: float, chords: Callable[[float], Chord], scale: frozenset[int], lowest: int
    ) -> list[Dressed]:
        lane = LANE_OF[event.lane]
        if lane == DRUMS:
            return [Dressed(Note(event.at, event.beats, event.drum, event.velocity), DRUMS)]
        chord, following = chords(event.at), chords(event.at + event.beats)
        keys = self._hands[event.lane].keys(event.atoms, beat + event.at, chord, following, scale)
        below = [key for key in keys if key < lowest or lane == BASS] or keys[:1]  # the tune stays on top
        return [Dressed(Note(event.at, event.beats, key, event.velocity), lane) for key in below]


def _rubs(note: Note, tune: Note) -> bool:
    """Whether a note of a chord is a semitone off a note of the tune that sounds with it, in any octave."""
    return (note.pitch - tune.pitch) % 12 in (1, 11) and note.beat < tune.end - 0.02 and tune.beat < note.end - 0.02


def unsmeared(made: Sequence[Note], source: Sequence[Note], classes: frozenset[int]) -> list[Note]:
    """What a net that redraws a roll smears, taken out again: notes where nothing of the source sounds within a beat, and of
    two that sound a semitone apart the one that is not of the source's classes or the key's (classes), else the later or
    inner one. Beats from the bar line."""
    own = {n.pitch % 12 for n in source}
    near = [n for n in made if any(s.beat - 0.5 <= n.beat < s.end + 0.5 for s in source)]
    first = min((s.beat for s in source), default=0.0)
    kept: list[Note] = []
    rank = sorted(
        (n for n in near if n.beat >= first - 0.13),
        key=lambda n: (n.pitch % 12 not in own, n.pitch % 12 not in classes, n.beat, -n.pitch),
    )
    for note in rank:
        clash = any(abs(note.pitch - k.pitch) in (1, 13) and note.beat < k.end and k.beat < note.end for k in kept)
        if not clash:
            kept.append(note)
    return sorted(kept)
