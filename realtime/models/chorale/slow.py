"""Slow chorale: one chord a beat as a set of keys, drawn key by key with exact likelihood; [player process]."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np

from realtime.models.net import Net
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN, draw

KEYS, LOWEST, END = 88, 21, 88
BUCKETS, AGES = 8, 16


class SlowMemory:
    """What the slow net is told of the past: last slices, how long the last one has lasted, and what followed the
    longest repeat. `push` a set of MIDI pitches; then `before`, `earlier`, `repeat`, `bucket`, `age` are of the next."""

    def __init__(self) -> None:
        self.sets: list[tuple[int, ...]] = []
        self.before, self.earlier, self.repeat = (np.zeros(KEYS, np.float32) for _ in range(3))
        self.bucket, self.age = 0, 0
        self._lengths = np.zeros(0, np.int64)
        self._codes: list[int] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def push(self, pitches: Iterable[int]) -> None:
        """The next slice. Raises AntiphonError for pitches outside the 88 keys."""
        now = tuple(sorted(set(pitches)))
        if now and not (now[0] >= LOWEST and now[-1] < LOWEST + KEYS):
            raise AntiphonError(f"Slice {now}: pitches are {LOWEST} to {LOWEST + KEYS - 1}, the piano's.")
        self.sets.append(now)
        number = self._numbers.setdefault(now, len(self._numbers))
        lengths = np.zeros(len(self._codes), np.int64)
        lengths[1:] = self._lengths
        lengths = (lengths + 1) * (np.array(self._codes, np.int64) == number)
        self._lengths = lengths
        held = bool(self._codes) and self._codes[-1] == number
        self._codes.append(number)
        self.age = min(self.age + 1, AGES - 1) if held else 1
        self.earlier, self.before = self.before, roll_of(now)
        self.repeat, self.bucket = np.zeros(KEYS, np.float32), 0
        if len(lengths) and lengths.max() > 0:
            place = len(lengths) - 1 - int(np.argmax(lengths[::-1]))
            length = int(lengths[place])
            self.repeat = roll_of(self.sets[place + 1])
            self.bucket = min(length, 4) if length < 6 else 5 if length < 10 else 6 if length < 16 else 7


def roll_of(pitches: Iterable[int]) -> np.ndarray:
    """(88,) float32, 1 where a key sounds."""
    roll = np.zeros(KEYS, np.float32)
    roll[[p - LOWEST for p in pitches]] = 1
    return roll


class SlowChorale:
    """`logits(drawn)` of the next key, `nats(pitches)` of a whole slice, `push` to go on, `next(random)` to draw one.

    name: "slow", chorales by quarter notes, or "tunes", folk tunes and their chords by eighths.
    """

    def __init__(self, package: Package, name: str = "slow"):
        facts = package.extra.get("code", {})
        if f"{name}_most" not in facts:
            raise AntiphonError(
                f"{package.path}: it has no net {name}; export it with out/chorale_{name} beside the run"
            )
        self.most, self.upwards = int(facts[f"{name}_most"]), bool(facts[f"{name}_upwards"])
        self.per_bar, self.per_waltz = int(facts[f"{name}_per_bar"]), int(facts[f"{name}_per_waltz"])
        self.context, self.draw = Net(package, f"{name}_context"), Net(package, f"{name}_draw")
        self.reset()

    def reset(self) -> None:
        """Silence before a piece."""
        self.context.reset()
        self.memory = SlowMemory()
        self._prepare()

    def _prepare(self) -> None:
        m, place = self.memory, len(self.memory.sets)
        inputs, row = self.context.inputs, BUCKETS + AGES
        inputs["slow_before"][0], inputs["slow_earlier"][0], inputs["slow_repeat"][0] = m.before, m.earlier, m.repeat
        bars = row + 4 * self.per_bar
        inputs["slow_small"][0] = (
            m.bucket,
            BUCKETS + m.age,
            row + place % (4 * self.per_bar),
            bars + place % self.per_waltz,
            bars + self.per_waltz + min(place // 4, 31),
        )
        inputs["slow_cursor"][0] = self.context.cursor
        self.draw.inputs["slow_context"][...] = self.context.run()["slow_context_out"]
        self.draw.inputs["slow_before"][0], self.draw.inputs["slow_repeat"][0] = m.before, m.repeat

    def logits(self, drawn: list[int]) -> np.ndarray:
        """(89,) logits of the next key (LOWEST is 0) or END, after the MIDI pitches drawn so far, in drawing order."""
        inputs = self.draw.inputs
        inputs["slow_drawn"][0] = roll_of(drawn)
        inputs["slow_last"][0] = drawn[-1] - LOWEST if drawn else KEYS // 2
        inputs["slow_count"][0] = len(drawn)
        return self.draw.run()["slow_logits"][0]

    def nats(self, pitches: Iterable[int]) -> float:
        """Exact -log p of the next slice being this set; infinite if it has more keys than the net can draw."""
        wanted = sorted(set(pitches), reverse=not self.upwards)
        if len(wanted) > self.most:
            return float("inf")
        total = 0.0
        for i in range(len(wanted) + 1):
            logits = self.logits(wanted[:i]).astype(np.float64)
            shifted = logits - logits.max()
            symbol = wanted[i] - LOWEST if i < len(wanted) else END
            total -= float(shifted[symbol] - np.log(np.exp(shifted).sum()))
        return total

    def push(self, pitches: Iterable[int]) -> None:
        """The next slice is this set of MIDI pitches."""
        self.memory.push(pitches)
        self._prepare()

    def next(self, random: Random, temperature: float = 1.0, least: int = 1) -> list[int]:
        """Draws the next slice (at least `least` keys) and steps on: MIDI pitches, low to high."""
        drawn: list[int] = []
        while True:
            logits = self.logits(drawn).astype(np.float64)
            if len(drawn) < least:
                logits[END] = FORBIDDEN
            symbol = draw(logits, random, temperature)
            if symbol in (END, -1):
                break
            drawn.append(symbol + LOWEST)
        self.push(drawn)
        return sorted(drawn)
