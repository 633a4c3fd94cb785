"""Draws a sound file: waveform of both sides above a spectrogram on a logarithmic frequency axis; [main].

python -m realtime.session.pictures sound.wav sound.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from realtime.native.errors import AntiphonError

FLOOR_DB, TOP_DB = -110.0, -20.0
LOWEST_HZ = 25.0
_WINDOW = 4096


def spectrogram_db(sound: np.ndarray, sample_rate: float, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Level of a mono sound: (frequencies in Hz, dB array (frequencies, frames)); a full-scale sine is 0 dB."""
    window = np.hanning(_WINDOW + 1)[:-1]
    padded = np.pad(sound.astype(np.float64), (_WINDOW // 2, _WINDOW))
    starts = np.arange(0, len(sound) + 1, hop)
    frames = np.stack([padded[start : start + _WINDOW] * window for start in starts])
    level = 2.0 * np.abs(np.fft.rfft(frames, axis=1)) / window.sum()
    return np.fft.rfftfreq(_WINDOW, 1.0 / sample_rate), 20.0 * np.log10(np.maximum(level.T, 1e-8))


def draw(sound: np.ndarray, sample_rate: float, path: str | Path, title: str = "") -> None:
    """Write a PNG of float32 (channels, n); the sides are green and violet, dotted lines mark ±6 dBFS."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise AntiphonError("pictures need matplotlib: pip install matplotlib") from None
    seconds = sound.shape[1] / sample_rate
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    wave, spectrum = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    step = max(1, sound.shape[1] // 6000)
    whole = sound.shape[1] // step * step
    at = np.arange(whole // step) * step / sample_rate
    for side, colour in zip(sound[:2], ("tab:green", "tab:purple"), strict=False):
        blocks = side[:whole].reshape(-1, step)
        wave.fill_between(at, blocks.min(axis=1), blocks.max(axis=1), color=colour, alpha=0.5, linewidth=0.3)
    for level in (-0.5, 0.5):
        wave.axhline(level, color="grey", linestyle=":", linewidth=0.7)
    peak_db = 20.0 * np.log10(max(1e-9, float(np.abs(sound).max(initial=0.0))))
    wave.set(ylim=(-1, 1), ylabel="level", title=f"{title}  peak {peak_db:.1f} dBFS, {seconds:.1f} s")
    frequencies, level_db = spectrogram_db(sound[:2].mean(axis=0), sample_rate, hop=max(256, sound.shape[1] // 1600))
    rows = np.searchsorted(frequencies, np.geomspace(LOWEST_HZ, sample_rate / 2.01, 500)).clip(1, len(frequencies) - 1)
    spectrum.pcolormesh(
        np.linspace(0.0, seconds, level_db.shape[1] + 1),
        np.geomspace(LOWEST_HZ, sample_rate / 2.01, len(rows) + 1),
        level_db[rows],
        vmin=FLOOR_DB,
        vmax=TOP_DB,
        cmap="magma",
        rasterized=True,
    )
    spectrum.set(yscale="log", xlabel="s", ylabel="Hz", xlim=(0, seconds))
    figure.savefig(str(path), dpi=75)


def main() -> None:
    from realtime.music.sound_file import read_sound

    if len(sys.argv) != 3:
        raise SystemExit("python -m realtime.session.pictures sound.wav sound.png")
    try:
        sound = read_sound(sys.argv[1])
        draw(sound.samples, sound.rate_hz, sys.argv[2], Path(sys.argv[1]).stem)
    except AntiphonError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
