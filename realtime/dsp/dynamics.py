"""Feed-forward compression in the log domain: detector, soft-knee curve, ballistics; [audio].

Source: Giannoulis, Massberg, Reiss, "Digital dynamic range compressor design", JAES 60 (2012): the level is taken in
dB, the static curve gives the attenuation asked for, and a branching one-pole smooths that attenuation, so that
attack and release are time constants of the gain in dB, whatever the size of the step.
"""

import numpy as np

from realtime.dsp.db import DB_PER_OCTAVE
from realtime.dsp.fastmath import exp2, log2
from realtime.native.jit import audio

_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
_DB_PER_POWER_OCTAVE = np.float32(0.5) * DB_PER_OCTAVE
_OCTAVES_PER_DB = np.float32(1.0) / DB_PER_OCTAVE
_LEAST_KNEE_DB = np.float32(0.01)


@audio
def attenuation_wanted(level_db, threshold_db, slope, knee_db):
    """Static curve: dB of attenuation (>= 0) at a level; slope = 1 - 1/ratio; quadratic knee of knee_db (> 0) in
    width."""
    over = level_db - threshold_db
    in_knee = min(max(over + _HALF * knee_db, _ZERO), knee_db)
    return slope * (in_knee * in_knee / (knee_db + knee_db) + max(over - _HALF * knee_db, _ZERO))


@audio
def detect_power(left, right, power, frames, mean_square, window, rms):
    """power[t] = blend of the louder channel's instant power (rms 0) and its running mean (rms 1); returns the mean.

    mean_square: running mean of the former quantum; window: its one-pole coefficient.
    """
    for t in range(frames):
        power[t] = max(left[t] * left[t], right[t] * right[t])
    keep = _ONE - window
    for t in range(frames):
        mean_square = mean_square * keep + window * power[t]
        power[t] += rms * (mean_square - power[t])
    return mean_square


@audio
def wanted_attenuation(power, frames, threshold_db, d_threshold_db, slope, d_slope, knee_db):
    """In place: power becomes the attenuation the static curve asks for, in dB."""
    knee_db = max(knee_db, _LEAST_KNEE_DB)
    for t in range(frames):
        at = np.float32(t)
        level_db = _DB_PER_POWER_OCTAVE * log2(power[t])
        power[t] = attenuation_wanted(level_db, threshold_db + d_threshold_db * at, slope + d_slope * at, knee_db)


@audio
def smooth_attenuation(attenuation_db, frames, former, attack, release):
    """In place branching one-pole: attack while the attenuation grows, release while it falls; returns the last
    value."""
    keep_attack, keep_release = _ONE - attack, _ONE - release
    # Of the two one-poles the larger coefficient lies above when rising and below when falling: a maximum chooses the
    # branch without a comparison (and a minimum where the attack is the slower one).
    if attack >= release:
        for t in range(frames):
            wanted = attenuation_db[t]
            former = max(former * keep_attack + attack * wanted, former * keep_release + release * wanted)
            attenuation_db[t] = former
    else:
        for t in range(frames):
            wanted = attenuation_db[t]
            former = min(former * keep_attack + attack * wanted, former * keep_release + release * wanted)
            attenuation_db[t] = former
    return former


@audio
def gains_from_attenuation(attenuation_db, frames, makeup_db, d_makeup_db, mix, d_mix):
    """In place: attenuation in dB becomes the amplitude to multiply by, blended with the dry signal by mix 0..1."""
    for t in range(frames):
        at = np.float32(t)
        gain = exp2((makeup_db + d_makeup_db * at - attenuation_db[t]) * _OCTAVES_PER_DB)
        attenuation_db[t] = _ONE + (mix + d_mix * at) * (gain - _ONE)
