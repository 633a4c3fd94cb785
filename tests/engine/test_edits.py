"""An edit of the running rack: what both have goes on untouched, what comes and goes is faded, nothing is freed too early."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.bench.edits import Editor, edits_under_a_tone, tone
from realtime.engine.edit import in_place
from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Rack, Slot, Track
from tests.engine.small_devices import gate, half, late, sine

RATE = 48000


def test_random_edits_under_a_tone_leave_it_as_it_is():
    """Its own chain, other tracks, buses, sends, sidechains and latencies change; half a per cent is a fade's own slope."""
    found = edits_under_a_tone(150, seed=11)
    assert found["ratio"] <= 1.005, found
    assert found["quietest_after"] > 0.9 and found["faults"] == 0 and found["plans_kept"] == 1


def test_the_measure_of_the_edits_sees_a_click(monkeypatch):
    """Without fades the same edits are heard: the test above can fail."""
    monkeypatch.setattr("realtime.engine.node.Node.begin_away", lambda self: None)
    monkeypatch.setattr("realtime.engine.plan.going_away", lambda former, new: [])
    assert edits_under_a_tone(40, seed=11)["ratio"] > 2.0


def test_what_the_performer_set_survives_every_edit():
    editor = Editor(3)
    for _ in range(12):
        editor.edit()
    engine = Engine(RATE, inputs=2, outputs=4)
    engine.swap(engine.compile(editor.rack), 0.0)
    engine.process(tone(64))
    strip, device = engine.plan.strips["tone"], engine.plan.nodes[editor.rack.tracks[0].slots[0].uid]
    for name, value in (("gain_db", -7.0), ("pan", 0.25)):
        strip.set(name, value)
    for _ in range(40):
        _, rack = editor.edit()
        engine.swap(engine.compile(rack, edit=True), 0.0)
        engine.process(tone(4096))
        assert engine.plan.strips["tone"] is strip
        assert (strip.get("gain_db"), strip.get("pan")) == (-7.0, 0.25)
        for slot in rack.slots():
            assert slot.values == engine.plan.nodes[slot.uid].values()
    assert device is not None


def test_a_knob_turned_between_build_and_exchange_is_not_lost():
    engine = Engine(RATE)
    first = Rack([Track("t", [Slot(gate)])])
    engine.swap(engine.compile(first), 0.0)
    engine.process(frames=64)
    edited = Rack([Track("t", [*first.tracks[0].slots, Slot(half)], uid=1)])
    plan = engine.compile(edited, edit=True)
    engine.plan.strips["t"].set("gain_db", -12.0)
    engine.plan.ordered()[0].set("level", 0.75)
    engine.swap(plan, 0.0)
    engine.process(frames=4096)
    assert plan.strips["t"].get("gain_db") == -12.0 and plan.ordered()[0].get("level") == 0.75


def test_a_held_note_goes_on_through_edits_around_it():
    engine = Engine(RATE)
    rack = Rack([Track("t", [Slot(sine)])])
    engine.swap(engine.compile(rack), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    steady = engine.process(frames=RATE)[0, -4800:]
    last, largest = steady[-1], np.abs(np.diff(steady)).max()
    effects: list[Slot] = []
    for number in range(12):
        effects = [*effects, Slot(late)] if number % 3 else effects[::-1][1:]
        others = [Track(f"o{k}", [Slot(gate)]) for k in range(number % 4)]
        edited = Rack([*others, Track("t", [*rack.tracks[0].slots, *effects], uid=1)], [Bus("room", [Slot(half)])])
        engine.swap(engine.compile(edited, edit=True), 0.0)
        sound = engine.process(frames=8192)[0]
        assert np.abs(np.diff(np.concatenate([[last], sound]))).max() <= 1.005 * largest
        assert np.abs(sound[-480:]).max() > 0.24
        last = sound[-1]
    engine.midi_in(1, b"\x80\x3c\x40", 0)
    engine.process(frames=RATE)
    assert np.abs(engine.process(frames=4800)).max() < 1e-4


def test_two_edits_before_the_first_was_taken_share_no_device_twice():
    """Nobody runs the callback between them: the second is made from what sounds, and the first is dropped."""
    engine = Engine(RATE)
    rack = Rack([Track("t", [Slot(sine)])])
    engine.swap(engine.compile(rack), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    steady = engine.process(frames=RATE)[0]
    largest, last = np.abs(np.diff(steady[-4800:])).max(), steady[-1]
    slots = rack.tracks[0].slots
    for effects in ([Slot(half)], [Slot(late), Slot(half, bypass=True)]):
        engine.swap(engine.compile(Rack([Track("t", [*slots, *effects], uid=1)]), edit=True), 0.0)
    sound = engine.process(frames=9600)[0]
    assert np.abs(np.diff(np.concatenate([[last], sound]))).max() <= 1.005 * largest
    engine.process(frames=640)
    assert engine.collect() == 1 and engine.plan.latency == 100


def test_an_edit_of_a_scene_that_has_just_been_left_does_not_disturb_it():
    engine = Engine(RATE)
    first, second = Rack([Track("a", [Slot(sine)])]), Rack([Track("b", [Slot(gate)])])
    engine.swap(engine.compile(first), 0.0)
    engine.midi_in(1, b"\x90\x3c\x64", 0)
    steady = engine.process(frames=RATE)[0]
    engine.swap(engine.compile(second), 0.0)
    engine.process(frames=640)
    edited = Rack([Track("b", [*second.tracks[0].slots, Slot(half)], uid=1)])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    sound = engine.process(frames=9600)[0]
    assert np.abs(np.diff(sound)).max() <= 1.001 * np.abs(np.diff(steady[-4800:])).max()
    assert np.abs(sound[-480:]).max() > 0.24  # the old scene's note rings on


@pytest.mark.parametrize("when", ["replaced", "removed", "rebuilt", "never taken"])
def test_a_device_is_closed_once_and_only_when_the_callback_has_let_go(when):
    engine, closed = Engine(RATE), []
    rack = Rack([Track("t", [Slot(gate), Slot(half)])])
    plan = engine.compile(rack)
    plan.ordered()[1].instance.close = lambda: closed.append("half")
    gates, halves = rack.tracks[0].slots
    if when != "never taken":
        engine.swap(plan, 0.0)
        engine.process(frames=64)
    else:
        engine.swap(plan, 0.0)  # no callback runs: it is replaced before anyone saw it
    if when == "rebuilt":
        halves.generation += 1
    slots = {"replaced": [gates, Slot(late)], "removed": [gates]}.get(when, [gates, halves])
    engine.swap(engine.compile(Rack([Track("t", slots, uid=1)]), edit=when != "never taken"), 0.0)
    if when != "never taken":
        engine.collect()
        assert not closed
    engine.process(frames=9600)
    engine.collect()
    engine.collect()
    assert closed == ["half"]


def test_what_stands_in_the_same_order_stays():
    assert in_place([1, 2, 3, 4], [1, 3, 2, 4]) in ({1, 2, 4}, {1, 3, 4})
    assert in_place([1, 2, 3], [3, 4, 1, 2]) == {1, 2}
    assert in_place([], [1]) == set() and in_place([5], []) == set()
