"""Where the evening stands, and where it goes on a press: numbers alone, from 1; [any but audio]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """A part of a song of the setlist, both from 1; (0, 0) before the first."""

    song: int
    part: int


NOWHERE = Place(0, 0)


class Order:
    """parts: how many each song has; none of one that cannot be played, which is passed over."""

    def __init__(self, parts: Sequence[int]):
        self.parts = tuple(parts)

    def __contains__(self, place: Place) -> bool:
        return 1 <= place.song <= len(self.parts) and 1 <= place.part <= self.parts[place.song - 1]

    def at(self, song: int, part: int = 1) -> Place | None:
        """A place, held within what there is; None where there are no songs, or of a song that cannot be played."""
        if not self.parts:
            return None
        song = min(len(self.parts), max(1, song))
        if not self.parts[song - 1]:
            return None
        return Place(song, min(self.parts[song - 1], max(1, part)))

    def next_part(self, place: Place) -> Place | None:
        """The next part of the same song; None at its last."""
        found = Place(place.song, place.part + 1)
        return found if found in self else None

    def previous_part(self, place: Place) -> Place | None:
        """The part before in the same song; None at its first."""
        found = Place(place.song, place.part - 1)
        return found if found in self else None

    def next_song(self, place: Place) -> Place | None:
        """The first part of the next song; None at the last."""
        rest = range(place.song + 1, len(self.parts) + 1)
        return next((Place(song, 1) for song in rest if self.parts[song - 1]), None)

    def previous_song(self, place: Place) -> Place | None:
        """The first part of the song before; None at the first."""
        before = range(min(place.song, len(self.parts) + 1) - 1, 0, -1)
        return next((Place(song, 1) for song in before if self.parts[song - 1]), None)

    def next(self, place: Place) -> Place | None:
        """One step on: the next part, or the next song if no parts remain."""
        return self.next_part(place) or self.next_song(place)

    def previous(self, place: Place) -> Place | None:
        """One step back: what `next` came from."""
        if found := self.previous_part(place):
            return found
        song = self.previous_song(place)
        return None if song is None else Place(song.song, self.parts[song.song - 1])

    def neighbours(self, place: Place) -> list[Place]:
        """Where a press can lead, the likeliest first: three at most."""
        steps = (self.next(place), self.next_song(place), self.previous(place))
        found = [step for step in steps if step is not None]
        return list(dict.fromkeys(found))
