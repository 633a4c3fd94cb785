"""Drum grids of the pattern collections (one entry a step and drum) as drum tracks; [any]."""

from __future__ import annotations

import numpy as np

from export.corpora.piece import Track

# names of the two collections: drum machine patterns, tidal-drum-patterns
GENERAL_MIDI = {
    "BassDrum": 36, "SnareDrum": 38, "ClosedHiHat": 42, "OpenHiHat": 46, "LowTom": 45, "MediumTom": 47, "HighTom": 50,
    "Cymbal": 49, "RimShot": 37, "Cowbell": 56, "Clap": 39, "Tambourine": 54,
    "bd": 36, "sn": 38, "ch": 42, "oh": 46, "lt": 45, "mt": 47, "ht": 50, "cy": 49, "rm": 37, "cb": 56, "cow": 56,
    "cp": 39, "cl": 75, "sh": 70,
}  # fmt: skip
ACCENT = "ac"
PLAIN, LOUD, FLAM = 90, 115, 105
STEP_BEATS = 0.25


def drum_grid(raw: dict) -> tuple[Track, list[tuple[float, int, int]]] | None:
    """The track of a line with `pattern` or `steps`, and its metre; None of other lines. A step is a 16th note (an eighth
    triplet in 12/8); accents are louder. Raises KeyError, TypeError or ValueError on damage."""
    accents: list[int] = []
    metre = (4, 4)
    step = STEP_BEATS
    if isinstance(raw.get("pattern"), dict):
        pattern = raw["pattern"]
        grids = {name: [0 if s == "Rest" else FLAM if s == "Flam" else PLAIN for s in row]
                 for name, row in pattern["tracks"].items()}  # fmt: skip
        accents = [i for i, s in enumerate(pattern.get("accent") or []) if s not in ("Rest", 0, None)]
        numerator, _, denominator = str(pattern.get("signature", "4/4")).partition("/")
        metre = (int(numerator), int(denominator))
        if metre == (12, 8):
            step = 0.5
    elif isinstance(raw.get("steps"), dict):
        grids = {name: [PLAIN if s else 0 for s in row] for name, row in raw["steps"].items() if name != ACCENT}
        accents = [i for i, s in enumerate(raw["steps"].get(ACCENT, [])) if s]
    else:
        return None
    loud = set(accents)
    rows = [
        (i * step, step / 2, GENERAL_MIDI[name], LOUD if i in loud else velocity)
        for name, row in grids.items()
        for i, velocity in enumerate(row)
        if velocity
    ]
    return Track("drums", 0, True, np.asarray(rows, float).reshape(-1, 4)), [(0.0, *metre)]
