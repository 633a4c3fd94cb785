"""Data, likelihoods, training and export of the chorale nets, on tiny made chorales."""

import gzip
import json

import numpy as np
import pytest
import torch

import realtime.models.chorale.code as code
from export.models.chorale import fill, model, slow
from export.models.chorale.data import batch_of, encode, load_grids
from export.models.chorale.evaluate import evaluate, folk_tunes, leading, likelihood, slices
from export.models.chorale.join import joined
from export.models.chorale.layout import step_graph
from export.models.chorale.package import causal_parts, export, parity
from export.models.chorale.steps import Step, Voice, step_rings
from export.models.chorale.teacher import Teacher
from export.models.chorale.train import train
from export.models.chorale.train_fill import Task as FillTask
from export.models.chorale.train_fill import holes, windows_of
from export.models.chorale.train_slow import sets_of
from export.pattern import checkpoint
from export.pattern.graph import blank_inputs, session
from realtime.models.chorale.model import Chorale
from realtime.models.chorale.slow import SlowChorale, SlowMemory
from realtime.native.errors import AntiphonError
from realtime.session.paths import MODELS

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


def causal_net(seed, *sizes):
    torch.manual_seed(seed)
    net = model.Causal(model.Config(*sizes)).eval()
    for p in net.parameters():  # norms and biases too: what the graphs fold away must not be neutral
        torch.nn.init.normal_(p, std=0.2)
    return net


@pytest.fixture(scope="module")
def shipped(tmp_path_factory, nets, corpus):
    folder = tmp_path_factory.mktemp("runs")
    kept = {"": nets[0], "_second": causal_net(5, 16, 2, 2, 32, 12, 0.1), "_fill": nets[1], "_slow": nets[2]}
    torch.manual_seed(6)
    kept["_tunes"] = slow.Slow(slow.Config(16, 1, 2, 32, 12, 4, 0.1, most=5, upwards=True, per_bar=8, per_waltz=6))
    for ending, net in kept.items():
        name = "chorale" if ending == "_second" else "chorale_slow" if ending == "_tunes" else f"chorale{ending}"
        (folder / f"chorale{ending}").mkdir()
        content = {"name": name, "model": net.state_dict(), "config": net.settings(), "settings": {}, "row": {}}
        checkpoint.save(folder / f"chorale{ending}" / "best.pt", {**content, "data": str(corpus), "corpus": ""})
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


