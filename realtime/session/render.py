"""Renders a scene, or a file through a device, faster than real time and bit-exact; [main]."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from realtime.contract.block import MAX_FRAMES
from realtime.contract.device import Device
from realtime.drivers.offline import OfflineDriver
from realtime.engine.engine import Engine
from realtime.engine.solo import Rig
from realtime.native.errors import AntiphonError
from realtime.session import demo
from realtime.session.scene import Scene

SFC_SET_ADD_PEAK_CHUNK = 0x1050  # libsndfile's command number

TAIL_S = 10
"""Longest time that tails may ring after the last note."""
_QUIET = 10.0 ** (-80.0 / 20.0)

Message = tuple[int, int, bytes]


def demo_messages(scene: Scene, sample_rate: float) -> list[Message]:
    """The built-in piece in the scene's tempo, as (frame, source, bytes)."""
    return [(round(s * sample_rate), 0, bytes((status, key, velocity)))
            for s, status, key, velocity in demo.messages(scene.tempo_bpm)]  # fmt: skip


def midi_messages(path: str | Path, sample_rate: float) -> tuple[list[Message], float]:
    """A MIDI file's notes as (frame, source, bytes), and its first tempo. Raises AntiphonError."""
    from realtime.music.midifile import read_midi

    sequence = read_midi(path)
    rows: list[Message] = []
    for start, end, note in sequence.in_seconds():
        channel = note.channel & 15
        velocity = max(1, min(127, round(note.velocity * 127)))
        rows.append((round(start * sample_rate), 0, bytes((0x90 | channel, note.pitch, velocity))))
        rows.append((round(end * sample_rate), 0, bytes((0x80 | channel, note.pitch, 64))))
    rows.sort(key=lambda row: (row[0], row[2][0] & 0xF0))  # at one frame, ends before beginnings
    if not rows:
        raise AntiphonError(f"{path}: there is no note in this MIDI file")
    return rows, sequence.tempo.tempo_bpm(0.0)


def render_scene(
    scene: Scene,
    messages: list[Message],
    seconds: float | None = None,
    sample_rate: float = 48000.0,
    frames: int = 64,
    audio_in: np.ndarray | None = None,
    tempo_bpm: float | None = None,
    outputs: int = 2,
    progress: Callable[[float], object] | None = None,
    timing: dict[str, float] | None = None,
) -> np.ndarray:
    """Render notes through a scene; returns float32 (outputs, n).

    timing: is given load_s (making the engine and the plan) and render_s.
    seconds: exact length; None: until the tails have rung out. audio_in: float32 (channels, n) for the audio input.
    """
    started = time.perf_counter()
    inputs = 0 if audio_in is None else len(audio_in)
    engine = Engine(sample_rate, inputs, outputs, tempo_bpm or scene.tempo_bpm)
    engine.record["transport"]["playing"] = 1
    t = engine.record[0]["transport"]
    t["numerator"], t["denominator"] = scene.signature
    engine.set_master_db(scene.master_db)
    engine.swap(engine.compile(scene.rack), 0.0)
    driver = OfflineDriver()
    engine.record["native_midi"] = 1
    driver.open(engine, frames)
    loaded = time.perf_counter()
    last = max((row[0] for row in messages), default=0)
    if audio_in is not None:
        last = max(last, audio_in.shape[1])
    total = round(seconds * sample_rate) if seconds is not None else last + 1
    if audio_in is not None:
        audio_in = np.pad(audio_in.astype(np.float32), ((0, 0), (0, max(0, total - audio_in.shape[1]))))[:, :total]
    try:
        sound, _ = driver.render(total, audio_in, [row for row in messages if row[0] < total], progress)
        if seconds is None:
            sound = np.concatenate([sound, *_tails(driver, inputs, round(sample_rate))], axis=1)
    finally:
        driver.close()
    if timing is not None:
        timing |= {"load_s": loaded - started, "render_s": time.perf_counter() - loaded}
    return sound


def _tails(driver: OfflineDriver, inputs: int, second: int) -> list[np.ndarray]:
    """Second after second until one is quiet, or the longest tail is over."""
    parts: list[np.ndarray] = []
    while len(parts) < TAIL_S and (not parts or np.abs(parts[-1]).max() > _QUIET):
        parts.append(driver.render(second, np.zeros((inputs, second), np.float32))[0])
    return parts


def read_audio(path: str | Path) -> tuple[np.ndarray, int]:
    """An audio file as float32 (channels, n) and its sample rate. Raises AntiphonError."""
    try:
        data, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).split(": ")[-1].rstrip(".")
        raise AntiphonError(
            f"{path}: not an audio file that can be read ({reason}); use WAV, FLAC, AIFF or OGG"
        ) from None
    if not np.isfinite(data).all():
        raise AntiphonError(f"{path}: the audio holds numbers that are not finite; export it again")
    return np.ascontiguousarray(data.T), int(rate)


def write_audio(path: str | Path, sound: np.ndarray, sample_rate: float) -> None:
    """Write float32 (channels, n): WAV as float, FLAC as 24 bit. Raises AntiphonError."""
    target = Path(path)
    subtype = {".wav": "FLOAT", ".flac": "PCM_24"}.get(target.suffix.lower())
    if subtype is None:
        raise AntiphonError(f"cannot write {target.name!r}: end the name in .wav or .flac")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(target, "w", round(sample_rate), len(sound), subtype) as file:
            # libsndfile stamps the time of writing into float files: the same render would not be the same bytes
            soundfile._snd.sf_command(file._file, SFC_SET_ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)
            file.write(sound.T)
    except (OSError, RuntimeError) as error:
        raise AntiphonError(f"cannot write {target}: {error}") from None


def process_device(
    device: Device,
    sound: np.ndarray,
    sample_rate: float,
    values: dict,
    options: dict,
    tail_s: float = 0.0,
    progress: Callable[[float], object] | None = None,
) -> tuple[np.ndarray, Rig]:
    """Run audio (channels, n) through one device; its latency is taken out. Returns (2, n) and the rig.

    progress(share of it done) after every second of sound.
    """
    rig = Rig(device, sample_rate, values, options)
    latency = rig.instance.latency
    extra = latency + round(tail_s * sample_rate)
    padded = np.pad(sound[:2], ((0, 0), (0, extra)))
    total = padded.shape[1]
    done = np.zeros((rig.instance.outputs, total), np.float32)
    step = MAX_FRAMES * round(sample_rate / MAX_FRAMES)  # whole quanta: no block is cut where a second ends
    for start in range(0, total, step):
        done[:, start : start + step] = rig.run(padded[:, start : start + step])
        if progress is not None:
            progress(min(1.0, (start + step) / total))
    return done[:, latency:], rig
