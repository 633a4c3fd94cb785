"""Graphs for packages: PyTorch to ONNX, int8, several graphs in one file, parity with PyTorch and cost; [workshop]."""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from export.pattern.chatter import without_chatter
from realtime.native.errors import AntiphonError

TOLERANCE = 1e-4
PART = "part"


class Part(torch.nn.Module):
    """One of the graphs of a net: what `run(net, *inputs)` gives; the weights are the net's own."""

    def __init__(self, net: torch.nn.Module, run: Callable[..., Any]):
        super().__init__()
        self.net, self.run = net, run

    def forward(self, *inputs: torch.Tensor):
        return self.run(self.net, *inputs)


def graph_of(
    module: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    dynamic_shapes: Mapping[str, dict] | None = None,
) -> onnx.ModelProto:
    """The module's graph; its forward takes the inputs in order. Shapes are fixed unless dynamic_shapes names axes."""
    with without_chatter():
        program = torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamo=True,
            external_data=False,
            verbose=False,
            dynamic_shapes=tuple(dynamic_shapes.get(n) for n in inputs) if dynamic_shapes else None,
        )
    assert program is not None
    graph = program.model_proto
    del graph.graph.value_info[:]  # the quantiser trips over the exporter's shapes of shared weights
    if (found := [i.name for i in graph.graph.input]) != list(inputs):
        missing = [n for n in inputs if n not in found]
        raise ValueError(f"the graph does not use its input {missing or found}; forward must depend on every input")
    return graph


def quantised(graph: onnx.ModelProto, operators: Sequence[str] = ("MatMul", "Gemm")) -> onnx.ModelProto:
    """Weights of matrix products in int8, activations quantised on the fly."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        onnx.save(graph, source)
        with without_chatter():
            quantize_dynamic(source, target, weight_type=QuantType.QInt8, op_types_to_quantize=list(operators))
        return onnx.load(target)


def session(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A session on one thread. Raises what ONNX Runtime raises."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run_us(graph: onnx.ModelProto, inputs: Mapping[str, np.ndarray], runs: int = 300) -> float:
    """Median microseconds of a run, one thread (Python's own call, some 10 us, included)."""
    s = session(graph)
    feeds, times = dict(inputs), []
    for _ in range(runs + 20):
        started = time.perf_counter_ns()
        s.run(None, feeds)
        times.append(time.perf_counter_ns() - started)
    return float(np.median(times[20:])) / 1000


def check_parity(
    graph: onnx.ModelProto,
    module: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    tolerance: float = TOLERANCE,
    part: int | None = None,
    others: Mapping[str, np.ndarray] | None = None,
) -> tuple[float, dict[str, np.ndarray]]:
    """Largest difference between the graph and PyTorch, and PyTorch's outputs by name.

    part, others: for a joined graph, the part's number and values for the inputs that it does not use (see
    `blank_inputs`).
    Raises AntiphonError if they differ by more than the tolerance.
    """
    feeds = {**(others or {}), **{k: v.numpy() for k, v in inputs.items()}}
    if part is not None:
        feeds[PART] = np.asarray(part, np.int64)
    with torch.no_grad():
        result = module.eval()(*inputs.values())
    truth = [t.numpy() for t in (result if isinstance(result, tuple) else (result,))]
    names = [o.name for o in graph.graph.output]
    if part is not None:
        names = [n for n in names if n in part_outputs(graph, part)]
    got = session(graph).run(names, feeds)
    worst = 0.0
    for a, b in zip(got, truth, strict=True):
        if a.shape != b.shape:
            raise AntiphonError(f"Export: the graph gives {a.shape} where PyTorch gives {b.shape}; export it again.")
        worst = max(worst, float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0.0)))
    if not worst <= tolerance:
        raise AntiphonError(f"Export: the graph differs from PyTorch by {worst:.2e}, more than {tolerance:g}.")
    return worst, dict(zip(names, truth, strict=True))


def _shape(value: onnx.ValueInfoProto) -> list[int]:
    return [d.dim_value for d in value.type.tensor_type.shape.dim]


def _same_tensor(a: onnx.ValueInfoProto, b: onnx.ValueInfoProto) -> bool:
    return a.type.tensor_type.elem_type == b.type.tensor_type.elem_type and _shape(a) == _shape(b)


