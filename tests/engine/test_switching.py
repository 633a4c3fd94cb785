"""Switching songs under the hands: what is held lives on, what does not change goes on, the new one knows the pedals."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from realtime.contract.block import audio_in, audio_out, event, value
from realtime.contract.device import Param, device
from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_OFF, NOTE_ON, PRESSURE, TIMBRE
from realtime.engine.engine import Engine
from realtime.engine.layout import MAX_PLANS, MAX_RINGING
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.engine.switching import MOST_NEWS, Cue
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import difference, gate, half, late, sine, steps

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


# -- what is held lives on --------------------------------------------------------------------------------------------


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


# -- tails ------------------------------------------------------------------------------------------------------------


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


# -- the new scene knows the hands ------------------------------------------------------------------------------------


def test_the_new_scene_knows_pedals_wheel_bend_and_pressure_at_its_first_block():
    engine = playing(gate)
    send(
        engine, control(SUSTAIN, 127), control(SOSTENUTO, 127), control(WHEEL, 127), bytes((0xE0, 0, 96)),
        bytes((0xD0, 127)), control(74, 100), control(0, 5),
    )  # fmt: skip
    engine.process(frames=64)
    new = switch(engine, rack(witness))
    send(engine, down(60))
    engine.process(frames=64)
    state = heard(new.plan)
    assert (state["pedal"], state["sostenuto"], state["wheel"], state["pressure"]) == (1.0, 1.0, 1.0, 1.0)
    assert state["bend"] == pytest.approx(1.0, abs=1e-3) and state["timbre"] == pytest.approx(100 / 127)
    assert state["ons"] == 1 and state["first"] != NOTE_ON  # told before the note
    assert state["bank"] == 0.0  # a bank select begins something; it is no state


def test_a_scene_is_told_only_what_its_tracks_hear():
    engine = playing(gate)
    send(engine, control(WHEEL, 127, channel=4))
    engine.process(frames=64)
    deaf = Keys(channels=(1,))
    keen = Keys(channels=(5,))
    new = switch(engine, Rack([Track("deaf", [Slot(witness)], deaf), Track("keen", [Slot(witness)], keen)]))
    engine.process(frames=64)
    assert heard(new.plan, 0)["wheel"] == 0.0 and heard(new.plan, 1)["wheel"] == 1.0


def test_what_was_never_touched_is_not_told():
    engine = playing(gate)
    send(engine, down(60), up(60))
    engine.process(frames=64)
    new = switch(engine, rack(witness))
    engine.process(frames=64)
    assert heard(new.plan)["first"] == 0


def test_the_pedal_is_right_at_the_first_recall_and_holds_what_is_struck():
    engine = playing(sine)
    send(engine, control(SUSTAIN, 127))
    engine.process(frames=64)
    switch(engine, rack(gate))
    send(engine, down(60), up(60))
    engine.process(frames=64)
    assert level(engine.process(frames=4800)) == 0.25
    send(engine, control(SUSTAIN, 0))
    engine.process(frames=64)
    assert level(engine.process(frames=4800)) == 0.0


def test_a_device_that_an_edit_adds_knows_the_pedal_too():
    first = rack(gate)
    engine = playing(first)
    send(engine, control(SUSTAIN, 127))
    engine.process(frames=64)
    edited = Rack([first.tracks[0], Track("added", [Slot(witness)])])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    engine.process(frames=64)
    assert heard(engine.plan, 1)["pedal"] == 1.0


# -- what does not change goes on -------------------------------------------------------------------------------------


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


# -- made ready, on the beat, by message ------------------------------------------------------------------------------


def test_a_plan_made_ready_survives_edits_of_what_sounds():
    """Its devices are built once; it is wired anew to take over what sounds now."""
    first = rack(sine)
    engine = playing(first)
    send(engine, down(60))
    steady = engine.process(frames=RATE)
    prepared = engine.switches.prepare(
        Rack([Track("t", [Slot(sine)]), Track("new", [Slot(gate)], Keys(channels=(9,)))])
    )
    built = prepared.plan.ordered()[1]
    for number in range(3):
        added = Track(f"x{number}", [Slot(gate)], Keys(channels=(16,)))
        engine.swap(engine.compile(Rack([first.tracks[0], added]), edit=True), 0.0)
        engine.process(frames=4800)
        engine.switches.attend()
    last = engine.process(frames=4800)
    engine.switches.switch(prepared, wait_s=0.0)
    after = engine.process(frames=RATE)
    assert largest_step(last, after) <= 1.001 * largest_step(steady[:, -4800:])
    assert prepared.plan.ordered()[1] is built and engine.plan is prepared.plan
    assert prepared.plan.ordered()[0] is not built and level(after) > 0.24


def test_a_switch_on_the_bar_comes_at_its_sample():
    engine = playing(rack(steps))
    engine.process(frames=1000)
    prepared = engine.switches.prepare(Rack([Track("g", [Slot(gate)])]))
    bar = engine.switches.next_bar()
    assert not engine.switches.switch(prepared, at_beat=bar)
    at = round((bar - engine.record[0]["clock_beat"]) * 60 / 120 * RATE)
    now = int(engine.record[0]["transport"]["sample"])
    done = 0
    while done < at - 100:
        count = min(777, at - 100 - done)
        engine.process(frames=count, block=96)
        done += count
    assert engine.switches.ringing() == [] and engine.plan is not prepared.plan
    engine.process(frames=256, block=256)
    news = [item for item in engine.switches.attend() if item.prepared is prepared]
    assert [item.kind for item in news] == ["taken"] and engine.plan is prepared.plan
    assert abs(news[0].sample - (now + at)) <= 1 and news[0].beat == pytest.approx(bar, abs=1e-4)


def test_a_switch_on_the_bar_survives_an_edit_and_can_be_taken_back():
    first = rack(sine)
    engine = playing(first)
    prepared = engine.switches.prepare(Rack([Track("t", [Slot(sine)]), Track("g", [Slot(gate)])]))
    engine.switches.switch(prepared, at_beat=engine.switches.next_bar())
    assert engine.switches.cancel() is prepared and engine.switches.cancel() is None
    engine.switches.switch(prepared, at_beat=engine.switches.next_bar(2), tail_s=1.0)
    added = Track("x", [Slot(gate)], Keys(channels=(16,)))
    engine.swap(engine.compile(Rack([first.tracks[0], added]), edit=True), 0.0)
    engine.process(frames=640)
    engine.switches.attend()
    engine.process(frames=5 * RATE)
    kinds = [item.kind for item in engine.switches.attend() if item.prepared is prepared]
    assert kinds == ["taken"] and engine.plan is prepared.plan
    assert prepared.plan.head["tail_s"][0] == 1.0


def incoming(engine, *messages):
    """(frame of the coming block, message): as a driver with MIDI of its own gives them."""
    from realtime.engine.midi_flow import engine_midi_in

    for offset, message in messages:
        data = np.frombuffer(bytes(message), np.uint8)
        engine_midi_in.ctypes(engine.address, 0, offset, data.ctypes.data, len(data))


def test_a_program_change_switches_in_its_block_and_the_note_behind_it_has_the_new_sound():
    engine = playing(witness)
    old = engine.plan
    incoming(engine, (0, down(60)))
    engine.process(frames=64)
    new = engine.switches.prepare(rack(witness, name="other"))
    engine.switches.arm([Cue(new, "program", 5)])
    incoming(engine, (10, down(62)), (100, bytes((0xC0, 5))), (100, down(64)), (101, down(65)), (200, up(60)))
    engine.process(frames=256, block=256)
    assert (heard(old)["ons"], heard(old)["offs"]) == (2, 1)
    assert (heard(new.plan)["ons"], heard(new.plan)["offs"]) == (2, 0)
    taken = [item for item in engine.switches.attend() if item.kind == "taken"][-1]
    assert taken.prepared is new and taken.cue is not None and taken.cue.number == 5
    assert taken.sample == int(engine.record[0]["transport"]["sample"]) - 156
    assert engine.plan is new.plan


@pytest.mark.parametrize(
    ("cue", "message", "fires"),
    [
        ({"kind": "program", "number": 5}, (0xC0, 6), False),
        ({"kind": "program", "number": 5, "channels": 1 << 3}, (0xC0, 5), False),
        ({"kind": "program", "number": 5, "channels": 1 << 3}, (0xC3, 5), True),
        ({"kind": "program", "number": 5, "sources": 1 << 3}, (0xC0, 5), False),
        ({"kind": "program", "number": 5, "bank": 1}, (0xC0, 5), False),
        ({"kind": "program", "number": 5, "bank": 259}, (0xC0, 5), True),
        ({"kind": "controller", "number": 80}, (0xB0, 80, 127), True),
        ({"kind": "controller", "number": 80}, (0xB0, 80, 20), False),
        ({"kind": "note", "number": 24, "low": 1}, (0x90, 24, 30), True),
        ({"kind": "note", "number": 24, "low": 1}, (0x80, 24, 30), False),
        ({"kind": "note", "number": 24, "low": 100}, (0x90, 24, 30), False),
    ],
)
def test_only_the_message_of_a_cue_switches(cue, message, fires):
    engine = playing(gate)
    new = engine.switches.prepare(rack(witness))
    engine.switches.arm([Cue(new, **cue)])
    incoming(engine, (0, control(0, 2)), (0, control(32, 3)), (1, message))
    engine.process(frames=64)
    engine.collect()
    assert (engine.plan is new.plan) is fires


def test_a_pedal_that_is_a_cue_switches_once_however_far_it_goes_down():
    engine = playing(gate)
    racks = [engine.switches.prepare(rack(witness, name=f"n{number}")) for number in range(2)]
    engine.switches.arm([Cue(racks[0], "controller", 80)])
    incoming(engine, *((k, control(80, amount)) for k, amount in enumerate((30, 70, 100))))
    engine.process(frames=64)
    assert [item.kind for item in engine.switches.attend() if item.prepared] == ["taken"]
    engine.switches.arm([Cue(racks[1], "controller", 80)])
    incoming(engine, (0, control(80, 127)), (1, control(80, 90)))
    engine.process(frames=64)
    assert engine.switches.attend() == [] and engine.plan is racks[0].plan
    incoming(engine, (0, control(80, 0)), (1, control(80, 90)))
    engine.process(frames=64)
    engine.switches.attend()
    assert engine.plan is racks[1].plan


def test_a_cue_that_comes_before_its_plan_was_renewed_is_carried_out_all_the_same():
    """Twice in one block, and again before [main] has looked: the last one counts."""
    engine = playing(sine)
    ready = [engine.switches.prepare(Rack([Track("t", [Slot(sine)]), Track(f"n{k}", [Slot(gate)])])) for k in range(2)]
    engine.switches.arm([Cue(ready[0], "program", 0), Cue(ready[1], "program", 1)])
    incoming(engine, (0, (0xC0, 0)), (30, (0xC0, 1)))
    engine.process(frames=64)
    news = engine.switches.attend()
    assert [item.kind for item in news if item.cue] == ["taken", "late"]
    engine.process(frames=64)
    engine.switches.attend()
    assert engine.plan is ready[1].plan


def test_a_cue_that_is_carried_out_while_main_makes_its_plan_anew_is_told_as_what_it_is():
    """The callback takes the plan between two looks of [main], which finds it stale before it has heard why."""
    engine = playing(gate)
    ready = engine.switches.prepare(rack(sine, name="other"))
    engine.switches.arm([Cue(ready, "program", 0)])
    first = ready.plan
    engine.switches.attend()
    settle = engine.switches.settle

    def settle_and_be_overtaken():
        settle()
        engine.switches.settle = settle
        incoming(engine, (0, (0xC0, 0)))
        engine.process(frames=64)

    engine.switches.settle = settle_and_be_overtaken
    assert engine.switches.attend() == []
    taken = [item for item in engine.switches.attend() if item.kind == "taken"]
    assert [(item.prepared, item.plan) for item in taken] == [(ready, first)]
    assert ready.plan is first and engine.plan is first and not list(engine.switches.plans())
    incoming(engine, (0, (0xC0, 0)))
    engine.process(frames=64)
    assert engine.plan is first and engine.switches.attend() == []


def test_plans_are_let_go_of_though_nobody_attends():
    engine = playing(gate)
    alive = []
    for number in range(100):
        plan = engine.compile(rack(sine if number % 2 else gate))
        alive.append(weakref.ref(plan))
        engine.swap(plan, 0.0)
        engine.process(frames=6400)
        engine.collect()
    del plan
    gc.collect()
    assert sum(plan() is not None for plan in alive) <= MAX_PLANS + MOST_NEWS // 2 + 1


def test_an_edit_of_a_scene_that_a_cue_has_left_is_refused_and_disturbs_nothing():
    first = rack(gate)
    engine = playing(first)
    ready = engine.switches.prepare(rack(sine, name="other"))
    engine.switches.arm([Cue(ready, "program", 0)])
    edit = engine.compile(Rack([first.tracks[0], Track("x", [Slot(gate)])]), edit=True)
    incoming(engine, (0, (0xC0, 0)))
    engine.process(frames=64)
    assert not engine.swap(edit, 0.0)
    engine.process(frames=64)
    assert "overtaken" in [item.kind for item in engine.switches.attend()]
    engine.collect()
    assert engine.plan is ready.plan and engine.plan is engine.sounding()


def test_too_many_cues_are_refused_in_a_sentence():
    engine = playing(gate)
    ready = engine.switches.prepare(rack(sine))
    with pytest.raises(AntiphonError, match="at most 64"):
        engine.switches.arm([Cue(ready, "program", number) for number in range(65)])


def test_what_is_discarded_is_closed_once_and_what_is_taken_over_is_not():
    closed = []
    engine = playing(rack(sine))
    engine.plan.ordered()[0].instance.close = lambda: closed.append("sounds")
    ready = engine.switches.prepare(
        Rack([Track("t", [Slot(sine)]), Track("n", [Slot(half, {}), Slot(half)], audio_input=(1,))])
    )
    ready.plan.ordered()[1].instance.close = lambda: closed.append("ready")
    engine.switches.arm([Cue(ready, "program", 0)])
    engine.switches.discard(ready)
    incoming(engine, (0, (0xC0, 0)))
    for _ in range(3):
        engine.process(frames=64)
        engine.collect()
    assert closed == ["ready"] and engine.plan is not ready.plan


def test_five_hundred_switches_by_message_keep_no_plan_alive():
    engine = playing(gate)
    alive = []
    for number in range(500):
        ready = engine.switches.prepare(rack(gate, name=f"n{number % 3}"))
        alive.append(weakref.ref(ready.plan))
        engine.switches.arm([Cue(ready, "program", 1)])
        incoming(engine, (0, down(60)), (3, (0xC0, 1)), (9, up(60)))
        engine.process(frames=3200)
        engine.collect()
        assert "taken" in [item.kind for item in engine.switches.attend()]
    del ready
    gc.collect()
    assert sum(plan() is not None for plan in alive) <= MAX_PLANS + 3
    assert int(engine._memory.arrays["keepers"]["sounding"].sum()) == 0
