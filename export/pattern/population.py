"""Population based training of any task through Ray Tune, on one machine or a cluster: members train side by side, the
worst copy the best and vary their settings (Jaderberg et al. 2017); [workshop]."""

from __future__ import annotations

import copy
import json
import math
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from torch import nn

from export.pattern import checkpoint
from export.pattern.evolution import (
    Space,
    check_spaces,
    draw_schedule,
    drawn,
    explored,
    schedule,
    truncation,
    write_rows,
)
from export.pattern.settings import CommonSettings
from export.pattern.trainer import Run, seed_everything
from realtime.native.errors import AntiphonError

NEEDS_RAY = (
    'Population based training needs Ray Tune; install it with `pip install "ray[tune]"` (the extra `cluster` of '
    "Antiphon)."
)
STATE, BEST, LINEAGE = "last.pt", "best.pt", "lineage.json"


def set_values(run: Run, values: Mapping[str, float]) -> None:
    """New settings for a run that goes on: the rate and weight decay of its optimisers, the dropout of its layers, and
    whatever else the task reads from its settings."""
    before = run.task.settings
    run.task.settings = replace(before, **values)
    if "rate" in values:
        for name, rates in run.base_rates.items():
            run.base_rates[name] = [r * values["rate"] / before.rate for r in rates]
    if "weight_decay" in values:
        for optimiser in run.optimisers.values():
            for group in optimiser.param_groups:
                if group["weight_decay"] > 0:
                    group["weight_decay"] = values["weight_decay"]
    if "dropout" in values:
        set_dropout(run.task.model, values["dropout"])


def set_dropout(model: nn.Module, share: float) -> None:
    """Dropout of all layers: nn.Dropout's, and what a module keeps as `dropout` itself or in its `config`."""
    layers: list[Any] = list(model.modules())
    for layer in layers:
        if isinstance(layer, nn.Dropout):
            layer.p = share
        elif isinstance(getattr(layer, "dropout", None), float):
            layer.dropout = share
        sizes: Any = getattr(layer, "config", None)
        if is_dataclass(sizes) and hasattr(sizes, "dropout"):
            layer.config = replace(sizes, dropout=share)  # type: ignore[type-var]


class Member:
    """One member's training: a Run, the settings it has now, and its lineage: what it and those it was copied from did,
    generation by generation."""

    def __init__(
        self,
        task_class: Any,
        settings: CommonSettings,
        data: str | None,
        folder: Path,
        steps: int,
        names: Sequence[str],
    ):
        seed_everything(settings.seed, settings.threads)
        self.steps, self.names = steps, names
        self.run = Run(task_class(settings, data), folder, data)
        self.fresh = copy.deepcopy(self.run.state())
        self.lineage: list[dict[str, Any]] = []
        self.copied_from = ""

    def restart(self, folder: Path) -> None:
        """From the beginning in another folder; the data stays loaded."""
        self.run.folder = folder
        self._restore(copy.deepcopy(self.fresh))
        self.lineage, self.copied_from = [], ""

    def _restore(self, saved: dict[str, Any]) -> None:
        # sizes are compared as they were with the settings of then
        set_values(self.run, {n: saved["settings"][n] for n in self.names})
        self.run.restore(saved)

    def generation(self, name: str, values: Mapping[str, float]) -> dict[str, Any]:
        """Trains on for one generation; the row of the lineage it makes."""
        set_values(self.run, values)
        self.run.advance(self.run.step + self.steps, lambda fraction, row: None)
        row = {
            "member": name,
            "generation": len(self.lineage) + 1,
            "step": self.run.step,
            "figure": float(self.run.rows[-1]["valid"]),
            "copied_from": self.copied_from,
            **values,
        }
        self.lineage.append(row)
        self.copied_from = ""
        return row

    def save(self, folder: Path) -> None:
        """Everything another member needs to go on from here."""
        checkpoint.save(folder / STATE, self.run.state())
        best = self.run.folder / BEST
        if best.exists():
            shutil.copyfile(best, folder / BEST)
        (folder / LINEAGE).write_text(json.dumps(self.lineage), encoding="utf-8")

    def load(self, folder: Path, name: str) -> None:
        """The state of this or another member; its own best checkpoint comes with it."""
        saved = checkpoint.load(folder / STATE, self.run.task.name)
        self._restore(saved)
        if (folder / BEST).exists():
            shutil.copyfile(folder / BEST, self.run.folder / BEST)
        self.lineage = json.loads((folder / LINEAGE).read_text(encoding="utf-8"))
        if self.lineage and self.lineage[-1]["member"] != name:
            self.copied_from = self.lineage[-1]["member"]


