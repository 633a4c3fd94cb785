"""Data, losses and training of the eight-button piano, on tiny made music."""

import gzip
import json

import numpy as np
import pytest
import torch

import realtime.models.genie.code as code
from export.models.genie import data as piano
from export.models.genie.model import STEP, Config, Genie, contour_losses, contour_violations, quantised
from export.models.genie.train import train
from realtime.native.errors import AntiphonError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("genie") / "pop909.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for k in range(4):
            melody = [[24 * i, 24, int(60 + rng.integers(0, 12)), 90] for i in range(60)]
            hand = [[48 * i, 48, int(36 + rng.integers(0, 12)), 70] for i in range(60)]
            piece = {"id": f"s{k}", "split": "valid" if k == 3 else "train", "lic": "CC0", "tpq": 48, "bpm": 100,
                     "tracks": [{"name": "MELODY", "prog": 0, "drum": False, "n": melody},
                                {"name": "PIANO", "prog": 0, "drum": False, "n": hand}],
                     "chords": [[0, "C:maj"], [960, "A:min7"]]}  # fmt: skip
            file.write(json.dumps(piece) + "\n")
    return path


def test_streams_have_both_textures_and_labelled_chords(corpus):
    streams = piano.gather(piano.read(corpus).pieces)
    assert {s.texture for s in streams} == {0, 1}
    full = next(s for s in streams if s.texture == 1)
    assert len(full.keys) == 120 and (np.diff(full.onsets_s) >= 0).all()
    assert set(full.chords.tolist()) == {0, 9 * len(code.CHORD_STEPS) + list(code.CHORD_STEPS).index("min7")}


def test_windows_transpose_chords_with_the_keys(corpus):
    windows = piano.Windows(piano.gather(piano.read(corpus).pieces), 32)
    plain = windows.at(np.arange(6))
    moved = windows.at(np.arange(6), np.random.default_rng(1))
    assert moved["keys"].shape == (6, 32) and moved["chord"].shape == (6, 32, code.CHORD_SIZE)
    shift = (np.sort(moved["keys"], 1)[:, 0] - np.sort(plain["keys"], 1)[:, 0]) % 12
    roots = moved["chord"][:, 0, 12:24].argmax(-1) - plain["chord"][:, 0, 12:24].argmax(-1)
    assert ((roots - shift) % 12 == 0).all()


def test_quantiser_rounds_and_lets_the_gradient_through():
    value = torch.tensor([-1.7, -0.95, 0.1, 0.9], requires_grad=True)
    buttons = quantised(value)
    assert torch.allclose((buttons + 1) / STEP, torch.tensor([0.0, 0.0, 4.0, 7.0]), atol=1e-4)
    buttons.sum().backward()
    assert torch.equal(value.grad, torch.ones(4))


def test_contour_losses_prefer_buttons_that_follow_the_keys():
    keys, mask = torch.tensor([[30, 35, 33, 33]]), torch.ones(1, 4)
    good, bad = torch.tensor([[-0.4, 0.2, -0.2, -0.2]]), torch.tensor([[0.4, -0.2, 0.2, 0.6]])
    assert contour_losses(keys, good, mask)[1] < 0.05 < contour_losses(keys, bad, mask)[1]
    assert contour_violations(keys, quantised(good), mask) == 0 and contour_violations(keys, quantised(bad), mask) == 1


def test_a_decoder_without_buttons_does_not_hear_them():
    model = Genie(Config(16, 1, 8, 2)).eval()
    batch = {"keys": torch.randint(0, 88, (2, 8)), "wait_s": torch.rand(2, 8), "chord": torch.rand(2, 8, code.CHORD_SIZE),
             "texture": torch.ones(2), "mask": torch.ones(2, 8)}  # fmt: skip
    zero, one = torch.zeros(2, 1), torch.ones(2, 1)
    a, b = torch.rand(2, 8), torch.rand(2, 8)
    assert torch.equal(model.decode(batch, a, zero, zero), model.decode(batch, b, zero, zero))
    assert not torch.equal(model.decode(batch, a, one, zero), model.decode(batch, b, one, zero))


def test_training_learns_and_resumes(corpus, tmp_path):
    sizes = {"hidden": 16, "layers": 1, "channels": 8, "blocks": 2, "notes": 32, "batch": 8, "valid_windows": 8}
    first = train(corpus, out=tmp_path, progress=False, steps=12, valid_every=6, rate=1e-2, **sizes)
    second = train(corpus, out=tmp_path, progress=False, steps=24, valid_every=6, rate=1e-2, resume=True, **sizes)
    assert second["steps"] == 24 and second["figure"] < first["figure"] < 4.6


def test_nothing_usable_is_one_sentence(tmp_path):
    path = tmp_path / "short.jsonl"
    note = [[0, 48, 60, 80]]
    track = {"name": "piano", "prog": 0, "drum": False, "n": note}
    path.write_text(json.dumps({"id": "x", "split": "train", "lic": "", "tpq": 48, "tracks": [track]}))
    with pytest.raises(AntiphonError, match="48 notes or more"):
        train(path, out=tmp_path / "run", progress=False)
