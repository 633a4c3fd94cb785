"""Songs cut into turns and coded as the model's inputs and targets: call and answer, free run, fill-in; [workshop]."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np

import realtime.models.phrase.code as code
from export.models.phrase.songs import CLASSICAL, Song
from realtime.music.keyfinding import find_key

IGNORE = -100  # no loss here
LONGEST = code.MEMORY_EVENTS
NoteRow = tuple[int, int, int, int]  # onset, duration, pitch, velocity class


@dataclass(slots=True)
class Example:
    """One coded stream. fields (T, FIELDS) and times (T, TIMES) are inputs; targets (T, 4) are pitch, duration,
    velocity and delta of the next event (IGNORE where none); weight (T,) multiplies their loss; answer (T,) marks
    targets that belong to an answer."""

    fields: np.ndarray
    times: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    answer: np.ndarray

    def cut(self, length: int) -> Example:
        """The first `length` events."""
        return Example(*(getattr(self, name)[:length] for name in self.__slots__))


@dataclass(slots=True)
class Part:
    """One turn to code: its notes, whether its end is to be learned, and the weight of its loss."""

    turn: code.Turn
    notes: Sequence[NoteRow]
    ends: bool
    weight: float


def code_parts(parts: Sequence[Part], frame: code.Frame) -> Example:
    """Turns in the order in which the model gets them."""
    events: list[tuple[int, int, int, int]] = [(code.BEGIN, 0, 0, parts[0].turn.role)]  # content
    places: list[tuple[int, ...]] = []
    at_times: list[tuple[int, int, int]] = [parts[0].turn.when(parts[0].turn.start)]
    targets: list[list[int]] = []
    weights: list[float] = []
    answers: list[bool] = []
    bars: list[int] = []
    for part in parts:
        turn = part.turn
        end = turn.start + turn.length
        places.append(turn.place(turn.start, 0))
        events.append((code.SEPARATOR, 0, 0, turn.role))
        at_times.append(turn.when(turn.start))
        targets.append([IGNORE, IGNORE, IGNORE, code.END if part.ends else IGNORE])
        weights.append(part.weight)
        answers.append(turn.role == code.ANSWER)
        bars.append(turn.bar)
        at, first, lowest = turn.start, True, 1 if turn.texture == code.LINE else 0
        for onset, duration, pitch, velocity in part.notes:
            delta = code.step_class(onset - at, lowest=0 if first else lowest)
            at += code.STEPS[delta]
            first = False
            if turn.role in code.ENDING and at >= end:
                break
            targets[-1][3] = delta
            token = frame.encode(pitch)
            length = code.step_class(duration, lowest=1)
            places.append(turn.place(at, delta))
            events.append((token, length, velocity, turn.role))
            at_times.append(turn.when(at))
            targets.append([token, length, velocity or IGNORE, code.END if part.ends else IGNORE])
            weights.append(part.weight)
            answers.append(turn.role == code.ANSWER)
            bars.append(turn.bar)
    count = len(places)
    fields = np.concatenate([np.array(events[:count], np.int16), np.array(places, np.int16)], 1)
    when = np.array(at_times, np.int32)
    index = np.arange(count, dtype=np.int32)[:, None]
    times = np.concatenate([when[:count], when[1 : count + 1], np.array(bars, np.int32)[:, None], index], 1)
    return Example(fields, times, np.array(targets, np.int16), np.array(weights, np.float32), np.array(answers, bool))


def frame_of(notes: Sequence[NoteRow], song: Song, random: Random | None, printed: bool = True) -> code.Frame:
    """Key and register as a player would find them in `notes`; in training (random given) sometimes the printed key,
    or a wrong one."""
    tonic, mode = (song.tonic, song.mode) if printed else (None, "")
    dice = 1.0 if random is None else random.random()
    if tonic is None or dice > 0.55:
        found = find_key([n[2] for n in notes], [n[1] for n in notes])
        tonic, mode = found.tonic, found.mode
    if random is not None and random.random() < 0.08:
        tonic, mode = (tonic + random.choice((5, 7))) % 12, random.choice((mode, ""))
    mean = sum(n[2] for n in notes) / len(notes)
    if random is not None:
        mean += random.gauss(0.0, 3.0)
    return code.Frame.around(tonic, mode, mean)


def within(notes: Sequence[NoteRow], start: int, end: int) -> list[NoteRow]:
    """Notes whose onsets lie in start..end."""
    return [n for n in notes if start <= n[0] < end]


def turn_of(song: Song, role: int, start: int, length: int, frame: code.Frame, style: int) -> code.Turn:
    """A turn in the song's metre (class 0 where it has none)."""
    metre = code.metre_class(song.numerator, song.denominator) if song.numerator else 0
    return code.Turn(role, start, length, metre, song.bar, frame.mode_class, style, song.texture)


