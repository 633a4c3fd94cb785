"""Port settings act in the callback: channels, filters, curves, transpose, pedals, thru; every key ends where it began."""

import numpy as np
import pytest

from realtime.engine.layout import MONITORED
from realtime.engine.port_flow import THRU_A_SECOND
from realtime.midi.port_settings import PortSettings, port_table, read_settings, velocity_table
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from tests.engine.small_devices import gate
from tests.engine.test_engine import started, track
from tests.engine.test_floods import send, sounding

PORT = 1


@pytest.fixture
def engine():
    return started(track(gate))


def use(engine, transpose=0, thru=False, source=PORT, **settings):
    engine.set_port_map(source, port_table(read_settings(settings, "test"), transpose, thru))


def run(engine, *messages, source=PORT, offset=0):
    """Messages of one block; what went out at MIDI in it."""
    send(engine, *(bytes(message) for message in messages), source=source, offset=offset)
    engine.process(frames=64)
    return [out[2] for out in engine.midi_out()]


def keys(engine, source=PORT):
    """(channel, key) of what the source sounds, channels from 1."""
    held = engine._memory.arrays["keepers"][source]["note_id"] != 0
    return [(int(channel) + 1, int(key)) for channel, key in np.argwhere(held)]


def test_without_a_map_all_passes_as_it_comes(engine):
    run(engine, (0x92, 60, 100), (0xB2, 64, 127))
    assert keys(engine) == [(3, 60)] and engine._memory.arrays["keepers"][PORT]["sustain"][2] == 1
    assert engine.port_states["count"][PORT] == 2


def test_channels_go_where_they_are_sent(engine):
    use(engine, channels={"3": 1, "4": 0, "*": 16})
    run(engine, (0x92, 60, 100), (0x93, 61, 100), (0x9A, 62, 100), (0xD2, 50), (0xC3, 9), (0xC2, 9))
    assert keys(engine) == [(1, 60), (16, 62)]
    keeper = engine._memory.arrays["keepers"][PORT]
    assert keeper["pressure"][0] == 50 and keeper["program"][0] == 9 and keeper["program"][3] == 0


@pytest.mark.parametrize(
    ("name", "message", "seen"),
    [
        ("notes", (0x90, 60, 100), lambda k: k["sounding"]),
        ("program_change", (0xC0, 5), lambda k: k["program"][0]),
        ("channel_aftertouch", (0xD0, 5), lambda k: k["pressure"][0]),
        ("aftertouch", (0xD0, 5), lambda k: k["pressure"][0]),
        ("pitch_bend", (0xE0, 0, 100), lambda k: k["bend"][0]),
        ("control_change", (0xB0, 1, 99), lambda k: k["cc"][0, 1]),
        ("active_sensing", (0xFE,), lambda k: k["sensing"]),
    ],
)
def test_a_filter_keeps_its_kind_out_and_no_other(engine, name, message, seen):
    keeper = engine._memory.arrays["keepers"][PORT]
    use(engine, filter=[name])
    run(engine, message)
    assert seen(keeper) == 0
    others = {"clock", "notes", "program_change", "pitch_bend", "control_change", "active_sensing"} - {name}
    use(engine, filter=sorted(others) if "aftertouch" in name else ["clock"])
    run(engine, message)
    assert seen(keeper) != 0


def test_the_clock_can_be_kept_out(engine):
    engine.follow_any_clock()
    use(engine, filter=["clock"])
    for _ in range(100):
        run(engine, (0xF8,))
    assert engine.record["clock_leader"][0] == 0
    use(engine)
    for _ in range(100):
        run(engine, (0xF8,))
    assert engine.record["clock_leader"][0] == PORT + 1


@pytest.mark.parametrize("curve", ["soft", "linear", "hard", [[0, 30], [64, 100], [127, 127]]], ids=str)
def test_velocities_follow_the_curve(engine, curve):
    use(engine, curve=curve)
    heard = []
    for velocity in (1, 40, 90, 127):
        run(engine, (0x90, 60, velocity))
        engine.process(frames=64)
        event = engine.heard.pop_all()[-1]
        heard.append(round(float(event["value"]) * 127))
    table = velocity_table(tuple(map(tuple, curve)) if isinstance(curve, list) else curve)
    assert heard == [int(table[velocity]) for velocity in (1, 40, 90, 127)] and min(heard) >= 1
    middle = int(table[64])
    assert (middle > 64, middle < 64) == {"soft": (True, False), "linear": (False, False), "hard": (False, True)}.get(
        curve if isinstance(curve, str) else "", (True, False)
    )


def test_the_rig_is_transposed_but_not_its_drums(engine):
    use(engine, transpose=5, octave=-1)
    run(engine, (0x90, 60, 100), (0x99, 36, 100))
    assert keys(engine) == [(1, 53), (10, 24)]
    use(engine, transpose=5, drums=[])
    run(engine, (0x99, 40, 100))
    assert (10, 45) in keys(engine)


