"""ADSR envelopes with exponential segments, voices side by side; [audio].

Attack: towards 1.25, reaching 1 after attack_s (from 0). Decay: the distance to the sustain level falls by 60 dB in
decay_s. Release: the level falls by 60 dB in release_s. A new attack starts from the present level, as a capacitor
does. `lanes` is float32 (rows, voices); an envelope is ENVELOPE_ROWS rows of it, starting at row `first`.
"""

import math

import numpy as np

from realtime.native.jit import audio

_F = np.float32
LEVEL, TARGET, KEEP, RISING, SUSTAIN, DECAY_KEEP, BEFORE = range(7)
"""Rows: level; where it goes; share of the distance kept per sample; 1 in the attack; what follows the attack; the
level one hop ago."""
ENVELOPE_ROWS = 7
HOP = 4
OVERSHOOT = 1.25
SILENT = _F(1e-5)
"""Release ends here (-100 dB)."""


@audio
def attack_keep(attack_s, sample_rate):
    """Share of the distance to OVERSHOOT kept per sample so that 1 is reached after attack_s."""
    samples = max(1.0, np.float64(attack_s) * sample_rate)
    return _F(math.exp(math.log((OVERSHOOT - 1.0) / OVERSHOOT) / samples))


@audio
def fall_keep(time_s, sample_rate):
    """Share kept per sample by a segment that falls by 60 dB in time_s."""
    samples = max(1.0, np.float64(time_s) * sample_rate)
    return _F(math.exp(math.log(1e-3) / samples))


@audio
def envelope_start(lanes, first, lane, attack, decay, sustain):
    """Begin the attack. attack, decay: the `keep` of those segments; sustain: 0..1."""
    lanes[first + TARGET, lane] = _F(OVERSHOOT)
    lanes[first + KEEP, lane] = attack
    lanes[first + RISING, lane] = _F(1.0)
    lanes[first + SUSTAIN, lane] = sustain
    lanes[first + DECAY_KEEP, lane] = decay


@audio
def envelope_release(lanes, first, lane, keep):
    """Begin the release."""
    lanes[first + TARGET, lane] = _F(0.0)
    lanes[first + KEEP, lane] = keep
    lanes[first + RISING, lane] = _F(0.0)


@audio
def envelope_lanes(lanes, first, out, n, frames):
    """Advance n lanes by `frames` samples; out[frame, lane] gets the levels.

    The exponential moves in hops of four samples with straight lines between: the recursion costs a quarter, and the
    error stays below 0.1 % of the level even in an attack of 1 ms.
    """
    level, target, keep = first + LEVEL, first + TARGET, first + KEEP
    rising, sustain, decay, before = first + RISING, first + SUSTAIN, first + DECAY_KEEP, first + BEFORE
    one = _F(1.0)
    for start in range(0, frames, HOP):
        hop = min(HOP, frames - start)
        # keep**hop without a branch in the loop over lanes.
        second, third, fourth = _F(hop >= 2), _F(hop >= 3), _F(hop >= 4)
        for v in range(n):
            goal = lanes[target, v]
            k = lanes[keep, v]
            fall = k - one
            power = (k * (one + fall * second)) * ((one + fall * third) * (one + fall * fourth))
            former = lanes[level, v]
            now = goal + (former - goal) * power
            top = lanes[rising, v] * now >= one
            now = one if top else now
            lanes[before, v] = former
            lanes[level, v] = now
            lanes[target, v] = lanes[sustain, v] if top else goal
            lanes[keep, v] = lanes[decay, v] if top else k
            lanes[rising, v] = _F(0.0) if top else lanes[rising, v]
        for i in range(hop):
            share = _F(i + 1) / _F(hop)
            for v in range(n):
                former = lanes[before, v]
                out[start + i, v] = former + (lanes[level, v] - former) * share
