"""The chorale nets inside the callback: the trunk run ahead of a step, a small head for each voice once the melody's note is
known; bound on [main], run on [audio]. It draws what `Chorale.voices` draws with the same dice."""

from __future__ import annotations

import numpy as np

from realtime.models.chorale.code import FAR, HIGH, LOW, PITCHES, RANGES, REACH, REST
from realtime.models.chorale.model import Chorale
from realtime.models.chorale.reflex_history import (
    HISTORY,
    head_features,
    history_push,
    history_start,
    trunk_features,
)
from realtime.models.chorale.reflex_history import UNKNOWN as UNKNOWN
from realtime.models.chorale.reflex_history import history_at as history_at
from realtime.models.chorale.reflex_history import history_unchoose as history_unchoose
from realtime.models.reflex import BoundNet, bound_at, reset_bound, run_bound
from realtime.native.jit import audio
from realtime.native.memory import aligned, copy_memory, f32_view, f64_view, load_f64, record_view, store_i64
from realtime.sampling.drawing import FORBIDDEN
from realtime.sampling.reflex import draw_at, throw

SCORES = PITCHES + 1
CHOIR = np.dtype(
    [
        ("history", "i8"),  # address of a HISTORY
        ("trunk", "i8"),  # BOUND
        ("trunk_rows", "i8"),
        ("trunk_classes", "i8"),
        ("cursor", "i8"),
        ("context", "i8"),
        ("context_bytes", "i8"),  # of one voice
        ("memory", "i8"),  # steps that the trunk remembers
        ("ahead", "i8"),  # 1: the context is of the coming step
        ("heads", "i8", (4,)),
        ("head_rows", "i8", (4,)),
        ("head_classes", "i8", (4,)),
        ("head_context", "i8", (4,)),
        ("logits", "i8", (4,)),
        ("far", "i8"),  # float64[4][PITCHES]
        ("far_mass", "i8"),  # float64[4][PITCHES]: log of the mass out of reach, by reference
        ("scores", "i8"),  # float64[SCORES]
        ("scratch", "i8"),  # float64[2 SCORES]
        ("dice", "i8"),  # the dice's state
        ("temperature", "f8"),
        ("top_p", "f8"),
        ("parallels", "f8"),
        ("crossing", "i8"),
        ("classes", "i8"),  # pitch classes that may be drawn, bit 0 = C; 0: all
        ("fault", "i8"),  # 1: a run has failed
    ],
    align=True,
)
choir_at = record_view(CHOIR)
_DICE = int(CHOIR.fields["dice"][1])  # type: ignore[index]
_LOWEST = np.array([low for low, _ in RANGES], np.int64)
_HIGHEST = np.array([high for _, high in RANGES], np.int64)
_BEFORE = np.array([[0, 0, 0, 0], [1, 0, 1, 1], [1, 0, 0, 1], [1, 0, 0, 0]], np.int64)
"""[voice, other]: whether the other is drawn before it (code.ORDER)."""


@audio
def choir_start(address, seed):
    """Forget what was sung; dice: a seed."""
    choir = choir_at(address)
    choir.ahead = 0
    choir.dice = seed
    reset_bound(choir.trunk)
    history_start(history_at(choir.history))


@audio
def choir_prepare(address):
    """Run the trunk for the coming step, if that has not been done; the phase lies in the history. False: it failed."""
    choir = choir_at(address)
    if choir.ahead != 0:
        return True
    trunk_features(history_at(choir.history), choir.trunk_rows, choir.trunk_classes)
    cursor = bound_at(choir.trunk).cursor
    store_i64(choir.cursor, min(cursor, choir.memory + cursor % choir.memory))
    if not run_bound(choir.trunk):
        choir.fault = 1
        return False
    for voice in range(4):
        copy_memory(choir.head_context[voice], choir.context + choir.context_bytes * voice, choir.context_bytes)
    choir.ahead = 1
    return True


@audio
def choir_push(address):
    """The step is sung as h.chosen has it."""
    choir = choir_at(address)
    history_push(history_at(choir.history))
    choir.ahead = 0


@audio
def _fill_scores(choir, scores, voice, reference):
    """Log-scores of every pitch from LOW up, and of a rest, which is not drawn."""
    logits = f32_view(choir.logits[voice], 2 * REACH + 3)
    beyond = np.float64(logits[FAR]) - load_f64(choir.far_mass + 8 * (PITCHES * voice + reference - LOW))
    far = f64_view(choir.far + 8 * PITCHES * voice, PITCHES)
    for i in range(PITCHES):
        move = LOW + i - reference
        scores[i] = np.float64(logits[move + REACH]) if -REACH <= move <= REACH else beyond + far[i]
    scores[PITCHES] = FORBIDDEN


@audio
def _shut_range(choir, h, scores, voice):
    """The voice's range, and no crossing."""
    lowest, highest = _LOWEST[voice], _HIGHEST[voice]
    if choir.crossing == 0:
        for u in range(4):
            pitch = h.chosen[u]
            if _BEFORE[voice, u] != 0 and pitch >= 0:
                if u > voice:
                    lowest = max(lowest, pitch)
                else:
                    highest = min(highest, pitch)
    for i in range(PITCHES):
        if lowest > LOW + i or highest < LOW + i:
            scores[i] = FORBIDDEN


