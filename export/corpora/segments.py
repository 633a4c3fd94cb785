"""Tunes cut into turns (call, answer, call, ...) and coded as the events of realtime.music.melody_code; [any]."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np

from export.corpora.tune import Tune
from realtime.music.keyfinding import find_key
from realtime.music.melody_code import (
    ANSWER,
    CALL,
    END,
    FIELDS,
    STEPS,
    TICKS,
    Frame,
    Turn,
    metre_class,
    step_class,
)

IGNORE = -100  # no loss here


@dataclass(slots=True)
class Stream:
    """Coded turns of one tune. events (T, fields) feed the model; targets (T, 3) are the duration of the event
    itself and the delta and pitch of the next one (IGNORE where none); answer (T,) marks targets that belong to an
    answer."""

    events: np.ndarray
    targets: np.ndarray
    answer: np.ndarray


def plan_turns(tune: Tune, random: Random, turn_bars: int | None = None, phase: int = 0) -> list[tuple[int, int]]:
    """(start, length) in ticks of consecutive turns. Random length and phase, unless turn_bars is given: then exact
    bars from `phase`."""
    last = tune.notes[-1][0]
    bar = tune.bar
    if turn_bars is not None:
        length, start = turn_bars * bar, phase * bar
    elif random.random() < 0.75:
        length = random.choices((1, 2, 4, 8), (0.15, 0.4, 0.35, 0.1))[0] * bar
        start = random.randrange(max(1, length // bar)) * bar
    else:  # a performer need not begin on a bar line
        length = random.randint(2, 12) * TICKS
        start = random.randrange(max(1, length // TICKS)) * TICKS
    turns = []
    while start <= last:
        turns.append((start, length))
        start += length
    return turns


def choose_frame(tune: Tune, call: list[tuple[int, int, int]], random: Random | None) -> Frame:
    """Key and register as a player would find them in the call; in training (random given) sometimes the printed key
    or a wrong one."""
    tonic, mode = tune.tonic, tune.mode
    dice = 1.0 if random is None else random.random()
    if tonic is None or dice > 0.55:
        found = find_key([p for _, _, p in call], [d for _, d, _ in call])
        tonic, mode = found.tonic, found.mode
    if random is not None and random.random() < 0.08:
        tonic, mode = (tonic + random.choice((5, 7))) % 12, random.choice((mode, ""))
    mean = sum(p for _, _, p in call) / len(call)
    if random is not None:
        mean += random.gauss(0.0, 3.0)
    return Frame.around(tonic, mode, mean)


def code_turn(
    turn: Turn, notes: list[tuple[int, int, int]], frame: Frame, rows: list, targets: list, answers: list
) -> None:
    """Appends the separator and the notes of one turn to rows, and what is to be predicted from each of them."""
    answer = turn.role == ANSWER
    rows.append(turn.separator())
    targets.append([IGNORE, END if answer else IGNORE, IGNORE])
    answers.append(answer)
    at, before = turn.start_tick, 0
    for i, (onset, duration, pitch) in enumerate(notes):
        delta = step_class(onset - at, lowest=1 if i else 0)
        at += STEPS[delta]
        if answer and at >= turn.start_tick + turn.length_ticks:
            break
        token = frame.encode(pitch)
        targets[-1][1:] = [delta, token]
        rows.append(turn.event(delta, token, before, at))
        before = step_class(duration, lowest=1)
        targets.append([before, END if answer else IGNORE, IGNORE])
        answers.append(answer)


def make_stream(
    tune: Tune, random: Random | None = None, turn_bars: int | None = None, phase: int = 0, longest: int = 288
) -> Stream | None:
    """One coded stream of a tune, or None if it has no complete call and answer. random: training's variation; None:
    evaluation."""
    dice = random or Random(0)
    turns = plan_turns(tune, dice, turn_bars, phase)
    cut = [[n for n in tune.notes if start <= n[0] < start + length] for start, length in turns]
    full = [bool(notes) and start + length <= tune.notes[-1][0] + tune.notes[-1][1] + TICKS
            for (start, length), notes in zip(turns, cut, strict=True)]  # fmt: skip
    rows: list[tuple[int, ...]] = []
    targets: list[list[int]] = []
    answers: list[bool] = []
    metre, bar = metre_class(tune.numerator, tune.denominator), tune.bar
    if random is not None and random.random() < 0.08:
        metre = 0
    frame = None
    for i in range(0, len(turns) - 1, 2):
        if not (full[i] and full[i + 1]):
            break
        if frame is None:
            frame = choose_frame(tune, cut[i], random)
        for role, k in ((CALL, i), (ANSWER, i + 1)):
            start, length = turns[k]
            turn = Turn(role, start, length if role == ANSWER else 0, metre, bar, frame.mode_class)
            code_turn(turn, cut[k], frame, rows, targets, answers)
        if len(rows) > longest:
            break
    if not rows:
        return None
    assert len(rows[0]) == len(FIELDS)
    return Stream(np.array(rows, np.int16), np.array(targets, np.int16), np.array(answers, bool))
