"""A take of a score from files, judged after it was played; [any].

The take is laid on the score's own time; one that was played in another tempo throughout is judged by its own pulse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from realtime.models.grade.code import hands_of
from realtime.music.midifile import read_midi
from realtime.music.passage import passage
from realtime.music.sequence import Note, NoteSequence
from realtime.native.errors import AntiphonError
from realtime.players.lesson.align import Aligner
from realtime.players.lesson.judge import MOST_NOTES, Judge, Marks

DRUMS = 9
SAME_TEMPO = 0.03
"""A take whose tempo is off by less is played with the score's clock."""
MOST_TEMPO = 4.0
"""Faster or slower is no tempo of a score."""
NEAR_BEATS = 4.0
"""Between notes so near to each other the tempo is measured."""


@dataclass(frozen=True)
class Heard:
    """A take and what it is worth. take: on the score's beats; tempo: of the take against the score's."""

    score: NoteSequence
    take: list[Note]
    marks: Marks
    tempo: float


def read_score(path: str | Path) -> NoteSequence:
    """A score from a MIDI file, hands as channels 0 (right) and 1 (left). Raises AntiphonError."""
    music = _pitched(read_midi(path), path)
    if {note.channel for note in music.notes} <= {0, 1}:
        return music
    hands = hands_of(music, passage(music))
    notes = [note._replace(channel=int(hand)) for note, hand in zip(music.notes, hands, strict=True)]
    return replace(music, notes=notes)


def judge_files(score: str | Path, played: str | Path) -> Heard:
    """What a take in a MIDI file is worth against a score in another. Raises AntiphonError."""
    return judge_take(read_score(score), _pitched(read_midi(played), played))


def judge_take(score: NoteSequence, take: NoteSequence) -> Heard:
    """What a take is worth."""
    notes = sorted(
        Note(score.tempo.beat(start), score.tempo.beat(end) - score.tempo.beat(start), n.pitch, n.velocity, n.channel)
        for start, end, n in take.in_seconds()
    )
    rate = _rate(score, notes)
    clock = abs(rate - 1.0) < SAME_TEMPO
    if not clock:
        first = notes[0].beat
        notes = [
            note._replace(beat=first + (note.beat - first) / rate, duration=note.duration / rate) for note in notes
        ]
    judge = Judge(score, clock)
    for note in notes:
        judge.hear(note)
    beat_s = score.tempo.seconds(score.end_beat) / max(1e-6, score.end_beat) * (1.0 if clock else rate)
    return Heard(score, notes, judge.marks(beat_s=beat_s), 1.0 if clock else 1.0 / rate)


def _rate(score: NoteSequence, played: list[Note]) -> float:
    """Beats of the take for a beat of the score: the middle of what right notes near to each other say."""
    aligner = Aligner(score.notes)
    for note in played:
        aligner.hear(note.beat, note.pitch)
    good = [
        (note.beat, float(aligner.beats[at]))
        for note, at in zip(played, aligner.path(), strict=True)
        if any(score.notes[n].pitch == note.pitch for n in aligner.strokes[at].notes)
    ]
    rates = [
        (b[0] - a[0]) / (b[1] - a[1]) for a, b in pairwise(good) if 0.0 < b[1] - a[1] <= NEAR_BEATS and b[0] > a[0]
    ]
    rate = median(rates) if rates else 1.0
    return rate if 1.0 / MOST_TEMPO < rate < MOST_TEMPO else 1.0


def _pitched(music: NoteSequence, path: str | Path) -> NoteSequence:
    notes = [note for note in music.notes if note.channel != DRUMS]
    if not notes:
        raise AntiphonError(f"MIDI file {path}: there is no note in it; name one with music.")
    if len(notes) > MOST_NOTES:
        raise AntiphonError(
            f"MIDI file {path}: {len(notes)} notes are more than the {MOST_NOTES} that are judged at once."
        )
    return replace(music, notes=notes)
