"""What `morph` plays in a bar: its ideas as notes of a lane in beats, drums that stand, a last bar; [player process]."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from realtime.models.groove import PITCHES
from realtime.models.morph import LOUDNESS, STEPS, STEPS_PER_BEAT, notes_of
from realtime.music.metre import accent
from realtime.music.scale import nearest_in
from realtime.music.sequence import fold_pitch
from realtime.players.drum_bar import CRASH, KICK, SNARE, Stroke, played, ruled_bar
from realtime.players.drum_fill import fill
from realtime.players.hearing import Told
from realtime.players.idea import LOUD, Grid, pitch_of
from realtime.players.morph_pad import Pair
from realtime.players.plan import Moment

LANES = ("melody", "bass", "drums")
MELODY_LANE, BASS_LANE, DRUM_LANE = range(3)
HIT_BEATS = 0.1
DRUM_KEYS = (*PITCHES, 37)
"""General MIDI, by drum; the last is the side stick."""
LINE_LOUD, ACCENTS = 0.68, (0.0, 0.0, 0.03, 0.08)
RANGES = ((45, 96), (28, 60))
"""Of melody and bass: beyond them they are played by octaves."""
BASS_MEAN = 50.0
"""D3: a bass that lies higher is played by octaves below."""
EPSILON = 1e-6


@dataclass(slots=True)
class Tone:
    """A note as the idea has it, in beats; key, struck: as it is planned, and when it begins so; -1, inf: not yet."""

    beat: float
    end: float
    lane: int
    pitch: int
    velocity: float
    key: int = -1
    struck: float = math.inf


def line_tones(bar: float, number: int, pair: Pair, shift: int, bar_beats: float) -> list[Tone]:
    """Melody and bass of bar `number`, which begins at a beat. shift: semitones from the key of the pad."""
    found, cells = [], Grid.of(bar_beats)
    force = pair.loud / LOUD * LINE_LOUD
    rows = ((MELODY_LANE, pair.bars.melody, shift - pair.lift), (BASS_LANE, pair.bars.bass, shift))
    for lane, tokens, moved in rows:
        low, high = RANGES[lane]
        notes = [] if tokens is None else notes_of(tokens)
        if lane == BASS_LANE and notes:
            mean = sum(pitch_of(token) for _, _, token in notes) / len(notes) + moved
            moved -= 12 * max(0, math.ceil((mean - BASS_MEAN) / 12))
        for start, end, token in notes:
            pitch = pitch_of(token) + moved
            pitch = fold_pitch(pitch, low, high) if not low <= pitch <= high else pitch
            for step, stop in placed(start, end, cells, number):
                place = step / STEPS_PER_BEAT
                velocity = min(1.0, force + ACCENTS[accent(place, bar_beats, 1.0)])
                found.append(Tone(bar + place, bar + stop / STEPS_PER_BEAT, lane, pitch, velocity))
    return sorted(found, key=lambda tone: tone.beat)


def placed(start: int, end: int, cells: Grid, number: int) -> list[tuple[int, int]]:
    """Sixteenths of a bar at which a note of the two bars of sixteen begins and ends; a bar cut short ends it."""
    whole = cells.bars * cells.steps == STEPS
    steps = (step for step in range(cells.steps) if cells.place(number, step) == start)
    return [(step, step + end - start if whole else min(cells.steps, step + end - start)) for step in steps]


def drum_strokes(number: int, pair: Pair, now: Moment, intensity: float, fills: bool, dice: Random) -> list[Stroke]:
    """The drums of bar `number`. fills: its end leads on to another section."""
    length, cells = now.bar_beats, Grid.of(now.bar_beats)
    strokes = []
    for step in range(cells.steps if pair.bars.hits is not None else 0):
        softer = 1.0 if step % STEPS_PER_BEAT == 0 else 0.85
        struck = pair.bars.hits[cells.place(number, step)].nonzero()[0].tolist()  # type: ignore[index]
        strokes += [Stroke(step / STEPS_PER_BEAT, drum, softer * LOUDNESS[drum]) for drum in struck]
    if strokes and pair.model_drums:
        strokes = settled(strokes, now.numerator, now.denominator, intensity, dice)
    if strokes and fills:
        begin = max(0.0, length - (1.5 if now.compound else 1.0))
        down = fill(begin, length, intensity, dice, now.compound)
        strokes = [s for s in strokes if s.place < begin - EPSILON] + down
    return strokes


def settled(strokes: list[Stroke], numerator: int, denominator: int, intensity: float, dice: Random) -> list[Stroke]:
    """Drums that nobody played, so that they stand: the model never heard drums with a tune. Its kicks and its ghost notes
    are left, and what is loud about them is a beat by rule."""
    beat = ruled_bar(numerator, denominator, intensity, dice)
    taken = {s.place for s in beat if s.drum in (KICK, SNARE)}
    free = [s for s in strokes if not any(abs(s.place - place) < 0.5 for place in taken)]
    kicks = [s._replace(velocity=0.6) for s in free if s.drum == KICK and s.place % 0.5 == 0.0][:1]
    ghosts = [s._replace(velocity=0.25) for s in free if s.drum == SNARE][:2]
    return sorted([*beat, *kicks, *ghosts])


def drum_tones(bar: float, strokes: list[Stroke], humanise: float, tempo_bpm: float, dice: Random) -> list[Tone]:
    """Strokes as a drummer plays them."""
    found = []
    for s in played(strokes, humanise, tempo_bpm, dice):
        beat = bar + s.place + s.late
        found.append(Tone(beat, beat + HIT_BEATS, DRUM_LANE, DRUM_KEYS[s.drum], s.velocity))
    return found


def closing_tones(bar: float, end: float, before: Iterable[Tone], told: Told) -> list[Tone]:
    """The last bar of those lanes that played: the tonic, or in an ending the chord that is told there."""
    root, classes = closing_chord(bar, told)
    last = {tone.lane: tone.pitch for tone in before}
    found = []
    if MELODY_LANE in last:
        found.append(Tone(bar, end, MELODY_LANE, nearest_in(last[MELODY_LANE], classes), 0.7))
    if BASS_LANE in last:
        found.append(Tone(bar, end, BASS_LANE, nearest_in(last[BASS_LANE], frozenset(root)), 0.75))
    if DRUM_LANE in last:
        found += drum_tones(bar, [Stroke(0.0, KICK, 0.85), Stroke(0.0, CRASH, 0.75)], 0.0, 120.0, Random(0))
    return found


def closing_chord(beat: float, told: Told) -> tuple[set[int], frozenset[int]]:
    """Classes of the bass and of all: of any note where neither key nor chord is known."""
    chord, tonic = told.chords.at(beat), told.tonic
    if chord is not None and (tonic < 0 or told.sections.at(beat) == "ending"):
        return {chord.bass}, chord.classes
    if tonic < 0:
        return set(range(12)), frozenset(range(12))
    return {tonic}, frozenset({tonic, (tonic + (3 if told.mode == "minor" else 4)) % 12, (tonic + 7) % 12})
