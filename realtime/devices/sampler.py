"""Sampler: one recording over the keys, at its own pitch on its root key; gate, one-shot or loop, 24 voices; [audio].

The recording is brought to the engine's rate when it is loaded, and read by dsp/sinc_bank.py. A loop fades its end into
what lies before its beginning (equal power), so that any place of any recording can be looped.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from realtime.contract.block import audio_out, event
from realtime.contract.device import Device, Instance, Option, Param, Spec, ids
from realtime.contract.events import BEND, NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET
from realtime.devices.notes import channel_slot, enter_note, event_is_due, fade_out, frames_to_event, inner
from realtime.dsp.db import db_to_gain
from realtime.dsp.envelope import (
    ENVELOPE_ROWS,
    LEVEL,
    SILENT,
    attack_keep,
    envelope_lanes,
    envelope_release,
    envelope_start,
    fall_keep,
)
from realtime.dsp.fastmath import exp2
from realtime.dsp.sinc_bank import BANK_FLOATS, BANKS, LEVELS, PAD, bank_of, kernels, level_of, read_sinc
from realtime.dsp.voice import (
    CHANNEL,
    HELD,
    KEY,
    NOTE_ROWS,
    clear_lane,
    load_knobs,
    matches,
    most_faded,
    move_lane,
    voice_to_steal,
)
from realtime.dsp.voice_mix import sum_lanes
from realtime.music.sound_file import read_sound, resample
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned

VOICES = 24
LANES = 32  # 24 voices and 8 that fade out; a multiple of the vector width
CHUNK = 32
LONGEST_S = 600.0
SHORTEST_FRAMES = 16
EDGE_S = 0.002
"""Fade at a start or end that is cut out of the middle of a recording."""
GATE, ONE_SHOT, LOOP = range(3)
PRESETS = Path(__file__).resolve().parents[2] / "presets"
_LEVEL = 0.35  # a recording at full scale, at velocity 100, peaks at about -13 dBFS
_F = np.float32

PARAMS = (
    Param("mode", "Mode", "", 0, 2, 0, curve="enum", labels=("gate", "one-shot", "loop"),
          doc="gate: to the end or until the key is up; one-shot: to the end; loop: round and round while held."),
    Param("root_key", "Root key", "", 0, 127, 60, stepped=True, doc="The key that plays it as it was recorded (60: C4)."),
    Param("key_track", "Key tracking", "", 0.0, 1.0, 1.0, doc="0: every key plays it alike."),
    Param("tune_semitones", "Tune", "st", -36.0, 36.0, 0.0),
    Param("tune_cents", "Fine", "ct", -100.0, 100.0, 0.0),
    Param("start", "Start", "", 0.0, 1.0, 0.0, doc="Share of the recording, as the three below."),
    Param("end", "End", "", 0.0, 1.0, 1.0),
    Param("loop_start", "Loop start", "", 0.0, 1.0, 0.0, doc="The loop runs from here to the end."),
    Param("crossfade_s", "Crossfade", "s", 0.001, 2.0, 0.05, curve="log", doc="Of the loop's end into its beginning."),
    Param("attack_s", "Attack", "s", 0.001, 20.0, 0.001, curve="log"),
    Param("decay_s", "Decay", "s", 0.005, 30.0, 1.0, curve="log"),
    Param("sustain", "Sustain", "", 0.0, 1.0, 1.0),
    Param("release_s", "Release", "s", 0.005, 30.0, 0.25, curve="log"),
    Param("velocity_amp", "Velocity to level", "", 0.0, 1.0, 0.8),
    Param("voices", "Polyphony", "", 1.0, VOICES, VOICES, stepped=True, doc="1: a new note ends the one before."),
    Param("pan_spread", "Pan spread", "", 0.0, 1.0, 0.0, doc="Low keys left, high keys right."),
    Param("level_db", "Level", "dB", -60.0, 12.0, 0.0),
)  # fmt: skip
P = ids(PARAMS)

# Rows of `lanes`, one column a voice.
ENVELOPE = 0
AMP, AMP_STEP, FADE, FADE_STEP, PAN_LEFT, PAN_RIGHT, VELOCITY, BEND_NOW = range(ENVELOPE_ROWS, ENVELOPE_ROWS + 8)
ROWS = ENVELOPE_ROWS + 8

STATE = np.dtype(
    [
        ("knobs", "f4", (2, len(PARAMS))),  # parameters at the first and after the last frame of the chunk
        ("lanes", "f4", (ROWS, LANES)),
        ("x", "f4", (CHUNK, LANES)),
        ("y", "f4", (CHUNK, LANES)),
        ("envelope", "f4", (CHUNK, LANES)),
        ("notes", "i8", (NOTE_ROWS, LANES)),
        ("position", "f8", (LANES,)),  # frames of the recording at the engine's rate
        ("speed", "f8", (LANES,)),  # frames a sample; 0: not sounded yet
        ("over", "i8", (LANES,)),  # 1: played to its end
        ("bend", "f4", (17,)),  # semitones per channel; 16 = all (MPE master)
        ("count", "i8"),  # lanes in use
        ("born", "i8"),
        # the recording, told by `build`
        ("frames", "i8"),
        ("stereo", "i8"),
        ("copy_at", "i8", (LEVELS,)),  # in floats of the tables
        ("copy_frames", "i8", (LEVELS,)),
    ],
    align=True,
)


# ---------------------------------------------------------------------------------------------- notes


@inner
def _retire(state, lane):
    """Remove a finished lane: the last one takes its place."""
    last = state.count - 1
    move_lane(state.lanes, lane, last)
    move_lane(state.notes, lane, last)
    state.position[lane] = state.position[last]
    state.speed[lane] = state.speed[last]
    state.over[lane] = state.over[last]
    clear_lane(state.lanes, last)
    state.count = last


@inner
def _note_on(block, state, note):
    lanes = state.lanes
    limit = np.int64(state.knobs[1, P.voices] + _F(0.5))
    victim = voice_to_steal(state.notes, lanes[ENVELOPE + LEVEL], state.count, limit)
    if victim >= 0:
        fade_out(state.notes, lanes, FADE_STEP, victim, block.sample_rate)
    if state.count == LANES:
        _retire(state, most_faded(state.notes, lanes[FADE], state.count))
    lane = state.count
    state.count += 1
    state.born += 1
    clear_lane(lanes, lane)
    enter_note(state.notes, lane, note, state.born)
    depth = state.knobs[1, P.velocity_amp]
    lanes[VELOCITY, lane] = _F(1.0) - depth + depth * note.value * note.value
    lanes[BEND_NOW, lane] = state.bend[state.notes[CHANNEL, lane]] + state.bend[16]
    lanes[FADE, lane] = _F(1.0)
    side = state.knobs[1, P.pan_spread] * max(_F(-0.45), min(_F(0.45), _F(note.key - 60) * _F(1.0 / 60.0)))
    lanes[PAN_LEFT, lane] = np.sqrt(_F(1.0) - _F(2.0) * side)
    lanes[PAN_RIGHT, lane] = np.sqrt(_F(1.0) + _F(2.0) * side)
    rate = block.sample_rate
    envelope_start(
        lanes, ENVELOPE, lane, attack_keep(state.knobs[1, P.attack_s], rate), fall_keep(state.knobs[1, P.decay_s], rate),
        state.knobs[1, P.sustain],
    )  # fmt: skip
    state.position[lane] = state.knobs[1, P.start] * np.float64(state.frames)
    state.speed[lane] = 0.0
    state.over[lane] = 0


@inner
def _handle(block, state, note):
    kind = note.kind
    if kind == NOTE_ON:
        _note_on(block, state, note)
    elif kind == NOTE_OFF:
        for lane in range(state.count):
            if state.notes[HELD, lane] != 0 and matches(state.notes, lane, note):
                state.notes[HELD, lane] = 0
                if np.int64(state.knobs[1, P.mode] + _F(0.5)) != ONE_SHOT:
                    envelope_release(
                        state.lanes, ENVELOPE, lane, fall_keep(state.knobs[1, P.release_s], block.sample_rate)
                    )
    elif kind in (NOTE_CHOKE, RESET):
        for lane in range(state.count):
            if kind == RESET or matches(state.notes, lane, note):
                fade_out(state.notes, state.lanes, FADE_STEP, lane, block.sample_rate)
    elif kind == BEND:
        state.bend[channel_slot(note)] = note.value


# ---------------------------------------------------------------------------------------------- sound


@inner
def _speed(state, lane):
    """Frames of the recording a sample."""
    semitones = state.knobs[1, P.key_track] * (_F(state.notes[KEY, lane]) - state.knobs[1, P.root_key])
    semitones += (
        state.knobs[1, P.tune_semitones] + state.knobs[1, P.tune_cents] * _F(0.01) + state.lanes[BEND_NOW, lane]
    )
    return 2.0 ** (np.float64(semitones) / 12.0)


@inner
def _edge(distance, width):
    """Gain at a distance in frames from a cut end."""
    return _F(min(1.0, max(0.0, distance / width)))


@inner
def _read_lane(block, state, lane, n, first, end, loop_first, crossfade, loops):
    """n samples of a voice into x and y."""
    goal = _speed(state, lane)
    speed = state.speed[lane] if state.speed[lane] > 0.0 else goal
    step = (goal - speed) / n
    level = level_of(max(goal, speed))
    shrink = 1.0 / np.float64(1 << level)
    bank = block.tables + 4 * BANK_FLOATS * bank_of(max(goal, speed) * shrink)
    copy = block.tables + 4 * state.copy_at[level]
    frames = state.copy_frames[level]
    stride = (frames + 2 * PAD) * state.stereo
    edge = max(1.0, EDGE_S * block.sample_rate)
    cut_start, cut_end = first > 0.5, end < np.float64(state.frames) - 0.5
    position = state.position[lane]
    length = end - loop_first
    for i in range(n):
        left, right = read_sinc(bank, copy, frames, stride, position * shrink)
        if loops:
            share = (position - end + crossfade) / crossfade
            if share > 0.0:
                before, behind = read_sinc(bank, copy, frames, stride, (position - length) * shrink)
                come, go = _F(math.sqrt(min(1.0, share))), _F(math.sqrt(max(0.0, 1.0 - share)))
                left, right = go * left + come * before, go * right + come * behind
        elif position >= end:
            left, right = _F(0.0), _F(0.0)
        elif cut_end:
            gain = _edge(end - position, edge * speed)
            left, right = left * gain, right * gain
        if cut_start and position < first + edge * speed:
            gain = _edge(position - first, edge * speed)
            left, right = left * gain, right * gain
        state.x[i, lane], state.y[i, lane] = left, right
        speed += step
        position += speed
        if loops and position >= end:
            position -= length * math.floor((position - end) / length + 1.0)
    state.position[lane], state.speed[lane] = position, goal
    state.over[lane] = 0 if loops or position < end + PAD * goal else 1


@inner
def _play(block, state, left, right, at, n):
    """All voices of a chunk."""
    lanes = state.lanes
    total = np.float64(state.frames)
    first = min(np.float64(state.knobs[1, P.start]), 0.999) * total
    end = max(np.float64(state.knobs[1, P.end]) * total, first + SHORTEST_FRAMES)
    loops = np.int64(state.knobs[1, P.mode] + _F(0.5)) == LOOP
    loop_first = min(np.float64(state.knobs[1, P.loop_start]) * total, end - SHORTEST_FRAMES)
    crossfade = min(np.float64(state.knobs[1, P.crossfade_s]) * block.sample_rate, 0.5 * (end - max(0.0, loop_first)))
    loop_first = max(loop_first, crossfade)  # what lies before it is faded in
    level = _F(_LEVEL) * db_to_gain(state.knobs[1, P.level_db])
    ease = _F(1.0) - exp2(-_F(n) / _F(0.002 * block.sample_rate))
    count = (state.count + 15) & ~15
    for v in range(state.count):
        lanes[BEND_NOW, v] += (state.bend[state.notes[CHANNEL, v]] + state.bend[16] - lanes[BEND_NOW, v]) * ease
        _read_lane(block, state, v, n, first, end, loop_first, crossfade, loops)
        goal = level * lanes[VELOCITY, v]
        if lanes[AMP, v] <= _F(0.0):
            lanes[AMP, v] = goal
        lanes[AMP_STEP, v] = (goal - lanes[AMP, v]) / _F(n)
    envelope_lanes(lanes, ENVELOPE, state.envelope, count, n)
    sum_lanes(state.x, state.y, state.envelope, lanes, AMP, FADE, PAN_LEFT, PAN_RIGHT, count, n, left, right, at)
    lane = np.int64(0)
    while lane < state.count:
        lanes[AMP, lane] += lanes[AMP_STEP, lane] * _F(n)
        lanes[FADE, lane] = max(_F(0.0), lanes[FADE, lane] - lanes[FADE_STEP, lane] * _F(n))
        silent = state.notes[HELD, lane] == 0 and lanes[ENVELOPE + LEVEL, lane] < SILENT
        if state.over[lane] != 0 or silent or lanes[FADE, lane] <= _F(0.0):
            _retire(state, lane)
        else:
            lane += 1


def process(block, state):
    """One recording over the keys: gate, one-shot or loop with crossfade, ADSR, velocity, bend."""
    left, right = audio_out(block, 0), audio_out(block, 1)
    left[:] = _F(0.0)
    right[:] = _F(0.0)
    at, index = np.int64(0), np.int64(0)
    load_knobs(block, state.knobs, at, at)
    while at < block.frames:
        while event_is_due(block, index, at):
            _handle(block, state, event(block, index))
            index += 1
        n = frames_to_event(block, index, at, CHUNK)
        load_knobs(block, state.knobs, at, at + n)
        if state.count > 0:
            _play(block, state, left, right, at, n)
        at += n


# ---------------------------------------------------------------------------------------------- loading


def _file(name: object) -> Path:
    """The file of the option: a path, or one that is shipped."""
    if not isinstance(name, (str, Path)) or not str(name):
        raise AntiphonError(
            "device 'sampler' needs the option 'file': a sound file, like file = \"samples/parlour.wav\""
        )
    given = Path(name).expanduser()
    return next((path for path in (given, PRESETS / given) if path.is_file()), given)


def recording(path: Path, rate_hz: float) -> tuple[np.ndarray, list[str]]:
    """float32 (1 or 2, frames) at a rate, and what is to be told of it. [main] Raises AntiphonError."""
    found = read_sound(path)
    said = [found.damage] if found.damage else []
    seconds = found.samples.shape[1] / found.rate_hz
    if seconds > LONGEST_S:
        raise AntiphonError(
            f"Sound file {path}: {seconds / 60:.0f} minutes long; a sampler holds {LONGEST_S / 60:.0f}. Cut out what is "
            "to be played, or let a song play it as its backing track."
        )
    if found.samples.shape[0] > 2:
        said.append(f"{path.name}: of its {found.samples.shape[0]} channels the first two are played")
    samples = resample(found.samples[:2], found.rate_hz, rate_hz)
    if samples.shape[1] < SHORTEST_FRAMES:
        raise AntiphonError(
            f"Sound file {path}: {samples.shape[1]} samples are no sound yet; record or export it again."
        )
    if not np.any(samples):
        raise AntiphonError(f"Sound file {path}: it holds silence only; choose another.")
    if samples.shape[0] == 2 and np.array_equal(samples[0], samples[1]):
        samples = samples[:1]
    return np.ascontiguousarray(samples), said


def copies(samples: np.ndarray) -> list[np.ndarray]:
    """The recording and its copies an octave lower each, padded: float32 (channels, PAD + frames + PAD). [main]"""
    found = [samples]
    while len(found) < LEVELS:
        half = resample(found[-1], 2.0, 1.0)
        found.append(
            half[:, : (found[-1].shape[1] + 1) // 2] if half.size else np.zeros((samples.shape[0], 1), np.float32)
        )
    return [np.pad(one, ((0, 0), (PAD, PAD))) for one in found]


class SamplerDevice(Device):
    """Brings its recording along in its tables."""

    options = (Option("file", doc="A sound file: .wav, .flac, .aiff, .ogg, .mp3."),)
    examples = ({"file": "samples/parlour.wav"},)

    def build(self, spec: Spec) -> Instance:
        """Load the recording. [main] Raises AntiphonError."""
        path = _file(spec.options.get("file"))
        samples, said = recording(path, spec.sample_rate)
        made = copies(samples)
        bank = kernels()
        instance = super().build(spec)
        head = instance.state[: STATE.itemsize].view(STATE)[0]
        head["frames"], head["stereo"] = samples.shape[1], samples.shape[0] - 1
        at = bank.size
        for number, one in enumerate(made):
            head["copy_at"][number], head["copy_frames"][number] = at, one.shape[1] - 2 * PAD
            at += one.size
        floats = aligned(at, np.float32)
        np.concatenate([bank.reshape(-1), *(one.reshape(-1) for one in made)], out=floats)
        instance.tables = floats.view(np.uint8)
        instance.pristine = instance.state.copy()
        instance.report = {
            "file": str(path), "seconds": samples.shape[1] / spec.sample_rate, "channels": int(samples.shape[0]),
            "warnings": said,
        }  # fmt: skip
        return instance


assert BANKS * BANK_FLOATS * 4 < 1 << 17, "the filters fit the second cache"

sampler = SamplerDevice(
    name="sampler",
    title="Sampler",
    kind="instrument",
    params=PARAMS,
    process=process,
    state=STATE,
    tail_s=30.0,
    doc=(process.__doc__ or "").strip(),
)
