"""What ends a note is never lost in the engine: panics of a DAW, floods, sources that go; and who leads the clock."""

import numpy as np
import pytest

from realtime.engine import layout
from realtime.engine.layout import CLOCK_LEADS, CLOCK_SILENT, CLOCK_TICKS
from tests.engine.small_devices import gate
from tests.engine.test_engine import lift, press, started, track

RATE = 48000
OFFS = [bytes((0x80 | channel, key, 0)) for channel in range(16) for key in range(128)]


@pytest.fixture
def engine():
    return started(track(gate))


def send(engine, *messages, source=1, offset=0):
    """As a driver with MIDI of its own does: straight into the coming block."""
    from realtime.engine.midi_flow import engine_midi_in

    for message in messages:
        data = np.frombuffer(message, np.uint8)
        engine_midi_in.ctypes(engine.address, source - 1, offset, data.ctypes.data, len(data))


def sounding(engine):
    keepers = engine._memory.arrays["keepers"]
    return int(keepers["sounding"].sum())


def level(engine, frames=RATE // 10, block=64):
    return float(np.abs(engine.process(frames=frames, block=block)[:, -64:]).max())


def test_a_panic_of_two_thousand_note_offs_in_one_block_ends_every_note(engine):
    for channel in (0, 5, 10, 15):
        press(engine, 60 + channel, channel=channel)
    engine.process(frames=64)
    assert sounding(engine) == 4
    send(engine, *OFFS)
    assert level(engine) == 0.0 and sounding(engine) == 0


def test_all_notes_at_once_and_their_end_in_one_block_more_than_it_can_hold(engine):
    ons = [bytes((0x90 | data[0] & 15, data[1], 100)) for data in OFFS]
    send(engine, *ons, *OFFS, *ons, *OFFS)  # 8,192 messages
    assert engine.record["dropped_incoming"][0] > 0
    assert level(engine) == 0.0 and sounding(engine) == 0
    press(engine, 60)
    assert level(engine) > 0.0  # it plays on


def test_a_source_that_goes_while_it_holds_every_key_leaves_none(engine):
    for channel in range(16):
        send(engine, bytes((0xB0 | channel, 64, 127)), *(bytes((0x90 | channel, key, 100)) for key in range(128)))
        engine.process(frames=64 * 4)
    assert sounding(engine) == 2048
    engine.release(1)
    engine.process(frames=64 * 64)
    assert level(engine) == 0.0 and sounding(engine) == 0


def test_the_end_of_a_source_comes_after_all_that_it_sent():
    """Its last notes lie in the ring, due a little later than the news that it has gone."""
    engine = started(track(gate))
    for key in range(50, 60):
        engine.midi_in(2, bytes((0x90, key, 100)))
    engine.release(2)
    deadline = 200
    while engine.record["n_incoming"][0] == 0 and len(engine.messages) and deadline:
        engine.process(frames=64)
        deadline -= 1
    assert level(engine) == 0.0 and sounding(engine) == 0 and len(engine.messages) == 0


def test_one_source_going_leaves_the_same_key_of_another(engine):
    press(engine, 60, source=1)
    press(engine, 60, source=2)
    engine.process(frames=64)
    engine.release(1)
    engine.process(frames=RATE // 10)
    assert sounding(engine) == 1 and level(engine) > 0.0
    lift(engine, 60, source=2)
    assert level(engine) == 0.0


def test_a_native_port_that_stops_sensing_falls_silent(engine):
    send(engine, b"\xfe", b"\x90\x3c\x64")
    engine.process(frames=RATE // 4)
    assert level(engine, 64) > 0.0
    engine.process(frames=RATE // 10)
    assert level(engine) == 0.0


def test_panic_tells_the_outside_to_lift_every_pedal():
    engine = started(track(gate))
    engine.panic()
    engine.process(frames=64)
    out = {(data[0], data[1]) for _, _, data in engine.midi_out() if data[2] == 0}
    assert {(0xB0 | channel, number) for channel in range(16) for number in (64, 66, 69, 120, 123)} <= out


def test_midi_out_that_nobody_takes_for_a_while_comes_later_and_whole():
    engine = started(track(gate))
    for _ in range(40):  # 3,840 messages for a ring of 2,048
        engine.panic()
        engine.process(frames=64)
    heard = engine.midi_out()
    engine.process(frames=64)
    heard += engine.midi_out()
    assert len(heard) == 40 * 96


# -- whose clock ------------------------------------------------------------------------------------------------------


class Clocks:
    """Several senders of MIDI clock into one engine that follows any of them."""

    def __init__(self, engine):
        self.engine, self.done, self.due = engine, 0, {}

    def run(self, seconds, **bpm):
        """Each `source_N=tempo` ticks for so long."""
        end = self.done + int(seconds * RATE)
        steps = {int(name.removeprefix("source_")): RATE * 60 / tempo / 24 for name, tempo in bpm.items()}
        for source in steps:
            self.due[source] = max(self.due.get(source, 0.0), float(self.done))
        while self.done < end:
            for source, step in steps.items():
                if self.due[source] <= self.done:
                    self.engine.midi_in(source, b"\xf8", 0)
                    self.due[source] += step
            self.engine.process(frames=64)
            self.done += 64

    @property
    def transport(self):
        return self.engine.meters.snapshot()["transport"]

    @property
    def state(self):
        return int(self.engine.record["clock_state"][0])


@pytest.fixture
def clocks():
    engine = started(track(gate), tempo_bpm=100.0)
    engine.follow_any_clock()
    engine.play()
    engine.process(frames=64)
    return Clocks(engine)


def test_any_port_may_lead_and_the_first_one_holds_until_it_is_silent(clocks):
    clocks.engine.midi_in(4, b"\xfa", 0)
    clocks.run(2.0, source_4=140.0)
    clocks.engine.midi_in(7, b"\xfa", 0)  # a second one starts beside it
    clocks.run(2.0, source_4=140.0, source_7=90.0)
    assert clocks.transport["tempo_bpm"] == pytest.approx(140.0, rel=0.01) and clocks.state == CLOCK_LEADS
    clocks.run(3.0, source_7=90.0)
    assert clocks.transport["tempo_bpm"] == pytest.approx(90.0, rel=0.01)
    assert clocks.state == CLOCK_TICKS and not clocks.transport["playing"]  # it gives its tempo; its start was long ago
    clocks.engine.midi_in(7, b"\xfa", 0)
    clocks.run(1.0, source_7=90.0)
    assert clocks.transport["playing"] and clocks.transport["beat"] == pytest.approx(1.5, abs=0.1)


def test_two_ports_of_one_keyboard_start_together(clocks):
    """Both say start, then both tick: the second must not take the lead, and with it the start, from the first."""
    for source in (2, 3):
        clocks.engine.midi_in(source, b"\xfa", 0)
    clocks.run(2.0, source_3=120.0, source_2=120.0)
    assert clocks.transport["playing"] and clocks.transport["beat"] == pytest.approx(4.0, abs=0.1)


def test_a_clock_that_goes_stops_the_song_and_leaves_it_to_the_performer(clocks):
    clocks.engine.midi_in(2, b"\xfa", 0)
    clocks.run(3.0, source_2=140.0)
    clocks.run(1.0)
    assert not clocks.transport["playing"] and clocks.state == CLOCK_SILENT
    where = clocks.transport["beat"]
    clocks.engine.play()
    clocks.run(1.0)
    assert clocks.transport["beat"] - where == pytest.approx(140 / 60, rel=0.02)
    where = clocks.transport["beat"]
    clocks.run(2.0, source_2=100.0)  # it is back without a start: only its tempo counts
    assert clocks.transport["tempo_bpm"] == pytest.approx(100.0, rel=0.01)
    clocks.engine.play()
    clocks.run(0.5, source_2=100.0)
    assert clocks.transport["playing"] and clocks.transport["beat"] >= where


def test_a_clock_that_pauses_takes_its_song_up_again(clocks):
    clocks.engine.midi_in(2, b"\xfa", 0)
    clocks.run(2.0, source_2=120.0)
    clocks.run(1.0)
    assert not clocks.transport["playing"]
    clocks.run(1.0, source_2=120.0)
    assert clocks.transport["playing"] and clocks.transport["beat"] == pytest.approx(6.0, abs=0.5)


def test_commands_without_a_clock_move_nothing(clocks):
    clocks.run(0.5)
    where = clocks.transport["beat"]
    for message in (b"\xf2\x08\x00", b"\xfb", b"\xfc", b"\xfa"):
        clocks.engine.midi_in(2, message, 0)
        clocks.run(0.2)
    assert clocks.transport["playing"] and clocks.transport["beat"] > where


def test_a_flood_of_clocks_does_not_hide_the_stop(clocks):
    clocks.engine.midi_in(2, b"\xfa", 0)
    clocks.run(2.0, source_2=120.0)
    for _ in range(500):
        clocks.engine.midi_in(3, b"\xf8", 0)
    clocks.engine.midi_in(2, b"\xfc", 0)
    clocks.engine.process(frames=64)
    assert not clocks.transport["playing"]


def test_a_chosen_source_alone_is_heard(clocks):
    clocks.engine.follow_clock(3)
    clocks.engine.midi_in(2, b"\xfa", 0)
    clocks.run(1.0, source_2=150.0)
    assert clocks.transport["tempo_bpm"] == pytest.approx(100.0) and clocks.engine.record["clock_leader"][0] == 0
    assert layout.ANY_CLOCK == -1