def _trainable(tune: Any) -> Any:
    """The member as Ray Tune runs it; one process serves many members in turn."""

    class Trained(tune.Trainable):
        def setup(self, config: dict, task_class=None, settings=None, data=None, steps=1, names=()) -> None:
            self.member = Member(task_class, settings, data, self._folder(), steps, names)

        def _folder(self) -> Path:
            folder = Path(self.logdir) / "run"
            folder.mkdir(parents=True, exist_ok=True)
            return folder

        def reset_config(self, new_config: dict) -> bool:
            """A fresh member in the same process; its state follows by load_checkpoint if it has one."""
            self.config = new_config
            self.member.restart(self._folder())
            return True

        def step(self) -> dict:
            values = {n: float(self.config[n]) for n in self.member.names}
            row = self.member.generation(self.member_name(), values)
            return {"figure": row["figure"], "row": json.dumps(row)}

        def member_name(self) -> str:
            return str(int(self.trial_id.rsplit("_", 1)[-1]) + 1)

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            self.member.save(Path(checkpoint_dir))

        def load_checkpoint(self, checkpoint_dir: str) -> None:
            self.member.load(Path(checkpoint_dir), self.member_name())

    return Trained


def _listener(tune: Any, task_class: Any, total: int, progress: bool) -> Any:
    """Gathers every member's rows as they come in, and tells how far the population is."""

    class Listener(tune.Callback):
        def __init__(self):
            self.rows: list[dict[str, Any]] = []

        def on_trial_result(self, iteration, trials, trial, result, **info) -> None:
            row = json.loads(result["row"])
            self.rows.append(row)
            if progress:
                best = min(r["figure"] for r in self.rows)
                said = f"generation {row['generation']}  member {row['member']}  valid {row['figure']:.4f} (best {best:.4f})"
                copied = f"  copied from {row['copied_from']}" if row["copied_from"] else ""
                print(f"{len(self.rows)}/{total}  {task_class.name}  {said} {task_class.figure}{copied}", flush=True)

    return Listener()


def _scheduler(spaces: Mapping[str, Space], seed: int) -> Any:
    """Ray's PBT with this house's choice of losers and winners and its way of varying."""
    from ray.tune.schedulers import PopulationBasedTraining

    random = Random(seed)

    class Truncation(PopulationBasedTraining):
        def _quantiles(self):
            trials = {
                t.trial_id: t for t, s in self._trial_state.items() if s.last_score is not None and not t.is_finished()
            }
            scores = {i: -self._trial_state[t].last_score for i, t in trials.items()}  # Ray's are better when larger
            losers, winners = truncation(scores)
            return [trials[i] for i in losers], [trials[i] for i in winners]

    def vary(config: dict) -> dict:
        return config | explored({n: config[n] for n in spaces}, spaces, random)

    return Truncation(
        time_attr="training_iteration",
        perturbation_interval=1,
        hyperparam_mutations={},
        custom_explore_fn=vary,
        synch=True,
        log_config=False,
    )


def population(
    task_class: Any,
    settings: CommonSettings,
    data: str | Path | None,
    out: str | Path,
    members: int = 4,
    generations: int = 6,
    steps: int = 200,
    hyperparameters: Mapping[str, Space] | None = None,
    address: str | None = None,
    workers: int = 1,
    progress: bool = True,
) -> dict[str, Any]:
    """Trains a population; {"checkpoint", "figure", "member", "generations", "steps", "schedule", "table", "plot"}.

    Each of `members` trains `steps` steps a generation; all ends after settings.minutes of wall clock, with what there is
    by then. hyperparameters: {setting: (low, high, "log" or "linear")};
    rates are those before the warm-up and cosine of the pattern, which go on over all generations. address: of a Ray
    cluster ("auto", "ray://host:10001"), None for this machine with `workers` processes; on a cluster, `out` must be a
    folder that all its machines share. out gets best.pt and last.pt in the pattern's format, schedule.csv (the winner's
    lineage), population.csv (everyone's) and schedule.png. Raises AntiphonError.
    """
    spaces = dict(hyperparameters or {"rate": (settings.rate / 4, settings.rate * 4, "log")})
    check_spaces(spaces, settings)
    if members < 2 or generations < 1 or steps < 1:
        raise AntiphonError("Population: it takes two members and a generation of one step at least.")
    try:
        import ray
        from ray import tune
    except ModuleNotFoundError:
        raise AntiphonError(NEEDS_RAY) from None
    folder = Path(out).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AntiphonError(f"Folder {folder}: cannot be made ({error.strerror}); name another with --out.") from error
    fixed = replace(settings, steps=steps * generations, minutes=math.inf, valid_every=steps)
    task_class(fixed, data)  # unusable data is told here, not by a process far away
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anyone
    _connect(ray, address, workers)
    try:
        listener = _listener(tune, task_class, members * generations, progress)
        budget_s = None if math.isinf(settings.minutes) else settings.minutes * 60
        found = _fit(
            ray, tune, task_class, fixed, data, folder, members, generations, steps, spaces, listener, budget_s
        )
    finally:
        if address is None:
            ray.shutdown()
    return _collect(found, listener.rows, folder, spaces, task_class)


