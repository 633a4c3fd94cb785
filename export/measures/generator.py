"""The measures every generator is judged by, of generated and of real music side by side; [workshop]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from export.measures.copies import Copies, TrainingRuns
from export.measures.lines import bars_of, excerpts, is_drums
from export.measures.mgeval import mgeval
from export.measures.structure import groove_consistency, self_similarity, similarity_error
from export.measures.tonal import in_key_share, pitch_class_entropy
from realtime.music.sequence import NoteSequence

RHYTHM: dict[str, Callable[[NoteSequence], float]] = {
    "groove_consistency": groove_consistency,
    "self_similarity": self_similarity,
}
TONAL: dict[str, Callable[[NoteSequence], float]] = {
    "in_key_share": in_key_share,
    "pitch_class_entropy": pitch_class_entropy,
}


def generator_metrics(
    generated: Sequence[NoteSequence],
    real: Sequence[NoteSequence],
    train: Sequence[NoteSequence] | TrainingRuns | None = None,
    excerpts_a_piece: int = 4,
    detail: bool = False,
) -> dict[str, float]:
    """Measures of `generated`, each beside the same of `real` as <name>_real.

    Real pieces are first cut into excerpts as long as the generated ones (their median), at most so many a piece: most
    measures depend on length. in_key_share and pitch_class_entropy (bits) of pitched notes; groove_consistency and
    self_similarity; similarity_error (Museformer); overlap_area and kld: means over MGEval's nine features (detail: each
    as well, overlap_area_<feature>). With training music (or its TrainingRuns, to index it once): copied_share is the
    share of notes in runs of 12 or more notes that occur in it, by interval and time between onsets, upper line of each
    channel; longest_copied_run in notes; varied_* the same without runs of fewer than 4 different steps, such as a
    repeated bass note. Drums: copied_share is that of bars in runs of 2 or more bars, longest_copied_bars their length.
    What cannot be measured (too little music) is left out.
    """
    made = [s for s in generated if s.notes]
    bars = max(1, round(float(np.median([bars_of(s) for s in made])))) if made else 1
    true = [e for s in real for e in excerpts(s, bars, excerpts_a_piece)]
    drums = is_drums(made)
    metrics: dict[str, float] = {"sequences": len(made), "bars": bars, "real_excerpts": len(true)}
    for name, measure in (RHYTHM if drums else TONAL | RHYTHM).items():
        for group, ending in ((made, ""), (true, "_real")):
            metrics[name + ending] = _mean([measure(s) for s in group])
    metrics["similarity_error"] = similarity_error(made, true) if made and true else float("nan")
    compared = mgeval(made, true)
    metrics["overlap_area"] = _mean([f["overlap_area"] for f in compared.values()])
    metrics["kld"] = _mean([f["kld"] for f in compared.values()])
    if detail:
        metrics |= {f"{m}_{name}": f[m] for name, f in compared.items() for m in ("overlap_area", "kld")}
    if train is not None:
        runs = train if isinstance(train, TrainingRuns) else TrainingRuns(train)
        for group, ending in ((made, ""), (true, "_real")):
            if group:
                found = runs.in_drums(group) if drums else runs.in_lines(group)
                metrics |= {k + ending: v for k, v in copy_metrics(found, drums).items()}
    return {k: round(float(v), 5) for k, v in metrics.items() if np.isfinite(v)}


def copy_metrics(found: Copies, drums: bool) -> dict[str, float]:
    """Copies under the names of the tables."""
    longest = "longest_copied_bars" if drums else "longest_copied_run"
    return {
        "copied_share": found.share,
        longest: found.longest,
        "varied_copied_share": found.varied_share,
        f"varied_{longest}": found.varied_longest,
    }


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")
