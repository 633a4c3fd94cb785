"""Every device of the registry in the real engine: a new one is tested by being there."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from realtime.devices.registry import devices
from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track
from tests.devices.files_for_devices import options_for

RATE = 48000
NAMES = sorted(devices())
EFFECTS = [name for name in NAMES if devices()[name].kind in ("effect", "neural")]
CHORD = (48, 55, 64)


def quiet_db(name: str) -> float:
    """What counts as silence: a capture of an amplifier hums a little, as the amplifier did."""
    return -70.0 if devices()[name].kind == "neural" else -90.0


@cache
def _tone(rate: int, seconds: float) -> np.ndarray:
    """(2, n) float32: two partials at -9 dBFS, some noise, so that nothing is tuned to miss it."""
    t = np.arange(round(rate * seconds)) / rate
    wave = 0.25 * np.sin(2 * np.pi * 220 * t) + 0.1 * np.sin(2 * np.pi * 1760 * t)
    noise = 0.01 * np.random.default_rng(5).standard_normal((2, t.size))
    return (wave + noise).astype(np.float32)


def _rack(name: str) -> Rack:
    kind = devices()[name].kind
    slot = Slot(name, options=options_for(name))
    if kind == "midi":
        return Rack([Track("t", [slot, Slot("poly")])])
    return Rack([Track("t", [slot], audio_input=() if kind == "instrument" else (1, 2))])


class Stage:
    """One device on an engine of its own, played by hand or by a tone."""

    def __init__(self, name: str, rate: int = RATE, block: int = 64):
        self.rate, self.block, self.plays = rate, block, devices()[name].kind in ("instrument", "midi")
        self.engine = Engine(rate, inputs=2)
        self.engine.swap(self.engine.compile(_rack(name)), 0.0)
        self.node = self.engine.plan.ordered()[0]
        self.at = 0

    def keys(self, down: bool) -> None:
        for key in CHORD:
            self.engine.midi_in(1, bytes((0x90 if down else 0x80, key, 100)), 0)

    def play(self, seconds: float, given: np.ndarray | None = None) -> np.ndarray:
        frames = round(self.rate * seconds)
        if given is None:
            given = (
                np.zeros((2, frames), np.float32)
                if self.plays
                else _tone(self.rate, 12.0)[:, self.at : self.at + frames]
            )
            self.at += frames
        return self.engine.process(given, block=self.block)

    def rest(self, seconds: float) -> np.ndarray:
        return self.engine.process(np.zeros((2, round(self.rate * seconds)), np.float32), block=self.block)

    def sound(self, seconds: float = 0.5) -> np.ndarray:
        """The device plays, or works on the tone; its start is left out."""
        self.keys(True) if self.plays else None
        self.play(0.1)
        return self.play(seconds)


def level_db(sound: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("name", NAMES)
def test_silence_stays_silence(name):
    stage = Stage(name)
    stage.rest(0.5)
    assert level_db(stage.rest(0.25)) < quiet_db(name)
    assert stage.engine.meters.snapshot()["faults"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_sounds_and_ends(name):
    stage = Stage(name)
    assert level_db(stage.sound()) > -50.0
    stage.keys(False)
    stage.rest(max(2.0, 2.5 * stage.node.instance.tail_s))
    for _ in range(20):
        if level_db(stage.rest(1.0)) < quiet_db(name):
            return
    raise AssertionError(f"{name} sounds for more than 20 s after its tail")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("name", EFFECTS)
def test_a_broken_input_costs_a_moment_and_nothing_more(name, value):
    stage = Stage(name)
    healthy = level_db(stage.sound())
    broken = _tone(RATE, 12.0)[:, :640].copy()
    broken[:, 100:110] = value
    assert np.isfinite(stage.play(640 / RATE, broken)).all()
    after = stage.play(1.5)
    assert np.isfinite(after).all() and np.abs(after).max() <= 1.0
    assert abs(level_db(stage.play(0.5)) - healthy) < 3.0


@pytest.mark.parametrize("block", [1, 7, 33, 48])
@pytest.mark.parametrize("name", NAMES)
def test_the_size_of_the_blocks_changes_nothing_that_one_hears(name, block):
    usual, other = (level_db(Stage(name, block=b).sound(0.4)) for b in (64, block))
    assert abs(usual - other) < 1.0


@pytest.mark.parametrize("rate", [44100, 88200, 96000, 192000])
@pytest.mark.parametrize("name", NAMES)
def test_every_sample_rate_plays(name, rate):
    stage = Stage(name, rate)
    sound = stage.sound(0.4)
    assert np.isfinite(sound).all() and stage.engine.meters.snapshot()["faults"] == 0
    # a capture of an amplifier is made at one rate: at another it sounds, but not alike
    if devices()[name].kind != "neural":
        assert abs(level_db(sound) - level_db(Stage(name).sound(0.4))) < 3.0


@pytest.mark.parametrize("name", NAMES)
def test_panic_forgets_what_was_played_and_the_next_note_is_whole(name):
    stage = Stage(name)
    first = level_db(stage.sound())
    stage.engine.panic()
    stage.rest(0.05)
    assert level_db(stage.rest(0.2)) < quiet_db(name)
    stage.rest(1.0 + stage.node.instance.heap.nbytes / 65536 * 64 / RATE)
    assert abs(level_db(stage.sound()) - first) < 2.0


@pytest.mark.parametrize("name", EFFECTS)
def test_bypassed_it_is_a_wire_as_late_as_the_device(name):
    stage = Stage(name)
    stage.engine.plan.bypass(stage.node.slot.uid, True)
    stage.play(0.2)
    start = stage.at
    sound = stage.play(0.2)
    late = stage.engine.latency + stage.engine.plan.latency
    np.testing.assert_allclose(sound, _tone(RATE, 12.0)[:, start - late : start - late + sound.shape[1]], atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if devices()[name].kind in ("instrument", "midi")])
def test_bypassed_an_instrument_is_silent_and_a_midi_device_lets_the_keys_through(name):
    stage = Stage(name)
    stage.engine.plan.bypass(stage.node.slot.uid, True)
    stage.rest(0.1)
    heard = level_db(stage.sound())
    assert heard > -50.0 if devices()[name].kind == "midi" else heard < -120.0


@pytest.mark.parametrize("name", EFFECTS)
def test_a_click_arrives_as_late_as_the_device_says(name):
    stage = Stage(name)
    stage.rest(0.2)
    click = np.zeros((2, RATE // 4), np.float32)
    click[:, 0] = 0.5
    response = np.abs(stage.play(0.25, click)).max(axis=0)
    first = int(np.argmax(response > 0.5 * response.max()))
    declared = stage.engine.latency + stage.node.instance.latency
    assert declared <= first <= declared + RATE // 1000, (first, declared)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_played_twice_is_the_same_to_the_bit(name):
    def once() -> Any:
        return Stage(name).sound(0.2)

    np.testing.assert_array_equal(once(), once())


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_at_both_ends_stays_whole(name):
    stage = Stage(name)
    stage.sound(0.05)
    for row, param in enumerate(stage.node.instance.params):
        for value in (param.minimum, param.maximum, param.default):
            stage.node.target[row] = value
            sound = stage.play(0.02)
            assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0, (param.id, value)
    assert stage.engine.meters.snapshot()["faults"] == 0
