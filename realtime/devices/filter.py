"""Multimode filter: zero-delay-feedback state variable, 12 or 24 dB, with drive, envelope follower and LFO; [audio].

Source: Zavalishin, The Art of VA Filter Design, 2018, ch. 4-6 (trapezoidal integration, exact prewarp). Drive also
damps the resonance by its own level, as a clipping diode in the feedback path does, so that it sings but never runs
away.
"""

import math

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.db import block_gain_ramp, one_pole
from realtime.dsp.fastmath import exp2, log2, sin_turns, soft_sign, tan_half_turns
from realtime.dsp.tempo import SYNC_BEATS, SYNC_LABELS, cycle_phase, wrap
from realtime.native.jit import audio
from realtime.native.memory import f32_view

MODES = ("lowpass 12", "lowpass 24", "bandpass 12", "bandpass 24", "highpass 12", "highpass 24", "notch", "peak")
PARAMS = (
    Param("mode", "Mode", "", 0, 7, 1, curve="enum", labels=MODES),
    Param("cutoff_hz", "Cutoff", "Hz", 20.0, 20000.0, 2000.0, curve="log"),
    Param("resonance", "Resonance", "", 0.0, 1.0, 0.2, doc="0 is maximally flat; 1 rings for seconds."),
    Param("drive_db", "Drive", "dB", 0.0, 36.0, 0.0, doc="Soft saturation before the filter, level kept."),
    Param("env_octaves", "Envelope", "oct", -6.0, 6.0, 0.0, doc="How far a full-scale signal moves the cutoff."),
    Param("env_attack_s", "Envelope attack", "s", 0.0005, 0.5, 0.005, curve="log"),
    Param("env_release_s", "Envelope release", "s", 0.01, 2.0, 0.15, curve="log"),
    Param("lfo_octaves", "LFO", "oct", 0.0, 4.0, 0.0),
    Param("lfo_hz", "LFO rate", "Hz", 0.02, 20.0, 0.5, curve="log"),
    Param("lfo_sync", "LFO sync", "", 0, len(SYNC_LABELS) - 1, 0, curve="enum", labels=SYNC_LABELS),
    Param("lfo_stereo", "LFO stereo", "", 0.0, 0.5, 0.0, doc="Turns by which the right channel's LFO leads."),
    Param("mix", "Mix", "", 0.0, 1.0, 1.0),
)
P = ids(PARAMS)
STATE = np.dtype(
    [
        ("stages", "f4", (8,)),  # left: stage 1 (band, low), stage 2; right: the same
        ("size", "f4", (2,)),  # last band output, for the level-dependent damping
        ("mixes", "f4", (6,)),  # high, band, low of each stage, gliding between modes
        ("k1", "f4"),  # damping of the stages at the end of the last quantum
        ("started", "i4"),
        ("octave", "f4"),  # cutoff, log2 of cycles per sample
        ("envelope", "f4"),
        ("phase", "f8"),
    ],
    align=True,
)
# Output mixes (high, band, low) of stage 1 and stage 2; band is multiplied by its damping to peak at unity.
_MIXES = (
    (0, 0, 1, 1, 1, 1), (0, 0, 1, 0, 0, 1), (0, 1, 0, 1, 1, 1), (0, 1, 0, 0, 1, 0),
    (1, 0, 0, 1, 1, 1), (1, 0, 0, 1, 0, 0), (1, 0, 1, 1, 1, 1), (1, 2, 1, 1, 1, 1),
)  # fmt: skip
_MIX_TABLE = tuple(np.float32(weight) for row in _MIXES for weight in row)
_K_FLAT_12, _K_FLAT_24, _K_SECOND = math.sqrt(2.0), 0.76536686, np.float32(1.84775907)
_LEAST_K = 0.012
_REFERENCE, _ONE, _ZERO = np.float32(0.25), np.float32(1.0), np.float32(0.0)


@audio
def _follow(block, state, octaves_l, octaves_r):
    """Both sides' cutoff in octaves: the knob's and the envelope follower's part."""
    frames, rate = block.frames, block.sample_rate
    x, y = audio_in(block, 0), audio_in(block, 1)
    attack, release = one_pole(value(block, P.env_attack_s), rate), one_pole(value(block, P.env_release_s), rate)
    envelope = state.envelope
    env_octaves, d_env = ramp(block, P.env_octaves)
    # The knob's way is smoothed in octaves as well: up and down then sound alike, and no sweep begins with an edge.
    wanted = log2(np.float32(value(block, P.cutoff_hz) / rate))
    if state.started == 0:
        state.octave = wanted
    base = state.octave
    state.octave = base + one_pole(0.006 / frames, rate) * (wanted - base)
    d_base = (state.octave - base) / np.float32(frames)
    for t in range(frames):
        level = max(abs(x[t]), abs(y[t]))
        envelope += (attack if level > envelope else release) * (level - envelope)
        octaves_l[t] = envelope
    state.envelope = envelope if envelope > np.float32(1e-9) else _ZERO
    for t in range(frames):
        at = np.float32(t)
        octaves_l[t] = base + d_base * at + (env_octaves + d_env * at) * min(octaves_l[t], _ONE)
        octaves_r[t] = octaves_l[t]


