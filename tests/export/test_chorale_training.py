"""Data, likelihoods, training and export of the chorale nets, on tiny made chorales."""

import gzip
import json

import numpy as np
import pytest
import torch

from export.models.chorale import fill, model, slow
from export.models.chorale.data import batch_of, encode, load_grids
from export.models.chorale.evaluate import leading, likelihood, slices
from export.models.chorale.package import export
from export.models.chorale.steps import Step, Voice, step_rings
from export.models.chorale.train import train
from export.models.chorale.train_fill import Task as FillTask
from export.models.chorale.train_fill import holes, windows_of
from export.models.chorale.train_slow import sets_of
from export.pattern import checkpoint
from realtime.models import chorale_code as code
from realtime.models.chorale import Chorale
from realtime.models.chorale_slow import SlowChorale, SlowMemory
from realtime.native.errors import AntiphonError

TINY = {"width": 16, "heads": 2, "head_hidden": 12, "batch": 3, "minutes": 5.0, "valid_every": 4, "bf16": False}
CHORDS = ([67, 62, 59, 43], [69, 62, 57, 54], [71, 62, 59, 43], [72, 64, 60, 48], [71, 62, 55, 50], [67, 62, 59, 43])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("chorale") / "jsb_chorales_official.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for k in range(6):
            chosen = np.array(CHORDS)[rng.integers(0, len(CHORDS), 12)] + int(rng.integers(-2, 3))
            grid = np.repeat(chosen, 4, 0)
            tracks = [{"name": "S", "prog": 52, "drum": False, "n": [[0, 48, 67, 80]]}]
            piece = {"id": f"c{k}", "split": "valid" if k > 3 else "train", "lic": "CC0", "tpq": 48, "tracks": tracks,
                     "grid16": grid.tolist()}  # fmt: skip
            file.write(json.dumps(piece) + "\n")
    return path


@pytest.fixture(scope="module")
def nets():
    torch.manual_seed(0)
    causal = model.Causal(model.Config(16, 2, 2, 32, 12, 0.1)).eval()
    filling = fill.Fill(fill.Config(16, 1, 2, 12, 0.1, 0.1, 128)).eval()
    chords = slow.Slow(slow.Config(16, 1, 2, 32, 12, 4, 0.1)).eval()
    return causal, filling, chords


@pytest.fixture(scope="module")
def shipped(tmp_path_factory, nets, corpus):
    folder = tmp_path_factory.mktemp("runs")
    for net, name in zip(nets, ("chorale", "chorale_fill", "chorale_slow"), strict=True):
        (folder / name).mkdir()
        content = {"name": name, "model": net.state_dict(), "config": net.settings(), "settings": {}, "row": {}}
        checkpoint.save(folder / name / "best.pt", {**content, "data": str(corpus), "corpus": ""})
    facts = export(folder / "chorale", folder / "chorale.onnx", corpus)
    return folder / "chorale.onnx", facts


def test_transposed_features_are_those_of_transposed_music(corpus):
    grid = load_grids(corpus)[0][0]
    moved = batch_of([encode(grid)], [3], [0], 99)
    again = batch_of([encode(grid + 3)], [0], [0], 99)
    assert (moved.trunk == again.trunk).all()
    assert (moved.target == again.target).all()
    assert torch.allclose(moved.classes, again.classes)
    # before the soprano's first note its place is counted from a fixed pitch
    assert (moved.heads[:, 1:] == again.heads[:, 1:]).all()


def test_batch_and_single_steps_agree_past_the_memory(nets, corpus):
    causal = nets[0]
    batch = batch_of([encode(load_grids(corpus)[0][0])], [0], [0], 99)
    memory = causal.config.memory_steps
    rings = {name: torch.zeros(*shape) for name, shape in step_rings([causal]).items()}
    step, bass = Step(causal), Voice(3, causal)
    with torch.no_grad():
        context = causal.trunk(batch.trunk, batch.classes)[0]
        logits = causal.heads[3](context[None], batch.heads[:, :, 3], batch.head_classes[:, :, 3])[0].log_softmax(1)
        for t in range(len(context)):
            cursor = torch.tensor([min(t, memory + t % memory)])
            found, *new = step(batch.trunk[0, t : t + 1], batch.classes[0, t : t + 1], cursor, *rings.values())
            for (name, ring), slot in zip(rings.items(), new, strict=True):
                ring.narrow(3 if "keys" in name else 2, t % memory, 1).copy_(slot)
            assert torch.allclose(found[3], causal.heads[3].context(context[t]), atol=1e-4)
            one = bass(found[3:], batch.heads[0, t : t + 1, 3], batch.head_classes[0, t : t + 1, 3])
            assert torch.allclose(one[0], logits[t], atol=1e-4)


