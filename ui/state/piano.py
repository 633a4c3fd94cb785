"""Where the keys of a keyboard lie, as numbers: white and black ones, from a key to its place and back; no Qt."""

from dataclasses import dataclass

BLACK = (1, 3, 6, 8, 10)
_WHITES_BELOW = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)  # whites of the octave that lie wholly left of each step
_SHIFT = {1: -0.62, 3: -0.38, 6: -0.66, 8: -0.5, 10: -0.34}  # of a black key's width, from the edge between its whites
SLIM = 0.6


@dataclass(frozen=True)
class Piano:
    """Keys `first` to `last` (both white, MIDI numbers) over `width` pixels."""

    first: int = 21
    last: int = 108
    width: float = 1000.0

    @property
    def white_width(self) -> float:
        """Pixels of one white key."""
        return self.width / (self._whites(self.last) - self._whites(self.first) + 1)

    def span(self, key: int) -> tuple[float, float]:
        """Left edge and width of a key in pixels; keys out of sight lie at the edges."""
        white = self.white_width
        if is_black(key):
            edge = (self._whites(key) - self._whites(self.first)) * white
            slim = white * SLIM
            return edge + _SHIFT[key % 12] * slim, slim
        return (self._whites(key) - self._whites(self.first)) * white, white

    def edges(self, low: int, high: int) -> tuple[float, float]:
        """Left and right end in pixels of a range of keys, cut at what is in sight."""
        return self.edge(max(low, self.first)), self.edge(min(high, self.last) + 1)

    def edge(self, key: int) -> float:
        """Where a zone that starts at `key` begins: the octave in twelve equal steps, so that no key has no width."""
        octaves = (self.last + 1 - self.first) / 12.0
        return min(max((key - self.first) / 12.0 / octaves * self.width, 0.0), self.width)

    def key_at(self, x: float, depth: float) -> int | None:
        """The key under a point; depth 0 (back) to 1 (front): black keys reach to SLIM of it."""
        found = None
        for key in range(self.first, self.last + 1):
            left, width = self.span(key)
            if left <= x < left + width and (not is_black(key) or depth <= SLIM):
                found = key if found is None or is_black(key) else found
        return found

    @staticmethod
    def _whites(key: int) -> int:
        return key // 12 * 7 + _WHITES_BELOW[key % 12]


def is_black(key: int) -> bool:
    """Whether a MIDI key is a black one."""
    return key % 12 in BLACK


def nearer(value: float, goal: float) -> float:
    """A step of an edge of the keys in sight towards a goal, and at last there."""
    return goal if abs(goal - value) < 0.05 else value + (goal - value) * 0.1
