"""Trains `answer` on folk tunes in turns: resumable, seeded, best checkpoint kept, curve drawn; [workshop].

antiphon train answer --data ../shared/data --preset full
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from export.corpora import Tune, load_tunes
from export.corpora.load import Corpus
from export.corpora.segments import IGNORE, Stream, make_stream
from export.models.answer.model import AnswerConfig, AnswerModel
from realtime.native.errors import AntiphonError


# ---- every setting -----------------------------------------------------------------------------------------------
@dataclass
class Settings:
    seed: int = 1
    hidden: int = 256
    layers: int = 2
    dropout: float = 0.25
    batch: int = 32  # tunes
    epochs: int = 30
    minutes: float = 60.0  # the schedule ends at whichever comes first
    rate: float = 2e-3
    warmup_steps: int = 100
    weight_decay: float = 0.02
    clip: float = 1.0
    call_weight: float = 0.5  # loss on the call's notes: they teach melody, the answer's teach answering
    smoothing_decay: float = 0.998  # the weights kept are a moving average (Polyak)
    threads: int = 1


PRESETS = {
    "small": Settings(hidden=128, epochs=8, minutes=15.0),
    "full": Settings(),
}
# -------------------------------------------------------------------------------------------------------------------

COLUMNS = ("epoch", "minutes", "rate", "train_nll_event_nats", "valid_nll_event_nats", "duration", "delta", "pitch")


def valid_streams(tunes: list[Tune], turn_bars: tuple[int, ...] = (2, 4)) -> list[Stream]:
    """The fixed evaluation: every held-out tune, cut from its first bar into turns of 2 and of 4 bars; key found in
    the call."""
    streams = [make_stream(t, None, n, 0, longest=2000) for t in tunes for n in turn_bars]
    return [s for s in streams if s is not None]


def batches(streams: list[Stream], size: int, random: Random) -> list[list[Stream]]:
    """Batches of streams of like length, in random order."""
    order = sorted(streams, key=lambda s: len(s.events) + random.random() * 8)
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    random.shuffle(groups)
    return groups


def collate(group: list[Stream], call_weight: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """events (batch, time, 9), targets (batch, time, 3), weights (batch, time); padding carries no loss."""
    longest = max(len(s.events) for s in group)
    events = np.zeros((len(group), longest, group[0].events.shape[1]), np.int64)
    events[..., -1] = 1
    targets = np.full((len(group), longest, 3), IGNORE, np.int64)
    weights = np.zeros((len(group), longest), np.float32)
    for i, s in enumerate(group):
        events[i, : len(s.events)], targets[i, : len(s.events)] = s.events, s.targets
        weights[i, : len(s.events)] = np.where(s.answer, 1.0, call_weight)
    return torch.from_numpy(events), torch.from_numpy(targets), torch.from_numpy(weights)


def notes_in(streams: list[Stream], call_weight: float) -> float:
    """Number of notes (weighted as the loss is); separators are no notes, though predicting an end costs nats."""
    return sum(float(np.where(s.answer, 1.0, call_weight)[s.targets[:, 0] != IGNORE].sum()) for s in streams)


@torch.no_grad()
def nll(model: AnswerModel, streams: list[Stream]) -> np.ndarray:
    """Nats per note of the answers, by kind (duration, delta, pitch); the cost of each answer's end is in delta."""
    model.eval()
    total = np.zeros(3)
    for group in batches(streams, 32, Random(0)):
        total += model(*collate(group, 0.0)).double().numpy()
    return total / notes_in(streams, 0.0)


def rate_at(step: int, progress: float, s: Settings) -> float:
    """Linear warm-up, then a half cosine to a fiftieth."""
    if step < s.warmup_steps:
        return s.rate * (step + 1) / s.warmup_steps
    return s.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


@torch.no_grad()
def moving_average(kept: Sequence[torch.Tensor], new: Sequence[torch.Tensor], steps: int, decay: float) -> None:
    """In place; a short memory at first, so that the random start is soon forgotten."""
    weight = 1.0 - min(decay, (1.0 + steps) / (10.0 + steps))
    for a, b in zip(kept, new, strict=True):
        a.lerp_(b, weight)


def save(path: Path, content: dict) -> None:
    """Atomic: a full disk or a kill leaves the checkpoint before it whole."""
    try:
        torch.save(content, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)
    except (OSError, RuntimeError) as error:
        raise AntiphonError(
            f"Checkpoint {path}: could not be written ({error}); free some space and train again to go on."
        ) from error


