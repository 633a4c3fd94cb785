"""`groove` from tiny data: windows, a short training that learns, resuming, a package that plays, and bad data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import realtime.models.groove.code as code
from export.models.groove import data as drums
from export.models.groove import evaluate as measure
from export.models.groove.package import export
from export.models.groove.train import train
from export.models.latent import aggregated, annealed, attribute_vectors, kl_cost, kl_nats
from realtime.models.groove.model import Groove
from realtime.native.errors import AntiphonError

SMALL = dict(latent=16, width=24, hidden=32, batch=16, steps=30, valid_every=15, minutes=5.0, rate=4e-3)


def performance(name: str, split: str, bars: int, pattern: int, metre=(4, 4)) -> str:
    ticks = []
    for bar in range(bars):
        for step in range(0, 16, 2):
            ticks.append([bar * 1920 + step * 120 + pattern, 20, 42, 60 + 4 * step])
        ticks += [[bar * 1920 + s * 120, 20, 36, 100] for s in (0, 6 + pattern % 3, 10)]
        ticks += [[bar * 1920 + s * 120 + 9, 20, 38, 90] for s in (4, 12)]
    track = {"name": "", "prog": 0, "drum": True, "n": ticks}
    return json.dumps(
        {"id": name, "split": split, "lic": "made", "tpq": 480, "ts": [[0, *metre]], "bpm": 100.0, "tracks": [track]}
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("drums") / "groove_midi.jsonl"
    lines = [performance(f"d{k}", "train" if k < 5 else "valid", 6, 3 * k) for k in range(8)]
    lines += [performance("waltz", "train", 4, 0, (3, 4))]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    first = train(data, out=folder, progress=False, **{**SMALL, "steps": 15})
    return folder, first, train(data, out=folder, resume=True, progress=False, **SMALL)


def test_windows_are_two_bars_of_four_four(data):
    pieces, _, _ = drums.load(data)
    windows = drums.windows_of(pieces)
    assert len(windows) == 5 * 5  # six bars each; the waltz is left out
    assert len(windows.apart()) == 5 * 3
    assert (
        windows.hits.shape[1:] == (32, 9)
        and windows.hits[0, 4, 1]
        and windows.offset[0, 4, 1] == pytest.approx(9 / 120)
    )


def test_batch_inputs_are_the_encoders(data):
    windows = drums.windows_of(drums.load(data)[0])
    batch = drums.batch_of(windows, np.arange(3))
    x = drums.inputs_of(*batch, np.array([0, 1, 2]))
    for k, mode in enumerate(code.MODES):
        assert x[k] == pytest.approx(code.encoder_input(windows.groove(k), mode), abs=1e-6)


def test_training_learns_and_resumes(run):
    _, first, second = run
    assert second["steps"] == 30 and second["figure"] < first["figure"]


def test_package_plays_and_is_evaluated(run, data, tmp_path, monkeypatch):
    for name, few in (("GENERATED", 2), ("GENERATED_BARS", 4), ("MOVES", (-1.0, 1.0)), ("SAMPLES", 3)):
        monkeypatch.setattr(measure, name, few)
    folder, _, _ = run
    facts = export(folder, tmp_path / "groove.onnx", data)
    assert facts["parity"] < 1e-4
    model = Groove.load(tmp_path / "groove.onnx")
    drumming = model.generate(None, 3, 1).notes
    assert drumming and all(n.channel == 9 and n.beat < 12.25 for n in drumming)
    found = measure.evaluate(tmp_path / "groove.onnx", data)
    metrics = found["metrics"]
    assert found["exact"] is False and found["pieces"] == 3
    windows = drums.windows_of(drums.load(data)[2]).apart()
    assert metrics["windows"] == len(windows) == 3 * 3
    right = [
        model.logits(model.context(model.encode(groove)[0]), groove.hits).argmax(1) == groove.tokens()
        for groove in map(windows.groove, range(len(windows)))
    ]
    assert metrics["accuracy_teacher_forced_from_mean"] == pytest.approx(np.mean(right), abs=1e-4)
    # half the steps are silent: always to say the commonest token is right in 0.5 of them
    assert metrics["accuracy_teacher_forced"] > 0.75 > 0.5 > metrics["accuracy_sampled"]
    # a drummer's strokes are nearer than those of a score at each drum's mean velocity
    assert metrics["humanise_velocity_mse_mean"] < metrics["humanise_velocity_mse_flat"]
    assert metrics["humanise_offset_mse_mean"] < metrics["humanise_offset_mse_flat"]
    assert metrics["longest_copied_bars_real"] > metrics["longest_copied_bars"]


def test_no_drums_is_one_sentence(tmp_path):
    with pytest.raises(AntiphonError, match="--data"):
        drums.load(None)
    path = tmp_path / "tune.jsonl"
    track = {"name": "m", "prog": 0, "drum": False, "n": [[0, 48, 60, 80]] * 20}
    path.write_text(json.dumps({"id": "t", "split": "train", "lic": "", "tpq": 48, "ts": [], "tracks": [track]}))
    with pytest.raises(AntiphonError, match="no two bars of drums"):
        train(path, out=tmp_path / "run", progress=False, **SMALL)


def test_kl_is_that_of_two_gaussians():
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, -2.0]])
    truth = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, torch.exp(0.5 * log_variance)), torch.distributions.Normal(0.0, 1.0)
    )
    assert torch.allclose(kl_nats(mean, log_variance), truth, atol=1e-6)
    assert float(kl_cost(truth, 100.0)) == 0.0
    assert annealed(0.2, 0.0) < annealed(0.2, 0.2) <= annealed(0.2, 0.5) == pytest.approx(0.2)
    assert annealed(0.2, 1.0, last=0.05) == pytest.approx(0.05)


def test_attribute_directions_raise_what_they_name():
    rng = np.random.default_rng(0)
    means = rng.standard_normal((500, 6)) @ rng.standard_normal((6, 6))
    values = np.stack([means @ rng.standard_normal(6), means[:, 0]], axis=1)
    for k, direction in enumerate(attribute_vectors(means, values)):
        weights = np.linalg.lstsq(means - means.mean(0), values[:, k] - values[:, k].mean(), rcond=None)[0]
        assert direction @ weights == pytest.approx(values[:, k].std(), rel=0.05)


def test_the_aggregated_posterior_has_the_musics_spread():
    rng = np.random.default_rng(0)
    means = np.concatenate([rng.standard_normal((300, 3)) + 6, rng.standard_normal((300, 3)) - 6])
    home = aggregated(means, np.full((600, 3), 0.01), centres=8)
    random = np.random.default_rng(1)
    drawn = np.array([home.sample(random, 1.0) for _ in range(2000)])
    assert drawn.std(axis=0) == pytest.approx(means.std(axis=0), rel=0.1)
    assert ((drawn > 3).all(axis=1) | (drawn < -3).all(axis=1)).mean() > 0.9


def test_divergence_is_zero_of_equals():
    x = np.random.default_rng(0).normal(0, 0.1, 5000)
    assert measure.divergence(x, x) == 0.0 < measure.divergence(x, np.zeros(5000))
