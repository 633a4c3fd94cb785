"""A track's zone on the keyboard and how a hand changes it: its ends, its middle, splits and layers; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ui.state.layout import KEYS, VELOCITIES, Chain

LOW_END, HIGH_END, BODY, SOFT_END, LOUD_END = "low", "high", "body", "soft", "loud"
TRANSPOSE = 48


@dataclass(frozen=True)
class Zone:
    """Keys low..high and velocities soft..loud, all included."""

    low: int = KEYS[0]
    high: int = KEYS[1]
    soft: int = VELOCITIES[0]
    loud: int = VELOCITIES[1]
    transpose: int = 0

    def dragged(self, grip: str, steps: int) -> Zone:
        """The zone after a hand moved `grip` by so many keys (or velocities). A zone keeps at least one of each."""
        if grip == LOW_END:
            return replace(self, low=min(max(self.low + steps, KEYS[0]), self.high))
        if grip == HIGH_END:
            return replace(self, high=max(min(self.high + steps, KEYS[1]), self.low))
        if grip == SOFT_END:
            return replace(self, soft=min(max(self.soft + steps, VELOCITIES[0]), self.loud))
        if grip == LOUD_END:
            return replace(self, loud=max(min(self.loud + steps, VELOCITIES[1]), self.soft))
        steps = min(max(steps, KEYS[0] - self.low), KEYS[1] - self.high)
        return replace(self, low=self.low + steps, high=self.high + steps)

    def plays(self, key: int, velocity: int = 100) -> bool:
        """Whether a note falls into it."""
        return self.low <= key <= self.high and self.soft <= velocity <= self.loud


def of(chain: Chain) -> Zone:
    """The zone of a track."""
    return Zone(*chain.keys, *chain.velocities, chain.transpose)


def change(track: str, before: Zone, after: Zone) -> dict[str, Any] | None:
    """The body of /edit/set_track that makes `after` of `before`; None when nothing changed."""
    body: dict[str, Any] = {"track": track}
    if (before.low, before.high) != (after.low, after.high):
        body["keys"] = [after.low, after.high]
    if (before.soft, before.loud) != (after.soft, after.loud):
        body["velocities"] = [after.soft, after.loud]
    if before.transpose != after.transpose:
        body["transpose"] = min(max(after.transpose, -TRANSPOSE), TRANSPOSE)
    return body if len(body) > 1 else None


def split(lower: Chain, upper: Chain, at: int) -> list[dict[str, Any]]:
    """Bodies of /edit/set_track that split two tracks at a key: `upper` from there on, `lower` below it."""
    at = min(max(at, KEYS[0] + 1), KEYS[1])
    return [{"track": lower.name, "keys": [KEYS[0], at - 1]}, {"track": upper.name, "keys": [at, KEYS[1]]}]


def layer(chain: Chain) -> dict[str, Any]:
    """The body that lets a track play everywhere, over the others."""
    return {"track": chain.name, "keys": list(KEYS), "velocities": list(VELOCITIES)}


def toggled_channel(chain: Chain, channel: int) -> list[int]:
    """A track's channels with one switched: 1..16; [] would hear none, so the last one left means all again."""
    heard = set(chain.channels) or set(range(1, 17))
    heard ^= {channel}
    return sorted(heard) if heard and len(heard) < 16 else list(range(1, 17))
