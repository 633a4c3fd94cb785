"""An engine that switches under the hands of a test: what it is sent, what its witness has heard."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import audio_in, audio_out, event, value
from realtime.contract.device import Param, device
from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_OFF, NOTE_ON, PRESSURE, TIMBRE
from realtime.engine.engine import Engine
from realtime.engine.midi_flow import engine_midi_in
from realtime.engine.rack import Rack, Slot, Track

RATE = 48000

HEARD = np.dtype(
    [
        ("bend", "f4"),
        ("wheel", "f4"),
        ("pedal", "f4"),
        ("sostenuto", "f4"),
        ("pressure", "f4"),
        ("timbre", "f4"),
        ("bank", "f4"),
        ("touch", "f4"),
        ("ons", "i4"),
        ("offs", "i4"),
        ("first", "i4"),  # kind of the very first event
    ],
    align=True,
)


@device(
    name="witness", title="Witness", kind="instrument", params=(Param("level", "Level", "", 0, 1, 0.25),), state=HEARD
)
def witness(block, state):
    """Writes down what it hears; sounds its level while it holds more beginnings than ends."""
    for k in range(block.n_events):
        e = event(block, k)
        if state.first == 0:
            state.first = e.kind
        if e.kind == BEND:
            state.bend = e.value
        elif e.kind == CHANNEL_PRESSURE:
            state.pressure = e.value
        elif e.kind == PRESSURE:
            state.touch = e.value
        elif e.kind == TIMBRE:
            state.timbre = e.value
        elif e.kind == NOTE_ON:
            state.ons += 1
        elif e.kind == NOTE_OFF:
            state.offs += 1
        elif e.kind == CC and e.number == 1:
            state.wheel = e.value
        elif e.kind == CC and e.number == 64:
            state.pedal = e.value
        elif e.kind == CC and e.number == 66:
            state.sostenuto = e.value
        elif e.kind == CC and e.number == 0:
            state.bank = e.value
    for channel in range(2):
        y = audio_out(block, channel)
        for i in range(block.frames):
            y[i] = value(block, 0) * np.float32(state.ons > state.offs)


@device(name="echo", title="Echo", kind="effect", params=(), state=np.dtype([("at", "i8"), ("line", "f4", (2, 8192))]))
def echo(block, state):
    """The input and its echo of 0.1 s, which rings on for about a second."""
    for c in range(2):
        x, y = audio_in(block, c), audio_out(block, c)
        for i in range(block.frames):
            y[i] = x[i] + np.float32(0.6) * state.line[c, (state.at + i - 4800) & 8191]
            state.line[c, (state.at + i) & 8191] = y[i]
    state.at += block.frames


def rack(*devices, name="t", **more) -> Rack:
    return Rack([Track(name, [Slot(item) for item in devices], **more)])


def heard(plan, number=0) -> dict[str, float]:
    state = plan.ordered()[number].instance.state.view(HEARD)[0]
    return {name: float(state[name]) for name in HEARD.names}


def playing(*racks_or_devices, inputs=0, outputs=2) -> Engine:
    engine = Engine(RATE, inputs=inputs, outputs=outputs)
    first = racks_or_devices[0] if isinstance(racks_or_devices[0], Rack) else rack(*racks_or_devices)
    engine.swap(engine.compile(first), 0.0)
    engine.process(np.zeros((inputs, 64), np.float32) if inputs else None, frames=64)
    return engine


def switch(engine, to, values="reset", **how):
    prepared = engine.switches.prepare(to, values)
    engine.switches.switch(prepared, wait_s=0.0, **how)
    return prepared


def send(engine, *messages, source=1):
    for message in messages:
        engine.midi_in(source, bytes(message), 0)


def down(key, channel=0, velocity=100):
    return bytes((0x90 | channel, key, velocity))


def up(key, channel=0):
    return bytes((0x80 | channel, key, 64))


SUSTAIN, SOSTENUTO, WHEEL = 64, 66, 1


def control(number, amount, channel=0):
    return bytes((0xB0 | channel, number, amount))


def largest_step(*sounds) -> float:
    return float(np.abs(np.diff(np.concatenate([sound[0] for sound in sounds]))).max())


def level(sound) -> float:
    return float(np.abs(sound[0, -480:]).max())


def incoming(engine, *messages):
    """(frame of the coming block, message): as a driver with MIDI of its own gives them."""
    for offset, message in messages:
        data = np.frombuffer(bytes(message), np.uint8)
        engine_midi_in.ctypes(engine.address, 0, offset, data.ctypes.data, len(data))
