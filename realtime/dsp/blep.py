"""Minimum-phase band-limited steps and ramps: tables of residuals made on [main], added to a signal on [audio].

Brandt, Hard Sync Without Aliasing (ICMC 2001); Stilson & Smith, Alias-Free Digital Synthesis of Classic Analog
Waveforms (ICMC 1996). A sampled waveform is a smooth part plus corners; each corner adds a row of the table, chosen by
the fraction of its time. Minimum phase: nothing precedes the corner, so an oscillator has no latency. The kernel's
delay at DC (`delay` samples) turns a slope m into an offset -m*delay, which oscillators subtract from the smooth part.
"""

import functools

import numpy as np

from realtime.native.jit import audio

TAPS = 48
"""Samples a corner rings on."""
PHASES = 64
"""Rows per sample; rows in between are interpolated linearly."""
STEP = 0
"""First float of the step residuals in the table."""
RAMP = TAPS * (PHASES + 1)
"""First float of the ramp residuals."""
DELAY = 2 * RAMP
"""Where the table keeps the kernel's delay at DC, samples."""
TABLE_FLOATS = DELAY + 16
_STOPBAND_DB = 70.0

_F = np.float32


def minimum_phase(kernel: np.ndarray) -> np.ndarray:
    """The soonest impulse response of that magnitude, by the real cepstrum (Oppenheim & Schafer, ch. 13)."""
    size = 1 << int(np.ceil(np.log2(len(kernel) * 32)))
    magnitude = np.maximum(np.abs(np.fft.fft(kernel, size)), 1e-7)
    cepstrum = np.fft.ifft(np.log(magnitude)).real
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    return np.fft.ifft(np.exp(np.fft.fft(cepstrum))).real[: len(kernel)]


@functools.cache
def blep_table() -> np.ndarray:
    """float32[TABLE_FLOATS]: step rows, ramp rows, delay. Flat to 0.41 of the sample rate, 70 dB down from 0.5."""
    length = TAPS * PHASES
    transition = (_STOPBAND_DB - 8.0) / (14.36 * TAPS)  # Kaiser's estimate, cycles per sample
    middle = 0.5 - transition / 2.0
    time = (np.arange(length + 1) - length / 2.0) / PHASES
    kernel = np.sinc(2.0 * middle * time) * np.kaiser(length + 1, 0.1102 * (_STOPBAND_DB - 8.7))
    kernel = minimum_phase(kernel / kernel.sum())
    kernel[-PHASES:] *= np.cos(np.linspace(0.0, np.pi / 2.0, PHASES)) ** 2  # the cut tail must reach zero
    kernel /= kernel.sum()
    step = np.concatenate(([0.0], np.cumsum(0.5 * (kernel[1:] + kernel[:-1]))))
    step /= step[-1]
    ramp = np.concatenate(([0.0], np.cumsum(0.5 * (step[1:] + step[:-1])))) / PHASES
    at = np.arange(length + 1) / PHASES
    delay = at[-1] - ramp[-1]
    table = np.zeros(TABLE_FLOATS, np.float32)
    pad = np.zeros(PHASES)  # the last row is the first one, one sample later
    for first, residual in ((STEP, step - 1.0), (RAMP, ramp - at + delay)):
        padded = np.concatenate((residual, pad))
        for row in range(PHASES + 1):
            table[first + row * TAPS : first + (row + 1) * TAPS] = padded[row : row + length : PHASES]
    table[DELAY] = delay
    return table


@audio
def add_corner(out, at, late, amount, table, first):
    """Add a step (first=STEP, amount = its height) or a change of slope (first=RAMP, amount per sample) to `out`.

    The corner lies `late` samples (0..1) before sample `at`; out[at : at + TAPS] is changed.
    """
    place = late * _F(PHASES)
    row = min(np.int64(place), PHASES - 1)
    weight = place - _F(row)
    base = first + row * TAPS
    target = out[at : at + TAPS]
    this, following = table[base : base + TAPS], table[base + TAPS : base + 2 * TAPS]
    for j in range(TAPS):
        target[j] += amount * (this[j] + weight * (following[j] - this[j]))
