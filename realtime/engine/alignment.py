"""A delay that lines signals up, whose length can change under sound: old and new tap are crossfaded; [audio].

One DELAY record serves all channels of one signal. It outlives plans, so that an edit leaves its content alone; a plan that
needs a longer line brings one along, and the audio thread carries the content over when the plan is taken.
"""

from __future__ import annotations

import numpy as np

from realtime.contract.block import MAX_FRAMES
from realtime.native.jit import audio
from realtime.native.memory import aligned, f32_view, record_view

FADE_FRAMES = 1024
"""Length of every fade that an edit makes: of a delay's taps, of what comes and what goes."""

DELAY = np.dtype(
    [
        ("line", "i8"),  # float32[channels][size]; 0 while nothing was ever delayed
        ("size", "i8"),  # power of two
        ("at", "i8"),
        ("age", "i8"),  # frames written: a tap must not read what was never played
        ("now", "i8"),  # the delay in force, samples
        ("next", "i8"),  # the one being faded to
        ("faded", "i8"),  # frames of the fade behind us, -1 = none
    ],
    align=True,
)
delay_at = record_view(DELAY)


def line_size(delay: int) -> int:
    """Floats a channel that a delay of so many samples needs. [main]"""
    return 1 << (int(delay) + MAX_FRAMES).bit_length() if delay else 0


def new_line(channels: int, delay: int) -> np.ndarray:
    """Memory of a line, float32 (channels * size,). [main]"""
    return aligned(channels * line_size(delay))


@audio
def smooth(share):
    """The way from 0 to 1 that starts and ends level: a crossfade of it adds no slope of its own where one side is alone."""
    return share * share * (np.float32(3.0) - np.float32(2.0) * share)


@audio
def carry_over(delay, channels, line, size):
    """Go on in a longer line."""
    if size <= delay.size:
        return
    former = delay.size
    for channel in range(channels):
        target = f32_view(line + 4 * size * channel, size)
        if former > 0:
            source = f32_view(delay.line + 4 * former * channel, former)
            for i in range(1, former + 1):
                target[(delay.at - i) & (size - 1)] = source[(delay.at - i) & (former - 1)]
    delay.age = min(delay.age, former)
    delay.line = line
    delay.size = size


@audio
def steer(delay, wanted):
    """Begin the way to another delay, once its line has the past it needs."""
    if delay.faded < 0 and wanted != delay.now and wanted < delay.size and delay.age >= wanted:
        delay.next = wanted
        delay.faded = 0


@audio
def put(delay, channel, source, frames):
    """Write one channel of this quantum."""
    size, at = delay.size, delay.at
    line = f32_view(delay.line + 4 * size * channel, size)
    for i in range(frames):
        line[(at + i) & (size - 1)] = source[i]


@audio
def take(delay, channel, target, frames):
    """Read one channel of this quantum, delayed."""
    size, at, now = delay.size, delay.at, delay.now
    line = f32_view(delay.line + 4 * size * channel, size)
    if delay.faded < 0:
        for i in range(frames):
            target[i] = line[(at + i - now) & (size - 1)]
        return
    following = delay.next
    for i in range(frames):
        share = smooth(min(np.float32(1.0), np.float32(delay.faded + i) * np.float32(1.0 / FADE_FRAMES)))
        old = line[(at + i - now) & (size - 1)]
        target[i] = old + share * (line[(at + i - following) & (size - 1)] - old)


@audio
def move_on(delay, frames):
    """The quantum is over for all channels."""
    if delay.size == 0:
        return
    delay.at = (delay.at + frames) & (delay.size - 1)
    delay.age += frames
    if delay.faded >= 0:
        delay.faded += frames
        if delay.faded >= FADE_FRAMES:
            delay.now = delay.next
            delay.faded = -1
