"""Tempo from taps; no Qt."""

import time

TAPS = 5
PAUSE_S = 2.0


class TapTempo:
    """Tempo from the last few taps; a long pause starts anew."""

    def __init__(self, clock=time.monotonic) -> None:
        self._clock = clock
        self._taps: list[float] = []

    def tap(self) -> float | None:
        """Beats a minute, from the second tap on."""
        now = self._clock()
        if self._taps and now - self._taps[-1] > PAUSE_S:
            self._taps.clear()
        self._taps = [*self._taps, now][-TAPS:]
        if len(self._taps) < 2 or self._taps[-1] <= self._taps[0]:
            return None
        return 60.0 * (len(self._taps) - 1) / (self._taps[-1] - self._taps[0])
