"""An engine of nothing but work, for measuring drivers alone: detuned saws through a resonant filter each; [audio].

Filter: the trapezoidal state variable filter (Zavalishin, The Art of VA Filter Design, 2012).
"""

from __future__ import annotations

import numpy as np

from realtime.drivers.calls import offset_of
from realtime.native.jit import audio_entry, int64, void
from realtime.native.memory import aligned, f32_view, load_i64, record_view

VOICES = 384
STATE = np.dtype(
    [
        ("outputs", "i8"),
        ("phase", "f4", (VOICES,)),
        ("step", "f4", (VOICES,)),
        ("band", "f4", (VOICES,)),
        ("low", "f4", (VOICES,)),
    ],
    align=True,
)
_state_at = record_view(STATE)
PHASE, STEP, BAND, LOW = (offset_of(STATE, name) for name in ("phase", "step", "band", "low"))
G, K = np.float32(0.08), np.float32(0.4)
A1 = np.float32(1.0 / (1.0 + 0.08 * (0.08 + 0.4)))


@audio_entry(void(int64, int64, int64, int64, int64))
def run(engine, audio_in, audio_out, frames, start_ns):
    state = _state_at(engine)
    phase, step = f32_view(engine + PHASE, VOICES), f32_view(engine + STEP, VOICES)
    band, low = f32_view(engine + BAND, VOICES), f32_view(engine + LOW, VOICES)
    first = f32_view(load_i64(audio_out), frames)
    for i in range(frames):
        total = np.float32(0.0)
        for v in range(VOICES):
            p = phase[v] + step[v]
            p -= np.float32(2.0) * np.float32(p > np.float32(1.0))
            phase[v] = p
            high = p - low[v]
            b = A1 * (band[v] + G * high)
            lp = low[v] + G * b
            band[v] = np.float32(2.0) * b - band[v]
            low[v] = np.float32(2.0) * lp - low[v]
            total += lp + K * b
        first[i] = total * np.float32(0.001)
    for channel in range(1, state.outputs):
        other = f32_view(load_i64(audio_out + 8 * channel), frames)
        for i in range(frames):
            other[i] = first[i]


@audio_entry(void(int64, int64, int64, int64, int64))
def midi_in(engine, source, offset, data, size):
    return


@audio_entry(int64(int64))
def midi_out_count(engine):
    return 0


@audio_entry(void(int64, int64, int64))
def midi_out(engine, index, record):
    return


class Synthetic:
    """The engine of work."""

    inputs = 0

    def __init__(self, sample_rate: float = 48_000, outputs: int = 2):
        self.sample_rate, self.outputs = sample_rate, outputs
        self._memory = aligned(1, STATE)
        state = self._memory[0]
        state["outputs"] = outputs
        state["step"] = 2 * 110.0 * 2 ** (np.arange(VOICES) / 7.3) / sample_rate
        entries = (run, midi_in, midi_out_count, midi_out)
        self.calls = np.array([*(entry.address for entry in entries), self._memory.ctypes.data], np.int64)


def make_engine(sample_rate: float) -> Synthetic:
    """The factory that `bench callback` takes by default."""
    return Synthetic(sample_rate)