@audio
def _shun_parallels(choir, h, scores, voice):
    own = h.now[voice]
    if choir.parallels <= 0.0 or h.length == 0 or own == REST:
        return
    for u in range(4):
        pitch, before = h.chosen[u], h.now[u]
        if _BEFORE[voice, u] == 0 or pitch < 0 or before in (REST, pitch):
            continue
        sign = 1 if voice < u else -1
        was = sign * (own - before) % 12
        if was != 0 and was != 7:
            continue
        for i in range(PITCHES):
            if sign * (LOW + i - pitch) % 12 == was and LOW + i != own and scores[i] > FORBIDDEN / 2:
                scores[i] -= choir.parallels


@audio
def _keep_classes(choir, scores):
    """Only the pitch classes asked for, if any of them is left."""
    if choir.classes == 0:
        return
    some = False
    for i in range(PITCHES):
        some = some or (scores[i] > FORBIDDEN / 2 and (choir.classes >> ((LOW + i) % 12)) & 1 != 0)
    if not some:
        return
    for i in range(PITCHES):
        if (choir.classes >> ((LOW + i) % 12)) & 1 == 0:
            scores[i] = FORBIDDEN


@audio
def choir_draw(address, voice):
    """Draw one voice into h.chosen, given those chosen before it; False: the net failed, nothing is chosen."""
    choir = choir_at(address)
    h = history_at(choir.history)
    reference = head_features(h, voice, choir.head_rows[voice], choir.head_classes[voice])
    if not run_bound(choir.heads[voice]):
        choir.fault = 1
        return False
    scores = f64_view(choir.scores, SCORES)
    _fill_scores(choir, scores, voice, reference)
    _shut_range(choir, h, scores, voice)
    _shun_parallels(choir, h, scores, voice)
    _keep_classes(choir, scores)
    dice = throw(address + _DICE)
    found = draw_at(choir.scores, SCORES, choir.scratch, choir.temperature, choir.top_p, dice)
    if found < 0:  # the rules left nothing: the net alone decides
        _fill_scores(choir, scores, voice, reference)
        found = draw_at(choir.scores, SCORES, choir.scratch, choir.temperature, choir.top_p, dice)
    h.chosen[voice] = LOW + found
    return True


@audio
def choir_voices(address):
    """Draw bass, tenor and alto where h.chosen has none yet; h.chosen[0] must be known. False: a net failed."""
    h = history_at(choir_at(address).history)
    if not choir_prepare(address):
        return False
    for voice in (3, 2, 1):  # noqa: SIM110 (a generator allocates)
        if h.chosen[voice] == UNKNOWN and not choir_draw(address, voice):
            return False
    return True


class Choir:
    """A Chorale bound for the callback. `address` is what the choir_* functions take; keep this while they may run.

    Raises AntiphonError if the package is not one.
    """

    def __init__(self, model: Chorale | None = None):
        self.model = model if model is not None else Chorale.load()
        self.trunk = BoundNet(self.model.trunk)
        self.heads = [BoundNet(net) for net in self.model.heads]
        self.history = aligned(1, HISTORY)
        self._scores, self._scratch = aligned(SCORES, np.float64), aligned(2 * SCORES, np.float64)
        self._far = np.ascontiguousarray(self.model.far)
        self._mass = _mass_out_of_reach(self._far)
        self.record = aligned(1, CHOIR)
        context = self.model.trunk.outputs["context"]
        for name, number in {
            "history": self.history.ctypes.data, "trunk": self.trunk.address,
            "trunk_rows": self.trunk.input("trunk_rows"), "trunk_classes": self.trunk.input("trunk_classes"),
            "cursor": self.trunk.input("cursor"), "context": context.ctypes.data, "context_bytes": context.nbytes // 4,
            "memory": self.model.memory_steps, "heads": [head.address for head in self.heads],
            "head_rows": [head.input("head_rows") for head in self.heads],
            "head_classes": [head.input("head_classes") for head in self.heads],
            "head_context": [head.input("head_context") for head in self.heads],
            "logits": [head.output("logits") for head in self.heads],
            "far": self._far.ctypes.data, "far_mass": self._mass.ctypes.data,
            "scores": self._scores.ctypes.data, "scratch": self._scratch.ctypes.data,
            "temperature": 0.8, "top_p": 0.95, "parallels": 4.0,
        }.items():  # fmt: skip
            self.record[name] = number
        choir_start(self.address, 1)
        choir_prepare(self.address)
        for net in (self.trunk, *self.heads):
            net.warm_up()
        choir_start(self.address, 1)

    @property
    def address(self) -> int:
        return self.record.ctypes.data

    @property
    def errors(self) -> int:
        """Runs that failed."""
        return sum(int(net.record["errors"][0]) for net in (self.trunk, *self.heads))


def _mass_out_of_reach(far: np.ndarray) -> np.ndarray:
    """(4, PITCHES) float64: log of the summed exponentials of each voice's table, by the pitch that is moved from."""
    line = np.arange(LOW, HIGH + 1)
    out = np.abs(line[None] - line[:, None]) > REACH
    return np.log((np.exp(far)[:, None, :] * out).sum(2))
