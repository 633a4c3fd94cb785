"""The eight-button piano inside the callback: one run of the net for a press; bound on [main], run on [audio]. It presses the
keys that `Genie.press` presses with the same dice; what it adds are the leaning of a button to its own place and a rule for
when the net is not asked."""

from __future__ import annotations

import numpy as np

from realtime.models.genie.code import BUTTONS, CHORD_SIZE, KEYS, LONGEST_WAIT_S, LOWEST_PITCH, START_KEY
from realtime.models.genie.model import Genie
from realtime.models.reflex import BoundNet, reset_bound, run_bound
from realtime.native.jit import audio
from realtime.native.memory import aligned, f32_view, f64_view, record_view, store_f32, store_i64
from realtime.sampling.drawing import FORBIDDEN
from realtime.sampling.reflex import draw_at, throw

NEVER = 20.0
"""A contour of so many nats is a wall: a higher button never sounds lower."""
RULE_STEP = 2.3
"""Semitones from button to button, by rule: eight of them reach a tenth and more."""

PIANO = np.dtype(
    [
        ("net", "i8"),  # BOUND, 0: by rule alone
        ("before_in", "i8"),
        ("press_in", "i8"),
        ("wait_in", "i8"),
        ("chord_in", "i8"),
        ("texture_in", "i8"),
        ("logits", "i8"),
        ("scores", "i8"),  # float64[KEYS]
        ("tried", "i8"),  # float64[KEYS]
        ("scratch", "i8"),  # float64[2 KEYS]
        ("dice", "i8"),
        ("before", "i8"),  # the key played last, START_KEY: none
        ("button", "i8"),  # the button pressed last, -1: none
        ("fault", "i8"),
        # what a press is told
        ("chord_classes", "i8"),  # 0: no chord
        ("chord_root", "i8"),
        ("classes", "i8"),  # pitch classes that may sound, bit 0 = C; 0: all
        ("lowest", "i8"),  # MIDI
        ("highest", "i8"),
        ("texture", "f8"),
        ("temperature", "f8"),
        ("top_p", "f8"),
        ("contour", "f8"),  # nats
        ("leap", "f8"),  # nats a semitone beyond what the buttons' distance asks for
        ("place", "f8"),  # nats an octave away from a button's own place in the range
        ("held", "i2", (BUTTONS,)),  # MIDI pitch that a button holds, -1: none
    ],
    align=True,
)
piano_at = record_view(PIANO)
_DICE = int(PIANO.fields["dice"][1])  # type: ignore[index]


@audio
def piano_start(address, seed):
    """Nothing was played; dice: a seed."""
    piano = piano_at(address)
    piano.dice = seed
    piano.before = START_KEY
    piano.button = -1
    for b in range(BUTTONS):
        piano.held[b] = -1
    if piano.net != 0:
        reset_bound(piano.net)


@audio
def _value(button):
    return 2.0 * button / (BUTTONS - 1) - 1.0


@audio
def _feed(piano, button, wait_s):
    """The net's inputs for a press."""
    store_i64(piano.before_in, piano.before)
    change = 0.0 if piano.button < 0 else _value(button) - _value(piano.button)
    store_f32(piano.press_in, np.float32(_value(button)))
    store_f32(piano.press_in + 4, np.float32(change))
    store_f32(piano.press_in + 8, np.float32(1.0))
    store_f32(piano.wait_in, np.float32(min(max(wait_s, 0.0), LONGEST_WAIT_S)))
    store_f32(piano.texture_in, np.float32(piano.texture))
    chord = f32_view(piano.chord_in, CHORD_SIZE)
    known = piano.chord_classes != 0
    for i in range(12):
        chord[i] = np.float32((piano.chord_classes >> i) & 1)
        chord[12 + i] = np.float32(1.0 if known and piano.chord_root == i else 0.0)
    chord[24] = np.float32(1.0 if known else 0.0)


@audio
def _wrong(piano, kind, button, key):
    """Whether a wall of one kind stands before a key: 0 range, 1 keys that are held, 2 pitch classes, 3 held buttons' order,
    4 the contour."""
    pitch = key + LOWEST_PITCH
    if kind == 0:
        return pitch < piano.lowest or pitch > piano.highest
    if kind == 1 or kind == 3:
        for b in range(BUTTONS):
            held = piano.held[b]
            if held < 0:
                continue
            if kind == 1 and held == pitch:
                return True
            if kind == 3 and ((b < button and held >= pitch) or (b > button and held <= pitch)):
                return True
        return False
    if kind == 2:
        return piano.classes != 0 and (piano.classes >> (pitch % 12)) & 1 == 0
    if piano.contour < NEVER or piano.button < 0 or piano.before == START_KEY:
        return False
    return (button > piano.button and key < piano.before) or (button < piano.button and key > piano.before)


