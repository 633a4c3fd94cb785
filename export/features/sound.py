"""A sound file in memory, mono, at the rate that the descriptors work at; [workshop]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from realtime.native.errors import AntiphonError

RATE_HZ = 22050
FRAME = 2048  # 93 ms: two periods of 22 Hz
HOP = 512  # 23 ms
SHORTEST_S = 0.1


@dataclass(frozen=True)
class Sound:
    """samples: mono float32; rate_hz."""

    samples: np.ndarray
    rate_hz: int = RATE_HZ
    name: str = ""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def times_s(self, frames: int, hop: int = HOP) -> np.ndarray:
        """Middles of centred frames."""
        return np.arange(frames) * hop / self.rate_hz


def load_sound(path: str | Path, rate_hz: int = RATE_HZ) -> Sound:
    """Any file that libsndfile reads (WAV, FLAC, Ogg, MP3), channels averaged, resampled by soxr. Raises
    AntiphonError."""
    from realtime.music.sound_file import read_sound

    found = read_sound(path)
    return as_sound(found.samples.T, found.rate_hz, rate_hz, Path(path).name)


def as_sound(samples: np.ndarray, rate_hz: int, to_rate_hz: int = RATE_HZ, name: str = "sound") -> Sound:
    """Samples (frames,) or (frames, channels) as a Sound at `to_rate_hz`. Raises AntiphonError if they are too few or
    not finite."""
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim == 2:
        samples = samples.mean(axis=1)
    if len(samples) < SHORTEST_S * rate_hz:
        raise AntiphonError(f"Sound {name}: shorter than {SHORTEST_S} s; give a longer one.")
    if not np.isfinite(samples).all():
        raise AntiphonError(f"Sound {name}: holds values that are no numbers; export it again.")
    if rate_hz != to_rate_hz:
        import soxr

        samples = soxr.resample(samples, rate_hz, to_rate_hz)
    return Sound(np.ascontiguousarray(samples, dtype=np.float32), to_rate_hz, name)


def librosa():
    """The librosa module. Raises AntiphonError where it is not installed."""
    try:
        import librosa as module
    except ImportError:
        raise AntiphonError(
            "Descriptors of sound need librosa; install it with: pip install 'antiphon[train]'."
        ) from None
    return module