def test_a_key_that_leaves_the_keyboard_is_silent(engine):
    use(engine, transpose=48)
    run(engine, (0x90, 100, 100))
    assert keys(engine) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dict(transpose=0), dict(transpose=7)),
        (dict(transpose=-12), dict(octave=2)),
        (dict(), dict(channels={"1": 9})),
        (dict(channels={"1": 4}), dict(channels={"1": 0})),
        (dict(), dict(filter=["notes"])),
        (dict(channels={"*": 2}), dict()),
    ],
)
def test_a_change_while_a_key_is_held_ends_the_right_note(engine, before, after):
    use(engine, **before)
    run(engine, (0x90, 60, 100), (0x90, 64, 100))
    assert sounding(engine) == 2
    use(engine, **after)
    run(engine, (0x80, 60, 0))
    assert sounding(engine) == 1
    run(engine, (0x90, 64, 0))
    assert sounding(engine) == 0


def test_two_keys_of_one_note_end_with_the_one_that_holds_it(engine):
    use(engine, transpose=0)
    run(engine, (0x90, 60, 100))
    use(engine, transpose=1)
    run(engine, (0x90, 59, 100))
    assert keys(engine) == [(1, 60)]
    run(engine, (0x80, 60, 0))  # its note was taken over: nothing ends
    assert keys(engine) == [(1, 60)]
    run(engine, (0x80, 59, 0))
    assert keys(engine) == []


def test_a_key_struck_again_under_another_map_leaves_no_note_behind(engine):
    run(engine, (0x90, 60, 100))
    use(engine, transpose=3)
    run(engine, (0x90, 60, 100))
    assert keys(engine) == [(1, 63)]
    run(engine, (0x80, 60, 0))
    assert sounding(engine) == 0


def test_pressure_on_a_key_follows_its_note(engine):
    use(engine, transpose=4)
    run(engine, (0x90, 60, 100))
    use(engine, transpose=0)
    run(engine, (0xA0, 60, 99), (0xA0, 61, 99))
    assert engine._memory.arrays["keepers"][PORT]["malformed"] == 0 and keys(engine) == [(1, 64)]


def test_random_maps_under_random_playing_leave_nothing_hanging(engine, rng):
    held = set()
    for _ in range(300):
        if rng.random() < 0.2:
            use(
                engine, transpose=int(rng.integers(-48, 49)), octave=int(rng.integers(-4, 5)), thru=bool(rng.random() < 0.5),
                channels={str(rng.integers(1, 17)): int(rng.integers(0, 17))},
                filter=["notes"] if rng.random() < 0.2 else [],
            )  # fmt: skip
        messages = []
        for _ in range(int(rng.integers(1, 6))):
            key = (int(rng.integers(0, 16)), int(rng.integers(0, 128)))
            down = rng.random() < 0.6
            (held.add if down else held.discard)(key)
            messages.append((0x90 | key[0], key[1], 100 if down else 0))
        run(engine, *messages)
    for channel, key in held:
        run(engine, (0x80 | channel, key, 64))
    state = engine.port_states[PORT]
    assert sounding(engine) == 0 and state["n_outside"] == 0
    assert not state["target"].any() and not state["owner"].any() and not state["outside"].any()


def test_an_inverted_pedal_is_turned_round(engine):
    keeper = engine._memory.arrays["keepers"][PORT]
    use(engine, pedal_inverted=[64])
    run(engine, (0xB0, 64, 0))
    assert keeper["sustain"][0] == 1
    run(engine, (0xB0, 64, 127), (0xB0, 66, 127))
    assert keeper["sustain"][0] == 0 and keeper["sostenuto"][0] == 1


@pytest.mark.parametrize("after", [dict(channels={"1": 5}), dict(pedal_inverted=True), dict(filter=["control_change"])])
def test_a_pedal_whose_end_would_go_elsewhere_comes_up(engine, after):
    run(engine, (0xB0, 64, 127), (0x90, 60, 100), (0x80, 60, 0))
    assert sounding(engine) == 1
    use(engine, transpose=2)
    engine.process(frames=64)
    assert sounding(engine) == 1  # that changes nothing for pedals
    use(engine, **after)
    engine.process(frames=64)
    assert sounding(engine) == 0 and not engine._memory.arrays["keepers"][PORT]["sustain"].any()


# -- on to MIDI out ---------------------------------------------------------------------------------------------------


