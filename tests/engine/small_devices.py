"""Tiny devices whose sound is known to the last bit, for the tests of the engine."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, event, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON

GATE_PARAMS = (Param("level", "Level", "", 0.0, 1.0, 0.25),)
G = ids(GATE_PARAMS)
GATE = np.dtype([("held", "i4"), ("last", "i4"), ("level", "f4")], align=True)


@device(name="gate", title="Gate", kind="instrument", params=GATE_PARAMS, state=GATE)
def gate(block, state):
    """Left: level while a key is held, from the very sample; right: an impulse of 0.9 at every note-on."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    at = 0
    for k in range(block.n_events + 1):
        until = block.frames if k == block.n_events else np.int64(event(block, k).offset)
        for i in range(at, until):
            left[i] = value(block, G.level) * np.float32(state.held > 0)
            right[i] = np.float32(0.0)
        at = until
        if k < block.n_events:
            e = event(block, k)
            if e.kind == NOTE_ON:
                state.held += 1
                state.last = e.key
            elif e.kind == NOTE_OFF:
                state.held = max(0, state.held - 1)
            elif e.kind == NOTE_CHOKE:
                state.held = 0
    for k in range(block.n_events):
        if event(block, k).kind == NOTE_ON:
            right[event(block, k).offset] = np.float32(0.9)


SINE = np.dtype([("phase", "f8"), ("level", "f8"), ("goal", "f8")], align=True)


@device(name="sine", title="Sine", kind="instrument", params=(), state=SINE)
def sine(block, state):
    """A 220 Hz sine with soft edges that rings for a while after the key."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    for k in range(block.n_events):
        e = event(block, k)
        if e.kind == NOTE_ON:
            state.goal = 0.25
        elif e.kind == NOTE_OFF or e.kind == NOTE_CHOKE:
            state.goal = 0.0
    step = 2.0 * np.pi * 220.0 / block.sample_rate
    for i in range(block.frames):
        state.level += 0.001 * (state.goal - state.level)
        state.phase += step
        left[i] = np.float32(state.level * np.sin(state.phase))
        right[i] = left[i]


BAD_PARAMS = (Param("bad", "Bad", "", 0, 2, 0, curve="enum", labels=("fine", "nan", "loud")),)
B = ids(BAD_PARAMS)
BAD = np.dtype([("memory", "f4")], align=True)


@device(name="bad", title="Bad", kind="effect", params=BAD_PARAMS, state=BAD)
def bad(block, state):
    """Passes sound on; on demand it turns out NaN or +60 dB, and its memory keeps the NaN."""
    mode = int(value(block, B.bad))
    if mode == 1:
        state.memory = np.float32(np.nan)
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        for i in range(block.frames):
            y[i] = x[i] + state.memory + (np.float32(1000.0) if mode == 2 else np.float32(0.0))


LATE = np.dtype([("at", "i8"), ("line", "f4", (2, 128))], align=True)


@device(name="late", title="Late", kind="effect", params=(), state=LATE, latency=100)
def late(block, state):
    """Delays by the 100 samples it declares."""
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        for i in range(block.frames):
            state.line[c, (state.at + i) & 127] = x[i]
            y[i] = state.line[c, (state.at + i - 100) & 127]
    state.at += block.frames


HALF = np.dtype([("unused", "i4")], align=True)


@device(name="half", title="Half", kind="effect", params=(), state=HALF)
def half(block, state):
    """Half as loud."""
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        for i in range(block.frames):
            y[i] = np.float32(0.5) * x[i]


BEAT = np.dtype([("unused", "i4")], align=True)


@device(name="beats", title="Beats", kind="instrument", params=(), state=BEAT)
def beats(block, state):
    """Left: song position / 100; right: bar number / 100."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    t = transport(block)
    for i in range(block.frames):
        left[i] = np.float32((t.beat + i * t.beats_per_sample * np.float64(t.playing)) / 100.0)
        right[i] = np.float32(t.bar / 100.0)
