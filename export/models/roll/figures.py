"""MuseGAN's figures of the rolls of `roll`, and how far from the training row its hybrid model was: the bar to beat;
[workshop] (Dong et al., MuseGAN, AAAI 2018, tables 1 and 2)."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from export.measures.musegan import musegan_metrics
from realtime.models.roll.code import TRACKS

PAIRS = tuple(combinations(TRACKS, 2))

# the paper's training row and its hybrid's; shares as 0..1
PAPER_TRAIN = {
    "eb": {"bass": 0.0806, "drums": 0.0806, "guitar": 0.194, "piano": 0.248, "strings": 0.101},
    "upc": {"bass": 1.71, "guitar": 3.08, "piano": 3.28, "strings": 3.38},
    "qn": {"bass": 0.900, "guitar": 0.819, "piano": 0.884, "strings": 0.896},
    "dp": {"drums": 0.886},
    "td": {"bass_guitar": 1.57, "bass_strings": 1.58, "bass_piano": 1.51}
    | {"guitar_strings": 1.10, "guitar_piano": 1.02, "strings_piano": 1.04},
}
PAPER_HYBRID = {
    "eb": {"bass": 0.0214, "drums": 0.297, "guitar": 0.117, "piano": 0.178, "strings": 0.0604},
    "upc": {"bass": 2.35, "guitar": 4.76, "piano": 5.45, "strings": 5.24},
    "qn": {"bass": 0.446, "guitar": 0.432, "piano": 0.455, "strings": 0.520},
    "dp": {"drums": 0.713},
    "td": {"bass_guitar": 1.34, "bass_strings": 1.35, "bass_piano": 1.32}
    | {"guitar_strings": 0.85, "guitar_piano": 0.85, "strings_piano": 0.83},
}


def figures(songs: np.ndarray, drums: np.ndarray | None) -> dict[str, float]:
    """The figures of bars (n, 4, 48, 84) and, if there are drums, (n, 48, 9), all bool: eb_<track>, upc_<track>,
    qn_<track>, td_<track>_<track>, dp."""
    rolls = {name: songs[:, k] for k, name in enumerate(TRACKS)}
    if drums is not None:
        rolls["drums"] = drums
    found = musegan_metrics(rolls)
    return {k: v for k, v in found.items() if k in ("dp", "eb_drums") or "_" in k}


def bars_to_beat() -> dict[str, float]:
    """For each figure the distance of MuseGAN's hybrid from its training row: of the same track where there is one (bass,
    piano, drums); for melody and bridge, which it lacks, the smallest over its pitched tracks (or pairs)."""
    gap = {m: {t: abs(PAPER_HYBRID[m][t] - v) for t, v in row.items()} for m, row in PAPER_TRAIN.items()}
    smallest = {m: min(v for t, v in row.items() if t != "drums") for m, row in gap.items() if m != "dp"}
    bars = {}
    for metric in ("eb", "upc", "qn"):
        for track in TRACKS:
            bars[f"{metric}_{track}"] = gap[metric].get(track, smallest[metric])
    for a, b in PAIRS:
        bars[f"td_{a}_{b}"] = gap["td"]["bass_piano"] if {a, b} == {"bass", "piano"} else smallest["td"]
    return bars | {"eb_drums": gap["eb"]["drums"], "dp": gap["dp"]["drums"]}


def distances(values: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
    """Each figure's distance from the reference's, in units of the bar to beat: below 1 is nearer than the hybrid was. A
    figure that is not there (a track that never sounds) is as far as can be."""
    bars = bars_to_beat()
    return {k: abs(values.get(k, 0.0) - reference[k]) / bars[k] for k in reference if k in bars}
