"""Click, count-in and backing track against the transport, to the sample."""

import numpy as np
import pytest

from realtime.engine.beside import BackingTrack
from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track
from realtime.music.metre import default_grouping

RATE = 48000
LATENCY = 48


def engine_of(tempo_bpm=120.0, signature=(4, 4), outputs=4):
    """An engine that plays silence, stopped at its beginning."""
    engine = Engine(RATE, 0, outputs, tempo_bpm)
    engine.swap(engine.compile(Rack([Track("t", [Slot("saturator")])])), 0.0)
    engine.set_signature(*signature)
    engine.beside.set_accents(default_grouping(*signature))
    return engine


def strokes(sound):
    """Frames at which a tone begins after silence."""
    loud = np.abs(sound) > 1e-4
    quiet = np.concatenate(([True], ~loud[:-1]))
    recent = np.convolve(loud, np.ones(2000), "full")[: len(loud)] - loud
    return np.flatnonzero(loud & quiet & (recent < 1))


def hz(sound, at):
    """Strongest frequency of 20 ms from a frame on."""
    part = sound[at : at + 960] * np.hanning(960)
    return np.argmax(np.abs(np.fft.rfft(part, 1 << 15))) * RATE / (1 << 15)


def test_the_click_falls_on_every_beat_on_its_own_pair_and_the_bar_is_heard():
    engine = engine_of(tempo_bpm=97.0)
    engine.beside.set_click(True, -6.0, 3)
    engine.play()
    sound = engine.process(frames=RATE * 6, block=128)
    assert np.abs(sound[:2]).max() == 0.0 and np.abs(sound[2]).max() > 0.3
    np.testing.assert_array_equal(sound[2], sound[3])
    found, beat = strokes(sound[2]), 60.0 / 97.0 * RATE
    wanted = np.arange(len(found)) * beat + LATENCY
    assert len(found) == 10 and np.abs(found - wanted).max() <= 2.0  # a tone from zero takes a sample to be seen
    tones = [hz(sound[2], at) for at in found]
    assert tones[0] == pytest.approx(1760, abs=30) and tones[4] == pytest.approx(1760, abs=30)
    assert tones[2] == pytest.approx(1318, abs=30) and tones[1] == pytest.approx(880, abs=30)


def test_a_loop_strikes_once_where_it_comes_round():
    engine = engine_of(tempo_bpm=123.0)
    engine.beside.set_click(True, 0.0, 1)
    engine.set_loop(0.0, 4.0)
    engine.play()
    found = strokes(engine.process(frames=RATE * 8)[0])
    gaps = np.diff(found)
    assert len(found) == 17 and np.abs(gaps - 60.0 / 123.0 * RATE).max() <= 2.0


@pytest.mark.parametrize("block", [16, 64, 480, 1000])
def test_accents_follow_the_metre_whatever_the_block(block):
    engine = engine_of(tempo_bpm=150.0, signature=(7, 8))
    engine.beside.set_click(True, 0.0, 1)
    engine.play()
    sound = engine.process(frames=RATE * 3, block=block)[0]
    tones = [round(hz(sound, at) / 440) for at in strokes(sound)[:8]]
    assert tones == [4, 2, 3, 2, 3, 2, 2, 4]  # 2 + 2 + 3, then the next bar


def test_the_count_in_ends_on_the_sample_and_the_song_starts_there():
    engine = engine_of(tempo_bpm=111.0, signature=(3, 4))
    engine.beside.set_count_in(2)
    engine.beside.set_click(False, 0.0, 1)
    ramp = np.ones((2, RATE), np.float32)
    engine.beside.play(BackingTrack(ramp, RATE, [(0.0, 111.0)], level_db=-6.0, output=3))
    engine.play()
    sound = engine.process(frames=RATE * 5, block=256)
    bar = 3 * 60.0 / 111.0 * RATE
    assert len(strokes(sound[0])) == 6  # two bars, and then the click is off
    begins = np.flatnonzero(np.abs(sound[2]) > 0.1)[0]
    assert abs(begins - (2 * bar + LATENCY)) <= 1.0
    t = engine.record[0]["transport"]
    assert t["playing"] == 1 and t["beat"] == pytest.approx((5 * RATE - 2 * bar) / RATE * 111.0 / 60.0, abs=1e-3)


