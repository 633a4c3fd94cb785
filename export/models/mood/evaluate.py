"""Figures of the mood model on held-out songs, through its package; [workshop]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import realtime.models.mood.code as code
from export.models.mood import data as songs
from export.pattern.report import result
from realtime.models.mood.model import AXES, MoodModel
from realtime.music.sequence import NoteSequence

GOALS = ((0.6, 0.5), (0.5, -0.5), (-0.6, -0.5), (-0.5, 0.6))  # the four quarters: happy, tender, sad, angry
STEERED = 40


def rule(sequence: NoteSequence) -> np.ndarray:
    """A judge of its own, without learning: valence from the mode and a little from the tempo of the notes, arousal from
    the notes a second, the loudness and the staccato (the cues' signs in Gabrielsson & Lindstroem 2010)."""
    d = dict(zip(code.NAMES, code.descriptors(sequence), strict=True))
    valence = d["majorness"] + 0.5 * d["major_chords"] + 0.2 * d["onsets_per_second"] + 0.2 * d["register"]
    arousal = d["onsets_per_second"] + 3.0 * d["loudness"] + d["staccato"]
    return np.array([valence, arousal])


def correlations(name: str, heard: np.ndarray, moods: np.ndarray) -> dict[str, float]:
    """Pearson and Spearman by axis."""
    found = {}
    for k, axis in enumerate(AXES):
        if np.std(heard[:, k]) > 1e-9 and np.std(moods[:, k]) > 1e-9:
            found[f"pearson_{axis}{name}"] = float(np.corrcoef(heard[:, k], moods[:, k])[0, 1])
            found[f"spearman_{axis}{name}"] = float(spearmanr(heard[:, k], moods[:, k]).statistic)
    return found


def steering(model: MoodModel, passages: Sequence[songs.Labelled]) -> dict[str, float]:
    """Shares of tries (passage x quarter x axis) in which a re-mooded passage is heard nearer to the goal, by the model and,
    as to the direction, by the rule; and the mean distance to the goal before and after."""
    nearer, agreed, before, after = [], [], [], []
    for one in passages:
        now = np.array(model.estimate(one.sequence)[:2])
        ruled = rule(one.sequence)
        for goal in GOALS:
            wanted = np.array(goal) - now
            made = model.remood(one.sequence, *goal)
            moved = np.array(model.estimate(made)[:2]) - now
            by_rule = rule(made) - ruled
            before.append(np.hypot(*wanted))
            after.append(np.hypot(*(wanted - moved)))
            for k in range(2):
                if abs(wanted[k]) > 0.2:
                    nearer.append(moved[k] * wanted[k] > 0)
                    agreed.append(by_rule[k] * wanted[k] > 0)
    return {
        "steered_right": float(np.mean(nearer)),
        "steered_right_by_rule": float(np.mean(agreed)),
        "distance_before": float(np.mean(before)),
        "distance_after": float(np.mean(after)),
    }


def evaluate(
    package: Path | None = None,
    data: str | Path | None = None,
    pieces: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict:
    """Correlation with the weak labels, with and without tempo, beside the baselines tempo alone and mode alone; how well
    the expected errors fit (`within_deviation`: 0.68 were right); steering."""
    model = MoodModel.load(package)
    corpus = songs.read(data)
    held = songs.labelled(corpus.held_out[:pieces])
    rows, moods = songs.described(held)
    metrics: dict[str, float] = {"passages": len(held)}
    for name, known in (("", False), ("_with_tempo", True)):
        heard = np.array([model.of_descriptors(r, known) for r in rows])
        metrics |= correlations(name, heard[:, :2], moods)
        metrics[f"mse{name}"] = float(((heard[:, :2] - moods) ** 2).mean())
        metrics[f"within_deviation{name}"] = float((np.abs(heard[:, :2] - moods) <= heard[:, 2:]).mean())
    metrics["mse_of_mean"] = float(((moods - moods.mean(0)) ** 2).mean())
    for name, column in (
        ("_tempo_alone", "tempo"),
        ("_mode_alone", "majorness"),
        ("_density_alone", "onsets_per_beat"),
    ):
        values = rows[:, code.NAMES.index(column)]
        metrics |= {
            k: v
            for k, v in correlations(name, np.stack([values, values], 1), moods).items()
            if k.startswith("spearman")
        }
    if progress:
        progress(0.3)
    chosen = np.random.default_rng(5).permutation(len(held))[:STEERED]
    metrics |= steering(model, [held[i] for i in chosen])
    return result("mood", data, len({p.piece for p in held}), True, metrics)
