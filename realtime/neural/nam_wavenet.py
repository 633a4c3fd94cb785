"""The WaveNet class of `.nam` captures from its entries and its flat weights; [main].

Weight order after NeuralAmpModelerCore, per array: rechannel; per layer conv W[out, in, k], conv b, mixin W, 1x1 W,
1x1 b; then head W[, b]; the very last weight of all is the head scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from realtime.neural.nam_json import Unfit, as_whole, flag, number, short, whole, wholes
from realtime.neural.nam_nets import ACTIVATIONS, Layer, LayerArray, WaveNet
from realtime.neural.nam_weights import Weights

MAX_REACH = 1 << 16
"""Frames that one convolution may look back."""

MAX_WIDTH, MAX_LAYERS = 256, 256

_ARRAY_ENTRIES = frozenset(
    {
        "input_size", "condition_size", "head_size", "channels", "bottleneck", "kernel_size", "kernel_sizes", "dilations",
        "activation", "gated", "gating_mode", "secondary_activation", "head_bias", "head", "head1x1", "layer1x1",
        "slimmable",
    }
)  # fmt: skip
_CONFIG_ENTRIES = frozenset({"layers", "head", "head_scale", "condition_dsp", "in_channels"})
_FILMS = ("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film", "activation_pre_film",
          "activation_post_film", "layer1x1_post_film", "head1x1_post_film")  # fmt: skip


def unknown_entries(spec: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """Entries that no part of this reader looks at and that are set."""
    return sorted(
        key
        for key, value in spec.items()
        if key not in known
        and key not in _FILMS
        and not key.startswith("groups")
        and value not in (None, False, [], {})
    )


def read_activation(value: Any) -> tuple[int, float]:
    """The index of an activation and its slope, from its name or an object. Raises Unfit."""
    slope = 0.01
    if isinstance(value, dict):
        given = number(value.get("negative_slope", slope))
        if given is None:
            raise Unfit("the slope of an activation is no number")
        value, slope = value.get("type"), given
    if value not in ACTIVATIONS:
        raise Unfit(f"the activation {short(value)} is not supported (known are {', '.join(ACTIVATIONS)})")
    return ACTIVATIONS.index(value), slope


def read_wavenet(config: Mapping[str, Any], weights: Weights, warnings: list[str]) -> WaveNet:
    """The net; entries that this version does not know are added to the warnings. Raises Unfit."""
    if config.get("head"):
        raise Unfit("its extra head network is not supported")
    if config.get("condition_dsp"):
        raise Unfit("its conditioning network (condition_dsp) is not supported")
    specs = config.get("layers")
    if not isinstance(specs, list) or not specs or not all(isinstance(spec, dict) for spec in specs):
        raise Unfit("it has no layers")
    if len(specs) > MAX_LAYERS:
        raise Unfit(f"its {len(specs)} arrays of layers make no sense")
    strange = unknown_entries(config, _CONFIG_ENTRIES)
    arrays: list[LayerArray] = []
    inputs, head_inputs = 1, None
    for spec in specs:
        _refuse_extras(spec)
        strange += unknown_entries(spec, _ARRAY_ENTRIES)
        arrays.append(_layer_array(spec, inputs, weights))
        if head_inputs is not None and arrays[-1].head.shape[1] != head_inputs:
            raise Unfit("the heads of its arrays do not fit together")
        inputs, head_inputs = arrays[-1].rechannel.shape[0], arrays[-1].head.shape[0]
    if head_inputs != 1:
        raise Unfit("it has more than one output")
    if strange:
        warnings.append(f"this version does not know its entries {', '.join(sorted(set(strange)))[:200]}")
    return WaveNet(arrays, float(weights.take(1)[0]))


def _refuse_extras(spec: Mapping[str, Any]) -> None:
    """The newer parts that neither way of running knows."""
    for key, value in spec.items():
        if key.endswith("_film") and value and (not isinstance(value, dict) or flag(value.get("active", True), key)):
            raise Unfit(f"its layers use FiLM ({key}), which is not supported")
        if key.startswith("groups") and value not in (None, 1):
            raise Unfit("its convolutions are grouped, which is not supported")
    for part, wanted in (("head1x1", False), ("layer1x1", True)):
        given = spec.get(part)
        if not given:
            continue
        if not isinstance(given, dict):
            raise Unfit(f"the entry {part!r} is no object")
        if flag(given.get("active"), part) != wanted or (wanted and whole(given, "groups", 1) != 1):
            raise Unfit(f"its layers use {part} in a way that is not supported")
    if spec.get("slimmable"):
        raise Unfit("its arrays are slimmable, which is not supported")
    if whole(spec, "condition_size", 1) != 1:
        raise Unfit("it is conditioned by more than the input signal, which is not supported")


def _per_layer(value: Any, count: int, key: str) -> Sequence[Any]:
    """A list with an entry per layer, from a list or one value for all."""
    if isinstance(value, list):
        if len(value) != count:
            raise Unfit(f"the list {key!r} has {len(value)} entries for {count} layers")
        return value
    return [value] * count


def _is_gated(mode: Any, secondary: Any) -> bool:
    if mode in (None, False, 0, "none", "false"):
        return False
    if mode in (True, 1, "gated", "true") and secondary in (None, "", "Sigmoid"):
        return True
    raise Unfit(f"the gating {short(mode)} is not supported")


def _head(spec: Mapping[str, Any], bottleneck: int, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Weights (outputs, bottleneck, kernel) and bias (outputs,) of an array's head."""
    head = spec.get("head")
    if not isinstance(head, dict):
        head = {"out_channels": whole(spec, "head_size"), "bias": spec.get("head_bias")}
    if max(whole(head, key, 1) for key in ("head_dilation", "dilation", "groups")) != 1:
        raise Unfit("the convolution of its head is dilated or grouped, which is not supported")
    outputs, kernel = whole(head, "out_channels"), whole(head, "kernel_size", 1)
    if not (1 <= outputs <= MAX_WIDTH and 1 <= kernel <= MAX_REACH):
        raise Unfit("the size of its head makes no sense")
    matrix = weights.take(outputs, bottleneck, kernel)
    has_bias = flag(head.get("bias"), "head_bias")
    return matrix, weights.take(outputs) if has_bias else np.zeros(outputs, np.float32)


