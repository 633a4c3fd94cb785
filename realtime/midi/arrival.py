"""When a message really came: the port's own timing laid over the monotonic clock; [MIDI thread].

A polled port is read late by as much as the interpreter was busy, but it tells the time between its messages as the
backend saw it. The sum of those times runs beside our clock at a distance; the smallest distance seen is the true one
(the minimum filter of NTP: Mills, RFC 5905, section 10), because reading late only ever adds to it.
"""

from __future__ import annotations

LEAK_NS_PER_S = 200_000
"""How fast the distance may grow: the two clocks drift apart by less than this."""
LOST_NS = 200_000_000
"""A message this old was not waiting for us: the port lost some, and with them the time between."""


class ArrivalClock:
    """One port's clock. `stamp` never returns a time in the future, nor one before the last."""

    def __init__(self) -> None:
        self._port_ns = 0
        self._distance_ns: int | None = None
        self._checked_ns = 0
        self._last_ns = 0

    def stamp(self, delta_s: float, now_ns: int) -> int:
        """Arrival time of a message read at now_ns, delta_s seconds (by the port's clock) after the one before."""
        self._port_ns += round(delta_s * 1e9)
        distance = now_ns - self._port_ns
        if self._distance_ns is None or distance - self._distance_ns > LOST_NS:
            self._distance_ns = distance
        else:
            leak = (now_ns - self._checked_ns) * LEAK_NS_PER_S // 1_000_000_000
            self._distance_ns = min(distance, self._distance_ns + leak)
        self._checked_ns = now_ns
        self._last_ns = min(now_ns, max(self._last_ns, self._port_ns + self._distance_ns))
        return self._last_ns
