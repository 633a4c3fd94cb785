"""An export shows what is wrong with the model and not what its libraries say of themselves."""

from __future__ import annotations

import logging
import warnings

import pytest

torch = pytest.importorskip("torch")

from export.pattern.chatter import without_chatter  # noqa: E402
from export.pattern.graph import graph_of, quantised  # noqa: E402


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.out = torch.nn.GRU(4, 8, batch_first=True), torch.nn.Linear(8, 2)

    def forward(self, x):
        return self.out(self.gru(x)[0])


def test_a_recurrent_net_is_exported_and_made_small_in_silence(caplog, capfd):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        quantised(graph_of(Net(), {"x": torch.zeros(1, 5, 4)}, ("y",)))
    assert [str(w.message) for w in shown] == []
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert capfd.readouterr().err == ""


def test_everything_else_is_heard(caplog):
    with pytest.warns(UserWarning, match="trace may be wrong"), without_chatter():
        warnings.warn("Converting a tensor to a Python boolean: the trace may be wrong", UserWarning, stacklevel=1)
        logging.getLogger("torch.onnx._internal.exporter._registration").warning("an operator is missing")
        logging.getLogger().warning("Please consider to run pre-processing before quantization. Refer to it")
    assert [r.getMessage() for r in caplog.records] == ["an operator is missing"]
    with pytest.warns(FutureWarning):
        warnings.warn("`isinstance(treespec, LeafSpec)` is deprecated, use it", FutureWarning, stacklevel=1)
