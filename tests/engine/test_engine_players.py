"""Players in the engine: what they hear, where their lanes go, what is late, and that no note of theirs ever hangs."""

from __future__ import annotations

import gc
import math
import weakref
from dataclasses import replace

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.engine import layout
from realtime.engine.engine import Engine
from realtime.engine.rack import Keys, Rack
from realtime.engine.sources import KEYS, source_mask, sources_mask
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from tests.engine.small_devices import gate
from tests.engine.test_engine import RATE, press, started, track

LAST = layout.MAX_PLAYERS - 1


def join(engine: Engine, number: int = 0, **more) -> tuple[Ring, Ring]:
    listen, plan = Ring(wire.LISTEN, 4096), Ring(wire.PLAN, 256)
    engine.players.connect(number, listen, plan, **more)
    return listen, plan


def plan_note(engine: Engine, plan: Ring, after: float = 0.1, **fields) -> None:
    beat = float(engine.record[0]["clock_beat"]) + after
    plan.push(**{"kind": wire.PLAN_NOTE, "beat": beat, "duration_beats": 100.0, "key": 60, "velocity": 0.8, **fields})


def sounds(engine: Engine, seconds: float = 0.25) -> bool:
    engine.process(frames=1024)
    return bool(np.abs(engine.process(frames=int(seconds * RATE))).max() > 0)


def sent(engine: Engine) -> list[bytes]:
    return [data for _, _, data in engine.midi_out()]


def test_the_last_of_the_players_plays_and_hears_the_first():
    engine = started(track(gate, keys=Keys(sources=(f"player {layout.MAX_PLAYERS}",))))
    _, first = join(engine)
    listen, plan = join(engine, LAST, sources=1 << layout.PLAYER_SOURCE)
    plan_note(engine, first)
    assert not sounds(engine)
    plan_note(engine, plan)
    assert sounds(engine)
    heard = [r for r in listen.pop_all() if r["kind"] == wire.NOTE_ON]
    assert [int(r["source"]) for r in heard] == [layout.PLAYER_SOURCE]


def test_players_hear_wheels_pedals_and_pressure_with_their_source():
    engine = started(track(gate))
    listen, _ = join(engine, sources=1 << 3)
    for message in (b"\xb2\x40\x7f", b"\xb2\x0b\x40", b"\xe2\x7f\x7f", b"\xd2\x40", b"\xc2\x05"):
        engine.midi_in(3, message, 0)
        engine.midi_in(4, message, 0)
    press(engine, 61, channel=2, source=3)
    engine.midi_in(3, b"\xa2\x3d\x7f", 0)
    engine.process(frames=512)
    heard = [r for r in listen.pop_all() if r["kind"] in wire.HEARD_KINDS]
    assert {int(r["source"]) for r in heard} == {3} and {int(r["channel"]) for r in heard} == {2}
    got = {(int(r["kind"]), int(r["number"])): float(r["value"]) for r in heard}
    assert got[wire.CONTROLLER, 64] == 1.0 and got[wire.CONTROLLER, 11] == pytest.approx(64 / 127)
    assert got[wire.BEND, 0] == pytest.approx(2.0, abs=0.01) and (wire.PROGRAM, 5) in got
    pressures = {int(r["key"]): float(r["value"]) for r in heard if r["kind"] == wire.PRESSURE}
    assert pressures[-1] == pytest.approx(64 / 127) and pressures[61] == 1.0


def test_what_the_follower_says_reaches_every_player():
    engine = started(track(gate))
    listens = [join(engine, number)[0] for number in (0, LAST)]
    engine.players.tell(wire.CHORD, key=7, number=2, bass=11, classes=0b100010000100, beat=3.5)
    engine.players.tell(wire.MOOD, value=0.5, value2=-0.25)
    engine.process(frames=256)
    for listen in listens:
        chord, mood = (r for r in listen.pop_all() if r["kind"] in wire.TOLD_KINDS)
        assert (int(chord["key"]), int(chord["bass"]), float(chord["beat"])) == (7, 11, 3.5)
        assert (float(mood["value"]), float(mood["value2"])) == (0.5, -0.25) and math.isfinite(mood["beat"])


