"""Holes of a four-part grid filled by blocked Gibbs sampling over the orderless net; [player process].

Annealed blocked Gibbs: Yao et al. 2014, as in Coconet (Huang et al., ISMIR 2017): at first nearly all holes are drawn
anew at once, at last few.
"""

from __future__ import annotations

import numpy as np

import realtime.models.chorale.fill_code as code
from realtime.models.chorale.code import LOW, PITCHES, RANGES, REST
from realtime.models.net import Net
from realtime.native.errors import AntiphonError
from realtime.neural.package import Package
from realtime.sampling.drawing import FORBIDDEN

HOP = 64  # windows overlap by half; each decides about its middle
SHARE_FIRST, SHARE_LAST = 0.95, 0.06  # of the holes drawn anew in a sweep


class Filler:
    """`fill(grid, known, seed)`: the same grid with every hole a pitch."""

    def __init__(self, package: Package):
        self.net = Net(package, "fill")
        self.steps = self.net.inputs["fill_rows"].shape[1]
        self.barred = np.zeros((4, code.ANSWERS), np.float32)
        pitches = np.arange(LOW, LOW + PITCHES)
        for voice, (lowest, highest) in enumerate(RANGES):
            self.barred[voice, :PITCHES][(pitches < lowest) | (pitches > highest)] = FORBIDDEN
        self.barred[:, code.REST_SYMBOL] = FORBIDDEN

    def logits(self, symbols: np.ndarray, known: np.ndarray, start: int) -> np.ndarray:
        """Log probabilities (steps, 4, ANSWERS) of one window: symbols and known (up to `self.steps`, 4); start: place of
        its first step."""
        count = len(symbols)
        window, given = np.full((1, self.steps, 4), code.OUTSIDE), np.zeros((1, self.steps, 4), bool)
        window[0, :count], given[0, :count] = symbols, known
        inside = (np.arange(self.steps) < count)[None]
        rows, holes, reference = code.features(window, given, inside, np.array([start]))
        self.net.inputs["fill_rows"][...], self.net.inputs["fill_holes"][...] = rows, holes
        return code.answers(self.net.run()["fill_logits"][0, :count], reference[0, :count])

    def sweep(self, symbols: np.ndarray, known: np.ndarray, start: int) -> np.ndarray:
        """Logits of all steps of a piece: windows overlap, each answers for its middle."""
        steps = len(symbols)
        found = np.zeros((steps, 4, code.ANSWERS), np.float32)
        places = list(range(0, max(1, steps - self.steps + HOP), HOP))
        for place in places:
            part = slice(place, min(place + self.steps, steps))
            first = place if place == 0 else place + HOP // 2
            last = steps if place == places[-1] else place + HOP + HOP // 2
            answer = self.logits(symbols[part], known[part], start + place)
            found[first:last] = answer[first - place : last - place]
        return found

    def fill(
        self,
        grid: np.ndarray,
        known: np.ndarray,
        seed: int,
        sweeps: int = 48,
        temperature: float = 0.8,
        start: int = 0,
        begin: np.ndarray | None = None,
    ) -> np.ndarray:
        """grid (steps, 4) MIDI pitches, known (steps, 4) bool; returns a new grid. The same seed fills alike.

        begin: a first filling to be improved (else all holes are drawn at first). start: place of the first step as the
        nets count (4 is a downbeat). Raises AntiphonError if nothing is known and nothing begun, or shapes disagree.
        """
        grid, known = np.asarray(grid, np.int64), np.asarray(known, bool)
        if grid.ndim != 2 or grid.shape[1] != 4 or known.shape != grid.shape or len(grid) == 0:
            raise AntiphonError("Filling: grid and known places must both be (steps, 4), with one step at least.")
        if known.all():
            return grid.copy()
        random = np.random.default_rng(seed)
        symbols = code.symbols_of(np.where(known, grid, REST) if begin is None else begin, LOW)
        holes = ~known
        first = SHARE_FIRST if begin is None else 0.5
        for sweep in range(max(1, sweeps)):
            done = sweep / max(1.0, 0.8 * (sweeps - 1))
            share = max(SHARE_LAST, first + (SHARE_LAST - first) * done)
            anew = holes & (random.random(holes.shape) < share)
            if sweep == 0 and begin is None:
                anew = holes
            logits = self.sweep(symbols, ~anew, start) + self.barred
            noise = -np.log(-np.log(random.random(logits.shape) + 1e-12) + 1e-12)
            cool = max(1e-3, temperature) if sweep < sweeps - 2 else max(1e-3, 0.5 * temperature)
            drawn = (logits / cool + noise).argmax(2)
            symbols = np.where(anew, drawn, symbols)
        filled = np.where(symbols == code.REST_SYMBOL, REST, symbols + LOW)
        return np.where(known, grid, filled)
