"""Click, count-in and backing track as the main thread holds them; setters may be called by [any but audio]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from realtime.contract.limits import SILENT_DB
from realtime.engine.engine_memory import EngineMemory
from realtime.engine.side_layout import BACKING, MOST_SEGMENTS, SIDE
from realtime.native.atomics import load_acquire, store_release
from realtime.native.jit import audio
from realtime.native.memory import aligned, field_offset
from realtime.native.quiesce import Quiesce

_WANTED, _BACKING = field_offset(SIDE, "wanted"), field_offset(SIDE, "backing")


@audio
def _load(address):
    return load_acquire(address)


@audio
def _store(address, value):
    store_release(address, value)


def amplitude(level_db: float) -> float:
    """A level at its bottom is silence."""
    return 0.0 if level_db <= SILENT_DB else float(10.0 ** (level_db / 20.0))


class BackingTrack:
    """samples: float32 (2, frames) at the engine's rate. tempi: (beat at which it begins, beats a minute) of the song's
    stretches, the first at beat 0; output: first channel of the pair it leaves by, 1, 3, 5 or 7."""

    def __init__(
        self, samples: np.ndarray, sample_rate: float, tempi: Sequence[tuple[float, float]], level_db: float = 0.0,
        output: int = 1,
    ):  # fmt: skip
        self.samples = np.ascontiguousarray(samples, np.float32)
        self.sample_rate = sample_rate
        self.record = r = aligned(1, BACKING)
        r["samples"], r["frames"] = self.samples.ctypes.data, self.samples.shape[1]
        r["n_segments"] = min(MOST_SEGMENTS, len(tempi))
        second = 0.0
        for row, (beat, tempo_bpm) in enumerate(tempi[:MOST_SEGMENTS]):
            if row:
                second += (beat - tempi[row - 1][0]) * 60.0 / tempi[row - 1][1]
            r["beats"][0, row], r["seconds"][0, row], r["pace_s"][0, row] = beat, second, 60.0 / tempo_bpm
        r["cross"] = 1.0
        self.set(level_db, output)

    def set(self, level_db: float, output: int) -> None:
        """Level and way out, also while it plays."""
        self.record["gain"], self.record["pair"] = amplitude(level_db), output - 1

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.samples.shape[1] / self.sample_rate

    @property
    def position_s(self) -> float:
        """Where it plays."""
        return float(self.record["position"][0]) / self.sample_rate

    @property
    def running(self) -> bool:
        """Whether it sounds now."""
        return bool(self.record["running"][0])

    @property
    def ended(self) -> bool:
        """Whether it has played to its end."""
        return bool(self.record["ended"][0])


class Beside:
    """What sounds beside the scene."""

    def __init__(self, memory: EngineMemory, quiesce: Quiesce):
        self._engine, self._side, self._quiesce = memory.record, memory.arrays["side"], quiesce
        self._at = self._side.ctypes.data
        self._tracks: dict[int, BackingTrack] = {}

    def set_click(self, on: bool, level_db: float, output: int) -> None:
        """The metronome while the transport plays; the count-in sounds in any case. output: 1, 3, 5 or 7."""
        self._side["click_gain"], self._side["click_pair"] = amplitude(level_db), output - 1
        self._side["click_on"] = int(on)

    def set_accents(self, groups: Sequence[int]) -> None:
        """Groups of the bar in units of its metre, as 2 + 2 + 3 of 7/8."""
        starts = np.cumsum([0, *groups])[:-1]
        self._side["accents"] = sum(1 << int(start) for start in starts if start < 62)

    def set_count_in(self, bars: int) -> None:
        """Bars of clicks before the transport starts."""
        self._engine["count_in"] = bars

    @property
    def counting(self) -> bool:
        """Whether a count-in runs."""
        return bool(self._engine["counting"][0])

    def play(self, track: BackingTrack | None) -> None:
        """Let a recording run with the transport, in place of the one before, which fades. [main]"""
        if track is not None:
            self._tracks[track.record.ctypes.data] = track
        _store(self._at + _WANTED, 0 if track is None else track.record.ctypes.data)

    def collect(self) -> int:
        """Free the recordings that the callback has let go of; returns how many it may still use. [main]"""
        used = {int(_load(self._at + _WANTED)), int(_load(self._at + _BACKING))}
        for address in [address for address in self._tracks if address not in used]:
            self._quiesce.retire(self._tracks.pop(address))
        return len(self._tracks)
