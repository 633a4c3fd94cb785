"""Prediction by partial matching: what followed the last few symbols before, of all lengths at once; [any].

Cleary and Witten, "Data compression using adaptive coding and partial string matching" (IEEE Trans. Communications 32,
1984), all orders blended (Bunton 1997), which fits melodies best (Pearce and Wiggins, "Improved methods for statistical
modelling of monophonic music", J. New Music Research 33, 2004). Where nothing has been seen it says what a given base
says, here another model, so that the two are blended by how much is known. The escape is wider than their method C:
chosen on training melodies, so that a few phrases of one tune do not make another tune unlikely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

DISLIKED_FROM = 3
"""Symbols of context from which on a dislike counts: it is this turn that is not wanted, not all of its intervals."""
LEAST = -3.0
"""Nats by which a disliked symbol becomes rarer, at the most."""
ESCAPE_A_KIND, ESCAPE = 2.0, 1.0
"""Sightings that nothing stands for at each context: so many for each kind of symbol seen there, and so many more."""
NOTHING = 1e-9


class Ppm:
    """Counts of symbols by what was before them. A context is given nearest first, and may hold what is known of the
    symbol itself (its place in the bar) as if it were before it. order: the longest context;
    the shortest is of one symbol, which says where one is."""

    def __init__(self, order: int):
        self.order = order
        self._nodes: dict[tuple[int, ...], dict[int, float]] = {}

    def __len__(self) -> int:
        """Contexts that are kept."""
        return len(self._nodes)

    def learn(self, context: Sequence[int], symbol: int, weight: float = 1.0, lowest: int = 1) -> None:
        """A symbol was seen there, `weight` times; below 0: takes that back. lowest: symbols of the shortest context that
        learns of it."""
        known = tuple(context[: self.order])
        for length in range(lowest, len(known) + 1):
            node = self._nodes.setdefault(known[:length], {})
            node[symbol] = node.get(symbol, 0.0) + weight
            if abs(node[symbol]) < NOTHING:
                del node[symbol]
                if not node:
                    del self._nodes[known[:length]]

    def blended(self, context: Sequence[int], base: np.ndarray, shift: int = 0) -> np.ndarray:
        """Probabilities (n,): those of `base` (which sum to 1), sharpened by what was seen. shift: index of symbol 0;
        symbols outside are left to the base."""
        p = np.array(base, dtype=np.float64)
        known = tuple(context[: self.order])
        for length in range(1, len(known) + 1):
            node = self._nodes.get(known[:length])
            if node is None:
                continue
            inside = [(symbol + shift, count) for symbol, count in node.items() if 0 <= symbol + shift < len(p)]
            seen = [(at, count) for at, count in inside if count > 0.0]
            if seen:
                escape = ESCAPE_A_KIND * len(seen) + ESCAPE
                whole = sum(count for _, count in seen) + escape
                p *= escape / whole
                for at, count in seen:
                    p[at] += count / whole
            for at, count in inside:
                if count < 0.0:
                    p[at] *= math.exp(max(LEAST, count))
        return p / p.sum()