def join_parts(parts: Mapping[str, onnx.ModelProto]) -> onnx.ModelProto:
    """One graph that holds several: the int64 scalar input `part` chooses which of them runs (ONNX If).

    Inputs and outputs keep their names, which must be unique among the parts, except inputs of the same name, shape and
    type, which are shared; the outputs of the parts that do not run are zeros. Equal weights are stored once. Shapes
    must be fixed. Raises ValueError if names collide or a shape is free.
    """
    inputs: dict[str, onnx.ValueInfoProto] = {}
    outputs: list[onnx.ValueInfoProto] = []
    weights: dict[bytes, str] = {}
    nodes, initializers, functions = [], [], []
    opsets: dict[str, int] = {}
    for index, (name, source) in enumerate(parts.items()):
        graph = copy.deepcopy(source.graph)
        for opset in source.opset_import:
            opsets[opset.domain] = max(opsets.get(opset.domain, 0), opset.version)
        functions += list(source.functions)
        for value in graph.input:
            if 0 in _shape(value):
                raise ValueError(f"part {name}: its input {value.name} has a free dimension")
            if value.name in inputs and not _same_tensor(inputs[value.name], value):
                raise ValueError(f"parts disagree about the input {value.name}")
            inputs.setdefault(value.name, value)
        keep = {v.name for v in graph.input}
        renamed: dict[str, str] = {}
        for tensor in graph.initializer:
            plain = copy.copy(tensor)
            plain.name = ""
            content = plain.SerializeToString()
            if content not in weights:
                weights[content] = f"{name}/{tensor.name}"
                plain.name = weights[content]
                initializers.append(plain)
            renamed[tensor.name] = weights[content]
        for tensor in graph.input:
            renamed.setdefault(tensor.name, tensor.name)
        inner = {v.name: f"{name}//{v.name}" for v in graph.output}
        _rename(graph.node, renamed, inner, f"{name}/", keep)
        taken = {v.name for v in outputs}
        if clash := taken & {v.name for v in graph.output}:
            raise ValueError(f"parts share the output names {sorted(clash)}")
        then_outputs, else_outputs, else_nodes = [], [], []
        for value in graph.output:
            if 0 in _shape(value):
                raise ValueError(f"part {name}: its output {value.name} has a free dimension")
            kind = value.type.tensor_type.elem_type
            then_outputs.append(helper.make_tensor_value_info(inner[value.name], kind, _shape(value)))
            blank = f"{name}/blank/{value.name}"
            fill = numpy_helper.from_array(np.zeros(1, helper.tensor_dtype_to_np_dtype(kind)), "")
            shape = numpy_helper.from_array(np.asarray(_shape(value), np.int64), f"{blank}/shape")
            else_nodes.append(helper.make_node("Constant", [], [f"{blank}/shape"], value=shape))
            else_nodes.append(helper.make_node("ConstantOfShape", [f"{blank}/shape"], [blank], value=fill))
            else_outputs.append(helper.make_tensor_value_info(blank, kind, _shape(value)))
            outputs.append(value)
        # an output that is an input or a weight itself must pass through a node of the branch
        made = {o for node in graph.node for o in node.output}
        for value in graph.output:
            if inner[value.name] not in made:
                source_name = renamed.get(value.name, value.name)
                graph.node.append(helper.make_node("Identity", [source_name], [inner[value.name]]))
        nodes.append(helper.make_node("Constant", [], [f"{name}/number"],
                                      value=numpy_helper.from_array(np.asarray(index, np.int64), "")))  # fmt: skip
        nodes.append(helper.make_node("Equal", [PART, f"{name}/number"], [f"{name}/chosen"]))
        nodes.append(
            helper.make_node(
                "If",
                [f"{name}/chosen"],
                [v.name for v in graph.output],
                name=f"part {name}",
                then_branch=helper.make_graph(list(graph.node), name, [], then_outputs),
                else_branch=helper.make_graph(else_nodes, f"no {name}", [], else_outputs),
            )
        )
    if PART in inputs:
        raise ValueError(f"the name {PART!r} is taken by the chooser of parts")
    chooser = helper.make_tensor_value_info(PART, TensorProto.INT64, [])
    joined = helper.make_graph(nodes, "parts", [chooser, *inputs.values()], outputs, initializers)
    model = helper.make_model(joined, opset_imports=[helper.make_opsetid(d, v) for d, v in opsets.items()])
    model.ir_version = max(m.ir_version for m in parts.values())
    model.functions.extend({(f.domain, f.name): f for f in functions}.values())
    onnx.checker.check_model(model)
    return model


def _rename(nodes, renamed: Mapping[str, str], inner: Mapping[str, str], prefix: str, keep: set[str]) -> None:
    """Prefixes every name that is local to a part, in its nodes and their own branches."""

    def name_of(name: str) -> str:
        if not name or name in keep:
            return name
        return renamed.get(name) or inner.get(name) or prefix + name

    for node in nodes:
        node.name = prefix + node.name if node.name else ""
        for k, name in enumerate(node.input):
            node.input[k] = name_of(name)
        for k, name in enumerate(node.output):
            node.output[k] = name_of(name)
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                branch = attribute.g
                for tensor in branch.initializer:
                    tensor.name = name_of(tensor.name)
                for value in (*branch.input, *branch.output):
                    value.name = name_of(value.name)
                _rename(branch.node, renamed, inner, prefix, keep)


def part_outputs(graph: onnx.ModelProto, part: int) -> list[str]:
    """Names of the outputs of a joined graph's part, by its number."""
    chosen = [node for node in graph.graph.node if node.op_type == "If" and node.name.startswith("part ")]
    return list(chosen[part].output)


def blank_inputs(graph: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Zeros for every input of a graph: what the parts that do not run are fed."""
    return {
        v.name: np.zeros(_shape(v), helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type))
        for v in graph.graph.input
    }
