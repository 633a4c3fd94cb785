"""The model of `answer`: its package opened in ONNX Runtime, one event a run; [player process]."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from realtime.music import melody_code as code
from realtime.music.copyguard import CopyGuard
from realtime.native.errors import AntiphonError
from realtime.players.composer import Composer

OUTPUTS = ("duration", "delta", "pitch", "h_out")
SHAPES = {"duration": (code.DURATIONS,), "delta": (code.DURATIONS, code.DELTAS), "pitch": (code.DELTAS, code.PITCHES)}


class AnswerNet:
    """Net of realtime.players.composer over a session with `run(inputs, outputs) -> dict` (realtime.neural.ort.OrtSession)."""

    def __init__(self, session, state_shape: tuple[int, int]):
        self.session = session
        self._event = np.zeros(len(code.FIELDS), np.int64)
        self._rest = np.zeros(state_shape, np.float32)
        self.state = self._rest
        self.duration = self.delta = self.pitch = np.zeros(0, np.float32)

    def reset(self) -> None:
        self.state = self._rest

    def step(self, fields: tuple[int, ...]) -> None:
        self._event[:] = fields
        out = self.session.run({"event": self._event, "h": self.state}, OUTPUTS)
        self.duration, self.delta, self.pitch, self.state = (out[name] for name in OUTPUTS)

    def save(self) -> tuple:
        return self.state, self.duration, self.delta, self.pitch  # every run makes new arrays: references suffice

    def restore(self, saved: tuple) -> None:
        self.state, self.duration, self.delta, self.pitch = saved


def load_composer(path: str | Path) -> Composer:
    """A composer with the packaged model. Raises AntiphonError if the package is missing, damaged or of another code."""
    from realtime.neural.ort import OrtSession
    from realtime.neural.ort_api import OrtError

    try:
        session = OrtSession(Path(path).read_bytes())
        manifest = json.loads(session.metadata()["antiphon"])
        shapes = {p.name: p.shape for p in session.inputs + session.outputs}
        net = AnswerNet(session, shapes["h"])
        if {k: tuple(shapes.get(k, ())) for k in SHAPES} != SHAPES or manifest["code"]["steps"] != list(code.STEPS):
            raise AntiphonError(f"Package {path}: made for another version of the event code; export it again.")
        guard = CopyGuard.from_json(manifest["guard"])
    except FileNotFoundError:
        raise AntiphonError(f"Package {path}: there is no such file; run `antiphon export answer`.") from None
    except (OSError, OrtError) as error:
        reason = str(error).splitlines()[0][:160]
        raise AntiphonError(f"Package {path}: not a model that ONNX Runtime can open ({reason}).") from error
    except (KeyError, ValueError, TypeError) as error:
        raise AntiphonError(f"Package {path}: its manifest lacks or garbles {error}; export it again.") from error
    for _ in range(4):  # the first runs are the slow ones
        net.step((0, code.SEPARATOR, 0, 0, 0, 0, 0, 0, 96))
    net.reset()
    return Composer(net, guard)
