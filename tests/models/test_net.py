"""Packages in parts: states change places, rings turn, parts choose, faults are named."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from export.package import write_package  # noqa: E402
from export.pattern.graph import blank_inputs, check_parity, graph_of, join_parts, quantised, session  # noqa: E402
from export.pattern.manifest import manifest  # noqa: E402
from realtime.bench.nets import bench_all  # noqa: E402
from realtime.models.base import NoteModel  # noqa: E402
from realtime.models.net import Net  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402
from realtime.neural.package import load_package  # noqa: E402


class Step(nn.Module):
    """A recurrent cell: x (4,), h (1, 8) -> y (8,), h_out (1, 8)."""

    def __init__(self, embed):
        super().__init__()
        self.embed, self.cell = embed, nn.GRUCell(8, 8)

    def forward(self, x, h):
        h = self.cell(self.embed(x)[None], h)
        return h[0] * 2, h


class Memory(nn.Module):
    """Sums a ring: x (4,), ring (3, 8) -> total (8,), new (1, 8)."""

    def __init__(self, embed):
        super().__init__()
        self.embed = embed

    def forward(self, x, ring):
        new = self.embed(x)[None]
        return ring.sum(0), new


PARTS = {"step": (("x", "h"), ("y", "h_out")), "memory": (("x", "ring"), ("total", "new"))}


@pytest.fixture(scope="module")
def modules():
    torch.manual_seed(0)
    embed = nn.Linear(4, 8)
    inputs = {"step": {"x": torch.randn(4), "h": torch.zeros(1, 8)},
              "memory": {"x": torch.randn(4), "ring": torch.zeros(3, 8)}}  # fmt: skip
    return {"step": Step(embed), "memory": Memory(embed)}, inputs


@pytest.fixture(scope="module")
def graph(modules):
    nets, inputs = modules
    return join_parts({n: graph_of(nets[n], inputs[n], PARTS[n][1]) for n in PARTS})


def facts(**changes):
    return manifest(
        **{
            "name": "toy", "title": "Toy", "description": "Two small nets.", "card": "None.",
            "inputs": [("x", "token"), ("h", "state"), ("ring", "memory")],
            "outputs": [("y", "logits"), ("h_out", "state"), ("total", "logits"), ("new", "memory")],
            "states": [("h", "h_out")], "rings": [("ring", "new", 0)], "parts": PARTS,
            "tables": {"prior": np.arange(6.0).reshape(2, 3)}, "provenance": {}, "metrics": {},
            "cost": [{"part": "step", "runs": 3, "unit": "a step of three voices", "limit_us": 1e6}], **changes,
        }
    )  # fmt: skip


def write(path, graph, modules, about=None):
    nets, inputs = modules
    others = blank_inputs(graph)
    _, outputs = check_parity(graph, nets["step"], inputs["step"], part=0, others=others)
    feeds = {**others, **{k: v.numpy() for k, v in inputs["step"].items()}}
    return write_package(graph, about or facts(), feeds, outputs, path)


@pytest.fixture(scope="module")
def package(tmp_path_factory, graph, modules):
    return write(tmp_path_factory.mktemp("toy") / "toy.onnx", graph, modules)


def test_each_part_equals_pytorch_also_in_int8(graph, modules):
    nets, inputs = modules
    others = blank_inputs(graph)
    for number, name in enumerate(PARTS):
        assert check_parity(graph, nets[name], inputs[name], part=number, others=others)[0] < 1e-5
    small = join_parts({n: quantised(graph_of(nets[n], inputs[n], PARTS[n][1])) for n in PARTS})
    worst, _ = check_parity(small, nets["step"], inputs["step"], tolerance=0.2, part=0, others=blank_inputs(small))
    assert 0 < worst < 0.2


def test_shared_weights_are_stored_once(graph):
    assert sum(tuple(t.dims) in ((4, 8), (8, 4)) for t in graph.graph.initializer) == 1


def test_a_part_that_does_not_run_gives_zeros(graph, modules):
    feeds = {**blank_inputs(graph), "x": np.ones(4, np.float32), "part": np.asarray(0, np.int64)}
    y, total = session(graph).run(["y", "new"], feeds)
    assert y.any() and not total.any()


def test_states_carry_on_as_in_pytorch_and_reset_forgets(package, modules):
    net = Net(load_package(package, kind="notes"), "step")
    cell, h = modules[0]["step"], torch.zeros(1, 8)
    rng = np.random.default_rng(0)
    first = None
    for _ in range(5):
        x = rng.standard_normal(4).astype(np.float32)
        net.inputs["x"][:] = x
        with torch.no_grad():
            y, h = cell(torch.from_numpy(x), h)
        np.testing.assert_allclose(net.run()["y"], y, atol=1e-5)
        first = net.outputs["y"].copy() if first is None else first
    net.reset()
    net.inputs["x"][:] = np.random.default_rng(0).standard_normal(4).astype(np.float32)
    np.testing.assert_array_equal(net.run()["y"], first)


def test_save_and_restore_look_ahead_without_a_trace(package):
    net = Net(load_package(package), "step")
    net.inputs["x"][:] = 1.0
    net.run()
    saved = net.save()
    ahead = net.run()["y"].copy()
    net.run()
    net.restore(saved)
    np.testing.assert_array_equal(net.run()["y"], ahead)


def test_a_ring_keeps_the_last_slices(package, modules):
    net = Net(load_package(package), "memory")
    embed = modules[0]["memory"].embed
    for k in range(5):
        net.inputs["x"][:] = k
        total = net.run()["total"].copy()
    with torch.no_grad():
        wanted = sum(embed(torch.full((4,), float(k))) for k in (1, 2, 3))
    np.testing.assert_allclose(total, wanted, atol=1e-5)
    assert net.cursor == 5


def test_tables_come_back_as_numbers_and_missing_ones_are_named(package):
    loaded = load_package(package)
    np.testing.assert_array_equal(loaded.table("prior"), np.arange(6.0).reshape(2, 3))
    with pytest.raises(AntiphonError, match="lacks the table 'other'"):
        loaded.table("other")
    with pytest.raises(AntiphonError, match="lacks the part 'fly'"):
        Net(loaded, "fly")


def test_bench_gives_the_cost_of_a_musical_unit(package):
    rows = bench_all([package])
    assert [(r["part"], r["unit"], r["runs"]) for r in rows] == [
        ("step", "a step of three voices", 3.0), ("memory", "a run", 1.0)]  # fmt: skip
    assert rows[0]["unit_p50_us"] == pytest.approx(3 * rows[0]["run_p50_us"], abs=0.2) and rows[0]["within"]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"states": [("h", "total")]}, "comes back with rank"),
        ({"states": []}, "no output that carries it on"),
        ({"inputs": [("x", "token"), ("h", "state")]}, "'ring' has no role"),
        ({"rings": [("ring", "y", 0)]}, "cannot take slices"),
        ({"rings": [("ring", "gone", 0)]}, "not in the graph"),
        ({"cost": [{"part": "fly", "unit": "a run"}]}, "cost table names the part 'fly'"),
        ({"parts": {"step": (("x", "gone"), ("y",))}}, "names 'gone'"),
    ],
)
def test_wrong_states_roles_rings_and_parts_are_one_sentence(tmp_path, graph, modules, package, changes, message):
    import onnx

    model = onnx.load(package)
    about = json.loads(model.metadata_props[0].value)
    test = about["test"]
    about = facts(**changes)
    about |= {"format": 1, "sample_rate": None, "block_sizes": "any", "latency": 0, "test": test}
    onnx.helper.set_model_props(model, {"antiphon": json.dumps(about)})
    onnx.save(model, tmp_path / "wrong.onnx")
    with pytest.raises(AntiphonError, match=message) as caught:
        load_package(tmp_path / "wrong.onnx", kind="notes")
    assert "\n" not in str(caught.value)


def test_a_note_model_refuses_the_package_of_another_and_unknown_parameters(package):
    class Other(NoteModel):
        name = "other"

        def generate(self, prompt, bars, seed, **values):
            raise NotImplementedError

    class Toy(Other):
        name = "toy"

    with pytest.raises(AntiphonError, match="model 'toy', not 'other'"):
        Other.load(package)
    toy = Toy.load(package)
    with pytest.raises(AntiphonError, match="no parameter heat"):
        toy.settings({"heat": 1.0})
    with pytest.raises(AntiphonError, match="0 bars"):
        toy.settings({}, bars=0)


def test_parts_that_disagree_are_refused():
    one = graph_of(nn.Linear(4, 2), {"x": torch.zeros(4)}, ("y",))
    two = graph_of(nn.Linear(5, 2), {"x": torch.zeros(5)}, ("z",))
    with pytest.raises(ValueError, match="disagree about the input x"):
        join_parts({"one": one, "two": two})
    with pytest.raises(ValueError, match="share the output names"):
        join_parts({"one": one, "two": one})
