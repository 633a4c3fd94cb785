"""Turns a capture into a streaming ONNX graph with explicit states and a free number of frames; [main].

Inputs: `audio` (1, 1, frames) and one state per convolution with history, or h and c of the LSTM; outputs:
`audio_out` and each state's successor, named `<state>_out`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realtime.neural.nam_nets import HARDTANH, LEAKY_RELU, RELU, SIGMOID, SILU, SOFTSIGN, TANH, Lstm, Nam, WaveNet
from realtime.neural.onnx_writer import GraphWriter

AUDIO_IN, AUDIO_OUT = "audio", "audio_out"
_PLAIN = {TANH: "Tanh", SIGMOID: "Sigmoid", RELU: "Relu", SOFTSIGN: "Softsign"}
_END = np.iinfo(np.int64).max


@dataclass
class NamGraph:
    """A graph and what its host must know: state names with their initial values."""

    writer: GraphWriter
    states: dict[str, np.ndarray]


class _Builder:
    def __init__(self, name: str):
        self.graph = GraphWriter(name)
        self.states: dict[str, np.ndarray] = {}

    def one(self, kind: str, *inputs: str, to: int | str = 1, **attributes) -> str:
        return self.graph.node(kind, inputs, to, **attributes)[0]

    def state(self, name: str, initial: np.ndarray) -> str:
        self.states[name] = np.ascontiguousarray(initial, np.float32)
        self.graph.output(f"{name}_out", initial.shape)
        return self.graph.input(name, initial.shape)

    def slice(self, x: str, start: int, end: int, axis: int, to: int | str = 1) -> str:
        numbers = (self.graph.constant(np.array([number], np.int64)) for number in (start, end, axis))
        return self.one("Slice", x, *numbers, to=to)

    def pointwise(self, x: str, weights: np.ndarray, bias: np.ndarray | None = None) -> str:
        inputs = [x, self.graph.constant(weights[:, :, None])]
        if bias is not None and bias.any():
            inputs.append(self.graph.constant(bias))
        return self.one("Conv", *inputs, kernel_shape=[1])

    def causal(self, x: str, name: str, weights: np.ndarray, bias: np.ndarray, dilation: int) -> str:
        """Convolution over this block with its history in front; the history becomes a state."""
        history = (weights.shape[2] - 1) * dilation
        if history:
            former = self.state(name, np.zeros((1, weights.shape[1], history), np.float32))
            x = self.one("Concat", former, x, axis=2)
            self.slice(x, -history, _END, 2, to=f"{name}_out")
        constants = (self.graph.constant(weights), self.graph.constant(bias))
        return self.one("Conv", x, *constants, kernel_shape=[weights.shape[2]], dilations=[dilation])

    def activation(self, x: str, kind: int, slope: float) -> str:
        if kind in _PLAIN:
            return self.one(_PLAIN[kind], x)
        if kind == LEAKY_RELU:
            return self.one("LeakyRelu", x, alpha=float(slope))
        if kind == SILU:
            return self.one("Mul", x, self.one("Sigmoid", x))
        assert kind == HARDTANH
        limits = (self.graph.constant(np.array(limit, np.float32)) for limit in (-1.0, 1.0))
        return self.one("Clip", x, *limits)

    def finish(self, x: str, scale: float) -> None:
        self.one("Mul", x, self.graph.constant(np.array(scale, np.float32)), to=AUDIO_OUT)


def _wavenet(net: WaveNet, builder: _Builder, dry: str) -> None:
    x, head = dry, ""
    for a, array in enumerate(net.arrays):
        x = builder.pointwise(x, array.rechannel)
        for n, layer in enumerate(array.layers):
            z = builder.causal(x, f"a{a}_l{n}", layer.conv, layer.conv_bias, layer.dilation)
            z = builder.one("Add", z, builder.pointwise(dry, layer.mixin[:, None]))
            if layer.gated:
                width = layer.out.shape[1]
                gate = builder.one("Sigmoid", builder.slice(z, width, _END, 1))
                z = builder.activation(builder.slice(z, 0, width, 1), layer.activation, layer.slope)
                z = builder.one("Mul", z, gate)
            else:
                z = builder.activation(z, layer.activation, layer.slope)
            head = z if not head else builder.one("Add", head, z)
            if a < len(net.arrays) - 1 or n < len(array.layers) - 1:
                x = builder.one("Add", x, builder.pointwise(z, layer.out, layer.out_bias))
        head = builder.causal(head, f"a{a}_head", array.head, array.head_bias, 1)
    builder.finish(head, net.head_scale)


def _lstm(net: Lstm, builder: _Builder, dry: str) -> None:
    order = (0, 3, 1, 2)  # ONNX wants the gates as i, o, f, c
    x = builder.one("Transpose", dry, perm=[2, 0, 1])  # (frames, 1, 1)
    for n, layer in enumerate(net.layers):
        hidden = len(layer.hidden)
        width = layer.weights.shape[1] - hidden
        matrix = layer.weights.reshape(4, hidden, -1)[list(order)].reshape(4 * hidden, -1)
        bias = np.concatenate(
            [layer.bias.reshape(4, hidden)[list(order)].reshape(-1), np.zeros(4 * hidden, np.float32)]
        )
        h = builder.state(f"h{n}", layer.hidden.reshape(1, 1, hidden))
        c = builder.state(f"c{n}", layer.cell.reshape(1, 1, hidden))
        parts = (matrix[None, :, :width], matrix[None, :, width:], bias[None])
        constants = [builder.graph.constant(np.ascontiguousarray(part)) for part in parts]
        outputs = [f"y{n}", f"h{n}_out", f"c{n}_out"]
        builder.graph.node("LSTM", [x, *constants, "", h, c], outputs, hidden_size=hidden)
        x = builder.one("Squeeze", f"y{n}", builder.graph.constant(np.array([1], np.int64)))  # (frames, 1, hidden)
    y = builder.one("MatMul", x, builder.graph.constant(net.head[:, None]))
    y = builder.one("Add", y, builder.graph.constant(np.array([net.head_bias], np.float32)))
    builder.one("Transpose", y, to=AUDIO_OUT, perm=[1, 2, 0])


def nam_graph(nam: Nam) -> NamGraph:
    """The streaming graph of a capture; `writer.model(metadata)` gives the file."""
    builder = _Builder("nam")
    dry = builder.graph.input(AUDIO_IN, (1, 1, "frames"))
    builder.graph.output(AUDIO_OUT, (1, 1, "frames"))
    if isinstance(nam.net, Lstm):
        _lstm(nam.net, builder, dry)
    else:
        _wavenet(nam.net, builder, dry)
    return NamGraph(builder.graph, builder.states)