@audio
def _sway(block, state, beats, octaves_l, octaves_r):
    """Add the LFO's octaves, the right side's ahead of the left's; beats: of a turn, 0 = by its rate."""
    frames = block.frames
    lfo, d_lfo = ramp(block, P.lfo_octaves)
    phase, step = cycle_phase(block, state.phase, np.float64(value(block, P.lfo_hz)), np.float64(beats))
    state.phase = wrap(phase + step * frames)
    if lfo > _ZERO or d_lfo > _ZERO:
        start, d_phase = np.float32(wrap(phase)), np.float32(step)
        ahead, d_ahead = ramp(block, P.lfo_stereo)
        for t in range(frames):
            at = np.float32(t)
            depth = lfo + d_lfo * at
            turn = start + d_phase * at
            turn -= np.floor(turn)
            octaves_l[t] += depth * sin_turns(turn)
            turn += ahead + d_ahead * at
            turn -= np.floor(turn)
            octaves_r[t] += depth * sin_turns(turn)


@audio
def _prewarp(octaves_l, octaves_r, frames, rate):
    """Octaves become the integrators' gains, from 8 Hz to just below Nyquist."""
    lowest = np.float32(math.log2(8.0 / rate))
    highest = np.float32(math.log2(0.49))
    for t in range(frames):
        octaves_l[t] = tan_half_turns(exp2(min(max(octaves_l[t], lowest), highest)))
        octaves_r[t] = tan_half_turns(exp2(min(max(octaves_r[t], lowest), highest)))


@device(
    name="filter",
    title="Filter",
    kind="effect",
    params=PARAMS,
    state=STATE,
    heap=5 * 64,
    tables=lambda spec: np.concatenate([np.array(_MIX_TABLE, np.float32), np.array(SYNC_BEATS, np.float32)]),
    tail_s=2.0,
)
def process(block, state):
    """Multimode filter."""
    frames, rate = block.frames, block.sample_rate
    table = f32_view(block.tables, 48 + 32)
    octaves_l, octaves_r = f32_view(block.heap, 64), f32_view(block.heap + 256, 64)
    _follow(block, state, octaves_l, octaves_r)
    _sway(block, state, table[48 + np.int64(value(block, P.lfo_sync))], octaves_l, octaves_r)
    _prewarp(octaves_l, octaves_r, frames, rate)

    mode = np.int64(value(block, P.mode))
    resonance = np.float64(value(block, P.resonance))
    flat = _K_FLAT_24 if (mode == 1 or mode == 5) else _K_FLAT_12
    k_end = np.float32(flat * (_LEAST_K / flat) ** resonance)
    mixes = state.mixes
    if state.started == 0:
        state.started, state.k1 = 1, k_end
        for i in range(6):
            mixes[i] = table[6 * mode + i]
    k, per = state.k1, _ONE / np.float32(frames)
    glide = one_pole(0.004 / frames, rate)
    h1, b1, w1, h2, b2, w2 = mixes[0], mixes[1], mixes[2], mixes[3], mixes[4], mixes[5]
    for i in range(6):
        mixes[i] += glide * (table[6 * mode + i] - mixes[i])
    k_end = k + max(glide, np.float32(0.5)) * (k_end - k)
    d_k = (k_end - k) * per
    state.k1 = k_end
    dh1, db1, dw1 = (mixes[0] - h1) * per, (mixes[1] - b1) * per, (mixes[2] - w1) * per
    dh2, db2, dw2 = (mixes[3] - h2) * per, (mixes[4] - b2) * per, (mixes[5] - w2) * per

    drive_db, d_drive_db = ramp(block, P.drive_db)
    drive, d_drive = block_gain_ramp(drive_db, d_drive_db, frames)
    # The first 3 dB fade the saturation in: at 0 dB the filter is exactly linear.
    amount = min(_ONE, drive_db * np.float32(1.0 / 3.0))
    d_amount = (min(_ONE, (drive_db + d_drive_db * np.float32(frames)) * np.float32(1.0 / 3.0)) - amount) * per
    mix, d_mix = ramp(block, P.mix)
    for c in range(2):
        g_of, x, y = (octaves_l if c == 0 else octaves_r), audio_in(block, c), audio_out(block, c)
        driven = f32_view(block.heap + 512, 64)
        for t in range(frames):
            at = np.float32(t)
            gain = drive + d_drive * at
            shaped = soft_sign(x[t] * gain) * (_REFERENCE / soft_sign(gain * _REFERENCE))
            driven[t] = x[t] + (amount + d_amount * at) * (shaped - x[t])
        stages = state.stages
        s1, s2, s3, s4 = stages[4 * c], stages[4 * c + 1], stages[4 * c + 2], stages[4 * c + 3]
        size = state.size[c]
        for t in range(frames):
            at = np.float32(t)
            g = g_of[t]
            damping = k + d_k * at
            k_now = damping + (amount + d_amount * at) * min(size * size, np.float32(4.0))
            a1 = _ONE / (_ONE + g * (g + k_now))
            v3 = driven[t] - s2
            band = a1 * (s1 + g * v3)
            low = s2 + g * band
            s1, s2 = band + band - s1, low + low - s2
            size = band
            high = driven[t] - k_now * band - low
            middle = (h1 + dh1 * at) * high + (b1 + db1 * at) * damping * band + (w1 + dw1 * at) * low
            a1 = _ONE / (_ONE + g * (g + _K_SECOND))
            v3 = middle - s4
            band = a1 * (s3 + g * v3)
            low = s4 + g * band
            s3, s4 = band + band - s3, low + low - s4
            high = middle - _K_SECOND * band - low
            wet = (h2 + dh2 * at) * high + (b2 + db2 * at) * _K_SECOND * band + (w2 + dw2 * at) * low
            y[t] = x[t] + (mix + d_mix * at) * (wet - x[t])
        stages[4 * c], stages[4 * c + 1], stages[4 * c + 2], stages[4 * c + 3] = s1, s2, s3, s4
        state.size[c] = size
