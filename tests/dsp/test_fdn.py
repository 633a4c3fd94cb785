"""The feedback matrix keeps energy, the lines share no period, absorption never grows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.dsp.fdn import ABSORPTION, LINES, ROW, absorb, aim_absorption, hadamard, line_lengths
from realtime.native.memory import aligned


def test_hadamard_is_orthogonal():
    rows = aligned(LINES * ROW)
    matrix = rows.reshape(LINES, ROW)
    matrix[:, :LINES] = np.eye(LINES)
    hadamard(rows.ctypes.data, LINES)
    mixed = matrix[:, :LINES] / 4.0
    np.testing.assert_allclose(mixed @ mixed.T, np.eye(LINES), atol=1e-6)


@pytest.mark.parametrize("rate", [44100.0, 48000.0, 96000.0, 192000.0])
def test_line_lengths_have_no_common_factor(rate):
    lengths = line_lengths(rate).astype(int)
    assert all(math.gcd(int(a), int(b)) == 1 for i, a in enumerate(lengths) for b in lengths[:i])
    assert lengths.min() * 0.4 > 70


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.floats(0.2, 20), st.floats(0.5, 1.5), st.floats(0.1, 1.0), st.floats(2000, 16000), st.floats(0.4, 2.0),
    st.sampled_from([44100.0, 192000.0]), st.floats(0, 1),
)  # fmt: skip
def test_no_frequency_gains_in_the_loop(decay_s, bass, treble, damping_hz, size, rate, frozen):
    record = np.zeros(1, ABSORPTION)[0]
    lengths = line_lengths(rate) * size
    aim_absorption(record, lengths, rate, decay_s, bass, treble, 200.0, damping_hz, frozen)
    z = np.exp(-2j * np.pi * np.geomspace(1, rate / 2, 300) / rate)
    a, b = float(record["low_step"]), float(record["high_step"])
    low, high = a / (1 - (1 - a) * z), b / (1 - (1 - b) * z)
    for j in range(LINES):
        gain, bass_gain, treble_gain = (float(record["end"][j + k * LINES]) for k in range(3))
        h = gain * (1 + bass_gain * low) * (treble_gain + (1 - treble_gain) * high)
        assert np.abs(h).max() <= 1.0 + 1e-6


def test_the_kernel_has_that_response():
    record = np.zeros(1, ABSORPTION)
    lengths = line_lengths(48000.0)
    aim_absorption(record[0], lengths, 48000.0, 1.0, 1.3, 0.4, 200.0, 5000.0, 0.0)
    record["now"] = record["end"]
    rows = aligned(LINES * ROW)
    matrix, out = rows.reshape(LINES, ROW), []
    for block in range(200):
        matrix[:] = 0.0
        matrix[:, 0] = block == 0
        absorb(rows.ctypes.data, record[0], ROW)
        out.append(matrix.copy())
    response = np.abs(np.fft.rfft(np.concatenate(out, axis=1), axis=1))
    at_1k = response[:, round(1000 * 200 * ROW / 48000)]
    np.testing.assert_allclose(20 * np.log10(at_1k), -60.0 * lengths / 48000.0 / 1.0, atol=0.02)