def draw_curve(log: Path, picture: Path) -> None:
    """The CSV of a training as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    with open(log, encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    figure, axes = plt.subplots(figsize=(7, 4))
    for column in ("train_nll_event_nats", "valid_nll_event_nats"):
        axes.plot([int(r["epoch"]) for r in rows], [float(r[column]) for r in rows], label=column)
    axes.set(xlabel="epoch", ylabel="nats per note", title="answer")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    plt.close(figure)


def train(
    data: str | Path | None = None,
    preset: str = "full",
    out: str | Path = "runs/answer",
    resume: bool = True,
    progress: bool = True,
    **overrides: float,
) -> dict:
    """Trains and returns {"checkpoint", "epochs", "valid_nll_event_nats", "minutes", "curve"}.

    data: as export.corpora.load_tunes. out: folder of last.pt, best.pt, log.csv, curve.png. overrides: fields of
    Settings.
    Raises AntiphonError for an unknown preset or setting, unusable data, or a checkpoint of other settings.
    """
    if preset not in PRESETS:
        raise AntiphonError(f"Preset {preset}: there is none; use one of {', '.join(PRESETS)}.")
    values = asdict(PRESETS[preset])
    if unknown := set(overrides) - set(values):
        raise AntiphonError(f"Training has no setting {', '.join(sorted(unknown))}; it has {', '.join(values)}.")
    s = Settings(**{**values, **overrides})
    torch.set_num_threads(s.threads)
    torch.manual_seed(s.seed)
    random = Random(s.seed)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    corpus = load_tunes(data)
    tunes = corpus.split("train")
    held_out = valid_streams(corpus.split("valid"))
    if not tunes or not held_out:
        raise AntiphonError(f"Data {data}: needs tunes in both train and valid; it has {corpus.describe()}.")

    model = AnswerModel(AnswerConfig(hidden=s.hidden, layers=s.layers, dropout=s.dropout))
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=lambda kept, new, n: moving_average(kept, new, int(n), s.smoothing_decay)
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=s.rate, weight_decay=s.weight_decay, betas=(0.9, 0.98))
    state: dict[str, Any] = {"epoch": 0, "step": 0, "minutes": 0.0, "best": math.inf, "rows": []}
    last, best = folder / "last.pt", folder / "best.pt"
    if resume and last.exists():
        saved = torch.load(last, weights_only=False)
        if saved["settings"]["hidden"] != s.hidden or saved["settings"]["layers"] != s.layers:
            raise AntiphonError(
                f"Checkpoint {last}: made with other sizes; choose another folder with --out, or --no-resume."
            )
        model.load_state_dict(saved["model"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
        random.setstate(saved["random"])
        torch.set_rng_state(saved["torch_random"])
        state = saved["state"]

    bar = _progress_bar(s.epochs, corpus) if progress else None
    while state["epoch"] < s.epochs and state["minutes"] < s.minutes:
        _epoch(model, average, optimiser, tunes, held_out, random, s, state, bar)
        row = state["rows"][-1]
        content = {
            "model": model.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "random": random.getstate(),
            "torch_random": torch.get_rng_state(),
            "state": state,
            "settings": asdict(s),
            "config": model.config_dict(),
        }
        if row["valid_nll_event_nats"] < state["best"]:
            state["best"] = row["valid_nll_event_nats"]
            facts = {
                "settings": asdict(s),
                "config": model.config_dict(),
                "data": str(data),
                "corpus": corpus.describe().splitlines()[0],
            }
            save(best, {"model": average.module.state_dict(), "row": row, **facts})
        save(last, content)
        with open(folder / "log.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(state["rows"])
    if bar:
        bar.stop()
    draw_curve(folder / "log.csv", folder / "curve.png")
    return {
        "checkpoint": str(best),
        "epochs": state["epoch"],
        "valid_nll_event_nats": state["best"],
        "minutes": state["minutes"],
        "curve": str(folder / "curve.png"),
    }


def _epoch(model, average, optimiser, tunes, held_out, random: Random, s: Settings, state: dict, bar) -> None:
    """One pass over freshly cut tunes, then the held-out figure; a row is added to the log."""
    started = time.monotonic()
    streams = [x for x in (make_stream(t, random) for t in tunes) if x is not None]
    groups = batches(streams, s.batch, random)
    model.train()
    total = 0.0
    rate = s.rate
    for i, group in enumerate(groups):
        spent = state["minutes"] + (time.monotonic() - started) / 60
        fraction = max((state["epoch"] + i / len(groups)) / s.epochs, spent / s.minutes)
        rate = rate_at(state["step"], fraction, s)
        for parameters in optimiser.param_groups:
            parameters["lr"] = rate
        loss = model(*collate(group, s.call_weight)).sum()
        optimiser.zero_grad()
        (loss / notes_in(group, s.call_weight)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), s.clip)
        optimiser.step()
        average.update_parameters(model)
        state["step"] += 1
        total += float(loss.detach())
        if bar:
            bar.update(bar.task_ids[0], completed=state["epoch"] + (i + 1) / len(groups))
        if spent > s.minutes:
            break
    by_kind = nll(average.module, held_out)
    state["epoch"] += 1
    state["minutes"] += (time.monotonic() - started) / 60
    figures = (
        state["epoch"],
        round(state["minutes"], 2),
        rate,
        total / notes_in(streams, s.call_weight),
        float(by_kind.sum()),
    )
    state["rows"].append(dict(zip(COLUMNS, (*figures, *map(float, by_kind)), strict=True)))
    if bar:
        text = f"valid {by_kind.sum():.4f} (best {min(state['best'], by_kind.sum()):.4f}) nats a note"
        bar.update(bar.task_ids[0], completed=state["epoch"], description=text)
        bar.print(f"epoch {state['epoch']:3d}  train {figures[3]:.4f}  {text}  {figures[1]:.1f} min")


def _progress_bar(epochs: int, corpus: Corpus):
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.1f}/{task.total} epochs"),
        TimeElapsedColumn(),
    )
    bar.print = bar.console.print  # type: ignore[attr-defined]
    bar.print(corpus.describe())
    bar.add_task("valid -", total=epochs)
    bar.start()
    return bar


if __name__ == "__main__":
    import typer

    typer.run(train)
