"""The factory scenes: each plays a phrase suited to it at a healthy level on both sides, without clicks, and ends."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from realtime.session import scene as scenes
from realtime.session.paths import DEFAULT_SCENE, PRESETS
from realtime.session.render import Music
from tests.session.live import rendered

RATE = 48000.0
NAMES = sorted(path.stem for path in PRESETS.glob("*.toml"))
TAIL_S = 12.0
QUIET_DB = -75.0

# (beat, length in beats, key, velocity), channel 1
LINE = ((0, 1, 62, 92), (1, 0.5, 65, 78), (1.5, 0.5, 69, 84), (2, 1.5, 74, 104), (3.5, 0.5, 72, 76), (4, 1.9, 69, 88))
CHORDS = tuple(
    (4 * bar, 3.8, key, 84) for bar, chord in enumerate(((50, 57, 62, 65), (48, 55, 64, 67))) for key in chord
)
HANDS = (
    tuple(
        (0.5 * step, 0.4, key, 84 + 20 * (step % 4 == 0)) for step, key in enumerate((38, 50, 41, 53, 45, 57, 48, 50))
    )
    + LINE
)
# what a player replies, one bar after the phrase
REPLY = ((6, 1, 69, 80), (7, 0.5, 67, 76), (7.5, 0.5, 65, 84), (8, 1.5, 62, 90))
# a bar of kick, snare, hats and one crash, twice
BEAT = tuple(
    (4 * bar + beat, 0.2, key, velocity)
    for bar in range(2)
    for key, velocity, beats in (
        (36, 108, (0, 1.5, 2)), (38, 104, (1, 3)), (42, 76, (0, 0.5, 1, 1.5, 2, 2.5, 3)), (46, 70, (3.5,)),
        (49, 96, (0,) if bar else ()), (45, 90, (3.25,)), (48, 92, (3.75,)),
    )
    for beat in beats
)  # fmt: skip
FOUR = tuple((beat, 0.2, 36, 108) for beat in range(8)) + tuple((beat + 0.5, 0.1, 42, 80) for beat in range(8))
ACID = tuple(
    (0.25 * step, 0.3 if slide else 0.18, key, 118 if step % 3 == 0 else 76)
    for step, (key, slide) in enumerate(
        zip((62, 62, 74, 65, 62, 69, 60, 72) * 3, (0, 1, 0, 0, 1, 0, 1, 0) * 3, strict=True)
    )
)
SEVEN = tuple(
    (0.5 * step, 0.4, key, 96 - 12 * (step % 7 not in (0, 3, 5)))
    for step, key in enumerate((62, 64, 65, 69, 67, 65, 64) * 2)
)

PHRASES: dict[str, tuple] = {
    "back_room": ((BEAT, 10),),
    "beat_and_bass": ((BEAT, 10), (HANDS, 1)),
    "brass_choir": ((CHORDS, 1),),
    "common_ground": ((HANDS, 1),),
    "frozen_lake": ((CHORDS[:4], 1),),
    "paper_strings": ((CHORDS, 1),),
    "pop_band": ((LINE, 1), (CHORDS, 2)),
    "seven_steps": ((SEVEN, 1),),
    "slow_weather": ((CHORDS[:4], 1),),
    "sour_line": ((ACID, 1),),
    "three_manuals": ((CHORDS, 1), (LINE, 2), (((0, 3.8, 50, 90), (4, 3.8, 48, 90)), 3)),
    "tide": ((FOUR, 10), (CHORDS, 1)),
    "two_hammers": ((HANDS, 1),),
}


def load(name: str) -> scenes.Scene:
    """A factory scene whose player's tracks hear channel 16 in place of the player, which a render has not."""
    scene = scenes.load(PRESETS / f"{name}.toml")
    for track in scene.rack.tracks if scene.players else ():
        replies = of_players(track.keys.sources)
        track.keys = replace(track.keys, sources=("keys",), channels=(16,) if replies else tuple(range(1, 16)))
    return scene


def of_players(sources: tuple[str, ...]) -> bool:
    """Whether a track hears players alone."""
    return all(source.startswith("player") for source in sources)


def phrase(scene: scenes.Scene) -> tuple[list[tuple[int, int, bytes]], float]:
    """Messages (frame, source, bytes) of a scene's phrase, and when the last note ends, in s."""
    beat_s = 60.0 / scene.tempo_bpm
    parts = PHRASES.get(scene.name, ((LINE, 1),)) + (((REPLY, 16),) if scene.players else ())
    rows = []
    for beat, length, key, velocity, channel in [(*note, channel) for part, channel in parts for note in part]:
        rows.append((round(beat * beat_s * RATE), 0, bytes((0x90 + channel - 1, key, velocity))))
        rows.append((round((beat + length) * beat_s * RATE), 0, bytes((0x80 + channel - 1, key, 64))))
    rows.sort(key=lambda row: (row[0], row[2][0] & 0xF0))
    return rows, rows[-1][0] / RATE


def plucked_input(seconds: float) -> np.ndarray:
    """(1, n): an open-string arpeggio as a guitar's pickup gives it: decaying harmonics, -12 dBFS at the stroke."""
    t = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros_like(t)
    for number, hz in enumerate((82.4, 123.5, 164.8, 207.7, 246.9, 329.6)):
        after = np.maximum(0.0, t - 0.5 * number)
        for k in range(1, 12):
            sound += (after > 0) * np.sin(2 * np.pi * k * hz * after) / k * np.exp(-after * (1.5 + 0.6 * k))
    sound *= np.clip((seconds - 0.8 - t) / 0.02, 0.0, 1.0)
    return (0.25 * sound / np.abs(sound).max()).astype(np.float32)[None]


