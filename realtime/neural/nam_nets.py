"""The nets that a `.nam` capture can hold, as plain arrays; [any]."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

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

    @property
    def memory_floats(self) -> int:
        """Past values that the convolutions keep."""
        layers = sum(layer.history * layer.conv.shape[1] for array in self.arrays for layer in array.layers)
        return layers + sum((array.head.shape[2] - 1) * array.head.shape[1] for array in self.arrays)


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

    memory_floats = 0


@dataclass
class Nam:
    """A capture: its net, and what the file says about it."""

    net: WaveNet | Lstm
    architecture: str  # as the file calls it
    name: str
    digest: str  # of the file
    sample_rate: float
    loudness_db: float | None
    parameters: int
    input_level_dbu: float | None = None  # of a sine at full scale, when the capture was made
    output_level_dbu: float | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # half a sentence each, for the performer