def test_stop_ends_a_count_in():
    engine = engine_of()
    engine.beside.set_count_in(1)
    engine.beside.set_click(False, 0.0, 1)
    engine.play()
    engine.process(frames=4096)
    assert engine.beside.counting
    engine.stop()
    engine.process(frames=RATE * 4)
    assert not engine.beside.counting and engine.record[0]["transport"]["playing"] == 0


def noise(seconds):
    return (0.3 * np.random.default_rng(3).standard_normal((2, round(seconds * RATE)))).astype(np.float32)


def test_the_backing_track_is_the_file_to_the_sample_on_its_own_pair():
    engine, track = engine_of(tempo_bpm=100.0), noise(2.0)
    engine.beside.play(BackingTrack(0.2 * track, RATE, [(0.0, 100.0)], output=3))
    engine.process(frames=1000)
    engine.play()
    sound = engine.process(frames=RATE * 3)
    assert np.abs(sound[:2]).max() == 0.0
    np.testing.assert_allclose(sound[2:, LATENCY : LATENCY + 2 * RATE], 0.2 * track, atol=1e-6)
    assert np.abs(sound[2:, LATENCY + 2 * RATE :]).max() == 0.0


def test_it_stops_locates_and_loops_with_the_transport_in_place_and_without_a_click():
    frames = 8 * RATE
    tone = (0.2 * np.sin(2 * np.pi * 100 * np.arange(frames) / RATE)).astype(np.float32)
    ramp = (np.arange(frames) / frames).astype(np.float32)  # tells where it is
    engine = engine_of(tempo_bpm=120.0)
    track = BackingTrack(np.stack([tone, 0.5 * ramp]), RATE, [(0.0, 120.0)])
    engine.beside.play(track)
    engine.play()
    parts = [engine.process(frames=RATE)]
    engine.locate(8.0)
    parts.append(engine.process(frames=RATE))
    engine.set_loop(8.0, 12.0)
    parts.append(engine.process(frames=3 * RATE))
    engine.stop()
    parts.append(engine.process(frames=RATE // 2))
    sound = np.concatenate(parts, axis=1)
    place = sound[1, LATENCY:] * 2 * frames / RATE
    at = round(1.5 * RATE)
    assert place[at] == pytest.approx(4.0 + 0.5, abs=0.001)  # beat 8 at 120 is second 4
    assert place[round(3.5 * RATE)] == pytest.approx(4.5, abs=0.001)  # the loop of two seconds has come round
    assert np.abs(sound[:, -RATE // 4 :]).max() == 0.0 and not track.running
    steady = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(sound[0])).max() < 1.0 / 200 + 2.0 * steady  # a fade of five milliseconds, no step


def test_a_jump_finds_its_place_by_the_tempi_of_the_song():
    ramp = np.tile((0.5 * np.arange(20 * RATE) / (20 * RATE)).astype(np.float32), (2, 1))
    engine = engine_of(tempo_bpm=60.0)
    engine.beside.play(BackingTrack(ramp, RATE, [(0.0, 60.0), (4.0, 120.0), (8.0, 240.0)]))
    engine.locate(12.0)
    engine.play()
    sound = engine.process(frames=RATE)[0]
    assert sound[RATE // 2] * 40 == pytest.approx(4.0 + 2.0 + 1.0 + 0.5, abs=0.01)


def test_another_track_takes_over_and_the_first_is_freed():
    engine = engine_of()
    engine.beside.play(BackingTrack(noise(4.0), RATE, [(0.0, 120.0)]))
    engine.play()
    engine.process(frames=RATE)
    second = BackingTrack(noise(4.0), RATE, [(0.0, 120.0)], output=3)
    engine.beside.play(second)
    sound = engine.process(frames=RATE)
    assert np.abs(sound[:2, RATE // 2 :]).max() == 0.0 and second.running and engine.beside.collect() == 1
    engine.beside.play(None)
    assert np.abs(engine.process(frames=RATE)[:, RATE // 2 :]).max() == 0.0 and engine.beside.collect() == 0


def test_the_masters_fader_leaves_click_and_backing_alone_and_the_limiter_does_not():
    engine = engine_of()
    engine.set_master_db(-90.0)
    engine.beside.play(BackingTrack(10.0 * noise(2.0), RATE, [(0.0, 120.0)]))
    engine.play()
    assert 0.9 < np.abs(engine.process(frames=RATE)).max() <= 0.967
