"""Chord: one key plays a chord, a fixed one, one of the key, or the band's; a midi device before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.devices.held_keys import NEVER, OWN, begin_own, end_children, end_due, end_everything, ends, ends_all
from realtime.devices.notes import inner
from realtime.native.memory import i32_view

_FIXED = (
    ("octave", (12,)), ("fifth", (7,)), ("power", (7, 12)), ("major", (4, 7)), ("minor", (3, 7)), ("sus4", (5, 7)),
    ("sus2", (2, 7)), ("maj7", (4, 7, 11)), ("7", (4, 7, 10)), ("m7", (3, 7, 10)), ("m7b5", (3, 6, 10)),
    ("dim7", (3, 6, 9)), ("maj9", (4, 7, 11, 14)), ("m9", (3, 7, 10, 14)), ("6/9", (4, 7, 9, 14)), ("fourths", (5, 10, 15)),
)  # fmt: skip
KINDS = (*(name for name, _ in _FIXED), "thirds of the key", "the band's chord")
OF_KEY, OF_BAND = len(_FIXED), len(_FIXED) + 1
_PACKED = tuple(sum(step << (5 * place) for place, step in enumerate(steps)) for _, steps in _FIXED)
"""Five bits for each tone above the key."""
_MAJOR = 0b101010110101
PARAMS = (
    Param("chord", "Chord", "", 0, len(KINDS) - 1, OF_BAND, curve="enum", labels=KINDS,
          doc="The band's: the tones of its chord next to your key; while none is known, thirds of the key."),
    Param("notes", "Notes", "", 2, 6, 4, stepped=True, doc="How many of them, yours among them, where the chord leaves it open."),
    Param("side", "Side", "", 0, 1, 0, curve="enum", labels=("above", "below"), doc="Below: your key is the tune on top."),
    Param("open", "Open", curve="bool", doc="Every second tone moves an octave away."),
    Param("velocity", "Velocity", "", 0.1, 1.2, 0.85, doc="Of the added tones against yours."),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype([*OWN], align=True)


@inner
def _add(block, state, e, key):
    velocity = np.float64(e.value) * np.float64(value(block, P.velocity))
    begin_own(block, state, e.offset, e.channel, key, velocity, e.note_id, NEVER)


@inner
def _away(place, tone, side, is_open):
    """A tone moved an octave further off, if it is a second one of an open chord."""
    return tone + side * 12 if is_open and place % 2 == 1 else tone


@inner
def _fixed(block, state, e, packed, side, is_open):
    place = np.int64(0)
    while packed != 0:
        place += 1
        step = packed & 31
        _add(
            block,
            state,
            e,
            _away(place, np.int64(e.key) + (step if side > 0 else step - 12 * ((step + 11) // 12)), side, is_open),
        )
        packed >>= 5


@inner
def _from_classes(block, state, e, classes, every, side, is_open):
    """The next tones of a set of pitch classes on one side of the key, every second one (thirds of a scale) or all."""
    wanted, key, found = np.int64(value(block, P.notes) + np.float32(0.5)) - 1, np.int64(e.key), np.int64(0)
    place = np.int64(0)
    while place < wanted:
        key += side
        if key < 0 or key > 127:
            return
        if classes >> (key % 12) & 1 != 0:
            found += 1
            if found % every == 0:
                place += 1
                _add(block, state, e, _away(place, key, side, is_open))


@inner
def _build(block, state, e):
    clock, kind = transport(block), np.int64(value(block, P.chord))
    side = 1 if value(block, P.side) < np.float32(0.5) else -1
    is_open = value(block, P.open) >= np.float32(0.5)
    if kind < OF_KEY:
        _fixed(block, state, e, np.int64(i32_view(block.tables, OF_KEY)[kind]), side, is_open)
    elif kind == OF_BAND and clock.chord_classes != 0:
        _from_classes(block, state, e, np.int64(clock.chord_classes), 1, side, is_open)
    else:
        scale = np.int64(clock.key_classes) if clock.key_classes != 0 else np.int64(_MAJOR)
        _from_classes(block, state, e, scale, 2, side, is_open)


@device(
    name="chord",
    title="Chord",
    kind="midi",
    params=PARAMS,
    state=STATE,
    hears_music=True,
    tables=lambda spec: np.array(_PACKED, np.int32),
)
def process(block, state):
    """Your own note passes as it is; the added ones end with it."""
    end_due(block, state)
    for index in range(block.n_events):
        e = event(block, index)
        if ends(e):
            end_children(block, state, e.note_id, e.offset, e.kind)
        elif ends_all(e):
            end_everything(block, state, e.channel, e.offset, NOTE_CHOKE if e.kind == NOTE_CHOKE else NOTE_OFF)
        if e.key >= 0 or e.kind != NOTE_OFF:
            pass_on(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            _build(block, state, e)
