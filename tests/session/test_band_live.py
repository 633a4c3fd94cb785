"""The band of a scene on the real session: chords held on one channel are what accompanist and drummer play, each in its own
process, in time."""

from __future__ import annotations

import pytest

from realtime.session.session import Options, Session
from tests.session.test_session_follower import FollowerStage

PIANO, BASS, PAD, DRUMS = "piano", "bass", "pad", "drums"
C, F = (48, 52, 55), (53, 57, 60)
KICK, SNARE = 36, 38


@pytest.fixture
def band(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    session = Session(Options(scene="pop_band", driver="null", control=False, midi=False)).open()
    stage = FollowerStage(session, tmp_path)
    stage.ready()
    for number in range(len(session.links)):
        link = session.links[number]
        stage.until(lambda link=link: link.running and link.memory.vitals["turns"][0] > 0, f"player {number + 1}")
    yield stage
    session.close()


def keys(plans: list[tuple], lane: str, since: int = 0) -> list[int]:
    """Of the notes planned on a lane, from the so-manieth plan on."""
    return [event[6] for event in plans[since:] if event[1] == lane and event[2] == "note"]


def test_the_band_plays_the_chords_that_are_held_and_follows_their_change(band):
    accompanist, drummer = (band.watch_plans(number) for number in (0, 1))
    band.strike(72)
    band.strike(*C, channel=2)
    band.until(lambda: all(keys(accompanist, lane) for lane in (PIANO, BASS, PAD)), "piano, bass and pad")
    band.until(lambda: {KICK, SNARE} <= set(keys(drummer, DRUMS)), "the drums")
    assert {key % 12 for key in keys(accompanist, PAD)} <= {0, 4, 7}
    before = len(accompanist)
    band.lift(*C, channel=2)
    band.strike(*F, channel=2)
    band.until(lambda: 5 in {key % 12 for key in keys(accompanist, BASS, before)}, "the bass on F")
    band.until(lambda: {5, 9} <= {key % 12 for key in keys(accompanist, PAD, before)}, "the pad on F")
    beats = [event[4] for event in drummer if event[2] == "note" and event[6] == KICK]
    assert any(min(beat % 4.0, 4.0 - beat % 4.0) < 0.15 for beat in beats)
    assert not band.heard("by rule"), "both play by their models"
