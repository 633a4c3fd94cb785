"""A switch that comes just before an edit, while it waits, or just behind it, is taken in its block all the same."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.rack import Keys, Rack, Slot, Track
from realtime.engine.switching import Cue
from tests.engine.small_devices import gate, half, sine
from tests.engine.switching_rig import RATE, incoming

ELSEWHERE = Keys(channels=(16,))
PROGRAM = (0xC0, 0)


def track(name="t", *devices) -> Track:
    return Track(name, [Slot(item) for item in devices or (sine,)])


def playing() -> tuple[Engine, Rack]:
    engine, first = Engine(RATE), Rack([track("t", sine, half)])
    engine.swap(engine.compile(first), 0.0)
    engine.process(frames=64)
    return engine, first


def adding(first, number=0) -> Rack:
    """An edit that sounds at once."""
    return Rack([*first.tracks[:1], Track(f"x{number}", [Slot(gate)], ELSEWHERE)])


def taking_away(first) -> Rack:
    """An edit that waits until what it takes away has faded."""
    return Rack([Track("t", first.tracks[0].slots[:1], uid=first.tracks[0].uid)])


def edit(engine, rack):
    plan = engine.compile(rack, edit=True)
    engine.swap(plan, 0.0)
    return plan


def other() -> Rack:
    """A scene whose `t` goes on, beside a track of its own."""
    return Rack([track("t", sine, half), track("new", gate)])


def kinds(engine, prepared):
    return [news.kind for news in engine.switches.attend() if news.prepared is prepared]


def test_a_program_change_in_the_block_of_an_edit_switches_in_that_block():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    engine.switches.arm([Cue(ready, "program", 0)])
    edited = edit(engine, adding(first))
    incoming(engine, (100, PROGRAM), (101, (0x90, 60, 100)))
    sound = engine.process(frames=256, block=256)
    assert engine.sounding() is ready.plan and edited.mode not in (0, 1)  # it was taken, and left
    assert sound[1, 101 + engine.latency] > 0.5  # the impulse of the new scene's track
    assert kinds(engine, ready) == ["taken"]


def test_a_program_change_while_an_edit_waits_switches_and_refuses_the_edit():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    engine.switches.arm([Cue(ready, "program", 0)])
    edited = edit(engine, taking_away(first))
    engine.process(frames=640)
    assert engine.sounding() is not edited
    incoming(engine, (0, PROGRAM))
    engine.process(frames=64)
    news = engine.switches.attend()
    assert [item.kind for item in news if item.prepared is ready] == ["taken"]
    assert "overtaken" in [item.kind for item in news] or edited.mode == 0
    engine.process(frames=9600)
    engine.collect()
    assert engine.sounding() is ready.plan and engine.plan is ready.plan


def test_a_program_change_just_after_an_edit_that_waited_switches_in_its_block():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    engine.switches.arm([Cue(ready, "program", 0)])
    edited = edit(engine, taking_away(first))
    while engine.sounding() is not edited:
        engine.process(frames=64)
    incoming(engine, (30, PROGRAM))
    engine.process(frames=64)
    assert engine.sounding() is ready.plan
    assert kinds(engine, ready) == ["taken"]
    assert len(ready.plan.adopted.tracks) == 0  # the edit has made another track of it


def test_a_switch_on_the_beat_just_after_an_edit_comes_at_its_sample():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    engine.switches.switch(ready, tail_s=0.5, at_beat=1.0)
    beat = float(engine.record[0]["clock_beat"])
    engine.process(frames=round((1.0 - beat) * RATE / 2) - 100)
    edited = edit(engine, adding(first))
    engine.process(frames=64)
    assert engine.sounding() is edited
    engine.process(frames=64)
    taken = [news for news in engine.switches.attend() if news.prepared is ready]
    assert [news.kind for news in taken] == ["taken"] and taken[0].beat == pytest.approx(1.0, abs=1e-4)
    assert engine.plan is ready.plan and ready.plan.head["tail_s"][0] == 0.5


def test_a_key_that_is_held_sounds_on_through_an_edit_and_a_switch_in_one_block():
    engines = playing(), playing()
    for engine, _ in engines:
        incoming(engine, (0, (0x90, 60, 100)))
        engine.process(frames=RATE)
    (still, _), (engine, first) = engines
    ready = engine.switches.prepare(Rack([track("t", sine, half), Track("new", [Slot(gate)], ELSEWHERE)]))
    engine.switches.arm([Cue(ready, "program", 0)])
    edit(engine, adding(first))
    incoming(engine, (40, PROGRAM))
    assert np.array_equal(still.process(frames=RATE), engine.process(frames=RATE))
    assert kinds(engine, ready) == ["taken"] and len(ready.plan.adopted.tracks) == 1


@pytest.mark.parametrize("attends", [True, False])
def test_many_edits_build_no_device_again_and_keep_no_plan(attends):
    engine, first = playing()
    ready = [engine.switches.prepare(Rack([track("t", sine, half), track(f"n{k}", gate)])) for k in range(2)]
    engine.switches.arm([Cue(one, "program", k) for k, one in enumerate(ready)])
    engine.switches.switch(ready[1], at_beat=1000.0)
    built = [one.plan.ordered()[2] for one in ready]
    alive = []
    for number in range(20):
        edit(engine, adding(first, number))
        alive += [weakref.ref(one.plan) for one in ready]
        engine.process(frames=640)
        if attends:
            engine.switches.attend()
        engine.collect()
    assert [one.plan.ordered()[2] for one in ready] == built
    incoming(engine, (0, (0xC0, 1)))
    engine.process(frames=64)
    assert kinds(engine, ready[1]) == ["taken"] and engine.plan is ready[1].plan
    for _ in range(3):
        engine.process(frames=RATE)
        engine.switches.attend()
        engine.collect()
    gc.collect()
    assert sum(plan() is not None for plan in alive) <= 6
    incoming(engine, (0, (0xC0, 0)))
    engine.process(frames=64)
    assert kinds(engine, ready[0]) == ["taken"] and engine.plan is ready[0].plan


def test_what_waits_for_its_beat_can_be_taken_back_and_is_still_called_by_its_program():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    closed = []
    ready.plan.ordered()[2].instance.close = lambda: closed.append(1)
    engine.switches.arm([Cue(ready, "program", 0)])
    engine.switches.switch(ready, at_beat=1000.0)
    edit(engine, adding(first))
    assert engine.switches.cancel() is ready
    for _ in range(3):
        engine.process(frames=64)
        engine.switches.attend()
        engine.collect()
    incoming(engine, (0, PROGRAM))
    engine.process(frames=64)
    assert kinds(engine, ready) == ["taken"] and engine.plan is ready.plan and not closed


def test_what_is_discarded_while_an_edit_waits_is_closed_once():
    engine, first = playing()
    ready = engine.switches.prepare(other())
    closed = []
    ready.plan.ordered()[2].instance.close = lambda: closed.append(1)
    engine.switches.arm([Cue(ready, "program", 0)])
    edited = edit(engine, taking_away(first))
    engine.switches.discard(ready)
    incoming(engine, (0, PROGRAM))
    for _ in range(200):
        engine.process(frames=64)
        engine.switches.attend()
        engine.collect()
    assert closed == [1] and engine.plan is edited