def plan_turns(song: Song, last: int, random: Random, turn_bars: int | None) -> list[tuple[int, int]]:
    """(start, length) in ticks of consecutive turns up to tick `last`; random length and phase, unless turn_bars is
    given."""
    bar = song.bar
    if turn_bars is not None:
        length, start = turn_bars * bar, 0
    elif random.random() < 0.75:
        weights = (0.15, 0.4, 0.35, 0.1) if song.texture == code.LINE else (0.4, 0.45, 0.15, 0.0)
        length = random.choices((1, 2, 4, 8), weights)[0] * bar
        start = random.randrange(max(1, length // bar)) * bar
    else:  # a performer need not begin on a bar line
        length = random.randint(2, 12) * code.TICKS
        start = random.randrange(max(1, length // code.TICKS)) * code.TICKS
    return [(at, length) for at in range(start, last + 1, length)]


def turns(
    song: Song,
    random: Random | None = None,
    turn_bars: int | None = None,
    longest: int = LONGEST,
    call_weight: float = 1.0,
) -> Example | None:
    """Call, answer, call, ...: None if the song has no complete call and answer. random: training's variation; None:
    evaluation, turns of turn_bars bars from the first one on."""
    dice = random or Random(0)
    planned = plan_turns(song, song.notes[-1][0], dice, turn_bars)
    last = song.notes[-1][0] + song.notes[-1][1] + code.TICKS
    cut = [within(song.notes, start, start + length) for start, length in planned]
    full = [bool(notes) and start + length <= last for (start, length), notes in zip(planned, cut, strict=True)]
    parts: list[Part] = []
    frame, style, count = None, song.style, 0
    for i in range(0, len(planned) - 1, 2):
        if not (full[i] and full[i + 1]):
            break
        if frame is None:
            frame = frame_of(cut[i], song, random)
        for role, k in ((code.CALL, i), (code.ANSWER, i + 1)):
            start, length = planned[k]
            turn = turn_of(song, role, start, length if role == code.ANSWER else 0, frame, style)
            parts.append(Part(turn, cut[k], role == code.ANSWER, 1.0 if role == code.ANSWER else call_weight))
            count += len(cut[k]) + 1
        if count > longest:
            break
    return code_parts(parts, frame) if frame is not None else None


def free_run(song: Song, random: Random, longest: int = LONGEST) -> Example:
    """The song as it runs; where its end is inside, usually with its length known."""
    notes = song.notes[: longest - 2]
    whole = len(notes) == len(song.notes) and song.ends
    length = -(-(notes[-1][0] + 1) // song.bar) * song.bar if whole and random.random() < 0.7 else 0
    head = notes[: random.choice((8, 16, 32, 64))]
    frame = frame_of(head, song, random)
    turn = turn_of(song, code.SONG, 0, length, frame, song.style)
    return code_parts([Part(turn, notes, whole and length > 0, 1.0)], frame)


def fill_in(song: Song, random: Random, longest: int = LONGEST, context_weight: float = 1.0) -> Example | None:
    """Prefix, suffix, then what lies between them; None if one of them would be empty."""
    if random.random() < 0.7:
        before, inside, after = (random.choice((1, 2, 2, 4)) * song.bar for _ in range(3))
    else:
        before, inside, after = (random.randint(2, 12) * code.TICKS for _ in range(3))
    a, b, c = before, before + inside, before + inside + after
    prefix, middle, suffix = within(song.notes, 0, a), within(song.notes, a, b), within(song.notes, b, c)
    if not (prefix and middle and suffix) or len(prefix) + len(middle) + len(suffix) > longest - 4:
        return None
    frame = frame_of([*prefix, *suffix], song, random)
    make = lambda role, start, length: turn_of(song, role, start, length, frame, song.style)  # noqa: E731
    parts = [
        Part(make(code.PREFIX, 0, 0), prefix, False, context_weight),
        Part(make(code.SUFFIX, b, 0), suffix, False, context_weight),
        Part(make(code.MIDDLE, a, inside), middle, True, 1.0),
    ]
    return code_parts(parts, frame)


def window(song: Song, random: Random, notes: int) -> Song:
    """The song from a random bar on, so that at least `notes` notes are left if it has so many."""
    latest = len(song.notes) - notes
    if latest <= 0:
        return song
    first = song.notes[random.randrange(latest)][0] // song.bar * song.bar
    left = [(o - first, d, p, v) for o, d, p, v in song.notes[bisect_left(song.notes, (first,)) :][: LONGEST * 2]]
    whole = song.ends and left[-1][0] + first == song.notes[-1][0]
    reliable = song.style != CLASSICAL  # long movements leave their printed key
    return replace(song, notes=left, ends=whole, tonic=song.tonic if reliable else None)


def training_example(song: Song, random: Random, context_weight: float) -> Example:
    """One example of a random task, with the style sometimes hidden, and the metre."""
    if random.random() < 0.1:
        song = replace(song, style=0)
    if random.random() < 0.06:
        song = replace(song, numerator=0) if song.bar == 96 else song
    if len(song.notes) > 160:
        song = window(song, random, random.choice((64, 128, 192)))
    dice = random.random()
    example = None
    if dice < 0.5:
        example = turns(song, random, call_weight=context_weight)
    elif dice < 0.75:
        example = fill_in(window(song, random, 24), random, context_weight=context_weight)
    example = example or free_run(song, random)
    return example if len(example.weight) <= LONGEST else example.cut(LONGEST)
