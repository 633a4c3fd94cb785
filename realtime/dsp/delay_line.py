"""Delay lines in flat memory, written and read a whole quantum at a time so that the copies vectorise; [audio].

A ring has `size` samples (a power of two) and a guard behind its end that repeats its first samples: any window of up
to `guard` samples can then be read as one straight slice, without masking each index. Interpolation: Catmull-Rom cubic
(Smith, Physical Audio Signal Processing, "Interpolated delay lines").
"""

import numpy as np

from realtime.native.jit import audio

GUARD = 72
"""Samples repeated behind the end: a quantum and the four points of an interpolation."""

_HALF, _FIVE_HALVES, _THREE_HALVES = np.float32(0.5), np.float32(2.5), np.float32(1.5)


def ring_size(samples: float) -> int:
    """Smallest power of two that holds a delay of `samples` and a quantum of 64 frames. [main]"""
    return 1 << (int(samples) + GUARD - 1).bit_length()


@audio
def write_ring(ring, size, guard, at, source, frames):
    """Write `frames` samples at position `at` (0..size-1). ring: float32[size + guard]; frames <= guard <= size."""
    first = min(frames, size - at)
    head = ring[at : at + first]
    for i in range(first):
        head[i] = source[i]
    if first < frames:
        rest = source[first:frames]
        for i in range(frames - first):
            ring[i] = rest[i]
    if at < guard or first < frames:
        # The copy behind the end follows whatever was written at the beginning.
        tail = ring[size : size + guard]
        for i in range(guard):
            tail[i] = ring[i]


@audio
def read_ring(ring, size, at, delay, target, frames):
    """Read the quantum that begins `delay` whole samples before position `at`; the guard covers a quantum."""
    start = (at - delay) & (size - 1)
    past = ring[start : start + frames]
    for i in range(frames):
        target[i] = past[i]


@audio
def cubic(before, first, second, after, fraction):
    """Catmull-Rom interpolation between `first` and `second` at fraction 0..1: exact at the samples, smooth slope."""
    c1 = _HALF * (second - before)
    c2 = before - _FIVE_HALVES * first + (second + second) - _HALF * after
    c3 = _HALF * (after - before) + _THREE_HALVES * (first - second)
    return ((c3 * fraction + c2) * fraction + c1) * fraction + first


@audio
def read_modulated(ring, size, at, whole, extra, target, frames):
    """target[i] = the signal whole + extra[i] samples (extra >= 0, the sum >= 2) before position at + i, by cubic
    interpolation.

    The whole part apart keeps the fraction exact for delays of seconds.
    """
    least, most = extra[0], extra[0]
    for i in range(frames):
        least, most = min(least, extra[i]), max(most, extra[i])
    steady = np.int32(least)
    if steady == np.int32(most):
        # A slow sway mostly stays between the same two samples for a whole quantum: straight reads, no gathering.
        start = (at - whole - 2 - steady) & (size - 1)
        past, bias = ring[start : start + frames + 3], np.float32(steady + 1)
        for i in range(frames):
            target[i] = cubic(past[i], past[i + 1], past[i + 2], past[i + 3], bias - extra[i])
        return
    mask = np.int32(size - 1)
    base = np.int32((at - whole - 2) & (size - 1))
    one, two, three = ring[1:], ring[2:], ring[3:]
    for i in range(frames):
        delay = extra[i]
        more = np.int32(delay)
        fraction = np.float32(1.0) - (delay - np.float32(more))
        k = np.uint32(np.int32(base + np.int32(i) - more) & mask)
        target[i] = cubic(ring[k], one[k], two[k], three[k], fraction)


@audio
def read_gliding(ring, size, at, delay, step, target, frames):
    """The same for a delay that moves in a straight line: delay + step * i samples (float64), read in straight runs."""
    done = 0
    while done < frames:
        now = delay + step * done
        whole = int(now)
        rest = now - whole
        count = frames - done
        if step > 0.0:
            count = min(count, int((1.0 - rest) / step) + 1)
        elif step < 0.0:
            count = min(count, int(rest / -step) + 1)
        start = (at + done - whole - 2) & (size - 1)
        past, run = ring[start : start + count + 3], target[done : done + count]
        if rest == 0.0 and step == 0.0:
            for i in range(count):
                run[i] = past[i + 2]
        else:
            first, slope = np.float32(1.0 - rest), np.float32(-step)
            for i in range(count):
                fraction = min(max(first + slope * np.float32(i), np.float32(0.0)), np.float32(1.0))
                run[i] = cubic(past[i], past[i + 1], past[i + 2], past[i + 3], fraction)
        done += count
