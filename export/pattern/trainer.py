"""The loop of every training: seeded, resumable, best checkpoint kept, progress with the validation figure, curve
drawn; [workshop].

After nanoGPT's pattern: a model's train.py has all its settings at the top, a Task, and `train`, which calls `fit`.
"""

from __future__ import annotations

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from export.pattern import checkpoint
from export.pattern.curve import draw_curve, write_log
from export.pattern.settings import CommonSettings
from export.pattern.weights import weights_of
from realtime.native.errors import AntiphonError


class Task:
    """What is trained. Subclasses set `self.model` and load their data in __init__, and implement loss (or step),
    validate and config."""

    name: ClassVar[str] = ""
    figure: ClassVar[str] = "nats"  # unit of what is minimised

    model: nn.Module
    corpus_text: str = ""

    def __init__(self, settings: Any):
        self.settings = settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.step_number = 0
        self.fraction = 0.0  # 0..1 of the schedule, for annealing

    def loss(self, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        """One batch's loss, and figures for the log."""
        raise NotImplementedError

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Figures on held-out music, the minimised one first; the model is in evaluation mode, without gradients."""
        raise NotImplementedError

    def config(self) -> dict[str, Any]:
        """What rebuilds the model."""
        raise NotImplementedError

    def optimisers(self) -> dict[str, torch.optim.Optimizer]:
        """One AdamW over everything, unless a task has several; biases, norms and embeddings do not decay."""
        s = self.settings
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        groups = [
            {"params": [p for _, p in named if p.dim() >= 2], "weight_decay": s.weight_decay},
            {"params": [p for _, p in named if p.dim() < 2], "weight_decay": 0.0},
        ]
        return {"all": torch.optim.AdamW(groups, lr=s.rate, betas=(0.9, 0.98))}

    def begin_from(self, path: Path) -> None:
        """Weights of a checkpoint or a package instead of random ones. Raises AntiphonError if it is of another net."""
        packed = path.suffix == ".onnx"
        state = weights_of(path, self.name) if packed else checkpoint.load(path, self.name)["model"]
        try:
            self.model.load_state_dict(state)
        except RuntimeError:
            raise AntiphonError(f"Start {path}: made with other sizes; give those by --set.") from None

    def step(self, rng: np.random.Generator, optimisers: dict[str, torch.optim.Optimizer]) -> dict[str, float]:
        """One optimiser step; GANs write their own. The figure `train` is drawn beside the validation."""
        s = self.settings
        with torch.autocast(self.device.type, torch.bfloat16, enabled=s.bf16):
            loss, figures = self.loss(rng)
        if not torch.isfinite(loss):
            raise AntiphonError(
                f"Training {self.name}: the loss became {float(loss.detach())} at step {self.step_number}; "
                "resume with a lower rate (--set rate=...)."
            )
        for optimiser in optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), s.clip)
        for optimiser in optimisers.values():
            optimiser.step()
        return {"train": float(loss.detach()), **figures}

    def extra_state(self) -> dict[str, Any]:
        """What else a resumed run needs."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """The inverse of extra_state."""


def rate_factor(step: int, fraction: float, warmup_steps: int) -> float:
    """Linear warm-up, then a half cosine to a fiftieth."""
    warm = min(1.0, (step + 1) / max(1, warmup_steps))
    return warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


class Average:
    """Moving average of a model's weights (Polyak), with a short memory at first so that the random start is soon
    forgotten."""

    def __init__(self, model: nn.Module, decay: float):
        self.decay, self.steps = decay, 0
        self.model = copy.deepcopy(model).eval()
        self.model.requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        weight = 1.0 - min(self.decay, (1.0 + self.steps) / (10.0 + self.steps)) if self.decay > 0 else 1.0
        self.steps += 1
        for kept, new in zip(self.model.parameters(), model.parameters(), strict=True):
            kept.lerp_(new.detach().to(kept.dtype), weight)
        for buffer, fresh in zip(self.model.buffers(), model.buffers(), strict=True):
            buffer.copy_(fresh)


class Run:
    """A training in a folder: last.pt, best.pt, log.csv, curve.png. `advance` trains on up to some step."""

    def __init__(self, task: Task, folder: Path, data: str | Path | None):
        self.task, self.folder, self.data = task, folder, data
        s = task.settings
        task.model.to(task.device)
        self.optimisers = task.optimisers()
        self.base_rates = {k: [g["lr"] for g in o.param_groups] for k, o in self.optimisers.items()}
        self.average = Average(task.model, s.smoothing_decay)
        self.rng = np.random.default_rng(s.seed)
        self.step, self.minutes, self.best = 0, 0.0, math.inf
        self.rows: list[dict[str, Any]] = []
        self.improved = False
        self._sums: dict[str, list[float]] = defaultdict(list)

    @property
    def last(self) -> Path:
        return self.folder / "last.pt"

    def state(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {
            "name": self.task.name,
            "settings": asdict(self.task.settings),
            "config": self.task.config(),
            "model": self.task.model.state_dict(),
            "average": self.average.model.state_dict(),
            "average_steps": self.average.steps,
            "optimisers": {k: o.state_dict() for k, o in self.optimisers.items()},
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "extra": self.task.extra_state(),
            "progress": (self.step, self.minutes, self.best, self.rows),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Raises AntiphonError if it was made with other sizes."""
        if saved["config"] != self.task.config():
            raise AntiphonError(
                f"Checkpoint {self.last}: made with other sizes; name another folder with --out, or train without "
                "--resume."
            )
        self.task.model.load_state_dict(saved["model"])
        self.average.model.load_state_dict(saved["average"])
        self.average.steps = saved["average_steps"]
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(saved["optimisers"][name])
        self.rng.bit_generator.state = saved["rng"]
        torch.set_rng_state(saved["torch_rng"])
        self.task.load_extra_state(saved["extra"])
        self.step, self.minutes, self.best, self.rows = saved["progress"]

    def advance(self, until: int, tell: Callable[[float, dict[str, Any] | None], None]) -> bool:
        """Trains to step `until` (or the end of the schedule) and validates there; True while there is more to do.

        tell(fraction, row or None) is called after every step, with the row after a validation.
        """
        s, task = self.task.settings, self.task
        before = self.minutes
        started = time.monotonic()
        task.model.train()
        while self.step < until:
            self.minutes = before + (time.monotonic() - started) / 60
            task.fraction = max(self.step / s.steps, self.minutes / s.minutes if s.minutes > 0 else 1.0)
            if task.fraction >= 1.0:
                break
            task.step_number = self.step
            factor = rate_factor(self.step, task.fraction, s.warmup_steps)
            for name, optimiser in self.optimisers.items():
                for group, rate in zip(optimiser.param_groups, self.base_rates[name], strict=True):
                    group["lr"] = rate * factor
            for key, value in task.step(self.rng, self.optimisers).items():
                self._sums[key].append(value)
            self.average.update(task.model)
            self.step += 1
            tell(min(1.0, task.fraction), None)
        self._validate()
        self.minutes = before + (time.monotonic() - started) / 60
        self.rows[-1]["minutes"] = round(self.minutes, 3)
        tell(min(1.0, task.fraction), self.rows[-1])
        self.write()
        return task.fraction < 1.0 and self.step < s.steps

    def _validate(self) -> None:
        model = self.average.model.eval()
        with torch.no_grad():
            figures = self.task.validate(model)
        name, valid = next(iter(figures.items()))
        trained = {k: sum(v) / len(v) for k, v in self._sums.items() if v}
        self._sums.clear()
        row = {"step": self.step, "minutes": round(self.minutes, 3), **trained, "valid": float(valid)}
        row |= {k: float(v) for k, v in figures.items() if k != name}
        self.rows.append(row)
        self.improved = valid < self.best
        self.best = min(self.best, float(valid))

    def write(self) -> None:
        """Checkpoints and log. Raises AntiphonError on a full disk; what was there stays whole."""
        if self.improved:
            state = {k: v.detach().clone() for k, v in self.average.model.state_dict().items()}
            facts = {k: self.state()[k] for k in ("name", "settings", "config")}
            corpus = self.task.corpus_text
            checkpoint.save(
                self.folder / "best.pt",
                {"model": state, "row": self.rows[-1], "data": self.data and str(self.data), "corpus": corpus, **facts},
            )
        checkpoint.save(self.last, self.state())
        try:
            write_log(self.folder / "log.csv", self.rows)
        except OSError as error:
            raise AntiphonError(
                f"Log {self.folder / 'log.csv'}: could not be written ({error.strerror}); free some space and train "
                "again with --resume."
            ) from error


def seed_everything(seed: int, threads: int) -> None:
    """One seed for torch and the data's generator; torch's threads."""
    torch.set_num_threads(max(1, threads))
    torch.manual_seed(seed)


def fit(
    task_class: Callable[[Any, str | Path | None], Task],
    settings: CommonSettings,
    data: str | Path | None,
    out: str | Path,
    resume: bool = False,
    progress: bool = True,
) -> dict[str, Any]:
    """Trains and returns {"checkpoint", "steps", "minutes", "figure", "curve"}; figure is the best validation.

    A stop by Ctrl-C ends the run at once; what was validated before is kept, and --resume goes on from there.
    Raises AntiphonError for unusable data, a checkpoint of other sizes, or a full disk.
    """
    seed_everything(settings.seed, settings.threads)
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AntiphonError(f"Folder {folder}: cannot be made ({error.strerror}); name another with --out.") from error
    task = task_class(settings, data)
    resumed = resume and (folder / "last.pt").exists()
    if settings.start and not resumed:
        task.begin_from(Path(settings.start))
    run = Run(task, folder, data)
    if resumed:
        run.restore(checkpoint.load(run.last, task.name))
    with _Bar(task, progress) as bar:
        if settings.start and not resumed:
            run.advance(0, bar.tell)  # the start is validated too: the best may be the first
        more = run.step < settings.steps and (run.minutes < settings.minutes or not run.rows)
        while more:
            more = run.advance(min(settings.steps, run.step + settings.valid_every), bar.tell)
    picture = folder / "curve.png"
    draw_curve(run.rows, picture, task.name, task.figure)
    return {
        "checkpoint": str(folder / "best.pt"),
        "steps": run.step,
        "minutes": round(run.minutes, 2),
        "figure": run.best,
        "curve": str(picture),
    }


class _Bar:
    """A progress bar with the latest and best validation figure; silent if not wanted."""

    def __init__(self, task: Task, shown: bool):
        self.task, self.best, self.bar = task, math.inf, None
        if shown:
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            self.bar = Progress(
                TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
            )

    def __enter__(self) -> _Bar:
        if self.bar:
            self.bar.console.print(f"{self.task.name}: {self.task.corpus_text}")
            count = sum(p.numel() for p in self.task.model.parameters())
            self.bar.console.print(f"{count:,} parameters on {self.task.device}")
            self.bar.start()
            self.row = self.bar.add_task(f"{self.task.name} step 0", total=1.0)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.bar:
            self.bar.stop()

    def tell(self, fraction: float, row: dict[str, Any] | None) -> None:
        if not self.bar:
            return
        self.bar.update(self.row, completed=fraction)
        if row is not None:
            self.best = min(self.best, row["valid"])
            text = f"valid {row['valid']:.4f} (best {self.best:.4f}) {self.task.figure}"
            self.bar.update(self.row, description=f"{self.task.name} step {row['step']}  {text}")
            shown = {k: v for k, v in row.items() if k not in ("step", "valid", "minutes")}
            more = "  ".join(f"{k} {v:.4g}" for k, v in shown.items() if isinstance(v, float))
            self.bar.console.print(f"step {row['step']:6d}  {row['minutes']:6.1f} min  {text}  {more}", highlight=False)
