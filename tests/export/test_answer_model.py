"""The workshop's way from tunes to a package: trains, resumes, exports; ONNX equals PyTorch; the shipped package
keeps its word."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from export import cards  # noqa: E402
from export.commands import train as train_command  # noqa: E402
from export.corpora import load_tunes  # noqa: E402
from export.corpora.segments import make_stream  # noqa: E402
from export.models.answer.evaluate import Baseline, evaluate  # noqa: E402
from export.models.answer.model import AnswerConfig, AnswerModel  # noqa: E402
from export.models.answer.package import event_nll, export_checkpoint, run_events, session, step_graph  # noqa: E402
from export.models.answer.train import collate, train  # noqa: E402
from export.package import read_manifest, tensor_from_json, tensor_json, write_package  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402
from realtime.neural.package import load_package  # noqa: E402
from realtime.players.answer import AnswerPlayer  # noqa: E402
from tests.export.test_corpora import piece, write_lines  # noqa: E402

PACKAGE = Path(__file__).resolve().parents[2] / "models_onnx" / "answer.onnx"
TINY = {"hidden": 16, "layers": 1, "epochs": 2, "batch": 4, "warmup_steps": 2, "minutes": 5.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_lines(folder / "tunes.jsonl.gz", [piece(i, split="valid" if i % 5 == 0 else "train") for i in range(25)])
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return train(data, preset="small", out=out, progress=False, **TINY)


def test_training_leaves_checkpoint_log_and_curve_and_goes_on(data, run):
    folder = Path(run["checkpoint"]).parent
    assert run["epochs"] == 2 and (folder / "curve.png").stat().st_size > 1000
    assert len((folder / "log.csv").read_text().splitlines()) == 3
    more = train(data, preset="small", out=folder, progress=False, **{**TINY, "epochs": 3})
    assert more["epochs"] == 3 and len((folder / "log.csv").read_text().splitlines()) == 4
    with pytest.raises(AntiphonError, match="other sizes"):
        train(data, preset="small", out=folder, progress=False, **{**TINY, "hidden": 24})


def test_the_same_seed_trains_the_same(data, run, tmp_path):
    again = train(data, preset="small", out=tmp_path, progress=False, **TINY)
    assert again["valid_nll_event_nats"] == pytest.approx(run["valid_nll_event_nats"], abs=1e-5)


def test_wrong_wishes_are_told(data, tmp_path):
    with pytest.raises(AntiphonError, match="small, full"):
        train(data, preset="huge", out=tmp_path)
    with pytest.raises(AntiphonError, match="no setting"):
        train(data, out=tmp_path, speed=3)
    with pytest.raises(AntiphonError, match="Model nobody"):
        train_command("nobody")
    with pytest.raises(AntiphonError, match="Checkpoint"):
        export_checkpoint(tmp_path / "none.pt", tmp_path / "x.onnx", data)


def test_forward_and_steps_give_the_same_likelihood(data):
    torch.manual_seed(2)
    model = AnswerModel(AnswerConfig(hidden=24, layers=2)).eval()
    stream = make_stream(load_tunes(data).tunes[1], None, 2)
    with torch.no_grad():
        whole = float(model(*collate([stream], 0.0)).sum())
        h, outputs = torch.zeros(2, 24), []
        for event in torch.from_numpy(stream.events.astype(np.int64)):
            *logits, h = model.step(event, h)
            outputs.append([x.numpy() for x in logits] + [None])
    nats, notes = event_nll(outputs, np.where(stream.answer[:, None], stream.targets, -100))
    assert notes > 8 and nats == pytest.approx(whole, rel=1e-4)


def test_onnx_equals_pytorch_over_a_whole_tune(data):
    torch.manual_seed(3)
    model = AnswerModel(AnswerConfig(hidden=32, layers=2)).eval()
    events = make_stream(load_tunes(data).tunes[0], None, 4).events.astype(np.int64)
    outputs, _ = run_events(session(step_graph(model)), events, (2, 32))
    h, worst = torch.zeros(2, 32), 0.0
    with torch.no_grad():
        for event, got in zip(torch.from_numpy(events), outputs, strict=True):
            *logits, h = model.step(event, h)
            worst = max(worst, *(float(np.abs(a - b.numpy()).max()) for a, b in zip(got, (*logits, h), strict=True)))
    assert worst < 1e-4


def test_a_trained_model_becomes_a_package_that_plays(data, run, tmp_path):
    result = export_checkpoint(run["checkpoint"], tmp_path / "answer.onnx", data)
    assert result["parity"] < 1e-4
    assert AnswerPlayer(tmp_path / "answer.onnx").warning == ""
    manifest = read_manifest(tmp_path / "answer.onnx")
    assert manifest["kind"] == "player" and manifest["provenance"]["data"] and manifest["card"]
    readme = cards.write_readme(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert readme["packages"] == 1 and "temperature" in text and "answer.onnx" in text


def test_the_shipped_package_keeps_its_word():
    package = load_package(PACKAGE, kind="player")  # runs the test vector
    about = package.about
    assert about.states and {p.id for p in about.parameters} >= {"temperature", "density", "range"}
    assert PACKAGE.stat().st_size < 20_000_000
    measured = about.metrics
    assert measured["nll_event_nats"] < 0.7 * measured["nll_event_nats_bigram"] < measured["nll_event_nats_unigram"]
    assert (
        measured["in_key_share"] > 0.97
        and measured["longest_copied_run"] < 12
        and measured["same_seed_same_notes"] == 1
    )


def test_the_readme_is_what_the_packages_say(tmp_path):
    for path in PACKAGE.parent.glob("*.onnx"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "pictures").symlink_to(PACKAGE.parent / "pictures")
    cards.write_readme(tmp_path)
    assert (tmp_path / "README.md").read_text() == (PACKAGE.parent / "README.md").read_text(), (
        "run: python -m export.cards"
    )


def test_evaluation_of_the_shipped_package_on_other_music(data):
    result = evaluate(PACKAGE, data, answers=4)
    assert result["model"] == "answer" and result["exact"] is True and result["pieces"] == 5
    json.dumps(result)
    metrics = result["metrics"]
    # random notes of a scale: no model can do better than log 8 on their pitch
    assert metrics["nll_event_nats"] > 2.0 and metrics["nll_event_nats_unigram"] > 2.0
    assert metrics["longest_copied_run"] < 12 and metrics["same_seed_same_notes"] == 1.0


def test_baselines_are_distributions(data):
    streams = [make_stream(t, None, 2) for t in load_tunes(data).tunes[:8]]
    for order in (1, 2):
        baseline = Baseline(streams, order)
        for kind, size in enumerate(Baseline.SIZES):
            for context in (-1,) if order == 1 else (0, 5, 24):
                assert sum(baseline._probability(kind, context, t) for t in range(size)) == pytest.approx(1.0)


def test_package_writer_refuses_what_does_not_fit(tmp_path):
    graph = step_graph(AnswerModel(AnswerConfig(hidden=8, layers=1)).eval())
    with pytest.raises(AntiphonError, match="lacks"):
        write_package(graph, {"kind": "player"}, {}, {}, tmp_path / "x.onnx")
    fields = dict.fromkeys(("kind", "name", "title", "version", "description"), "x")
    rest = {"inputs": [], "outputs": [], "states": [], "parameters": [], "provenance": {}, "metrics": {}}
    with pytest.raises(AntiphonError, match="not the graph's"):
        write_package(graph, {**fields, **rest}, {}, {}, tmp_path / "x.onnx")
    onnx.save(graph, tmp_path / "bare.onnx")
    with pytest.raises(AntiphonError, match="without Antiphon's manifest"):
        read_manifest(tmp_path / "bare.onnx")
    (tmp_path / "cut.onnx").write_bytes((tmp_path / "bare.onnx").read_bytes()[:900])
    with pytest.raises(AntiphonError, match=r"cut\.onnx"):
        read_manifest(tmp_path / "cut.onnx")


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool"])
def test_tensors_survive_json(dtype):
    x = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype)
    back = tensor_from_json(json.loads(json.dumps(tensor_json(x))))
    assert back.dtype == x.dtype and np.array_equal(back, x)
