"""The built-in piece for a first start, so that it is never silent: calls, with room for answers; a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# (beat, duration in beats, key, velocity): a call of two bars, two bars' rest for the answer, and again, varied
CALLS: tuple[tuple[float, float, int, int], ...] = (
    (0.0, 1.0, 62, 92), (1.0, 0.5, 65, 78), (1.5, 0.5, 69, 84), (2.0, 1.5, 74, 100), (3.5, 0.5, 72, 76),
    (4.0, 1.0, 69, 88), (5.0, 0.5, 67, 72), (5.5, 0.5, 65, 74), (6.0, 1.5, 64, 84),
    (16.0, 0.5, 69, 88), (16.5, 0.5, 72, 80), (17.0, 1.0, 74, 94), (18.0, 0.5, 77, 98), (18.5, 0.5, 76, 84),
    (19.0, 1.0, 72, 86), (20.0, 0.5, 70, 80), (20.5, 0.5, 69, 76), (21.0, 1.0, 67, 82), (22.0, 1.75, 62, 90),
)  # fmt: skip
LENGTH_BEATS = 32.0

Send = Callable[[int, int, int], object]


def messages(tempo_bpm: float = 120.0) -> list[tuple[float, int, int, int]]:
    """The piece as (seconds, status, key, velocity), in order."""
    beat_s = 60.0 / tempo_bpm
    rows = []
    for beat, duration, key, velocity in CALLS:
        rows.append((beat * beat_s, 0x90, key, velocity))
        rows.append(((beat + duration * 0.95) * beat_s, 0x80, key, 64))
    return sorted(rows)


class Demo:
    """Plays the piece again and again through `send(status, key, velocity)` until stopped."""

    def __init__(self, send: Send, tempo_bpm: float):
        self._send, self._tempo = send, tempo_bpm
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> Demo:
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it, and every note of it."""
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        held: set[int] = set()
        start = time.monotonic() + 0.1
        while not self._stop.is_set():
            for seconds, status, key, velocity in messages(self._tempo):
                if self._stop.wait(max(0.0, start + seconds - time.monotonic())):
                    break
                self._send(status, key, velocity)
                (held.add if status == 0x90 else held.discard)(key)
            else:
                start += LENGTH_BEATS * 60.0 / self._tempo
                continue
            break
        for key in held:
            self._send(0x80, key, 64)
