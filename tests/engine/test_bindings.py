"""Bound controls move parameters inside the callback, in the block in which they come, and keep what is theirs."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.engine.bind_tables import ANY_NUMBER, Aim, Bind, build
from realtime.engine.engine import Engine
from realtime.engine.layout import HARDWARE_SOURCE, PORT_SOURCE
from realtime.engine.rack import Bus, Rack, Slot, Track
from realtime.midi.map.curves import CURVES
from realtime.midi.map.decode import Decoder
from tests.engine.small_devices import gate

LEVEL = 0
ANY = (1 << 12) - 2


@pytest.fixture
def engine():
    made = Engine(48000.0)
    rack = Rack(tracks=[Track("t", [Slot(gate)]), Track("u", [Slot(gate)])], buses=[Bus("b")])
    made.swap(made.compile(rack), 0.0)
    made.process(frames=64)
    return made


def level(engine, track=0):
    return float(engine.plan.ordered()[track].target[LEVEL])


def aim(engine, track=0, **more):
    uid = engine.plan.ordered()[track].slot.uid
    return Aim(uid=uid, row=LEVEL, **{"takeover": "jump", **more})


def bind(engine, *binds, former=None):
    named = build(list(binds), engine.plan.family, former)
    engine.bind(named.tables)
    return named


def send(engine, *messages, source=PORT_SOURCE, frames=64):
    for message in messages:
        engine.midi_in(source, bytes(message), 0)
    return engine.process(frames=frames)


def test_a_controller_moves_a_parameter_in_its_own_block(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, low=0.2, high=0.8)]))
    send(engine, (0xB0, 21, 127))
    assert level(engine) == pytest.approx(0.8)
    send(engine, (0xB1, 21, 0), (0xB0, 22, 0))  # another channel, another number
    assert level(engine) == pytest.approx(0.8)
    send(engine, (0xB0, 21, 0))
    assert level(engine) == pytest.approx(0.2)


def test_the_sound_follows_in_the_same_block(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine)]))
    send(engine, (0x90, 60, 100), frames=4096)
    before = np.abs(engine.process(frames=64)).max()
    after = np.abs(send(engine, (0xB0, 21, 127), frames=64)).max()
    assert after > before * 1.05


@pytest.mark.parametrize(
    ("bound", "message", "position"),
    [
        (Bind("m", ANY, "bend", 1), (0xE0, 0, 64), 0.5),
        (Bind("m", ANY, "bend", 1), (0xE0, 127, 127), 1.0),
        (Bind("m", ANY, "pressure", 0), (0xD7, 127), 1.0),
        (Bind("m", ANY, "poly_pressure", 3, 60), (0xA2, 60, 127), 1.0),
        (Bind("m", ANY, "poly_pressure", 3, ANY_NUMBER), (0xA2, 99, 127), 1.0),
        (Bind("m", ANY, "note", 0, ANY_NUMBER, through=True), (0x94, 61, 127), 1.0),
        (Bind("m", ANY, "note", 1, 60, through=True), (0x90, 60, 64), 64 / 127),
    ],
)
def test_every_absolute_control_moves(engine, bound, message, position):
    bound.aims = [aim(engine)]
    bind(engine, bound)
    send(engine, message)
    assert level(engine) == pytest.approx(position, abs=1e-6)


def test_fourteen_bits_are_one_value(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 1, wide=True, aims=[aim(engine)]))
    send(engine, (0xB0, 1, 64), (0xB0, 33, 1))
    assert level(engine) == pytest.approx((64 << 7 | 1) / 16383)
    send(engine, (0xB0, 1, 63))  # its lower half will follow: nothing leaps down meanwhile
    assert level(engine) == pytest.approx((64 << 7 | 1) / 16383)
    send(engine, (0xB0, 33, 127))
    assert level(engine) == pytest.approx((63 << 7 | 127) / 16383)


@pytest.mark.parametrize(("kind", "selects"), [("nrpn", (99, 98)), ("rpn", (101, 100))])
@pytest.mark.parametrize("wide", [False, True])
def test_registered_and_other_parameters(engine, kind, selects, wide):
    bind(engine, Bind("m", ANY, kind, 1, 300, wide=wide, aims=[aim(engine)]))
    select = [(0xB0, selects[0], 300 >> 7), (0xB0, selects[1], 300 & 127)]
    send(engine, *select, (0xB0, 6, 100), *([(0xB0, 38, 3)] if wide else []))
    assert level(engine) == pytest.approx((100 << 7 | 3) / 16383 if wide else 100 / 127)
    send(engine, (0xB0, selects[1], 45), (0xB0, 6, 0))  # another one is selected
    assert level(engine) > 0.5


def test_one_control_moves_many_each_in_its_way(engine):
    bind(
        engine,
        Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, low=0.5, high=0.75), aim(engine, 1, invert=True, curve="exp")]),
    )
    send(engine, (0xB0, 21, 127))
    assert (level(engine, 0), level(engine, 1)) == pytest.approx((0.75, 0.0))
    send(engine, (0xB0, 21, 0))
    assert (level(engine, 0), level(engine, 1)) == pytest.approx((0.5, 1.0))


@pytest.mark.parametrize("curve", CURVES)
def test_curves_are_the_map_s_own(engine, curve):
    from realtime.midi.map.curves import value_at

    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, curve=curve, low=0.1, high=0.9, own="log")]))
    send(engine, (0xB0, 21, 40))
    law = 1 if curve in ("own", "s") else 0
    assert level(engine) == pytest.approx(value_at(CURVES.index(curve), law, 0.1, 0.9, 40 / 127), rel=1e-5)


def test_a_switch_gets_whole_values(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, own="bool")]))
    for value, state in ((127, 1.0), (20, 0.0), (70, 1.0)):
        send(engine, (0xB0, 21, value))
        assert level(engine) == state


def test_pickup_waits_and_is_lost_when_something_else_moves_it(engine):
    named = bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, takeover="pickup")]))
    assert level(engine) == 0.25
    send(engine, (0xB0, 21, 100))
    assert level(engine) == 0.25 and not named.states("m")[0]["caught"]
    send(engine, (0xB0, 21, 10))  # it came by
    assert level(engine) == pytest.approx(10 / 127) and named.states("m")[0]["caught"]
    engine.plan.ordered()[0].set("level", 0.9)
    send(engine, (0xB0, 21, 11))
    assert level(engine) == pytest.approx(0.9) and not named.states("m")[0]["caught"]
    send(engine, (0xB0, 21, 127))
    assert level(engine) == 1.0


def test_scale_moves_at_once_and_meets_at_the_end(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, takeover="scale")]))
    send(engine, (0xB0, 21, 100))
    assert level(engine) == 0.25  # its first word only says where it is
    send(engine, (0xB0, 21, 50))
    assert level(engine) == pytest.approx(0.125)
    send(engine, (0xB0, 21, 0))
    assert level(engine) == pytest.approx(0.0)
    send(engine, (0xB0, 21, 127))
    assert level(engine) == pytest.approx(1.0)


def test_our_own_light_come_back_changes_nothing(engine):
    node = engine.plan.ordered()[0]
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine)]))
    node.set("level", 0.503)
    send(engine, (0xB0, 21, round(0.503 * 127)))
    assert level(engine) == pytest.approx(0.503)


def test_ports_are_told_apart(engine):
    bind(engine, Bind("m", 1 << HARDWARE_SOURCE, "cc", 1, 21, aims=[aim(engine)]))
    send(engine, (0xB0, 21, 127), source=PORT_SOURCE)
    assert level(engine) == 0.25
    send(engine, (0xB0, 21, 127), source=HARDWARE_SOURCE)
    assert level(engine) == 1.0


def test_a_mixer_s_knob_is_moved_by_its_address(engine):
    feed = engine.plan.strips["u"]
    cell = feed.memory["target"].ctypes.data + 4  # pan
    bind(
        engine,
        Bind("m", ANY, "cc", 1, 10, aims=[Aim(cell=cell, low=-1.0, high=1.0, span=2.0, takeover="jump", keep=feed)]),
    )
    send(engine, (0xB0, 10, 0))
    assert feed.get("pan") == -1.0


# -- what the instruments hear


def keeper(engine):
    return engine._memory.arrays["keepers"][PORT_SOURCE]


def test_what_is_bound_does_not_reach_the_instruments_unless_asked(engine):
    quiet, loud = (
        Bind("q", ANY, "cc", 1, 1, aims=[aim(engine)]),
        Bind("l", ANY, "cc", 1, 2, through=True, aims=[aim(engine)]),
    )
    bind(engine, quiet, loud)
    send(engine, (0xB0, 1, 99), (0xB0, 2, 98))
    assert (keeper(engine)["cc"][0, 1] & 127, keeper(engine)["cc"][0, 2] & 127) == (0, 98)
    told = [(bytes(r["data"][:3]), int(r["used"])) for r in engine.controls.pop_all()]
    assert told == [(b"\xb0\x01\x63", 1), (b"\xb0\x02\x62", 0)]


def test_a_pad_that_is_a_button_plays_nothing_and_ends_what_it_began(engine):
    send(engine, (0x90, 36, 100))
    assert keeper(engine)["sounding"] == 1
    bind(engine, Bind("pad", ANY, "note", 0, 36))
    send(engine, (0x80, 36, 0))  # it began before it was bound
    assert keeper(engine)["sounding"] == 0
    send(engine, (0x90, 36, 100), (0x90, 37, 100))
    assert keeper(engine)["sounding"] == 1
    engine.bind(None)
    send(engine, (0x80, 36, 0), (0x80, 37, 0))
    assert keeper(engine)["sounding"] == 0


def test_a_pedal_that_was_down_can_come_up_when_it_is_bound(engine):
    send(engine, (0xB0, 64, 127), (0x90, 60, 100), (0x80, 60, 0))
    assert keeper(engine)["sounding"] == 1
    bind(engine, Bind("pedal", ANY, "cc", 1, 64))
    send(engine, (0xB0, 64, 0))
    assert keeper(engine)["sounding"] == 0
    send(engine, (0xB0, 64, 127), (0x90, 60, 100), (0x80, 60, 0))
    assert keeper(engine)["sounding"] == 0  # now it is a button


def test_bend_range_is_set_even_when_something_is_bound_to_the_data_entry(engine):
    bind(engine, Bind("m", ANY, "nrpn", 1, 5, aims=[aim(engine)]))
    send(engine, (0xB0, 101, 0), (0xB0, 100, 0), (0xB0, 6, 12))
    assert keeper(engine)["bend_range"][0] == 12.0


# -- tables come and go


def test_a_new_table_goes_on_where_the_former_was(engine):
    bound = Bind("m", ANY, "cc", 1, 21, aims=[aim(engine, takeover="pickup")])
    named = bind(engine, bound)
    send(engine, (0xB0, 21, 0), (0xB0, 21, 90))
    assert level(engine) == pytest.approx(90 / 127)
    again = bind(engine, bound, Bind("other", ANY, "cc", 1, 22, aims=[aim(engine, 1)]), former=named)
    send(engine, (0xB0, 21, 91))
    assert level(engine) == pytest.approx(91 / 127) and again.states("m")[0]["caught"]
    engine.process(frames=64)
    engine.collect()


def test_uids_of_another_scene_move_nothing(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine)]))
    engine.swap(engine.compile(Rack(tracks=[Track("t", [Slot(gate)])])), 0.0)
    send(engine, (0xB0, 21, 127))
    assert level(engine) == 0.25  # the same uid, another device


def test_a_thousand_tables_under_fire_lose_nothing(engine):
    bound = Bind("m", ANY, "cc", 1, 21, aims=[aim(engine)])
    named = None
    for turn in range(300):
        named = bind(engine, bound, former=named)
        send(engine, (0xB0, 21, turn % 128))
        assert level(engine) == pytest.approx(turn % 128 / 127)
        engine.collect()
    assert engine.quiesce.collect() <= 1


def test_a_flood_of_controllers_ends_at_the_last_one(engine):
    bind(engine, Bind("m", ANY, "cc", 1, 21, aims=[aim(engine)]))
    for value in range(3000):
        engine.midi_in(PORT_SOURCE, bytes((0xB0, 21, value % 127)), 0)
    engine.midi_in(PORT_SOURCE, b"\xb0\x15\x7f", 0)
    for _ in range(10):
        engine.process(frames=64)
    assert level(engine) == 1.0


def test_damaged_messages_are_nobody_s(engine):
    bind(engine, Bind("m", ANY, "cc", 0, 21, aims=[aim(engine)]))
    send(engine, (0xB0, 21), (0xB0, 200, 3), (0x15, 1, 2))
    assert level(engine) == 0.25 and keeper(engine)["malformed"] == 3 and len(engine.controls) == 0


def test_nobody_reads_the_mirror_and_nothing_stops(engine):
    for _ in range(40):
        for value in range(100):
            engine.midi_in(PORT_SOURCE, bytes((0xB0, 3, value)), 0)
        engine.process(frames=64)
    assert engine.controls.refused > 0 and len(engine.controls) == engine.controls.capacity
    assert keeper(engine)["cc"][0, 3] & 127 == 99


def test_replies_go_out_in_the_next_block(engine):
    assert engine.reply(b"\xb0\x07\x40") and engine.reply(b"\xc0\x05")
    engine.process(frames=64)
    assert [data for _, _, data in engine.midi_out()] == [b"\xb0\x07\x40", b"\xc0\x05"]


MESSAGES = st.lists(
    st.tuples(st.sampled_from((1, 33, 6, 38, 98, 99, 100, 101)), st.sampled_from((0, 1, 2, 64, 127))),
    min_size=1,
    max_size=40,
)


@given(MESSAGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_callback_hears_what_the_map_hears(engine, messages):
    """Pairs, NRPN and RPN are put together alike on both sides, whatever comes in whatever order."""
    sources = [("cc", 1, True), ("nrpn", 129, True), ("nrpn", 129, False), ("rpn", 130, True)]
    named = build(
        [
            Bind(str(i), ANY, kind, 1, number, wide, aims=[aim(engine)])
            for i, (kind, number, wide) in enumerate(sources)
        ],
        engine.plan.family,
    )
    engine.bind(named.tables)
    engine._memory.arrays["hands"]["selected"][:] = -1
    decoder = Decoder(PORT_SOURCE)
    expected: dict[tuple[str, int, bool], float] = {}
    for number, value in messages:
        for heard in decoder.feed(0xB0, number, value):
            expected[heard.kind, heard.number, heard.wide] = heard.position
    send(engine, *((0xB0, number, value) for number, value in messages))
    for i, source in enumerate(sources):
        x = float(named.states(str(i))[0]["x"])
        assert x == pytest.approx(expected.get(source, -1.0), abs=1e-6), source
