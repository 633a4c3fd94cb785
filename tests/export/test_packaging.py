"""A run's net is restored whole or refused in one sentence; a package is written again with its own figures."""

import pytest

torch = pytest.importorskip("torch")

from export.package import read_manifest  # noqa: E402
from export.pattern import checkpoint  # noqa: E402
from export.pattern.graph import check_parity, graph_of  # noqa: E402
from export.pattern.manifest import manifest  # noqa: E402
from export.pattern.packaging import restored, write_measured  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402


def build(config):
    return torch.nn.Linear(config["size"], 1)


def saved(folder, config, net):
    checkpoint.save(folder / "best.pt", {"name": "toy", "config": config, "model": net.state_dict()})


def test_the_net_comes_back_in_evaluation_mode(tmp_path):
    net = build({"size": 3})
    saved(tmp_path, {"size": 3}, net)
    again, content = restored(tmp_path, "toy", build)
    assert torch.equal(again.weight, net.weight) and not again.training and content["config"] == {"size": 3}


@pytest.mark.parametrize("config", [{"size": 4}, {"other": 3}])
def test_a_net_of_another_version_is_refused_in_one_sentence(tmp_path, config):
    saved(tmp_path, config, build({"size": 3}))
    with pytest.raises(AntiphonError, match="another version of toy; train again"):
        restored(tmp_path, "toy", build)


def test_the_figures_of_the_written_package_go_into_it(tmp_path):
    net, path = build({"size": 3}).eval(), tmp_path / "toy.onnx"
    inputs = {"x": torch.ones(1, 3)}
    graph = graph_of(net, inputs, ("y",))
    parity, outputs = check_parity(graph, net, inputs)
    facts = manifest(
        name="toy", title="Toy", description="A toy.", inputs=[("x", "features")], outputs=[("y", "score")],
        parameters=(), code={}, cost=[], provenance={}, metrics={}, card="",
    )  # fmt: skip

    def measure():
        return {"metrics": {"letters": len(read_manifest(path)["name"])}}

    made = write_measured(graph, facts, {"x": inputs["x"].numpy()}, outputs, path, measure, parity, 1.5)
    assert made["bytes"] == path.stat().st_size and made["metrics"] == {"letters": 3}
    assert read_manifest(path)["metrics"] == {"letters": 3}
