"""Plans made ready are taken at once, on the beat, or in the block of a message."""

from __future__ import annotations

import gc
import weakref

import pytest

from realtime.engine.layout import MAX_PLANS
from realtime.engine.rack import Keys, Rack, Slot, Track
from realtime.engine.switching import MOST_NEWS, Cue
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import gate, half, sine, steps
from tests.engine.switching_rig import (
    RATE,
    control,
    down,
    heard,
    incoming,
    largest_step,
    level,
    playing,
    rack,
    send,
    up,
    witness,
)


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
