"""A note model whose package carries a copy guard writes no run that the guard knows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from realtime.models.base import PACKAGES, NoteModel, model_class, model_names
from realtime.music.melody_code import on_step
from realtime.music.sequence import Note, NoteSequence
from realtime.neural.package import load_package
from realtime.sampling.copyguard import CopyGuard
from realtime.sampling.line_guard import RUN_PAIRS, Line, make_table, run_hashes

Ticks, Pitches = list[int], list[int]
BARS, SEED = 12, 5
DRUMS = 9
TAKES_A_PROMPT = {"disguise": NoteSequence([Note(k * 0.5, 0.5, 60 + (5 * k + k // 7) % 13, 0.7) for k in range(96)])}
BARE = {"accompany": {"pad": 0.0}}  # without what only doubles the chords
AS_COUNTED = {"phrase": on_step}  # the time between onsets, where runs of nearly the same rhythm are one


def carries_a_guard(name: str) -> bool:
    extra = load_package(PACKAGES / f"{name}.onnx", kind="notes").extra
    return any("guard" in key for key in (*extra, *(extra.get("code") or {}), *(extra.get("tables") or {})))


GUARDED = [name for name in model_names() if carries_a_guard(name)]


def lines(name: str, model: NoteModel) -> list[tuple[Ticks, Pitches]]:
    """The highest notes of every channel, in ticks of 1/24 beat."""
    music = model.generate(TAKES_A_PROMPT.get(name), BARS, SEED, **BARE.get(name, {}))
    found = []
    for channel in sorted({n.channel for n in music.notes} - {DRUMS}):
        top: dict[int, int] = {}
        for n in music.notes:
            if n.channel == channel:
                top[round(24 * n.beat)] = max(top.get(round(24 * n.beat), 0), n.pitch)
        found.append((sorted(top), [top[t] for t in sorted(top)]))
    return found


def runs(name: str, line: tuple[Ticks, Pitches], notes: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every run of so many notes, by interval and time between onsets."""
    count = AS_COUNTED.get(name, int)
    steps = zip(itertools.pairwise(line[0]), itertools.pairwise(line[1]), strict=True)
    pairs = [(q - p, count(b - a)) for (a, b), (p, q) in steps]
    for k in range(len(pairs) - notes + 2):
        yield tuple(pairs[k : k + notes - 1])


def length_of(model: NoteModel) -> int:
    """Notes of the runs that a model's guard holds."""
    return RUN_PAIRS + 1 if isinstance(model.guard, np.ndarray) else model.guard.notes


def guard_over(name: str, model: NoteModel, written: list[tuple[Ticks, Pitches]]) -> CopyGuard | np.ndarray:
    """A guard of a model's own kind that knows what was written, and nothing else."""
    if isinstance(model.guard, np.ndarray):
        return make_table(np.concatenate([run_hashes(np.array(t), np.array(p)) for t, p in written]))
    guard = CopyGuard.for_count(length_of(model), 4096, 24.0)
    for line in written:
        for run in runs(name, line, guard.notes):
            guard.add(run)
    return guard


def test_most_models_that_write_lines_carry_a_guard():
    assert set(GUARDED) >= {"accompany", "collage", "disguise", "genie", "morph", "phrase"}


@pytest.mark.parametrize("name", GUARDED)
def test_what_a_model_would_write_is_not_written_once_its_guard_knows_it(name):
    model = model_class(name).load()
    notes = length_of(model)
    model.guard = guard_over(name, model, [([], [])])
    free = lines(name, model)
    known = {run for line in free for run in runs(name, line, notes)}
    assert len(known) >= 4, "music too short to show anything"
    assert {run for line in lines(name, model) for run in runs(name, line, notes)} == known, "the same seed"
    model.guard = guard_over(name, model, free)
    guarded = [run for line in lines(name, model) for run in runs(name, line, notes)]
    assert len(guarded) >= 4 and not known & set(guarded)


@pytest.mark.parametrize("name", GUARDED)
def test_the_shipped_guard_knows_nothing_of_what_is_written(name):
    model = model_class(name).load()
    for ticks, pitches in lines(name, model):
        if isinstance(model.guard, np.ndarray):
            line = Line(model.guard, scale=1)
            for tick, pitch in zip(ticks, pitches, strict=True):
                assert not line.knows(tick, pitch)
                line.add(tick, pitch)
        else:
            assert not any(model.guard.knows(run) for run in runs(name, (ticks, pitches), model.guard.notes))
