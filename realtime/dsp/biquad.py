"""Second-order filters whose response follows the analogue one up to Nyquist, run as state-variable filters; [audio].

Design: poles by impulse invariance, zeros by matching the magnitude at 0, at the corner and at Nyquist (Vicanek,
"Matched second order digital filters", 2016, and "Matched two-pole digital shelving filters", 2024). Structure: the
trapezoidal state-variable filter (Zavalishin, The Art of VA Filter Design, 2018, ch. 4; Simper, 2013), which any
biquad maps to and which may be modulated at audio rate. Double precision costs nothing in scalar code and keeps 20 Hz
at 192 kHz clean.
"""

import math

import numpy as np

from realtime.native.jit import audio

PEAK, LOW_SHELF, HIGH_SHELF, LOW_PASS, HIGH_PASS = 0, 1, 2, 3, 4

SECTION = np.dtype(
    [
        ("s1", "f8", (2,)),  # integrators of both channels
        ("s2", "f8", (2,)),
        ("now", "f8", (5,)),  # g, k and the mix of input, band and low at the end of the last quantum
        ("end", "f8", (5,)),
        ("frequency", "f8"),  # what `end` was designed for
        ("q", "f8"),
        ("gain_db", "f8"),
        ("amount", "f8"),  # 0 = identity
        ("used", "i8"),
    ],
    align=True,
)
"""State of one stereo section."""


@audio
def _magnitude2(n2, n1, n0, d2, d1, d0, u):
    """Squared magnitude of (n2 s^2 + n1 s + n0) / (d2 s^2 + d1 s + d0) at s = i u."""
    return ((n0 - n2 * u * u) ** 2 + (n1 * u) ** 2) / ((d0 - d2 * u * u) ** 2 + (d1 * u) ** 2)


@audio
def _match(n2, n1, n0, d2, d1, d0, w0, inverse):
    """Digital biquad for an analogue prototype with corner w0 (radians per sample), or the reciprocal of it.

    Returns numerator and denominator at 0 Hz, at Nyquist, and each one's first less its last coefficient: these three
    say all, and at low frequencies say it more exactly than the coefficients themselves.
    """
    wp, damping = w0 * math.sqrt(d0 / d2), d1 / (2.0 * math.sqrt(d0 * d2))
    radius = math.exp(-damping * wp)
    if damping <= 1.0:
        a1 = -2.0 * radius * math.cos(math.sqrt(1.0 - damping * damping) * wp)
    else:
        root = math.sqrt(damping * damping - 1.0) * wp
        a1 = -(math.exp(root - damping * wp) + math.exp(-root - damping * wp))
    a2 = radius * radius
    bottom, top = 1.0 + a1 + a2, 1.0 - a1 + a2
    at_zero, at_nyquist, cross = bottom * bottom, top * top, -4.0 * a2
    wm = min(w0, 0.9 * math.pi)
    p1 = math.sin(0.5 * wm) ** 2
    p0 = 1.0 - p1
    p2 = 4.0 * p0 * p1
    top0 = at_zero * _magnitude2(n2, n1, n0, d2, d1, d0, 0.0)
    top1 = at_nyquist * _magnitude2(n2, n1, n0, d2, d1, d0, math.pi / w0)
    whole = _magnitude2(n2, n1, n0, d2, d1, d0, wm / w0) * (at_zero * p0 + at_nyquist * p1 + cross * p2)
    r0, r1 = math.sqrt(top0), math.sqrt(top1)
    if n1 == 0.0 and n0 == 0.0:
        # High-pass: both zeros stay at 0 Hz, so only the corner can be matched.
        r0, r1, across = 0.0, math.sqrt(max(whole, 0.0)) / p1, 0.0
    else:
        top2 = (whole - top0 * p0 - top1 * p1) / p2
        w = 0.5 * (r0 + r1)
        b0 = 0.5 * (w + math.sqrt(max(w * w + top2, 0.0)))
        across = b0 + top2 / (4.0 * b0)
    if inverse:
        return bottom, top, 1.0 - a2, r0, r1, across
    return r0, r1, across, bottom, top, 1.0 - a2


@audio
def design(kind, frequency, q, gain_db, out):
    """Fill out[0:5] = g, k, mix of input, band, low. frequency: cycles per sample, below 0.5. gain_db: peak and
    shelves."""
    w0 = 2.0 * math.pi * min(frequency, 0.495)
    gain = 10.0 ** (abs(gain_db) / 20.0)
    a = math.sqrt(gain)
    if kind == PEAK:
        n0, n1, n2, d0, d1, d2 = _match(1.0, a / q, 1.0, 1.0, 1.0 / (a * q), 1.0, w0, gain_db < 0.0)
    elif kind == LOW_SHELF:
        slope = math.sqrt(a) / q
        n0, n1, n2, d0, d1, d2 = _match(a, a * slope, a * a, a, slope, 1.0, w0, gain_db < 0.0)
    elif kind == HIGH_SHELF:
        # The cut matches better than the boost (its poles lie lower); the boost is its reciprocal.
        a = 1.0 / a
        slope = math.sqrt(a) / q
        n0, n1, n2, d0, d1, d2 = _match(a * a, a * slope, a, 1.0, slope, a, w0, gain_db >= 0.0)
    elif kind == LOW_PASS:
        n0, n1, n2, d0, d1, d2 = _match(0.0, 0.0, 1.0, 1.0, 1.0 / q, 1.0, w0, False)
    else:
        n0, n1, n2, d0, d1, d2 = _match(1.0, 0.0, 0.0, 1.0, 1.0 / q, 1.0, w0, False)
    g = math.sqrt(d0 / d1)
    k, band, low, high = 2.0 * d2 / (d1 * g), 2.0 * n2 / (d1 * g), n0 / d0, n1 / d1
    out[0], out[1], out[2], out[3], out[4] = g, k, high, band - k * high, low - high


