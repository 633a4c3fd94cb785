"""A track that two scenes have alike goes on untouched through the switch."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from tests.engine.small_devices import difference, gate, half, late, sine
from tests.engine.switching_rig import (
    RATE,
    SUSTAIN,
    control,
    down,
    echo,
    largest_step,
    level,
    playing,
    rack,
    send,
    switch,
    up,
)


def test_a_track_that_does_not_change_goes_on_to_the_bit():
    """Its device, its effect's echo, its held key: as if there had been no switch."""
    still, switched = playing(sine, echo), playing(sine, echo)
    for engine in (still, switched):
        send(engine, down(60))
        engine.process(frames=RATE)
    more = Track("more", [Slot(gate)])
    switch(switched, Rack([more, Track("t", [Slot(sine), Slot(echo)])]))
    a, b = still.process(frames=RATE), switched.process(frames=RATE)
    assert np.abs(a - b).max() < 5e-7
    for engine in (still, switched):
        send(engine, up(60))
    a, b = still.process(frames=RATE), switched.process(frames=RATE)
    assert np.abs(a - b).max() < 5e-7 and np.abs(b[0, -480:]).max() < 0.02


def test_recall_of_the_same_scene_with_the_pedal_down_kills_nothing():
    still, switched = playing(sine), playing(sine)
    for engine in (still, switched):
        send(engine, down(60), control(SUSTAIN, 127), up(60))
        engine.process(frames=RATE)
    for _ in range(10):
        switch(switched, rack(sine))
        assert np.abs(still.process(frames=RATE // 2) - switched.process(frames=RATE // 2)).max() < 2e-7
    for engine in (still, switched):
        send(engine, control(SUSTAIN, 0))
        assert level(engine.process(frames=RATE)) < 1e-3
    switched.process(frames=RATE)
    assert switched.collect() == 1


def test_knobs_that_were_turned_keep_or_glide_back_as_is_set():
    for values, wanted in (("keep", 0.5), ("reset", 0.25)):
        engine = playing(gate)
        engine.plan.ordered()[0].set("level", 0.5)
        engine.plan.strips["t"].set("gain_db", -6.0)
        send(engine, down(60))
        engine.process(frames=RATE)
        device = engine.plan.ordered()[0]
        switch(engine, rack(gate), values)
        after = engine.process(frames=RATE)
        engine.collect()
        assert engine.plan.ordered()[0] is device and device.slot is engine.plan.rack.tracks[0].slots[0]
        assert device.get("level") == wanted and engine.plan.rack.tracks[0].slots[0].values["level"] == wanted
        gain = engine.plan.strips["t"].get("gain_db")
        assert gain == (-6.0 if values == "keep" else 0.0)
        assert level(after) == pytest.approx(wanted * 10 ** (gain / 20), abs=1e-5)
        assert largest_step(after) < 0.04  # it glides


def test_a_bus_that_is_in_both_keeps_its_knobs_and_its_tail():
    def with_room() -> Rack:
        return Rack([Track("t", [Slot(sine)], sends={"room": 0.0})], [Bus("room", [Slot(echo)])])

    still, switched = playing(with_room()), playing(with_room())
    for engine in (still, switched):
        engine.plan.strips["room"].set("gain_db", -3.0)
        send(engine, down(60))
        engine.process(frames=RATE)
    switch(switched, with_room(), "keep")
    a, b = still.process(frames=RATE), switched.process(frames=RATE)
    assert np.abs(a - b).max() < 1e-5  # two echoes, one fading in as the other fades out, are the one
    assert switched.plan.strips["room"].get("gain_db") == -3.0


def test_a_ringing_track_keeps_its_bus_when_the_new_scene_has_none():
    engine = playing(Rack([Track("t", [Slot(sine)], sends={"room": 0.0})], [Bus("room", [Slot(echo)])]))
    send(engine, down(60))
    steady = engine.process(frames=4 * RATE)
    switch(engine, rack(gate, name="new"))
    after = engine.process(frames=RATE)
    assert largest_step(steady[:, -9600:], after) <= 1.001 * largest_step(steady[:, -9600:])
    assert level(after) == pytest.approx(level(steady), rel=0.01)


def test_a_track_with_another_devices_order_is_another_track():
    engine = playing(sine, half, echo)
    nodes = set(map(id, engine.plan.nodes.values()))
    new = switch(engine, rack(sine, echo, half))
    assert not nodes & set(map(id, new.plan.nodes.values()))


def test_what_a_sidechain_hears_goes_on_with_it_or_not_at_all():
    def keyed(key) -> Rack:
        return Rack([Track("key", [Slot(key)]), Track("t", [Slot(sine), Slot(difference, sidechain="key")])])

    engine = playing(keyed(sine))
    send(engine, down(60))
    engine.process(frames=RATE)
    same, other = engine.switches.prepare(keyed(sine)), engine.switches.prepare(keyed(gate))
    assert len(same.plan.adopted.tracks) == 2 and len(other.plan.adopted.tracks) == 0
    before = engine.process(frames=4800)
    engine.switches.switch(same, wait_s=0.0)
    after = engine.process(frames=RATE)
    assert largest_step(before, after) <= 1.001 * largest_step(before)
    assert (
        np.abs(after[0] - np.tile(before[0], 10)[:RATE]).max() < 0.51
    )  # the key still cancels the track: one sine is left


def test_live_input_goes_on_through_switches_without_a_spike():
    def thru(*devices, name="live") -> Rack:
        return Rack([Track(name, [Slot(item) for item in devices], audio_input=(1, 2))])

    noise = np.tile((0.1 * np.random.default_rng(3).standard_normal(40 * 4800)).astype(np.float32), (2, 1))
    still, switched = playing(thru(half), inputs=2), playing(thru(half), inputs=2)
    for number in range(40):
        part = noise[:, number * 4800 : (number + 1) * 4800]
        switch(switched, thru(half))
        assert np.abs(still.process(part) - switched.process(part)).max() < 2e-7
    peak = np.abs(noise).max() / 2
    for number in range(40):  # to other chains and back: sums of the two, never above either
        part = noise[:, number * 4800 : (number + 1) * 4800]
        switch(switched, thru(half, name=f"n{number}"))
        assert np.abs(switched.process(part)).max() <= 1.001 * peak


def test_latencies_that_change_at_a_switch_do_not_click():
    engine = playing(sine)
    send(engine, down(60))
    steady = engine.process(frames=RATE)
    last = steady[:, -4800:]
    for number in range(6):
        more = [Track("slow", [Slot(gate), Slot(late)])] if number % 2 == 0 else []
        switch(engine, Rack([Track("t", [Slot(sine)]), *more]))
        sound = engine.process(frames=9600)
        assert largest_step(last, sound) <= 1.01 * largest_step(steady[:, -4800:])
        last = sound


def test_a_track_goes_on_over_many_switches_and_edits():
    still, switched = playing(sine), playing(sine)
    for engine in (still, switched):
        send(engine, down(60))
        engine.process(frames=RATE)
    for number in range(30):
        if number % 3 == 2:
            switched.collect()
            goes_on = switched.plan.rack.tracks[1]
            edited = Rack([goes_on, Track(f"x{number}", [Slot(gate)], Keys(channels=(16,)))])
            switched.swap(switched.compile(edited, edit=True), 0.0)
        else:
            switch(switched, Rack([Track(f"b{number}", [Slot(gate)], Keys(channels=(16,))), Track("t", [Slot(sine)])]))
        assert np.abs(still.process(frames=3000) - switched.process(frames=3000)).max() < 3e-7
        assert switched.plan.ordered()[0 if number % 3 == 2 else 1].record["faults"] == 0
    for engine in (still, switched):
        send(engine, up(60))
        assert level(engine.process(frames=RATE)) < 1e-3
    switched.process(frames=RATE)
    assert switched.collect() == 1


def test_no_device_is_run_by_two_plans():
    """A device that counts its frames, carried on through switches and edits, has counted every frame once."""
    engine = playing(Rack([Track("t", [Slot(sine), Slot(late)])]))
    node = engine.plan.ordered()[1]
    start = int(node.instance.state[:8].view(np.int64)[0])
    for number in range(20):
        switch(engine, Rack([Track("t", [Slot(sine), Slot(late)]), Track(f"x{number}", [Slot(gate)])]))
        engine.process(frames=1000)
        assert engine.plan.nodes[engine.plan.rack.tracks[0].slots[1].uid] is node
    assert int(node.instance.state[:8].view(np.int64)[0]) - start == 20_000
