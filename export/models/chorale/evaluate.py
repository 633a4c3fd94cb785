"""Figures of the shipped chorale nets, all through the package: exact likelihoods, play-along accuracy, voice leading,
generator measures; [workshop].

nll_token_nats: mean over all slots (four voices, every sixteenth) of -log p in the order of the chain soprano, bass,
tenor, alto; no chord tokens. nll_frame_nats: 88 keys, quarter notes, per slice, of the set (chain over its keys from the
highest down, closed by an end symbol: exact). nll_frame_nottingham_nats: the same of Nottingham's tunes by eighth notes,
the grid of the published piano rolls (Walder, Symbolic Music Data 1.0, 2016), from the lowest key up: exact.
nll_fill_token_nats: the orderless net, all slots of a window of 128 steps drawn one by one in a random order fixed by a
seed: exact for that order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import realtime.models.chorale.code as code
import realtime.models.chorale.fill_code as fill_code
from export.corpora.known import files_of_sets
from export.corpora.pieces import Piece, held_out, load_pieces
from export.measures import generator_metrics
from export.models.chorale.data import grid_of
from export.models.chorale.train_slow import sets_of
from export.pattern.report import result
from realtime.models.chorale.grid import notes_of, sequence_of
from realtime.models.chorale.model import Chorale
from realtime.models.chorale.slow import SlowChorale
from realtime.music.sequence import Metre, NoteSequence, TempoMap
from realtime.music.voiceleading import FREE, faults
from realtime.native.errors import AntiphonError

Progress = Callable[[str], None]
FILL_WINDOWS = 20
ALONG = 20  # pieces played along with, thrice: likeliest notes, drawn, drawn without the rules
COMPOSED, COMPOSED_BARS = 12, 16
FOLK, EIGHTHS = "folk_nottingham", 2  # the set's name, slices a quarter
METRES = [Metre(0.0, 4, 4)]


def as_sequence(grid: np.ndarray, name: str = "") -> NoteSequence:
    """A grid as notes, in the way the model writes its own."""
    return sequence_of(notes_of(grid, 12, None, METRES, True), TempoMap([(0.0, 76.0)]), METRES, name)


def likelihood(chorale: Chorale, grids: Sequence[np.ndarray]) -> dict[str, float]:
    """Exact nats a slot, and how often the likeliest note of the three lower voices is Bach's, his past being given."""
    nats, slots = np.zeros(4), 0
    right, changed, right_changed = 0, 0, 0
    for grid in grids:
        chorale.start()
        for t, row in enumerate(grid.tolist()):
            for voice in code.ORDER:
                logits, reference = chorale.voice_logits(voice, row)
                nats[voice] -= code.log_probability(
                    logits.astype(np.float64), chorale.far[voice], row[voice], reference
                )
                if voice:
                    best = int(logits.argmax())
                    hit = best == code.classes_of(row[voice], reference) and best != code.FAR
                    right += hit
                    if t == 0 or row[voice] != grid[t - 1, voice]:
                        changed += 1
                        right_changed += hit
            chorale.push(row)
        slots += len(grid)
    found = {"nll_token_nats": float(nats.sum()) / (4 * slots)}
    found |= {f"nll_{name}_nats": float(n) / slots for name, n in zip(code.VOICES, nats, strict=True)}
    found["nll_given_soprano_nats"] = float(nats[1:].sum()) / (3 * slots)
    found["accuracy_teacher_forced"] = right / (3 * slots)
    found["accuracy_teacher_forced_onsets"] = right_changed / max(1, changed)
    return found


def played_along(chorale: Chorale, grid: np.ndarray, seed: int) -> np.ndarray:
    """The model's own four parts under a melody, its own past being its past."""
    chorale.start(seed)
    made = np.zeros_like(grid)
    for t, soprano in enumerate(grid[:, 0].tolist()):
        made[t] = chorale.voices(soprano)
    return made


def leading(grids: Sequence[np.ndarray], ending: str) -> dict[str, float]:
    """Parallel fifths and octaves, and voice crossings, each per chord (a step on which a voice moves)."""
    counts = {"parallel_fifths": 0, "parallel_octaves": 0, "voice_crossing": 0}
    chords = 0
    for grid in grids:
        moved = np.ones(len(grid), bool)
        moved[1:] = (grid[1:] != grid[:-1]).any(1)
        voicings = [[None if p == code.REST else int(p) for p in row[::-1]] for row in grid[moved]]
        chords += len(voicings)
        for fault in faults(voicings, FREE):
            name = fault.name.replace(" ", "_")
            if name in counts:
                counts[name] += 1
    return {f"{name}_a_chord{ending}": count / max(1, chords) for name, count in counts.items()}


