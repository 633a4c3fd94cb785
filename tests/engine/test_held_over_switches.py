"""What is held lives on through a switch of scenes until it is released, and tails ring as long as is set."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.layout import MAX_PLANS, MAX_RINGING
from realtime.engine.rack import Rack, Slot, Track
from tests.engine.small_devices import gate, half, sine
from tests.engine.switching_rig import (
    RATE,
    SOSTENUTO,
    SUSTAIN,
    WHEEL,
    control,
    down,
    echo,
    heard,
    largest_step,
    level,
    playing,
    rack,
    send,
    switch,
    up,
    witness,
)


def test_a_key_held_for_two_minutes_after_the_switch_sounds_until_it_is_released():
    engine = playing(sine)
    send(engine, down(60))
    engine.process(frames=RATE)
    switch(engine, rack(gate), tail_s=0.5)
    for _ in range(12):
        assert level(engine.process(frames=10 * RATE, block=1024)) > 0.24
    send(engine, up(60))
    assert level(engine.process(frames=RATE)) < 1e-4
    engine.process(frames=RATE)
    assert engine.collect() == 1


@pytest.mark.parametrize("pedal", [SUSTAIN, SOSTENUTO])
def test_what_a_pedal_holds_sounds_until_the_pedal_goes_up(pedal):
    engine = playing(sine)
    send(engine, down(60), control(pedal, 127), up(60))
    engine.process(frames=RATE)
    switch(engine, rack(gate), tail_s=0.0)
    assert level(engine.process(frames=5 * RATE, block=512)) > 0.24
    send(engine, down(62), up(62))  # a note of the new scene, which the sustain pedal holds and the sostenuto does not
    engine.process(frames=640)
    send(engine, control(pedal, 0))
    assert level(engine.process(frames=RATE)) < 1e-4
    engine.process(frames=RATE)
    assert engine.collect() == 1


def test_the_ends_and_the_pressure_of_old_notes_go_to_the_old_scene_and_new_ones_to_the_new():
    engine = playing(witness)
    old = engine.plan
    send(engine, down(60), down(64))
    engine.process(frames=64)
    new = switch(engine, rack(witness, name="other"))
    send(engine, down(67))
    engine.process(frames=64)
    send(engine, up(60), bytes((0xA0, 64, 90)), bytes((0xA0, 67, 30)))
    engine.process(frames=64)
    before, after = heard(old), heard(new.plan)
    assert (before["ons"], before["offs"], before["touch"]) == (2, 1, pytest.approx(90 / 127))
    assert (after["ons"], after["offs"], after["touch"]) == (1, 0, pytest.approx(30 / 127))
    assert [ringing.held for ringing in engine.switches.ringing()] == [1]


def test_bend_and_wheel_go_on_reaching_the_plan_that_holds_the_note_and_leave_its_tails_alone():
    engine = playing(witness)
    old = engine.plan
    send(engine, down(60))
    engine.process(frames=64)
    switch(engine, rack(witness, name="other"))
    send(engine, bytes((0xE0, 0, 96)), control(WHEEL, 127), bytes((0xD0, 127)))
    engine.process(frames=64)
    assert heard(old)["bend"] == pytest.approx(1.0, abs=1e-3) and heard(old)["wheel"] == 1.0
    send(engine, up(60))
    engine.process(frames=64)
    send(engine, bytes((0xE0, 0, 64)), bytes((0xD0, 0)))
    engine.process(frames=64)
    assert (
        heard(old)["bend"] == pytest.approx(1.0, abs=1e-3) and heard(old)["pressure"] == 1.0
    )  # the tail stays in tune


def test_only_the_finger_whose_note_is_held_moves_the_old_scene_in_mpe():
    engine = playing(witness)
    old = engine.plan
    send(engine, control(101, 0), control(100, 6), control(6, 14), down(60, channel=1), down(60, channel=2))
    engine.process(frames=64)
    switch(engine, rack(witness, name="other"))
    send(engine, up(60, channel=2), down(60, channel=3))
    engine.process(frames=64)
    send(engine, bytes((0xE3, 0, 96)))
    engine.process(frames=64)
    assert heard(old)["bend"] == 0.0
    send(engine, bytes((0xE1, 0, 96)))
    engine.process(frames=64)
    assert heard(old)["bend"] == pytest.approx(24.0, abs=0.05)


def test_two_mpe_notes_of_one_pitch_and_one_of_them_bends():
    """The other stays where it is, before the switch and after it."""
    engine = playing("poly")
    send(engine, control(101, 0), control(100, 6), control(6, 14), down(69, channel=1), down(69, channel=2))
    engine.process(frames=RATE)
    switch(engine, rack("poly", name="other"))
    send(engine, bytes((0xE2, 0, 80)))  # 12 semitones up
    engine.process(frames=RATE)
    sound = engine.process(frames=RATE)[0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE)))
    low, high, between = spectrum[430:450].max(), spectrum[870:890].max(), spectrum[550:750].max()
    assert low > 20 * between and high > 20 * between
    send(engine, up(69, channel=1), up(69, channel=2))
    engine.process(frames=3 * RATE)
    assert level(engine.process(frames=RATE)) < 1e-4


def test_a_players_note_that_spans_the_switch_ends_on_its_beat():
    from realtime.contract import player_wire as wire
    from realtime.native.ring import Ring

    engine = playing(sine)
    ring = Ring(wire.PLAN, 64)
    engine.record["player_out"][0][0] = ring.address
    ring.push(kind=wire.PLAN_NOTE, beat=0.1, duration_beats=4.0, key=60, velocity=0.8, serial=1)
    engine.process(frames=RATE)
    switch(engine, rack(gate))
    assert level(engine.process(frames=RATE // 4)) > 0.24
    engine.set_tempo(240.0)  # a tempo change while it is held must not hang it
    engine.process(frames=RATE)
    assert level(engine.process(frames=RATE)) < 1e-3
    engine.process(frames=RATE)
    assert engine.collect() == 1


def test_five_switches_in_a_row_keep_the_held_pad_and_end_what_is_over():
    engine = playing(sine)
    send(engine, down(60))
    engine.process(frames=RATE)
    for number in range(5):
        switch(engine, rack(gate, name=f"s{number}"))
        assert level(engine.process(frames=4800)) > 0.24
    assert 1 <= len(engine.switches.ringing()) <= MAX_RINGING
    send(engine, up(60))
    engine.process(frames=2 * RATE)
    assert engine.collect() == 1


def test_more_held_scenes_than_there_is_room_for_lose_the_oldest_in_a_fade_and_leave_no_key_stuck():
    engine = playing(sine)
    steady = engine.process(frames=64)
    for number in range(8):
        send(engine, down(60 + number))
        steady = engine.process(frames=RATE // 4)
        switch(engine, rack(sine, name=f"s{number}"))
        after = engine.process(frames=RATE // 4)
        assert largest_step(steady, after) < 5 * 0.25 * 2 * np.pi * 220 / RATE
        assert len(engine.switches.ringing()) <= MAX_PLANS - 1
    assert len(engine.switches.ringing()) <= MAX_RINGING
    send(engine, *(up(60 + number) for number in range(8)))
    engine.process(frames=2 * RATE)
    assert engine.collect() == 1 and level(engine.process(frames=640)) < 1e-4


def test_a_panic_ends_what_sostenuto_holds_in_a_former_scene():
    engine = playing(sine)
    send(engine, down(60), control(SOSTENUTO, 127), up(60))
    engine.process(frames=RATE)
    switch(engine, rack(gate))
    send(engine, down(62), up(62))
    engine.process(frames=640)
    engine.panic()
    engine.process(frames=4800)
    assert level(engine.process(frames=480)) == 0.0 and engine.collect() == 1
    assert int(engine._memory.arrays["keepers"]["sounding"].sum()) == 0
    send(engine, down(60), up(60))
    engine.process(frames=4800)
    assert level(engine.process(frames=480)) == 0.0  # sostenuto is up: nothing is caught anew


def test_a_flood_of_held_notes_at_a_switch_hangs_nothing():
    engine = playing(gate)
    for channel in range(16):
        send(engine, *(down(key, channel) for key in range(128)))
        engine.process(frames=64 * 8)
    switch(engine, rack(gate, name="other"))
    engine.process(frames=640)
    for channel in range(16):
        send(engine, *(up(key, channel) for key in range(128)))
        engine.process(frames=64 * 8)
    engine.process(frames=2 * RATE)
    assert level(engine.process(frames=64)) == 0.0 and engine.collect() == 1


def test_an_edit_while_a_former_scene_rings_leaves_it_ringing():
    engine = playing(sine)
    send(engine, down(60))
    steady = engine.process(frames=RATE)
    switch(engine, rack(gate, name="new"))
    engine.process(frames=640)
    engine.collect()
    edited = Rack([Track("new", [*engine.plan.rack.tracks[0].slots, Slot(half)], uid=1)])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    after = engine.process(frames=RATE)
    assert level(after) > 0.24 and largest_step(after) <= 1.001 * largest_step(steady[:, -4800:])
    send(engine, up(60))
    engine.process(frames=2 * RATE)
    assert engine.collect() == 1


@pytest.mark.parametrize(("tail_s", "rings_s", "over_s"), [(0.0, 0.0, 0.07), (0.5, 0.45, 0.58), (None, 0.9, 3.0)])
def test_the_former_scene_rings_as_long_as_is_set_and_fades(tail_s, rings_s, over_s):
    engine = playing(sine, echo)
    send(engine, down(60))
    engine.process(frames=RATE // 2)
    send(engine, up(60))
    engine.process(frames=640)
    switch(engine, rack(gate), tail_s=tail_s)
    sound = engine.process(frames=round(over_s * RATE) + RATE)
    at, end = round(rings_s * RATE), round(over_s * RATE)
    if rings_s:
        assert np.abs(sound[0, max(0, at - 4800) : at]).max() > 1e-3
    assert np.abs(sound[0, end:]).max() < (1e-3 if tail_s is None else 1e-7)
    assert largest_step(sound) < 0.03  # a fade, no cut


def test_the_panel_is_told_when_a_switch_was_taken_and_when_the_former_scene_has_ended():
    engine = playing(sine)
    engine.switches.attend()
    first = engine.plan
    send(engine, down(60))
    engine.process(frames=RATE)
    prepared = switch(engine, rack(gate, name="new"), tail_s=0.1)
    assert engine.switches.attend() == []
    engine.process(frames=64)
    (taken,) = engine.switches.attend()
    assert (taken.kind, taken.prepared, taken.plan, taken.held) == ("taken", prepared, prepared.plan, 1)
    assert [(r.plan, r.held) for r in engine.switches.ringing()] == [(first, 1)]
    send(engine, up(60))
    engine.process(frames=RATE)
    (ended,) = engine.switches.attend()
    assert (ended.kind, ended.plan, ended.held) == ("ended", first, 0) and ended.sample > taken.sample
    assert engine.switches.ringing() == []
