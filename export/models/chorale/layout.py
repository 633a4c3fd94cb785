"""The causal nets as ONNX graphs laid by hand, for few and cheap nodes: nets of equal sizes run side by side in one batch,
what norms scale and biases add is folded into the matrices after them; [workshop].

These nets are so small that a node costs more than its arithmetic. Checked against steps.py at every export. The weights
go in as the nets hold them; all that depends on them alone ONNX Runtime folds when it loads the package.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import realtime.models.chorale.code as code
from export.models.chorale.model import Causal, Head
from export.models.chorale.steps import alike, step_rings

OPSET = 18
NEVER = -1e9


class Sheet:
    """A graph being laid: `weight` and `op` give names of tensors."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}
        self.count = 0

    def weight(self, array: object, name: str = "") -> str:
        found = np.asarray(array)
        name = name or f"constant_{len(self.weights)}"
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(found, name)
        return name

    def op(self, kind: str, *inputs: str, named: str = "", domain: str = "", outputs: int = 1, **attributes) -> str:
        return self.ops(kind, *inputs, names=[named] if named else None, domain=domain, outputs=outputs, **attributes)[
            0
        ]

    def ops(
        self,
        kind: str,
        *inputs: str,
        names: Sequence[str] | None = None,
        domain: str = "",
        outputs: int = 1,
        **attributes,
    ) -> list[str]:
        self.count += 1
        made = list(names) if names else [f"{kind.lower()}_{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, made, f"{kind}_{self.count}", domain=domain, **attributes))
        return made

    def ints(self, *values: int) -> str:
        return self.weight(np.asarray(values, np.int64))

    def graph(self, name: str, inputs: dict, outputs: dict) -> onnx.ModelProto:
        """inputs, outputs: name -> (element type, shape)."""
        first, last = ([helper.make_tensor_value_info(n, *v) for n, v in side.items()] for side in (inputs, outputs))
        laid = helper.make_graph(self.nodes, name, first, last, list(self.weights.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(laid, opset_imports=opsets)
        model.ir_version = 9
        return model


class Bench:
    """A sheet, and some nets of equal sizes whose modules are taken together: (nets, 1, width), one net (1, width)."""

    def __init__(self, sheet: Sheet, nets: Sequence[Causal], prefix: str):
        self.sheet, self.nets, self.prefix = sheet, list(nets), prefix
        self.several = len(nets) > 1
        width = nets[0].config.width
        self.ones = sheet.weight(np.ones(width, np.float32), f"ones_{width}")
        self.zeros = sheet.weight(np.zeros(width, np.float32), f"zeros_{width}")

    def parameter(self, path: str, net: int) -> str:
        """A weight of a net by its name there."""
        name = f"{self.prefix}{net}.{path}"
        value = self.nets[net].get_parameter(path).detach().numpy()
        return self.sheet.weight(value, name)

    def stacked(self, found: list[str]) -> str:
        s = self.sheet
        if not self.several:
            return found[0]
        return s.op("Concat", *(s.op("Unsqueeze", f, s.ints(0)) for f in found), axis=0)

    def linear(
        self, x: str, paths: Sequence[str], norm: str = "", relu: bool = False, scale: np.ndarray | None = None,
        bias: bool = True,
    ) -> str:  # fmt: skip
        """x through the matrices at `paths`, their outputs side by side. norm: the layer whose scale and shift are due
        to x; scale: of each output."""
        s = self.sheet
        matrices, biases = [], []
        for e in range(len(self.nets)):
            parts = [s.op("Transpose", self.parameter(f"{p}.weight", e), perm=[1, 0]) for p in paths]
            matrix = parts[0] if len(parts) == 1 else s.op("Concat", *parts, axis=1)
            if scale is not None:
                matrix = s.op("Mul", matrix, s.weight(scale.astype(np.float32)))
            added = ""
            if bias:
                own = [self.parameter(f"{p}.bias", e) for p in paths]
                added = own[0] if len(own) == 1 else s.op("Concat", *own, axis=0)
                added = s.op("Unsqueeze", added, s.ints(0))
            if norm:
                shift = s.op("MatMul", s.op("Unsqueeze", self.parameter(f"{norm}.bias", e), s.ints(0)), matrix)
                added = s.op("Add", shift, added) if added else shift
                matrix = s.op("Mul", matrix, s.op("Unsqueeze", self.parameter(f"{norm}.weight", e), s.ints(1)))
            matrices.append(matrix)
            biases.append(added)
        matrix, added = self.stacked(matrices), self.stacked(biases) if biases[0] else ""
        if not self.several:
            y = s.op("Gemm", *filter(None, (x, matrix, added)))
        else:
            y = s.op("MatMul", x, matrix)
            y = s.op("Add", y, added) if added else y
        return s.op("Relu", y) if relu else y

    def summed(self, x: str, y: str) -> tuple[str, str]:
        """x + y normalised, without the norm's own scale and shift, and x + y."""
        normal, _, _, total = self.sheet.ops(
            "SkipLayerNormalization", x, y, self.ones, self.zeros,
            domain="com.microsoft", outputs=4, epsilon=self.nets[0].trunk.last.eps,
        )  # fmt: skip
        return normal, total


def distances(sheet: Sheet, slopes: np.ndarray, memory: int) -> str:
    """(2 memory, heads, 1, memory): what attention adds to a ring's slot for its distance, by cursor."""
    s = sheet
    cursor = s.weight(np.arange(2 * memory, dtype=np.int64)[:, None, None, None], "cursors")
    place = s.weight(np.arange(memory, dtype=np.int64)[None, None, None], "places")
    one, length = s.ints(1), s.ints(memory)
    distance = s.op("Add", s.op("Mod", s.op("Sub", s.op("Sub", cursor, one), place), length), one)
    hidden = s.op("Or", s.op("Greater", distance, cursor), s.op("GreaterOrEqual", distance, length))
    rate = s.weight(-slopes.astype(np.float32)[None, :, None, None], "slopes")
    far = s.op("Mul", rate, s.op("Cast", distance, to=TensorProto.FLOAT))
    return s.op("Where", hidden, s.weight(np.float32(NEVER), "never"), far)


def attended(sheet: Sheet, qkv: str, rings: tuple[str, str], bias: str, sizes: tuple[int, ...]) -> str:
    """One step's attention over the rings and itself: queries (scaled), keys and values side by side -> (nets, heads, 1,
    size); its own key and value go out as new_<ring>."""
    s, (nets, heads, size, memory) = sheet, sizes
    q, k, v = s.ops("Split", qkv, outputs=3, axis=-1, num_outputs=3)
    q = s.op("Reshape", q, s.ints(nets, heads, 1, size))
    k = s.op("Reshape", k, s.ints(nets, heads, size, 1), named=f"new_{rings[0]}")
    v = s.op("Reshape", v, s.ints(nets, heads, 1, size), named=f"new_{rings[1]}")
    scores = s.op("Add", s.op("MatMul", q, rings[0]), bias)
    weights = s.op("Softmax", s.op("Concat", scores, s.op("MatMul", q, k), axis=3), axis=3)
    past, own = s.ops("Split", weights, s.ints(memory, 1), outputs=2, axis=3)
    return s.op("Add", s.op("MatMul", past, rings[1]), s.op("Mul", own, v))


def trunks(sheet: Sheet, bench: Bench, number: int) -> str:
    """What each head makes of the context of a group of nets: (4, hidden of the group)."""
    s, c, nets = sheet, bench.nets[0].config, len(bench.nets)
    width, size = c.width, c.width // c.heads
    first = np.zeros((code.TRUNK_ROWS, 1), np.float32)
    first[: int(code.TRUNK_OFFSETS[1])] = 1  # one row of the first column is always chosen: it carries the bias
    tables, classes = [], []
    for e in range(nets):
        bias = s.op("Unsqueeze", bench.parameter("trunk.classes.bias", e), s.ints(0))
        carried = s.op("MatMul", s.weight(first, "first_column"), bias)
        tables.append(s.op("Add", bench.parameter("trunk.table.weight", e), carried))
        classes.append(s.op("Transpose", bench.parameter("trunk.classes.weight", e), perm=[1, 0]))
    table = tables[0] if nets == 1 else s.op("Concat", *tables, axis=1)
    matrix = classes[0] if nets == 1 else s.op("Concat", *classes, axis=1)
    rows = s.op("ReduceSum", s.op("Gather", table, "trunk_rows", axis=0), s.ints(1), keepdims=0)
    x = s.op("Gemm", "trunk_classes", matrix, rows)
    if bench.several:
        x = s.op("Reshape", x, s.ints(nets, 1, width))
    bias = s.op("Gather", distances(s, bench.nets[0].trunk.slopes.numpy(), c.memory_steps), "cursor", axis=0)
    scale = np.concatenate([np.full(width, size**-0.5), np.ones(2 * width)])
    normal, x = bench.summed(x, bench.linear(s.op("Relu", x), ["trunk.mix"]))
    for i in range(c.layers):
        block = f"trunk.blocks.{i}"
        qkv = bench.linear(normal, [f"{block}.qkv"], f"{block}.first", scale=scale, bias=False)
        names = (f"keys_{number}_{i}", f"values_{number}_{i}")
        found = attended(s, qkv, names, bias, (nets, c.heads, size, c.memory_steps))
        found = s.op("Reshape", found, s.ints(nets, 1, width) if bench.several else s.ints(1, width))
        normal, x = bench.summed(x, bench.linear(found, [f"{block}.out"], bias=False))
        middle = bench.linear(normal, [f"{block}.up"], f"{block}.second", relu=True)
        normal, x = bench.summed(x, bench.linear(middle, [f"{block}.down"]))
    heard = bench.linear(normal, [f"heads.{v}.context" for v in range(4)], "trunk.last")
    if not bench.several:
        return s.op("Reshape", heard, s.ints(4, c.head_hidden))
    heard = s.op("Transpose", s.op("Reshape", heard, s.ints(nets, 4, c.head_hidden)), perm=[1, 0, 2])
    return s.op("Reshape", heard, s.ints(4, nets * c.head_hidden))


def step_graph(models: Sequence[Causal]) -> onnx.ModelProto:
    """The graph of steps.Step."""
    s, heard = Sheet(), []
    for number, group in enumerate(alike(models)):
        heard.append(trunks(s, Bench(s, group, f"net{number}_"), number))
    width = sum(m.config.head_hidden for m in models)
    if len(heard) > 1:
        s.op("Concat", *heard, named="context", axis=1)
    else:
        s.op("Identity", heard[0], named="context")
    shapes = {name: list(shape) for name, shape in step_rings(models).items()}
    slots = {f"new_{n}": [1 if i == 2 + ("keys" in n) else d for i, d in enumerate(v)] for n, v in shapes.items()}
    return s.graph(
        "step",
        {
            "trunk_rows": (TensorProto.INT64, [1, code.TRUNK_COLUMNS]),
            "trunk_classes": (TensorProto.FLOAT, [1, code.HISTOGRAM]),
            "cursor": (TensorProto.INT64, [1]),
            **{n: (TensorProto.FLOAT, v) for n, v in shapes.items()},
        },
        {"context": (TensorProto.FLOAT, [4, width]), **{n: (TensorProto.FLOAT, v) for n, v in slots.items()}},
    )


def diagonal(sheet: Sheet, matrices: Sequence[tuple[str, int, int]]) -> str:
    """One matrix of several (name, rows, columns) along its diagonal, zeros elsewhere."""
    s, width, before, rows = sheet, sum(m[2] for m in matrices), 0, []
    for name, height, columns in matrices:
        sides = [np.zeros((height, n), np.float32) for n in (before, width - before - columns)]
        parts = [name if k == 1 else s.weight(sides[k // 2], f"zeros_{height}_{sides[k // 2].shape[1]}") for k in range(3)
                 if k == 1 or sides[k // 2].size]  # fmt: skip
        rows.append(parts[0] if len(parts) == 1 else s.op("Concat", *parts, axis=1))
        before += columns
    return rows[0] if len(rows) == 1 else s.op("Concat", *rows, axis=0)


def voice_graph(voice: int, models: Sequence[Causal], weights: Sequence[float]) -> onnx.ModelProto:
    """The graph of steps.Voice: all nets' heads as one, with matrices along the diagonal."""
    s, v = Sheet(), voice
    heads: list[Head] = [m.voice_heads()[v] for m in models]
    sizes = [m.config.head_hidden for m in models]

    def part(path: str, e: int) -> str:
        return s.weight(heads[e].get_parameter(path).detach().numpy(), f"net{e}.heads.{v}.{path}")

    def turned(path: str, e: int) -> str:
        return s.op("Transpose", part(path, e), perm=[1, 0])

    def beside(names: list[str], axis: int) -> str:
        return names[0] if len(names) == 1 else s.op("Concat", *names, axis=axis)

    every = range(len(models))
    first = np.zeros((code.HEAD_ROWS, 1), np.float32)
    first[: int(code.HEAD_OFFSETS[1])] = 1
    tables = [
        s.op("Add", part("table.weight", e), s.op("MatMul", s.weight(first, "first_head_column"),
             s.op("Unsqueeze", part("classes.bias", e), s.ints(0))))
        for e in every
    ]  # fmt: skip
    rows = s.op("ReduceSum", s.op("Gather", beside(tables, 1), "head_rows", axis=0), s.ints(1), keepdims=0)
    x = s.op("Gemm", "head_classes", beside([turned("classes.weight", e) for e in every], 1), rows)
    x = s.op("Relu", s.op("Add", x, "head_context"))
    middle = diagonal(s, [(turned("middle.weight", e), sizes[e], sizes[e]) for e in every])
    y = s.op("Relu", s.op("Gemm", x, middle, beside([part("middle.bias", e) for e in every], 0)))
    out = diagonal(s, [(turned("out.weight", e), sizes[e], code.CLASSES) for e in every])
    logits = s.op("Gemm", s.op("Add", x, y), out, beside([part("out.bias", e) for e in every], 0))
    if len(models) == 1:
        s.op("LogSoftmax", logits, named="logits", axis=1)
    else:
        each = s.op("LogSoftmax", s.op("Reshape", logits, s.ints(len(models), code.CLASSES)), axis=1)
        shares = s.weight(np.log(np.asarray(weights, np.float32))[:, None], "shares")
        s.op("ReduceLogSumExp", s.op("Add", each, shares), s.ints(0), named="logits", keepdims=1)
    return s.graph(
        code.VOICES[v],
        {
            "head_context": (TensorProto.FLOAT, [1, sum(sizes)]),
            "head_rows": (TensorProto.INT64, [1, code.HEAD_COLUMNS]),
            "head_classes": (TensorProto.FLOAT, [1, code.HISTOGRAM]),
        },
        {"logits": (TensorProto.FLOAT, [1, code.CLASSES])},
    )
