"""Strum, humanise and note echo: notes that come later than they were played, each as long as it was, and all of them end."""

from __future__ import annotations

from itertools import pairwise

import pytest

from realtime.devices.strum import BY_BEAT, DOWN, IN_TURN, UP
from realtime.dsp.tempo import SYNC_LABELS
from tests.devices.note_desk import RATE, Desk

LATE = ["strum", "humanise", "note_echo"]


def test_a_strum_crosses_the_strings_in_its_time_and_lengths_are_kept():
    desk = Desk("strum", spread_ms=40.0, gather_ms=10.0, fade=0.5)
    desk.press(64)
    desk.run(192)
    desk.press(60, 67)
    desk.run(RATE // 4)
    desk.lift(60, 64, 67)
    desk.run(RATE // 4)
    notes = desk.notes
    assert [n.key for n in notes] == [60, 64, 67]
    assert [n.on for n in notes] == [480, 480 + 960, 480 + 1920]
    assert (
        notes[0].velocity > notes[1].velocity > notes[2].velocity == pytest.approx(0.5 * notes[0].velocity, abs=0.005)
    )
    for note, pressed in zip(notes, (192, 0, 192), strict=True):
        assert note.end - note.on == RATE // 4 + 192 - pressed


@pytest.mark.parametrize(("way", "rising"), [(DOWN, [True, True]), (UP, [False, False]), (IN_TURN, [True, False])])
def test_ways_of_the_pick(way, rising):
    desk = Desk("strum", way=way, gather_ms=0.0)
    for _ in range(2):
        desk.press(60, 64, 67)
        desk.seconds(0.2)
        desk.lift(60, 64, 67)
        desk.seconds(0.1)
    strokes = [[n.key for n in desk.notes[:3]], [n.key for n in desk.notes[3:]]]
    assert [stroke == [60, 64, 67] for stroke in strokes] == rising and {*strokes[1]} == {60, 64, 67}


def test_by_the_beat_the_pick_goes_down_on_it_and_up_between():
    desk = Desk("strum", playing=True, way=BY_BEAT, gather_ms=0.0, sync=SYNC_LABELS.index("1/32"))
    desk.run(RATE // 2 - 64)
    for _ in range(2):
        desk.press(60, 67)
        desk.run(RATE // 8)
        desk.lift(60, 67)
        desk.run(RATE // 8)
    assert [n.key for n in desk.notes] == [60, 67, 67, 60]
    assert [b.on - a.on for a, b in (desk.notes[:2], desk.notes[2:])] == [RATE // 16, RATE // 16]


def test_a_key_that_is_let_go_before_its_string_is_reached_sounds_as_long():
    desk = Desk("strum", spread_ms=200.0, gather_ms=0.0)
    desk.press(60, 64, 67)
    desk.run(960)
    desk.lift(60, 64, 67)
    notes = desk.seconds(0.5).notes
    assert [n.on for n in notes] == [0, 4800, 9600] and [n.end - n.on for n in notes] == [960] * 3


def test_humanised_notes_are_late_never_early_not_alike_and_the_same_each_time():
    def played(**values) -> list:
        desk = Desk("humanise", late_ms=30.0, velocity=0.2, **values)
        for i in range(24):
            desk.press(60 + i % 5)
            desk.run(4800)
            desk.lift(60 + i % 5)
            desk.run(1216)
        return desk.seconds(0.2).notes

    notes = played()
    late = [n.on - i * 6016 for i, n in enumerate(notes)]
    assert len(notes) == 24 and all(0 <= x <= 1440 for x in late) and len(set(late)) > 12
    assert all(n.end - n.on == 4800 for n in notes)
    assert len({n.velocity for n in notes}) > 12 and all(0.62 < n.velocity < 0.95 for n in notes)
    assert played() == notes


def test_a_humanised_chord_stays_together_if_asked():
    for together in (1, 0):
        desk = Desk("humanise", late_ms=40.0, together=together)
        desk.press(60, 64, 67, 71)
        assert (len({n.on for n in desk.seconds(0.2).notes}) == 1) == bool(together)


def test_echoes_come_on_the_beat_softer_and_as_long():
    desk = Desk("note_echo", sync=SYNC_LABELS.index("1/8"), repeats=3, feedback=0.5, transpose=12)
    desk.press(60, velocity=127)
    desk.run(3000)
    desk.lift(60)
    notes = desk.seconds(2.0).notes
    assert [n.key for n in notes] == [60, 72, 84, 96]
    assert [n.on for n in notes] == [0, 12000, 24000, 36000] and all(n.end - n.on == 3000 for n in notes)
    assert [n.velocity for n in notes] == [1.0, 0.5, 0.25, 0.125]


def test_echoes_of_a_held_key_sound_until_as_long_after_it():
    desk = Desk("note_echo", sync=0, time_ms=100.0, repeats=2)
    desk.press(60)
    desk.seconds(1.0)
    assert len(desk.hanging) == 3
    desk.lift(60)
    desk.seconds(1.0)
    assert [round((b.end - a.end) / 4800, 2) for a, b in pairwise(desk.notes)] == [1.0, 1.0]


def test_echoes_that_leave_the_keyboard_or_can_hardly_be_heard_are_silent():
    desk = Desk("note_echo", repeats=16, transpose=24)
    desk.press(100)
    assert len(desk.seconds(4.0).notes) == 2
    desk = Desk("note_echo", repeats=16, feedback=0.1, sync=SYNC_LABELS.index("1/16"))
    desk.press(60, velocity=127)
    assert len(desk.seconds(4.0).notes) == 2


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("end", ["lift", "bypass", "panic", "choke"])
def test_every_late_note_ends_and_none_comes_after_a_panic(name, end):
    desk = Desk(name)
    desk.press(60, 64, 67)
    desk.seconds(0.4)
    desk.press(72)
    if end == "lift":
        desk.lift(60, 64, 67, 72)
    elif end == "bypass":
        desk.node.bypass(True)
        desk.run(256)
        desk.lift(60, 64, 67, 72)
    elif end == "panic":
        desk.engine.panic()
    else:
        desk.send(0xB0, 120, 0)
    desk.seconds(0.1)  # a panic wipes what was heard too: from here on nothing must come
    count = len(desk.notes)
    desk.seconds(4.0)
    assert not desk.hanging
    assert end == "lift" or len(desk.notes) == count


@pytest.mark.parametrize("name", LATE)
def test_a_flood_leaves_nothing_hanging(name):
    desk = Desk(name)
    for channel in range(4):
        desk.press(*range(30, 100), channel=channel)
        desk.run(64)
    desk.seconds(0.1)
    for channel in range(4):
        desk.lift(*range(30, 100), channel=channel)
        desk.run(64)
    assert not desk.seconds(8.0).hanging
