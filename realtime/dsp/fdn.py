"""Feedback delay network of 16 lines: modulated reads, absorption per line, Hadamard mixing, a quantum at a time;
[audio].

Sources: Jot and Chaigne, "Digital delay networks for designing artificial reverberators", AES 90 (1991): a line of d
samples that should lose 60 dB in T seconds has the gain 10^(-3 d / (rate T)), at every frequency; here two
first-order shelves around 1 kHz bend it. Every line is longer than a quantum, so the loop need not be walked sample
by sample: each step is a row of 64.
"""

import math

import numpy as np

from realtime.dsp.delay_line import GUARD, read_gliding, write_ring
from realtime.native.jit import audio
from realtime.native.memory import f32_view

LINES = 16
ROW = 64
LENGTHS_MS = (
    21.07, 23.41, 25.93, 28.37, 31.19, 34.03, 36.97, 40.31, 43.67, 47.23, 51.13, 55.21, 59.77, 64.63, 69.89, 75.41,
)  # fmt: skip
"""Lengths at size 1: about 8 % apart, no common period."""
LONGEST = 2.0
"""Largest size factor."""

ABSORPTION = np.dtype(
    [
        # each line: gain, gain of the low shelf - 1, gain of the high shelf
        ("now", "f4", (3 * LINES,)),
        ("end", "f4", (3 * LINES,)),
        ("low", "f4", (LINES,)),  # one-pole states
        ("high", "f4", (LINES,)),
        ("low_step", "f4"),  # one-pole coefficients of the two crossovers
        ("high_step", "f4"),
    ],
    align=True,
)


def line_lengths(sample_rate: float) -> np.ndarray:
    """Lengths in samples at size 1, as distinct odd numbers without common small factors. [main]"""
    result: list[int] = []
    for ms in LENGTHS_MS:
        n = int(ms * sample_rate / 1000.0) | 1
        while any(math.gcd(n, other) != 1 for other in result):
            n += 2
        result.append(n)
    return np.array(result, np.float64)


@audio
def _one_pole_at(step, w):
    """Complex gain (real, imaginary) of s += step (x - s) at w radians per sample."""
    # H = step / (1 - (1 - step) z^-1)
    re, im = 1.0 - (1.0 - step) * math.cos(w), (1.0 - step) * math.sin(w)
    d = re * re + im * im
    return step * re / d, -step * im / d


@audio
def aim_absorption(absorption, lengths, sample_rate, decay_s, bass, treble, low_hz, high_hz, frozen):
    """Set absorption.end for a decay of decay_s at 1 kHz, times `bass` far below low_hz and `treble` far above high_hz.

    lengths: float64[16], samples. frozen: 0..1, from that decay to no decay at all.
    """
    a = -math.expm1(-2.0 * math.pi * low_hz / sample_rate)
    b = -math.expm1(-2.0 * math.pi * min(high_hz, 0.45 * sample_rate) / sample_rate)
    absorption.low_step, absorption.high_step = np.float32(a), np.float32(b)
    w = 2.0 * math.pi * 1000.0 / sample_rate
    ar, ai = _one_pole_at(a, w)
    br, bi = _one_pole_at(b, w)
    end = absorption.end
    for j in range(LINES):
        loss = (1.0 - frozen) * math.log(1000.0) * lengths[j] / sample_rate / decay_s  # nepers in the middle
        low, high = math.exp(loss - loss / bass), math.exp(loss - loss / treble)
        l = math.hypot(1.0 + (low - 1.0) * ar, (low - 1.0) * ai)  # noqa: E741
        h = math.hypot(high + (1.0 - high) * br, (1.0 - high) * bi)
        # Both shelves still act a little at 1 kHz; the gain takes that back, but never up to a loop that grows.
        gain = min(math.exp(-loss) / (l * h), math.exp(-0.3 * loss) / max(low, 1.0))
        end[j], end[LINES + j], end[2 * LINES + j] = np.float32(gain), np.float32(low - 1.0), np.float32(high)


