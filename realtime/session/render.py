"""Renders a scene, or a file through a device, faster than real time and bit-exact; [main]."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.contract.device import Device
from realtime.contract.limits import TEMPO_BPM
from realtime.drivers.offline import OfflineDriver
from realtime.engine.engine import Engine
from realtime.engine.layout import MAX_CHANNELS, PLAYER_SOURCE
from realtime.engine.solo import Rig
from realtime.music.midi_performance import read_performance
from realtime.native.errors import AntiphonError
from realtime.session import demo
from realtime.session.follower_link import wanted
from realtime.session.note_take import NoteTake
from realtime.session.offline_band import OfflineBand
from realtime.session.offline_stage import LOOKS_A_SECOND, Answers, OfflineStage
from realtime.session.scene import Scene

TAIL_S = 10
"""Longest time that tails may ring after the last note."""
LONGEST_S = 86_400.0
PIECE_S = 60
"""Sound is made in pieces of this length, so that a long render needs no more memory than a short one."""
SLOWEST_BPM, FASTEST_BPM = TEMPO_BPM
LONGEST_WAIT_S = 300.0
"""Longest time that players may answer beyond as long as was played."""
_SAME_BEAT = 1e-4
_QUIET = 10.0 ** (-80.0 / 20.0)

Message = tuple[int, int, bytes]


class ClockChange(NamedTuple):
    """A tempo, a metre (numerator, denominator) or both from a frame on; a metre opens a bar."""

    frame: int
    tempo_bpm: float | None = None
    signature: tuple[int, int] | None = None


@dataclass
class Music:
    """messages: (frame, source, bytes), sorted by frame. clock: changes, sorted; warnings: what was left out of a file."""

    messages: list[Message] = field(default_factory=list)
    clock: list[ClockChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.messages.sort(key=lambda message: message[0])


def demo_music(scene: Scene, sample_rate: float) -> Music:
    """The built-in piece in the scene's tempo."""
    return Music([(round(s * sample_rate), 0, bytes((status, key, velocity)))
                  for s, status, key, velocity in demo.messages(scene.tempo_bpm)])  # fmt: skip


def midi_music(path: str | Path, sample_rate: float) -> Music:
    """A MIDI file as it would be played live: each port of the file is a source, tempo and metre move the engine's clock.

    Raises AntiphonError.
    """
    played = read_performance(path)
    messages = [(round(m.seconds * sample_rate), min(m.port, PLAYER_SOURCE - 1), m.data) for m in played.messages]
    changes = [
        (tempo_s, min(FASTEST_BPM, max(SLOWEST_BPM, bpm)), None)
        for tempo_s, bpm in zip(played.tempo.seconds_at_steps, played.tempo.tempi_bpm, strict=True)
    ] + [(played.tempo.seconds(m.beat), None, (m.numerator, m.denominator)) for m in played.metres]
    clock = [ClockChange(round(s * sample_rate), bpm, signature) for s, bpm, signature in changes]
    clock.sort(key=lambda change: change.frame)
    return Music(messages, clock, [f"{path}: {sentence}" for sentence in played.damage])


def input_for(scene: Scene, sound: np.ndarray, path: str | Path) -> tuple[np.ndarray, list[str]]:
    """A file's channels for the scene's audio inputs, and what of them is not heard. A mono file sounds on all inputs."""
    wanted = {channel for track in scene.rack.tracks for channel in track.audio_input}
    warnings = []
    if not wanted:
        warnings.append(f"{path} is not heard: no track of scene {scene.name!r} has an audio_input.")
    elif len(sound) == 1:
        sound = np.repeat(sound, max(wanted), axis=0)
    elif silent := sorted(channel for channel in wanted if channel > len(sound)):
        numbers = ", ".join(map(str, silent))
        warnings.append(f"{path} has {len(sound)} channels: audio input {numbers} of scene {scene.name!r} is silent.")
    if wanted and (left := [c for c in range(1, len(sound) + 1) if c not in wanted]):
        numbers = ", ".join(map(str, left))
        warnings.append(
            f"{path}: channel {numbers} is not heard: no track of scene {scene.name!r} has it as audio_input."
        )
    return sound[:MAX_CHANNELS], warnings


