"""The harmonist's knobs as the other parts read them; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import value
from realtime.native.jit import audio

GUARDS = ("off", "key", "chord")
STRIKES = ("tie", "on beats", "always")
TOP_P = 0.95


@audio
def take_settings(block, state, p):
    """Read the parameters of this quantum. p: their rows."""
    voices = state.voices
    voices.level[1] = value(block, p.alto_level) * value(block, p.alto)
    voices.level[2] = value(block, p.tenor_level) * value(block, p.tenor)
    voices.level[3] = value(block, p.bass_level) * value(block, p.bass)
    state.spread = np.int64(value(block, p.spread))
    state.strike = np.int64(value(block, p.strike))
    state.moves_steps = np.int64(round(4.0 * value(block, p.moves_beats)))
    state.grace_s = 0.001 * value(block, p.grace_ms)
    state.parallels = value(block, p.parallels)
    state.crossing = np.int64(value(block, p.crossing))
    state.temperature = value(block, p.temperature)
    state.guard = np.int64(value(block, p.guard))
    state.lowest = np.int64(value(block, p.lowest))
    state.highest = np.int64(value(block, p.highest))
    state.melody_from = np.int64(value(block, p.melody_from))
    state.manner_wanted = np.int64(value(block, p.manner))
    state.seed_wanted = np.int64(value(block, p.seed))
