"""The engine offline: timing to the sample, splits, sends, latency, bypass, guard, transport, players' notes."""

import numpy as np
import pytest

from realtime.contract import player_wire as wire
from realtime.engine import layout
from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring
from tests.engine.small_devices import bad, beats, gate, half, late, sine

RATE = 48000


def track(*devices, name="t", **fields) -> Track:
    return Track(name, [Slot(d) for d in devices], **fields)


def started(*tracks, buses=(), master=(), **options) -> Engine:
    engine = Engine(RATE, **options)
    rack = Rack(list(tracks), list(buses), [Slot(d) for d in master])
    engine.swap(engine.compile(rack), 0.0)
    engine.process(frames=64)
    return engine


def press(engine, key=60, velocity=100, channel=0, source=1):
    engine.midi_in(source, bytes((0x90 | channel, key, velocity)), 0)


def lift(engine, key=60, channel=0, source=1):
    engine.midi_in(source, bytes((0x80 | channel, key, 64)), 0)


def onset(sound: np.ndarray) -> int:
    return int(np.argmax(np.abs(sound) > 1e-3))


def test_a_note_sounds_after_the_limiters_lookahead_and_no_later():
    engine = started(track(gate))
    press(engine)
    sound = engine.process(frames=512)
    assert onset(sound[0]) == engine.latency == 48
    lift(engine)
    after = engine.process(frames=512)
    assert np.count_nonzero(np.abs(after[0]) > 1e-3) == engine.latency


def test_block_size_does_not_change_a_bit():
    renders = []
    for block in (16, 64, 100, 1024):
        engine = started(track(sine, half, late))
        press(engine)
        renders.append(engine.process(frames=20000, block=block))
        if block > 16:
            np.testing.assert_allclose(renders[-1], renders[0], atol=2e-7)
    assert np.array_equal(renders[1], renders[3])  # 64 and 1024 are cut into the same quanta


def test_a_split_plays_each_side_of_the_keyboard_by_its_own_track():
    engine = started(
        track(gate, name="low", keys=Keys(key_high=59), pan=-1.0),
        track(gate, name="high", keys=Keys(key_low=60, velocity_low=64), pan=1.0),
    )
    press(engine, 40)
    assert np.abs(engine.process(frames=256)[1, 60:]).max() < 1e-6
    lift(engine, 40)
    press(engine, 70, velocity=30)  # too soft for the upper track
    engine.process(frames=64)
    assert np.abs(engine.process(frames=256)).max() < 1e-6
    press(engine, 72, velocity=100)
    left, right = engine.process(frames=256)  # its impulse, on its own side
    assert right[engine.latency] == pytest.approx(0.9)
    assert np.abs(left).max() < 1e-6


def test_channels_and_players_are_routed_where_the_track_says():
    engine = started(track(gate, keys=Keys(channels=(2,), sources=("players",))))
    press(engine, channel=1)
    assert np.abs(engine.process(frames=256)).max() == 0.0
    press(engine, channel=1, source=layout.PLAYER_SOURCE)
    assert engine.process(frames=256)[0].max() == pytest.approx(0.25)


def test_parallel_chains_and_sends_meet_in_time():
    """A track through a latent device, one without, and a send: three impulses fall on one sample."""
    engine = started(
        track(gate, late, name="a", sends={"room": 0.0}),
        track(gate, name="b"),
        buses=[Bus("room", [Slot(half)])],
    )
    engine.set_master_db(-20.0)
    engine.process(frames=4800)
    press(engine)
    right = engine.process(frames=512)[1]
    peak = int(np.argmax(np.abs(right)))
    assert peak == 100 + engine.latency
    assert right[peak] == pytest.approx(0.9 * 2.5 * 0.1, rel=1e-3)
    assert np.abs(np.delete(right, peak)).max() < 1e-6


def test_bypass_is_aligned_and_without_a_click():
    engine = started(track(sine, late, half))
    press(engine)
    before = engine.process(frames=RATE)
    plan = engine.plan
    plan.bypass(plan.ordered()[2].slot.uid, True)
    after = engine.process(frames=RATE)
    steady = np.abs(np.diff(before[0, -4800:])).max()
    joined = np.concatenate([before[0, -10:], after[0]])
    assert np.abs(np.diff(joined)).max() < 2.05 * steady
    assert np.abs(after[0, -4800:]).max() == pytest.approx(2 * np.abs(before[0, -4800:]).max(), rel=1e-3)


