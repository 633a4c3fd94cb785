"""A bus or a master that two scenes have alike is one: its reverb and its compressor go on through the switch, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from tests.engine.small_devices import difference, gate, half, late, sine
from tests.engine.switching_rig import RATE, down, largest_step, playing, switch, up

ELSEWHERE = Keys(channels=(16,))


def press(engine, key=60, on=True):
    engine.midi_in(1, down(key) if on else up(key), 0)


def scene(*names, room=("reverb",), master=("compressor",), more=(), **bus) -> Rack:
    """A track of a sine for each name, all sent to one room, under one master."""
    tracks = [Track(name, [Slot(sine)], sends={"room": -3.0}) for name in names]
    return Rack([*more, *tracks], [Bus("room", [Slot(item) for item in room], **bus)], [Slot(item) for item in master])


def silent(name="silent") -> Track:
    return Track(name, [Slot(gate)], ELSEWHERE)


def both(first: Rack, again: Rack) -> tuple[Engine, Engine]:
    """Two engines with a note held for a second."""
    engines = playing(first), playing(again)
    for engine in engines:
        press(engine)
        engine.process(frames=RATE)
    return engines


def test_reverb_and_compressor_of_an_unchanged_bus_and_master_go_on_to_the_bit():
    still, switched = both(scene("t"), scene("t"))
    compressor, reverb = switched.plan.ordered()[-1], switched.plan.ordered()[-2]
    for number in range(4):
        new = switch(switched, scene("t", more=[silent(f"s{number}")]))
        assert np.array_equal(still.process(frames=RATE // 3), switched.process(frames=RATE // 3))
        assert new.plan.ordered()[-1] is compressor and new.plan.ordered()[-2] is reverb
    for engine in (still, switched):
        press(engine, on=False)
    assert np.array_equal(still.process(frames=7 * RATE), switched.process(frames=7 * RATE))
    assert switched.collect() == 1


def test_a_note_held_in_the_former_scene_sounds_through_the_same_room_and_compressor_to_the_bit():
    still, switched = both(scene("t"), scene("t"))
    for number in range(3):
        switch(switched, scene(f"other {number}"))
        assert np.array_equal(still.process(frames=RATE // 2), switched.process(frames=RATE // 2))
    assert np.array_equal(still.process(frames=6 * RATE), switched.process(frames=6 * RATE))
    assert [ringing.held for ringing in switched.switches.ringing()] == [1]  # those between are gone
    for engine in (still, switched):
        press(engine, on=False)
    assert np.array_equal(still.process(frames=2 * RATE), switched.process(frames=2 * RATE))
    switched.process(frames=6 * RATE)
    assert switched.collect() == 1


def test_a_tail_that_is_cut_short_fades_in_front_of_the_room_and_the_room_rings_on():
    engine = both(scene("t"), scene("t"))[0]
    press(engine, on=False)
    engine.process(frames=64)
    switch(engine, scene("other"), tail_s=0.0)
    sound = engine.process(frames=2 * RATE)
    assert engine.collect() == 1 and largest_step(sound) < 0.03
    assert 1e-4 < np.abs(sound[0, RATE // 2 : RATE]).max() < 0.1


def test_two_scenes_play_into_one_compressor():
    """It turns both down together: as if both had been tracks of one scene."""
    together = playing(scene("a", "b"))
    apart = playing(scene("a"))
    for engine in (together, apart):
        press(engine)
        engine.process(frames=RATE)
    switch(apart, scene("b"))
    for engine in (together, apart):
        press(engine, on=False)
        press(engine)
    a, b = together.process(frames=RATE), apart.process(frames=RATE)
    assert np.abs(a).max() > 0.05 and b.shape == a.shape
    assert apart.plan.ordered()[-1] is not None and apart.plan.ordered()[-1].record["faults"] == 0


def test_the_strip_of_a_bus_and_the_sends_glide_to_the_new_scene_or_stay_as_is_set():
    def wanted(level):
        rack = scene("t", level)
        rack.buses[0].gain_db, rack.tracks[0].sends["room"] = -12.0, -24.0
        return rack

    for values, gains in (("reset", (-12.0, -24.0, 0.25)), ("keep", (-1.0, -3.0, 0.5))):
        engine = playing(scene("t", room=(half,), master=("saturator",)))
        engine.plan.strips["room"].set("gain_db", -1.0)
        press(engine)
        steady = engine.process(frames=RATE)
        strip, send = engine.plan.strips["room"], engine.plan.sends["t", "room"]
        to = scene("t", room=(half,), master=("saturator",), more=[silent()])
        to.buses[0].gain_db, to.tracks[-1].sends["room"] = -12.0, -24.0
        new = switch(engine, to, values)
        after = engine.process(frames=RATE)
        assert new.plan.strips["room"] is strip and new.plan.sends["t", "room"] is send
        assert (strip.get("gain_db"), send.get("gain_db")) == gains[:2]
        assert largest_step(after) < 1.2 * largest_step(steady)


@pytest.mark.parametrize("master", [("compressor", half), ()])
def test_a_bus_goes_on_under_another_master_without_a_click(master):
    still, switched = both(scene("t", master=()), scene("t", master=()))
    reverb = switched.plan.ordered()[-1]
    steady = still.process(frames=4800)
    switched.process(frames=4800)
    new = switch(switched, scene("t", master=master, more=[silent()]))
    after = switched.process(frames=RATE)
    place = next(node for node in new.plan.nodes.values() if node.name == "reverb")
    assert place is reverb and largest_step(after) < 1.2 * largest_step(steady)
    if not master:
        assert np.array_equal(after, still.process(frames=RATE))


def test_a_note_that_sounds_through_the_room_of_a_scene_between_outlives_that_scene():
    engine = both(scene("t"), scene("t"))[0]
    switch(engine, scene("u"), tail_s=0.0)
    steady = engine.process(frames=RATE)
    switch(engine, Rack([silent()], [], [Slot(half)]), tail_s=0.0)
    sound = engine.process(frames=10 * RATE, block=512)
    assert len(engine.switches.ringing()) == 2
    assert np.abs(sound[0, -4800:]).max() == pytest.approx(np.abs(steady[0, -4800:]).max(), rel=0.02)
    press(engine, on=False)
    engine.process(frames=8 * RATE, block=512)
    assert engine.collect() == 1 and np.abs(engine.process(frames=480)).max() < 1e-4


def test_an_edit_that_takes_the_room_away_fades_what_a_former_scene_sends_there():
    engine = both(scene("t", master=()), scene("t", master=()))[0]
    steady = engine.process(frames=4800)
    new = switch(engine, scene("u", master=()))
    engine.process(frames=4800)
    engine.collect()
    track = new.plan.rack.tracks[0]
    edited = Rack([Track("u", track.slots, uid=track.uid)])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    after = engine.process(frames=RATE)
    assert largest_step(after) < 1.2 * largest_step(steady)
    assert np.abs(after[0, -4800:]).max() == pytest.approx(0.25, rel=0.01)  # what is left of it is dry
    press(engine, on=False)
    engine.process(frames=8 * RATE, block=512)
    assert engine.collect() == 1


def test_an_edit_of_the_room_is_heard_by_what_rings_in_it():
    engine = both(scene("t", master=()), scene("t", master=()))[0]
    steady = engine.process(frames=4800)
    new = switch(engine, scene("u", master=()))
    engine.process(frames=4800)
    engine.collect()
    bus, track = new.plan.rack.buses[0], new.plan.rack.tracks[0]
    edited = Rack([track], [Bus("room", [*bus.slots, Slot(half)], uid=bus.uid)])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    after = engine.process(frames=RATE)
    assert largest_step(after) < 1.2 * largest_step(steady)
    engine.plan.strips["room"].set("mute", 1.0)
    engine.process(frames=RATE)
    assert np.abs(engine.process(frames=4800)[0]).max() == pytest.approx(0.25, rel=0.01)


def test_latencies_that_change_at_a_switch_do_not_click_in_the_room():
    engine = both(scene("t"), scene("t"))[0]
    steady = engine.process(frames=RATE)
    for number in range(6):
        more = [Track("slow", [Slot(gate), Slot(late)], ELSEWHERE)] if number % 2 == 0 else []
        switch(engine, scene("t", more=more))
        assert largest_step(engine.process(frames=9600)) <= 1.2 * largest_step(steady[:, -9600:])


def test_a_bus_whose_sidechain_is_another_track_is_another_bus():
    def keyed(key) -> Rack:
        room = Bus("room", [Slot(difference, sidechain="key")])
        return Rack([Track("key", [Slot(key)]), Track("t", [Slot(sine)], sends={"room": 0.0})], [room])

    engine = playing(keyed(sine))
    press(engine)
    before = engine.process(frames=RATE)
    node = engine.plan.ordered()[-1]
    other = engine.switches.prepare(keyed(gate))
    assert other.plan.ordered()[-1] is not node
    same = switch(engine, keyed(sine))
    after = engine.process(frames=RATE)
    assert same.plan.ordered()[-1] is node and largest_step(after) <= 1.001 * largest_step(before[:, -4800:])


def test_a_hundred_switches_under_one_room_run_it_once_a_frame_and_keep_no_plan():
    engine = playing(scene("t", room=(late,), master=(late,)))
    nodes = engine.plan.ordered()[-2:]
    start = [int(node.instance.state[:8].view(np.int64)[0]) for node in nodes]
    for number in range(100):
        press(engine, 60 + number % 5)
        switch(engine, scene(f"n{number % 3}", room=(late,), master=(late,)), tail_s=0.1)
        engine.process(frames=1000)
        press(engine, 60 + number % 5, on=False)
        engine.collect()
    assert engine.plan.ordered()[-2:] == nodes
    assert [int(node.instance.state[:8].view(np.int64)[0]) - at for node, at in zip(nodes, start, strict=True)] == [
        100_000,
        100_000,
    ]
    engine.process(frames=2 * RATE)
    assert engine.collect() == 1
