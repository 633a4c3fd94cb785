"""Equaliser: low cut, low shelf, three peaks, high shelf and high cut, analogue-matched up to Nyquist; [audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.biquad import (
    HIGH_PASS,
    HIGH_SHELF,
    LOW_PASS,
    LOW_SHELF,
    PEAK,
    SECTION,
    aim_section,
    rest_section,
    run_section,
)
from realtime.dsp.db import block_gain_ramp, one_pole
from realtime.native.jit import audio
from realtime.native.memory import f64_view, record_view

_SLOPES = ("off", "12 dB", "24 dB")


def _band(name, title, hz, q=0.7):
    return (
        Param(f"{name}_hz", f"{title} frequency", "Hz", 20.0, 20000.0, hz, curve="log"),
        Param(f"{name}_db", f"{title} gain", "dB", -24.0, 24.0, 0.0),
        Param(f"{name}_q", f"{title} Q", "", 0.1 if q > 0.7 else 0.3, 18.0 if q > 0.7 else 1.5, q, curve="log"),
    )


PARAMS = (
    Param("lowcut", "Low cut", "", 0, 2, 0, curve="enum", labels=_SLOPES, doc="Butterworth high-pass."),
    Param("lowcut_hz", "Low cut frequency", "Hz", 10.0, 2000.0, 30.0, curve="log"),
    *_band("low", "Low shelf", 100.0),
    *_band("peak1", "Peak 1", 250.0, 1.0),
    *_band("peak2", "Peak 2", 1000.0, 1.0),
    *_band("peak3", "Peak 3", 3500.0, 1.0),
    *_band("high", "High shelf", 8000.0),
    Param("highcut", "High cut", "", 0, 2, 0, curve="enum", labels=_SLOPES, doc="Butterworth low-pass."),
    Param("highcut_hz", "High cut frequency", "Hz", 200.0, 20000.0, 18000.0, curve="log"),
    Param("output_db", "Output", "dB", -24.0, 24.0, 0.0),
)
P = ids(PARAMS)
SECTIONS = 9
_STRIDE = SECTION.itemsize
_section_at = record_view(SECTION)
# kind, row of the frequency (gain and Q follow it), first section
_BANDS = (
    (LOW_SHELF, P.low_hz), (PEAK, P.peak1_hz), (PEAK, P.peak2_hz), (PEAK, P.peak3_hz), (HIGH_SHELF, P.high_hz),
)  # fmt: skip
_KINDS = tuple(kind for kind, _ in _BANDS)
_ROWS = tuple(row for _, row in _BANDS)
_Q_12, _Q_24A, _Q_24B = 0.70710678, 0.54119610, 1.30656296
_MOST = np.float32(50.0)


@audio
def _bounded(x):
    """Bands piled up clip at +34 dBFS: beyond +36 the engine would silence the device. NaN passes, for it to be seen."""
    return (_MOST if x > np.float32(0.0) else -_MOST) if abs(x) > _MOST else x


@device(
    name="eq",
    title="Equaliser",
    kind="effect",
    params=PARAMS,
    heap=4 * 64 + SECTIONS * _STRIDE // 4,
)
def process(block, state):
    """Seven-band parametric equaliser."""
    frames = block.frames
    left, right = f64_view(block.heap, 64), f64_view(block.heap + 512, 64)
    x, y = audio_in(block, 0), audio_in(block, 1)
    for t in range(frames):
        left[t] = x[t]
        right[t] = y[t]
    sections = block.heap + 1024
    rate = block.sample_rate
    glide = np.float64(one_pole(0.008 / frames, rate))
    for i in range(SECTIONS):
        section = _section_at(sections + i * _STRIDE)
        if i < 2:
            kind, slope, row = HIGH_PASS, value(block, P.lowcut), P.lowcut_hz
        elif i >= 7:
            kind, slope, row = LOW_PASS, value(block, P.highcut), P.highcut_hz
        else:
            kind, slope, row = _KINDS[i - 2], np.float32(0.0), _ROWS[i - 2]
        if i < 2 or i >= 7:
            second = i == 1 or i == 8
            q = _Q_24B if second else (_Q_24A if slope > 1.5 else _Q_12)
            gain_db, wanted = 0.0, 1.0 if slope > (1.5 if second else 0.5) else 0.0
        else:
            q, gain_db, wanted = np.float64(value(block, row + 2)), np.float64(value(block, row + 1)), 1.0
        if aim_section(section, kind, value(block, row) / rate, q, gain_db, wanted, glide):
            run_section(section, left, right, frames)
            rest_section(section, kind)
    output_db, d_output_db = ramp(block, P.output_db)
    gain, d_gain = block_gain_ramp(output_db, d_output_db, frames)
    x, y = audio_out(block, 0), audio_out(block, 1)
    for t in range(frames):
        g = gain + d_gain * np.float32(t)
        x[t] = _bounded(np.float32(left[t]) * g)
        y[t] = _bounded(np.float32(right[t]) * g)
