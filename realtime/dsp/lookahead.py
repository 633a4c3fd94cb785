"""Lookahead peak limiter for a stereo pair, also the engine's master limiter: never above its ceiling; [audio].

The gain is a sliding maximum of the attenuation asked for (by doubling windows: branch-free, the same cost every
quantum), released exponentially, then smoothed by two boxes as long as the lookahead, so that it has fallen in full
when the peak comes out (after Hämäläinen, "Smoothing of the control signal without clipped output in digital peak
limiters", DAFx 2002).
The boxes run in whole numbers: no drift, and exactly unity gain when nothing is limited.
"""

import numpy as np

from realtime.dsp.delay_line import write_ring
from realtime.native.jit import audio
from realtime.native.memory import f32_view, i32_view, i64_view

LIMITER = np.dtype(
    [
        ("at", "i8"),  # write position in all rings
        ("lookahead", "i8"),  # samples of delay
        ("size", "i8"),  # of each ring
        ("box_a", "i8"),  # lengths of the smoothing boxes
        ("box_b", "i8"),
        ("sum_a", "i8"),
        ("sum_b", "i8"),
        ("attenuation", "f4"),  # after release, 0 = none, 1 = silence
        ("sustained", "f4"),  # slow mean of it: the level the fast release returns to
        ("gain", "f4"),  # smallest gain of the last quantum, for meters
    ],
    align=True,
)
"""State of one limiter: fill with `prepare_limiter`, zeroed memory of `limiter_heap` floats beside it."""

_QUANTUM = 64
_GUARD = _QUANTUM + 16  # a quantum and the true-peak interpolator
_ONE = np.float32(1.0)
_SCALE = 1 << 24
_TRUE_PEAK_DELAY = 6  # half the interpolator's length
_NOTHING = np.float32(1e-7)


def _interpolator() -> np.ndarray:
    """Three Kaiser-windowed sinc phases of 12 taps: the points 1/4, 2/4, 3/4 between samples, within 0.1 dB to 0.42
    fs."""
    taps = np.arange(12)[None, :] - 5.5 + np.array([0.25, 0.0, -0.25])[:, None]
    window = np.i0(4.0 * np.sqrt(np.maximum(0.0, 1.0 - (taps / 6.5) ** 2))) / np.i0(4.0)
    phases = np.sinc(taps) * window
    return (phases / phases.sum(axis=1, keepdims=True)).astype(np.float32)


_PHASES = tuple(tuple(np.float32(tap) for tap in phase) for phase in _interpolator())


def limiter_lookahead(sample_rate: float, lookahead_s: float = 0.002) -> int:
    """Delay in samples of a limiter with that lookahead (0.001..0.005 s). [main]"""
    return round(min(0.005, max(0.001, lookahead_s)) * sample_rate)


def _ring_size(lookahead: int) -> int:
    return 1 << (lookahead + _QUANTUM + 16 - 1).bit_length()


def limiter_heap(sample_rate: float, lookahead_s: float = 0.002) -> int:
    """Floats of zeroed memory, 64-byte aligned, that `limit_stereo` needs. [main]"""
    size = _ring_size(limiter_lookahead(sample_rate, lookahead_s))
    # left and right with guards, attenuation (mirrored whole), int32 and int64 histories, two work windows, three
    # quanta
    return 2 * (size + _GUARD) + 2 * size + size + 2 * size + 2 * size + 3 * _QUANTUM


def prepare_limiter(state, sample_rate: float, lookahead_s: float = 0.002) -> None:
    """Fill a LIMITER record for that sample rate. [main]"""
    lookahead = limiter_lookahead(sample_rate, lookahead_s)
    smoothing = lookahead - _TRUE_PEAK_DELAY
    state["lookahead"], state["size"] = lookahead, _ring_size(lookahead)
    state["box_a"], state["box_b"] = smoothing // 2 + 1, smoothing - smoothing // 2 + 1
    state["gain"] = 1.0


@audio
def _between(past, k, phase):
    """One interpolated point between the middle ones of past[k .. k + 11]."""
    return (
        phase[0] * past[k] + phase[1] * past[k + 1] + phase[2] * past[k + 2] + phase[3] * past[k + 3]
        + phase[4] * past[k + 4] + phase[5] * past[k + 5] + phase[6] * past[k + 6] + phase[7] * past[k + 7]
        + phase[8] * past[k + 8] + phase[9] * past[k + 9] + phase[10] * past[k + 10] + phase[11] * past[k + 11]
    )  # fmt: skip


@audio
def _raise_to_true_peak(peaks, ring, size, at, frames):
    """peaks[t] = max(peaks[t], the three points between the samples 6 and 5 back)."""
    start = (at - 11) & (size - 1)
    past = ring[start : start + frames + 11]
    for t in range(frames):
        a = abs(_between(past, t, _PHASES[0]))
        b = abs(_between(past, t, _PHASES[1]))
        c = abs(_between(past, t, _PHASES[2]))
        peaks[t] = max(peaks[t], max(a, max(b, c)))


