"""Band-limited corners and oscillators: what they leave above the Nyquist frequency, and exact phase."""

import numpy as np

from realtime.dsp.blep import DELAY, PHASES, RAMP, STEP, TAPS, blep_table
from realtime.dsp.lfo import SHAPES, lfo_value, random_bipolar
from realtime.dsp.oscillator import HALF, MASK, TURN, add_saw, sine_of_half_turns

TABLE = blep_table()


def rows(first):
    return TABLE[first : first + TAPS * (PHASES + 1)].reshape(PHASES + 1, TAPS).astype(float)


def test_residuals_begin_whole_and_end_in_nothing():
    assert rows(STEP)[0, 0] == -1.0 and abs(rows(RAMP)[0, 0] - TABLE[DELAY]) < 1e-5
    assert np.abs(rows(STEP)[:, -1]).max() < 1e-4 and np.abs(rows(RAMP)[:, -1]).max() < 1e-4


def test_the_step_is_silent_above_the_nyquist_frequency():
    """The finely sampled step's derivative is the kernel: 70 dB down from half the sample rate on."""
    fine = np.concatenate((rows(STEP)[:PHASES].T.reshape(-1) + 1.0, [1.0]))
    kernel = np.diff(fine)
    response = 20 * np.log10(np.abs(np.fft.rfft(kernel, 1 << 16)) + 1e-12)
    frequency = np.arange(len(response)) * PHASES / (1 << 16)
    assert response[(frequency > 0.5) & (frequency < 8)].max() < -66.0
    assert np.abs(response[frequency < 0.40]).max() < 0.1


def test_next_row_is_the_first_row_one_sample_later():
    assert np.allclose(rows(STEP)[-1, :-1], rows(STEP)[0, 1:], atol=1e-6)


def saw(increment, samples, chunk):
    out = np.zeros(samples + TAPS + chunk, np.float32)
    phase = np.int64(HALF)
    for at in range(0, samples, chunk):
        n = min(chunk, samples - at)
        add_saw(out, np.int64(at), np.int64(n), phase, increment, increment, np.float32(1.0), np.float32(0.0), TABLE)
        phase = np.int64((phase + n * increment) & MASK)
    return out[:samples]


def test_chunks_do_not_show():
    increment = np.int64(1234.5 / 48000.0 * TURN)
    whole = saw(increment, 960, 960)
    assert np.abs(whole - saw(increment, 960, 32)).max() < 1e-6
    assert np.abs(whole - saw(increment, 960, 7)).max() < 1e-6


def test_a_saw_has_no_dc_and_its_harmonics_fall_as_one_over_n():
    increment = np.int64(TURN // 96)  # 500 Hz at 48 kHz: a period of 96 samples
    out = saw(increment, 9696, 32)[96:].astype(float)
    harmonics = np.abs(np.fft.rfft(out))[:: len(out) // 96] / len(out) * 2
    assert harmonics[0] < 1e-5
    assert np.allclose(harmonics[1:30] * np.arange(1, 30), 2 / np.pi, rtol=0.01)


def test_sine_polynomial():
    x = np.linspace(-1, 1, 4001, dtype=np.float32)
    assert np.abs([sine_of_half_turns(v) - np.sin(np.pi * np.float64(v)) for v in x]).max() < 1e-6


def test_lfo_shapes_stay_in_range_and_random_is_steady():
    for shape in range(len(SHAPES)):
        wave = [lfo_value(np.int64(shape), np.float32(p), np.int64(3)) for p in np.linspace(0, 0.999, 200)]
        assert min(wave) >= -1.0 and max(wave) <= 1.0 and (shape == 4) == (min(wave) == max(wave))
    draws = np.array([random_bipolar(np.int64(i)) for i in range(4000)])
    assert abs(draws.mean()) < 0.03 and 0.55 < draws.std() < 0.6 and draws[7] == random_bipolar(np.int64(7))
