"""Tapped tempo: two taps are a tempo, the beat is where the foot was, and on the way there no time runs backwards."""

from __future__ import annotations

import pytest

from realtime.engine.engine import Engine
from tests.engine.small_devices import gate
from tests.engine.test_engine import RATE, started, track

BLOCK = 64


class Foot:
    """Taps an engine that plays; samples are counted from here."""

    def __init__(self, tempo_bpm: float = 120.0, playing: bool = True):
        self.engine: Engine = started(track(gate))
        self.engine.set_tempo(tempo_bpm)
        if playing:
            self.engine.play()
        self.engine.process(frames=BLOCK)
        self.paces: list[float] = []

    @property
    def transport(self):
        return self.engine.record[0]["transport"]

    def run(self, seconds: float) -> Foot:
        for _ in range(round(seconds * RATE / BLOCK)):
            before = float(self.transport["beat"])
            self.engine.process(frames=BLOCK)
            self.paces.append(float(self.transport["beat"]) - before)
        return self

    def taps(self, *pauses: float) -> Foot:
        """A tap after each pause."""
        for pause in pauses:
            self.run(pause)
            self.engine.tap()
        return self.run(BLOCK / RATE)

    @property
    def miss_beats(self) -> float:
        """How far the song is from a whole beat of its bar."""
        place = (float(self.transport["beat"]) - float(self.transport["bar_start_beat"])) % 1.0
        return min(place, 1.0 - place)


def test_one_tap_is_no_tempo_and_two_are():
    foot = Foot().taps(0.3)
    assert foot.transport["tempo_bpm"] == 120.0
    foot.taps(0.6)
    assert foot.transport["tempo_bpm"] == pytest.approx(100.0, rel=0.01)


@pytest.mark.parametrize("start_s", [0.05, 0.2, 0.31, 0.44])
@pytest.mark.parametrize("beat_s", [0.4, 0.52, 0.75])
def test_the_beat_glides_to_the_foot_and_stays_with_it(start_s, beat_s):
    foot = Foot().taps(start_s, beat_s, beat_s, beat_s, beat_s)
    foot.run(beat_s - BLOCK / RATE)  # where the next tap would be
    assert foot.transport["tempo_bpm"] == pytest.approx(60.0 / beat_s, rel=0.01)
    assert foot.miss_beats < 0.01
    foot.run(4 * beat_s)
    assert foot.miss_beats < 0.03
    assert min(foot.paces) > 0.0 and max(foot.paces) < 2.2 * max(120.0, 60.0 / beat_s) / 60.0 * BLOCK / RATE


def test_another_tempo_is_taken_at_once_and_a_long_pause_begins_anew():
    foot = Foot().taps(0.5, 0.5, 0.5, 0.5, 0.3)
    assert foot.transport["tempo_bpm"] == pytest.approx(200.0, rel=0.01)
    foot.taps(4.0)
    assert foot.transport["tempo_bpm"] == pytest.approx(200.0, rel=0.01)
    foot.taps(1.0)
    assert foot.transport["tempo_bpm"] == pytest.approx(60.0, rel=0.01)


def test_a_bouncing_switch_is_one_tap():
    foot = Foot().taps(0.2, 0.02, 0.48, 0.02)
    assert foot.transport["tempo_bpm"] == pytest.approx(120.0, rel=0.01)


def test_in_six_eight_a_tap_is_a_dotted_quarter():
    foot = Foot()
    foot.engine.set_signature(6, 8)
    foot.taps(0.2, 0.75, 0.75, 0.75)
    assert foot.transport["tempo_bpm"] == pytest.approx(120.0, rel=0.01)
    foot.run(0.75 - BLOCK / RATE)
    place = (float(foot.transport["beat"]) - float(foot.transport["bar_start_beat"])) % 1.5
    assert min(place, 1.5 - place) < 0.02


def test_a_tempo_that_is_set_ends_the_glide_and_a_stopped_song_glides_in_its_running_beat():
    foot = Foot(playing=False).taps(0.2, 0.5, 0.61)
    foot.engine.set_tempo(90.0)
    before = float(foot.engine.record[0]["clock_beat"])
    foot.run(2.0)
    assert float(foot.engine.record[0]["clock_beat"]) - before == pytest.approx(3.0, abs=0.02)