@pytest.mark.parametrize("sizes", [[16], [16, 16], [16, 24], [16, 16, 24]])
def test_graphs_laid_by_hand_equal_the_nets_alone_equal_or_unequal(sizes):
    found = [causal_net(k, width, 2, 2, 32, width // 2, 0.1) for k, width in enumerate(sizes)]
    parts, graphs = causal_parts(found)
    whole = joined(graphs)
    assert parity(whole, parts) < 1e-5
    _, inputs, outputs = parts["step"]
    feeds = {**blank_inputs(whole), **{k: v.numpy() for k, v in inputs.items()}, "part": np.asarray(0)}
    context, logits = session(whole).run(["context", "logits"], feeds)
    assert context.shape == (4, sum(w // 2 for w in sizes))
    assert not logits.any()  # a part that was not chosen gives zeros


def test_parts_that_disagree_are_refused():
    one, other = (step_graph([causal_net(0, width, 1, 2, 32, 8, 0.1)]) for width in (16, 24))
    with pytest.raises(ValueError, match="disagree"):
        joined({"one": one, "other": other})


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


def test_a_teacher_expects_and_invents(tmp_path, shipped, corpus):
    teacher = Teacher(shipped[0])
    train_grids = load_grids(corpus)[0]
    first, again = (teacher.invented(6, train_grids, seed=4) for _ in range(2))
    assert [p.grid.tolist() for p in first] == [p.grid.tolist() for p in again]
    low, high = np.array(code.RANGES).T
    melodies = [g[:, 0].tolist() for g in train_grids]
    assert any(p.grid[:, 0].tolist() in melodies for p in first)
    assert all((p.grid[:, 1:] >= low[1:]).all() and (p.grid[:, 1:] <= high[1:]).all() for p in first)
    expected = teacher.expected(first[:2], [0, 0], [0, 8], 40)
    assert torch.allclose(expected.sum(3), torch.ones(2, 40, 4), atol=2e-3)
    whole = teacher.log_probabilities(batch_of(first[1:2], [0], [0], 99))[0].exp()
    assert torch.allclose(expected[1], whole[8:48], atol=2e-3)  # a window is seen in its piece

    taught = train(
        corpus, out=tmp_path / "run", progress=False, steps=12, rate=1e-2, smoothing_decay=0.5, **TINY,
        teacher=str(shipped[0]), invented=2,
    )  # fmt: skip
    with torch.no_grad():
        batch = batch_of(first, [0] * 6, [0] * 6, 99)
        saved = checkpoint.load(taught["checkpoint"], "chorale")
        pupil = model.Causal(model.Config(**saved["config"])).eval()
        torch.manual_seed(1)
        blank = model.Causal(model.Config(**saved["config"])).eval()
        pupil.load_state_dict(saved["model"])
        truth = teacher.log_probabilities(batch)
        away = [float((truth.exp() * (truth - n.logits(batch).log_softmax(3))).sum(3).mean()) for n in (pupil, blank)]
    assert away[0] < away[1]
    with pytest.raises(AntiphonError, match="no weights"):
        Teacher(MODELS / "collage.onnx")


def test_folk_tunes_are_evaluated_alone_and_beside_the_chorales(tmp_path, shipped):
    with gzip.open(tmp_path / "folk_nottingham.jsonl.gz", "wt") as file:
        for k in range(2):
            notes = [[24 * i, 24, 67 + i % 5, 90] for i in range(16)]
            chords = [[96 * i, 96, p, 60] for i in range(4) for p in (43, 47, 50)]
            tracks = [{"name": n, "prog": 0, "drum": False, "n": x} for n, x in (("melody", notes), ("chords", chords))]
            piece = {"id": f"t{k}", "split": ("train", "valid")[k], "lic": "CC0", "tpq": 48, "tracks": tracks}
            file.write(json.dumps(piece) + "\n")
    found = evaluate(shipped[0], tmp_path / "folk_nottingham.jsonl.gz")
    assert found["pieces"] == 1 and found["exact"]
    piece = sets_of(folk_tunes(tmp_path)[0], 2)
    assert len(piece) == 16 and piece[0] == [43, 47, 50, 67]
    live = SlowChorale(Chorale.load(shipped[0]).package, "tunes")
    assert found["metrics"] == {"nll_frame_nats": pytest.approx(slices(live, [piece]), rel=1e-4)}
    with (
        gzip.open(tmp_path / "folk_nottingham.jsonl.gz", "rt") as old,
        gzip.open(tmp_path / "other.jsonl.gz", "wt") as new,
    ):
        new.write(old.read().replace('"id": "t', '"id": "nottingham/t'))
    assert len(folk_tunes(tmp_path / "other.jsonl.gz")) == 1, "known by their ids under another file's name"


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
    teacher = Teacher(path)  # the nets as the package tells their weights
    with torch.no_grad():
        batch = batch_of([encode(g) for g in grids], [0] * len(grids), [0] * len(grids), 999)
        wanted = float(nets[0].nats(batch, teacher.log_probabilities(batch)).sum() / (4 * batch.mask.sum()))
        alone = float(nets[0].nats(batch).sum() / (4 * batch.mask.sum()))
    assert abs(alone - wanted) > 0.01  # two nets
    assert measured["nll_token_nats"] == pytest.approx(wanted, rel=1e-3)
    assert all(p in range(code.LOW, code.HIGH + 1) for p in chorale.voices(67))


def test_faults_of_voice_leading_are_counted():
    assert leading([np.array([[67, 60, 55, 48], [69, 62, 57, 50]])], "")["parallel_octaves_a_chord"] > 0
    assert leading([np.array([[60, 62, 55, 48]])], "")["voice_crossing_a_chord"] == 1
