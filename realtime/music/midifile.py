"""Standard MIDI files to note sequences and back, through mido; [main]. Timing is exact to the tick both ways."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import mido

from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

TICKS_PER_BEAT = 480
SHORTEST_TICKS = 1
# what mido raises on bytes that make no sense, wherever it stumbles
DAMAGE = (
    *(OSError, EOFError, ValueError, LookupError, TypeError, AttributeError, OverflowError, MemoryError),
    *(struct.error, mido.KeySignatureError),
)


def read_midi(path: str | Path) -> NoteSequence:
    """Every note of the file, all tracks together, with tempo map, time signatures and programs.

    Notes without an end last to the end of their track; notes of no length last one tick. A channel's program is the
    one that its first note sounds with.
    Raises AntiphonError if the file is missing, no MIDI file, damaged, or timed in SMPTE frames.
    """
    try:
        file = mido.MidiFile(str(path), clip=True)
    except FileNotFoundError:
        raise AntiphonError(f"MIDI file {path}: there is no such file.") from None
    except PermissionError:
        raise AntiphonError(f"MIDI file {path}: may not be read; check its permissions.") from None
    except IsADirectoryError:
        raise AntiphonError(f"MIDI file {path}: is a folder; name a file in it.") from None
    except DAMAGE as error:
        reason = str(error) or "it ends in the middle"
        raise AntiphonError(f"MIDI file {path}: damaged or not a MIDI file ({reason}); export it again.") from error
    if file.ticks_per_beat <= 0 or file.ticks_per_beat & 0x8000:
        raise AntiphonError(
            f"MIDI file {path}: timed in SMPTE frames, not beats; export it with ticks per quarter note."
        )
    beats = 1.0 / file.ticks_per_beat
    notes: list[Note] = []
    tempi: list[tuple[float, float]] = []
    metres: list[Metre] = []
    programs: dict[int, list[tuple[int, int]]] = {}
    name = ""
    for track in file.tracks:
        tick = 0
        held: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity > 0:
                held.setdefault((message.channel, message.note), []).append((tick, message.velocity))
            elif message.type in ("note_off", "note_on"):
                if open_notes := held.get((message.channel, message.note)):
                    notes.append(_note(message.channel, message.note, *open_notes.pop(0), tick, beats))
            elif message.type == "program_change":
                programs.setdefault(message.channel, []).append((tick, message.program))
            elif message.type == "set_tempo" and message.tempo > 0:
                tempi.append((tick * beats, mido.tempo2bpm(message.tempo)))
            elif message.type == "time_signature" and message.numerator > 0:
                metres.append(Metre(tick * beats, message.numerator, message.denominator))
            elif message.type == "track_name" and not name:
                name = message.name.strip("\x00 ")
        for (channel, pitch), open_notes in held.items():
            notes.extend(_note(channel, pitch, start, velocity, tick, beats) for start, velocity in open_notes)
    by_beat = {m.beat: m for m in metres}
    by_beat.setdefault(0.0, Metre(0.0, 4, 4))
    in_order = [by_beat[b] for b in sorted(by_beat)]
    return NoteSequence(notes, TempoMap(tempi), in_order, name, _first_programs(programs, notes, beats))


def _first_programs(changes: dict[int, list[tuple[int, int]]], notes: list[Note], beats: float) -> dict[int, int]:
    """The program each channel's first note sounds with; the first one set where it is set too late."""
    first_notes: dict[int, float] = {}
    for note in notes:
        first_notes[note.channel] = min(note.beat, first_notes.get(note.channel, note.beat))
    programs = {}
    for channel in sorted(changes):
        in_time = sorted(changes[channel], key=lambda c: c[0])
        before = [c for c in in_time if c[0] * beats <= first_notes.get(channel, 0.0) + 1e-9]
        programs[channel] = (before[-1] if before else in_time[0])[1]
    return programs


def _note(channel: int, pitch: int, start: int, velocity: int, end: int, beats: float) -> Note:
    return Note(start * beats, max(SHORTEST_TICKS, end - start) * beats, pitch, velocity / 127.0, channel)


def write_midi(sequence: NoteSequence, path: str | Path, program: int | None = None) -> None:
    """Writes one file of two tracks (tempo and metre; notes), 480 ticks a quarter note.

    program: General MIDI number set on each channel used, instead of the sequence's own programs. Raises
    AntiphonError if the file cannot be written or a note, metre or program does not fit MIDI.
    """
    _check(sequence, path)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    conductor: list[tuple[int, int, mido.Message | mido.MetaMessage]] = []
    for beat, tempo_bpm in sequence.tempo.steps:
        tempo = max(1, min(0xFFFFFF, mido.bpm2tempo(tempo_bpm)))
        conductor.append((_tick(beat), 0, mido.MetaMessage("set_tempo", tempo=tempo)))
    for metre in sequence.metres:
        signature = mido.MetaMessage("time_signature", numerator=metre.numerator, denominator=metre.denominator)
        conductor.append((_tick(metre.beat), 0, signature))
    file.tracks.append(_track(conductor, sequence.name or "tempo"))
    events: list[tuple[int, int, mido.Message | mido.MetaMessage]] = []
    programs = dict(sequence.programs)
    if program is not None:
        programs |= dict.fromkeys({n.channel for n in sequence.notes} - {9}, program)
    for channel in sorted(programs):
        events.append((0, 0, mido.Message("program_change", channel=channel, program=programs[channel])))
    for n in sequence.notes:
        start = max(0, _tick(n.beat))
        end = max(start + SHORTEST_TICKS, _tick(n.end))
        velocity = max(1, min(127, round(n.velocity * 127)))
        events.append((start, 2, mido.Message("note_on", channel=n.channel, note=n.pitch, velocity=velocity)))
        events.append((end, 1, mido.Message("note_off", channel=n.channel, note=n.pitch, velocity=0)))
    file.tracks.append(_track(events, sequence.name or "notes"))
    try:
        file.save(str(path))
    except OSError as error:
        raise AntiphonError(f"MIDI file {path}: cannot be written ({error.strerror}); choose another place.") from error


def _check(sequence: NoteSequence, path: str | Path) -> None:
    """One sentence for what MIDI cannot hold."""
    for note in sequence.notes:
        if not (0 <= note.pitch <= 127 and 0 <= note.channel <= 15 and math.isfinite(note.beat + note.duration)):
            raise AntiphonError(f"MIDI file {path}: {note} does not fit MIDI; pitches are 0..127, channels 0..15.")
    for metre in sequence.metres:
        power_of_two = metre.denominator > 0 and metre.denominator & (metre.denominator - 1) == 0
        if not (1 <= metre.numerator <= 255 and power_of_two):
            raise AntiphonError(
                f"MIDI file {path}: metre {metre.numerator}/{metre.denominator} cannot be written; the lower number "
                "must be 1, 2, 4, 8, 16 ..."
            )
    for channel, program in sequence.programs.items():
        if not (0 <= channel <= 15 and 0 <= program <= 127):
            raise AntiphonError(f"MIDI file {path}: program {program} on channel {channel}; programs are 0..127.")


def _tick(beat: float) -> int:
    return round(beat * TICKS_PER_BEAT)


def _track(events: list, name: str) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name.encode("latin-1", "replace").decode("latin-1"))])
    now = 0
    for tick, _, message in sorted(events, key=lambda e: (e[0], e[1])):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
