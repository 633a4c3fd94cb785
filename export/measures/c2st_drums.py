"""What a classifier sees of an excerpt of drums: who strikes where in the bar, how closely, and what returns; [workshop]."""

from __future__ import annotations

import numpy as np

from export.measures.c2st_features import LAGS, ON_GRID, UNKNOWN, alike
from export.measures.lines import bar_beats, table
from realtime.music.sequence import NoteSequence

KIT = {
    "kick": (35, 36), "snare": (37, 38, 39, 40), "closed hat": (22, 42, 44), "open hat": (26, 46),
    "toms": (41, 43, 45, 47, 48, 50, 58),
    "ride": (51, 53, 59), "crash": (49, 52, 55, 57),
}  # fmt: skip
"""General MIDI keys of each drum, and those of the Roland TD-11 on which Groove MIDI was played: 22 is the closed hat's
edge, 26 the open one's, 58 the rim of the low tom (Gillick et al. 2019). Half of all hats are struck on the edge."""
_OF_KEY = {key: name for name, keys in KIT.items() for key in keys}
STEPS = 16


def drum_features(sequence: NoteSequence) -> dict[str, float]:
    """All features of one excerpt, whose beat 0 is a bar line."""
    notes, bar = table(sequence, drums=True), bar_beats(sequence)
    found: dict[str, float] = {}
    steps = np.round(notes[:, 0] * STEPS / bar).astype(int)
    bars = max(1, int(steps.max()) // STEPS + 1) if len(steps) else 1
    drum = np.array([_OF_KEY.get(int(key), "other") for key in notes[:, 2]])
    found["hits a beat"] = len(notes) / (bars * bar)
    found["drums in use"] = float(len(set(drum)))
    off = notes[:, 0] * STEPS / bar - steps
    found["early or late"] = float(off.mean()) if len(off) else UNKNOWN
    found["spread of timing"] = float(off.std()) if len(off) else UNKNOWN
    found["exactly on the grid"] = float((np.abs(off) < ON_GRID).mean()) if len(off) else UNKNOWN
    grids = {name: _grid(steps[drum == name], bars) for name in KIT}
    for name, grid in grids.items():
        found[f"{name} share"] = float((drum == name).mean()) if len(drum) else 0.0
        found |= {f"{name} at {step + 1}": float(rate) for step, rate in enumerate(grid.mean(axis=0)) if step % 2 == 0}
        found[f"{name} on odd sixteenths"] = float(grid[:, 1::2].mean())
        found[f"{name} bars"] = float(grid.any(axis=1).mean())
    kick, snare = grids["kick"], grids["snare"]
    found["kick and snare together"] = float((kick & snare).sum() / max(1, (kick | snare).sum()))
    found["backbeat"] = float((snare[:, STEPS // 4] & snare[:, 3 * STEPS // 4]).mean())
    return found | _form(grids, bars)


def _grid(steps: np.ndarray, bars: int) -> np.ndarray:
    grid = np.zeros((bars, STEPS), bool)
    grid.ravel()[steps[(steps >= 0) & (steps < bars * STEPS)]] = True
    return grid


def _form(grids: dict[str, np.ndarray], bars: int) -> dict[str, float]:
    """What returns after 1, 2 and 4 bars, of the whole kit and of each part; how even the bars are; the last bar."""
    found: dict[str, float] = {}
    whole = [frozenset((n, s) for n, g in grids.items() for s in np.flatnonzero(g[k])) for k in range(bars)]
    for lag in LAGS:
        found[f"bars alike after {lag}"] = _known(alike(whole, lag))
        for name in ("kick", "snare", "closed hat", "ride"):
            part = [frozenset(np.flatnonzero(grids[name][k])) for k in range(bars)]
            found[f"{name} alike after {lag}"] = _known(alike(part, lag))
    sizes = np.array([len(bar) for bar in whole], float)
    found["evenness of bars"] = float(sizes.std() / max(1e-9, sizes.mean()))
    found["empty bars"] = float((sizes == 0).mean())
    found["different bars"] = len(set(whole)) / bars
    found["fourth bar against the mean"] = float(sizes[3::4].mean() / max(1e-9, sizes.mean())) if bars > 3 else UNKNOWN
    found["last bar against the mean"] = float(sizes[-1] / max(1e-9, sizes.mean()))
    return found


def _known(value: float) -> float:
    return value if np.isfinite(value) else UNKNOWN
