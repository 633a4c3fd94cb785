"""Note lengths and modulation phases locked to the transport; tables on [any], functions on [audio]."""

import numpy as np

from realtime.contract.block import transport
from realtime.native.jit import audio

_NOTES = (
    ("1/64", 0.0625), ("1/32", 0.125), ("1/16T", 1 / 6), ("1/16", 0.25), ("1/8T", 1 / 3), ("1/16D", 0.375),
    ("1/8", 0.5), ("1/4T", 2 / 3), ("1/8D", 0.75), ("1/4", 1.0), ("1/2T", 4 / 3), ("1/4D", 1.5),
    ("1/2", 2.0), ("1/2D", 3.0), ("1/1", 4.0), ("2/1", 8.0), ("4/1", 16.0),
)  # fmt: skip
SYNC_LABELS = ("free", *(name for name, _ in _NOTES))
"""Labels of a `sync` parameter: free running, then note lengths (T triplet, D dotted)."""
SYNC_BEATS = (0.0, *(beats for _, beats in _NOTES))
"""Quarter notes of each label; 0 = free."""


@audio
def cycle_phase(block, phase, rate_hz, beats):
    """Phase of a cyclic modulation: (phase at sample 0, step per sample), in turns, float64.

    beats: quarter notes of one cycle, or 0 for rate_hz. With the transport playing, the phase is drawn to the song
    position by a tenth of the distance every quantum: a jump in the song bends the modulation but never breaks it.
    """
    if beats <= 0.0:
        return phase, rate_hz / block.sample_rate
    clock = transport(block)
    step = clock.beats_per_sample / beats
    if clock.playing != 0:
        there = clock.beat / beats
        distance = there - phase
        distance -= np.floor(distance + 0.5)
        step += (distance if abs(distance) < 1e-4 else 0.1 * distance) / block.frames
    return phase, step


@audio
def span(block, beats):
    """Samples that a note value lasts at the tempo: not at the pace of this quantum, which may be led to a clock's tick."""
    return beats * 60.0 * block.sample_rate / transport(block).tempo_bpm


@audio
def wrap(phase):
    """Phase within 0..1."""
    return phase - np.floor(phase)
