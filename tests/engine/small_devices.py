"""Tiny devices whose sound is known to the last bit, for the tests of the engine."""

import numpy as np

from realtime.contract.block import audio_in, audio_out, emit, event, fresh_note_id, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, PARAMETER
from realtime.contract.messages import LATENCY, tell
from realtime.contract.ports import AUX, Port
from realtime.engine.alignment import FADE_FRAMES, smooth

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


@device(name="mono", title="Mono", kind="effect", params=(), inputs=1, outputs=1)
def mono(block, state):
    """One channel in, one out, as it came."""
    x, y = audio_in(block, 0), audio_out(block, 0)
    for i in range(block.frames):
        y[i] = x[i]


@device(name="surround", title="Surround", kind="instrument", params=(), outputs=6)
def surround(block, state):
    """Channel c is the constant (c + 1) / 10."""
    for channel in range(6):
        y = audio_out(block, channel)
        for i in range(block.frames):
            y[i] = np.float32(0.1) * np.float32(channel + 1)


@device(
    name="kit",
    title="Kit",
    kind="instrument",
    params=(),
    outputs=(Port("main", 2), Port("snare", 1, AUX), Port("hats", 2, AUX)),
)
def kit(block, state):
    """Main 0.1, snare 0.2, hats 0.3."""
    for channel in range(5):
        y, level = audio_out(block, channel), np.float32(0.1)
        if channel == 2:
            level = np.float32(0.2)
        elif channel > 2:
            level = np.float32(0.3)
        for i in range(block.frames):
            y[i] = level


KEYED = np.dtype([("peak", "f4")], align=True)


@device(name="difference", title="Difference", kind="effect", params=(), state=KEYED, sidechain=True)
def difference(block, state):
    """The input less its sidechain: silence where both are the same at the same time."""
    for channel in range(2):
        x, key, y = audio_in(block, channel), audio_in(block, 2 + channel), audio_out(block, channel)
        for i in range(block.frames):
            y[i] = x[i] - key[i]


LATER_PARAMS = (Param("delay", "Delay", "samples", 0, 2000, 0, stepped=True),)
LATER = np.dtype(
    [("asked", "i8"), ("now", "i8"), ("next", "i8"), ("faded", "i8"), ("at", "i8"), ("line", "f4", (2, 4096))],
    align=True,
)


@device(name="later", title="Later", kind="effect", params=LATER_PARAMS, state=LATER, speaks=True)
def later(block, state):
    """A delay that it reports as latency, changed while it runs: it asks first, and fades over once the rack is aligned."""
    wanted = np.int64(value(block, 0))
    if wanted != state.asked and tell(block, LATENCY, 0, wanted):
        state.asked = wanted
    if block.latency != state.now and state.faded == 0:
        state.next, state.faded = block.latency, 1
    for i in range(block.frames):
        share = np.float32(0.0)
        if state.faded > 0:
            share = min(np.float32(1.0), np.float32(state.faded - 1 + i) / np.float32(FADE_FRAMES))
            share = smooth(share)
        for channel in range(2):
            x, y = audio_in(block, channel), audio_out(block, channel)
            state.line[channel, (state.at + i) & 4095] = x[i]
            old = state.line[channel, (state.at + i - state.now) & 4095]
            y[i] = old + share * (state.line[channel, (state.at + i - state.next) & 4095] - old)
    state.at += block.frames
    if state.faded > 0:
        state.faded += block.frames
        if state.faded > FADE_FRAMES:
            state.now, state.faded = state.next, 0


STEP_PARAMS = (Param("level", "Level", "", 0.0, 1.0, 0.0),)
STEP = np.dtype([("level", "f4")], align=True)


@device(name="steps", title="Steps", kind="instrument", params=STEP_PARAMS, state=STEP, parameter_events=True)
def steps(block, state):
    """Its level changes at the very frame of a parameter event."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    at = 0
    for k in range(block.n_events + 1):
        until = block.frames if k == block.n_events else np.int64(event(block, k).offset)
        for i in range(at, until):
            left[i] = state.level
            right[i] = state.level
        at = until
        if k < block.n_events and event(block, k).kind == PARAMETER:
            state.level = event(block, k).value


@device(name="shown", title="Shown", kind="instrument", params=STEP_PARAMS)
def shown(block, state):
    """Its parameter as a voltage."""
    for channel in range(2):
        y = audio_out(block, channel)
        for i in range(block.frames):
            y[i] = value(block, 0)


TICKS = np.dtype([("note_id", "i4"), ("wait", "i4"), ("held", "i4")], align=True)


@device(name="ticker", title="Ticker", kind="midi", params=(), state=TICKS)
def ticker(block, state):
    """While a key is held it begins a note of its own every 1,000 frames and ends the one before."""
    for k in range(block.n_events):
        e = event(block, k)
        if e.kind == NOTE_ON:
            state.held += 1
        elif e.kind == NOTE_OFF:
            state.held = 0 if e.key < 0 else max(0, state.held - 1)
    state.wait -= block.frames
    due = state.held > 0 and state.wait <= 0
    if (
        state.note_id > 0
        and (due or state.held == 0)
        and emit(block, 0, NOTE_OFF, 0, 72, state.note_id, 0, np.float32(0.5))
    ):
        state.note_id = 0
    if due and state.note_id == 0:
        state.wait = 1000
        fresh = fresh_note_id(block)
        if emit(block, 0, NOTE_ON, 0, 72, fresh, 0, np.float32(0.8)):
            state.note_id = fresh


MEMORY = np.dtype([("level", "f4"), ("resets", "i4")], align=True)


def _forget(block, state):
    state.level = np.float32(0.0)
    state.resets += 1


@device(name="memory", title="Memory", kind="instrument", params=(), state=MEMORY, reset=_forget)
def memory(block, state):
    """Left: rises for ever; right: how often it was reset, in tenths."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    for i in range(block.frames):
        state.level = min(np.float32(0.5), state.level + np.float32(1e-5))
        left[i] = state.level
        right[i] = np.float32(0.1) * np.float32(state.resets)
