"""Figures of the collage: how well the parts render held-out half bars, what the search gains, and the house's measures;
[workshop]."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np

import realtime.models.collage.code as code
from export.models.collage import data as pop
from export.pattern.report import result
from realtime.models.collage.energy import Cell, Goal
from realtime.models.collage.model import Collage

SEARCHES, SEARCH_CELLS = 6, 16  # lines of 8 bars
GENERATED = 6  # pieces of 32 bars


def rendering(model: Collage, cells: Sequence[pop.Cell]) -> dict[str, float]:
    """Share of held-out onsets that the parts found in a half bar bring back, and of theirs that were there (F1): all
    parts (`parts_f1`), and only the one or two a role that a collage uses (`cells_f1`)."""
    hits = {"parts": np.zeros(3), "cells": np.zeros(3)}
    for cell in cells:
        found = model.analyse(cell.rolls)
        chosen = model.cell_of(cell.degree, cell.quality, cell.rolls)
        for role in code.ROLES:
            truth = {(s, p) for s, p, _ in code.onsets_of(cell.rolls[role], role, 0.01, 12)}
            row = model.render.inputs
            for name in code.ROLES:
                row[f"{name}_activations"][...] = 0
            row[f"{role}_activations"][0] = found[role]
            roll = model.render.run()[f"{role}_roll"].reshape(-1)
            made = {(s, p) for s, p, _ in code.onsets_of(roll, role, 0.2, 12)}
            few = {(s, p) for s, p, _ in model.notes_of(role, getattr(chosen, role))}
            for name, other in (("parts", made), ("cells", few)):
                hits[name] += (len(truth & other), len(truth), len(other))
    return {f"{name}_f1": float(2 * h[0] / max(1.0, h[1] + h[2])) for name, h in hits.items()}


def real_lines(model: Collage, songs: Sequence[pop.Song], cells: int, count: int) -> list[tuple[int, tuple[Cell, ...]]]:
    """(mode, line) of real music as the parts render it: stretches of held-out songs without a gap."""
    found = []
    for song in songs:
        for start in range(0, len(song.cells) - cells, cells):
            stretch = song.cells[start : start + cells]
            if all(c is not None and c.rolls["melody"].any() for c in stretch[: cells // 2]) and None not in stretch:
                line = tuple(model.cell_of(c.degree, c.quality, c.rolls) for c in stretch if c is not None)
                found.append((song.mode, line))
                break
        if len(found) == count:
            break
    return found


def search_figures(model: Collage, songs: Sequence[pop.Song]) -> dict[str, float]:
    """Energy a half bar of random, greedy and annealed lines of 8 bars and of real music, and seconds a search."""
    sums: dict[str, list[float]] = {}
    for seed in range(1, SEARCHES + 1):
        goal = Goal(SEARCH_CELLS, seed % 2)
        energy = model.energy_of(goal)
        random = Random(seed)
        sums.setdefault("energy_random", []).append(
            energy(tuple(model.random_cell(random) for _ in range(SEARCH_CELLS)))
        )
        started = time.process_time()
        found = model.assemble(goal, seed, 300 * SEARCH_CELLS // 2)
        sums.setdefault("seconds_8_bars", []).append(time.process_time() - started)
        sums.setdefault("energy_greedy", []).append(found.greedy_energy)
        sums.setdefault("energy_annealed", []).append(found.energy)
    for mode, line in real_lines(model, songs, SEARCH_CELLS, 40):
        sums.setdefault("energy_real", []).append(model.energy_of(Goal(SEARCH_CELLS, mode))(line))
    return {name: float(np.mean(rows)) for name, rows in sums.items()}


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict:
    """See `rendering`, `search_figures` and export.measures.generator_metrics."""
    from export.measures import generator_metrics

    model = Collage.load(package)
    corpus = pop.read(data)
    held = corpus.held_out[:pieces]
    songs = pop.songs(held)
    cells = [c for s in songs for c in s.cells if c is not None]
    rng = np.random.default_rng(3)
    metrics = rendering(model, [cells[i] for i in rng.permutation(len(cells))[:400]])
    if progress:
        progress(0.2)
    metrics |= search_figures(model, songs)
    if progress:
        progress(0.5)
    made = [model.generate(None, 32, seed, tonic=seed * 5 % 12, minor=seed % 2) for seed in range(1, GENERATED + 1)]
    real = [p.sequence() for p in held[:40]]
    train = [p.sequence() for p in corpus.train] if corpus.train else None
    metrics |= generator_metrics(made, [replace(r, metres=r.metres[:1]) for r in real], train)
    return result("collage", data, len(songs), True, metrics)
