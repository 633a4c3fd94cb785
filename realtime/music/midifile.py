"""Standard MIDI files to note sequences and back, through mido; [main]. Timing is exact to the tick both ways."""

from __future__ import annotations

from pathlib import Path

import mido

from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError

TICKS_PER_BEAT = 480
SHORTEST_TICKS = 1


def read_midi(path: str | Path) -> NoteSequence:
    """Every note of the file, all tracks together, with tempo map and time signatures.

    Notes without an end last to the end of their track; notes of no length last one tick.
    Raises AntiphonError if the file is missing, no MIDI file, damaged, or timed in SMPTE frames.
    """
    try:
        file = mido.MidiFile(str(path), clip=True)
    except FileNotFoundError:
        raise AntiphonError(f"MIDI file {path}: there is no such file.") from None
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
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
    return NoteSequence(notes, TempoMap(tempi), [by_beat[b] for b in sorted(by_beat)], name)


def _note(channel: int, pitch: int, start: int, velocity: int, end: int, beats: float) -> Note:
    return Note(start * beats, max(SHORTEST_TICKS, end - start) * beats, pitch, velocity / 127.0, channel)


def write_midi(sequence: NoteSequence, path: str | Path, program: int | None = None) -> None:
    """Writes one file of two tracks (tempo and metre; notes), 480 ticks a quarter note.

    program: General MIDI number set on each channel used. Raises AntiphonError if the file cannot be written.
    """
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
    if program is not None:
        for channel in sorted({n.channel for n in sequence.notes} - {9}):
            events.append((0, 0, mido.Message("program_change", channel=channel, program=program)))
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
