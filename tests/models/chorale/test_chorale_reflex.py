"""The chorale nets in compiled code sing what Chorale sings in Python, with the same dice."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from realtime.models.chorale import Chorale
from realtime.models.chorale.code import REST, History
from realtime.models.chorale.grid import folded, phases
from realtime.models.chorale.reflex import Choir, choir_push, choir_start, choir_voices
from realtime.models.chorale.reflex_history import (
    CAPACITY,
    FORGOTTEN,
    HISTORY,
    head_features,
    history_at,
    history_push,
    history_start,
    trunk_features,
)
from realtime.music.sequence import Metre
from realtime.native.jit import audio
from realtime.native.memory import aligned
from realtime.sampling.drawing import FORBIDDEN, draw
from realtime.sampling.reflex import Dice, draw_at

# (pitch, sixteenths): Old Hundredth (1551), Wachet auf (1599) and a line that leaps and leaves the soprano's range
TUNES = {
    "old hundredth": [(67, 4), (67, 4), (66, 4), (64, 4), (62, 4), (67, 4), (69, 4), (71, 8), (71, 4), (71, 4), (71, 4),
                      (69, 4), (67, 4), (72, 4), (71, 4), (69, 8), (67, 4), (69, 4), (71, 4), (69, 4), (67, 4), (64, 4),
                      (66, 4), (67, 8)],
    "wachet auf": [(63, 8), (67, 8), (70, 8), (70, 6), (72, 2), (70, 16), (72, 8), (75, 8), (74, 4), (72, 4), (74, 8),
                   (75, 16), (70, 8), (75, 8), (70, 8), (72, 8), (67, 4), (68, 4), (67, 4), (65, 4), (63, 16)],
    "leaps": [(50, 3), (86, 1), (61, 2), (94, 2), (73, 6), (42, 2), (57, 1), (58, 1), (59, 1), (60, 1), (82, 12)],
}  # fmt: skip


@audio
def start_history(address):
    history_start(history_at(address))


@audio
def push(address, pitches, phase):
    h = history_at(address)
    for v in range(4):
        h.chosen[v] = pitches[v]
    history_push(h)
    for i in range(3):
        h.phase[i] = phase[i]


@audio
def seen(address, voice, chosen, rows, classes):
    """Rows and classes of the trunk (voice -1) or of a head."""
    h = history_at(address)
    for v in range(4):
        h.chosen[v] = chosen[v]
    if voice < 0:
        trunk_features(h, rows.ctypes.data, classes.ctypes.data)
        return 0
    return head_features(h, voice, rows.ctypes.data, classes.ctypes.data)


def walk(steps: int, seed: int) -> np.ndarray:
    """(steps, 4) voices that hold, step, leap, rest and return."""
    random, line, rows = Random(seed), [67, 62, 57, 48], []
    for t in range(steps):
        if random.random() < 0.3 and t >= 16:
            rows.append(rows[t - 16])
            continue
        for v in range(4):
            if random.random() < 0.4:
                line[v] = max(40, min(81, line[v] + random.choice((-14, -5, -2, -1, 1, 2, 5, 12))))
        rows.append([REST if random.random() < 0.05 else p for p in line])
    return np.array(rows, np.int64)


def test_the_features_are_the_same_numbers():
    history, memory = History(), aligned(1, HISTORY)
    start_history(memory.ctypes.data)
    rows, classes = np.zeros(32, np.int64), np.zeros(24, np.float32)
    for t, now in enumerate(walk(300, 3)):
        history.phase = tuple(memory["phase"][0].tolist())  # type: ignore[assignment]
        seen(memory.ctypes.data, -1, now, rows, classes)
        wanted = history.trunk()
        assert (rows[:23] == wanted[0]).all(), t
        assert np.allclose(classes, wanted[1], atol=1e-6)
        for voice in (0, 3, 2, 1):
            reference = seen(memory.ctypes.data, voice, now, rows, classes)
            wanted_rows, wanted_classes, wanted_reference = history.head(voice, now.tolist())
            assert reference == wanted_reference
            assert (rows[:17] == wanted_rows).all(), (t, voice)
            assert np.allclose(classes, wanted_classes, atol=1e-6)
        history.push(now.tolist())
        push(memory.ctypes.data, now, np.array([(t + 1) % 16, (t + 1) % 12, min((t + 1) // 16, 23)]))


def test_a_full_memory_forgets_its_oldest_quarter_and_nothing_else():
    memory = aligned(1, HISTORY)
    start_history(memory.ctypes.data)
    grid = walk(CAPACITY + 40, 5)
    for now in grid:
        push(memory.ctypes.data, now, np.zeros(3, np.int64))
    length = int(memory["length"][0])
    assert length == CAPACITY + 40 - FORGOTTEN
    assert (memory["slices"][0][:length] == grid[FORGOTTEN:]).all()
    fresh = History(2048)
    for now in grid[FORGOTTEN:]:
        fresh.push(now.tolist())
    assert int(memory["copy_place"][0]) == fresh._copy[1]


@pytest.mark.parametrize("temperature", [0.0, 0.4, 1.0, 2.0])
@pytest.mark.parametrize("top_p", [0.2, 0.95, 1.0])
def test_the_same_dice_draw_the_same(temperature, top_p):
    random = np.random.default_rng(7)
    scratch = np.zeros(106)
    for k in range(500):
        logits = np.round(random.normal(0, 3, 53), 1)  # with ties
        logits[random.random(53) < 0.3] = FORBIDDEN
        if k % 50 == 0:
            logits[:] = FORBIDDEN
        wanted = draw(logits, Dice(k), temperature, top_p)  # type: ignore[arg-type]
        found = draw_at(logits.ctypes.data, 53, scratch.ctypes.data, temperature, top_p, Dice(k).random())
        assert found == wanted


@audio
def set_step(history, soprano, phase):
    h = history_at(history)
    h.chosen[0] = soprano
    for i in range(3):
        h.phase[i] = phase[i]


def sung(choir: Choir, line: list[int], seed: int, metre: Metre) -> list[list[int]]:
    choir_start(choir.address, seed)
    places = np.array(phases([metre], 0, len(line)), np.int64)
    found = []
    for soprano, phase in zip(line, places, strict=True):
        set_step(choir.history.ctypes.data, soprano, phase)
        assert choir_voices(choir.address)
        found.append(choir.history["chosen"][0].tolist())
        choir_push(choir.address)
    return found


@pytest.mark.parametrize("tune", TUNES)
@pytest.mark.parametrize(("temperature", "metre"), [(0.0, (4, 4)), (0.8, (4, 4)), (0.8, (3, 4)), (0.5, (6, 8))])
def test_it_sings_what_python_sings(tune, temperature, metre):
    line = [folded(pitch) for pitch, length in TUNES[tune] for _ in range(length)]
    model, choir = Chorale.load(), Choir()
    settings = {"temperature": temperature, "top_p": 0.95, "parallels": 4.0, "crossing": 0.0}
    model.configure(**settings)
    for name, value in settings.items():
        choir.record[name] = value
    for seed in (1, 2):
        places = phases([Metre(0.0, *metre)], 0, len(line) + 1)
        model.start(seed, places[0])
        model.random = Dice(seed)  # type: ignore[assignment]
        wanted = [list(model.voices(p, phase=places[t + 1])) for t, p in enumerate(line)]
        assert sung(choir, line, seed, Metre(0.0, *metre)) == wanted
    assert choir.errors == 0


def test_it_keeps_to_the_pitch_classes_asked_for():
    choir = Choir()
    choir.record["classes"] = sum(1 << c for c in (0, 4, 7))
    line = [72] * 4 + [76] * 4 + [79] * 4
    assert {p % 12 for step in sung(choir, line, 1, Metre(0.0, 4, 4)) for p in step[1:]} <= {0, 4, 7}
