"""`frames` from tiny data: rolls, a short training of all four nets, its parts, and bad data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import realtime.models.frames.code as code
from export.models.frames import data as music
from export.models.frames.evaluate import key_nats
from export.models.frames.model import Config, FramesModel, slice_nats
from export.models.frames.package import parts_of, rebuilt, tables_of
from export.models.frames.train import train
from realtime.native.errors import AntiphonError

SMALL = dict(latent=8, hidden=24, recurrent=16, batch=8, steps=16, valid_every=8, minutes=5.0)


def chorale(name: str, split: str, seed: int) -> str:
    rng = np.random.default_rng(seed)
    tracks = []
    for voice, base in zip("SATB", (72, 65, 58, 48), strict=True):
        rows = [[b * 48, 48, base + int(rng.choice([0, 2, 4, 5])), 80] for b in range(20)]
        tracks.append({"name": voice, "prog": 52, "drum": False, "n": rows})
    return json.dumps({"id": name, "split": split, "lic": "PD", "tpq": 48, "ts": [[0, 4, 4]], "tracks": tracks})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("rolls") / "jsb_chorales_official.jsonl"
    path.write_text("\n".join(chorale(f"c{k}", "train" if k < 4 else "valid", k) for k in range(6)))
    return path


def test_windows_cover_every_slice_once(data):
    pieces, _, _ = music.load(data)
    rolls = music.rolls_of(pieces, 1)
    windows, real = music.windows(rolls)
    assert real.sum() == sum(len(r) for r in rolls.rolls) == 4 * 20
    assert windows.sum() == sum(r.sum() for r in rolls.rolls) == 4 * 20 * 4
    assert windows[~real].sum() == 0


def test_variants_are_transpositions(data):
    rolls = music.rolls_of(music.load(data)[0], 4)
    batch = music.varied(rolls, 12, 16, np.random.default_rng(0))
    assert batch.shape == (12, 16, 88) and set(batch.sum(axis=2).ravel()) <= {0.0, 4.0}


def test_training_learns_resumes_and_has_its_parts(data, tmp_path):
    first = train(data, out=tmp_path, progress=False, **{**SMALL, "steps": 8})
    second = train(data, out=tmp_path, resume=True, progress=False, **SMALL)
    assert second["steps"] == 16 and second["figure"] < first["figure"]
    model, _ = rebuilt(tmp_path)
    tables, figures = tables_of(model, music.load(data)[0])
    assert tables["plain_bar_factor"].shape == (8, 8) and figures["latent_units"] == 8
    for module, inputs, outputs in parts_of(model).values():
        made = module(*inputs.values())
        assert len(outputs) == (len(made) if isinstance(made, tuple) else 1)


def test_the_step_is_the_decoder_one_slice_at_a_time():
    torch.manual_seed(1)
    net = FramesModel(Config(latent=8, hidden=16, recurrent=12)).eval().nets["recurrent_bar"]
    roll = (torch.rand(1, code.SLICES, code.KEYS) > 0.9).float()
    z = torch.randn(1, 8)
    state, contexts, past = net.first(z), net.contexts(z), torch.zeros(1, code.KEYS)
    for k, row in enumerate(net.decode(z, roll)[0]):
        logits, state = net.step(past, contexts[:, k], state)
        assert torch.allclose(logits[0], row, atol=1e-5)
        past = roll[:, k]


def test_nats_in_numpy_are_torchs():
    logits, roll = torch.randn(1, 16, 88), (torch.rand(1, 16, 88) > 0.9).float()
    assert key_nats(logits[0].numpy(), roll[0].numpy()) == pytest.approx(slice_nats(logits, roll)[0].numpy(), rel=1e-5)


def test_no_pitched_music_is_one_sentence(tmp_path):
    path = tmp_path / "drums.jsonl"
    track = {"name": "", "prog": 0, "drum": True, "n": [[0, 10, 36, 90]] * 20}
    path.write_text(json.dumps({"id": "d", "split": "train", "lic": "", "tpq": 48, "ts": [], "tracks": [track]}))
    with pytest.raises(AntiphonError, match="--data"):
        train(path, out=tmp_path / "run", progress=False, **SMALL)