def test_the_future_is_not_seen(nets, corpus):
    grid = load_grids(corpus)[0][0].copy()
    changed = grid.copy()
    changed[20:] -= 1
    with torch.no_grad():
        one, other = (nets[0].nats(batch_of([encode(g)], [0], [0], 99))[0] for g in (grid, changed))
    assert torch.allclose(one[:20], other[:20], atol=1e-5)
    assert not torch.allclose(one[20:], other[20:], atol=1e-3)


def test_sets_of_keys_have_probabilities_that_sum_to_one(shipped):
    chords = SlowChorale(Chorale.load(shipped[0]).package)
    chords.push((48, 64))
    total = np.exp(-chords.nats(()))
    singles = [np.exp(-chords.nats((p,))) for p in range(21, 109)]
    assert 0 < total + sum(singles) < 1  # the rest has two to four keys
    logits = chords.logits([60]).astype(float)
    chances = np.exp(logits - logits.max())
    assert chances[60 - 21 : 88].max() < 1e-30 * chances.sum()  # from the highest key down
    assert chords.nats(range(60, 70)) == np.inf


def test_slow_features_are_the_same_live_and_in_training():
    sets = [(48, 64), (48, 64), (50, 65), (48, 64), (48, 64), (50, 65), (52, 67)]
    described = slow.describe([list(s) for s in sets])
    memory = SlowMemory()
    for t, pitches in enumerate(sets):
        assert (described.repeat[t] == (memory.repeat > 0)).all()
        assert described.bucket[t] == memory.bucket
        assert described.age[t] == memory.age
        memory.push(pitches)


def test_slow_likelihood_live_and_in_training_agree(shipped, nets, corpus):
    from export.corpora.pieces import load_pieces

    piece = sets_of(load_pieces(corpus).pieces[0], 1)
    from export.models.chorale.train_slow import batch_of as slow_batch

    *inputs, mask = slow_batch([slow.describe(piece)], [0], [0], 999)
    with torch.no_grad():
        wanted = float((nets[2](*inputs) * mask).sum() / mask.sum())
    assert slices(SlowChorale(Chorale.load(shipped[0]).package), [piece]) == pytest.approx(wanted, rel=1e-2)


def test_holes_of_all_shapes_and_only_they_count(nets, corpus):
    rng = np.random.default_rng(1)
    known = holes(rng, 40, 32)
    assert 0.2 < known.mean() < 0.8
    assert any(not k.any(0).all() for k in known)  # a whole voice away
    symbols, inside = windows_of([load_grids(corpus)[0][0]] * 2, [0, 2], [0, 16], 128)
    known = np.ones(symbols.shape, bool)
    known[:, 5, 2] = False
    with torch.no_grad():
        nats, missing = FillTask.nats(nets[1], symbols, inside, known, np.array([0, 16]))
    assert missing.sum() == 2 and (nats > 0).sum() == 2


def test_training_learns_and_resumes(tmp_path, corpus):
    first = train(corpus, out=tmp_path / "run", progress=False, steps=8, rate=1e-2, smoothing_decay=0.5, **TINY)
    assert first["steps"] == 8
    again = train(
        corpus, out=tmp_path / "run", progress=False, resume=True, steps=16, rate=1e-2, smoothing_decay=0.5, **TINY
    )
    assert again["steps"] == 16
    saved = checkpoint.load(again["checkpoint"], "chorale")
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert len(rows) == 5
    assert saved["row"]["valid"] == again["figure"] < 3.3  # chance is log 31
    with pytest.raises(AntiphonError, match="other sizes"):
        train(corpus, out=tmp_path / "run", progress=False, resume=True, **{**TINY, "width": 8})


def test_nothing_usable_is_told(tmp_path):
    with gzip.open(tmp_path / "jsb_chorales_official.jsonl.gz", "wt") as file:
        file.write("{}\n")
    with pytest.raises(AntiphonError, match="no usable piece"):
        load_grids(tmp_path / "jsb_chorales_official.jsonl.gz")


def test_the_package_equals_the_net_and_plays(shipped, nets, corpus):
    path, facts = shipped
    assert facts["parity"] < 1e-4
    chorale = Chorale.load(path)
    grids = load_grids(corpus)[1]
    measured = likelihood(chorale, grids)
    with torch.no_grad():
        batch = batch_of([encode(g) for g in grids], [0] * len(grids), [0] * len(grids), 999)
        wanted = float(nets[0].nats(batch).sum() / (4 * batch.mask.sum()))
    assert measured["nll_token_nats"] == pytest.approx(wanted, rel=1e-3)
    assert all(p in range(code.LOW, code.HIGH + 1) for p in chorale.voices(67))


def test_faults_of_voice_leading_are_counted():
    assert leading([np.array([[67, 60, 55, 48], [69, 62, 57, 50]])], "")["parallel_octaves_a_chord"] > 0
    assert leading([np.array([[60, 62, 55, 48]])], "")["voice_crossing_a_chord"] == 1
