"""The classes LSTM, Linear and ConvNet of `.nam` captures; the latter two become WaveNets that give the same; [main].

Weight order after NeuralAmpModelerCore. LSTM per layer: [W_ih | W_hh] by rows, gates i, f, g, o, one bias, h0, c0; then
head W, b. Linear: the impulse response from its first sample on, then the bias. ConvNet per block: conv W[out, in, 2],
then its bias or a batch norm (mean, variance, weight, bias, epsilon); then head W, b.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from realtime.neural.nam_json import Unfit, flag, whole, wholes
from realtime.neural.nam_nets import LEAKY_RELU, Layer, LayerArray, Lstm, LstmLayer, WaveNet
from realtime.neural.nam_wavenet import MAX_LAYERS, MAX_REACH, MAX_WIDTH, read_activation
from realtime.neural.nam_weights import Weights

_TAPS = 2
"""Kernel of every convolution of a ConvNet."""


def _mono(config: Mapping[str, Any], *keys: str) -> None:
    if any(whole(config, key, 1) != 1 for key in keys):
        raise Unfit("it has more than one input or output")


def read_lstm(config: Mapping[str, Any], weights: Weights, rate_hz: float) -> Lstm:
    """Layers of LSTM and a linear head; at rest after half a second. Raises Unfit."""
    _mono(config, "input_size", "in_channels", "out_channels")
    hidden, count, inputs = whole(config, "hidden_size"), whole(config, "num_layers"), 1
    if not (1 <= hidden <= 1024 and 1 <= count <= 16):
        raise Unfit("the size of a layer makes no sense")
    layers = []
    for _ in range(count):
        matrix = weights.take(4 * hidden, inputs + hidden)
        layers.append(LstmLayer(matrix, weights.take(4 * hidden), weights.take(hidden), weights.take(hidden)))
        inputs = hidden
    return Lstm(layers, weights.take(hidden), float(weights.take(1)[0]), prewarm=int(0.5 * rate_hz))


def read_linear(config: Mapping[str, Any], weights: Weights) -> WaveNet:
    """An impulse response: one convolution behind an activation of slope 1. Raises Unfit."""
    _mono(config, "in_channels", "out_channels")
    taps = whole(config, "receptive_field")
    if not 1 <= taps <= MAX_REACH:
        raise Unfit(f"an impulse response of {taps} samples makes no sense")
    response = weights.take(taps)
    bias = weights.take(1) if flag(config.get("bias"), "bias") else np.zeros(1, np.float32)
    one = np.ones((1, 1), np.float32)
    layer = Layer(
        conv=np.ascontiguousarray(response[None, None, ::-1]),
        conv_bias=bias,
        mixin=np.zeros(1, np.float32),
        out=one,
        out_bias=np.zeros(1, np.float32),
        dilation=1,
        activation=LEAKY_RELU,
        slope=1.0,
    )
    return WaveNet([LayerArray(one, [layer], one[:, :, None], np.zeros(1, np.float32))], 1.0)


def read_convnet(config: Mapping[str, Any], weights: Weights) -> WaveNet:
    """Plain convolutions in series. Raises Unfit.

    As arrays of one layer and twice the width: a layer reads the first half of its channels and leaves its result in the
    second, which the next array takes over as its first; so nothing of the former layer is added to it.
    """
    _mono(config, "in_channels", "out_channels", "groups")
    channels, dilations = whole(config, "channels"), wholes(config, "dilations")
    if not (1 <= channels <= MAX_WIDTH // 2 and 1 <= len(dilations) <= MAX_LAYERS):
        raise Unfit("the size of a layer makes no sense")
    if min(dilations) < 1 or max(dilations) * _TAPS > MAX_REACH:
        raise Unfit("the reach of a layer makes no sense")
    normed = flag(config.get("batchnorm"), "batchnorm")
    kind, slope = read_activation(config.get("activation"))
    nothing = np.zeros(channels, np.float32)
    arrays = []
    for number, dilation in enumerate(dilations):
        inputs = channels if number else 1
        conv, bias = _normed(weights, channels, inputs) if normed else _plain(weights, channels, inputs)
        wide = np.zeros((channels, 2 * channels, _TAPS), np.float32)
        wide[:, :inputs] = conv
        out = np.zeros((2 * channels, channels), np.float32)
        out[channels:] = np.eye(channels, dtype=np.float32)
        rechannel = np.zeros((2 * channels, 2 * channels if number else 1), np.float32)
        rechannel[:inputs, -inputs:] = np.eye(inputs, dtype=np.float32)
        layer = Layer(wide, bias, nothing, out, np.zeros(2 * channels, np.float32), dilation, kind, slope)
        arrays.append(LayerArray(rechannel, [layer], np.zeros((channels, channels, 1), np.float32), nothing))
    arrays[-1].head, arrays[-1].head_bias = weights.take(1, channels, 1), weights.take(1)
    return WaveNet(arrays, 1.0)


def _plain(weights: Weights, channels: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    return weights.take(channels, inputs, _TAPS), weights.take(channels)


def _normed(weights: Weights, channels: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """A convolution with the batch norm behind it folded in."""
    conv = weights.take(channels, inputs, _TAPS)
    mean, variance, weight, bias = (weights.take(channels).astype(np.float64) for _ in range(4))
    spread = variance + float(weights.take(1)[0])
    if spread.min() <= 0.0:
        raise Unfit("a batch norm has a variance that is not above 0")
    scale = weight / np.sqrt(spread)
    return (conv * scale[:, None, None]).astype(np.float32), (bias - scale * mean).astype(np.float32)
