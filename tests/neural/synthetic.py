"""Made-up captures with seeded weights, their answer worked out in float64, and small graphs for ONNX tests."""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import TensorProto, helper

ACTIVATIONS = {
    "Tanh": np.tanh,
    "Sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "ReLU": lambda x: np.maximum(x, 0.0),
    "LeakyReLU": lambda x: np.where(x > 0.0, x, 0.01 * x),
    "SiLU": lambda x: x / (1.0 + np.exp(-x)),
    "Hardtanh": lambda x: np.clip(x, -1.0, 1.0),
    "Softsign": lambda x: x / (1.0 + np.abs(x)),
}


def wavenet_document(
    seed: int = 1,
    channels: tuple[int, ...] = (6, 3),
    dilations: tuple[int, ...] = (1, 2, 4, 64),
    kernel: int = 3,
    activation: str = "Tanh",
    gated: bool = False,
) -> dict:
    """A classic .nam WaveNet with random weights."""
    rng = np.random.default_rng(seed)
    arrays, count, inputs = [], 0, 1
    for index, width in enumerate(channels):
        last = index == len(channels) - 1
        head_size = 1 if last else channels[index + 1]
        arrays.append(
            {
                "input_size": inputs, "condition_size": 1, "head_size": head_size, "channels": width,
                "kernel_size": kernel, "dilations": list(dilations), "activation": activation, "gated": gated,
                "head_bias": last,
            }
        )  # fmt: skip
        rows = width * (2 if gated else 1)
        count += width * inputs + len(dilations) * (rows * width * kernel + 2 * rows + width * width + width)
        count += head_size * width + (head_size if last else 0)
        inputs = width
    spread = 1.2 / np.sqrt(max(channels) * kernel)  # as a trained net: excited, but not chaotic
    weights = (rng.standard_normal(count + 1) * spread).astype(np.float32)
    weights[-1] = 0.3
    config = {"layers": arrays, "head": None, "head_scale": 0.02}
    return _document("WaveNet", config, weights)


def lstm_document(seed: int = 2, hidden: int = 16, layers: int = 1) -> dict:
    """A .nam LSTM with random weights."""
    rng = np.random.default_rng(seed)
    count, inputs = 0, 1
    for _ in range(layers):
        count += 4 * hidden * (inputs + hidden) + 6 * hidden
        inputs = hidden
    weights = (rng.standard_normal(count + hidden + 1) * 0.3).astype(np.float32)
    return _document("LSTM", {"input_size": 1, "hidden_size": hidden, "num_layers": layers}, weights)