def test_lanes_go_to_their_tracks_and_channels_with_their_programs():
    rack = Rack([track(gate, keys=Keys(sources=("player 1 chime",)))], lanes=[("bass", "chime")])
    engine = Engine(RATE)
    engine.record["native_midi"] = 0
    engine.swap(engine.compile(rack), 0.0)
    listen, plan = join(engine, sources=0)
    ears, _ = join(engine, 1, sources=1 << layout.PLAYER_SOURCE)
    engine.players.set_lane(0, 0, 4, program=33)
    engine.players.set_lane(0, 1, 9, sent=False, program=12)
    plan_note(engine, plan, lane=0, duration_beats=0.1)
    assert not sounds(engine)
    plan_note(engine, plan, lane=1, duration_beats=0.1)
    assert sounds(engine)
    assert sent(engine) == [b"\xc4\x21", b"\x94\x3c\x66", b"\x84\x3c\x40"]
    ons = [r for r in ears.pop_all() if r["kind"] == wire.NOTE_ON]
    assert [(int(r["channel"]), int(r["lane"])) for r in ons] == [(4, 0), (9, 1)]
    assert not sounds(engine) and not listen.refused


def routed(engine: Engine) -> list[tuple[int, bytes]]:
    return [(port, data) for port, _, data in engine.midi_out()]


def two_lanes(native: int) -> tuple[Engine, Ring]:
    """The bass goes to output 3 on channel 5, the chime to Antiphon's own on channel 2."""
    engine = Engine(RATE)
    engine.record["native_midi"] = native
    engine.swap(engine.compile(Rack([track(gate)], lanes=[("bass", "chime")])), 0.0)
    _, plan = join(engine, sources=0)
    engine.players.set_lane(0, 0, 4, program=33, port=3)
    engine.players.set_lane(0, 1, 1)
    return engine, plan


def test_a_lane_goes_to_its_own_output_with_its_program_and_ends_there():
    engine, plan = two_lanes(native=0)
    plan_note(engine, plan, lane=0, duration_beats=0.1)
    plan_note(engine, plan, lane=1, key=72, duration_beats=0.1)
    sounds(engine)
    messages = routed(engine)
    assert [data for port, data in messages if port == 3] == [b"\xc4\x21", b"\x94\x3c\x66", b"\x84\x3c\x40"]
    assert [data for port, data in messages if port == 0] == [b"\x91\x48\x66", b"\x81\x48\x40"]


@pytest.mark.parametrize("end", ["moved", "released", "muted", "gone"])
def test_whatever_ends_a_note_at_an_output_ends_it_there(end):
    engine, plan = two_lanes(native=0)
    plan_note(engine, plan, lane=0)
    sounds(engine)
    assert (3, b"\x94\x3c\x66") in routed(engine)
    if end == "moved":
        engine.players.set_lane(0, 0, 4, port=7)
    elif end == "released":
        plan.push(kind=wire.PLAN_RELEASE, serial=9)
    elif end == "muted":
        engine.players.mute(0, True)
    else:
        engine.players.disconnect(0)
    sounds(engine)
    offs = [(port, data[:2]) for port, data in routed(engine) if data[0] & 0xF0 == 0x80]
    assert offs == [(3, b"\x84\x3c")]


def test_a_driver_with_midi_of_its_own_leaves_other_outputs_to_the_midi_thread():
    engine, plan = two_lanes(native=1)
    plan_note(engine, plan, lane=0, duration_beats=0.1)
    plan_note(engine, plan, lane=1, key=72, duration_beats=0.1)
    sounds(engine)
    assert routed(engine) == [(3, b"\xc4\x21"), (3, b"\x94\x3c\x66"), (3, b"\x84\x3c\x40")]


@pytest.mark.parametrize("lanes", [[(0, 5)], [(0, 1), (1, 0)]])
def test_a_lane_that_moves_while_it_sounds_leaves_no_note_behind(lanes):
    tracks = [replace(track(gate, keys=Keys(sources=(f"player 1 {name}",))), name=name) for name in ("bass", "chime")]
    engine = Engine(RATE)
    engine.record["native_midi"] = 0
    engine.swap(engine.compile(Rack(tracks, lanes=[("bass", "chime")])), 0.0)
    _, plan = join(engine)
    for lane in (0, 1):
        plan_note(engine, plan, lane=lane)
    assert sounds(engine)
    for lane, channel in lanes:
        engine.players.set_lane(0, lane, channel)
    if len(lanes) == 1:
        assert sounds(engine), "the other lane plays on"
        engine.players.set_lane(0, 1, 7)
    assert not sounds(engine)
    messages = sent(engine)
    ons, offs = ([m[0] & 15 for m in messages if m[0] & 0xF0 == kind] for kind in (0x90, 0x80))
    assert sorted(ons) == sorted(offs) == [0, 1]