def render_pieces(
    scene: Scene,
    music: Music,
    seconds: float | None = None,
    sample_rate: float = 48000.0,
    frames: int = 64,
    audio_in: np.ndarray | None = None,
    outputs: int = 2,
    progress: Callable[[float], object] | None = None,
    timing: dict[str, float] | None = None,
    told: list[str] | None = None,
    players: bool = False,
    takes: list[NoteTake] | None = None,
) -> Iterator[np.ndarray]:
    """Render music through a scene; gives float32 (outputs, n), piece after piece.

    timing: is given load_s (making the engine, the plan and the players) and render_s. told: is given the warnings of
    devices and players. seconds: exact length; None: until what was played has been answered and the tails have rung out.
    audio_in: float32 (channels, n) for the audio inputs. players: let those of the scene play. takes: is given what is
    played, to be written once all is rendered. Raises AntiphonError.
    """
    total = _length(music, seconds, sample_rate, audio_in)
    started = time.perf_counter()
    inputs = 0 if audio_in is None else len(audio_in)
    engine = Engine(sample_rate, inputs, outputs, scene.tempo_bpm)
    engine.record["transport"]["playing"] = 1
    transport = engine.record[0]["transport"]
    transport["numerator"], transport["denominator"] = scene.signature
    for change in music.clock:
        if change.frame == 0:  # before the devices are built: they look at the tempo
            _turn_clock(engine, change)
    engine.set_master_db(scene.master_db)
    plan = engine.compile(scene.rack)
    if told is not None:
        told += [
            f"{node.label}: {text}" for node in plan.ordered() for text in node.instance.report.get("warnings", ())
        ]
    engine.swap(plan, 0.0)
    driver = OfflineDriver()
    engine.record["native_midi"] = 1
    driver.open(engine, frames)
    band = OfflineBand(scene, engine) if players and wanted(scene) else None
    take = NoteTake(scene, engine) if takes is not None else None
    if takes is not None and take is not None:
        takes.append(take)
    stage = OfflineStage(driver, band, take)
    loaded = time.perf_counter()
    if timing is not None:
        timing |= {"load_s": loaded - started, "render_s": 0.0}
    try:
        for piece in _pieces(stage, music, total, seconds is None, audio_in, progress):
            if timing is not None:
                timing["render_s"] = time.perf_counter() - loaded
            yield piece
        if told is not None and band is not None:
            told += band.warnings()
    finally:
        driver.close()
        if band is not None:
            band.close()


def frames_of_bars(scene: Scene, music: Music, bars: int, sample_rate: float) -> int:
    """Length of the first bars of a piece, in frames: by the scene's tempo and metre, and every change of the music."""
    frame, tempo, bar = 0.0, scene.tempo_bpm, _bar_beats(*scene.signature)
    left = float(bars) * bar
    for change in music.clock:
        beats = (change.frame - frame) * tempo / 60.0 / sample_rate
        if beats >= left - _SAME_BEAT:
            break
        frame, left = float(change.frame), left - beats
        if change.signature is not None:
            left, bar = (
                math.floor(left / bar + _SAME_BEAT) * _bar_beats(*change.signature),
                _bar_beats(*change.signature),
            )
        tempo = change.tempo_bpm or tempo
    return round(frame + left * 60.0 * sample_rate / tempo)


def _bar_beats(numerator: int, denominator: int) -> float:
    return numerator * 4.0 / denominator


