"""Files of our writer pass the checker of the onnx package and carry their metadata."""

import onnx
import pytest

from realtime.neural.nam import parse_nam
from realtime.neural.nam_graph import nam_graph
from realtime.neural.ort import OrtSession
from tests.neural import synthetic


@pytest.mark.parametrize(
    "document",
    [
        synthetic.wavenet_document(),
        synthetic.wavenet_document(gated=True),
        synthetic.wavenet_document(activation="Hardtanh", kernel=2),
        synthetic.wavenet_document(activation="LeakyReLU"),
        synthetic.lstm_document(layers=2),
    ],
)
def test_graphs_are_valid_onnx(document):
    data = nam_graph(parse_nam(document)).writer.model({"antiphon": '{"text": "für Elise"}', "empty": ""})
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert {prop.key: prop.value for prop in model.metadata_props}["antiphon"] == '{"text": "für Elise"}'
    assert OrtSession(data).metadata() == {"antiphon": '{"text": "für Elise"}', "empty": ""}
