"""Which control was meant, of all that was heard while learning: the most moved one, and what kind it is; [map thread]."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from realtime.midi.map.decode import Heard
from realtime.midi.map.relative import guess
from realtime.midi.map.source import Source

MOST_VALUES = 64
_STRUCK = {"note": 0.1, "program": 0.5, "key": 0.1}
"""A key that is struck on the way, or a program change, counts so much; a whole turn of a knob counts 1."""
_PLAYED = {"pressure": 0.2, "poly_pressure": 0.2}
"""Pressure comes along with keys that are held."""
_SWITCH = 0.3
"""A press of a pedal or button that sends 127 and 0."""
_ENOUGH = 0.02
_PAIRS = 3
_HELD_S = 0.4


@dataclass
class _Track:
    """What one control has said."""

    last: Heard
    values: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    steps: int = 0

    def add(self, heard: Heard, now: float) -> None:
        self.last = heard
        self.steps += abs(heard.delta)
        if len(self.values) < MOST_VALUES:
            self.values.append(heard.value)
            self.times.append(now)

    @property
    def coding(self) -> str:
        return guess(self.values) if self.last.kind == "cc" and not self.last.wide else ""

    @property
    def is_switch(self) -> bool:
        """Says two values only, one of them nothing."""
        return self.last.top == 127 and set(self.values) <= {0, 127}

    @property
    def way(self) -> float:
        """How far it has moved, in ranges."""
        kind, count = self.last.kind, len(self.values)
        if kind in _STRUCK:
            return _STRUCK[kind] * min(2, count)
        if self.steps:
            return 0.05 * self.steps
        if self.coding:
            return 0.05 * count
        if self.is_switch:
            return _SWITCH * min(2, count)
        moved = sum(abs(one - two) for one, two in zip(self.values, self.values[1:], strict=False)) / self.last.top
        return moved * _PLAYED.get(kind, 1.0) + (0.01 if count else 0.0)


@dataclass(frozen=True)
class Guess:
    """What was learned. behaviour: of a button: momentary, latched, or "" for a knob."""

    source: Source
    heard: Heard
    behaviour: str


class Learner:
    """Feed it all that is heard; `best` says what it is, as soon as something has moved."""

    def __init__(self) -> None:
        self._tracks: dict[tuple[int, tuple[str, bool, int, int, str]], _Track] = {}

    def feed(self, heard: Heard, now: float) -> None:
        """One word of a control; now in seconds. The ends of notes count with their beginnings."""
        key = heard.port, heard.address
        if heard.kind == "note" and heard.value == 0 and key not in self._tracks:
            return
        self._tracks.setdefault(key, _Track(heard)).add(heard, now)

    def best(self) -> Guess | None:
        """The most moved control, the newer of two that moved alike; None while nothing has."""
        tracks = [track for track in self._tracks.values() if not self._is_part(track.last)]
        best = max(tracks, key=lambda track: (track.way, track.times[-1]), default=None)
        if best is None or best.way < _ENOUGH:
            return None
        heard = best.last
        source = Source(
            kind=heard.kind,
            channel=heard.channel,
            number=heard.number,
            wide=heard.wide,
            coding=best.coding,
            key=heard.key,
        )
        behaviour = ""
        if heard.kind in ("note", "key"):
            behaviour = "momentary"
        elif best.is_switch and heard.kind == "cc":
            behaviour = "latched" if self._stays(best) else "momentary"
        return Guess(source, heard, behaviour)

    @staticmethod
    def _stays(track: _Track) -> bool:
        """A button that says 127 with one press and 0 with the next: there is a pause before every word."""
        gaps = [two - one for one, two in zip(track.times, track.times[1:], strict=False)]
        alternates = all(one != two for one, two in zip(track.values, track.values[1:], strict=False))
        return len(gaps) >= 2 and alternates and min(gaps) > _HELD_S

    def _is_part(self, heard: Heard) -> bool:
        """Whether it is a half of something that was heard whole, or the whole of what has no halves."""
        if heard.kind == "cc" and not heard.wide:
            numbered = (98, 99, 100, 101, 6, 38, 96, 97)
            if heard.number in numbered and self._any(heard, ("nrpn", "rpn")):
                return True
            return heard.number < 64 and self._in_pairs("cc", heard, heard.number & 31)
        if heard.kind in ("nrpn", "rpn", "cc"):
            return heard.wide != self._in_pairs(heard.kind, heard, heard.number)
        return False

    def _any(self, heard: Heard, kinds: tuple[str, ...]) -> bool:
        return any(
            track.last.kind in kinds and track.last.channel == heard.channel and port == heard.port
            for (port, _), track in self._tracks.items()
        )

    def _in_pairs(self, kind: str, heard: Heard, number: int) -> bool:
        """Whether fine values were heard that a 7-bit control cannot send."""
        wide = self._tracks.get((heard.port, replace(heard, kind=kind, number=number, wide=True, key="").address))
        if wide is None or (kind == "cc" and not self._alternate(heard, number)):
            return False
        return sum(value != (value >> 7) * 129 for value in wide.values) >= _PAIRS

    def _alternate(self, heard: Heard, number: int) -> bool:
        """Whether both controllers of a pair were heard about equally often: two knobs that happen to lie 32 apart are not."""
        halves = [
            self._tracks.get((heard.port, replace(heard, number=one, wide=False, key="").address))
            for one in (number, number + 32)
        ]
        counts = [len(half.values) if half is not None else 0 for half in halves]
        return 2 * min(counts) >= max(counts)
