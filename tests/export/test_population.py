"""Populations: the worst copy the best, settings stay in their ranges, what was found can be read off; and, with Ray, a
small population finds the rate that works."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from export.pattern import checkpoint, population  # noqa: E402
from export.pattern.evolution import (  # noqa: E402
    check_spaces,
    draw_schedule,
    drawn,
    explored,
    schedule,
    truncation,
    write_rows,
)
from export.pattern.population import Member, set_values  # noqa: E402
from export.pattern.settings import CommonSettings  # noqa: E402
from export.pattern.trainer import Run, Task  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402

SPACES = {"rate": (1e-4, 1e-1, "log"), "dropout": (0.0, 0.5, "linear")}


@dataclass
class Settings(CommonSettings):
    dropout: float = 0.1
    smoothing_decay: float = 0.0
    bf16: bool = False
    warmup_steps: int = 1


class Line(Task):
    """A line through points: the rate decides how fast it is found."""

    name, figure = "line", "squared error"

    def __init__(self, settings, data):
        super().__init__(settings)
        self.model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(settings.dropout))
        with torch.no_grad():
            self.model[0].weight.fill_(0.0)
            self.model[0].bias.fill_(0.0)

    def loss(self, rng):
        x = torch.from_numpy(rng.normal(size=(16, 1)).astype(np.float32))
        return ((self.model(x) - (2 * x + 1)) ** 2).mean(), {}

    def validate(self, model):
        x = torch.linspace(-1, 1, 21)[:, None]
        return {"error": float(((model(x) - (2 * x + 1)) ** 2).mean())}

    def config(self):
        return {"dropout": self.model[1].p}


@given(
    st.dictionaries(st.text("abcdef", min_size=1), st.floats(allow_infinity=False), min_size=1), st.floats(0.05, 0.9)
)
def test_losers_are_worse_than_winners_and_others_are_left_alone(figures, share):
    losers, winners = truncation(figures, share)
    assert len(losers) == len(winners) <= len(figures) // 2 and not set(losers) & set(winners)
    worth = {m: np.inf if np.isnan(f) else f for m, f in figures.items()}
    assert all(worth[a] >= worth[b] for a in losers for b in winners)
    assert bool(losers) == (len(figures) > 1)


def test_who_copies_whom_in_a_population_of_five():
    figures = {"1": 0.5, "2": 0.1, "3": float("nan"), "4": 0.1, "5": 0.9}
    assert truncation(figures, 0.2) == (["3"], ["2"]) and truncation(figures, 0.5) == (["5", "3"], ["2", "4"])
    assert truncation({"1": 0.5}) == ([], [])


@given(st.integers(0, 1000))
def test_settings_stay_in_their_ranges(seed):
    random = Random(seed)
    values = drawn(SPACES, random)
    for _ in range(30):
        values = explored(values, SPACES, random)
        assert all(low <= values[name] <= high for name, (low, high, _) in SPACES.items())


def test_settings_mostly_move_by_a_fixed_factor_and_sometimes_anywhere():
    random = Random(1)
    moves = Counter(round(explored({"rate": 0.01}, {"rate": SPACES["rate"]}, random)["rate"], 6) for _ in range(1000))
    assert moves[0.008] > 350 and moves[0.0125] > 350 and 40 < 1000 - moves[0.008] - moves[0.0125] < 200
    firsts = [drawn(SPACES, random)["rate"] for _ in range(1000)]
    assert np.median(firsts) == pytest.approx(10**-2.5, rel=0.3)  # the middle of the logarithms


@pytest.mark.parametrize(
    "spaces", [{}, {"colour": (0, 1, "linear")}, {"batch": (1, 9, "linear")}, {"rate": (0, 1, "log")}, {"rate": (2, 1, "linear")}]
)  # fmt: skip
def test_impossible_ranges_are_one_sentence(spaces):
    with pytest.raises(AntiphonError, match="Population"):
        check_spaces(spaces, Settings())


LINEAGE = [
    {"member": "1", "generation": 1, "step": 10, "figure": 3.0, "copied_from": "", "rate": 0.01, "dropout": 0.1},
    {"member": "1", "generation": 2, "step": 20, "figure": 2.0, "copied_from": "", "rate": 0.01, "dropout": 0.1},
    {"member": "2", "generation": 3, "step": 30, "figure": 1.0, "copied_from": "1", "rate": 0.008, "dropout": 0.1},
]


def table(path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_schedule_is_read_off_the_lineage():
    assert schedule(LINEAGE, ["rate", "dropout"]) == {"rate": [(0, 0.01), (20, 0.008)], "dropout": [(0, 0.1)]}


def test_table_and_plot_are_written(tmp_path):
    write_rows(tmp_path / "x.csv", LINEAGE, ["rate", "dropout"])
    read = table(tmp_path / "x.csv")
    assert read[2]["copied_from"] == "1" and float(read[2]["rate"]) == 0.008 and len(read) == 3
    draw_schedule(LINEAGE, LINEAGE, SPACES, tmp_path / "x.png", "Title", "nats")
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG" and (tmp_path / "x.png").stat().st_size < 60_000
    with pytest.raises(AntiphonError, match="cannot be written"):
        write_rows(tmp_path / "none" / "x.csv", LINEAGE, ["rate"])


def test_settings_reach_the_optimiser_and_the_layers(tmp_path):
    run = Run(Line(Settings(rate=0.01), None), tmp_path, None)
    set_values(run, {"rate": 0.02, "weight_decay": 0.5, "dropout": 0.3})
    groups = run.optimisers["all"].param_groups
    assert run.base_rates["all"] == [0.02, 0.02] and [g["weight_decay"] for g in groups] == [0.5, 0.0]
    assert run.task.model[1].p == 0.3 and run.task.settings.rate == 0.02


def test_a_member_goes_on_from_anothers_state(tmp_path):
    settings = Settings(steps=40, minutes=1e9)
    names = ("rate", "dropout")
    one, two = (Member(Line, settings, None, tmp_path / n, 10, names) for n in "ab")
    for m in (one, two):
        m.run.folder.mkdir()
    first = one.generation("1", {"rate": 0.1, "dropout": 0.0})
    two.generation("2", {"rate": 1e-4, "dropout": 0.4})
    (tmp_path / "saved").mkdir()
    one.save(tmp_path / "saved")
    two.load(tmp_path / "saved", "2")
    assert torch.equal(two.run.task.model[0].weight, one.run.task.model[0].weight) and two.run.step == 10
    row = two.generation("2", {"rate": 0.08, "dropout": 0.1})
    assert [r["member"] for r in two.lineage] == ["1", "2"] and row["copied_from"] == "1" and row["step"] == 20
    assert row["figure"] < first["figure"] and two.run.base_rates["all"][0] == 0.08
    best = checkpoint.load(two.run.folder / "best.pt", "line")
    assert best["row"]["valid"] == row["figure"]


def test_without_ray_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    import builtins

    real = builtins.__import__

    def no_ray(name, *args, **kwargs):
        if name.split(".")[0] == "ray":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_ray)
    with pytest.raises(AntiphonError, match=r"pip install \"ray\[tune\]\""):
        population.population(Line, Settings(), None, tmp_path)


def test_a_population_of_one_is_refused(tmp_path):
    with pytest.raises(AntiphonError, match="two members"):
        population.population(Line, Settings(), None, tmp_path, members=1)


def test_a_population_finds_the_rate_that_works(tmp_path):
    pytest.importorskip("ray")
    found = population.population(
        Line, Settings(), None, tmp_path / "out", members=2, generations=3, steps=30,
        hyperparameters={"rate": (1e-5, 1e-1, "log"), "dropout": (0.0, 0.1, "linear")}, progress=False,
    )  # fmt: skip
    rows = table(tmp_path / "out" / "population.csv")
    assert len(rows) == 6 and found["steps"] == 90 and found["generations"] == 3
    assert found["figure"] == pytest.approx(min(float(r["figure"]) for r in rows))
    assert any(r["copied_from"] for r in rows)  # the worst copied the best
    last = {r["member"]: float(r["figure"]) for r in rows if r["generation"] == "3"}
    assert found["figure"] == min(last.values())
    best = checkpoint.load(found["checkpoint"], "line")
    assert best["row"]["valid"] == pytest.approx(found["figure"])
    assert found["schedule"]["rate"][0][0] == 0
    assert (tmp_path / "out" / "schedule.png").exists() and (tmp_path / "out" / "last.pt").exists()
    assert not (tmp_path / "out" / "ray").exists()
