"""The band behind an exercise: its chords, bar by bar, as the arranger plays them in its style; [player process]."""

from __future__ import annotations

from functools import lru_cache

from realtime.contract import player_wire as wire
from realtime.music.metre import beats_of
from realtime.music.sequence import Metre, Note, NoteSequence
from realtime.players.arranger import LANES as ARRANGED
from realtime.players.arranger import STYLES, Arranger
from realtime.players.lesson.exercise import Exercise
from realtime.players.rehearsal import chord_record, perform, sounding, told_record

LANES = ("drums", "bass", "chords")
"""Lanes of the backing; the arranger's riff stays away from the exercise."""
CHANNELS = (9, 2, 3)
PROGRAMS = {2: 33, 3: 4}
"""General MIDI: fingered bass, electric piano."""
_TO_LANE = {"drums": 0, "bass": 1, "chords1": 2, "chords2": 2, "pad": 2}
SOFTER = {0: 0.8, 1: 0.9, 2: 0.7}
TICK_S = 0.05


def backing(exercise: Exercise) -> list[Note]:
    """The notes of the backing, their channel an index of LANES, from the exercise's first bar on."""
    return list(
        _backing(
            exercise.task.style, exercise.task.played_metre, exercise.chords, exercise.written.tempo.tempo_bpm(0.0)
        )
    )


@lru_cache(maxsize=32)
def _backing(style: str, metre: tuple[int, int], chords: tuple, tempo_bpm: float) -> tuple[Note, ...]:
    band = Arranger(style=float(STYLES.index(style)), fills=4.0, follow=0.0)
    bar = metre[0] * 4.0 / metre[1]
    told = [(0.0, chord_record(number * bar, chord)) for number, chord in enumerate(chords)]
    told.append((0.0, told_record(wire.SECTION, 0.0, number=wire.SECTIONS.index("verse"))))
    end = len(chords) * bar
    heard = perform(band, [], end, tempo_bpm, *metre, tick_s=TICK_S, told=told)
    notes = []
    for one in sounding(heard):
        lane = _TO_LANE.get(ARRANGED[one.lane])
        if lane is not None and one.beat < end - 1e-6:
            notes.append(
                Note(one.beat, min(one.duration_beats, end - one.beat), one.key, SOFTER[lane] * one.velocity, lane)
            )
    return tuple(sorted(notes))


def clicks(metre: tuple[int, int], bars: int) -> list[Note]:
    """A count-in: the beats of some bars, the first of each higher; General MIDI's wood blocks."""
    bar = metre[0] * 4.0 / metre[1]
    return [
        Note(number * bar + beat, 0.1, 76 if beat == 0.0 else 77, 0.8 if beat == 0.0 else 0.6, 9)
        for number in range(bars)
        for beat in beats_of(*metre)
    ]


def backing_file(exercise: Exercise, count_in: int = 1) -> NoteSequence:
    """The backing as a piece of its own, with a count-in before it."""
    first = count_in * exercise.bar_beats
    notes = clicks(exercise.task.played_metre, count_in)
    notes += [n._replace(beat=n.beat + first, channel=CHANNELS[n.channel]) for n in backing(exercise)]
    numerator, denominator = exercise.task.played_metre
    metre = Metre(0.0, numerator, denominator)
    return NoteSequence(notes, exercise.written.tempo, [metre], f"{exercise.title}, backing", dict(PROGRAMS))