@audio
def run_section(section, left, right, frames):
    """One stereo section in place over float64[frames]; coefficients glide from section.now to section.end."""
    now, end = section.now, section.end
    g, k, m0, m1, m2 = now[0], now[1], now[2], now[3], now[4]
    l1, l2, r1, r2 = section.s1[0], section.s2[0], section.s1[1], section.s2[1]
    per = 1.0 / frames
    dg, dk = (end[0] - g) * per, (end[1] - k) * per
    d0, d1, d2 = (end[2] - m0) * per, (end[3] - m1) * per, (end[4] - m2) * per
    if dg == 0.0 and dk == 0.0 and d0 == 0.0 and d1 == 0.0 and d2 == 0.0:
        a1 = 1.0 / (1.0 + g * (g + k))
        a2 = g * a1
        a3 = g * a2
        # The loop's critical path is two multiply-adds: states first, outputs from them.
        p11, p12, p22, q2 = 2.0 * a1 - 1.0, 2.0 * a2, 1.0 - 2.0 * a3, 2.0 * a3
        c0, c1, c2 = m0 + m1 * a2 + m2 * a3, m1 * a1 + m2 * a2, m2 - m2 * a3 - m1 * a2
        for t in range(frames):
            x, y = left[t], right[t]
            left[t] = c0 * x + c1 * l1 + c2 * l2
            right[t] = c0 * y + c1 * r1 + c2 * r2
            n1 = (p12 * x + p11 * l1) - p12 * l2
            l2 = (q2 * x + p12 * l1) + p22 * l2
            l1 = n1
            n1 = (p12 * y + p11 * r1) - p12 * r2
            r2 = (q2 * y + p12 * r1) + p22 * r2
            r1 = n1
    else:
        for t in range(frames):
            g += dg
            k += dk
            m0 += d0
            m1 += d1
            m2 += d2
            a1 = 1.0 / (1.0 + g * (g + k))
            a2 = g * a1
            a3 = g * a2
            x, y = left[t], right[t]
            v3 = x - l2
            band = a1 * l1 + a2 * v3
            low = l2 + a2 * l1 + a3 * v3
            l1 = 2.0 * band - l1
            l2 = 2.0 * low - l2
            left[t] = m0 * x + m1 * band + m2 * low
            v3 = y - r2
            band = a1 * r1 + a2 * v3
            low = r2 + a2 * r1 + a3 * v3
            r1 = 2.0 * band - r1
            r2 = 2.0 * low - r2
            right[t] = m0 * y + m1 * band + m2 * low
        for i in range(5):
            now[i] = end[i]
    section.s1[0], section.s2[0], section.s1[1], section.s2[1] = l1, l2, r1, r2


@audio
def aim_section(section, kind, frequency, q, gain_db, wanted, glide):
    """Point a section at new settings for this quantum; returns True while it does anything at all.

    wanted: 0 or 1, whether it is in the path; it fades between identity and filter by `glide` (0..1) a quantum.
    """
    amount = section.amount + glide * (wanted - section.amount)
    if abs(wanted - amount) < 1e-4:
        amount = wanted
    neutral = amount == 0.0 or (gain_db == 0.0 and kind <= HIGH_SHELF)
    if neutral and section.used == 0:
        section.amount = amount
        return False
    if frequency != section.frequency or q != section.q or gain_db != section.gain_db or amount != section.amount:
        end = section.end
        design(kind, frequency, q, gain_db, end)
        end[2] = 1.0 + amount * (end[2] - 1.0)
        end[3] *= amount
        end[4] *= amount
        section.frequency, section.q, section.gain_db, section.amount = frequency, q, gain_db, amount
        if section.used == 0:
            # Out of the path its states are zero: it starts at the new corner, as an identity.
            now = section.now
            now[0], now[1], now[2], now[3], now[4] = end[0], end[1], 1.0, 0.0, 0.0
    section.used = 1
    return True


@audio
def rest_section(section, kind):
    """After the quantum: a section that has become an identity drops its past and leaves the path."""
    if section.amount == 0.0 or (section.gain_db == 0.0 and kind <= HIGH_SHELF):
        section.s1[0], section.s2[0], section.s1[1], section.s2[1] = 0.0, 0.0, 0.0, 0.0
        section.used = 0
