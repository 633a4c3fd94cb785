"""Scale, chord, velocity curve and splitter: what goes in as one note and comes out as another, and all of it ends."""

from __future__ import annotations

import pytest

from realtime.contract.events import CC, CHANNEL_PRESSURE
from realtime.devices.chord import KINDS
from realtime.devices.scale import DOWN, DROP, MASKS, NEAREST, SCALES, UP
from realtime.music.scale import SCALES as MUSIC
from tests.devices.note_desk import Desk

A_MINOR = sum(1 << (9 + step) % 12 for step in MUSIC["minor"])
F_MAJOR_7 = sum(1 << c for c in (5, 9, 0, 4))


def keys(desk: Desk, *pressed: int, velocity: int = 100) -> list[int]:
    count = len(desk.notes)
    desk.press(*pressed, velocity=velocity)
    desk.run(128)
    found = [n.key for n in desk.notes[count:]]
    desk.lift(*pressed)
    desk.run(128)
    assert not desk.hanging
    return found


def test_its_scales_are_those_of_the_house():
    for name, mask in zip(SCALES, MASKS, strict=True):
        assert {i for i in range(12) if mask >> i & 1} == set(MUSIC[name]), name


@pytest.mark.parametrize(
    ("move", "expected"),
    [(NEAREST, [60, 60, 62, 64]), (UP, [60, 62, 62, 64]), (DOWN, [60, 60, 62, 64]), (DROP, [60, 62, 64])],
)
def test_notes_outside_the_scale_go_where_it_says(move, expected):
    assert keys(Desk("scale", source=1, move=move), 60, 61, 62, 64) == expected


def test_the_bands_key_leads_and_its_own_while_there_is_none():
    desk = Desk("scale", tonic=2, move=UP)  # D major of its own
    assert keys(desk, 65, 60) == [66, 61]
    desk.band(key_classes=A_MINOR)
    assert keys(desk, 65, 66, 60) == [65, 67, 60]


def test_a_note_ends_where_it_began_though_the_key_changed_meanwhile():
    desk = Desk("scale", move=UP)
    desk.press(66)
    desk.run(64)
    desk.band(key_classes=0b111111111111)
    desk.run(64)
    desk.lift(66)
    assert [n.key for n in desk.run(64).notes] == [67] and not desk.hanging


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("major", [60, 64, 67]), ("m9", [60, 63, 67, 70, 74]), ("octave", [60, 72]), ("fourths", [60, 65, 70, 75])],
)
def test_a_fixed_chord(kind, expected):
    assert keys(Desk("chord", chord=KINDS.index(kind)), 60) == expected


def test_a_chord_below_has_the_key_on_top_and_an_open_one_spreads():
    assert sorted(keys(Desk("chord", chord=KINDS.index("major"), side=1), 60)) == [52, 55, 60]
    assert sorted(keys(Desk("chord", chord=KINDS.index("maj7"), open=1), 60)) == [60, 67, 76, 83]


def test_thirds_of_the_key_and_the_bands_chord():
    desk = Desk("chord", chord=KINDS.index("thirds of the key"))
    assert keys(desk, 62) == [62, 65, 69, 72]  # C major while no key is known
    desk.band(key_classes=A_MINOR | 1 << 8)
    assert keys(desk, 64)[:2] == [64, 67]
    desk = Desk("chord", notes=4)
    desk.band(chord_classes=F_MAJOR_7)
    assert keys(desk, 60) == [60, 64, 65, 69] and keys(desk, 62) == [62, 64, 65, 69]
    desk.set("side", 1.0)
    assert keys(desk, 67) == [67, 65, 64, 60]


def test_added_notes_are_softer_and_end_with_panic_bypass_and_choke():
    for end in ("panic", "bypass", "choke"):
        desk = Desk("chord", chord=KINDS.index("major"), velocity=0.5)
        desk.press(60)
        desk.run(128)
        assert [n.velocity for n in desk.notes] == [0.787, 0.394, 0.394]
        if end == "panic":
            desk.engine.panic()
        elif end == "bypass":
            desk.node.bypass(True)
            desk.run(128)
            desk.lift(60)
        else:
            desk.send(0xB0, 120, 0)
        assert not desk.run(256).hanging, end


def test_velocity_curves():
    def velocity(played: int, **values) -> float:
        desk = Desk("velocity_curve", **values)
        desk.press(60, velocity=played)
        return desk.run(64).notes[0].velocity

    assert velocity(64) == pytest.approx(64 / 127, abs=0.001)
    assert velocity(64, curve=-1.0) > 0.8 and velocity(64, curve=1.0) < 0.1
    assert velocity(1, softest=0.4) == pytest.approx(0.405, abs=0.005)
    assert velocity(127, softest=0.2, loudest=0.6) == pytest.approx(0.6, abs=0.001)
    assert velocity(20, softest=0.2, loudest=0.6, compress=1.0) == pytest.approx(0.4, abs=0.001)
    desk = Desk("velocity_curve", gate_below=0.3)
    assert keys(desk, 60, velocity=20) == [] and keys(desk, 60, velocity=90) == [60]


def test_a_split_by_key_by_touch_and_in_turn():
    desk = Desk("splitter", lower_octaves=-1)
    desk.press(59, 60)
    assert [(n.key, n.channel) for n in desk.run(64).notes] == [(47, 0), (60, 1)]
    desk = Desk("splitter", by=1, upper_channel=5)
    desk.press(60, velocity=50)
    desk.press(62, velocity=120)
    assert [n.channel for n in desk.run(64).notes] == [0, 4]
    desk = Desk("splitter", by=2)
    desk.press(60, 62, 64, 65)
    assert [n.channel for n in desk.run(64).notes] in ([0, 1, 0, 1], [1, 0, 1, 0])
    desk.lift(60, 62, 64, 65)
    assert not desk.run(64).hanging


def test_wheels_and_pedals_go_to_both_sides_and_a_choke_finds_the_moved_notes():
    desk = Desk("splitter", lower_channel=3, upper_channel=4)
    desk.press(50, 70)
    desk.send(0xB0, 1, 64)
    desk.send(0xD0, 90)
    desk.run(64)
    assert [c for c, number, _ in desk.events(CC) if number == 1] == [2, 3]
    assert [c for c, _, _ in desk.events(CHANNEL_PRESSURE)] == [2, 3]
    desk.send(0xB0, 120, 0)
    assert not desk.run(128).hanging
