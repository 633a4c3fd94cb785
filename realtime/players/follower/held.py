"""The keys that sound (held, or kept by the pedal) and the chord that is struck with them; [player process].

Keys that follow each other within `roll_s`, while one of them still sounds, are one stroke; it is named GATHER_S after each
pause in it: by itself where it has three pitch classes or more, with what sounds besides where it has fewer. A key of an
older stroke that is let go soon after is no part of the new chord (legato).
"""

from __future__ import annotations

from realtime.music.chord import Chord
from realtime.music.chord_naming import name_chord

GATHER_S = 0.012
"""After so long a pause a stroke may be whole."""
ROLL_S = 0.04
"""After so long a pause the next key begins another stroke."""
LEGATO_S = 0.25
"""A key of the chord before that is let go within this time was none of the new one's."""
FULL = 3
"""Pitch classes of a full chord."""


class Held:
    """Times are in beats; `tempo_bpm` turns them into seconds. roll_s: longest pause within a stroke."""

    def __init__(self, roll_s: float = ROLL_S) -> None:
        self._roll_s = roll_s
        self._sounding: dict[tuple[int, int], tuple[float, bool]] = {}  # (key, channel) -> when struck, whether held
        self._pedals: set[int] = set()
        self._stroke: list[int] = []
        self._struck = self._began = -1e9
        self._waiting = False
        self._named = -1e9

    def strike(self, beat: float, key: int, channel: int, tempo_bpm: float) -> None:
        """A key goes down."""
        late = (beat - self._struck) * 60.0 / tempo_bpm > self._roll_s
        if late or not set(self._stroke) & set(self.sounding):  # who rolls a chord holds it; all let go: another one
            self._stroke, self._began = [], beat
        self._stroke.append(key)
        self._struck, self._waiting = beat, True
        self._sounding[key, channel] = (beat, True)

    def lift(self, beat: float, key: int, channel: int, tempo_bpm: float) -> None:
        """A key goes up."""
        if (key, channel) not in self._sounding:
            return  # none of those that lead
        struck, _ = self._sounding[key, channel]
        if channel in self._pedals:
            self._sounding[key, channel] = (struck, False)
            return
        del self._sounding[key, channel]
        # the chord is clearer now, if this key was a rest of the chord before
        if struck < self._began and (beat - self._struck) * 60.0 / tempo_bpm <= LEGATO_S:
            self._waiting = True

    def pedal(self, down: bool, channel: int) -> None:
        """The sustain pedal of a channel."""
        if down:
            self._pedals.add(channel)
            return
        self._pedals.discard(channel)
        self._sounding = {at: row for at, row in self._sounding.items() if at[1] != channel or row[1]}

    def clear(self) -> None:
        """Nothing sounds."""
        self.__init__(self._roll_s)  # type: ignore[misc]

    @property
    def sounding(self) -> list[int]:
        """Keys that sound."""
        return sorted({key for key, _ in self._sounding})

    @property
    def held(self) -> bool:
        """Whether a full chord is being held."""
        return len({key % 12 for (key, _), (_, down) in self._sounding.items() if down}) >= FULL

    @property
    def waiting(self) -> bool:
        """Whether a stroke goes on, or nobody has asked for it yet."""
        return self._waiting

    def over(self, beat: float, tempo_bpm: float) -> bool:
        """Whether a stroke rests that nobody has asked for yet."""
        return self._waiting and (beat - self._struck) * 60.0 / tempo_bpm >= GATHER_S

    def take(self) -> tuple[float, list[int]]:
        """When the last stroke began, and its keys, rising, with what sounds besides where they are no full chord, and
        with the bass that sounds on below it."""
        self._waiting = False
        stroke = set(self._stroke)
        if len({key % 12 for key in stroke}) < FULL:
            stroke |= set(self.sounding)
        lower = [key for key in self.sounding if key < min(stroke)]
        return self._began, sorted({*stroke, *lower[:1]})


def chords_of(keys: list[int]) -> list[Chord]:
    """What keys that sound together can be called, likeliest first: all of them, all but the highest (a melody's note);
    empty where they are no full chord."""
    found = []
    for part in (keys, keys[:-1]):
        chord = name_chord(part) if len({key % 12 for key in part}) >= FULL else None
        if chord is not None:
            found.append(chord)
    return found
