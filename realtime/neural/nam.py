"""Reads `.nam` captures (Neural Amp Modeler): WaveNet and LSTM classes, containers and plain A2 nets; [main].

Weight order after NeuralAmpModelerCore: WaveNet per array: rechannel; per layer conv W[out, in, k], conv b, mixin W,
1x1 W, 1x1 b; then head W[, b]; the very last weight is the head scale. LSTM per layer: [W_ih | W_hh] by rows, gates
i, f, g, o, one bias, h0, c0; then head W, b. Prewarm: receptive field + 1 zeros (WaveNet), half a second (LSTM).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from realtime.native.errors import AntiphonError

MAX_FILE_BYTES = 64 << 20
DEFAULT_RATE = 48000.0
ACTIVATIONS = ("Tanh", "Sigmoid", "ReLU", "LeakyReLU", "SiLU", "Hardtanh", "Softsign")
"""Activations of both ways of running; a layer's `activation` is an index into this list."""

TANH, SIGMOID, RELU, LEAKY_RELU, SILU, HARDTANH, SOFTSIGN = range(len(ACTIVATIONS))


@dataclass
class Layer:
    """A dilated convolution: z = act(conv(x) + mixin * input) [* sigmoid(gate)], output x + 1x1(z)."""

    conv: np.ndarray  # (rows, channels, kernel); rows = 2 * bottleneck if gated
    conv_bias: np.ndarray  # (rows,)
    mixin: np.ndarray  # (rows,)
    out: np.ndarray  # (channels, bottleneck)
    out_bias: np.ndarray  # (channels,)
    dilation: int
    activation: int
    slope: float = 0.01
    gated: bool = False

    @property
    def history(self) -> int:
        """Frames of past input that the convolution needs."""
        return (self.conv.shape[2] - 1) * self.dilation


@dataclass
class LayerArray:
    """Layers of equal width; their z add up to the head."""

    rechannel: np.ndarray  # (channels, inputs)
    layers: list[Layer]
    head: np.ndarray  # (outputs, bottleneck, kernel)
    head_bias: np.ndarray  # (outputs,)


@dataclass
class WaveNet:
    """The net of van den Oord et al. (2016) as an amp model: arrays in series, head scaled at the end."""

    arrays: list[LayerArray]
    head_scale: float

    @property
    def prewarm(self) -> int:
        """Zeros after which the net is at rest, in frames."""
        history = sum(layer.history for array in self.arrays for layer in array.layers)
        return 1 + history + sum(array.head.shape[2] - 1 for array in self.arrays)


@dataclass
class LstmLayer:
    weights: np.ndarray  # (4 * hidden, inputs + hidden), gates i, f, g, o
    bias: np.ndarray  # (4 * hidden,)
    hidden: np.ndarray  # (hidden,) initial
    cell: np.ndarray  # (hidden,) initial


@dataclass
class Lstm:
    layers: list[LstmLayer]
    head: np.ndarray  # (hidden,)
    head_bias: float
    prewarm: int  # frames


@dataclass
class Nam:
    """A capture: its net, and what the file says about it."""

    net: WaveNet | Lstm
    name: str
    digest: str  # of the file
    sample_rate: float
    loudness_db: float | None
    parameters: int
    notes: list[str] = field(default_factory=list)


class _Weights:
    """Takes arrays off the flat weight list, in order."""

    def __init__(self, flat: np.ndarray):
        self.flat, self.at = flat, 0

    def take(self, *shape: int) -> np.ndarray:
        count = math.prod(shape)
        if self.at + count > len(self.flat):
            raise _Unfit(f"it holds {len(self.flat)} weights, fewer than its layers need")
        self.at += count
        return self.flat[self.at - count : self.at].reshape(shape).copy()


class _Unfit(Exception):
    """Half a sentence: why a document can't be loaded."""


