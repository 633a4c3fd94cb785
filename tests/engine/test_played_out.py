"""What a midi device plays goes out at MIDI, at its frame, and every note that went out ends there."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.layout import MIDI_OUT_FOR_NOTES
from realtime.engine.midi_flow import engine_midi_in
from realtime.engine.rack import Rack, Slot, Track
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import gate, ticker

RATE = 48000


def started(midi_out: bool = True, device="transposer", values=None) -> Engine:
    engine = Engine(RATE)
    slot = Slot(device, dict(values or {}))
    engine.swap(engine.compile(Rack([Track("t", [slot, Slot(gate)], midi_out=midi_out)])), 0.0)
    engine.process(frames=64)
    return engine


def press(engine: Engine, key: int = 60, down: bool = True, channel: int = 0) -> None:
    engine.midi_in(1, bytes(((0x90 if down else 0x80) | channel, key, 100)), 0)


def incoming(engine: Engine, frame: int, message: tuple[int, ...]) -> None:
    data = np.array(message, np.uint8)
    engine_midi_in.ctypes(engine.address, 1, frame, data.ctypes.data, len(data))


def sent(engine: Engine) -> list[bytes]:
    return [data for *_, data in engine.midi_out()]


def test_the_notes_as_the_device_plays_them():
    engine = started(values={"semitones": 7.0})
    press(engine, channel=3)
    engine.process(frames=640)
    press(engine, down=False, channel=3)
    engine.process(frames=640)
    assert sent(engine) == [bytes((0x93, 67, 100)), bytes((0x83, 67, 64))]


def test_without_the_wish_nothing_goes_out():
    engine = started(midi_out=False)
    press(engine)
    engine.process(frames=640)
    assert sent(engine) == []


def test_controllers_and_bends_go_along():
    engine = started()
    engine.midi_in(1, bytes((0xB0, 1, 77)), 0)
    engine.midi_in(1, bytes((0xE0, 0, 96)), 0)
    engine.process(frames=640)
    found = sent(engine)
    assert bytes((0xB0, 1, 77)) in found and bytes((0xE0, 0, 96)) in found


def test_two_notes_of_one_key_end_with_the_second():
    engine = started()
    for source in (1, 2):
        engine.midi_in(source, bytes((0x90, 60, 100)), 0)
    engine.process(frames=64)
    engine.midi_in(1, bytes((0x80, 60, 64)), 0)
    engine.process(frames=64)
    assert bytes((0x80, 60, 64)) not in sent(engine)
    engine.midi_in(2, bytes((0x80, 60, 64)), 0)
    engine.process(frames=64)
    assert sent(engine) == [bytes((0x80, 60, 64))]


def test_a_flood_of_controllers_leaves_room_for_the_ends_of_notes():
    """In one long block of the driver, for which MIDI out is emptied once."""
    engine = started()
    incoming(engine, 0, (0x90, 60, 100))
    engine.process(frames=64)
    assert sent(engine) == [bytes((0x90, 60, 100))]
    for frame in range(0, 2048, 64):
        for number in range(60):
            incoming(engine, frame, (0xB0, 1, number & 127))
    incoming(engine, 2047, (0x80, 60, 64))
    engine.process(frames=2048, block=2048)
    out = sent(engine)
    assert bytes((0x80, 60, 64)) in out
    assert MIDI_OUT_FOR_NOTES // 2 < len(out) <= MIDI_OUT_FOR_NOTES + 1


@pytest.mark.parametrize("way", ["panic", "other scene", "edit", "no more"])
def test_whatever_happens_to_the_track_its_notes_end_outside(way):
    engine = started(device=ticker if way == "panic" else "transposer")
    press(engine)
    engine.process(frames=640)
    begun = [data for data in sent(engine) if data[0] & 0xF0 == 0x90]
    assert begun
    track = engine.plan.rack.tracks[0]
    if way == "panic":
        engine.panic()
    elif way == "other scene":
        engine.swap(engine.compile(Rack([Track("other", [Slot(gate)])])), 0.0)
    elif way == "edit":
        engine.swap(engine.compile(Rack([Track("t", track.slots[1:], uid=track.uid)]), edit=True), 0.0)
    else:
        engine.swap(engine.compile(Rack([Track("t", track.slots, uid=track.uid)]), edit=True), 0.0)
    engine.process(frames=RATE)
    press(engine, down=False)
    engine.process(frames=20 * RATE)
    held: dict[int, int] = {}
    for data in [*begun, *sent(engine)]:
        if data[0] & 0xF0 == 0x90:
            held[data[1]] = 1
        elif data[0] & 0xF0 == 0x80:
            held.pop(data[1], None)
    assert held == {}


def test_a_track_without_midi_devices_says_what_is_missing():
    engine = Engine(RATE)
    with pytest.raises(AntiphonError, match=r"track 't'.*midi_out sends what its midi devices play, and it has none"):
        engine.compile(Rack([Track("t", [Slot(gate)], midi_out=True)]))