def _layer_array(spec: Mapping[str, Any], inputs: int, weights: Weights) -> LayerArray:
    channels, dilations = whole(spec, "channels"), wholes(spec, "dilations")
    bottleneck, count = whole(spec, "bottleneck", channels), len(dilations)
    if whole(spec, "input_size") != inputs:
        raise Unfit("its arrays do not fit together")
    if not (1 <= channels <= MAX_WIDTH and 1 <= bottleneck <= MAX_WIDTH and 1 <= count <= MAX_LAYERS):
        raise Unfit("the size of a layer makes no sense")
    key = "kernel_sizes" if spec.get("kernel_sizes") is not None else "kernel_size"
    kernels = [as_whole(kernel, key) for kernel in _per_layer(spec.get(key), count, key)]
    if (
        min(dilations) < 1
        or min(kernels) < 1
        or max(k * d for k, d in zip(kernels, dilations, strict=True)) > MAX_REACH
    ):
        raise Unfit("the reach of a layer makes no sense")
    activations = _per_layer(spec.get("activation"), count, "activation")
    gates = _per_layer(spec["gating_mode"] if "gating_mode" in spec else spec.get("gated"), count, "gating_mode")
    secondary = _per_layer(spec.get("secondary_activation"), count, "secondary_activation")
    rechannel = weights.take(channels, inputs)
    layers = []
    for row in zip(dilations, kernels, activations, gates, secondary, strict=True):
        dilation, kernel, activation, mode, second = row
        gated = _is_gated(mode, second)
        kind, slope = read_activation(activation)
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
    return LayerArray(rechannel, layers, *_head(spec, bottleneck, weights))