def test_muted_it_plans_in_silence_and_goes_on_where_the_music_is():
    engine = started(track(gate))
    engine.record["native_midi"] = 0
    _, plan = join(engine)
    plan_note(engine, plan, duration_beats=1000.0)
    assert sounds(engine)
    engine.players.mute(0, True)
    for step in range(8):
        plan_note(engine, plan, after=0.5 * step, duration_beats=0.2, serial=1)
    plan_note(engine, plan, after=8.0, duration_beats=1.0, serial=1)
    assert not sounds(engine, 2.0)
    engine.players.mute(0, False)
    assert sounds(engine, 2.5)
    engine.process(frames=2 * RATE)
    messages = sent(engine)
    assert [m[0] & 0xF0 for m in messages] == [0x90, 0x80, 0x90, 0x80]


def test_late_notes_are_counted_and_by_how_much():
    engine = started(track(gate))
    _, plan = join(engine, 3)
    engine.process(frames=RATE)
    for after in (-0.1, -0.2, -3.0, 0.5):
        plan_note(engine, plan, after=after, duration_beats=0.5)
    engine.process(frames=256)
    late, worst_ms = engine.players.late(3)
    assert late == 3 and worst_ms == pytest.approx(1500.0, rel=0.01)  # 3 beats at 120
    assert engine.players.late(0) == (0, 0.0)
    engine.players.reset_late(3)
    assert engine.players.late(3) == (0, 0.0)


def test_nonsense_is_dropped_and_the_notes_around_it_sound_and_end():
    engine = started(track(gate))
    _, plan = join(engine)
    for fields in (
        {"beat": math.nan}, {"beat": math.inf}, {"beat": -math.inf}, {"duration_beats": math.nan},
        {"duration_beats": math.inf}, {"velocity": math.nan}, {"velocity": 0.0}, {"kind": 77}, {"lane": -5, "key": -5},
        {"lane": 99, "key": 999, "duration_beats": -3.0},
    ):  # fmt: skip
        plan_note(engine, plan, **({"duration_beats": 0.1} | fields))
    plan_note(engine, plan, after=1.0, duration_beats=0.5)
    engine.process(frames=RATE // 4)
    assert sounds(engine, 0.5)
    engine.process(frames=RATE)
    assert not sounds(engine)


def test_forgetting_ends_notes_and_tells_that_player_alone():
    engine = started(track(gate))
    listen, plan = join(engine)
    other, _ = join(engine, 1)
    plan_note(engine, plan)
    assert sounds(engine)
    engine.players.forget(0)
    assert not sounds(engine)
    kinds = [[int(r["kind"]) for r in ring.pop_all()].count(wire.LOCATE) for ring in (listen, other)]
    assert kinds == [1, 0]


def test_rings_go_when_the_block_that_saw_them_is_over_and_not_before():
    """The callback is stopped in the middle of a block: as a thread preempted, or a machine that sleeps."""
    engine = started(track(gate))
    freed = []
    listen, plan = join(engine, free=lambda: freed.append(True))
    kept = weakref.ref(plan)
    words = engine.quiesce._words
    words[0] += 1  # a block has begun
    engine.players.disconnect(0)
    del listen, plan
    for _ in range(3):
        engine.collect()
        gc.collect()
    assert kept() is not None and not freed
    words[8] = words[0]  # and has ended
    engine.collect()
    gc.collect()
    assert kept() is None and freed == [True]


def test_rings_that_are_replaced_are_freed_the_same_way():
    engine = started(track(gate))
    freed = []
    join(engine, free=lambda: freed.append(1))
    engine.quiesce._words[0] += 1
    _, plan = join(engine, free=lambda: freed.append(2))
    engine.collect()
    assert not freed
    engine.quiesce._words[8] = engine.quiesce._words[0]
    engine.collect()
    assert freed == [1]
    plan_note(engine, plan)
    assert sounds(engine)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "source 'nobody' is unknown; use \"keys\""),
        ("player", "unknown"),
        ("player 0", "unknown"),
        (f"player {layout.MAX_PLAYERS + 1}", "unknown"),
        ("port 99", "unknown"),
        ("port 1 bass", "unknown"),
        ("player 3", "there is no such player; the scene has 2"),
        ("player 2 snare", "player 2 has no such lane; it has: bass"),
    ],
)
def test_wrong_sources_are_told(name, sentence):
    with pytest.raises(AntiphonError, match=sentence):
        source_mask(name, [("bass", "chime"), ("bass",)])


def test_what_is_heard_whole_is_not_heard_twice():
    found = sources_mask(
        ["player 1 bass", "keys", "player 1", "player 2 chime", "player 2 chime"], [("bass",), ("x", "chime")]
    )
    assert found == [(KEYS | 1 << layout.PLAYER_SOURCE, -1), (1 << (layout.PLAYER_SOURCE + 1), 1)]