@cache
def played(name: str) -> tuple[scenes.Scene, np.ndarray, float]:
    """The scene, its phrase with the tail as (2, n), and the end of the last note in s."""
    scene = load(name)
    live = any(track.audio_input for track in scene.rack.tracks)
    messages, end_s = ([], 4.0) if live else phrase(scene)
    source = plucked_input(4.0) if live else None
    return scene, rendered(scene, Music(messages), end_s + TAIL_S + 0.5, RATE, audio_in=source), end_s


def db(amplitude: float) -> float:
    return 20.0 * float(np.log10(max(1e-9, amplitude)))


def test_there_is_a_choice_and_a_default():
    assert len(NAMES) >= 40
    assert DEFAULT_SCENE in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    scene = scenes.load(PRESETS / f"{name}.toml")
    assert scene.title and scene.tags and scene.notes
    assert scene.description.endswith(".") and scene.description.count(". ") == 0  # one sentence


@pytest.mark.parametrize("name", NAMES)
def test_plays_at_a_healthy_level_on_both_sides(name):
    _, sound, end_s = played(name)
    assert np.isfinite(sound).all()
    assert -20.0 <= db(np.abs(sound).max()) <= -0.3
    left, right = np.sqrt(np.mean(np.square(sound[:, : round(end_s * RATE)], dtype=np.float64), axis=1))
    assert abs(db(left) - db(right)) < 6.0
    assert abs(db(np.abs(sound.mean(axis=1)).max())) > 50.0  # no direct current


PLAYED = [name for name in NAMES if not any(track.audio_input for track in scenes.load(name).rack.tracks)]
"""Scenes of keys: those of an input are as loud as what comes in, and the phrase above holds their level."""


@pytest.mark.parametrize("name", PLAYED)
def test_four_notes_at_once_stay_below_the_limiter(name):
    for chord in ((43, 50, 55, 59), (60, 64, 67, 72)):
        rows = [(0, 0, bytes((0x90, key, 110))) for key in chord]
        rows += [(round(2.0 * RATE), 0, bytes((0x80, key, 64))) for key in chord]
        assert db(np.abs(rendered(load(name), Music(rows), 3.0, RATE)).max()) <= -1.0


def sharpest_step(sound: np.ndarray, strokes_s: list[float]) -> float:
    """The largest step between two samples against the RMS of the steps within 20 ms around it, apart from the strokes.

    Saws and crashes stay below 10. Steps below a thousandth of the peak do not count.
    """
    step = np.abs(np.diff(sound, axis=1)).max(axis=0).astype(np.float64)
    reach = round(0.02 * RATE)
    total = np.concatenate(([0.0], np.cumsum(step**2)))
    at = np.arange(step.size)
    low, high = np.maximum(0, at - reach), np.minimum(step.size, at + reach)
    around = np.sqrt(np.maximum(1e-18, (total[high] - total[low]) / (high - low)))
    heard = step > 1e-3 * np.abs(sound).max()
    for stroke in strokes_s:
        heard[round(stroke * RATE) : round((stroke + 0.03) * RATE)] = False
    return float(np.max(step / around, where=heard, initial=0.0))


@pytest.mark.parametrize("name", NAMES)
def test_does_not_click(name):
    scene, sound, _ = played(name)
    assert np.abs(np.diff(sound, axis=1)).max() < np.abs(sound).max()
    strokes = [row[0] / RATE for row in phrase(scene)[0] if row[2][0] & 0xF0 == 0x90]
    if any(track.audio_input for track in scene.rack.tracks):
        strokes = [0.5 * number for number in range(6)]
    assert sharpest_step(sound, strokes) < 15.0


def test_the_measure_of_clicks_hears_one():
    _, sound, end_s = played("slow_weather")
    clicking = sound.copy()
    clicking[:, round((end_s + 1.0) * RATE) :] += 0.02  # -34 dBFS, in the tail
    assert sharpest_step(sound, []) < 6.0
    assert sharpest_step(clicking, []) > 15.0


@pytest.mark.parametrize("name", NAMES)
def test_falls_silent(name):
    scene, sound, end_s = played(name)
    tail_db = db(np.abs(sound[:, round((end_s + TAIL_S) * RATE) :]).max())
    if "drone" in scene.tags:
        assert tail_db > QUIET_DB  # it rings on, as it says
    else:
        assert tail_db < QUIET_DB


@pytest.mark.parametrize("name", [DEFAULT_SCENE, "back_room"])
def test_sounds_the_same_twice(name):
    scene, sound, _ = played(name)
    again = rendered(load(name), Music(phrase(scene)[0]), sound.shape[1] / RATE, RATE)
    np.testing.assert_array_equal(again, sound)


@pytest.mark.parametrize("name", [name for name in NAMES if scenes.load(PRESETS / f"{name}.toml").players])
def test_the_player_has_a_voice_of_its_own(name):
    """The hand's tracks are silent to the player, and the player's to the hand."""
    scene = scenes.load(PRESETS / f"{name}.toml")
    heard = [track.keys.sources for track in scene.rack.tracks]
    assert ("keys",) in heard and any(of_players(sources) for sources in heard)
    devices = [(track.slots[0].device, track.slots[0].values) for track in scene.rack.tracks]
    assert all(a != b for i, a in enumerate(devices) for b in devices[:i])
