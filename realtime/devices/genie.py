"""Genie: eight pads or keys play a whole keyboard in the same block; a net inside the callback finds the notes, in the chord and
the key; a midi device, stands before an instrument; [audio] (Donahue, Simon and Dieleman, Piano Genie, IUI 2019)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from realtime.contract.block import emit, event, pass_on, transport, value
from realtime.contract.device import Device, Instance, Option, Param, Spec, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, RESET
from realtime.contract.messages import MOVED, tell
from realtime.devices.harmony.keysense import MAJOR_SCALE, MINOR_SCALE, turned
from realtime.models.genie import Genie
from realtime.models.genie.reflex import Piano, piano_at, piano_lift, piano_press, piano_start
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio
from realtime.native.memory import aligned

BUTTONS, MOST_HELD = 8, 64
MOST_ASKED = 3
"""Times in a quantum that the net is asked; further pads of a handful struck at once go by rule."""
LAYOUTS, GUARDS, SCALES, TEXTURES = (
    ("white keys", "all keys", "chosen"),
    ("off", "key", "chord"),
    ("major", "minor"),
    ("line", "two hands"),
)

PARAMS = (
    Param("layout", "Pads", "", 0, 2, 0, "enum", LAYOUTS, doc="Eight neighbours from the first pad up, or the option `keys`."),
    Param("first", "First pad", "", 0, 120, 60, stepped=True, doc="Key of the leftmost, lowest pad."),
    Param("learn", "Learn the first pad", "", 0, 1, 0, "bool", doc="The next key that you strike becomes it."),
    Param("lowest", "Lowest pitch", "", 21, 108, 50, stepped=True),
    Param("highest", "Highest pitch", "", 21, 108, 84, stepped=True),
    Param("guard", "Guard", "", 0, 2, 1, "enum", GUARDS, doc="Notes that may sound: all, the key's, the chord's."),
    Param("tonic", "Tonic", "", 0, 11, 0, stepped=True, doc="Of the key, where none is told; C is 0."),
    Param("scale", "Scale", "", 0, 1, 0, "enum", SCALES, doc="Of the key, where none is told."),
    Param("contour", "Contour", "nats", 0.0, 20.0, 20.0, doc="20: a higher pad never sounds lower than the one before."),
    Param("leap", "Shun leaps", "nats/st", 0.0, 2.0, 0.35, doc="Against leaps wider than the pads'."),
    Param("place", "Pads have places", "nats/oct", 0.0, 12.0, 3.0, doc="How much low pads lie low and high ones high."),
    Param("temperature", "Temperature", "", 0.0, 2.0, 0.6, doc="0: always the likeliest key."),
    Param("texture", "Texture", "", 0, 1, 0, "enum", TEXTURES),
    Param("seed", "Seed", "", 1, 9999, 1, stepped=True),
)  # fmt: skip
P = ids(PARAMS)

HELD = np.dtype(
    [("note_id", "i4"), ("button", "i4"), ("pitch", "i4"), ("unused", "i4")],
    align=True,
)
STATE = np.dtype(
    [
        ("piano", "i8"),
        ("seed", "i8"),
        ("fresh", "i8"),
        ("last", "i8"),  # engine clock of the last press, samples
        ("asked", "i8"),
        ("count", "i8"),
        ("first", "i8"),  # learned, until the knob has followed; -1: none
        ("owed_learn", "i8"),
        ("chosen", "i2", (128,)),  # pad of each key in the layout "chosen", -1: none
        ("held", HELD, (MOST_HELD,)),
    ],
    align=True,
)
_TOP_P = 0.95
_WHITE = 0b101010110101


@audio
def _first(block, state):
    return np.int64(value(block, P.first)) if state.first < 0 else state.first


@audio
def _button_of(block, state, key):
    """Pad 0..7 of a key, -1 if it is none."""
    layout, first = np.int64(value(block, P.layout)), _first(block, state)
    if layout == 2:
        return np.int64(state.chosen[key])
    if key < first:
        return np.int64(-1)
    if layout == 1:
        return key - first if key - first < BUTTONS else np.int64(-1)
    if (_WHITE >> (key % 12)) & 1 == 0:
        return np.int64(-1)
    button = np.int64(0)
    for k in range(first, key):
        button += (_WHITE >> (k % 12)) & 1
    return button if button < BUTTONS else np.int64(-1)


@audio
def _allowed(block):
    """(pitch classes that may sound, 0: all)"""
    t, guard = transport(block), np.int64(value(block, P.guard))
    if guard == 0:
        return np.int64(0)
    if guard == 2 and t.chord_classes != 0:
        return np.int64(t.chord_classes)
    if t.key_classes != 0:
        return np.int64(t.key_classes) | np.int64(t.chord_classes)
    scale = MAJOR_SCALE if value(block, P.scale) < np.float32(0.5) else MINOR_SCALE
    return turned(np.int64(scale), np.int64(value(block, P.tonic)))


@audio
def _prepare(block, state):
    """Knobs and music as the piano is told them."""
    piano, t = piano_at(state.piano), transport(block)
    low, high = np.int64(value(block, P.lowest)), np.int64(value(block, P.highest))
    piano.lowest = min(low, high)
    piano.highest = max(low, high)
    piano.classes = _allowed(block)
    piano.chord_classes = t.chord_classes
    piano.chord_root = t.chord_root
    piano.contour = value(block, P.contour)
    piano.leap = value(block, P.leap)
    piano.place = value(block, P.place)
    piano.temperature = value(block, P.temperature)
    piano.top_p = _TOP_P
    piano.texture = value(block, P.texture)


@audio
def _press(block, state, e, button):
    """A pad: the note goes on as the key that was found, under its own id."""
    if state.count >= MOST_HELD:
        return
    now = transport(block).sample + e.offset
    wait_s = 4.0 if state.last < 0 else (now - state.last) / block.sample_rate
    pitch = piano_press(state.piano, button, wait_s, state.asked < MOST_ASKED)
    state.asked += 1
    state.last = now
    if pitch < 0:
        return
    if not emit(block, e.offset, NOTE_ON, e.channel, pitch, e.note_id, 0, e.value):
        piano_lift(state.piano, button)
        return
    note = state.held[state.count]
    note.note_id = e.note_id
    note.button = button
    note.pitch = pitch
    state.count += 1


@audio
def _find(state, note_id):
    index = state.count - 1
    while index >= 0 and state.held[index].note_id != note_id:
        index -= 1
    return index


@audio
def _lift(state, index):
    button, last = state.held[index].button, state.count - 1
    note, other = state.held[index], state.held[last]
    note.note_id = other.note_id
    note.button = other.button
    note.pitch = other.pitch
    state.count = last
    for k in range(last):  # the pad may hold an older note, under the pedal
        if state.held[k].button == button:
            return
    piano_lift(state.piano, button)


@audio
def _learn(block, state, key):
    """The struck key is the first pad from now on: the knobs follow."""
    state.first = key
    state.owed_learn = 1


@audio
def _say_learned(block, state):
    if state.owed_learn != 0 and tell(block, MOVED, P.first, np.float64(state.first)):
        state.owed_learn = 2 if tell(block, MOVED, P.learn, 0.0) else 1
    if state.owed_learn == 2 and np.int64(value(block, P.first)) == state.first:
        state.owed_learn = 0
        state.first = -1


@audio
def _start(state, seed):
    state.fresh = 1
    state.seed = seed
    state.last = -1
    piano_start(state.piano, seed)


def process(block, state):
    """Pads play what the net finds; a lifted pad ends its own note. Other keys pass as they are."""
    seed = np.int64(value(block, P.seed))
    if state.fresh == 0 or state.seed != seed:
        _start(state, seed)
    state.asked = 0
    _say_learned(block, state)
    if block.n_events > 0:
        _prepare(block, state)
    for index in range(block.n_events):
        e = event(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            if value(block, P.learn) > np.float32(0.5) and state.owed_learn == 0:
                _learn(block, state, np.int64(e.key))
            button = _button_of(block, state, np.int64(e.key))
            if button >= 0:
                _press(block, state, e, button)
            else:
                pass_on(block, index)
            continue
        if e.key < 0:
            # "end every note" is for devices that begin notes of their own: these here end by their ids
            if e.kind == NOTE_CHOKE or e.kind == RESET:
                state.count = 0
                _start(state, seed)
            if e.kind != NOTE_OFF:
                pass_on(block, index)
            continue
        at = _find(state, e.note_id)
        if at < 0:
            pass_on(block, index)
            continue
        sent = emit(block, e.offset, e.kind, e.channel, state.held[at].pitch, e.note_id, e.number, e.value)
        if sent and (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE):
            _lift(state, at)


def reset(block, state):
    """Panic: nothing is held, nothing was played."""
    state.count = 0
    state.fresh = 0


_NAME = re.compile(r"^([A-Ga-g])([#b]?)(-?\d)$")
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


def chosen_keys(text: str) -> list[int]:
    """MIDI numbers of the eight pads from names or numbers ("36 38 C3 …"), low pad first. Raises AntiphonError."""
    found = []
    for word in text.replace(",", " ").split():
        match = _NAME.match(word)
        number = int(word) if word.isdigit() else -1
        if match:
            number = _STEPS[match[1].lower()] + {"#": 1, "b": -1, "": 0}[match[2]] + 12 * (int(match[3]) + 1)
        if not 0 <= number <= 127:
            raise AntiphonError(f'keys: {word!r} is no key; write names like "C3" or numbers from 0 to 127')
        found.append(number)
    if found and len(set(found)) != BUTTONS:
        raise AntiphonError(f"keys: {len(set(found))} different keys; name the {BUTTONS} pads, low one first")
    return found


class GenieDevice(Device):
    """Its state and its net are one instance's own; without the net the pads play by rule."""

    options = (
        Option("keys", "", doc='The eight pads of the layout "chosen": keys, low pad first, as "36 38 40 C3 …".'),
    )

    def build(self, spec: Spec) -> Instance:
        """Bind the net for the callback. [main] Raises AntiphonError."""
        entry = self.compile()
        state = aligned(1, STATE)
        state["chosen"] = -1
        for button, key in enumerate(chosen_keys(spec.options.get("keys", ""))):
            state["chosen"][0, key] = button
        report: dict[str, Any] = {"way": "rules"}
        piano = _piano(report)
        state["piano"], state["first"], state["last"] = piano.address, -1, -1
        return Instance(
            entry=entry,
            params=self.params,
            inputs=0,
            outputs=0,
            state=state.view(np.uint8).reshape(-1),
            heap=aligned(0),
            tables=np.zeros(0, np.uint8),
            keep=[piano],
            report=report,
            reset=self._reset_entry.address,
        )


def _piano(report: dict[str, Any]) -> Piano:
    try:
        piano = Piano(Genie.load())
        report |= {"way": "net", "model": "genie"}
        return piano
    except AntiphonError as error:
        report["warnings"] = [f"genie: the pads play by rule ({error})"]
        return Piano(None)


genie = GenieDevice(
    name="genie",
    title="Genie",
    kind="midi",
    params=PARAMS,
    state=STATE,
    process=process,
    reset=reset,
    speaks=True,
    hears_music=True,
    doc="Eight pads play a whole keyboard: a net finds the notes, in the chord and the key, in the same block.",
)
