"""Several graphs in one file, chosen by the input `part`, for parts so small that the choice itself costs; [workshop].

As export.pattern.graph.join_parts, with two differences. Parts that give the same outputs share one If (a tree within
it), since each If and each output that is not asked for costs a microsecond on every run. And weights are stored once, in
half precision where that is exact, but made ready within the branch that uses them: ONNX Runtime folds that at load, while
weights that a branch takes from outside would be handed to it on every run, chosen or not.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper, numpy_helper

from export.pattern.graph import PART

FEW = 16  # numbers; smaller weights are written into the branch as they are
Branch = tuple[list[NodeProto], list[str]]  # nodes, and the names of their outputs


def joined(parts: Mapping[str, ModelProto]) -> ModelProto:
    """One graph of several; the order of `parts` is their number. Inputs of the same name are shared, and so are whole
    lists of outputs; shapes must be fixed. Raises ValueError if parts disagree about a tensor."""
    inputs: dict[str, ValueInfoProto] = {}
    outputs: dict[str, ValueInfoProto] = {}
    weights: dict[bytes, str] = {}
    kept: list[TensorProto] = []
    groups: dict[tuple[str, ...], list[tuple[int, Branch]]] = {}
    opsets: dict[str, int] = {}
    for number, (name, source) in enumerate(parts.items()):
        model = compose.add_prefix(copy.deepcopy(source), f"{name}/", rename_inputs=False)
        for opset in model.opset_import:
            opsets[opset.domain] = max(opsets.get(opset.domain, 0), opset.version)
        for port in model.graph.input:
            _agree(inputs, port.name, port)
        own = [v.name.removeprefix(f"{name}/") for v in model.graph.output]
        for plain, port in zip(own, model.graph.output, strict=True):
            _agree(outputs, plain, port)
        nodes = [*_ready(model.graph, f"{name}/", weights, kept), *model.graph.node]
        groups.setdefault(tuple(own), []).append((number, (nodes, [v.name for v in model.graph.output])))
    if PART in inputs or len({n for names in groups for n in names}) < sum(map(len, groups)):
        raise ValueError("parts share some outputs but not all, or an input is called as the chooser")
    nodes = []
    for names, members in groups.items():
        chosen = np.isin(np.arange(len(parts)), [number for number, _ in members])
        label = f"group {members[0][0]}"
        nodes.append(_constant(f"{label}/table", chosen))
        nodes.append(helper.make_node("Gather", [f"{label}/table", PART], [f"{label}/chosen"]))
        ports = [outputs[n] for n in names]
        blank = [n for v in ports for n in _blank(f"{label}/blank/", v)], [f"{label}/blank/{n}" for n in names]
        nodes.append(_choice(f"{label}/chosen", names, _tree(members, ports, label), blank, ports))
    chooser = helper.make_tensor_value_info(PART, TensorProto.INT64, [])
    graph = helper.make_graph(nodes, "parts", [chooser, *inputs.values()], list(outputs.values()), kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in opsets.items()])
    model.ir_version = max(m.ir_version for m in parts.values())
    onnx.checker.check_model(model)
    return model


def _agree(known: dict[str, ValueInfoProto], name: str, port: ValueInfoProto) -> None:
    found = helper.make_tensor_value_info(
        name, port.type.tensor_type.elem_type, [d.dim_value for d in port.type.tensor_type.shape.dim]
    )
    if known.setdefault(name, found) != found:
        raise ValueError(f"parts disagree about {name}")


def _ready(graph: GraphProto, prefix: str, weights: dict[bytes, str], kept: list[TensorProto]) -> list[NodeProto]:
    """Nodes that make a branch's weights; those that half precision holds exactly are added to `kept`, equal ones once."""
    nodes = []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        half = array.astype(np.float16) if array.dtype == np.float32 and array.size > FEW else None
        if half is None or not np.array_equal(half.astype(np.float32), array):
            nodes.append(_constant(tensor.name, array))
            continue
        name = weights.setdefault(repr(half.shape).encode() + half.tobytes(), f"{tensor.name}/half")
        if name == f"{tensor.name}/half":
            kept.append(numpy_helper.from_array(half, name))
        nodes.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    return nodes


def _constant(name: str, value: np.ndarray) -> NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value, ""))


def _blank(prefix: str, port: ValueInfoProto) -> list[NodeProto]:
    kind = port.type.tensor_type.elem_type
    shape = np.asarray([d.dim_value for d in port.type.tensor_type.shape.dim], np.int64)
    fill = numpy_helper.from_array(np.zeros(1, helper.tensor_dtype_to_np_dtype(kind)), "")
    name = f"{prefix}{port.name}"
    return [
        _constant(f"{name}/shape", shape),
        helper.make_node("ConstantOfShape", [f"{name}/shape"], [name], value=fill),
    ]


def _choice(
    condition: str, names: Sequence[str], then: Branch, otherwise: Branch, ports: Sequence[ValueInfoProto]
) -> NodeProto:
    branches = {}
    for key, (nodes, outs) in (("then_branch", then), ("else_branch", otherwise)):
        made = [_named(port, out) for port, out in zip(ports, outs, strict=True)]
        branches[key] = helper.make_graph(nodes, f"{condition}/{key}", [], made)
    return helper.make_node("If", [condition], list(names), name=f"if {condition}", **branches)


def _named(port: ValueInfoProto, name: str) -> ValueInfoProto:
    found = copy.deepcopy(port)
    found.name = name
    return found


def _tree(members: Sequence[tuple[int, Branch]], ports: Sequence[ValueInfoProto], label: str) -> Branch:
    """The member whose number `part` is, halving the choice."""
    if len(members) == 1:
        return members[0][1]
    half = len(members) // 2
    label = f"{label}/{members[half][0]}"
    nodes = [
        _constant(f"{label}/number", np.asarray(members[half][0], np.int64)),
        helper.make_node("Less", [PART, f"{label}/number"], [f"{label}/chosen"]),
    ]
    names = [f"{label}/{port.name}" for port in ports]
    sides = (_tree(members[:half], ports, f"{label}a"), _tree(members[half:], ports, f"{label}b"))
    nodes.append(_choice(f"{label}/chosen", names, *sides, ports))
    return nodes, names