def test_thru_sends_what_is_played_as_the_map_says_at_its_frame(engine):
    use(engine, thru=True, transpose=2, channels={"1": 3}, filter=["pitch_bend"])
    send(engine, b"\x90\x3c\x64", offset=40)
    engine.process(frames=64)
    [(_, when, data)] = engine.midi_out()
    assert data == b"\x92\x3e\x64"
    assert when == int(engine.record["block_ns"][0] + engine.record["period_ns"][0] + 40 * 1e9 / 48000)
    assert run(engine, (0xE0, 0, 1), (0xFE,), (0xB0, 1, 5), (0x80, 60, 9)) == [b"\xb2\x01\x05", b"\x82\x3e\x09"]
    assert run(engine, (0x90, 60, 1), source=2) == []  # by choice, port by port


def test_what_went_through_ends_outside_whatever_happens(engine):
    use(engine, thru=True)
    run(engine, (0x90, 60, 100), (0x90, 62, 100), (0xB0, 64, 127), (0xB1, 66, 127))
    use(engine, thru=False)
    out = run(engine, (0x80, 60, 64), (0x90, 65, 100), (0x80, 65, 64))
    assert sorted(out) == [b"\x80\x3c\x40", b"\xb0\x40\x00", b"\xb1\x42\x00"]
    use(engine, thru=True)
    run(engine, (0xB0, 64, 127))
    engine.release(PORT)
    engine.process(frames=4096)
    assert sorted(out[2] for out in engine.midi_out()) == [b"\x80\x3e\x40", b"\xb0\x40\x00"]


def test_panic_clears_both_pedals_and_ends_what_sounds_outside(engine):
    use(engine, thru=True)
    run(engine, (0x90, 60, 100), (0xB0, 66, 127), (0xB0, 64, 127), (0x80, 60, 0), (0x95, 70, 100))
    assert sounding(engine) == 2
    engine.panic()
    engine.process(frames=64)
    out = [out[2] for out in engine.midi_out()]
    keeper = engine._memory.arrays["keepers"][PORT]
    assert sounding(engine) == 0 and not keeper["sustain"].any() and not keeper["sostenuto"].any()
    assert b"\x85\x46\x40" in out
    for channel in range(16):
        assert [bytes((0xB0 | channel, number, 0)) in out for number in (64, 66, 121, 123, 120)] == [True] * 5
    engine.process(frames=48000)
    engine.midi_out()
    run(engine, (0x90, 62, 100), (0x80, 62, 0))
    assert sounding(engine) == 0  # the pedals are up


def test_a_loop_is_cut(engine):
    """What goes out comes in again: the port that is fed by our own output stops sending."""
    use(engine, thru=True)
    back = [b"\xb0\x07\x01"] * 50
    for _ in range(200):
        back = run(engine, *back)
        if not back:
            break
    assert not back and engine.port_states[PORT]["thru_cut"] == 1
    assert engine.port_states[PORT]["thru_count"] > THRU_A_SECOND


# -- what is seen -----------------------------------------------------------------------------------------------------


def test_the_monitor_sees_both_ways_and_nothing_once_it_is_off(engine):
    ring = Ring(MONITORED, 64)
    engine.watch_midi(ring)
    use(engine, thru=True, transpose=1)
    run(engine, (0x90, 60, 100), (0xF8,))
    seen = [(int(r["source"]), bytes(r["data"][: r["size"]])) for r in ring.pop_all()]
    assert seen == [(1, b"\x90\x3c\x64"), (1, b"\xf8"), (-1, b"\x90\x3d\x64")]
    engine.watch_midi(None)
    run(engine, (0x90, 61, 100))
    assert len(ring) == 0 and engine.record["out_count"][0] == 2


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"chanels": {}}, "did you mean 'channels'"),
        ({"channels": {"17": 1}}, "is no channel"),
        ({"channels": {"1": 17}}, "choose 0 to 16"),
        ({"channels": [1]}, "is a table"),
        ({"filter": ["clok"]}, "did you mean 'clock'"),
        ({"filter": "clock"}, "is a list"),
        ({"curve": "sft"}, "did you mean 'soft'"),
        ({"curve": [[0, 0]]}, "2 to 32 points"),
        ({"curve": [[9, 0], [3, 1]]}, "further right"),
        ({"curve": [[0, 0, 1], [3, 1]]}, "two numbers"),
        ({"curve": [[0, 0], [200, 1]]}, "choose 0 to 127"),
        ({"transpose": 49}, "choose -48 to 48"),
        ({"octave": 1.5}, "choose -4 to 4"),
        ({"pedal_inverted": [120]}, "choose 0 to 119"),
        ({"drums": 10}, "is a list"),
        ({"thru": 1}, "true, false or null"),
    ],
)
def test_wrong_settings_are_one_sentence(values, why):
    with pytest.raises(AntiphonError) as caught:
        read_settings(values, "/midi/port")
    assert why in str(caught.value) and "\n" not in str(caught.value)
    assert port_table(PortSettings())["serial"][0] == 0