def load_nam(path: str | Path) -> Nam:
    """Read a capture. Raises AntiphonError, one sentence, for anything that is not a usable .nam file."""
    path = Path(path).expanduser()
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AntiphonError(
                f"{path}: {path.stat().st_size >> 20} MiB is too large for a .nam capture; pick another file"
            )
        data = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: cannot be read ({error.strerror}); check the file name in the scene") from None
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AntiphonError(
            f"{path}: not a .nam capture (it is not complete JSON); export or download it again"
        ) from None
    try:
        found = parse_nam(document, path.stem)
    except _Unfit as reason:
        raise AntiphonError(f"{path}: {reason}; use a classic WaveNet or LSTM capture") from None
    found.digest = hashlib.sha256(data).hexdigest()
    return found


def parse_nam(document: Any, name: str = "capture") -> Nam:
    """The net of a decoded .nam document. Raises _Unfit (half a sentence)."""
    if not isinstance(document, dict) or "architecture" not in document:
        raise _Unfit("not a .nam capture (it names no architecture)")
    notes: list[str] = []
    try:
        while document["architecture"] == "SlimmableContainer":
            sizes = document["config"]["submodels"]
            notes.append(f"container of {len(sizes)} sizes: the largest is used")
            document = {"metadata": document.get("metadata"), **max(sizes, key=lambda size: size["max_value"])["model"]}
        return _net(document, name, notes)
    except KeyError as missing:
        raise _Unfit(f"the entry {missing} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise _Unfit(f"an entry has the wrong form ({error})") from None


def _net(document: dict, name: str, notes: list[str]) -> Nam:
    architecture, config = document["architecture"], document["config"]
    with np.errstate(over="ignore"):  # what overflows is refused below
        flat = np.asarray(document["weights"], np.float32).reshape(-1)
    if not np.isfinite(flat).all():
        raise _Unfit("some weights are not finite numbers")
    rate = float(document.get("sample_rate") or DEFAULT_RATE)
    if not 8000.0 <= rate <= 384000.0:
        raise _Unfit(f"its sample rate of {rate:g} Hz makes no sense")
    weights = _Weights(flat)
    if architecture == "WaveNet":
        net: WaveNet | Lstm = _wavenet(config, weights)
    elif architecture == "LSTM":
        net = _lstm(config, weights, rate)
    else:
        raise _Unfit(f"the architecture {architecture!r} is not supported")
    if weights.at != len(flat):
        raise _Unfit(f"it holds {len(flat)} weights where its layers need {weights.at}")
    about = document.get("metadata") or {}
    loudness = about.get("loudness")
    return Nam(
        net=net,
        name=str(about.get("name") or name),
        digest="",
        sample_rate=rate,
        loudness_db=float(loudness) if isinstance(loudness, (int, float)) and math.isfinite(loudness) else None,
        parameters=len(flat),
        notes=notes,
    )


def _refuse_extras(spec: dict) -> None:
    """The newer parts that neither way of running knows."""
    for key, value in spec.items():
        if key.endswith("_film") and value and value.get("active"):
            raise _Unfit(f"its layers use FiLM ({key}), which is not supported")
        if key.startswith("groups") and value != 1:
            raise _Unfit("its convolutions are grouped, which is not supported")
    for part, wanted in (("head1x1", False), ("layer1x1", True)):
        given = spec.get(part)
        if given and (bool(given.get("active")) != wanted or (wanted and given.get("groups", 1) != 1)):
            raise _Unfit(f"its layers use {part} in a way that is not supported")
    if spec.get("slimmable"):
        raise _Unfit("its arrays are slimmable, which is not supported")
    if spec.get("condition_size", 1) != 1:
        raise _Unfit("it is conditioned by more than the input signal, which is not supported")


def _per_layer(value: Any, count: int) -> list:
    """A list with an entry per layer, from a list or one value for all."""
    if isinstance(value, list):
        if len(value) != count:
            raise _Unfit(f"a list has {len(value)} entries for {count} layers")
        return value
    return [value] * count


def _activation(value: Any) -> tuple[int, float]:
    slope = 0.01
    if isinstance(value, dict):
        slope = float(value.get("negative_slope", slope))
        value = value["type"]
    if value not in ACTIVATIONS:
        raise _Unfit(f"the activation {value!r} is not supported")
    return ACTIVATIONS.index(value), slope


def _is_gated(mode: Any, secondary: Any) -> bool:
    if mode in (None, False, "none"):
        return False
    if mode in (True, "gated") and secondary in (None, "", "Sigmoid"):
        return True
    raise _Unfit(f"the gating {mode!r} is not supported")


def _wavenet(config: dict, weights: _Weights) -> WaveNet:
    if config.get("head") is not None:
        raise _Unfit("its extra head network is not supported")
    if config.get("condition_dsp"):
        raise _Unfit("its conditioning network (condition_dsp) is not supported")
    if not config["layers"]:
        raise _Unfit("it has no layers")
    arrays, inputs, head_inputs = [], 1, None
    for spec in config["layers"]:
        _refuse_extras(spec)
        arrays.append(_layer_array(spec, inputs, weights))
        if head_inputs is not None and arrays[-1].head.shape[1] != head_inputs:
            raise _Unfit("the heads of its arrays do not fit together")
        inputs, head_inputs = arrays[-1].rechannel.shape[0], arrays[-1].head.shape[0]
    if head_inputs != 1:
        raise _Unfit("it has more than one output")
    return WaveNet(arrays, float(weights.take(1)[0]))


def _layer_array(spec: dict, inputs: int, weights: _Weights) -> LayerArray:
    channels = int(spec["channels"])
    bottleneck = int(spec.get("bottleneck") or channels)
    dilations = [int(dilation) for dilation in spec["dilations"]]
    count = len(dilations)
    if spec["input_size"] != inputs:
        raise _Unfit("its arrays do not fit together")
    if not (1 <= channels <= 256 and 1 <= bottleneck <= 256 and 1 <= count <= 256):
        raise _Unfit("the size of a layer makes no sense")
    kernels = _per_layer(spec["kernel_sizes"] if "kernel_sizes" in spec else spec["kernel_size"], count)
    if min(dilations) < 1 or min(kernels) < 1 or max(k * d for k, d in zip(kernels, dilations, strict=True)) > 1 << 16:
        raise _Unfit("the reach of a layer makes no sense")
    activations = _per_layer(spec["activation"], count)
    gating = _per_layer(spec["gating_mode"] if "gating_mode" in spec else spec.get("gated", False), count)
    secondary = _per_layer(spec.get("secondary_activation"), count)
    rechannel = weights.take(channels, inputs)
    layers = []
    for row in zip(dilations, kernels, activations, gating, secondary, strict=True):
        dilation, kernel, activation, mode, second = row
        gated = _is_gated(mode, second)
        kind, slope = _activation(activation)
        rows = bottleneck * (2 if gated else 1)
        layers.append(
            Layer(
                conv=weights.take(rows, channels, kernel),
                conv_bias=weights.take(rows),
                mixin=weights.take(rows),
                out=weights.take(channels, bottleneck),
                out_bias=weights.take(channels),
                dilation=dilation,
                activation=kind,
                slope=slope,
                gated=gated,
            )
        )
    head = spec["head"] if isinstance(spec.get("head"), dict) else {}
    outputs = int(head.get("out_channels") or spec["head_size"])
    head_weights = weights.take(outputs, bottleneck, int(head.get("kernel_size", 1)))
    has_bias = bool(head.get("bias") if head else spec["head_bias"])
    head_bias = weights.take(outputs) if has_bias else np.zeros(outputs, np.float32)
    return LayerArray(rechannel, layers, head_weights, head_bias)


def _lstm(config: dict, weights: _Weights, rate: float) -> Lstm:
    hidden, count, inputs = int(config["hidden_size"]), int(config["num_layers"]), int(config["input_size"])
    if inputs != 1 or config.get("out_channels", 1) != 1:
        raise _Unfit("it has more than one input or output")
    if not (1 <= hidden <= 1024 and 1 <= count <= 16):
        raise _Unfit("the size of a layer makes no sense")
    layers = []
    for _ in range(count):
        matrix = weights.take(4 * hidden, inputs + hidden)
        layers.append(LstmLayer(matrix, weights.take(4 * hidden), weights.take(hidden), weights.take(hidden)))
        inputs = hidden
    return Lstm(layers, weights.take(hidden), float(weights.take(1)[0]), prewarm=int(0.5 * rate))
