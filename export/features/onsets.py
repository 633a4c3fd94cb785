"""Where a sound begins anew and what beat it keeps: onset strength, onsets, tempo, beats; [workshop] (Böck and Widmer
2013; Ellis, Beat Tracking by Dynamic Programming 2007)."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from export.features.feature import Feature, by_name, number
from export.features.sound import Sound, librosa

# finer than the spectra's: 5.8 ms
ONSET_HOP = 128
ONSET_FRAME = 1024
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
LIKELIEST_BPM, SPREAD_OCTAVES = 120.0, 0.9
TIGHTNESS = 100.0
RANGE_DB = 50.0
# the window's edge meets an attack before its middle does: measured with clicks
LATE_FRAMES = 1.2


def onset_strength(sound: Sound) -> Feature:
    """Rise of the level in 40 mel bands against three frames before, a vibrato's slide being let pass (SuperFlux); in
    dB, mean over bands; (frames,) at a hop of 5.8 ms."""
    module = librosa()
    magnitude = np.abs(module.stft(sound.samples, n_fft=ONSET_FRAME, hop_length=ONSET_HOP)) * (4.0 / ONSET_FRAME)
    weights = module.filters.mel(sr=sound.rate_hz, n_fft=ONSET_FRAME, n_mels=40, norm=None)
    level = 10.0 * np.log10(np.maximum(weights @ magnitude**2, 1e-8))
    # a hiss that sets in is no onset
    level = np.maximum(level, level.max() - RANGE_DB)
    reference = maximum_filter1d(level, 3, axis=0)
    strength = np.zeros(level.shape[1])
    strength[3:] = np.maximum(level[:, 3:] - reference[:, :-3], 0.0).mean(axis=0)
    return Feature("onset_strength", strength, "dB", sound.times_s(len(strength), ONSET_HOP))


def onset_times(sound: Sound, strength: Feature | None = None, least_db: float = 1.5) -> Feature:
    """Times in seconds of the peaks of onset strength: highest within 30 ms, above the mean of 0.2 s around by
    `least_db`, 50 ms apart at least."""
    strength = strength or onset_strength(sound)
    values = strength.values
    rate = sound.rate_hz / ONSET_HOP
    highest = maximum_filter1d(values, 2 * round(0.03 * rate) + 1)
    around = uniform_filter1d(values, 2 * round(0.1 * rate) + 1)
    candidates = np.flatnonzero((values == highest) & (values > around + least_db))
    chosen: list[int] = []
    for i in candidates:
        if not chosen or i - chosen[-1] >= 0.05 * rate:
            chosen.append(int(i))
    times = (np.array(chosen, dtype=np.float64) + LATE_FRAMES) / rate
    return Feature("onset_times", times, "s")


def beat(sound: Sound, strength: Feature | None = None) -> dict[str, Feature]:
    """tempo (beats a minute) and beats (times in seconds): the period by autocorrelation of the onset strength under
    a preference for 120, the beats by dynamic programming, the tempo then from the beats. Both are empty where there
    are fewer than three beats."""
    strength = strength or onset_strength(sound)
    envelope = gaussian_filter1d(strength.values, 2.0)
    rate = sound.rate_hz / ONSET_HOP
    if envelope.max(initial=0.0) < 1e-6 or len(envelope) < 3 * 60.0 / FASTEST_BPM * rate:
        return by_name([number("tempo", None, "1/min"), Feature("beats", np.zeros(0), "s")])
    envelope = envelope / envelope.std()
    period = _period(envelope, rate)
    frames = _track(envelope, period)
    if len(frames) < 3:
        return by_name([number("tempo", None, "1/min"), Feature("beats", np.zeros(0), "s")])
    times = (_refined(envelope, frames) + LATE_FRAMES) / rate
    slope = np.polyfit(np.arange(len(times)), times, 1)[0]
    return by_name([number("tempo", 60.0 / slope, "1/min"), Feature("beats", times, "s")])


def _period(envelope: np.ndarray, rate: float) -> float:
    """Frames a beat, between the slowest and fastest tempo."""
    centred = envelope - envelope.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: len(centred)]
    # short of overlap, long lags would look weak
    correlation = correlation / np.maximum(len(centred) - np.arange(len(centred)), len(centred) // 4)
    lags = np.arange(max(2, int(60.0 * rate / FASTEST_BPM)), min(len(centred) - 1, int(60.0 * rate / SLOWEST_BPM) + 1))
    bpm = 60.0 * rate / lags
    preference = np.exp(-0.5 * (np.log2(bpm / LIKELIEST_BPM) / SPREAD_OCTAVES) ** 2)
    best = int(np.argmax(correlation[lags] * preference))
    lag = int(lags[best])
    left, middle, right = correlation[lag - 1], correlation[lag], correlation[lag + 1]
    if not left <= middle >= right:
        return float(lag)  # at the slowest or fastest tempo: no peak to refine
    bend = left - 2 * middle + right
    return lag + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _track(envelope: np.ndarray, period: float) -> np.ndarray:
    """Frames of the beats: the path of greatest onset strength whose steps stay near the period (Ellis 2007)."""
    local = gaussian_filter1d(envelope, period / 32.0)
    steps = np.arange(-round(2 * period), -max(1, round(period / 2)) + 1)
    cost = -TIGHTNESS * np.log(-steps / period) ** 2
    score, back = local.copy(), np.full(len(local), -1)
    for i in range(-int(steps[-1]), len(local)):
        first = max(0, -(i + int(steps[0])))
        through = score[i + steps[first:]] + cost[first:]
        best = int(np.argmax(through))
        if through[best] > 0:
            score[i] = local[i] + through[best]
            back[i] = i + steps[first + best]
    last = len(score) - 1 - int(np.argmax(score[::-1][: max(1, round(period * 1.5))]))
    path = [last]
    while back[path[-1]] >= 0:
        path.append(int(back[path[-1]]))
    frames = np.array(path[::-1])
    # what was guessed into the silence before and after the music is no beat
    strong = local[frames] > 0.25 * np.median(local[frames][local[frames] > 0]) if (local[frames] > 0).any() else []
    kept = np.flatnonzero(strong)
    return frames[kept[0] : kept[-1] + 1] if len(kept) else frames[:0]


def _refined(envelope: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Peak of the strength within two frames of each beat, between frames by a parabola."""
    refined = frames.astype(np.float64)
    for k, i in enumerate(frames):
        low, high = max(1, i - 4), min(len(envelope) - 1, i + 5)
        if high <= low:
            continue
        peak = low + int(np.argmax(envelope[low:high]))
        left, middle, right = envelope[peak - 1 : peak + 2] if peak + 1 < len(envelope) else (0.0, 0.0, 0.0)
        bend = left - 2 * middle + right
        refined[k] = peak + (0.5 * (left - right) / bend if bend < -1e-9 else 0.0)
    return refined
