"""Effects of other programs for `antiphon bench devices`: alike in kind and settings, called as their users call them; [main].

pedalboard (JUCE, GPL-3.0) is an optional library of the extra 'peers'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from realtime.native.errors import AntiphonError, nearest

Effect = Callable[[np.ndarray, int], Any]
"""Processes float32 (2, n) in buffers of so many frames."""


@dataclass(frozen=True)
class Peer:
    """A library's name and version, and its effects by the name of our device."""

    name: str
    version: str
    effects: dict[str, Callable[[float], Effect]]


def _pedalboard() -> Peer:
    import pedalboard as pb

    def board(*make: Callable[[], Any]) -> Callable[[float], Effect]:
        def at_rate(rate: float) -> Effect:
            chain = pb.Pedalboard([one() for one in make])
            return lambda sound, frames: chain.process(sound, rate, buffer_size=frames, reset=False)

        return at_rate

    return Peer("pedalboard", str(getattr(pb, "__version__", "")), {
        "compressor": board(lambda: pb.Compressor(threshold_db=-18, ratio=4, attack_ms=10, release_ms=150)),
        "limiter": board(lambda: pb.Limiter(threshold_db=-0.3, release_ms=80)),
        "eq": board(lambda: pb.LowShelfFilter(100, 3), lambda: pb.PeakFilter(250, 3), lambda: pb.PeakFilter(1000, 3),
                    lambda: pb.HighShelfFilter(6000, 3)),
        "filter": board(lambda: pb.LadderFilter(pb.LadderFilter.Mode.LPF24, cutoff_hz=2000, resonance=0.2)),
        "chorus": board(lambda: pb.Chorus(rate_hz=0.6, centre_delay_ms=12)),
        "phaser": board(lambda: pb.Phaser(rate_hz=0.35, centre_frequency_hz=800, feedback=0.4)),
        "delay": board(lambda: pb.Delay(delay_seconds=0.375, feedback=0.4)),
        "reverb": board(lambda: pb.Reverb()),
        "saturator": board(lambda: pb.Distortion(drive_db=12)),
    })  # fmt: skip


PEERS: dict[str, Callable[[], Peer | None]] = {"none": lambda: None, "pedalboard": _pedalboard}


def peer(name: str) -> Peer | None:
    """The peer of that name. Raises AntiphonError for an unknown one, ModuleNotFoundError for one not installed."""
    if name not in PEERS:
        raise AntiphonError(f"there is no peer {name!r} to measure; {nearest(name, PEERS)}")
    return PEERS[name]()