def _connect(ray: Any, address: str | None, workers: int) -> None:
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    if address is None:
        paths = os.pathsep.join(p for p in sys.path if p)
        how: dict[str, Any] = {
            "num_cpus": workers,
            "include_dashboard": False,
            "object_store_memory": 100 * 2**20,
            "runtime_env": {"env_vars": one_thread | {"PYTHONPATH": paths}},
        }
    else:
        root = Path(__file__).resolve().parents[2]
        code = [str(root / room) for room in ("export", "realtime")]
        how = {"address": address, "runtime_env": {"py_modules": code, "env_vars": one_thread}}
    for attempt in (1, 2):
        try:
            ray.init(logging_level="ERROR", log_to_driver=False, ignore_reinit_error=True, **how)
            return
        except Exception as error:  # Ray raises many kinds when there is no cluster or no room for one
            ray.shutdown()
            if attempt == 2 or address is not None:  # a busy machine may be too slow once
                reason = _last_line(error)
                raise AntiphonError(f"Ray at {address or 'this machine'}: cannot start ({reason}).") from error


def _fit(
    ray: Any, tune: Any, task_class: Any, settings: CommonSettings, data: str | Path | None, folder: Path, members: int,
    generations: int, steps: int, spaces: Mapping[str, Space], listener: Any, budget_s: float | None,
) -> Any:  # fmt: skip
    random = Random(settings.seed)
    first = [drawn(spaces, random) for _ in range(members)]
    trainable = tune.with_parameters(
        _trainable(tune),
        task_class=task_class,
        settings=settings,
        data=None if data is None else str(Path(data).resolve()),
        steps=steps,
        names=tuple(spaces),
    )
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1, "gpu": 1 if ray.cluster_resources().get("GPU") else 0}),
        param_space={"member": tune.grid_search(list(range(members)))}
        | {n: tune.sample_from(lambda spec, n=n: first[spec.config.member][n]) for n in spaces},
        tune_config=tune.TuneConfig(
            metric="figure",
            mode="min",
            scheduler=_scheduler(spaces, settings.seed + 1),
            reuse_actors=True,
            time_budget_s=budget_s,
        ),
        run_config=tune.RunConfig(
            name="members",
            storage_path=str(folder / "ray"),
            stop={"training_iteration": generations},
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=3),  # a lost process or machine costs a generation
            callbacks=[listener],
            checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=1, checkpoint_at_end=True, num_to_keep=4),
        ),
    )
    return tuner.fit()


def _collect(
    found: Any, rows: list[dict[str, Any]], folder: Path, spaces: Mapping[str, Space], task_class: Any
) -> dict[str, Any]:
    """The best member's checkpoints, the tables and the plot."""
    if found.errors:
        raise AntiphonError(f"Population: a member failed: {_last_line(found.errors[0])}")
    lineages: list[tuple[float, Path, list[dict[str, Any]]]] = []
    for result in found:
        if result.checkpoint is None:  # its turn never came
            continue
        place = Path(result.checkpoint.path)
        own = json.loads((place / LINEAGE).read_text(encoding="utf-8"))
        lineages.append((min(r["figure"] for r in own), place, own))
    if not lineages:
        raise AntiphonError("Population: no member finished a generation in time; give more minutes or fewer steps.")
    best, place, lineage = min(lineages, key=lambda x: (x[0], str(x[1])))
    for name in (BEST, STATE):
        shutil.copyfile(place / name, folder / name)
    rows = sorted(rows, key=lambda r: (int(r["member"]), r["generation"]))
    names = list(spaces)
    write_rows(folder / "schedule.csv", lineage, names)
    write_rows(folder / "population.csv", rows, names)
    title = f"{task_class.name}: the schedule a population of {len(lineages)} found"
    draw_schedule(rows, lineage, spaces, folder / "schedule.png", title, getattr(task_class, "figure", "figure"))
    shutil.rmtree(folder / "ray", ignore_errors=True)
    return {
        "checkpoint": str(folder / BEST),
        "figure": best,
        "member": lineage[-1]["member"],
        "generations": len(lineage),
        "steps": lineage[-1]["step"],
        "schedule": schedule(lineage, names),
        "table": str(folder / "schedule.csv"),
        "plot": str(folder / "schedule.png"),
    }


def _last_line(error: BaseException) -> str:
    """What a far-away process said last, which is where Python puts the reason."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" ^~")]
    return lines[-1] if lines else type(error).__name__
