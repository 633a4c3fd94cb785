"""A packaged net as numpy arrays: tensors bound once, states and rings carried along, one ONNX Runtime call a run;
[player process]."""

from __future__ import annotations

import contextlib
import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.package import Package

PART = "part"
_RUN = ctypes.CFUNCTYPE(*[ctypes.c_void_p] * 5, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


@dataclass
class Calls:
    """What a call of ONNX Runtime's `Run` takes: names, and for each of the two places of the states the values."""

    in_names: Any
    ins: list[Any]
    out_names: Any
    outs: list[Any]


class Net:
    """One part of a package (or all of it): write into `inputs[name]`, call `run`, read `outputs[name]`.

    The arrays are views that live as long as the net; outputs are overwritten by the next run. States change places
    between two copies after each run (no copying); a ring takes each run's slice at its cursor, the oldest overwritten
    first. `inputs` holds neither states nor rings: those are in `states` and `rings` by input name.
    """

    def __init__(self, package: Package, part: str | None = None):
        about, session = package.about, package.session
        self.package, self.session = package, session
        ports_in = {p.name: p for p in session.inputs}
        ports_out = {p.name: p for p in session.outputs}
        number = 0
        names_out = list(ports_out)
        if part is not None:
            found = {row.name: k for k, row in enumerate(about.parts)}
            if part not in found:
                raise AntiphonError(f"{package.path}: it lacks the part {part!r}; export it again")
            number = found[part]
            names_out = list(about.parts[number].outputs)
            own = set(about.parts[number].inputs)
        else:
            own = set(ports_in)
        for port in (*ports_in.values(), *(ports_out[n] for n in names_out)):
            if any(size < 1 for size in port.shape):
                raise AntiphonError(f"{package.path}: {port.name!r} has a free dimension; export it with fixed shapes")
        first = package.initial_states()
        pairs = [s for s in about.states if s.input in own and s.output in names_out]
        self._states = {
            s.input: (first[s.input].copy(), first[s.input].copy()) for s in pairs
        }  # fmt: skip
        self._first = {name: first[name] for name in self._states}
        ring_rows = [r for r in about.rings if r.input in own and r.output in names_out]
        self.rings = {r.input: np.zeros(ports_in[r.input].shape, ports_in[r.input].dtype) for r in ring_rows}
        self.ring_rows = [(r.input, r.output, r.axis) for r in ring_rows]
        self.cursor = 0  # runs since reset; a ring's slot is cursor % its length
        self.inputs = {
            n: np.zeros(ports_in[n].shape, ports_in[n].dtype)
            for n in ports_in
            if n in own and n not in self._states and n not in self.rings and n != PART
        }
        state_outputs = {s.output: s.input for s in pairs}
        self.outputs = {
            n: np.zeros(ports_out[n].shape, ports_out[n].dtype) for n in names_out if n not in state_outputs
        }
        self._part = np.asarray(number, np.int64).reshape(())
        self._blank = {
            n: np.zeros(p.shape if min(p.shape, default=1) > 0 else [max(1, s) for s in p.shape], p.dtype)
            for n, p in ports_in.items()
            if n not in own and n != PART
        }
        self._now = 0
        self._made: list[int] = []
        self._run = _RUN(session.api.address("Run"))
        plain = {**self.inputs, **self.rings, **self._blank}
        if PART in ports_in:
            plain[PART] = self._part
        plain_in = {n: self._value(a) for n, a in plain.items()}
        plain_out = {n: self._value(a) for n, a in self.outputs.items()}
        states = {n: tuple(self._value(a) for a in both) for n, both in self._states.items()}
        table = ctypes.c_void_p * len(ports_in)
        in_names = table(*(session.name_address(n) for n in ports_in))
        ins = [table(*(states[n][i] if n in states else plain_in[n] for n in ports_in)) for i in (0, 1)]
        table = ctypes.c_void_p * len(names_out)
        out_names = table(*(session.name_address(n) for n in names_out))
        outs = [
            table(*(states[state_outputs[n]][1 - i] if n in state_outputs else plain_out[n] for n in names_out))
            for i in (0, 1)
        ]
        self.calls = Calls(in_names, ins, out_names, outs)

    def _value(self, array: np.ndarray) -> int:
        value = self.session.value(array)
        self._made.append(value)
        return value

    @property
    def state_memory(self) -> list[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
        """Both copies and the first values of each state."""
        return [(both, self._first[name]) for name, both in self._states.items()]

    @property
    def states(self) -> dict[str, np.ndarray]:
        """The states as the next run will read them."""
        return {name: both[self._now] for name, both in self._states.items()}

    def run(self) -> dict[str, np.ndarray]:
        """One run; returns `outputs`. Raises AntiphonError if ONNX Runtime refuses (a value out of range)."""
        c = self.calls
        fault = self._run(
            self.session.address, 0, c.in_names, c.ins[self._now], len(c.in_names), c.out_names, len(c.out_names),
            c.outs[self._now],
        )  # fmt: skip
        if fault:
            self.session.api.release("ReleaseStatus", fault)
            raise AntiphonError(
                f"{self.package.path}: ONNX Runtime refused a run (an input out of the model's range); export it again"
            )
        self._now = 1 - self._now
        for name, output, axis in self.ring_rows:
            ring = self.rings[name]
            place = [slice(None)] * ring.ndim
            slot = self.cursor % ring.shape[axis]
            place[axis] = slice(slot, slot + 1)
            ring[tuple(place)] = self.outputs[output]
        self.cursor += 1
        return self.outputs

    def reset(self) -> None:
        """States to their first values, rings to zeros."""
        for name, array in self.states.items():
            array[...] = self._first[name]
        for ring in self.rings.values():
            ring[...] = 0
        self.cursor = 0

    def save(self) -> tuple:
        """States, rings, cursor and outputs as they are now, for `restore` (look-ahead, beam search)."""
        copies = [
            {n: a.copy() for n, a in part.items()} for part in (self.states, self.rings, self.outputs)
        ]  # fmt: skip
        return (*copies, self.cursor)

    def restore(self, saved: tuple) -> None:
        """Back to a `save`."""
        for part, kept in zip((self.states, self.rings, self.outputs), saved[:3], strict=True):
            for name, array in part.items():
                array[...] = kept[name]
        self.cursor = saved[3]

    def __del__(self):
        session = getattr(self, "session", None)
        with contextlib.suppress(Exception):  # the interpreter may be going down
            for value in getattr(self, "_made", ()) if session is not None and session.address else ():
                session.release_value(value)
