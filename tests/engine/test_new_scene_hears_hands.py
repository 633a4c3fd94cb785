"""A scene that is switched to knows pedals, wheels and pressure at its first block, and what is not its own is not told."""

from __future__ import annotations

import pytest

from realtime.contract.events import NOTE_ON
from realtime.engine.rack import Keys, Rack, Slot, Track
from tests.engine.small_devices import gate, sine
from tests.engine.switching_rig import (
    SOSTENUTO,
    SUSTAIN,
    WHEEL,
    control,
    down,
    heard,
    level,
    playing,
    rack,
    send,
    switch,
    up,
    witness,
)


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
