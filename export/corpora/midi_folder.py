"""Reader of MIDI files as tunes: the track that is most a melody, on the grid; [any]."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from export.corpora.tune import Tune, one_voice
from realtime.music.keyfinding import find_key
from realtime.music.melody_code import TICKS
from realtime.music.midifile import read_midi
from realtime.music.rhythm import quantise
from realtime.music.sequence import Note
from realtime.native.errors import AntiphonError


def melodic_channel(notes: list[Note]) -> list[Note]:
    """The notes of the channel that is most a melody: little overlap, high, and with enough notes. Drums never
    are."""
    channels: dict[int, list[Note]] = {}
    for note in notes:
        if note.channel != 9:
            channels.setdefault(note.channel, []).append(note)

    def score(line: list[Note]) -> float:
        overlaps = sum(a.end > b.beat + 0.05 for a, b in itertools.pairwise(line)) / len(line)
        return min(len(line), 50) / 50 - 2.0 * overlaps + sum(n.pitch for n in line) / len(line) / 64

    return max(channels.values(), key=score, default=[])


def read_midi_tune(path: Path, damaged: list[str]) -> Iterator[Tune]:
    """One tune of one file (none if it has no pitched notes or changes its metre); a damaged file is named in
    `damaged`."""
    try:
        sequence = read_midi(path)
    except AntiphonError as error:
        damaged.append(str(error))
        return
    line = melodic_channel(sequence.notes)
    if not line:
        damaged.append(f"{path.name}: no pitched notes")
        return
    metre = sequence.metre_at(line[0].beat)
    end = next((m.beat for m in sequence.metres if m.beat > line[0].beat and m[1:] != metre[1:]), float("inf"))
    origin = sequence.bar_start(line[0].beat)
    notes: list[tuple[int, int, int]] = []
    for note in line:
        if note.beat >= end:  # up to the first change of metre
            break
        notes.append((quantise(note.beat - origin), max(3, round(note.duration * TICKS)), note.pitch))
    key = find_key([n[2] for n in notes], [n[1] for n in notes])
    yield Tune(
        id=str(path),
        notes=one_voice(notes),
        numerator=metre.numerator,
        denominator=metre.denominator,
        tonic=key.tonic,
        mode=key.mode,
        split="",
        title=sequence.name or path.stem,
        source=path.parent.name or str(path.parent),
    )
