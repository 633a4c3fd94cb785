"""Ducker: the sidechain pushes the signal down and lets it come back, as a voice does to a pad; [audio]."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, is_connected, ramp, value
from realtime.contract.device import Param, device, ids
from realtime.dsp.db import db_to_gain, gain_to_db, one_pole

PARAMS = (
    Param("depth_db", "Depth", "dB", 0.0, 60.0, 12.0, doc="How far down, when the key is well above the threshold."),
    Param("threshold_db", "Threshold", "dB", -60.0, 0.0, -30.0, doc="Level of the key at which it is half way down."),
    Param("attack_s", "Attack", "s", 0.001, 0.5, 0.010, curve="log", doc="63 % of the way down, in dB."),
    Param("hold_s", "Hold", "s", 0.0, 1.0, 0.050, doc="Stays down this long after the key."),
    Param("release_s", "Release", "s", 0.010, 4.0, 0.300, curve="log", doc="63 % of the way back, in dB."),
)
P = ids(PARAMS)
STATE = np.dtype([("level", "f4"), ("down", "f4"), ("held", "i8")], align=True)
_KEY = 1  # the sidechain's place among the input ports
_ONE = np.float32(1.0)
_WINDOW_S = 0.005
_KNEE_DB = np.float32(12.0)


@device(name="ducker", title="Ducker", kind="effect", params=PARAMS, state=STATE, sidechain=True)
def process(block, state):
    """Without a sidechain the signal passes unchanged."""
    frames, rate = block.frames, block.sample_rate
    depth, d_depth = ramp(block, P.depth_db)
    threshold = value(block, P.threshold_db)
    fall = _ONE - one_pole(_WINDOW_S, rate)
    attack, release = one_pole(value(block, P.attack_s), rate), one_pole(value(block, P.release_s), rate)
    hold = np.int64(value(block, P.hold_s) * rate)
    left, right, out_left, out_right = audio_in(block, 0), audio_in(block, 1), audio_out(block, 0), audio_out(block, 1)
    key_left, key_right = audio_in(block, 2), audio_in(block, 3)
    connected = is_connected(block, _KEY)
    for i in range(frames):
        key = max(abs(key_left[i]), abs(key_right[i])) if connected else np.float32(0.0)
        state.level = max(key, state.level * fall)
        above = gain_to_db(state.level) - threshold
        wanted = min(_ONE, max(np.float32(0.0), np.float32(0.5) + above / _KNEE_DB))
        if wanted >= state.down:
            state.held = hold
            state.down += attack * (wanted - state.down)
        elif state.held > 0:
            state.held -= 1
        else:
            state.down += release * (wanted - state.down)
        gain = db_to_gain(-(depth + d_depth * np.float32(i)) * state.down)
        out_left[i] = gain * left[i]
        out_right[i] = gain * right[i]
