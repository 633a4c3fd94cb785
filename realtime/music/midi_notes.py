"""Which end belongs to which beginning of a note, over all tracks of a MIDI file; [main]."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from realtime.music.midi_chunks import MidiFile

SHORTEST_TICKS = 1
NO_PLACE = (1 << 30, 0)


class Place(NamedTuple):
    """Where a message stands in the file: number of its track, and of the message in it."""

    track: int
    number: int


class HeldNote(NamedTuple):
    """A note from `start` up to `end` in ticks. on, off: where its messages stand (off is NO_PLACE if it has no end)."""

    start: int
    end: int
    port: int
    channel: int
    pitch: int
    velocity: int
    release: int
    on: tuple[int, int]
    off: tuple[int, int]


class _Open(NamedTuple):
    tick: int
    velocity: int
    place: Place


_Key = tuple[int, int, int]  # port, channel, pitch


def held_notes(file: MidiFile) -> list[HeldNote]:
    """Every note of the file, sorted by start. The first end on the same key after a beginning is its own: in its track
    if there is one, else in any other. Notes without an end last to the end of their track, notes of no length a tick."""
    notes: list[HeldNote] = []
    endless: dict[_Key, list[_Open]] = {}
    stray: dict[_Key, list[_Open]] = {}
    for number, track in enumerate(file.tracks):
        sounding: dict[_Key, deque[_Open]] = {}
        for index, (tick, port, data) in enumerate(track):
            kind = data[0] & 0xF0
            if kind not in (0x80, 0x90):
                continue
            key, event = (port, data[0] & 0x0F, data[1]), _Open(tick, data[2], Place(number, index))
            if kind == 0x90 and data[2] > 0:
                sounding.setdefault(key, deque()).append(event)
            elif sounding.get(key):
                notes.append(_note(key, sounding[key].popleft(), tick, data[2] if kind == 0x80 else 64, event.place))
            else:
                stray.setdefault(key, []).append(event._replace(velocity=data[2] if kind == 0x80 else 64))
        for key, events in sounding.items():
            endless.setdefault(key, []).extend(events)
    ends = file.end_ticks
    for key, beginnings in endless.items():
        offs = deque(sorted(stray.get(key, ())))
        for begin in sorted(beginnings):
            while offs and offs[0].tick <= begin.tick:
                offs.popleft()
            if offs:
                off = offs.popleft()
                notes.append(_note(key, begin, off.tick, off.velocity, off.place))
            else:
                notes.append(_note(key, begin, ends[begin.place.track], 64, NO_PLACE))
    return sorted(notes)


def _note(key: _Key, begin: _Open, end: int, release: int, off: tuple[int, int]) -> HeldNote:
    port, channel, pitch = key
    end = max(begin.tick + SHORTEST_TICKS, end)
    return HeldNote(begin.tick, end, port, channel, pitch, begin.velocity, release, begin.place, off)