@audio
def _absorb_line(row, low, high, gain, bass, treble, d_gain, d_bass, d_treble, a, b, frames):
    for t in range(frames):
        x = row[t]
        low += a * (x - low)
        u = x + bass * low
        high += b * (u - high)
        row[t] = gain * (treble * (u - high) + high)
        gain += d_gain
        bass += d_bass
        treble += d_treble
    return low, high


@audio
def _absorb_four(w, low, high, gains, j, a, b, frames):
    """Four lines side by side, gains at rest: four independent recursions hide each other's latency."""
    g0, g1, g2, g3 = gains[j], gains[j + 1], gains[j + 2], gains[j + 3]
    k = j + LINES
    e0, e1, e2, e3 = gains[k], gains[k + 1], gains[k + 2], gains[k + 3]
    k = j + 2 * LINES
    h0, h1, h2, h3 = gains[k], gains[k + 1], gains[k + 2], gains[k + 3]
    l0, l1, l2, l3 = low[j], low[j + 1], low[j + 2], low[j + 3]
    p0, p1, p2, p3 = high[j], high[j + 1], high[j + 2], high[j + 3]
    q0, q1, q2, q3 = g0 - g0 * h0, g1 - g1 * h1, g2 - g2 * h2, g3 - g3 * h3
    h0, h1, h2, h3 = g0 * h0, g1 * h1, g2 * h2, g3 * h3
    keep_a, keep_b = np.float32(1.0) - a, np.float32(1.0) - b
    r0, r1 = f32_view(w + 4 * ROW * j, ROW), f32_view(w + 4 * ROW * (j + 1), ROW)
    r2, r3 = f32_view(w + 4 * ROW * (j + 2), ROW), f32_view(w + 4 * ROW * (j + 3), ROW)
    for t in range(frames):
        x0, x1, x2, x3 = r0[t], r1[t], r2[t], r3[t]
        l0, l1 = keep_a * l0 + a * x0, keep_a * l1 + a * x1
        l2, l3 = keep_a * l2 + a * x2, keep_a * l3 + a * x3
        x0, x1, x2, x3 = x0 + e0 * l0, x1 + e1 * l1, x2 + e2 * l2, x3 + e3 * l3
        p0, p1 = keep_b * p0 + b * x0, keep_b * p1 + b * x1
        p2, p3 = keep_b * p2 + b * x2, keep_b * p3 + b * x3
        r0[t], r1[t], r2[t], r3[t] = h0 * x0 + q0 * p0, h1 * x1 + q1 * p1, h2 * x2 + q2 * p2, h3 * x3 + q3 * p3
    low[j], low[j + 1], low[j + 2], low[j + 3] = l0, l1, l2, l3
    high[j], high[j + 1], high[j + 2], high[j + 3] = p0, p1, p2, p3


@audio
def _damp_four(w, high, gains, j, b, frames):
    """The same without the low shelf, for a room whose lows last as long as its middle."""
    g0, g1, g2, g3 = gains[j], gains[j + 1], gains[j + 2], gains[j + 3]
    k = j + 2 * LINES
    h0, h1, h2, h3 = g0 * gains[k], g1 * gains[k + 1], g2 * gains[k + 2], g3 * gains[k + 3]
    q0, q1, q2, q3 = g0 - h0, g1 - h1, g2 - h2, g3 - h3
    p0, p1, p2, p3 = high[j], high[j + 1], high[j + 2], high[j + 3]
    keep_b = np.float32(1.0) - b
    r0, r1 = f32_view(w + 4 * ROW * j, ROW), f32_view(w + 4 * ROW * (j + 1), ROW)
    r2, r3 = f32_view(w + 4 * ROW * (j + 2), ROW), f32_view(w + 4 * ROW * (j + 3), ROW)
    for t in range(frames):
        x0, x1, x2, x3 = r0[t], r1[t], r2[t], r3[t]
        p0, p1 = keep_b * p0 + b * x0, keep_b * p1 + b * x1
        p2, p3 = keep_b * p2 + b * x2, keep_b * p3 + b * x3
        r0[t], r1[t], r2[t], r3[t] = h0 * x0 + q0 * p0, h1 * x1 + q1 * p1, h2 * x2 + q2 * p2, h3 * x3 + q3 * p3
    high[j], high[j + 1], high[j + 2], high[j + 3] = p0, p1, p2, p3