def filled_in(chorale: Chorale, grids: Sequence[np.ndarray], seed: int = 0) -> float:
    """Exact nats a slot of the orderless net, random order, one window a piece."""
    random, filler = np.random.default_rng(seed), chorale.filler
    total, slots = 0.0, 0
    for grid in grids:
        start = 4 * int(random.integers(0, max(1, (len(grid) - filler.steps) // 4 + 1)))
        symbols = fill_code.symbols_of(grid[start : start + filler.steps], code.LOW)
        known = np.zeros(symbols.shape, bool)
        for slot in random.permutation(symbols.size):
            t, voice = divmod(int(slot), 4)
            total -= float(filler.logits(symbols, known, start)[t, voice, symbols[t, voice]])
            known[t, voice] = True
        slots += symbols.size
    return total / max(1, slots)


def folk_tunes(data: str | Path | None) -> list[Piece]:
    """The held-out tunes of Nottingham in a folder or file; none where it has none."""
    if data is None or (Path(data).is_dir() and not files_of_sets(Path(data), (FOLK,))):
        return []
    return held_out([p for p in load_pieces(data, only=(FOLK,)).pieces if p.source == FOLK])


def slices(slow: SlowChorale, pieces: Sequence[Sequence[Sequence[int]]]) -> float:
    """Exact nats a slice of the slow net."""
    total, count = 0.0, 0
    for piece in pieces:
        slow.reset()
        for pitches in piece:
            total += slow.nats(pitches)
            slow.push(pitches)
        count += len(piece)
    return total / max(1, count)


def tunes(chorale: Chorale, pieces: Sequence[Piece], progress: Progress) -> float:
    """Exact nats a slice of an eighth, of folk tunes with their chords."""
    progress(f"slices of an eighth, {len(pieces)} tunes")
    found = [x for p in pieces if len(x := sets_of(p, EIGHTHS)) > 1]
    return slices(SlowChorale(chorale.package, "tunes"), found)


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Progress | None = None,
    fill_windows: int = FILL_WINDOWS,
) -> dict[str, Any]:
    """All figures on held-out chorales, and by frame on Nottingham's tunes; on these alone (as nll_frame_nats) where data
    holds no others. Copied runs only where the data has training pieces too. pieces: at most so many of each. Raises
    AntiphonError if there are neither."""

    def tell(text: str) -> None:
        if progress:
            progress(text)

    chorale = Chorale.load(package)
    folk = folk_tunes(data)[:pieces] if "tunes_most" in chorale.package.extra["code"] else []
    found = load_pieces(data, only=("jsb_chorales_official",) if data else ("bach",))
    chosen = [p for p in held_out(found.pieces) if grid_of(p) is not None][:pieces]
    grids = [g for p in chosen if (g := grid_of(p)) is not None]
    if folk and not grids:
        return result("chorale", data, len(folk), True, {"nll_frame_nats": tunes(chorale, folk, tell)})
    if not grids:
        raise AntiphonError(
            f"Corpus {data or 'of music21'}: no four-part pieces to evaluate on; name chorales by --data."
        )
    train = [g for p in found.train if (g := grid_of(p)) is not None] if len(chosen) < len(found.pieces) else []
    tell(f"likelihood of {len(grids)} chorales")
    metrics = likelihood(chorale, grids)
    tell("playing along")
    chorale.configure(temperature=0.0)
    heard = grids[:ALONG]
    best = [played_along(chorale, g, 1) for g in heard]
    agreed = sum(float((a[:, 1:] == b[:, 1:]).sum()) for a, b in zip(best, heard, strict=True))
    metrics["accuracy_sampled"] = agreed / sum(3 * len(g) for g in heard)
    chorale.configure(**{p.id: p.default for p in Chorale.PARAMS})
    along = [played_along(chorale, g, 1 + i) for i, g in enumerate(heard)]
    chorale.configure(parallels=0.0, crossing=1.0)
    unruled = [played_along(chorale, g, 1 + i) for i, g in enumerate(heard)]
    metrics |= leading(along, "") | leading(unruled, "_without_rules") | leading(grids, "_real")
    tell("slices of a quarter note")
    if "slow_most" in chorale.package.extra["code"]:
        metrics["nll_frame_nats"] = slices(SlowChorale(chorale.package), [sets_of(p, 1) for p in chosen])
    if folk:
        metrics["nll_frame_nottingham_nats"] = tunes(chorale, folk, tell)
    tell("composing")
    made = [chorale.generate(None, COMPOSED_BARS, seed) for seed in range(COMPOSED)]
    real = [as_sequence(g) for g in grids]
    learned = [as_sequence(g) for g in train] or None
    measured = generator_metrics(made, real, learned)
    metrics |= {k: v for k, v in measured.items() if k not in ("sequences", "bars", "real_excerpts")}
    lower = [s.channel(1, 2, 3) for s in map(as_sequence, along)]
    measured = generator_metrics(lower, [s.channel(1, 2, 3) for s in real], learned)
    names = ("in_key_share", "overlap_area", "longest_copied_run", "varied_longest_copied_run", "copied_share")
    metrics |= {f"along_{k}": measured[k] for k in names if k in measured}
    metrics |= {f"along_{k}_real": measured[f"{k}_real"] for k in names if f"{k}_real" in measured}
    tell(f"filling, {min(fill_windows, len(grids))} windows")
    if fill_windows:
        metrics["nll_fill_token_nats"] = filled_in(chorale, grids[:fill_windows])
        metrics["fill_windows"] = min(fill_windows, len(grids))
    return result("chorale", data, len(grids), True, metrics)
