"""A MIDI file as a player would send it: every channel message of every track at its second, and what beats there are; [main]."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from realtime.music.midi_chunks import MidiFile, load
from realtime.music.midi_notes import NO_PLACE, HeldNote, held_notes
from realtime.music.midifile import LONGEST_S, check_span, metres_of, tempo_of
from realtime.music.sequence import Metre, TempoMap
from realtime.native.errors import AntiphonError

PEDALS = (64, 66, 69)  # sustain, sostenuto, hold 2: what may let a note ring on after its end


class Sent(NamedTuple):
    """A channel message: when; the port by its order in the file, 0 first; the bytes, status first."""

    seconds: float
    port: int
    data: bytes


@dataclass
class Performance:
    """messages in the order of time; damage: what was left out of the file, a sentence each."""

    messages: list[Sent]
    tempo: TempoMap
    metres: list[Metre]
    damage: list[str] = field(default_factory=list)


def read_performance(path: str | Path) -> Performance:
    """Notes with controllers, pedals, bend, pressure and programs, as live playing would send them.

    Every note has its end, also where the file has none; after the last note and pedal nothing is sent. Raises
    AntiphonError if the file cannot be read, or holds no note.
    """
    file = load(path)
    held, tempo = held_notes(file), tempo_of(file)
    check_span(file, held, tempo, path)
    if not held:
        left_out = f" ({file.damage[0]})" if file.damage else ""
        raise AntiphonError(f"MIDI file {path}: there is no note in it{left_out}; name one with music.")
    ports = {port: number for number, port in enumerate(_ports(file))}
    timed = sorted(_rows(file, held), key=lambda row: row[:2])
    sent = [Sent(tempo.seconds(tick / file.ticks_per_beat), ports[port], data) for tick, _, port, data in timed]
    last = max(number for number, message in enumerate(sent) if _may_sound(message))
    return Performance(sent[: last + 1], tempo, metres_of(file), file.damage)


def _ports(file: MidiFile) -> list[int]:
    return list(dict.fromkeys(m.port for track in file.tracks for m in track if m.data[0] < 0xF0))


def _may_sound(message: Sent) -> bool:
    kind = message.data[0] & 0xF0
    return kind <= 0x90 or (kind == 0xB0 and message.data[1] in PEDALS and message.seconds <= LONGEST_S)


def _rows(file: MidiFile, held: list[HeldNote]) -> list[tuple[int, tuple[int, int, int], int, bytes]]:
    """(tick, order within the tick, port, bytes). The file's own order holds (a pedal that is lifted before the keys are
    is another thing than one lifted after), but a key that is struck again has been let go before."""
    rows = []
    for number, track in enumerate(file.tracks):
        for index, (tick, port, data) in enumerate(track):
            if data[0] < 0xF0 and data[0] & 0xE0 != 0x80:
                rows.append((tick, (number, index, 1), port, data))
    struck: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    for note in held:
        key = (note.start, note.port, note.channel, note.pitch)
        struck[key] = min(note.on, struck.get(key, note.on))
    for note in held:
        on = bytes((0x90 | note.channel, note.pitch, note.velocity))
        off = bytes((0x80 | note.channel, note.pitch, note.release))
        rows.append((note.start, (*note.on, 1), note.port, on))
        # the end of a note of no length has been moved on by a tick, to before what is there
        place = note.off if note.off != NO_PLACE and file.tracks[note.off[0]][note.off[1]].tick == note.end else (-1, 0)
        again = struck.get((note.end, note.port, note.channel, note.pitch))
        rows.append((note.end, (*min(place, again), 0) if again is not None else (*place, 1), note.port, off))
    return rows
