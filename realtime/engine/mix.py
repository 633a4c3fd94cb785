"""The mixer: sums signals with gain, balance and mute, each delayed to meet the latest one; [audio].

What belongs to one input (its knobs, its fade, its delay line) is a FEED of its own that goes on through every edit of
the rack, and through switches; a mixer is only the list of the feeds it sums in one plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numba import from_dtype

from realtime.contract.block import BLOCK_TYPE, MAX_FRAMES, audio_in, audio_out
from realtime.contract.device import Param
from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.contract.motion import advance_params, glide_coefficient
from realtime.engine.alignment import (
    DELAY,
    FADE_FRAMES,
    carry_over,
    delay_at,
    line_size,
    move_on,
    new_line,
    put,
    smooth,
    steer,
    take,
)
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio, audio_entry, void
from realtime.native.memory import aligned, field_offset, record_view

WIDEST = 6
"""Channels of the widest mixer (L R C LFE Ls Rs)."""

FEED_PARAMS = (
    Param("gain_db", "Gain", "dB", SILENT_DB, LOUDEST_DB, 0.0, doc="Gain; the lowest value is silence."),
    Param("pan", "Balance", "", -1.0, 1.0, 0.0, doc="Balance: -1 left only, 1 right only."),
    Param("mute", "Mute", "", 0, 1, 0, curve="bool", doc="1 mutes, without a click."),
)
_GAIN, _PAN, _MUTE = range(3)
_ROWS = len(FEED_PARAMS)

FEED = np.dtype(
    [
        ("now", "f4", (_ROWS,)),
        ("end", "f4", (_ROWS,)),
        ("target", "f4", (_ROWS,)),
        ("ranges", "f4", (_ROWS,)),
        ("jumps", "u1", (8,)),
        ("away_target", "f4"),  # 1: an edit takes it away, or has not brought it in yet
        ("away_now", "f4"),
        ("warm", "i8"),  # frames before it may fade in
        ("stay", "i8"),  # frames before it may fade out
        ("metered", "i8"),  # 1: its peak is watched
        ("peak", "f4"),  # what it adds to the mix, falling back in PEAK_FALL_S
        ("passes", "i8"),  # 1: what goes away is its delay, not its sound
        ("owner", "i8"),  # address of the wires of the one mixer that runs it; others that have it pass it over
        ("delay", DELAY),
    ],
    align=True,
)
WIRE = np.dtype([("feed", "i8"), ("wanted", "i8"), ("line", "i8"), ("size", "i8")], align=True)
"""One input of one mixer in one plan: its feed, its delay in samples, and a longer line if that needs one."""
STATE = np.dtype([("wires", "i8"), ("count", "i8"), ("channels", "i8"), ("scratch", "f4", (MAX_FRAMES,))], align=True)

_feed_at, _wire_at = record_view(FEED), record_view(WIRE)
_NOW, _END, _TARGET, _RANGES, _JUMPS, _DELAY = (
    field_offset(FEED, name) for name in ("now", "end", "target", "ranges", "jumps", "delay")
)
AWAY_TARGET, STAY, OWNER = (field_offset(FEED, name) for name in ("away_target", "stay", "owner"))
_WIRE_BYTES = WIRE.itemsize
_ONE = np.float32(1.0)
PEAK_FALL_S = 0.3
"""Time constant of a peak's way back, as of the master's: 29 dB a second."""
_FALL = np.float32(1.0 / PEAK_FALL_S)


@audio
def _amplitude(gain_db, mute):
    if gain_db <= SILENT_DB + 0.05:
        return np.float32(0.0)
    return np.float32(math.exp(gain_db * 0.11512925464970229)) * (_ONE - mute)


@audio
def _add(out, source, gain, step, frames):
    for i in range(frames):
        out[i] += source[i] * (gain + step * np.float32(i))


@audio
def fallen(frames, sample_rate):
    """The share of a peak that is left after a quantum."""
    return max(np.float32(0.0), _ONE - _FALL * np.float32(frames) / np.float32(sample_rate))


@audio
def _highest(source, first_gain, last_gain, frames, peak):
    """Peak of a source under a gain that moves; four at a time, so that no comparison waits for the one before."""
    a = b = c = d = np.float32(0.0)
    for i in range(0, frames - 3, 4):
        a = max(a, abs(source[i]))
        b = max(b, abs(source[i + 1]))
        c = max(c, abs(source[i + 2]))
        d = max(d, abs(source[i + 3]))
    for i in range(frames & ~3, frames):
        a = max(a, abs(source[i]))
    highest = max(max(a, b), max(c, d)) * max(abs(first_gain), abs(last_gain))
    return highest if highest > peak else peak


@audio
def _add_feed(block, state, number, at, frames):
    """One input, whose feed lies at address `at`, into the outputs."""
    feed, delay = _feed_at(at), delay_at(at + _DELAY)
    advance_params(
        at + _NOW, at + _END, at + _TARGET, at + _JUMPS, at + _RANGES, _ROWS,
        glide_coefficient(frames, block.sample_rate),
    )  # fmt: skip
    away_start, away_goal = feed.away_now, feed.away_target
    if feed.passes != 0:
        away_goal = np.float32(0.0)
    elif feed.stay > 0:
        away_goal = np.float32(0.0)
        feed.stay -= frames
    elif feed.warm > 0:
        away_goal = _ONE
        if feed.away_target <= 0.0:
            feed.warm -= frames
    reach = np.float32(frames) * np.float32(1.0 / FADE_FRAMES)
    away_end = min(away_goal, away_start + reach) if away_goal > away_start else max(away_goal, away_start - reach)
    feed.away_now = away_end
    start = _amplitude(feed.now[_GAIN], feed.now[_MUTE]) * (_ONE - smooth(away_start))
    end = _amplitude(feed.end[_GAIN], feed.end[_MUTE]) * (_ONE - smooth(away_end))
    if feed.metered != 0:
        feed.peak *= fallen(frames, block.sample_rate)
    channels, silent = state.channels, start == np.float32(0.0) and end == np.float32(0.0)
    scratch = state.scratch
    for channel in range(channels):
        source = audio_in(block, number * channels + channel)
        if delay.size > 0:
            put(delay, channel, source, frames)
        if silent:
            continue
        from_gain, to_gain = start, end
        if channels == 2:
            direction = np.float32(-1.0) if channel == 0 else _ONE
            from_gain *= min(_ONE, _ONE + direction * feed.now[_PAN])
            to_gain *= min(_ONE, _ONE + direction * feed.end[_PAN])
        step = (to_gain - from_gain) / np.float32(frames)
        if delay.size > 0:
            take(delay, channel, scratch, frames)
            _add(audio_out(block, channel), scratch, from_gain, step, frames)
            if feed.metered != 0:
                feed.peak = _highest(scratch, from_gain, to_gain, frames, feed.peak)
        else:
            _add(audio_out(block, channel), source, from_gain, step, frames)
            if feed.metered != 0:
                feed.peak = _highest(source, from_gain, to_gain, frames, feed.peak)
    move_on(delay, frames)


@audio_entry(void(BLOCK_TYPE, from_dtype(STATE)))
def mix(block, state):
    """Input channels k*channels.. are the k-th signal."""
    frames = block.frames
    for channel in range(state.channels):
        out = audio_out(block, channel)
        for i in range(frames):
            out[i] = np.float32(0.0)
    for number in range(state.count):
        wire = _wire_at(state.wires + _WIRE_BYTES * number)
        feed, delay = _feed_at(wire.feed), delay_at(wire.feed + _DELAY)
        if feed.owner != state.wires:
            continue
        carry_over(delay, state.channels, wire.line, wire.size)
        steer(delay, 0 if feed.passes != 0 and feed.away_target > 0.0 else wire.wanted)
        _add_feed(block, state, number, wire.feed, frames)


@dataclass
class Feed:
    """One input of a mixer as the main thread holds it, from its first plan to its last.

    channels: of the mixer. delay: samples it waits from the start. away: begin faded out (an edit brings it in).
    passes: it only holds a signal back, and goes away by losing its delay. metered: its peak is watched.
    """

    title: str
    channels: int
    delay: int = 0
    away: bool = False
    passes: bool = False
    metered: bool = False
    memory: np.ndarray = field(init=False)
    lines: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self):
        self.memory = aligned(1, FEED)
        record = self.memory[0]
        record["ranges"] = [param.maximum - param.minimum for param in FEED_PARAMS]
        self.start({})
        record["away_now"], record["passes"] = float(self.away and not self.passes), int(self.passes)
        record["metered"] = int(self.metered)
        record["delay"]["faded"] = -1
        if self.delay:
            record["delay"]["now"] = self.delay
            line, size = self.longer_line(self.delay)
            record["delay"]["line"], record["delay"]["size"] = line, size

    def start(self, values: dict[str, float]) -> None:
        """Set knobs before the feed sounds."""
        for row, param in enumerate(FEED_PARAMS):
            for name in ("now", "end", "target"):
                self.memory[0][name][row] = values.get(param.id, param.default)

    @property
    def address(self) -> int:
        return self.memory.ctypes.data

    @property
    def peak(self) -> float:
        """Amplitude of what it adds to the mix, as a meter shows it; 0 where it is not metered."""
        return float(self.memory[0]["peak"])

    def longer_line(self, delay: int) -> tuple[int, int]:
        """(address, size a channel) of a line for a delay, or (0, 0) if the one there is does."""
        if line_size(delay) <= int(self.memory[0]["delay"]["size"]):
            return 0, 0
        line = new_line(self.channels, delay)
        self.lines.append(line)
        return line.ctypes.data, line.size // self.channels

    def get(self, name: str) -> float:
        """A knob's target: gain_db, pan or mute."""
        return float(self.memory[0]["target"][self._row(name)])

    def set(self, name: str, value: float) -> None:
        """Turn a knob; heard from the next quantum on."""
        row = self._row(name)
        self.memory[0]["target"][row] = FEED_PARAMS[row].clamp(float(value))

    @staticmethod
    def _row(name: str) -> int:
        for row, param in enumerate(FEED_PARAMS):
            if param.id == name:
                return row
        raise AntiphonError(f"a mixer's input has no {name!r}; it has gain_db, pan and mute")


def knob_cell(feed: Feed, name: str) -> int:
    """Address of the float32 that a knob's target is: gain_db, pan or mute. Raises AntiphonError."""
    return feed.address + _TARGET + 4 * feed._row(name)


def mixer_state(feeds: list[Feed], delays: list[int], channels: int) -> tuple[np.ndarray, np.ndarray]:
    """(state bytes, wires) of a mixer over these feeds; keep both. [main]"""
    wires = aligned(max(1, len(feeds)), WIRE)
    for wire, feed, delay in zip(wires, feeds, delays, strict=False):
        line, size = feed.longer_line(delay)
        wire["feed"], wire["wanted"], wire["line"], wire["size"] = feed.address, delay, line, size
    state = aligned(1, STATE)
    state["wires"], state["count"], state["channels"] = wires.ctypes.data, len(feeds), channels
    return state.view(np.uint8).reshape(-1), wires
