"""Oversampling: flat where it is heard, silent where it would fold, a whole delay."""

import numpy as np
import pytest

from realtime.dsp.halfband import (
    DRY,
    HISTORY,
    OVERSAMPLING_DELAY,
    ROW,
    ROWS,
    SHAPED,
    UP,
    downsample4,
    keep_history,
    upsample4,
)
from realtime.native.memory import aligned


def there_and_back(x: np.ndarray, block: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """(signal at four times the rate, the same brought back), without anything in between."""
    work, y, wide = aligned(ROWS * ROW), np.zeros_like(x), []
    address = work.ctypes.data
    for at in range(0, len(x), block):
        frames = min(block, len(x) - at)
        work[HISTORY : HISTORY + frames] = x[at : at + frames]
        upsample4(address, frames)
        phases = work[UP : UP + 4 * ROW].reshape(4, ROW)[:, HISTORY : HISTORY + frames]
        wide.append(phases.T.ravel().copy())
        work[SHAPED : SHAPED + 4 * ROW] = work[UP : UP + 4 * ROW]
        out = np.zeros(64, np.float32)
        downsample4(address, out, frames)
        y[at : at + frames] = out[:frames]
        keep_history(address, frames)
    return np.concatenate(wide), y


def test_round_trip_is_flat_and_exactly_delayed():
    x = np.zeros(4096, np.float32)
    x[100] = 1.0
    for block in (64, 23, 1):
        _, y = there_and_back(x, block)
        assert int(y.argmax()) - 100 == OVERSAMPLING_DELAY
        level = 20 * np.log10(np.abs(np.fft.rfft(y)))
        heard = np.fft.rfftfreq(4096, 1 / 48000) < 19500
        assert np.abs(level[heard]).max() < 0.1


def test_images_of_a_high_note_are_gone():
    hz = 18000.0
    x = np.sin(2 * np.pi * hz / 48000 * np.arange(16384)).astype(np.float32)
    wide, _ = there_and_back(x)
    part = wide[-32768:] * np.blackman(32768)
    level = 20 * np.log10(np.abs(np.fft.rfft(part)) + 1e-12)
    f = np.fft.rfftfreq(32768, 1 / 192000)
    assert level[np.abs(f - hz) > 500].max() - level.max() < -65.0


def test_direct_current_keeps_its_level_in_every_phase():
    wide, y = there_and_back(np.ones(1024, np.float32))
    np.testing.assert_allclose(wide[-512:], 1.0, atol=2e-6)
    np.testing.assert_allclose(y[-256:], 1.0, atol=2e-6)


@pytest.mark.parametrize("frames", [64, 23, 1])
def test_stages_write_into_their_own_rows_alone(frames):
    """Going up leaves what was shaped and the dry signal alone; coming down leaves the four phases and the dry signal
    alone; nothing is written behind the memory."""
    mark = np.float32(0.123)
    work = aligned(ROWS * ROW + ROW)
    work[: ROWS * ROW] = np.random.default_rng(1).standard_normal(ROWS * ROW)
    work[DRY:] = mark
    shaped = work[SHAPED : SHAPED + 4 * ROW].copy()
    upsample4(work.ctypes.data, frames)
    np.testing.assert_array_equal(work[SHAPED : SHAPED + 4 * ROW], shaped)
    np.testing.assert_array_equal(work[DRY:], mark)
    phases = work[UP : UP + 4 * ROW].copy()
    out = np.full(ROW, mark, np.float32)
    downsample4(work.ctypes.data, out, frames)
    np.testing.assert_array_equal(work[UP : UP + 4 * ROW], phases)
    np.testing.assert_array_equal(work[DRY:], mark)
    assert (out[:frames] != mark).all() and (out[frames:] == mark).all()
    keep_history(work.ctypes.data, frames)
    np.testing.assert_array_equal(work[ROWS * ROW :], mark)
