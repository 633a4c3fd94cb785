"""The pattern of all trainings: resumes to the same weights, keeps the best, survives a full disk, says what is wrong."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from export.pattern import checkpoint  # noqa: E402
from export.pattern.settings import CommonSettings, resolve  # noqa: E402
from export.pattern.trainer import Average, Task, fit, rate_factor  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402


@dataclass
class Settings(CommonSettings):
    hidden: int = 8
    tune: bool = False


PRESETS = {"small": Settings(steps=40, valid_every=10, batch=16, rate=2e-2, warmup_steps=5, bf16=False)}


class Line(Task):
    """Fits y = 3 x - 1 through a small net."""

    name, figure = "line", "squared error"

    def __init__(self, settings, data):
        super().__init__(settings)
        self.model = nn.Sequential(nn.Linear(1, settings.hidden), nn.Tanh(), nn.Linear(settings.hidden, 1))

    def loss(self, rng):
        x = torch.from_numpy(rng.uniform(-1, 1, (self.settings.batch, 1)).astype(np.float32))
        error = ((self.model(x) - (3 * x - 1)) ** 2).mean()
        return error, {"seen": float(len(x))}

    def validate(self, model):
        x = torch.linspace(-1, 1, 50)[:, None]
        return {"error": float(((model(x) - (3 * x - 1)) ** 2).mean()), "bias": float(model(x).mean())}

    def config(self):
        return {"hidden": self.settings.hidden}


def run(tmp_path: Path, name: str = "run", resume: bool = False, task=Line, **changes) -> dict:
    settings = replace(PRESETS["small"], **changes)
    return fit(task, settings, None, tmp_path / name, resume=resume, progress=False)


def test_learns_and_keeps_the_best_checkpoint_a_log_and_a_curve(tmp_path):
    result = run(tmp_path)
    saved = checkpoint.load(result["checkpoint"], "line")
    with open(tmp_path / "run/log.csv") as lines:
        rows = list(csv.DictReader(lines))
    assert [int(r["step"]) for r in rows] == [10, 20, 30, 40]
    assert {"train", "valid", "bias", "seen", "minutes"} <= set(rows[0])
    assert result["figure"] == min(float(r["valid"]) for r in rows) < float(rows[0]["valid"])
    assert saved["row"]["valid"] == result["figure"] and saved["config"] == {"hidden": 8}
    assert (tmp_path / "run/curve.png").stat().st_size > 5000


def test_same_seed_same_weights_and_another_seed_others(tmp_path):
    weights = [
        checkpoint.load(run(tmp_path, name, seed=seed)["checkpoint"])["model"]["0.weight"]
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_a_resumed_run_ends_exactly_where_an_unbroken_one_does(tmp_path):
    class Breaks(Line):
        def step(self, rng, optimisers):
            if self.step_number == 25:
                raise KeyboardInterrupt
            return super().step(rng, optimisers)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "broken", task=Breaks)
    run(tmp_path, "broken", resume=True)
    run(tmp_path, "whole")
    broken, whole = (checkpoint.load(tmp_path / name / "last.pt") for name in ("broken", "whole"))
    assert all(torch.equal(broken["model"][k], whole["model"][k]) for k in whole["model"])
    assert [r["step"] for r in broken["progress"][3]] == [10, 20, 30, 40]


def test_stops_after_the_minutes_asked_for(tmp_path):
    assert run(tmp_path, minutes=0.0)["steps"] == 0
    assert (tmp_path / "run/best.pt").exists()


def test_resuming_with_other_sizes_is_refused_and_the_checkpoint_kept(tmp_path):
    run(tmp_path)
    with pytest.raises(AntiphonError, match="made with other sizes"):
        run(tmp_path, resume=True, hidden=9)
    assert checkpoint.load(tmp_path / "run/last.pt")["config"] == {"hidden": 8}


def test_a_full_disk_is_one_sentence_and_the_checkpoint_before_it_stays_whole(tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    path = tmp_path / "last.pt"
    checkpoint.save(path, {"name": "line", "model": {}, "config": {}})
    path.with_suffix(".part").symlink_to(full)
    with pytest.raises(AntiphonError, match=r"No space left.*resume"):
        checkpoint.save(path, {"name": "line", "model": {"w": torch.zeros(100_000)}, "config": {}})
    assert checkpoint.load(path)["name"] == "line"


def test_a_loss_that_is_not_finite_stops_with_a_remedy(tmp_path):
    class Explodes(Line):
        def loss(self, rng):
            error, figures = super().loss(rng)
            return error * float("nan"), figures

    with pytest.raises(AntiphonError, match=r"loss became nan at step 0.*lower rate"):
        run(tmp_path, task=Explodes)


def test_checkpoints_that_are_missing_damaged_or_of_another_model(tmp_path):
    with pytest.raises(AntiphonError, match="antiphon train line"):
        checkpoint.load(tmp_path / "best.pt", "line")
    (tmp_path / "best.pt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(AntiphonError, match="damaged"):
        checkpoint.load(tmp_path / "best.pt", "line")
    checkpoint.save(tmp_path / "best.pt", {"name": "line", "model": {}, "config": {}})
    with pytest.raises(AntiphonError, match="of line, not of groove"):
        checkpoint.load(tmp_path / "best.pt", "groove")


def test_presets_and_overrides_by_name():
    assert resolve(PRESETS, "small", {"hidden": "16", "rate": "1e-3", "tune": "yes", "minutes": None}) == replace(
        PRESETS["small"], hidden=16, rate=1e-3, tune=True
    )
    for wrong, message in (({"hiden": 1}, "no setting hiden"), ({"hidden": "many"}, "hidden=many"),
                           ({"hidden": 1.5}, "hidden=1.5"), ({"tune": "perhaps"}, "tune=perhaps")):  # fmt: skip
        with pytest.raises(AntiphonError, match=message):
            resolve(PRESETS, "small", wrong)
    with pytest.raises(AntiphonError, match="Preset huge"):
        resolve(PRESETS, "huge")


def test_rate_warms_up_and_decays_to_a_fiftieth():
    assert rate_factor(0, 0.0, 100) == pytest.approx(0.01)
    assert rate_factor(99, 0.0, 100) == pytest.approx(1.0)
    assert rate_factor(1000, 1.0, 100) == pytest.approx(0.02)


def test_average_forgets_its_random_start_and_follows_buffers():
    model = nn.BatchNorm1d(3)
    average = Average(model, 0.99)
    with torch.no_grad():
        model.weight.fill_(2.0)
        model.running_mean.fill_(5.0)
    for _ in range(100):
        average.update(model)
    assert torch.allclose(average.model.weight, torch.full((3,), 2.0), atol=0.01)
    assert torch.equal(average.model.running_mean, torch.full((3,), 5.0))


def test_a_run_begins_from_another_ones_weights_with_a_new_schedule_and_keeps_them_if_nothing_is_better(tmp_path):
    first = run(tmp_path)
    again = run(tmp_path, "again", start=first["checkpoint"], rate=0.0, steps=10)
    assert again["figure"] == pytest.approx(first["figure"], abs=1e-6)
    ours, theirs = (checkpoint.load(r["checkpoint"], "line") for r in (again, first))
    assert ours["row"]["step"] == 0
    assert all(torch.equal(ours["model"][k], v) for k, v in theirs["model"].items())
    trained = run(tmp_path, "more", start=first["checkpoint"])
    assert trained["figure"] < first["figure"] and trained["steps"] == 40


def test_a_start_of_other_sizes_is_refused_with_the_remedy(tmp_path):
    first = run(tmp_path)
    with pytest.raises(AntiphonError, match="other sizes; give those by --set"):
        run(tmp_path, "wide", start=first["checkpoint"], hidden=9)
