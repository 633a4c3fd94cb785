"""Four-times oversampling by two linear-phase half-band FIR stages, kept as phases so that every loop vectorises;
[audio].

Source: Vaidyanathan, Multirate Systems and Filter Banks, 1993, ch. 4 (half-band filters, polyphase form). A signal at
four times the rate is four arrays at the base rate: phase p holds samples p, p + 4, p + 8 … No sample is ever
interleaved.
Each array begins with HISTORY samples of the past, then up to 64 new ones. The way up and down delays 36 samples
exactly.
"""

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import copy_memory, f32_view

HISTORY = 40
"""Past samples kept before the quantum in every array."""
ROW = HISTORY + 64
"""Floats of one array."""
OVERSAMPLING_DELAY = 36
"""Samples from input to output, both stages up and down."""


def _halfband(taps: int, beta: float) -> np.ndarray:
    """The nonzero off-centre taps of a Kaiser half-band filter of length 2 * taps - 1, summing to 1 (interpolation
    gain)."""
    offset = np.arange(taps) * 2.0 - (taps - 1.0)
    window = np.i0(beta * np.sqrt(1.0 - (offset / taps) ** 2)) / np.i0(beta)
    h = np.sinc(offset / 2.0) * window
    return (h / h.sum()).astype(np.float32)


_A = tuple(_halfband(32, 6.5))  # flat within 0.1 dB to 0.43 of the base rate, 70 dB from 0.57
_B = tuple(_halfband(10, 7.5))  # the second stage has an octave of transition
_HALF = np.float32(0.5)


INPUT, EVEN, ODD, PAST, UP, SHAPED, DOWN_EVEN, DOWN_ODD, DRY = (row * ROW for row in (0, 1, 2, 3, 4, 8, 12, 13, 14))
"""Where the arrays of one channel begin in its work memory of ROWS * ROW floats: UP and SHAPED are four phases each,
PAST is the last phase one sample late, so that PAST and UP together hold every sample's predecessor one row further
up."""
ROWS = 15


# Each loop reads and writes separate views and only adds to its counter: so LLVM can prove (or check once) that nothing
# overlaps and no index is negative, and vectorises it.


@audio
def _fir32(x, y, frames):
    """y[t] = the symmetric 32-tap sum over x[t .. t + 31]."""
    for t in range(frames):
        y[t] = (
            _A[0] * (x[t] + x[t + 31]) + _A[1] * (x[t + 1] + x[t + 30])
            + _A[2] * (x[t + 2] + x[t + 29]) + _A[3] * (x[t + 3] + x[t + 28])
            + _A[4] * (x[t + 4] + x[t + 27]) + _A[5] * (x[t + 5] + x[t + 26])
            + _A[6] * (x[t + 6] + x[t + 25]) + _A[7] * (x[t + 7] + x[t + 24])
            + _A[8] * (x[t + 8] + x[t + 23]) + _A[9] * (x[t + 9] + x[t + 22])
            + _A[10] * (x[t + 10] + x[t + 21]) + _A[11] * (x[t + 11] + x[t + 20])
            + _A[12] * (x[t + 12] + x[t + 19]) + _A[13] * (x[t + 13] + x[t + 18])
            + _A[14] * (x[t + 14] + x[t + 17]) + _A[15] * (x[t + 15] + x[t + 16])
        )  # fmt: skip


@audio
def _fir10(last, other, y, frames):
    """y[t] = 10-tap sum over an interleaved stream: last[t .. t + 4] holds its newest sample, other[t .. t + 4] the
    rest."""
    for t in range(frames):
        y[t] = (
            _B[0] * (last[t + 4] + other[t]) + _B[1] * (other[t + 4] + last[t])
            + _B[2] * (last[t + 3] + other[t + 1]) + _B[3] * (other[t + 3] + last[t + 1])
            + _B[4] * (last[t + 2] + other[t + 2])
        )  # fmt: skip


@audio
def _copy(x, y, frames):
    for t in range(frames):
        y[t] = x[t]


@audio
def _half_sum(x, y, frames):
    for t in range(frames):
        y[t] = _HALF * (y[t] + x[t])


@audio
def upsample4(work, frames):
    """Row INPUT at the base rate becomes the four rows from UP. work: address of float32[ROWS * ROW]."""
    even, odd, up = work + 4 * (EVEN + HISTORY), work + 4 * (ODD + HISTORY), work + 4 * (UP + HISTORY)
    source = work + 4 * HISTORY
    _fir32(f32_view(source - 4 * 31, 96), f32_view(even, 64), frames)
    _copy(f32_view(source - 4 * 15, 64), f32_view(odd, 64), frames)
    _fir10(f32_view(even - 16, 68), f32_view(odd - 20, 68), f32_view(up, 64), frames)
    _copy(f32_view(even - 8, 64), f32_view(up + 4 * ROW, 64), frames)
    _fir10(f32_view(odd - 16, 68), f32_view(even - 16, 68), f32_view(up + 8 * ROW, 64), frames)
    _copy(f32_view(odd - 8, 64), f32_view(up + 12 * ROW, 64), frames)
    _copy(f32_view(up + 12 * ROW - 4, 64), f32_view(work + 4 * (PAST + HISTORY), 64), frames)


@audio
def downsample4(work, y, frames):
    """The four rows from SHAPED back to y[0:frames] at the base rate. work: address of float32[ROWS * ROW]."""
    even, odd, shaped = work + 4 * (DOWN_EVEN + HISTORY), work + 4 * (DOWN_ODD + HISTORY), work + 4 * (SHAPED + HISTORY)
    a, b, c, d = shaped, shaped + 4 * ROW, shaped + 8 * ROW, shaped + 12 * ROW
    _fir10(f32_view(a - 16, 68), f32_view(c - 20, 68), f32_view(even, 64), frames)
    _half_sum(f32_view(d - 12, 64), f32_view(even, 64), frames)
    _fir10(f32_view(c - 16, 68), f32_view(a - 16, 68), f32_view(odd, 64), frames)
    _half_sum(f32_view(b - 8, 64), f32_view(odd, 64), frames)
    # One sample of the double rate in between makes the whole delay a whole number.
    _fir32(f32_view(odd - 4 * 32, 96), y, frames)
    _half_sum(f32_view(even - 4 * 16, 64), y, frames)


@audio
def keep_history(work, frames):
    """Move the last HISTORY samples of every row to its front."""
    for row in range(ROWS):
        begin = work + 4 * row * ROW
        if frames >= HISTORY:
            copy_memory(begin, begin + 4 * frames, 4 * HISTORY)
        else:
            array = f32_view(begin, ROW)
            for i in range(HISTORY):
                array[i] = array[i + frames]
