"""What a mood that leads does to every player: loudness, density, register, length and feel by valence and arousal; [player
process].

A mood that is only heard steers nobody. One that leads (player `mood`: by hand, words or cues) is told again and again; if
that stops, so does the steering. Each player heeds it as far as its control `mood` says, 0: not at all. The mode is not here:
the follower turns the chart's chords and the key, and everybody goes with them. Which cue goes with which axis follows the
listening experiments: Gabrielsson & Lindstroem 2010; Eerola, Friberg & Bresin 2013. The sizes are ours.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from realtime.players.hearing import Told
from realtime.players.plan import Moment, Planned

LED_BEATS = 4.0
"""A mood that was told so long ago leads no more: who leads tells it with every beat."""
TOGETHER_BEATS = 0.02
OCTAVE = 12
FLOOR, LOWEST, HIGHEST = 48, 36, 100
"""MIDI pitches: a note below the first is the floor of the music and does not rise; none goes beyond the others."""


class Cue(NamedTuple):
    """What of a cue comes with valence 1, and with arousal 1."""

    valence: float
    arousal: float


CUES = {
    "intensity": Cue(0.0, 0.4),  # of 0..1: louder by 2**0.4, denser by 4**0.4
    "register": Cue(0.5, 0.5),  # octaves
    "articulation": Cue(0.3, 0.7),  # 1: notes last SHORTEST of their length, -1: LONGEST
    "late_ms": Cue(0.0, -12.0),  # behind the beat; never ahead of it
}
SHORTEST, LONGEST = 0.55, 1.2


class Affect(NamedTuple):
    """How a player plays by now; all 0: as it would anyway."""

    intensity: float = 0.0
    register: float = 0.0
    articulation: float = 0.0
    late_ms: float = 0.0


NEUTRAL = Affect()


def mood_leads(told: Told, beat: float) -> bool:
    """Whether somebody leads the mood by now."""
    return told.leads and abs(beat - told.mood_beat) <= LED_BEATS


def affect(told: Told, heed: float, beat: float) -> Affect:
    """What the mood that leads asks of a player that heeds it so far (0..1)."""
    if heed <= 0.0 or not mood_leads(told, beat):
        return NEUTRAL
    found = {name: heed * (cue.valence * told.valence + cue.arousal * told.arousal) for name, cue in CUES.items()}
    found["late_ms"] = max(0.0, found["late_ms"])
    return Affect(**found)


def lasting(duration_beats: float, articulation: float) -> float:
    """A length as it is articulated."""
    share = min(1.0, abs(articulation))
    return duration_beats * (SHORTEST if articulation > 0.0 else LONGEST) ** share


class Register:
    """Moves notes by octaves, a bar at a time: a chord turns over note by note, a line goes over as a whole half way."""

    def __init__(self) -> None:
        self._bar, self._octaves = -math.inf, 0.0

    def notes(self, notes: Sequence[Planned], wanted: float, unpitched: Collection[int], now: Moment) -> list[Planned]:
        """The notes where they sound; wanted: octaves, as of now. Drums stay."""
        if wanted == 0.0 and self._octaves == 0.0:
            return list(notes)
        found: list[Planned] = []
        for chord in _chords(notes):
            bar = now.bar_of(chord[0].beat + TOGETHER_BEATS)
            if bar != self._bar:
                self._bar, self._octaves = bar, min(1.0, max(-1.0, wanted))
            found += chord if chord[0].lane in unpitched else _turned(chord, self._octaves)
        return found


def _chords(notes: Sequence[Planned]) -> list[list[Planned]]:
    """Notes of one lane that begin together, in order of time."""
    found: list[list[Planned]] = []
    for note in sorted(notes, key=lambda n: (n.lane, n.beat)):
        last = found[-1][0] if found else None
        if last is not None and last.lane == note.lane and note.beat - last.beat < TOGETHER_BEATS:
            found[-1].append(note)
        else:
            found.append([note])
    return sorted(found, key=lambda chord: chord[0].beat)


def _turned(chord: list[Planned], octaves: float) -> list[Planned]:
    """So much of a chord, from its far end, goes over to the other side."""
    up = octaves > 0.0
    count = math.floor(abs(octaves) * len(chord) + 0.5)
    ordered = sorted(chord, key=lambda n: n.key, reverse=not up)
    return [_moved(note, up) for note in ordered[:count]] + ordered[count:]


def _moved(note: Planned, up: bool) -> Planned:
    key = note.key + (OCTAVE if up else -OCTAVE)
    if (up and note.key < FLOOR) or not LOWEST <= key <= HIGHEST:
        return note
    return replace(note, key=key)
