"""What `render` makes of MIDI and sound files: pedal, bend, pressure, tempo and inputs as on stage, measured in the sound."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.engine.engine import Engine
from realtime.native.errors import AntiphonError
from realtime.session import render, scene
from tests.neural import synthetic
from tests.session.live import rendered

RATE_HZ = 48000


def smf(track: bytes, division: int = 480) -> bytes:
    body = track + b"\x00\xff\x2f\x00"
    header = b"MThd\0\0\0\6\0\0\0\1" + division.to_bytes(2, "big")
    return header + b"MTrk" + len(body).to_bytes(4, "big") + body


def sound_of(tmp_path, track: bytes, device: str = "poly", seconds: float = 2.0, **how) -> np.ndarray:
    (tmp_path / "x.mid").write_bytes(smf(track))
    (tmp_path / "s.toml").write_text(f'title = "s"\n[[track]]\nname = "t"\n[[track.device]]\ndevice = "{device}"\n')
    music = render.midi_music(tmp_path / "x.mid", RATE_HZ)
    return rendered(scene.load(tmp_path / "s.toml"), music, seconds, RATE_HZ, **how)


def level_db(sound: np.ndarray, start_s: float, end_s: float) -> float:
    part = sound[:, round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    return 20 * np.log10(max(1e-9, np.abs(part).max()))


def cents_above(sound: np.ndarray, hz: float, start_s: float, end_s: float) -> float:
    part = sound[0, round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    size = 1 << 20
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    low, high = (round(hz * factor * size / RATE_HZ) for factor in (0.8, 1.25))
    return 1200 * np.log2((low + int(spectrum[low:high].argmax())) * RATE_HZ / size / hz)


NOTE, SHORT_END = b"\x00\x90\x3c\x64", b"\x60\x80\x3c\x40"  # a tenth of a second


@pytest.mark.parametrize(
    ("before", "after"), [(b"\x00\xb0\x40\x7f", b""), (b"", b"\x00\xb0\x42\x7f")], ids=["sustain", "sostenuto"]
)
def test_a_pedal_holds_the_note_until_it_is_lifted(tmp_path, before, after):
    lifted = b"\x8b\x20\xb0" + (before + after)[2:3] + b"\x00"  # 1.5 s later
    held = sound_of(tmp_path, before + NOTE + after + SHORT_END + lifted, seconds=4.0)
    assert level_db(held, 1.0, 1.4) > -50
    assert level_db(held, 3.5, 4.0) < level_db(held, 1.0, 1.4) - 20
    assert level_db(sound_of(tmp_path, NOTE + SHORT_END), 1.5, 2.0) < -60


@pytest.mark.parametrize(
    ("bend", "cents"), [(b"\xe0\x7f\x7f", 200.0), (b"\xe0\x00\x40", 0.0), (b"\xe0\x00\x00", -200.0)]
)
def test_a_bend_moves_the_pitch_by_its_range(tmp_path, bend, cents):
    sound = sound_of(tmp_path, b"\x00" + bend + NOTE + b"\x8f\x00\x80\x3c\x40")
    assert cents_above(sound, 261.626, 0.5, 1.8) == pytest.approx(cents, abs=20)


def test_every_tempo_moves_notes_and_the_devices_clock(tmp_path, monkeypatch):
    turned = []
    monkeypatch.setattr(Engine, "set_tempo_now", _noted(turned, Engine.set_tempo_now))
    # 60 a minute for two beats, then 240
    track = b"\x00\xff\x51\x03\x0f\x42\x40" + NOTE + SHORT_END + b"\x86\x60\xff\x51\x03\x03\xd0\x90"
    music_sound = sound_of(tmp_path, track + b"\x83\x60\x90\x48\x64" + b"\x60\x80\x48\x40", seconds=3.0)
    assert [round(bpm) for bpm in turned if bpm != 120.0][-1] == 240 and 60 in [round(b) for b in turned]
    onset_s = 1.0 * (0x60 + 0x360) / 480 + 0.25 * 480 / 480
    assert level_db(music_sound, onset_s - 0.1, onset_s - 0.01) < level_db(music_sound, onset_s, onset_s + 0.1) - 20


def _noted(turned, original):
    def set_tempo_now(engine, bpm):
        turned.append(bpm)
        original(engine, bpm)

    return set_tempo_now


def test_a_metre_opens_a_bar_where_it_stands():
    engine = Engine(48000.0, 0, 2, 120.0)
    transport = engine.record[0]["transport"]
    transport["playing"], transport["beat"] = 1, 1.0  # an upbeat of one quarter
    render._turn_clock(engine, render.ClockChange(24000, None, (3, 4)))
    assert (transport["numerator"], transport["denominator"]) == (3, 4)
    assert transport["bar"] == 1 and transport["bar_start_beat"] == 1.0


def test_a_render_in_pieces_is_the_render_in_one(tmp_path, monkeypatch):
    track = NOTE + b"\x8f\x00\x80\x3c\x40"
    whole = sound_of(tmp_path, track, seconds=3.0)
    monkeypatch.setattr(render, "PIECE_S", 1)
    np.testing.assert_array_equal(sound_of(tmp_path, track, seconds=3.0), whole)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_length_that_cannot_be_is_told(tmp_path, seconds):
    with pytest.raises(AntiphonError, match="not possible"):
        sound_of(tmp_path, NOTE + SHORT_END, seconds=seconds)


def input_scene(tmp_path, inputs):
    text = f'title = "s"\n[[track]]\nname = "in"\naudio_input = {inputs}\n[[track.device]]\ndevice = "saturator"\n'
    (tmp_path / "s.toml").write_text(text if inputs else text.replace("audio_input = []\n", ""))
    return scene.load(tmp_path / "s.toml")


def test_mono_sounds_on_both_sides(tmp_path):
    stage = input_scene(tmp_path, [1, 2])
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ // 2) / RATE_HZ, dtype=np.float32)[None]
    source, warnings = render.input_for(stage, tone, "x.wav")
    sound = rendered(stage, render.Music(), 0.4, RATE_HZ, audio_in=source)
    assert not warnings
    assert level_db(sound[:1], 0.1, 0.4) == pytest.approx(level_db(sound[1:], 0.1, 0.4), abs=0.1)
    assert level_db(sound[1:], 0.1, 0.4) > -30


@pytest.mark.parametrize(
    ("inputs", "channels", "words"), [([3], 2, "input 3"), ([1, 2], 4, "channel 3, 4"), ([], 1, "not heard")]
)
def test_channels_that_would_vanish_are_told(tmp_path, inputs, channels, words):
    if not inputs:
        (tmp_path / "s.toml").write_text('title = "s"\n[[track]]\nname = "t"\n[[track.device]]\ndevice = "poly"\n')
        stage = scene.load(tmp_path / "s.toml")
    else:
        stage = input_scene(tmp_path, inputs)
    _, warnings = render.input_for(stage, np.zeros((channels, 10), np.float32), "x.wav")
    assert any(words in warning for warning in warnings)


def test_a_render_tells_what_its_devices_warn_of(tmp_path):
    document = synthetic.wavenet_document() | {"sample_rate": 96000}
    capture = synthetic.write(document, tmp_path / "amp.nam")
    path = tmp_path / "amp.toml"
    path.write_text(
        f'[[track]]\nname = "in"\naudio_input = [1]\n[[track.device]]\ndevice = "nam"\noptions = {{ file = "{capture}" }}\n'
    )
    told: list[str] = []
    loaded = scene.load(path)
    for _ in render.render_pieces(loaded, render.demo_music(loaded, 48000), 0.1, 48000, told=told):
        pass
    assert len(told) == 1 and "captured at 96000 Hz but runs at 48000 Hz" in told[0]
