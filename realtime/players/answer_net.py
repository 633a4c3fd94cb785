"""The model of `answer`: its package opened in ONNX Runtime, one event a run; [player process]."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import numpy as np

from realtime.music import melody_code as code
from realtime.music.copyguard import CopyGuard
from realtime.native.errors import AntiphonError
from realtime.neural.ort import OrtSession
from realtime.neural.package import load_package
from realtime.neural.package_manifest import METADATA_KEY
from realtime.players.composer import Composer

SHAPES = {"duration": (code.DURATIONS,), "delta": (code.DURATIONS, code.DELTAS), "pitch": (code.DELTAS, code.PITCHES)}
OUTPUTS = (*SHAPES, "h_out")
_RUN = ctypes.CFUNCTYPE(*[ctypes.c_void_p] * 5, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)


class AnswerNet:
    """Net of realtime.players.composer: tensors bound once, the state in two copies that change places at every
    event.

    duration, delta and pitch are views that the next step overwrites.
    """

    def __init__(self, session: OrtSession, state_shape: tuple[int, int]):
        self.session = session
        self._event = np.zeros(len(code.FIELDS), np.int64)
        self._states = (np.zeros(state_shape, np.float32), np.zeros(state_shape, np.float32))
        self.duration, self.delta, self.pitch = (np.zeros(shape, np.float32) for shape in SHAPES.values())
        self._run = _RUN(session.api.address("Run"))
        self._now = 0
        event = session.value(self._event)
        logits = [session.value(a) for a in (self.duration, self.delta, self.pitch)]
        states = [session.value(a) for a in self._states]
        self._ins = [(ctypes.c_void_p * 2)(event, states[i]) for i in (0, 1)]
        self._outs = [(ctypes.c_void_p * 4)(*logits, states[1 - i]) for i in (0, 1)]
        self._in_names = (ctypes.c_void_p * 2)(*(session.name_address(n) for n in ("event", "h")))
        self._out_names = (ctypes.c_void_p * 4)(*(session.name_address(n) for n in OUTPUTS))

    @property
    def state(self) -> np.ndarray:
        """(layers, hidden) float32 after the last event."""
        return self._states[self._now]

    def reset(self) -> None:
        self.state[:] = 0.0

    def step(self, fields: tuple[int, ...]) -> None:
        self._event[:] = fields
        ins, outs = self._ins[self._now], self._outs[self._now]
        fault = self._run(self.session.address, 0, self._in_names, ins, 2, self._out_names, 4, outs)
        if fault:
            raise AntiphonError("The model of answer stopped running in ONNX Runtime; export its package again.")
        self._now = 1 - self._now

    def save(self) -> tuple[np.ndarray, ...]:
        return tuple(a.copy() for a in (self.state, self.duration, self.delta, self.pitch))

    def restore(self, saved: tuple[np.ndarray, ...]) -> None:
        for array, kept in zip((self.state, self.duration, self.delta, self.pitch), saved, strict=True):
            array[:] = kept


def load_composer(path: str | Path) -> Composer:
    """A composer with the packaged model. Raises AntiphonError if the package is missing, damaged or of another
    code."""
    package = load_package(path, kind="player")
    session = package.session
    shapes = {p.name: p.shape for p in session.inputs + session.outputs}
    manifest = json.loads(session.metadata()[METADATA_KEY])
    try:
        made_for = (manifest["code"]["fields"], manifest["code"]["steps"], {k: tuple(shapes[k]) for k in SHAPES})
        if made_for != (list(code.FIELDS), list(code.STEPS), SHAPES):
            raise AntiphonError(f"{path}: made for another version of the event code; export it again")
        guard = CopyGuard.from_json(manifest["guard"])
        layers, hidden = shapes["h"]
        net = AnswerNet(session, (layers, hidden))
    except (KeyError, ValueError, TypeError) as error:
        raise AntiphonError(f"{path}: its metadata lacks or garbles {error}; export it again") from error
    for _ in range(4):  # the first runs are the slow ones
        net.step((0, code.SEPARATOR, 0, 0, 0, 0, 0, 0, 96))
    net.reset()
    return Composer(net, guard)
