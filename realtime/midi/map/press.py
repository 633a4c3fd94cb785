"""What a hand means by a button: a press, a short, a long, a double one; [map thread].

Nothing waits longer than the other meanings of the same button ask for: short alone is at once, beside long it comes with
the release, beside double once it is too late for a second press.
"""

from __future__ import annotations

from collections.abc import Collection

PRESSES = ("any", "short", "long", "double")
LONG_S = 0.5
DOUBLE_S = 0.3
NEVER = float("inf")


class Button:
    """wanted: the meanings that something listens for. All calls take the time in seconds and return the meanings."""

    def __init__(self, wanted: Collection[str]):
        self.wanted = frozenset(wanted)
        self._down_s: float | None = None
        self._pending_s: float | None = None
        self._done = False

    def down(self, now: float) -> list[str]:
        """The button goes down; `any` is always meant, and comes first."""
        found = ["any"]
        self._down_s, self._done = now, False
        if self._pending_s is not None and now - self._pending_s <= DOUBLE_S:
            self._pending_s, self._done = None, True
            return [*found, "double"]
        if not self.wanted & {"long", "double"}:
            self._done = True
            found.append("short")
        return found

    def up(self, now: float) -> list[str]:
        """It comes up."""
        found = self.tick(now)
        began, self._down_s = self._down_s, None
        if began is None or self._done:
            return found
        self._done = True
        if "double" in self.wanted:
            self._pending_s = began
            return [*found, *self.tick(now)]
        return [*found, "short"]

    def tick(self, now: float) -> list[str]:
        """Time goes by."""
        found = []
        if self._down_s is not None and not self._done and now - self._down_s >= LONG_S and "long" in self.wanted:
            self._done = True
            found.append("long")
        if self._pending_s is not None and self._down_s is None and now - self._pending_s > DOUBLE_S:
            self._pending_s = None
            found.append("short")
        return found

    @property
    def waits(self) -> bool:
        """Whether `tick` may mean something."""
        return self._pending_s is not None or (self._down_s is not None and not self._done)
