"""One position moves everything between two snapshots in the block in which it comes, without a click."""

from __future__ import annotations

import time

import numpy as np
import pytest

from realtime.engine.bind_tables import Aim, Bind, build
from realtime.engine.layout import MASTER_GAIN, SET_SIGNATURE, SET_TEMPO, address
from realtime.engine.mix import knob_cell
from realtime.engine.morph import MOST_MORPHED, RATIOS, SWITCHES
from realtime.engine.morph_table import Morphed, MorphTable
from realtime.engine.node import BYPASS_TARGET
from realtime.engine.rack import Rack, Slot, Track
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import gate, half, shown, sine, steps
from tests.engine.switching_rig import RATE, incoming, playing


def knob(engine, number, name, first, last, **more) -> Morphed:
    node = engine.plan.ordered()[number]
    row = node.row(name)
    return Morphed((number, name), first, last, cell=node.target.ctypes.data + 4 * row, row=row, keep=node, **more)


def strip(engine, name, first, last, **more) -> Morphed:
    feed = engine.plan.strips["t"]
    return Morphed(name, first, last, cell=knob_cell(feed, name), keep=feed, **more)


def morph(engine, *values) -> MorphTable:
    table = MorphTable(values, engine.plan.family, 0.0)
    engine.morph_by(table)
    return table


def go(engine, position, frames=64):
    engine.record["morph_position"] = position
    return engine.process(frames=frames)


def bind_cc(engine, number=21):
    cell = Aim(cell=address(engine.record, "morph_position"), takeover="jump", keep=engine.record)
    engine.bind(build([Bind("m", (1 << 12) - 1, "cc", 0, number, aims=[cell])], engine.plan.family).tables)


def test_a_controller_moves_everything_in_its_own_block():
    engine = playing(steps, "filter")
    table = morph(
        engine, knob(engine, 0, "level", 0.0, 1.0, uid=engine.plan.rack.tracks[0].slots[0].uid),
        knob(engine, 1, "cutoff_hz", 200.0, 3200.0, law=RATIOS), strip(engine, "gain_db", 0.0, -12.0),
        Morphed("tempo", 100.0, 140.0, SET_TEMPO), Morphed("level", 0.0, -6.0, MASTER_GAIN),
        Morphed("metre", 4, 7, SET_SIGNATURE, law=SWITCHES, units=(4, 8)),
    )  # fmt: skip
    bind_cc(engine)
    incoming(engine, (0, (0xB0, 21, 127)))
    engine.process(frames=64)
    device, effect = engine.plan.ordered()
    transport = engine.record[0]["transport"]
    assert float(device.instance.state.view(np.float32)[0]) == 1.0  # told at that frame
    assert effect.get("cutoff_hz") == 3200.0 and engine.plan.strips["t"].get("gain_db") == -12.0
    assert (transport["tempo_bpm"], transport["numerator"], transport["denominator"]) == (140.0, 7, 8)
    assert float(engine.record["master_target"][0]) == pytest.approx(10 ** (-6 / 20))
    incoming(engine, (0, (0xB0, 21, 63)))
    engine.process(frames=64)
    assert effect.get("cutoff_hz") == pytest.approx(200.0 * 16.0 ** (63 / 127), rel=1e-5)
    assert (transport["numerator"], transport["denominator"]) == (4, 4)
    assert table.value("tempo") == pytest.approx(100.0 + 40.0 * 63 / 127)


def test_nothing_moves_before_the_position_does():
    engine = playing(shown)
    morph(engine, knob(engine, 0, "level", 0.5, 1.0))
    engine.process(frames=640)
    assert engine.plan.ordered()[0].get("level") == 0.0
    go(engine, 0.5)
    assert engine.plan.ordered()[0].get("level") == 0.75


def test_what_is_moved_by_hand_meanwhile_stays_and_the_rest_goes_on():
    engine = playing(shown, half)
    table = morph(
        engine, knob(engine, 0, "level", 0.0, 1.0), strip(engine, "pan", -1.0, 1.0),
        Morphed("tempo", 100.0, 140.0, SET_TEMPO),
    )  # fmt: skip
    go(engine, 0.25)
    engine.plan.ordered()[0].set("level", 0.9)
    engine.set_tempo(77.0)
    engine.process(frames=64)
    go(engine, 1.0)
    assert engine.plan.ordered()[0].get("level") == pytest.approx(0.9)
    assert engine.plan.strips["t"].get("pan") == 1.0 and engine.record[0]["transport"]["tempo_bpm"] == 77.0
    again = MorphTable(table.values, engine.plan.family, 1.0)
    again.go_on_from(table)
    engine.morph_by(again)
    go(engine, 0.0)
    assert engine.plan.ordered()[0].get("level") == pytest.approx(0.9) and engine.plan.strips["t"].get("pan") == -1.0


def test_a_sweep_and_a_jump_do_not_click():
    engine = playing(sine, half)
    node = engine.plan.ordered()[1]
    bypass = Morphed("bypass", 0.0, 1.0, cell=node.address + BYPASS_TARGET, law=SWITCHES, keep=node)
    morph(engine, strip(engine, "gain_db", 0.0, -24.0), strip(engine, "pan", 0.0, 1.0), bypass)
    bind_cc(engine)
    incoming(engine, (0, (0x90, 60, 100)))
    steady = np.abs(np.diff(engine.process(frames=RATE)[:, -4800:])).max()
    for value in [*range(0, 128, 4), 0, 127, 0]:
        incoming(engine, (17, (0xB0, 21, value)))
        sound = engine.process(frames=960)
        assert np.abs(np.diff(sound)).max() < 2.5 * steady  # twice as loud with the half bypassed, and a glide


def test_the_values_of_a_scene_that_was_left_are_let_alone():
    engine = playing(gate)
    morph(engine, knob(engine, 0, "level", 0.0, 1.0))
    prepared = engine.switches.prepare(Rack([Track("t", [Slot(gate)]), Track("x", [Slot(shown)])]), "keep")
    engine.switches.switch(prepared, wait_s=0.0)
    engine.process(frames=64)
    go(engine, 1.0)
    assert engine.plan.ordered()[0].get("level") == 0.25


@pytest.mark.parametrize("position", [float("nan"), -0.5, 1.5, float("inf")])
def test_a_position_that_is_none_moves_nothing(position):
    engine = playing(shown)
    morph(engine, knob(engine, 0, "level", 0.0, 1.0))
    go(engine, 0.5)
    go(engine, position)
    assert engine.plan.ordered()[0].get("level") == 0.5


def test_as_many_values_as_may_be_are_moved_within_a_part_of_a_block_and_more_are_refused():
    engine = playing(shown)
    cells = np.full(MOST_MORPHED + 1, 100.0, np.float32)
    many = [
        Morphed(number, 100.0, 200.0, cell=cells.ctypes.data + 4 * number, law=RATIOS, keep=cells)
        for number in range(MOST_MORPHED)
    ]
    morph(engine, *many)
    quickest = []
    for step in range(1, 101):
        began = time.perf_counter()
        go(engine, step / 100)
        quickest.append(time.perf_counter() - began)
    assert np.allclose(cells[:-1], 200.0) and cells[-1] == 100.0
    assert min(quickest) < 0.5 * 64 / RATE
    with pytest.raises(AntiphonError, match="at most 1024 values; these two snapshots differ in 1025"):
        MorphTable([*many, many[0]], 1, 0.0)