def linear_document(seed: int = 4, taps: int = 300, bias: bool = True) -> dict:
    """A .nam impulse response with random weights."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(taps + bias) * np.exp(-np.arange(taps + bias) / 60.0) * 0.4
    return _document("Linear", {"receptive_field": taps, "bias": bias}, weights.astype(np.float32))


def convnet_document(seed: int = 5, channels: int = 5, batchnorm: bool = False, activation: str = "Tanh") -> dict:
    """A .nam ConvNet with random weights."""
    rng = np.random.default_rng(seed)
    dilations, parts, inputs = [1, 3, 40], [], 1
    for _ in dilations:
        parts.append(rng.standard_normal(channels * inputs * 2) * 0.5)
        if batchnorm:
            parts += [rng.standard_normal(channels) * 0.2, rng.random(channels) + 0.5]
            parts += [rng.random(channels) + 0.5, rng.standard_normal(channels) * 0.2, np.array([1e-5])]
        else:
            parts.append(rng.standard_normal(channels) * 0.2)
        inputs = channels
    parts.append(rng.standard_normal(channels + 1) * 0.4)
    config = {"channels": channels, "dilations": dilations, "batchnorm": batchnorm, "activation": activation}
    return _document("ConvNet", config, np.concatenate(parts).astype(np.float32))


def _document(architecture: str, config: dict, weights: np.ndarray) -> dict:
    return {
        "version": "0.5.4",
        "metadata": {"name": "made up", "loudness": -20.0},
        "architecture": architecture,
        "config": config,
        "weights": [float(weight) for weight in weights],
        "sample_rate": 48000,
    }


def write(document: dict, path) -> str:
    """Save a .nam document; returns the path as text."""
    path.write_text(json.dumps(document))
    return str(path)


def answer(document: dict, x: np.ndarray) -> np.ndarray:
    """What the net must give for x (n,) after coming to rest, float64."""
    weights = np.asarray(document["weights"], np.float32).astype(np.float64)
    at = 0

    def take(*shape):
        nonlocal at
        size = int(np.prod(shape))
        at += size
        return weights[at - size : at].reshape(shape)

    config = document["config"]
    run = {"WaveNet": _wavenet, "LSTM": _lstm, "Linear": _linear, "ConvNet": _convnet}[document["architecture"]]
    return run(config, take, np.asarray(x, np.float64))


def _linear(config: dict, take, x: np.ndarray) -> np.ndarray:
    response = take(config["receptive_field"])
    return np.convolve(x, response)[: len(x)] + (take(1)[0] if config["bias"] else 0.0)


def _convnet(config: dict, take, x: np.ndarray) -> np.ndarray:
    rest = 1 + sum(config["dilations"])
    y, width = np.concatenate([np.zeros(rest), x])[None], config["channels"]
    for dilation in config["dilations"]:
        taps = take(width, len(y), 2)
        z = taps[:, :, 1] @ y + taps[:, :, 0] @ np.pad(y, ((0, 0), (dilation, 0)))[:, : y.shape[1]]
        if config["batchnorm"]:
            mean, variance, weight, bias = (take(width)[:, None] for _ in range(4))
            z = (z - mean) / np.sqrt(variance + take(1)[0]) * weight + bias
        else:
            z = z + take(width)[:, None]
        y = ACTIVATIONS[config["activation"]](z)
    return (take(width) @ y + take(1)[0])[rest:]


def _wavenet(config: dict, take, x: np.ndarray) -> np.ndarray:
    rest = 1 + sum((a["kernel_size"] - 1) * sum(a["dilations"]) for a in config["layers"])
    dry = np.concatenate([np.zeros(rest), x])
    y, head = dry[None], None
    for array in config["layers"]:
        width, kernel = array["channels"], array["kernel_size"]
        rows = width * (2 if array["gated"] else 1)
        y = take(width, array["input_size"]) @ y
        for dilation in array["dilations"]:
            taps, bias, mixin = take(rows, width, kernel), take(rows), take(rows)
            z = bias[:, None] + mixin[:, None] * dry
            for tap in range(kernel):
                back = (kernel - 1 - tap) * dilation
                z += taps[:, :, tap] @ np.pad(y, ((0, 0), (back, 0)))[:, : y.shape[1]]
            z, gate = z[:width], z[width:]
            z = ACTIVATIONS[array["activation"]](z)
            if array["gated"]:
                z = z * ACTIVATIONS["Sigmoid"](gate)
            head = z if head is None else head + z
            out, out_bias = take(width, width), take(width)
            y = y + out @ z + out_bias[:, None]
        head = take(array["head_size"], width) @ head
        if array["head_bias"]:
            head = head + take(array["head_size"])[:, None]
    return (head[0] * take(1)[0])[rest:]


def _lstm(config: dict, take, x: np.ndarray) -> np.ndarray:
    hidden, inputs, layers = config["hidden_size"], 1, []
    for _ in range(config["num_layers"]):
        layers.append([take(4 * hidden, inputs + hidden), take(4 * hidden), take(hidden).copy(), take(hidden).copy()])
        inputs = hidden
    head, bias = take(hidden), take(1)[0]
    sigmoid = ACTIVATIONS["Sigmoid"]
    y = []
    for sample in np.concatenate([np.zeros(24000), x]):
        value = np.array([sample])
        for layer in layers:
            i, f, g, o = (layer[0] @ np.concatenate([value, layer[2]]) + layer[1]).reshape(4, hidden)
            layer[3] = sigmoid(f) * layer[3] + sigmoid(i) * np.tanh(g)
            layer[2] = value = sigmoid(o) * np.tanh(layer[3])
        y.append(head @ value + bias)
    return np.array(y[24000:])


def guitar(count: int, seed: int = 3) -> np.ndarray:
    """Decaying harmonics and a little noise, (count,) float32."""
    t = np.arange(count) / 48000.0
    strings = sum(np.sin(2 * np.pi * 147.0 * n * t) / n for n in range(1, 12)) * np.exp(-3.0 * (t % 0.25))
    noise = np.random.default_rng(seed).standard_normal(count)
    return (0.25 * strings + 0.01 * noise).astype(np.float32)


def graph(nodes, inputs: dict, outputs: dict, metadata: dict | None = None, constants=()) -> bytes:
    """An .onnx file; inputs, outputs: name -> shape (text: free dimension); nodes: (op, inputs, outputs, attrs)."""
    made = [helper.make_node(op, ins, outs, **(attrs[0] if attrs else {})) for op, ins, outs, *attrs in nodes]

    def ports(side):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in side.items()]

    tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants]
    body = helper.make_graph(made, "g", ports(inputs), ports(outputs), tensors)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if metadata is not None:
        helper.set_model_props(model, {"antiphon": json.dumps(metadata)})
    return model.SerializeToString()