@audio
def _sliding_maximum(source, first, window, work_a, work_b, target, frames):
    """target[t] = max(source[first + t : first + t + window]) by windows of 1, 2, 4 … samples."""
    length = frames + window - 1
    past = source[first : first + length]
    for i in range(length):
        work_a[i] = past[i]
    width = 1
    while 2 * width <= window:
        length -= width
        ahead = work_a[width : width + length]
        for i in range(length):
            work_b[i] = max(work_a[i], ahead[i])
        work_a, work_b = work_b, work_a
        width *= 2
    ahead = work_a[window - width : window - width + frames]
    for t in range(frames):
        target[t] = max(work_a[t], ahead[t])


@audio
def _release(held, state, release, sustain, adaptive, frames):
    """Let the attenuation in `held` fall exponentially, to what is asked for all the time while there is such."""
    attenuation, sustained = state.attenuation, state.sustained
    keep = _ONE - release
    for t in range(frames):
        level = held[t]
        sustained += sustain * (level - sustained)
        attenuation = max(level, attenuation * keep + release * min(adaptive * sustained, attenuation))
        attenuation = attenuation if attenuation > _NOTHING else np.float32(0.0)
        held[t] = attenuation
    state.attenuation, state.sustained = attenuation, sustained


@audio
def _smooth(held, levels, gains, boxed, boxed_twice, state, at, mask, frames):
    """gains[t] = 1 - the attenuation in `held` after both boxes, in whole numbers."""
    box_a, box_b, sum_a, sum_b = state.box_a, state.box_b, state.sum_a, state.sum_b
    to_gain = np.float32(1.0 / (_SCALE * box_a * box_b))
    for t in range(frames):
        levels[t] = np.int32(np.ceil(held[t] * np.float32(_SCALE)))  # rounding up: never too little
    for t in range(frames):
        i = (at + t) & mask
        level_a = levels[t]
        sum_a += np.int64(level_a) - np.int64(boxed[(i - box_a) & mask])
        boxed[i] = level_a
        sum_b += sum_a - boxed_twice[(i - box_b) & mask]
        boxed_twice[i] = sum_a
        gains[t] = _ONE - np.float32(sum_b) * to_gain
    state.sum_a, state.sum_b = sum_a, sum_b


@audio
def limit_stereo(
    left, right, left_out, right_out, frames, state, heap, ceiling, d_ceiling, release, sustain, adaptive, true_peak
):
    """Limit one quantum (1..64 frames); outputs may be the inputs. The output is the input `lookahead` samples ago.

    left, right, left_out, right_out: float32[frames]. state: LIMITER record. heap: address of `limiter_heap` floats.
    ceiling, d_ceiling: amplitude at sample 0 and step per sample. release: `one_pole(release_s, rate)`; sustain: the
    same for the slow stage (10 times as long is usual). adaptive: 0..1, how much of sustained limiting the slow stage
    holds, so that dense music does not pump. true_peak: nonzero also looks between the samples.
    NaN comes out as silence; no other input, infinities included, comes out above the ceiling.
    """
    size, at, lookahead = state.size, state.at, state.lookahead
    mask = size - 1
    ring_floats = size + _GUARD
    ring_left = f32_view(heap, ring_floats)
    ring_right = f32_view(heap + 4 * ring_floats, ring_floats)
    base = heap + 8 * ring_floats
    asked = f32_view(base, 2 * size)
    boxed = i32_view(base + 8 * size, size)
    boxed_twice = i64_view(base + 12 * size, size)
    work_a = f32_view(base + 20 * size, size)
    work_b = f32_view(base + 24 * size, size)
    base += 28 * size
    peaks = f32_view(base, _QUANTUM)
    held = f32_view(base + 4 * _QUANTUM, _QUANTUM)
    gains = f32_view(base + 8 * _QUANTUM, _QUANTUM)

    write_ring(ring_left, size, _GUARD, at, left, frames)
    write_ring(ring_right, size, _GUARD, at, right, frames)
    for t in range(frames):
        peaks[t] = max(abs(left[t]), abs(right[t]))
    if true_peak != 0:
        _raise_to_true_peak(peaks, ring_left, size, at, frames)
        _raise_to_true_peak(peaks, ring_right, size, at, frames)
    for t in range(frames):
        top = ceiling + d_ceiling * np.float32(t)
        # NaN compares false: it asks for nothing and poisons nothing.
        peaks[t] = _ONE - top / peaks[t] if peaks[t] > top else np.float32(0.0)
    write_ring(asked, size, size, at, peaks, frames)
    _sliding_maximum(asked, (at - lookahead) & mask, lookahead + 1, work_a, work_b, held, frames)

    _release(held, state, release, sustain, adaptive, frames)
    _smooth(held, i32_view(base, _QUANTUM), gains, boxed, boxed_twice, state, at, mask, frames)

    start = (at - lookahead) & mask
    past_left, past_right = ring_left[start : start + frames], ring_right[start : start + frames]
    least = _ONE
    for t in range(frames):
        top = ceiling + d_ceiling * np.float32(t)
        gain = gains[t]
        least = min(least, gain)
        l = past_left[t] * gain  # noqa: E741
        r = past_right[t] * gain
        l = min(max(l, -top), top)  # noqa: E741
        r = min(max(r, -top), top)
        left_out[t] = l if l == l else np.float32(0.0)
        right_out[t] = r if r == r else np.float32(0.0)
    state.gain = least
    state.at = (at + frames) & mask
