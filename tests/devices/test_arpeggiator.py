"""The arpeggiator and note repeat: orders, steps to the sample, latch, and that every note ends whatever happens."""

from __future__ import annotations

import pytest

from realtime.devices.arpeggiator import CHORD, DOWN, ORDERS, PLAYED, RANDOM, RATES, UP, UP_DOWN
from tests.devices.note_desk import RATE, Desk

CHORD_KEYS = (64, 60, 67)  # as they are pressed
SIXTEENTH = RATE // 8  # samples at 120


@pytest.mark.parametrize(
    ("order", "octaves", "keys"),
    [
        (UP, 1, [60, 64, 67, 60, 64, 67]),
        (DOWN, 1, [67, 64, 60, 67, 64, 60]),
        (UP_DOWN, 1, [60, 64, 67, 64, 60, 64]),
        (PLAYED, 1, [64, 60, 67, 64, 60, 67]),
        (UP, 2, [60, 64, 67, 72, 76, 79]),
        (DOWN, 2, [79, 76, 72, 67, 64, 60]),
    ],
    ids=lambda x: ORDERS[x] if isinstance(x, int) and x < 6 else "",
)
def test_orders_over_octaves_a_step_every_sixteenth_from_the_first_key(order, octaves, keys):
    desk = Desk("arpeggiator", order=order, octaves=octaves, gate=0.5)
    desk.press(*CHORD_KEYS)
    desk.run(6 * SIXTEENTH - 64)
    assert [n.key for n in desk.notes] == keys
    assert [n.on for n in desk.notes] == [i * SIXTEENTH for i in range(6)]
    assert all(n.end - n.on == SIXTEENTH // 2 for n in desk.notes[:-1])


def test_random_keeps_to_the_keys_and_chord_strikes_them_together():
    desk = Desk("arpeggiator", order=RANDOM)
    desk.press(*CHORD_KEYS)
    assert {n.key for n in desk.seconds(4.0).notes} == set(CHORD_KEYS)
    desk = Desk("arpeggiator", order=CHORD, octaves=2)
    desk.press(*CHORD_KEYS)
    notes = desk.run(2 * SIXTEENTH - 64).notes
    assert sorted(n.key for n in notes) == [60, 64, 67, 72, 76, 79] and {n.on for n in notes} == {0, SIXTEENTH}


def test_with_the_song_its_steps_are_the_songs_to_the_sample_through_a_jump_and_a_stop():
    desk = Desk("arpeggiator", playing=True, rate=RATES.index("1/8"), swing=2.0)
    desk.run(1000)
    desk.press(60)
    desk.seconds(1.0)
    grid = RATE // 2  # a beat
    beats = [round((n.on + 64) / grid, 4) for n in desk.notes]  # the song began with the desk's first quantum
    assert beats[:3] == [pytest.approx(b, abs=2e-4) for b in (2 / 3, 1.0, 5 / 3)]
    desk.engine.locate(40.0)
    before = len(desk.notes)
    jumped = desk.now - desk.start
    desk.seconds(1.0)
    later = [(n.on - jumped) / grid for n in desk.notes[before:]]
    assert later[:3] == [pytest.approx(b, abs=2e-4) for b in (0.0, 2 / 3, 1.0)]
    desk.engine.stop()
    before = len(desk.notes)
    desk.seconds(1.0)
    assert len(desk.notes) > before
    desk.lift(60)
    assert not desk.seconds(1.0).hanging


def test_latch_goes_on_and_the_next_keys_take_over():
    desk = Desk("arpeggiator", latch=1)
    desk.press(60, 64)
    desk.run(SIXTEENTH // 2)
    desk.lift(60, 64)
    assert {n.key for n in desk.seconds(1.0).notes[4:]} == {60, 64}
    desk.press(70)
    count = len(desk.notes)
    assert {n.key for n in desk.seconds(1.0).notes[count + 1 :]} == {70}
    desk.lift(70)
    desk.set("latch", 0.0)
    desk.seconds(0.5)
    count = len(desk.notes)
    assert len(desk.seconds(1.0).notes) == count and not desk.hanging


def test_velocity_is_the_keys_or_its_own_and_beats_are_accented():
    desk = Desk("arpeggiator", accent=0.0)
    desk.press(60, velocity=64)
    assert {n.velocity for n in desk.seconds(0.4).notes} == {round(64 / 127, 3)}
    desk = Desk("arpeggiator", velocity=0.5, accent=1.0)
    desk.press(60)
    loud = [n.velocity for n in desk.seconds(0.9).notes]
    assert loud[0] == loud[4] > loud[1] == loud[2] == loud[3]


@pytest.mark.parametrize("name", ["arpeggiator", "note_repeat"])
@pytest.mark.parametrize("end", ["lift", "all notes off", "bypass", "panic", "choke"])
def test_every_note_ends(name, end):
    desk = Desk(name, gate=1.0, **({"latch": 1} if name == "arpeggiator" and end != "lift" else {}))
    desk.press(*CHORD_KEYS)
    desk.seconds(0.3)
    if end == "lift":
        desk.lift(*CHORD_KEYS)
    elif end == "all notes off":
        desk.send(0xB0, 123, 0)
        desk.set("latch", 0.0) if name == "arpeggiator" else None
    elif end == "bypass":
        desk.node.bypass(True)
    elif end == "panic":
        desk.engine.panic()
    else:
        desk.send(0xB0, 120, 0)
        desk.set("latch", 0.0) if name == "arpeggiator" else None
    desk.seconds(0.5)
    count = len(desk.notes)
    desk.seconds(0.5)
    assert not desk.hanging and len(desk.notes) == count


def test_the_pedal_holds_its_keys():
    desk = Desk("arpeggiator")
    desk.press(60)
    desk.send(0xB0, 64, 127)
    desk.run(640)
    desk.lift(60)
    count = len(desk.seconds(0.5).notes)
    assert count > 3
    desk.send(0xB0, 64, 0)
    desk.seconds(0.2)
    count = len(desk.notes)
    assert len(desk.seconds(0.5).notes) == count and not desk.hanging


def test_two_hundred_keys_do_no_harm():
    desk = Desk("arpeggiator", order=CHORD, octaves=4, gate=2.0, rate=0)
    for channel in (0, 1):
        desk.press(*range(20, 120), channel=channel)
        desk.run(640)
    desk.seconds(0.2)
    for channel in (0, 1):
        desk.lift(*range(20, 120), channel=channel)
        desk.run(640)
    assert not desk.seconds(0.5).hanging


def test_note_repeat_strikes_at_once_then_on_the_grid_as_hard_as_it_is_pressed():
    desk = Desk("note_repeat", playing=True)
    desk.run(1000)
    desk.press(36, velocity=127)
    desk.seconds(0.5)
    places = [n.on + 64 for n in desk.notes]
    assert places[:3] == [1064, SIXTEENTH, 2 * SIXTEENTH] and desk.notes[0].velocity == 1.0
    desk.send(0xA0, 36, 32)
    desk.seconds(0.3)
    assert desk.notes[-1].velocity == pytest.approx(32 / 127, abs=0.01)
    desk.lift(36)
    assert not desk.seconds(0.3).hanging


def test_note_repeat_waits_for_the_grid_if_asked_and_lets_notes_through_when_off():
    desk = Desk("note_repeat", playing=True, first=1)
    desk.run(1000)
    desk.press(36)
    assert [n.on + 64 for n in desk.seconds(0.2).notes][:1] == [SIXTEENTH]
    desk = Desk("note_repeat", on=0)
    desk.press(36)
    desk.seconds(0.3)
    assert [n.on for n in desk.notes] == [0] == [n.on for n in desk.hanging]
    desk.set("on", 1.0)
    desk.seconds(0.1)
    desk.lift(36)
    assert not desk.seconds(0.1).hanging
