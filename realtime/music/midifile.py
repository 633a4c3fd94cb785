"""Standard MIDI files to note sequences and back; [main]. Timing is exact to the tick both ways."""

from __future__ import annotations

import math
from pathlib import Path

import mido

from realtime.music.midi_chunks import META, SET_TEMPO, MidiFile, load
from realtime.music.midi_notes import SHORTEST_TICKS, HeldNote, held_notes
from realtime.music.sequence import Metre, Note, NoteSequence, TempoMap
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import whole_file

TICKS_PER_BEAT = 480
LONGEST_S, LONGEST_BEATS = 86_400.0, 200_000.0
"""A piece that lasts longer has a damaged time in it; whoever lays it on a grid could not hold it."""
SHORTEST_UNIT = 64
"""Lower number of a metre: shorter ones are damage, and bars of nothing would never end."""
TRACK_NAME, TIME_SIGNATURE = 0x03, 0x58
TEXTS = {"text": 0x01, "lyrics": 0x05, "marker": 0x06, "cue_marker": 0x07}
MARKS_OF_ORDER = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_midi(path: str | Path) -> NoteSequence:
    """Every note of the file, all tracks together, with tempo map, time signatures and programs.

    Notes without an end last to the end of their track; notes of no length last one tick. A channel's program is the
    one that its first note sounds with. What is damaged is left out: see midi_chunks.
    Raises AntiphonError if the file is missing, no MIDI file, lasts longer than a day, or nothing of it can be read.
    """
    return sequence_of(load(path), path)


def sequence_of(file: MidiFile, path: str | Path) -> NoteSequence:
    """The notes of a file that is loaded. Raises AntiphonError as `read_midi`."""
    beats = 1.0 / file.ticks_per_beat
    held = held_notes(file)
    tempo = tempo_of(file)
    check_span(file, held, tempo, path)
    if file.damage and not held:
        raise AntiphonError(
            f"MIDI file {path}: damaged or not a MIDI file ({file.damage[0]} No note is left); export it again."
        )
    notes = [Note(n.start * beats, (n.end - n.start) * beats, n.pitch, n.velocity / 127.0, n.channel) for n in held]
    return NoteSequence(notes, tempo, metres_of(file), _name(file), _first_programs(file, held))


def tempo_of(file: MidiFile) -> TempoMap:
    """Every tempo of every track; 120 a minute where the file counts frames."""
    if file.timed_in_frames:
        return TempoMap()
    steps = []
    for tick, content in _metas(file, SET_TEMPO):
        if len(content) >= 3 and (microseconds := int.from_bytes(content[:3], "big")) > 0:
            steps.append((tick / file.ticks_per_beat, 6e7 / microseconds))
    return TempoMap(steps)


def metres_of(file: MidiFile) -> list[Metre]:
    """Every time signature that makes sense, the first at beat 0."""
    by_beat = {0.0: Metre(0.0, 4, 4)}
    for tick, content in _metas(file, TIME_SIGNATURE):
        if len(content) >= 2 and content[0] > 0 and 1 << content[1] <= SHORTEST_UNIT:
            beat = tick / file.ticks_per_beat
            by_beat[beat] = Metre(beat, content[0], 1 << content[1])
    return [by_beat[beat] for beat in sorted(by_beat)]


def texts_of(file: MidiFile, kind: str) -> list[tuple[float, str]]:
    """(beat, text) of a kind of TEXTS, sorted by beat."""
    found = [(tick / file.ticks_per_beat, text_of(content)) for tick, content in _metas(file, TEXTS[kind])]
    return sorted((row for row in found if row[1]), key=lambda row: row[0])


def text_of(content: bytes) -> str:
    """Text in whatever encoding its writer used: UTF-8 or 16 where it can be told, else the Latin letters of Windows;
    on one line, without control characters."""
    encoding = next((name for mark, name in MARKS_OF_ORDER if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text.replace("\0", "")).split())


def check_span(file: MidiFile, held: list[HeldNote], tempo: TempoMap, path: str | Path) -> None:
    """Raises AntiphonError if the notes last longer than a day."""
    end_beat = max((n.end for n in held), default=0) / file.ticks_per_beat
    seconds = tempo.seconds(end_beat)
    if end_beat > LONGEST_BEATS or seconds > LONGEST_S:
        raise AntiphonError(
            f"MIDI file {path}: its notes last {seconds / 3600:.0f} hours ({end_beat:.0f} quarter notes), so a time in it "
            f"is damaged; the longest that is read is {LONGEST_S / 3600:.0f} hours and {LONGEST_BEATS:.0f} quarter notes."
        )


def _metas(file: MidiFile, kind: int) -> list[tuple[int, bytes]]:
    """(tick, content) of a kind of meta message in all tracks, in the order of time."""
    mark = bytes((META, kind))
    found = [(m.tick, m.data[2:]) for track in file.tracks for m in track if m.data[:2] == mark]
    return sorted(found, key=lambda row: row[0])


def _name(file: MidiFile) -> str:
    mark = bytes((META, TRACK_NAME))
    names = (text_of(m.data[2:]) for track in file.tracks for m in track if m.data[:2] == mark)
    return next((name for name in names if name), "")


def _first_programs(file: MidiFile, held: list[HeldNote]) -> dict[int, int]:
    """The program each channel's first note sounds with; the first one set where it is set too late."""
    first_notes: dict[int, int] = {}
    for note in held:
        first_notes[note.channel] = min(note.start, first_notes.get(note.channel, note.start))
    changes: dict[int, list[tuple[int, int]]] = {}
    for track in file.tracks:
        for tick, _, data in track:
            if data[0] & 0xF0 == 0xC0:
                changes.setdefault(data[0] & 0x0F, []).append((tick, data[1]))
    programs = {}
    for channel in sorted(changes):
        in_time = sorted(changes[channel], key=lambda c: c[0])
        before = [c for c in in_time if c[0] <= first_notes.get(channel, 0)]
        programs[channel] = (before[-1] if before else in_time[0])[1]
    return programs


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
        with whole_file(path) as part:
            file.save(str(part))
    except OSError as error:
        reason = error.strerror or error
        raise AntiphonError(f"MIDI file {path}: cannot be written ({reason}); choose another place.") from None


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
