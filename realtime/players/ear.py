"""Hears a phrase: which notes are its melody, what is held, and when it has ended; [player process]."""

from __future__ import annotations

import cmath
import itertools
from dataclasses import dataclass, field

from realtime.models.phrase.code import TICKS, velocity_class
from realtime.music.rhythm import pulse_period, quantise, quantise_duration

CHORD_S = 0.045  # onsets nearer than this belong to one chord
ACCOMPANIMENT_SEMITONES = 12  # a note this far below a held one is its bass, not the melody
RECENT = 32  # onsets that tell the tempo
NEW, TOP_OF_CHORD, INNER = "new", "top of chord", "inner"


@dataclass(slots=True)
class Heard:
    """A note as played: beats on and off (None while held)."""

    on: float
    key: int
    velocity: float
    off: float | None = None


@dataclass(slots=True)
class Ear:
    """One phrase. `notes` are all notes, `melody` the upper line, each in order of onset."""

    notes: list[Heard] = field(default_factory=list)
    melody: list[Heard] = field(default_factory=list)
    held: dict[tuple[int, int], Heard] = field(default_factory=dict)

    def clear(self) -> None:
        """A new phrase; notes still held belong to the old one."""
        self.notes, self.melody, self.held = [], [], {}

    def note_on(self, beat: float, key: int, velocity: float, channel: int, tempo_bpm: float) -> str:
        """NEW: a melody note; TOP_OF_CHORD: it replaces the last melody note; INNER: it is none."""
        self.note_off(beat, key, channel)  # a second note-on of one key ends the first
        note = Heard(beat, key, velocity)
        self.notes.append(note)
        self.held[channel, key] = note
        top = max((n.key for n in self.held.values() if n is not note), default=-1)
        if self.melody and beat - self.melody[-1].on < CHORD_S * tempo_bpm / 60.0:
            if key <= self.melody[-1].key:
                return INNER
            self.melody[-1] = note
            return TOP_OF_CHORD
        if top - key >= ACCOMPANIMENT_SEMITONES:
            return INNER
        self.melody.append(note)
        return NEW

    def note_off(self, beat: float, key: int, channel: int) -> None:
        """Unknown notes are ignored."""
        if note := self.held.pop((channel, key), None):
            note.off = max(beat, note.on)

    @property
    def last_sound(self) -> float:
        """Beat of the last release (of the last onset while keys are held)."""
        return max((n.off if n.off is not None else n.on for n in self.notes), default=0.0)

    def ended(self, beat: float, gap_beats: float) -> bool:
        """No key is down and none came for `gap_beats`, nor for a little longer than the phrase's own slow notes
        take."""
        if not self.melody or self.held:
            return False
        onsets = [n.on for n in self.melody[-16:]]
        steps = sorted(b - a for a, b in itertools.pairwise(onsets))
        usual = steps[(len(steps) * 3) // 4] if steps else 0.0
        return beat - self.last_sound >= gap_beats and beat - onsets[-1] >= min(1.25 * usual, 4.0 * gap_beats)

    def keeps_transport(self) -> bool:
        """Whether the onsets keep to the transport's eighths, triplets or sixteenths (circular concentration, Fisher
        1993). Fewer than 6 onsets are too few to say otherwise."""
        onsets = [n.on for n in self.melody[-RECENT:]]
        if len(onsets) < 6:
            return True
        # finer grids fit anything that is played unevenly: they must fit better
        grids = ((2, 0.5), (3, 0.5), (4, 0.5), (6, 0.8), (8, 0.8))
        return any(abs(sum(cmath.exp(2j * cmath.pi * k * b) for b in onsets)) >= fit * len(onsets) for k, fit in grids)

    def pulse(self) -> float:
        """The performer's own beat, in transport beats; 1 if it can't be found."""
        return pulse_period([n.on for n in self.melody[-RECENT:]]) or 1.0

    def ticks(self, origin: float, period: float) -> list[list[int]]:
        """The melody on the grid: [tick, duration, pitch, velocity class], ticks counted from the beat `origin`."""
        grid: list[list[int]] = []
        for note in self.melody:
            tick = quantise((note.on - origin) / period, grid[-1][0] if grid else None)
            if grid:
                grid[-1][1] = self.duration(len(grid) - 1, tick - grid[-1][0], period)
            grid.append([tick, 0, note.key, velocity_class(note.velocity * 127)])
        if grid:
            grid[-1][1] = self.duration(len(grid) - 1, None, period)
        return grid

    def duration(self, i: int, step: int | None, period: float) -> int:
        """Ticks of melody note i as one would write it down: up to the next note (`step` ticks later) unless clearly
        shorter."""
        note = self.melody[i]
        if note.off is None:
            return step if step is not None else TICKS
        sounding = quantise_duration((note.off - note.on) / period)
        if step is None:
            return max(6, sounding)
        return step if sounding >= 0.4 * step and step <= 2 * TICKS else min(sounding, step)

    def legato(self) -> float:
        """Mean share of the time between onsets that sounds, 0.3..1."""
        shares = [
            min(1.0, (a.off - a.on) / (b.on - a.on))
            for a, b in zip(self.melody, self.melody[1:], strict=False)
            if a.off is not None and b.on - a.on > 1e-6 and b.on - a.on <= 2.0
        ]
        return min(1.0, max(0.3, sum(shares) / len(shares))) if shares else 0.9

    def dynamics(self) -> tuple[float, float]:
        """Mean velocity and its spread (standard deviation)."""
        values = [n.velocity for n in self.melody] or [0.7]
        mean = sum(values) / len(values)
        return mean, (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5
