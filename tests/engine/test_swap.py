"""Changing the whole rack under sound: no click, nothing cut off, no memory kept."""

import gc

import numpy as np

from realtime.engine.engine import Engine
from realtime.engine.layout import MAX_PLANS
from realtime.engine.rack import Rack, Slot, Track
from tests.engine.small_devices import gate, half, sine

RATE = 48000


def rack(*devices) -> Rack:
    return Rack([Track("t", [Slot(device) for device in devices])])


def test_a_held_note_lives_through_a_scene_change_until_it_is_released():
    engine = Engine(RATE)
    engine.swap(engine.compile(rack(sine)), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    steady = engine.process(frames=RATE)
    engine.swap(engine.compile(rack(gate)), 0.0)
    after = engine.process(frames=RATE)
    joined = np.concatenate([steady[0, -4800:], after[0]])
    assert np.abs(np.diff(joined)).max() <= np.abs(np.diff(steady[0, -4800:])).max() * 1.0001
    assert np.abs(after[0, -4800:]).max() > 0.24
    engine.midi_in(1, b"\x80\x3c\x40", 0)
    engine.process(frames=3 * RATE)
    assert np.abs(engine.process(frames=RATE)).max() < 1e-5
    assert engine.collect() == 1  # the old plan has been let go


def test_new_notes_go_to_the_new_scene_only():
    engine = Engine(RATE)
    engine.swap(engine.compile(rack(sine)), 0.0)
    engine.process(frames=64)
    engine.swap(engine.compile(rack(gate, half)), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    sound = engine.process(frames=4096)
    assert abs(sound[0, 200:].max() - 0.125) < 1e-4 and sound[0, 200:].min() > 0.12


def test_an_edit_takes_the_running_devices_along():
    engine = Engine(RATE)
    first = rack(sine)
    engine.swap(engine.compile(first), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    before = engine.process(frames=RATE)
    edited = Rack([Track("t", [*first.tracks[0].slots, Slot(half, bypass=True)])])
    plan = engine.compile(edited, edit=True)
    engine.swap(plan, 0.0)
    after = engine.process(frames=RATE)
    joined = np.concatenate([before[0, -4800:], after[0, :4800]])
    assert np.abs(np.diff(joined)).max() <= np.abs(np.diff(before[0, -4800:])).max() * 1.0001
    engine.process(frames=64)
    assert engine.collect() == 1


def thru(*devices) -> Rack:
    return Rack([Track("t", [Slot(device) for device in devices], audio_input=(1, 2))])


def test_a_thousand_swaps_under_sound():
    """A steady tone through scenes that come and go: no step larger than in the tone, every plan freed."""
    engine = Engine(RATE, inputs=2)
    engine.swap(engine.compile(thru(half)), 0.0)
    time = np.arange(1001 * 640) / RATE
    tone = np.tile((0.5 * np.sin(2 * np.pi * 330 * time)).astype(np.float32), (2, 1))
    steady = engine.process(tone[:, :640])
    largest, last, worst, kept = np.abs(np.diff(tone[0])).max() / 2, steady[0, -1], 0.0, []
    for number in range(1, 1001):
        engine.swap(engine.compile(thru(half)), 0.0)
        sound = engine.process(tone[:, number * 640 : (number + 1) * 640])[0]
        worst = max(worst, float(np.abs(np.diff(np.concatenate([[last], sound]))).max()))
        last = sound[-1]
        if number in (200, 1000):
            gc.collect()
            kept.append(len(engine._plans))
    assert worst <= 1.001 * largest
    assert kept[1] <= kept[0] <= MAX_PLANS + 1


def test_struck_again_in_every_scene():
    """A key is struck in each new scene while the old ones ring: the tones add up, but nothing jumps."""
    engine = Engine(RATE)
    engine.swap(engine.compile(rack(sine)), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    steady = engine.process(frames=RATE)
    largest = np.abs(np.diff(steady[0, -9600:])).max()
    last, worst = steady[0, -1], 0.0
    for number in range(200):
        engine.swap(engine.compile(rack(sine) if number % 2 else rack(sine, half)), 0.0)
        engine.midi_in(1, b"\x90\x3c\x64", 0)
        sound = engine.process(frames=640)[0]
        worst = max(worst, float(np.abs(np.diff(np.concatenate([[last], sound]))).max()))
        last = sound[-1]
    assert worst <= 3.0 * largest  # at most four scenes sound at once
