"""Scale: keeps what you play in a scale, a fixed one or the band's; a midi device before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_ON
from realtime.devices.held_keys import of_one_key
from realtime.devices.mapped_notes import MAP, follow, pass_other, send_as
from realtime.devices.notes import inner
from realtime.native.memory import i32_view

_STEPS = (
    ("chromatic", range(12)), ("major", (0, 2, 4, 5, 7, 9, 11)), ("minor", (0, 2, 3, 5, 7, 8, 10)),
    ("harmonic minor", (0, 2, 3, 5, 7, 8, 11)), ("melodic minor", (0, 2, 3, 5, 7, 9, 11)),
    ("dorian", (0, 2, 3, 5, 7, 9, 10)), ("phrygian", (0, 1, 3, 5, 7, 8, 10)), ("lydian", (0, 2, 4, 6, 7, 9, 11)),
    ("mixolydian", (0, 2, 4, 5, 7, 9, 10)), ("major pentatonic", (0, 2, 4, 7, 9)), ("minor pentatonic", (0, 3, 5, 7, 10)),
    ("blues", (0, 3, 5, 6, 7, 10)), ("whole tone", (0, 2, 4, 6, 8, 10)),
)  # fmt: skip
SCALES = tuple(name for name, _ in _STEPS)
MASKS = tuple(sum(1 << step for step in steps) for _, steps in _STEPS)
_COUNT = len(SCALES)
TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MOVES = ("nearest", "up", "down", "drop")
NEAREST, UP, DOWN, DROP = range(4)
PARAMS = (
    Param("source", "Scale of", "", 0, 1, 0, curve="enum", labels=("the band", "its own"),
          doc="While the band's key is unknown: its own."),
    Param("tonic", "Tonic", "", 0, 11, 0, curve="enum", labels=TONICS),
    Param("scale", "Scale", "", 0, len(SCALES) - 1, SCALES.index("major"), curve="enum", labels=SCALES),
    Param("move", "Other notes", "", 0, 3, NEAREST, curve="enum", labels=MOVES, doc="Where notes outside the scale go."),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype([*MAP], align=True)


@inner
def _classes(block):
    """Pitch classes of the scale, bit 0 = C."""
    clock = transport(block)
    if value(block, P.source) < np.float32(0.5) and clock.key_classes != 0:
        return np.int64(clock.key_classes)
    steps, tonic = (
        np.int64(i32_view(block.tables, _COUNT)[np.int64(value(block, P.scale))]),
        np.int64(value(block, P.tonic)),
    )
    return (steps << tonic | steps >> (12 - tonic)) & 0xFFF


@inner
def placed(key, classes, move):
    """A key's place in a set of pitch classes, -1 where it has none; of two equally near ones the lower."""
    if classes >> (key % 12) & 1 != 0:
        return key
    if move == DROP:
        return -1
    for distance in range(1, 12):
        if move != UP and key >= distance and classes >> ((key - distance) % 12) & 1 != 0:
            return key - distance
        if move != DOWN and key + distance < 128 and classes >> ((key + distance) % 12) & 1 != 0:
            return key + distance
    return -1


@device(
    name="scale",
    title="Scale",
    kind="midi",
    params=PARAMS,
    state=STATE,
    hears_music=True,
    tables=lambda spec: np.array(MASKS, np.int32),
)
def process(block, state):
    """A note stays where it began, whatever key comes meanwhile."""
    classes, move = _classes(block), np.int64(value(block, P.move))
    for index in range(block.n_events):
        e = event(block, index)
        if not of_one_key(e):
            pass_other(block, state, index)
        elif e.kind == NOTE_ON:
            key = placed(np.int64(e.key), classes, move)
            if key >= 0:
                send_as(block, state, index, e.channel, key, e.value)
        else:
            follow(block, state, index)
