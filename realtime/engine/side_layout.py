"""The records of what sounds beside the scene, click and backing track; [main] makes them, [audio] uses them."""

from __future__ import annotations

import numpy as np

from realtime.native.memory import record_view

MOST_SEGMENTS = 64

SIDE = np.dtype(
    [
        # written by [main]
        ("click_on", "i8"),
        ("click_pair", "i8"),  # index of its first output channel
        ("click_gain", "f8"),
        ("accents", "i8"),  # bit n: a group of the bar begins at its unit n
        ("wanted", "i8"),  # atomic: address of the BACKING that shall play, 0 = none
        # written by the callback
        ("backing", "i8"),  # atomic: address of the one that plays
        ("expected_beat", "f8"),  # where the transport stands if nobody moves it
        ("moved", "i8"),  # 1: somebody has
        ("used", "i8"),  # 1: there is something in the mix this quantum
        ("phase", "f8"),  # of the click's tone
        ("step", "f8"),
        ("level", "f8"),
    ],
    align=True,
)

BACKING = np.dtype(
    [
        # written by [main] before it is handed over, gain and pair also later
        ("samples", "i8"),  # float32[2][frames], at the engine's rate
        ("frames", "i8"),
        ("pair", "i8"),
        ("gain", "f8"),
        ("n_segments", "i8"),  # stretches of one tempo: beat and second at which each begins, seconds a beat
        ("beats", "f8", (MOST_SEGMENTS,)),
        ("seconds", "f8", (MOST_SEGMENTS,)),
        ("pace_s", "f8", (MOST_SEGMENTS,)),
        # written by the callback
        ("position", "i8"),  # frame it plays next
        ("former", "i8"),  # frame that the stretch before a jump plays next
        ("cross", "f8"),  # 0..1: how far it has come from the one to the other
        ("pending", "i8"),  # 1: a jump waits until the fade before it is over
        ("fade", "f8"),  # 0..1: of starting and stopping
        ("level", "f8"),  # the gain that is heard
        ("running", "i8"),
        ("ended", "i8"),  # 1: played to its end
    ],
    align=True,
)
"""A recording in step with the transport."""

side_at = record_view(SIDE)
backing_at = record_view(BACKING)
