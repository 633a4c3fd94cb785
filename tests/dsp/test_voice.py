"""Voice bookkeeping and the shared envelope: who is stolen, how lanes move, when segments end."""

import numpy as np
import pytest

from realtime.dsp.envelope import (
    ENVELOPE_ROWS,
    LEVEL,
    attack_keep,
    envelope_lanes,
    envelope_release,
    envelope_start,
    fall_keep,
)
from realtime.dsp.voice import BORN, DYING, HELD, NOTE_ROWS, move_lane, voice_to_steal

ZERO = np.int64(0)


def voices(*rows):
    """Notes and levels from (born, held, dying, level) a voice."""
    notes, levels = np.zeros((NOTE_ROWS, 16), np.int64), np.zeros(16, np.float32)
    for lane, (born, held, dying, level) in enumerate(rows):
        notes[BORN, lane], notes[HELD, lane], notes[DYING, lane], levels[lane] = born, held, dying, level
    return notes, levels, np.int64(len(rows))


def test_nobody_is_stolen_while_there_is_room():
    assert voice_to_steal(*voices((1, 1, 0, 1.0), (2, 1, 0, 1.0)), np.int64(3)) == -1


def test_the_quietest_released_voice_goes_first_then_the_oldest():
    released = voices((1, 1, 0, 1.0), (2, 0, 0, 0.5), (3, 0, 0, 0.2), (4, 1, 0, 0.1))
    assert voice_to_steal(*released, np.int64(4)) == 2
    held = voices((5, 1, 0, 1.0), (2, 1, 0, 0.5), (3, 1, 0, 0.2))
    assert voice_to_steal(*held, np.int64(3)) == 1


def test_dying_voices_do_not_count():
    assert voice_to_steal(*voices((1, 0, 1, 0.1), (2, 1, 0, 1.0), (3, 1, 0, 1.0)), np.int64(3)) == -1


def test_lanes_move_whole():
    lanes = np.arange(32, dtype=np.float32).reshape(4, 8)
    move_lane(lanes, np.int64(2), np.int64(7))
    assert lanes[:, 2].tolist() == [7, 15, 23, 31]


def run(lanes, samples, chunk):
    out = np.zeros((samples, 16), np.float32)
    for at in range(0, samples, chunk):
        n = min(chunk, samples - at)
        envelope_lanes(lanes, ZERO, out[at : at + n], np.int64(16), np.int64(n))
    return out[:, 0]


@pytest.mark.parametrize("chunk", [1, 5, 32])
def test_segments_end_on_time_whatever_the_chunk(chunk):
    rate = 48000.0
    lanes = np.zeros((ENVELOPE_ROWS, 16), np.float32)
    envelope_start(lanes, ZERO, ZERO, attack_keep(0.01, rate), fall_keep(0.1, rate), np.float32(0.25))
    level = run(lanes, 9600, chunk)
    assert abs(int(np.argmax(level)) - 479) <= 4 and level.max() == 1.0
    assert level[480 + 4800] - 0.25 == pytest.approx(0.75e-3, rel=0.05)
    envelope_release(lanes, ZERO, ZERO, fall_keep(0.05, rate))
    level = run(lanes, 4800, chunk)
    assert level[2399] == pytest.approx(0.25e-3, rel=0.02)


def test_a_new_attack_starts_where_the_level_is():
    lanes = np.zeros((ENVELOPE_ROWS, 16), np.float32)
    lanes[LEVEL, 0] = 0.5
    envelope_start(lanes, ZERO, ZERO, attack_keep(0.1, 48000.0), fall_keep(0.1, 48000.0), np.float32(1.0))
    level = run(lanes, 480, 32)
    assert 0.5 < level[0] < 0.51 and (np.diff(level) > 0).all()