@audio
def absorb(rows, absorption, frames):
    """Apply the absorption to 16 rows at address `rows`, in place; gains glide from absorption.now to .end."""
    now, end, low, high = absorption.now, absorption.end, absorption.low, absorption.high
    a, b = absorption.low_step, absorption.high_step
    moving = False
    for i in range(3 * LINES):
        moving = moving or now[i] != end[i]
    if not moving:
        flat = now[LINES] == np.float32(0.0)
        for j in range(0, LINES, 4):
            if flat:
                _damp_four(rows, high, now, j, b, frames)
            else:
                _absorb_four(rows, low, high, now, j, a, b, frames)
        return
    per = np.float32(1.0 / frames)
    for j in range(LINES):
        k, m = LINES + j, 2 * LINES + j
        low[j], high[j] = _absorb_line(
            f32_view(rows + 4 * ROW * j, ROW), low[j], high[j], now[j], now[k], now[m],
            (end[j] - now[j]) * per, (end[k] - now[k]) * per, (end[m] - now[m]) * per, a, b, frames,
        )  # fmt: skip
    for i in range(3 * LINES):
        now[i] = end[i]


@audio
def _butterfly(upper, lower, frames):
    for t in range(frames):
        u, v = upper[t], lower[t]
        upper[t] = u + v
        lower[t] = u - v


@audio
def hadamard(rows, frames):
    """Mix 16 rows in place by the Hadamard matrix times 4 (the caller's gain divides it out)."""
    span = 1
    while span < LINES:
        for j in range(LINES):
            if (j & span) == 0:
                _butterfly(f32_view(rows + 4 * ROW * j, ROW), f32_view(rows + 4 * ROW * (j + span), ROW), frames)
        span *= 2


@audio
def read_lines(lines, size, at, delays, steps, rows, frames):
    """Fill 16 rows from 16 rings of size + GUARD floats at address `lines`, each at its own gliding delay."""
    for j in range(LINES):
        ring = f32_view(lines + 4 * j * (size + GUARD), size + GUARD)
        read_gliding(ring, size, at, delays[j], steps[j], f32_view(rows + 4 * ROW * j, ROW), frames)


@audio
def _sum_rows(rows, first, target, sign, frames):
    row = f32_view(rows + 4 * ROW * first, ROW)
    for t in range(frames):
        target[t] += sign * row[t]


@audio
def tap_lines(rows, left, right, frames):
    """Add the rows to both outputs with orthogonal sign patterns: decorrelated sides of equal power."""
    for j in range(LINES):
        _sum_rows(rows, j, left, np.float32(-1.0 if (j & 2) != 0 else 1.0), frames)
        _sum_rows(rows, j, right, np.float32(-1.0 if ((j >> 2) ^ j) & 1 != 0 else 1.0), frames)


@audio
def _inject(row, source, gain, sign, frames):
    for t in range(frames):
        row[t] = gain * row[t] + sign * source[t]


@audio
def feed_lines(lines, size, at, rows, left, right, frames):
    """Close the loop: rows (scaled by 1/4) plus the input, left into even lines and right into odd ones, into the
    rings."""
    for j in range(LINES):
        row = f32_view(rows + 4 * ROW * j, ROW)
        sign = np.float32(-1.0 if (j & 4) != 0 else 1.0)
        _inject(row, left if (j & 1) == 0 else right, np.float32(0.25), sign, frames)
        write_ring(f32_view(lines + 4 * j * (size + GUARD), size + GUARD), size, GUARD, at, row, frames)