@audio
def _walls(piano, scores, button):
    """Shut out what is wrong, the weightiest first; a wall that would leave nothing is left aside."""
    tried = f64_view(piano.tried, KEYS)
    for kind in range(5):
        some = False
        for key in range(KEYS):
            tried[key] = FORBIDDEN if _wrong(piano, kind, button, key) else scores[key]
            some = some or tried[key] > FORBIDDEN / 2
        if some:
            for key in range(KEYS):
                scores[key] = tried[key]


@audio
def _lean(piano, scores, button):
    """What is only discouraged: falling when the button rises, leaps that the hand did not make, a place far from the
    button's own."""
    known = piano.button >= 0 and piano.before != START_KEY
    steps = abs(button - piano.button) if known else np.int64(0)
    own = piano.lowest + (button + 0.5) / BUTTONS * (piano.highest - piano.lowest) - LOWEST_PITCH
    for key in range(KEYS):
        if scores[key] <= FORBIDDEN / 2:
            continue
        if known:
            if (button > piano.button and key <= piano.before) or (button < piano.button and key >= piano.before):
                scores[key] -= piano.contour
            scores[key] -= piano.leap * max(0.0, abs(key - piano.before) - 2.0 - 2.5 * steps)
        scores[key] -= piano.place / 12.0 * max(0.0, abs(key - own) - 5.0)


@audio
def _ruled(piano, scores, button):
    """Scores by rule: the pitch that lies as far from the last one as the buttons do."""
    known = piano.button >= 0 and piano.before != START_KEY
    goal = 0.5 * (piano.lowest + piano.highest) - LOWEST_PITCH + RULE_STEP * (button - 3.5)
    if known:
        goal = piano.before + RULE_STEP * (button - piano.button)
    for key in range(KEYS):
        scores[key] = -abs(key - goal)


@audio
def piano_press(address, button, wait_s, ask):
    """A button 0..7 goes down some seconds after the last one: the MIDI pitch to play, -1 if none is free.

    ask: whether the net is asked, else the rule answers.
    """
    piano = piano_at(address)
    scores = f64_view(piano.scores, KEYS)
    learned = ask and piano.net != 0 and piano.fault == 0
    if learned:
        _feed(piano, button, wait_s)
        learned = run_bound(piano.net)
        piano.fault = 0 if learned else 1
    if learned:
        logits = f32_view(piano.logits, KEYS)
        for key in range(KEYS):
            scores[key] = np.float64(logits[key])
    else:
        _ruled(piano, scores, button)
    _walls(piano, scores, button)
    temperature = 0.0
    if learned:
        _lean(piano, scores, button)
        temperature = piano.temperature
    key = draw_at(piano.scores, KEYS, piano.scratch, temperature, piano.top_p, throw(address + _DICE))
    if key < 0:
        return np.int64(-1)
    piano.before = key
    piano.button = button
    piano.held[button] = key + LOWEST_PITCH
    return key + LOWEST_PITCH


@audio
def piano_lift(address, button):
    """A button goes up."""
    piano_at(address).held[button] = -1


class Piano:
    """A Genie bound for the callback, or None for the rule alone. `address` is what the piano_* functions take.

    Raises AntiphonError if the package is not one.
    """

    def __init__(self, model: Genie | None):
        self.model = model
        self._memory = [aligned(KEYS, np.float64), aligned(KEYS, np.float64), aligned(2 * KEYS, np.float64)]
        self.record = aligned(1, PIANO)
        for name, memory in zip(("scores", "tried", "scratch"), self._memory, strict=True):
            self.record[name] = memory.ctypes.data
        self.net = None if model is None else BoundNet(model.player)
        if self.net is not None:
            for name, number in {
                "net": self.net.address, "before_in": self.net.input("before"), "press_in": self.net.input("press"),
                "wait_in": self.net.input("wait_s"), "chord_in": self.net.input("chord"),
                "texture_in": self.net.input("texture"), "logits": self.net.output("logits"),
            }.items():  # fmt: skip
                self.record[name] = number
            self.net.warm_up()
        for name, value in {"lowest": 33, "highest": 96, "texture": 1.0, "temperature": 0.8, "top_p": 0.95}.items():
            self.record[name] = value
        piano_start(self.address, 1)

    @property
    def address(self) -> int:
        return self.record.ctypes.data

    @property
    def errors(self) -> int:
        """Runs that failed."""
        return 0 if self.net is None else int(self.net.record["errors"][0])
