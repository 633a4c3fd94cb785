"""Pairs and training of the grader, on tiny made music."""

import gzip
import json

import numpy as np
import pytest
import torch

import realtime.models.grade.code as code
from export.models.grade import data as pairs
from export.models.grade.model import Config, GradeNet
from export.models.grade.package import knots_of
from export.models.grade.train import train
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("grade")
    for source in ("folk_nottingham", "openscore_lieder"):
        with gzip.open(folder / f"{source}.jsonl.gz", "wt") as file:
            for k in range(8):
                right = [[48 * i, 48, int(60 + rng.integers(0, 12)), 80] for i in range(32)]
                left = [[24 * i, 24, int(40 + rng.integers(0, 12) + t), 80] for i in range(64) for t in (0, 7)]
                names = ("melody",) if source == "folk_nottingham" else ("Piano staff1", "Piano staff2")
                tracks = [
                    {"name": n, "prog": 0, "drum": False, "n": rows}
                    for n, rows in zip(names, (right, left), strict=False)
                ]
                piece = {
                    "id": f"{source}/{k}",
                    "split": "valid" if k > 5 else "train",
                    "lic": "CC0",
                    "tpq": 48,
                    "tracks": tracks,
                }
                file.write(json.dumps(piece) + "\n")
    return folder


def test_excerpts_carry_their_class_and_hands(corpus):
    found = pairs.gather(pairs.read(corpus).pieces)
    assert {e.kind for e in found} == {0, 2}
    assert {n.channel for e in found if e.kind == 2 for n in e.sequence.notes} == {0, 1}


def test_made_pairs_are_what_they_say(corpus):
    one = next(e for e in pairs.gather(pairs.read(corpus).pieces) if e.kind == 2)
    rng = np.random.default_rng(0)
    slow, fast = pairs.easier(one, "tempo", rng)
    assert slow.tempo.tempo_bpm(0) < fast.tempo.tempo_bpm(0)
    alone, both = pairs.easier(one, "one hand", rng)
    assert len({n.channel for n in alone.notes}) == 1 < len({n.channel for n in both.notes})
    thin, full = pairs.easier(one, "thinned", rng)
    assert len(thin.notes) < len(full.notes)
    with pytest.raises(ValueError):
        pairs.easier(one, "sung", rng)


def test_the_net_only_grows():
    net = GradeNet(Config(8)).eval()
    rows = torch.randn(32, len(code.NAMES))
    for k in range(len(code.NAMES)):
        more = rows.clone()
        more[:, k] += 0.7
        assert (net(more) >= net(rows) - 1e-6).all()


def test_knots_rise_and_weigh_classes_alike():
    difficulties = np.concatenate([np.zeros(900), np.linspace(5, 6, 100)]) + np.linspace(0, 0.1, 1000)
    knots = knots_of(difficulties, np.repeat([0, 1], (900, 100)))
    assert (np.diff(knots) > 0).all() and knots[4] < 1 < knots[5]


def test_training_orders_pairs(corpus, tmp_path):
    result = train(corpus, out=tmp_path, progress=False, steps=60, valid_every=30, batch=16, rate=3e-2)
    assert result["figure"] < 0.2


def test_preludes_are_known_by_their_number():
    assert pairs.prelude_of("chopin_first_editions/kern/028-1-BH-004.krn") == 4
    assert pairs.prelude_of("chopin_first_editions/kern/010-1b-Sm-004.krn") == 0


def test_music_of_no_known_class_is_one_sentence(tmp_path):
    path = tmp_path / "other.jsonl"
    track = {"name": "v", "prog": 0, "drum": False, "n": [[i * 48, 48, 60, 80] for i in range(40)]}
    path.write_text(json.dumps({"id": "x", "split": "train", "lic": "", "tpq": 48, "tracks": [track]}))
    with pytest.raises(AntiphonError, match="known class"):
        train(path, out=tmp_path / "run", progress=False)
