"""What the contract offers a device beyond sound in and out, each shown by a small device of its own, in the real engine."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.engine.rack import Bus, Keys, Rack, Slot, Track
from realtime.native.errors import AntiphonError
from tests.engine.small_devices import (
    difference,
    gate,
    half,
    kit,
    late,
    later,
    memory,
    mono,
    shown,
    steps,
    surround,
    ticker,
)

RATE = 48000


def slots(*devices) -> list[Slot]:
    return [device if isinstance(device, Slot) else Slot(device) for device in devices]


def started(*tracks, buses=(), **options) -> Engine:
    engine = Engine(RATE, **options)
    engine.swap(engine.compile(Rack(list(tracks), list(buses))), 0.0)
    engine.process(frames=64)
    return engine


def press(engine, key=60):
    engine.midi_in(1, bytes((0x90, key, 100)), 0)


def lift(engine, key=60):
    engine.midi_in(1, bytes((0x80, key, 64)), 0)


def level(sound: np.ndarray) -> list[float]:
    """The last sample of every channel."""
    return [round(float(x), 4) for x in sound[:, -1]]


# -- ports ----------------------------------------------------------------------------------------------------------------


def test_a_mono_effect_sits_in_a_stereo_track_and_is_bypassed_like_any_other():
    tone = np.stack([np.full(4800, 0.5), np.full(4800, 0.1)]).astype(np.float32)
    engine = started(Track("t", slots(mono), audio_input=(1, 2)), inputs=2)
    assert level(engine.process(tone)) == [0.3, 0.3]  # both sides folded, the mean on both
    engine.plan.bypass(engine.plan.ordered()[0].slot.uid, True)
    assert level(engine.process(tone)) == [0.3, 0.3]
    engine = started(Track("t", slots(Slot("transposer"), gate, mono)))
    engine.plan.bypass(engine.plan.ordered()[2].slot.uid, True)
    press(engine)
    assert level(engine.process(frames=4800)) == [0.125, 0.125]


def test_a_surround_track_leaves_by_six_outputs_and_folds_into_a_stereo_bus():
    sends = {"room": 0.0}
    engine = started(
        Track("t", slots(surround), channels=6, sends=sends, gain_db=-90.0), buses=[Bus("room", slots(half))], outputs=6
    )
    engine.process(frames=9600)
    assert level(engine.process(frames=64)) == [0.0] * 6  # the send is behind the fader
    engine.plan.strips["t"].set("gain_db", 0.0)
    folded = (
        np.array([0.1 + 0.3 * np.sqrt(0.5) + 0.5 * np.sqrt(0.5), 0.2 + 0.3 * np.sqrt(0.5) + 0.6 * np.sqrt(0.5)]) / 2
    )
    engine.process(frames=9600)
    heard = engine.process(frames=64)[:, -1]
    np.testing.assert_allclose(heard[2:], [0.3, 0.4, 0.5, 0.6], atol=1e-4)
    np.testing.assert_allclose(heard[:2], [0.1 + folded[0], 0.2 + folded[1]], atol=1e-3)


def test_aux_outputs_feed_tracks_of_their_own_whatever_the_order():
    engine = started(
        Track("snare", slots(half), audio_from="kit/snare"),
        Track("kit", slots(kit)),
        Track("hats", slots(half), audio_from="kit/hats", pan=1.0),
    )
    engine.process(frames=4800)
    assert level(engine.process(frames=64)) == pytest.approx([0.1 + 0.1, 0.1 + 0.1 + 0.15], abs=1e-3)


def test_an_aux_output_that_is_not_there_is_told():
    with pytest.raises(AntiphonError, match=r"track 'x'.*'kit/bass'.*kit/snare, kit/hats"):
        started(Track("kit", slots(kit)), Track("x", slots(half), audio_from="kit/bass"))


# -- sidechains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("main", "key"), [((), ()), ((late,), ()), ((), (late,)), ((late, late), (late,))])
def test_a_sidechain_arrives_when_the_signal_does(main, key):
    """The difference of a noise and itself, by ways of different latency, is silence."""
    noise = np.tile(np.random.default_rng(3).uniform(-0.5, 0.5, 9600).astype(np.float32), (2, 1))
    engine = started(
        Track("sum", slots(*main, Slot(difference, sidechain="key")), audio_input=(1, 2)),
        Track("key", slots(*(key or (half,)), *((half,) if key else ())), audio_input=(1, 2), output=3),
        inputs=2, outputs=4,
    )  # fmt: skip
    engine.plan.strips["key"].set("gain_db", 20.0 * np.log10(2.0))  # half, made whole again
    engine.process(noise)
    assert np.abs(engine.process(noise)[:2]).max() < 1e-4
    engine.plan.strips["key"].set("mute", 1.0)
    engine.process(noise)
    assert np.abs(engine.process(noise)[:2]).max() > 0.3  # it was the sidechain that silenced it


def test_a_device_without_a_sidechain_refuses_it():
    with pytest.raises(AntiphonError, match="Half has no sidechain input"):
        started(Track("a", slots(gate)), Track("b", slots(gate, Slot(half, sidechain="a"))))


def test_tracks_that_key_each_other_are_refused():
    with pytest.raises(AntiphonError, match=r"circle \(a -> b -> a\)"):
        started(
            Track("a", slots(gate, Slot(difference, sidechain="b"))),
            Track("b", slots(gate, Slot(difference, sidechain="a"))),
        )


# -- notes that devices play ----------------------------------------------------------------------------------------------


def test_a_transposer_moves_notes_and_their_ends_even_when_it_was_turned_meanwhile():
    engine = started(Track("t", slots(Slot("transposer", {"semitones": 7.0}), gate)))
    node = engine.plan.ordered()[0]
    press(engine)
    assert level(engine.process(frames=4800))[0] == 0.25
    node.set("semitones", -5.0)
    engine.process(frames=640)
    lift(engine)
    assert level(engine.process(frames=4800))[0] == 0.0


def test_midi_devices_follow_each_other():
    engine = started(
        Track("t", slots(Slot("transposer", {"octaves": 1.0}), Slot("transposer", {"octaves": -2.0}), gate))
    )
    press(engine, 60)
    engine.process(frames=64)
    held = engine.plan.ordered()[2].instance.state.view(gate.state)[0]
    assert (held["held"], held["last"]) == (1, 48)


def test_a_track_of_midi_devices_alone_is_told():
    with pytest.raises(AntiphonError, match="device 1: Transposer plays notes that no device behind it hears"):
        started(Track("t", slots(Slot("transposer"))))
    with pytest.raises(AntiphonError, match=r"device 2: Transposer plays notes .* put it before an instrument"):
        started(Track("t", slots(gate, Slot("transposer"))))


@pytest.mark.parametrize("way", ["bypass", "remove", "panic", "lift"])
def test_a_device_that_begins_notes_never_leaves_one_hanging(way):
    engine = started(Track("t", slots(ticker, gate)))
    press(engine)
    sound = engine.process(frames=4800)
    assert np.count_nonzero(sound[1] > 0.5) == 5  # impulses: a note every 1,000 frames
    uid = engine.plan.ordered()[0].slot.uid
    if way == "bypass":
        engine.plan.bypass(uid, True)
    elif way == "remove":
        track = engine.plan.rack.tracks[0]
        engine.swap(engine.compile(Rack([Track("t", track.slots[1:], uid=track.uid)]), edit=True), 0.0)
    elif way == "panic":
        engine.panic()
    else:
        lift(engine)
    engine.process(frames=9600)
    assert np.abs(engine.process(frames=4800)).max() < 1e-3
    if way != "panic":
        lift(engine)
        engine.process(frames=4800)
        press(engine)  # the keys are heard as before
        assert np.abs(engine.process(frames=4800)).max() > 0.1


def test_while_a_midi_device_is_bypassed_the_keys_play_the_instrument():
    engine = started(Track("t", slots(Slot("transposer", {"semitones": 12.0}), gate)))
    engine.plan.bypass(engine.plan.ordered()[0].slot.uid, True)
    press(engine, 60)
    engine.process(frames=64)
    held = engine.plan.ordered()[1].instance.state.view(gate.state)[0]
    assert (held["held"], held["last"]) == (1, 60)
    engine.plan.bypass(engine.plan.ordered()[0].slot.uid, False)
    lift(engine, 60)
    engine.process(frames=64)
    assert held["held"] == 0


# -- parameters -----------------------------------------------------------------------------------------------------------


def test_a_parameter_event_arrives_at_its_very_sample():
    engine = started(Track("t", slots(steps)))
    uid, start = engine.plan.ordered()[0].slot.uid, int(engine.record["transport"]["sample"][0])
    for sample, value in ((start + 100, 0.5), (start + 101, 0.25), (start + 1000, 0.75)):
        assert engine.move(uid, 0, value, sample)
    sound = engine.process(frames=2000)[0]
    lag = engine.latency
    assert np.array_equal(np.flatnonzero(np.diff(sound)) + 1 - lag, [100, 101, 1000])
    assert sound[100 + lag] == 0.5 and sound[101 + lag] == 0.25 and sound[-1] == 0.75
    assert engine.plan.ordered()[0].get("level") == 0.75


def test_a_device_that_asks_for_no_events_glides_there_from_that_quantum():
    engine = started(Track("t", slots(shown), gain_db=-6.0206))
    start = int(engine.record["transport"]["sample"][0])
    engine.move(engine.plan.ordered()[0].slot.uid, 0, 1.5, start + 640)  # beyond the range: held to it
    sound = engine.process(frames=4800)[0]
    assert np.abs(sound[: 640 + engine.latency]).max() == 0.0
    assert np.abs(np.diff(sound)).max() < 0.15 and sound[-1] == pytest.approx(0.5, abs=1e-3)


def test_modulation_is_added_and_leaves_nothing_behind():
    engine = started(Track("t", slots(Slot(shown, {"level": 0.5})), gain_db=-6.0206))
    node = engine.plan.ordered()[0]
    assert level(engine.process(frames=4800))[0] == 0.25
    node.modulate("level", 0.25)
    assert level(engine.process(frames=9600))[0] == 0.375
    assert node.get("level") == 0.5
    node.modulate("level", 3.0)
    engine.process(frames=9600)
    assert level(engine.process(frames=64))[0] == 0.5  # held to the range
    node.modulate("level", 0.0)
    assert level(engine.process(frames=9600))[0] == 0.25


# -- reset and messages up -------------------------------------------------------------------------------------------------


def test_a_panic_calls_the_reset_of_a_device_and_copies_no_byte():
    engine = started(Track("t", slots(memory)))
    engine.process(frames=4800)
    node = engine.plan.ordered()[0]
    assert node.instance.pristine is None
    engine.panic()
    engine.process(frames=9600)
    state = node.instance.state.view(memory.state)[0]
    assert state["resets"] == 1 and 0.0 < state["level"] < 0.12


def test_a_latency_that_changes_while_it_runs_is_followed_and_nothing_jumps():
    """A tone by two ways, one of them through the device: whatever its latency, both arrive together."""
    time = np.arange(RATE) / RATE
    tone = np.tile((0.2 * np.sin(2 * np.pi * 500 * time)).astype(np.float32), (2, 1))
    engine = started(
        Track("through", slots(later), audio_input=(1, 2)), Track("beside", slots(half), audio_input=(1, 2)), inputs=2
    )
    steady = engine.process(tone)
    largest, node = np.abs(np.diff(steady[0, 4800:])).max(), engine.plan.ordered()[0]
    last, delays = steady[0, -1], (96, 1500, 480, 0)
    for delay in delays:
        node.set("delay", delay)
        sound = engine.process(tone[:, :4800])[0]
        assert [message[1:] for message in engine.attend(0.0)] == [(1, 0, float(delay))]
        sound = np.concatenate([[last], sound, engine.process(tone[:, 4800:24000])[0]])
        assert engine.plan.latency == delay == node.instance.latency
        assert np.abs(np.diff(sound)).max() <= 1.02 * largest, delay
        settled = engine.process(tone[:, 24000:])[0]
        assert np.abs(settled[-4800:]).max() == pytest.approx(0.3, abs=2e-3), delay
        last = settled[-1]


def test_a_key_range_changed_under_a_held_note_does_not_hang_it():
    engine = started(Track("t", slots(gate), keys=Keys(key_high=72)))
    press(engine, 60)
    assert level(engine.process(frames=640))[0] == 0.25
    track = engine.plan.rack.tracks[0]
    edited = Rack([Track("t", track.slots, keys=Keys(key_low=65, transpose=12), uid=track.uid)])
    engine.swap(engine.compile(edited, edit=True), 0.0)
    assert level(engine.process(frames=4800))[0] == 0.25
    lift(engine, 60)
    assert level(engine.process(frames=640))[0] == 0.0
