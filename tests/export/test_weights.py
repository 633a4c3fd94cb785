"""Weights found again in a package: equal to the last bit, whatever the exporter made of them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from export.package import write_package  # noqa: E402
from export.pattern.graph import graph_of, join_parts  # noqa: E402
from export.pattern.manifest import manifest, provenance  # noqa: E402
from export.pattern.weights import weight_map, weights_of  # noqa: E402
from realtime.models.base import PACKAGES  # noqa: E402
from realtime.native.errors import AntiphonError  # noqa: E402


class Cell(nn.Module):
    """Weights that exporters keep, transpose and merge."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(40, 16)
        self.mix = nn.Linear(16, 24, bias=False)
        self.gru = nn.GRU(24, 12, batch_first=True)
        self.norm = nn.GroupNorm(2, 12)

    def forward(self, token, state):
        out, state = self.gru(self.mix(self.table(token)), state)
        return self.norm(out[:, 0]), state


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    torch.manual_seed(4)
    cell = Cell()
    for p in cell.parameters():
        nn.init.normal_(p)
    inputs = {"token": torch.tensor([[3]]), "state": torch.zeros(1, 1, 12)}
    joined = join_parts({"step": graph_of(cell, inputs, ("out", "state_out"))})
    about = manifest(
        name="cell", title="Cell", description="A cell.", inputs=[("token", "token"), ("state", "state")],
        outputs=[("out", "logits"), ("state_out", "state")], states=[("state", "state_out")],
        parts={"step": (("token", "state"), ("out", "state_out"))}, provenance=provenance([], "antiphon train cell"),
        metrics={}, card="", weights={"cell": weight_map(joined, cell)},
    )  # fmt: skip
    feeds = {"part": np.asarray(0, np.int64), **{k: v.numpy() for k, v in inputs.items()}}
    with torch.no_grad():
        truth = dict(zip(("out", "state_out"), (t.numpy() for t in cell(**inputs)), strict=True))
    path = write_package(joined, about, feeds, truth, tmp_path_factory.mktemp("cell") / "cell.onnx")
    return cell, path, about


def test_a_package_gives_back_every_weight(made):
    cell, path, about = made
    state = weights_of(path, "cell")
    assert state.keys() == cell.state_dict().keys()
    assert all(torch.equal(state[k], v) for k, v in cell.state_dict().items())
    where = about["weights"]["cell"]
    assert isinstance(where["table.weight"], str), "what the graph holds as it is, is not written twice"


def test_a_package_without_them_is_refused_with_the_remedy(made):
    with pytest.raises(AntiphonError, match=r"does not tell the weights of other; start from a best\.pt"):
        weights_of(made[1], "other")


def test_a_net_that_the_graph_does_not_hold_is_refused(made):
    joined = join_parts({"step": graph_of(made[0], {"token": torch.tensor([[3]]), "state": torch.zeros(1, 1, 12)},
                                          ("out", "state_out"))})  # fmt: skip
    with pytest.raises(ValueError, match="are not in the graph"):
        weight_map(joined, nn.Linear(200, 300))


NETS = (
    "accompany",
    "changes",
    "chorale",
    "disguise",
    "frames",
    "genie",
    "grade",
    "groove",
    "mood",
    "morph",
    "phrase",
    "roll",
)


@pytest.mark.parametrize("name", NETS)
def test_every_shipped_net_can_be_trained_on_from_its_package(name):
    state = weights_of(PACKAGES / f"{name}.onnx", name)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point()) > 500
