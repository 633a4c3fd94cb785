"""How many notes of a player sound at once: of too many the inner and soft ones are not begun; [player process]."""

from __future__ import annotations

from collections.abc import Sequence

from realtime.contract import player_wire as wire
from realtime.players.plan import Planned, damped

TOGETHER = 0.02
"""Beats within which notes are one chord."""
LEGATO = 0.1
"""Beats by which a note may reach into the next without taking a voice from it."""


class Voices:
    """Keeps account of what was planned and has not ended."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    def admit(self, notes: Sequence[Planned], most: int, now_beat: float) -> list[Planned]:
        """Those of some notes that may be begun, in their order; of two on one key at once the louder."""
        self._planned = [n for n in self._planned if n.beat + n.duration_beats > now_beat - 1.0]
        begun: list[int] = []
        for chord in _chords(notes):
            single = self._without_doubles(notes, chord)
            first = notes[single[0]].beat if single else 0.0
            room = most - sum(1 for n in self._planned if _sounds_at(n, first))
            while len(single) > max(0, room):
                single.remove(_least(notes, single))
            self._planned += [notes[i] for i in single]
            begun += single
        return [notes[i] for i in sorted(begun)]

    def take_back(self, one: Planned) -> None:
        """A PLAN_CANCEL, PLAN_RELEASE or PLAN_DAMP."""
        if one.kind == wire.PLAN_DAMP:
            self._planned = [damped(n, one, one.beat) for n in self._planned]
            return
        release = one.kind == wire.PLAN_RELEASE
        self._planned = [n for n in self._planned if n.serial > one.serial or (not release and n.beat < one.beat)]

    def clear(self) -> None:
        """All has ended."""
        self._planned.clear()

    def _without_doubles(self, notes: Sequence[Planned], chord: list[int]) -> list[int]:
        loudest: dict[tuple[int, int], int] = {}
        for i in sorted(chord, key=lambda i: (-notes[i].velocity, i)):
            loudest.setdefault((notes[i].lane, notes[i].key), i)
        known = {(n.lane, n.key) for n in self._planned if abs(n.beat - notes[chord[0]].beat) < TOGETHER}
        return sorted(i for place, i in loudest.items() if place not in known)


def _chords(notes: Sequence[Planned]) -> list[list[int]]:
    """Indices of the notes that begin together."""
    found: list[list[int]] = []
    for i in sorted(range(len(notes)), key=lambda i: notes[i].beat):
        if found and notes[i].beat - notes[found[-1][0]].beat < TOGETHER:
            found[-1].append(i)
        else:
            found.append([i])
    return found


def _sounds_at(note: Planned, beat: float) -> bool:
    return note.beat <= beat + TOGETHER and note.beat + note.duration_beats > beat + LEGATO


def _least(notes: Sequence[Planned], chord: list[int]) -> int:
    """The one to go: the softest of the inner notes; of two the softer, of equals the lower."""
    by_key = sorted(chord, key=lambda i: (notes[i].key, i))
    inner = by_key[1:-1] or by_key
    return min(inner, key=lambda i: (notes[i].velocity, notes[i].key, i))