def most_frames(music: Music, seconds: float | None, sample_rate: float, audio_in: np.ndarray | None) -> int:
    """The most that `render_pieces` can give of these. Raises AntiphonError."""
    total = _length(music, seconds, sample_rate, audio_in)
    return total if seconds is not None else 2 * total + round((LONGEST_WAIT_S + TAIL_S) * sample_rate)


def _length(music: Music, seconds: float | None, sample_rate: float, audio_in: np.ndarray | None) -> int:
    """Frames up to the end, before tails."""
    if seconds is not None:
        if not 1.0 <= seconds * sample_rate <= LONGEST_S * sample_rate:
            raise AntiphonError(
                f"a render of {seconds:g} s is not possible; from a sample to {LONGEST_S / 3600:.0f} hours"
            )
        return round(seconds * sample_rate)
    last = music.messages[-1][0] if music.messages else 0
    return max(last + 1, 0 if audio_in is None else audio_in.shape[1])


def _pieces(
    stage: OfflineStage,
    music: Music,
    total: int,
    tails: bool,
    audio_in: np.ndarray | None,
    progress: Callable[[float], object] | None,
) -> Iterator[np.ndarray]:
    engine = stage.driver.engine
    second = round(engine.sample_rate)
    block = int(stage.driver.control.record["block_frames"])
    step = -(-PIECE_S * second // block) * block  # whole blocks, so that they fall as in one long call
    changes = {frame: list(rows) for frame, rows in groupby(music.clock, lambda change: change.frame) if frame < total}
    cuts = sorted({0, *range(0, total, step), *changes, total})
    row = 0
    for start, end in pairwise(cuts):
        for change in changes.get(start, ()):
            _turn_clock(engine, change)
        first = row
        while row < len(music.messages) and music.messages[row][0] < end:
            row += 1
        due = [(frame - start, source, data) for frame, source, data in music.messages[first:row]]
        yield stage.render(end - start, _slice(audio_in, start, end), due)
        if progress is not None:
            progress(end / total)
    if tails:
        inputs = 0 if audio_in is None else len(audio_in)
        yield from _answers(stage, inputs, second)
        yield from _tails(stage, inputs, second)


def _answers(stage: OfflineStage, inputs: int, second: int) -> Iterator[np.ndarray]:
    """Until the players have answered, and on to the bar line: there they leave."""
    if stage.band is None:
        return
    answers = Answers(stage)
    while not answers.done():
        yield stage.render(second // LOOKS_A_SECOND, np.zeros((inputs, second // LOOKS_A_SECOND), np.float32))
    if left := stage.frames_to_bar():
        yield stage.render(left, np.zeros((inputs, left), np.float32))
    stage.end_band()


def _slice(audio_in: np.ndarray | None, start: int, end: int) -> np.ndarray | None:
    """Input for frames [start, end), silence after its end."""
    if audio_in is None:
        return None
    part = np.zeros((len(audio_in), end - start), np.float32)
    given = audio_in[:, start:end]
    part[:, : given.shape[1]] = given
    return part


def _turn_clock(engine: Engine, change: ClockChange) -> None:
    """A tempo or metre between two blocks: nothing else runs while a piece is rendered, so the record is written at once."""
    if change.tempo_bpm is not None:
        engine.set_tempo_now(change.tempo_bpm)
    if change.signature is not None:
        transport = engine.record[0]["transport"]
        transport["numerator"], transport["denominator"] = change.signature
        if transport["beat"] - transport["bar_start_beat"] > 1e-6:
            transport["bar"] += 1
            transport["bar_start_beat"] = transport["beat"]
        engine.record["clock_bar_start"] = engine.record["clock_beat"]


def _tails(stage: OfflineStage, inputs: int, second: int) -> Iterator[np.ndarray]:
    """Second after second until one is quiet, or the longest tail is over."""
    for _ in range(TAIL_S):
        part = stage.render(second, np.zeros((inputs, second), np.float32))
        yield part
        if np.abs(part).max() <= _QUIET:
            return


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
