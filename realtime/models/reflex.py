"""A packaged net that runs inside the callback: a `Net` as addresses, called without the interpreter; bound on [main], run
on [audio].

`Run` allocates, as ONNX Runtime does (engine/ort_stream has the figures): it is warmed up here, and a run that fails is
counted and answers False instead of raising.
"""

from __future__ import annotations

import ctypes

import numpy as np

from realtime.models.net import Net
from realtime.native.call import caller
from realtime.native.jit import audio, int64, void
from realtime.native.memory import aligned, copy_memory, load_i64, record_view

WARM_UP_RUNS = 8

BOUND = np.dtype(
    [
        ("run", "i8"),
        ("release_status", "i8"),
        ("session", "i8"),
        ("in_names", "i8"),
        ("n_in", "i8"),
        ("out_names", "i8"),
        ("n_out", "i8"),
        ("ins", "i8", (2,)),  # lists of values: the states change places between runs
        ("outs", "i8", (2,)),
        ("now", "i8"),
        ("cursor", "i8"),  # runs since the rings were empty
        ("rings", "i8"),  # RING[n_rings]
        ("n_rings", "i8"),
        ("states", "i8"),  # int64[n_states][4]: both copies, the first values, bytes
        ("n_states", "i8"),
        ("errors", "i8"),
    ]
)
RING = np.dtype([(name, "i8") for name in ("ring", "slice", "outer", "length", "inner")])
"""outer, length: sizes before and along the axis; inner: bytes of one slot beyond it."""

bound_at, _ring_at = record_view(BOUND), record_view(RING)
_RING_BYTES = RING.itemsize
_run = caller(int64, *[int64] * 8)
_release_status = caller(void, int64)


@audio
def run_bound(address):
    """One run: inputs as they lie there; True if the outputs are new. [audio]"""
    net = bound_at(address)
    now = net.now
    status = _run(
        net.run, net.session, 0, net.in_names, net.ins[now], net.n_in, net.out_names, net.n_out, net.outs[now]
    )
    if status != 0:
        _release_status(net.release_status, status)
        net.errors += 1
        return False
    net.now = 1 - now
    for index in range(net.n_rings):
        row = _ring_at(net.rings + _RING_BYTES * index)
        slot = net.cursor % row.length
        for outer in range(row.outer):
            target = row.ring + (outer * row.length + slot) * row.inner
            copy_memory(target, row.slice + outer * row.inner, row.inner)
    net.cursor += 1
    return True


@audio
def reset_bound(address):
    """States to their first values; rings count as empty (a net masks the slots that its cursor has not reached)."""
    net = bound_at(address)
    net.cursor = 0
    net.now = 0
    for index in range(net.n_states):
        row = net.states + 32 * index
        copy_memory(load_i64(row), load_i64(row + 16), load_i64(row + 24))


class BoundNet:
    """A Net's tensors as a BOUND record. `address` is what `run_bound` takes; keep this object while anything may run it."""

    def __init__(self, net: Net):
        self.net = net
        calls = net.calls
        rings = np.zeros(max(1, len(net.ring_rows)), RING)
        for row, (ring, part, axis) in zip(rings, net.ring_rows, strict=False):
            memory = net.rings[ring]
            inner = int(np.prod(memory.shape[axis + 1 :])) * memory.itemsize
            outer = int(np.prod(memory.shape[:axis]))
            row["ring"], row["slice"] = memory.ctypes.data, net.outputs[part].ctypes.data
            row["outer"], row["length"], row["inner"] = outer, memory.shape[axis], inner
        states = [[*(a.ctypes.data for a in both), first.ctypes.data, first.nbytes] for both, first in net.state_memory]
        self._rings, self._states = rings, np.array(states or [[0] * 4], np.int64)
        self.record = aligned(1, BOUND)
        for name, number in {
            "run": net.session.api.address("Run"), "release_status": net.session.api.address("ReleaseStatus"),
            "session": net.session.address, "in_names": ctypes.addressof(calls.in_names), "n_in": len(calls.in_names),
            "out_names": ctypes.addressof(calls.out_names), "n_out": len(calls.out_names),
            "ins": [ctypes.addressof(a) for a in calls.ins], "outs": [ctypes.addressof(a) for a in calls.outs],
            "rings": rings.ctypes.data, "n_rings": len(net.ring_rows),
            "states": self._states.ctypes.data, "n_states": len(states),
        }.items():  # fmt: skip
            self.record[name] = number

    @property
    def address(self) -> int:
        return self.record.ctypes.data

    def warm_up(self) -> bool:
        """Runs of the inputs as they lie there, then back to rest; whether they all went well. [main]"""
        going = all(run_bound(self.address) for _ in range(WARM_UP_RUNS))
        reset_bound(self.address)
        return going

    def input(self, name: str) -> int:
        """Address of an input's memory."""
        return self.net.inputs[name].ctypes.data

    def output(self, name: str) -> int:
        """Address of an output's memory."""
        return self.net.outputs[name].ctypes.data