def test_a_device_gone_mad_is_silenced_and_comes_back_clean():
    engine = started(track(sine, bad))
    press(engine)
    engine.process(frames=RATE // 2)
    node = engine.plan.ordered()[1]
    for mode in (1.0, 2.0):
        node.set("bad", mode)
        sound = engine.process(frames=256)
        assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0
        node.set("bad", 0.0)
        engine.process(frames=RATE // 4)
        assert np.abs(engine.process(frames=RATE // 10)).max() == pytest.approx(0.25, abs=0.01)
    assert engine.meters.snapshot()["faults"] >= 2


def test_a_wrong_parameter_is_named_with_its_place():
    engine = Engine(RATE)
    rack = Rack([Track("keys", [Slot(gate, {"levle": 1.0})])])
    with pytest.raises(
        AntiphonError, match=r"track 'keys', device 1: device 'gate' has no parameter 'levle'; did you mean 'level'"
    ):
        engine.compile(rack)


def test_bars_go_on_counting_where_the_metre_changes_and_begin_anew_at_the_songs_beginning():
    engine = Engine(RATE, tempo_bpm=120.0)
    engine.swap(engine.compile(Rack([track(beats)])), 0.0)
    t = engine.record["transport"][0]

    def place():
        engine.process(frames=64)
        return int(t["bar"]), float(t["bar_start_beat"]), float(t["beat"])

    engine.locate(34.0)
    assert place() == (8, 32.0, 34.0)
    engine.set_signature(7, 8)
    assert place() == (8, 32.0, 34.0), "beat 3 of bar 9 stays beat 3 of bar 9"
    engine.locate(39.5)
    assert place() == (10, 39.0, 39.5)
    engine.set_signature(3, 4)
    engine.locate(42.25)
    assert place() == (11, 42.0, 42.25)
    engine.locate(7.0)
    assert place() == (2, 6.0, 7.0), "in front of the change the metre in force counts from the beginning"
    engine.locate(0.0)
    assert place() == (0, 0.0, 0.0)
    engine.set_signature(4, 4)
    engine.set_loop(4.0, 12.0)
    engine.play()
    engine.process(frames=7 * RATE)  # 14 beats: round the loop once
    assert int(t["bar"]) == 1 and float(t["beat"]) == pytest.approx(6.0, abs=0.01)


def test_bars_beats_and_loop():
    engine = Engine(RATE, tempo_bpm=120.0)
    engine.swap(engine.compile(Rack([track(beats)])), 0.0)
    engine.set_signature(3, 4)
    engine.set_loop(0.0, 4.0)
    engine.play()
    sound = engine.process(frames=5 * RATE // 2)[0, engine.latency :] * 100
    wrap = int(np.argmax(np.diff(sound) < -1.0)) + 1
    assert wrap == 2 * RATE  # four beats at 120, to the sample
    assert sound[wrap] == pytest.approx(0.0, abs=1e-4) and sound[wrap - 1] == pytest.approx(4.0, abs=1e-3)
    engine.set_loop(0.0, 4.0, on=False)
    engine.locate(7.0)
    engine.process(frames=64)
    state = engine.meters.snapshot()["transport"]
    assert state["bar"] == 2 and state["numerator"] == 3


def plan_ring(engine) -> tuple[Ring, Ring]:
    listen, plan = Ring(wire.LISTEN, 256), Ring(wire.PLAN, 256)
    engine.players.connect(0, listen, plan)
    return listen, plan


def test_planned_notes_fall_on_their_beat_to_the_sample():
    engine = started(track(gate))
    _, plan = plan_ring(engine)
    clock = float(engine.record[0]["clock_beat"])
    for beat in (0.5, 1.0, 1.3333):
        plan.push(kind=wire.PLAN_NOTE, beat=clock + beat, duration_beats=0.1, key=60, velocity=0.8, serial=1)
    right = engine.process(frames=RATE)[1]
    found = np.flatnonzero(right > 0.5) - engine.latency
    assert found.tolist() == [round(beat * RATE / 2) for beat in (0.5, 1.0, 1.3333)]
    assert np.abs(engine.process(frames=RATE)).max() == 0.0


def test_what_a_player_takes_back_does_not_sound_and_nothing_hangs():
    engine = started(track(gate))
    listen, plan = plan_ring(engine)
    clock = float(engine.record[0]["clock_beat"])
    plan.push(kind=wire.PLAN_NOTE, beat=clock + 0.1, duration_beats=50.0, key=60, velocity=0.8, serial=1)
    plan.push(kind=wire.PLAN_NOTE, beat=clock + 1.0, duration_beats=1.0, key=62, velocity=0.8, serial=1)
    engine.process(frames=RATE // 4)
    plan.push(kind=wire.PLAN_RELEASE, serial=1)
    engine.process(frames=256)
    assert np.abs(engine.process(frames=2 * RATE)).max() == 0.0
    press(engine, 64)
    engine.process(frames=256)
    kinds = [int(r["kind"]) for r in listen.pop_all()]
    assert wire.NOTE_ON in kinds and kinds.count(wire.TRANSPORT) > 100


def test_a_damp_ends_what_is_foreign_on_its_beat_to_the_sample():
    engine = started(track(gate))
    _, plan = plan_ring(engine)
    clock = float(engine.record[0]["clock_beat"])
    plan.push(kind=wire.PLAN_NOTE, beat=clock + 0.01, duration_beats=4.0, key=61, velocity=0.8, serial=1)
    plan.push(kind=wire.PLAN_NOTE, beat=clock + 2.0, duration_beats=0.5, key=61, velocity=0.8, serial=1)
    engine.process(frames=64)
    plan.push(kind=wire.PLAN_DAMP, beat=clock + 0.75, serial=1, lane=-1, classes=1 << 1)
    plan.push(kind=wire.PLAN_DAMP, beat=clock + 1.0, serial=1, lane=0, classes=1 << 0 | 1 << 4)
    plan.push(kind=wire.PLAN_DAMP, beat=clock + 0.5, serial=1, lane=3, classes=0)
    left = np.flatnonzero(np.abs(engine.process(frames=2 * RATE)[0]) > 1e-3)
    held = left[left < 1.5 * RATE / 2]
    sounded = engine._memory.arrays["sounded"][:2]
    assert sounded["duration_beats"] == pytest.approx([0.99, 0.5], abs=1e-9), "a hold repeats what was heard"
    # C sharp is of the first damp's classes and on another lane than the last's: the second ends it
    assert held[-1] + 1 + 64 - engine.latency == pytest.approx(RATE / 2, abs=2)
    assert left[-1] - held[-1] > RATE / 2, "the note after the damp sounds whole"


def test_the_end_of_a_player_ends_its_notes():
    engine = started(track(gate))
    _, plan = plan_ring(engine)
    plan.push(
        kind=wire.PLAN_NOTE,
        beat=float(engine.record[0]["clock_beat"]),
        duration_beats=99.0,
        key=60,
        velocity=0.8,
        serial=1,
    )
    assert engine.process(frames=512)[0].max() == pytest.approx(0.25)
    engine.players.disconnect(0)
    engine.process(frames=256)
    assert np.abs(engine.process(frames=512)).max() == 0.0


def test_panic_silences_everything_at_once():
    engine = started(track(gate))
    for key in range(30, 90):
        press(engine, key, channel=key % 16, source=1 + key % 3)
    assert engine.process(frames=512)[0].max() > 0.2
    engine.panic()
    engine.process(frames=RATE // 20)
    assert np.abs(engine.process(frames=512)[0]).max() == 0.0
    engine.process(frames=RATE // 10)
    press(engine)
    assert engine.process(frames=512)[0].max() == pytest.approx(0.25)


def test_panic_cuts_tails_without_a_click_and_the_next_note_sounds():
    engine = started(track(sine, "delay"))
    engine.plan.ordered()[1].set("feedback", 0.9)
    press(engine)
    before = engine.process(frames=2 * RATE)
    engine.panic()
    after = engine.process(frames=RATE // 2)
    joined = np.concatenate([before[0, -100:], after[0]])
    assert np.abs(np.diff(joined)).max() <= 1.5 * np.abs(np.diff(before[0, -4800:])).max()
    assert np.abs(after[0, RATE // 10 :]).max() == 0.0
    press(engine, 62)
    assert np.abs(engine.process(frames=RATE)).max() > 0.17


def test_a_flood_drops_notes_but_hangs_none(rng):
    engine = started(track(gate))
    for _ in range(200):
        for _ in range(60):
            engine.midi_in(
                1, bytes((0x90 | int(rng.integers(16)), int(rng.integers(128)), int(rng.integers(1, 128)))), 0
            )
        engine.process(frames=64)
    for channel in range(16):
        for key in range(128):
            lift(engine, key, channel)
        engine.process(frames=64)
    for _ in range(40):
        engine.process(frames=64)
    assert np.abs(engine.process(frames=512)[0]).max() == 0.0


def test_midi_clock_goes_out_at_24_ticks_a_beat():
    engine = started(track(gate), tempo_bpm=120.0)
    engine.record["native_midi"] = 0
    engine.send_clock(True)
    engine.play()
    engine.process(frames=2 * RATE, block=256)
    bytes_out = [data[0] for _, _, data in engine.midi_out()]
    assert bytes_out.count(0xFA) == 1
    assert bytes_out[bytes_out.index(0xFA) :].count(0xF8) == 96  # two seconds at 120


def test_the_transport_follows_midi_clock():
    engine = started(track(gate), tempo_bpm=100.0)
    engine.follow_clock(1)
    engine.midi_in(1, b"\xfa", 0)
    samples_a_tick = RATE * 60 / 140 / 24
    done, ticks = 0, 0
    while done < 4 * RATE:
        if ticks * samples_a_tick <= done:
            engine.midi_in(1, b"\xf8", 0)
            ticks += 1
        engine.process(frames=64)
        done += 64
    state = engine.meters.snapshot()["transport"]
    assert state["playing"] and state["tempo_bpm"] == pytest.approx(140.0, rel=0.01)
    assert state["beat"] == pytest.approx(4 * 140 / 60, abs=0.1)


def test_system_exclusive_passes_through_at_its_frame():
    from realtime.drivers.offline import OfflineDriver

    engine = started(track(gate))
    engine.record["native_midi"] = 1
    driver = OfflineDriver()
    driver.open(engine, 256)
    dump = b"\xf0" + bytes(range(100)) + b"\xf7"
    _, played = driver.render(1024, None, [(300, 0, dump), (700, 0, b"\xf0\x7e\x7f\x06\x01\xf7")])
    driver.close()
    assert [(frame, data) for frame, _, data in played] == [(300, dump), (700, b"\xf0\x7e\x7f\x06\x01\xf7")]


@pytest.mark.parametrize(("inputs", "outputs", "rate"), [(0, 1, 44100), (1, 2, 96000), (8, 8, 192000)])
def test_channels_and_rates(inputs, outputs, rate):
    engine = Engine(rate, inputs=inputs, outputs=outputs)
    tracks = [track(gate)]
    if outputs == 8:
        tracks.append(track(gate, name="last pair", output=7))
    engine.swap(engine.compile(Rack(tracks)), 0.0)
    press(engine)
    sound = engine.process(np.zeros((inputs, 4096), np.float32) if inputs else None, frames=4096)
    assert sound.shape == (outputs, 4096)
    heard = [bool(np.abs(channel).max() > 0.1) for channel in sound]
    assert heard == ([True] * 2 + [False] * 4 + [True] * 2)[:outputs] if outputs == 8 else all(heard[:2])


def test_a_killed_player_sends_each_note_off_once():
    engine = started(track(gate))
    engine.record["native_midi"] = 0
    _, plan = plan_ring(engine)
    now = float(engine.record[0]["clock_beat"])
    plan.push(kind=wire.PLAN_NOTE, beat=now, duration_beats=1.0, key=60, velocity=0.8, serial=1)
    engine.process(frames=4096)
    plan.push(kind=wire.PLAN_NOTE, beat=now + 0.2, duration_beats=1.0, key=62, velocity=0.8, serial=1)
    engine.release(layout.PLAYER_SOURCE)
    engine.process(frames=2 * RATE)
    sent = [data[:2] for _, _, data in engine.midi_out()]
    assert sent == [b"\x90\x3c", b"\x80\x3c"]
