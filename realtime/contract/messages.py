"""Messages a device sends up to the engine while it runs; pushed on [audio], read on [main] with the next tick.

Each device that `speaks` has a ring of its own, so that devices which run side by side never share a producer.
"""

from __future__ import annotations

import numpy as np

from realtime.native.jit import audio
from realtime.native.memory import record_view
from realtime.native.ring import ring_push

LATENCY, TAIL, MOVED, RESTART = range(1, 5)
"""LATENCY: the device wants to be `value` samples late; it goes over to that when `block.latency` says so, which is when
the rack has been aligned for it. TAIL: its tail is now `value` seconds. MOVED: it has moved parameter `row` to `value`
itself (by its window, a program). RESTART: it must be built anew."""

TOLD = np.dtype([("kind", "i4"), ("row", "i4"), ("value", "f8")], align=True)
ROOM = 16
"""Messages a device may have waiting; one that does not fit is refused, and the device says it again."""

told_at = record_view(TOLD)


@audio
def tell(block, kind, row, value):
    """Send one message up; True if it was taken (False: say it again next time). [audio]"""
    if block.messages == 0:
        return False
    message = told_at(block.scratch)
    message.kind = kind
    message.row = row
    message.value = value
    return ring_push(block.messages, block.scratch)
