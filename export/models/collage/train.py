"""Finds the parts of half bars by factorisation; every setting at the top; [workshop]."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import realtime.models.collage.code as code
from export.models.collage import data as pop
from export.models.collage.nmf import divergence, factorise, update_activations
from export.pattern import checkpoint
from export.pattern.curve import draw_curve, write_log
from export.pattern.settings import CommonSettings, resolve
from realtime.native.errors import AntiphonError


@dataclass
class Settings(CommonSettings):
    bass: int = 14  # parts of each role: fewer than there are usual notes, so that a part is more than a note
    inner: int = 36
    melody: int = 44
    steps: int = 40  # rounds of updates
    minutes: float = 8.0
    rows: int = 6000  # half bars of a role, at most
    sparsity: float = 0.6  # a part of several notes is cheaper than several parts of one
    valid_rows: int = 800


PRESETS = {"small": Settings(), "full": Settings(bass=20, inner=64, melody=80, steps=300, rows=60_000, minutes=120.0)}
NAME = "collage"


def fitted(v: np.ndarray, w: np.ndarray, rounds: int = 30, sparsity: float = 0.0) -> np.ndarray:
    """Activations of rolls with the parts held still."""
    h = np.full((len(v), len(w)), 0.2, np.float32)
    for _ in range(rounds):
        h = update_activations(v, w, h, sparsity)
    return h


def train(data=None, preset="small", out="out/collage", resume=False, progress=True, **overrides) -> dict:
    """Factorises each role's rolls; the figure is the divergence of held-out half bars, nats a half bar, all roles.

    Returns {"checkpoint", "steps", "minutes", "figure", "curve"}. resume: goes on from the parts of last.pt. Raises
    AntiphonError for unusable data or a full disk.
    """
    settings: Settings = resolve(PRESETS, preset, overrides)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AntiphonError(f"Folder {folder}: cannot be made ({error.strerror}); name another with --out.") from error
    started = time.monotonic()
    corpus = pop.read(data)
    train_songs, held_songs = pop.songs(corpus.train or corpus.pieces), pop.songs(corpus.held_out)
    rng = np.random.default_rng(settings.seed)
    tables: dict[str, np.ndarray] = {"progressions": pop.progressions(train_songs)}
    train_v = {r: pop.matrix(train_songs, r, settings.rows, rng) for r in code.ROLES}
    held_v = {r: pop.matrix(held_songs, r, settings.valid_rows, rng) for r in code.ROLES}
    before = checkpoint.load(folder / "last.pt", NAME) if resume and (folder / "last.pt").exists() else None
    parts: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    if before is not None:
        w = {r: before["model"][r].numpy() for r in code.ROLES}
        if any(len(w[r]) != getattr(settings, r) for r in code.ROLES):
            raise AntiphonError(f"Checkpoint {folder / 'last.pt'}: made with other sizes; train without --resume.")
        parts = {r: (w[r], fitted(train_v[r], w[r])) for r in code.ROLES}
    rows: list[dict[str, Any]] = list(before["rows"]) if before else []
    done = int(rows[-1]["step"]) if rows else 0
    chunk = 20
    while done < settings.steps and (time.monotonic() - started) / 60 < settings.minutes:
        rounds = min(chunk, settings.steps - done)
        for r in code.ROLES:
            parts[r] = factorise(train_v[r], getattr(settings, r), rounds, settings.sparsity, rng, start=parts.get(r))
        done += rounds
        row: dict[str, Any] = {"step": done, "minutes": round((time.monotonic() - started) / 60, 3)}
        row["train"] = sum(divergence(train_v[r][:2000], parts[r][0], parts[r][1][:2000]) for r in code.ROLES)
        row["valid"] = sum(
            divergence(held_v[r], parts[r][0], fitted(held_v[r], parts[r][0], sparsity=settings.sparsity))
            for r in code.ROLES
        )
        rows.append(row)
        if progress:
            print(
                f"collage round {done}/{settings.steps}  valid {row['valid']:.3f} nats a half bar  train {row['train']:.3f}"
            )
        model = {r: torch.from_numpy(parts[r][0].astype(np.float32)) for r in code.ROLES}
        model |= {f"{r}_level": torch.from_numpy(levels(parts[r][1])) for r in code.ROLES}
        model |= {k: torch.from_numpy(v) for k, v in tables.items()}
        content = {
            "name": NAME,
            "settings": asdict(settings),
            "config": {r: getattr(settings, r) for r in code.ROLES},
            "model": model,
            "row": row,
            "rows": rows,
            "data": data and str(data),
            "corpus": f"{len(train_songs)} songs",
        }
        checkpoint.save(folder / "last.pt", content)
        if row["valid"] <= min(r["valid"] for r in rows):
            checkpoint.save(folder / "best.pt", content)
    write_log(folder / "log.csv", rows)
    draw_curve(rows, folder / "curve.png", NAME, "divergence, nats a half bar")
    return {
        "checkpoint": str(folder / "best.pt"),
        "steps": done,
        "minutes": round((time.monotonic() - started) / 60, 2),
        "figure": min((r["valid"] for r in rows), default=float("nan")),
        "curve": str(folder / "curve.png"),
    }


def levels(h: np.ndarray) -> np.ndarray:
    """(parts,) float32: how strongly a part sounds where it is heard (mean of its highest twentieth)."""
    top = np.sort(h, axis=0)[-max(1, len(h) // 20) :]
    return top.mean(axis=0).astype(np.float32)
