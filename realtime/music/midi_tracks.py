"""Standard MIDI files of many named tracks, from notes and raw messages in beats; [main]. Source: Standard MIDI Files 1.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import mido

from realtime.music.sequence import Metre, Note, TempoMap
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file

FINEST, COARSEST = 30720, 480
"""Ticks a quarter note: a sample of 48 kHz at 94 beats a minute; both hold triplets, quintuplets and 128ths whole."""
MOST_TICKS = 10_000_000
"""Readers (pretty_midi) take a later tick for damage: a long piece is written in coarser ticks."""
_OFF, _OTHER, _ON = range(3)


class Said(NamedTuple):
    """A channel message that is no note: beat, and its bytes with the status first."""

    beat: float
    data: bytes


@dataclass
class MidiTrack:
    """program: 0..127 set at its start on every channel of its notes, None: none."""

    name: str
    notes: list[Note] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    program: int | None = None


def write_tracks(
    tracks: Sequence[MidiTrack], tempo: TempoMap, metres: Sequence[Metre], path: str | Path, end_beat: float
) -> int:
    """Write one file: a track of tempi and metres, then these; all end at end_beat. Returns its ticks a quarter note.

    Notes that would sound beyond end_beat end there; a key that is struck again is let go first. Raises AntiphonError if
    the file cannot be written.
    """
    ticks = FINEST
    while ticks > COARSEST and end_beat * ticks > MOST_TICKS:
        ticks //= 2
    file = mido.MidiFile(type=1, ticks_per_beat=ticks)
    end = round(end_beat * ticks)
    file.tracks.append(_written("tempo", _conductor(tempo, metres, ticks), end))
    for track in tracks:
        file.tracks.append(_written(track.name, _events(track, ticks, end), end))
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            file.save(str(part))
    except OSError as error:
        reason = error.strerror or error
        raise AntiphonError(f"MIDI file {path}: cannot be written ({reason}); choose another place.") from None
    return ticks


def _conductor(tempo: TempoMap, metres: Sequence[Metre], ticks: int) -> list:
    rows: list = []
    for beat, bpm in tempo.steps:
        micros = max(1, min(0xFFFFFF, mido.bpm2tempo(bpm)))
        rows.append((round(beat * ticks), _OTHER, mido.MetaMessage("set_tempo", tempo=micros)))
    for metre in metres:
        signature = mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        rows.append((round(metre.beat * ticks), _OTHER, signature))
    return rows


def _events(track: MidiTrack, ticks: int, end: int) -> list:
    """(tick, order within it, message): ends before beginnings, and all else between."""
    rows: list = []
    if track.program is not None:
        for channel in sorted({note.channel for note in track.notes}):
            rows.append((0, _OTHER, mido.Message("program_change", channel=channel, program=track.program)))
    for beat, data in track.said:
        rows.append((min(end, max(0, round(beat * ticks))), _OTHER, mido.Message.from_bytes(data)))
    for start, stop, note in _apart(track.notes, ticks, end):
        velocity = max(1, min(127, round(note.velocity * 127)))
        on = mido.Message("note_on", channel=note.channel, note=note.pitch, velocity=velocity)
        rows.append((start, _ON, on))
        rows.append((stop, _OFF, mido.Message("note_off", channel=note.channel, note=note.pitch, velocity=64)))
    return rows


def _apart(notes: Sequence[Note], ticks: int, end: int) -> list[tuple[int, int, Note]]:
    """(start, end, note) in ticks; on one key no two at once."""
    rows: list[tuple[int, int, Note]] = []
    following: dict[tuple[int, int], int] = {}
    for note in sorted(notes, reverse=True):
        key, start = (note.channel, note.pitch), max(0, round(note.beat * ticks))
        stop = min(end, max(start + 1, round(note.end * ticks)), following.get(key, end))
        if start < stop:
            rows.append((start, stop, note))
            following[key] = start
    return rows[::-1]


def _written(name: str, events: list, end: int) -> mido.MidiTrack:
    text = name.encode("latin-1", "replace").decode("latin-1")
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=text)])
    now = 0
    for tick, _, message in sorted(events, key=lambda row: row[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
