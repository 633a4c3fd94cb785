"""Controls that move parameters inside the callback, in the block in which they come: a wah pedal waits for nobody; [audio].

`take_control` sees every raw channel message of the outside sources before the keepers do. It tells the map's ring of it,
moves what the published BINDINGS say, with range, curve and takeover, and keeps from the instruments what is bound and
not passed through. The tables are built on [main] (`bind_tables.py`) and exchanged whole, by one pointer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from realtime.contract.block import BLOCK
from realtime.engine.layout import (
    AUTOMATION,
    ENGINE,
    MAX_AUTOMATION,
    address_of,
    automation_at,
    control_at,
    engine_at,
    node_at,
    place_at,
    plan_at,
)
from realtime.engine.nodes import place_of
from realtime.midi.keeper import keeper_at
from realtime.midi.map.curves import position_of, value_at
from realtime.midi.map.takeover import NOTHING, take_over
from realtime.native.atomics import load_acquire
from realtime.native.jit import audio, audio_entry, int64
from realtime.native.memory import field_offset, load_f32, load_i32, record_view, store_f32
from realtime.native.ring import ring_push

BIND_KINDS = ("cc", "note", "poly_pressure", "pressure", "bend", "program", "nrpn", "rpn")
CC, NOTE, POLY, PRESSURE, BEND, PROGRAM, NRPN, RPN = range(8)
SLOTS = len(BIND_KINDS) * 16 * 128

TARGET = np.dtype(
    [
        ("uid", "i8"),  # of a device of the current plan; 0: `cell`
        ("cell", "i8"),  # address of a float32 that a mixer or a macro reads
        ("row", "i4"),
        ("curve", "i4"),
        ("law", "i4"),
        ("rounds", "i4"),
        ("invert", "i4"),
        ("takeover", "i4"),
        ("low", "f8"),
        ("high", "f8"),
        ("span", "f8"),  # width of the parameter's range
        # written by the callback
        ("caught", "i4"),
        ("moves", "i4"),
        ("x", "f8"),  # where the control was, NOTHING = not known
        ("last", "f8"),  # what was written last, NaN = nothing
    ],
    align=True,
)
BINDING = np.dtype(
    [
        ("sources", "i8"),  # bit mask
        ("kind", "i4"),
        ("number", "i4"),  # of an NRPN or RPN
        ("wide", "i4"),  # 14 bits
        ("through", "i4"),  # 1: the instruments hear it too
        ("first", "i4"),
        ("count", "i4"),  # of its targets; 0: it only keeps the message from the instruments
        ("coarse", "i4"),  # the upper seven bits, -1 = none heard yet
        ("paired", "i4"),  # 1: the sender has been heard to send both halves, upper one first
        ("waits", "i4"),  # 1: an upper half waits for its lower one
    ],
    align=True,
)
BINDINGS = np.dtype(
    [
        ("starts", "i8"),  # int32[SLOTS + 1]: where each control's numbers begin in `order`
        ("order", "i8"),  # int32: numbers of bindings
        ("bindings", "i8"),
        ("targets", "i8"),
        ("family", "i8"),  # of the plan whose uids these are
    ],
    align=True,
)
HANDS = np.dtype(
    [
        ("selected", "i4", (16,)),  # (N)RPN in use, -1 = none; RPNs lie above REGISTERED
        ("kept", "u1", (16, 128)),  # 1: the note-on was kept from the instruments, so its end is, too
    ],
    align=True,
)
"""What one outside source has selected, and what of it was used up."""
REGISTERED = 1 << 14
_bindings_at, _binding_at, _target_at = record_view(BINDINGS), record_view(BINDING), record_view(TARGET)
_hands_at, _block_at = record_view(HANDS), record_view(BLOCK)
_BINDINGS = field_offset(ENGINE, "bindings")
_AUTOMATION_BYTES, _BINDING_BYTES, _TARGET_BYTES, _HANDS_BYTES = (
    dtype.itemsize for dtype in (AUTOMATION, BINDING, TARGET, HANDS)
)
_SAME = 1e-6
"""Share of a range within which a value is the one that was written."""
_PEDALS = (64, 69)
USED, PASSED = 1, 0


class Bindings:
    """Published tables with all that they point to. Made by `bind_tables.build`."""

    def __init__(self, head: np.ndarray, bindings: np.ndarray, targets: np.ndarray, keep: list[Any]):
        self.head, self.bindings, self.targets = head, bindings, targets
        self._keep = keep

    @property
    def address(self) -> int:
        """What the callback is given."""
        return self.head.ctypes.data


@audio
def _cell_of(engine, table, target):
    """Address of the float that a target moves, 0 if it is not there now."""
    if target.uid == 0:
        return target.cell
    if engine.plans[0] == 0:
        return 0
    plan = plan_at(engine.plans[0])
    if plan.family != table.family:
        return 0
    place = place_of(plan, target.uid)
    if place == 0 or target.row >= _block_at(place_at(place).block).n_params:
        return 0
    return node_at(place_at(place).node).motion[2] + 4 * target.row


@audio
def announce(engine, uid, row, value, offset):
    """A device that wants parameter events is told at the very frame (it glides there otherwise)."""
    place = place_of(plan_at(engine.plans[0]), uid)
    if place == 0 or node_at(place_at(place).node).takes_parameters == 0 or engine.n_waiting >= MAX_AUTOMATION:
        return
    change = automation_at(engine.waiting + _AUTOMATION_BYTES * engine.n_waiting)
    change.sample = engine.transport.sample + max(0, offset)
    change.uid = uid
    change.row = row
    change.value = value
    engine.n_waiting += 1


@audio
def _move(engine, table, target, x, step, offset):
    """One target after its control has come to x; step: of the control's resolution."""
    cell = _cell_of(engine, table, target)
    if cell == 0:
        return
    if target.invert != 0:
        x = 1.0 - x
    now = np.float64(load_f32(cell))
    former = target.x
    target.x = x
    position = position_of(target.curve, target.law, target.low, target.high, now)
    if not abs(now - target.last) <= _SAME * target.span:  # moved by something else, or never by us
        target.caught = 0
        if 0.0 < x < 1.0 and abs(x - position) < 0.51 * step:
            target.last = now  # our own light come back, or as near as the control can tell: it is where it shall be
            target.caught = 1
            return
    to, caught = take_over(target.takeover, x, former, position, target.caught)
    target.caught = caught
    if to == NOTHING:
        return
    value = value_at(target.curve, target.law, target.low, target.high, to)
    if target.rounds != 0:
        value = np.floor(value + 0.5)
    store_f32(cell, np.float32(value))
    target.last = np.float64(load_f32(cell))
    target.moves += 1
    if target.uid != 0:
        announce(engine, target.uid, target.row, np.float32(value), offset)


@audio
def _turn(engine, table, binding, x, step, offset):
    for index in range(binding.count):
        _move(engine, table, _target_at(table.targets + _TARGET_BYTES * (binding.first + index)), x, step, offset)


@audio
def _wide(engine, table, binding, value, upper, offset):
    """One half of a 14-bit control. A sender that is known to send both halves is taken at its second."""
    if upper:
        binding.paired = 0 if binding.waits != 0 else binding.paired
        binding.coarse = value
        binding.waits = 1
        if binding.paired == 0:
            _turn(engine, table, binding, value / 127.0, 1.0 / 127.0, offset)
    elif binding.coarse >= 0:
        binding.paired = 1 if binding.waits != 0 else binding.paired
        binding.waits = 0
        _turn(engine, table, binding, (binding.coarse << 7 | value) / 16383.0, 1.0 / 16383.0, offset)


@audio
def _bent(value):
    """0..1 of a wheel whose middle is 8192."""
    return value / 16384.0 if value <= 8192 else 0.5 + (value - 8192) / 16382.0


@audio
def _take(engine, table, binding, kind, number, a, b, offset):
    """One message that a binding is for; number: that of its control."""
    if binding.count == 0:
        return
    if kind == CC and binding.wide != 0:
        _wide(engine, table, binding, b, a == number, offset)
    elif kind in (NRPN, RPN):
        if binding.wide != 0:
            _wide(engine, table, binding, b, a == 6, offset)
        elif a == 6:
            _turn(engine, table, binding, b / 127.0, 1.0 / 127.0, offset)
    elif kind == BEND:
        _turn(engine, table, binding, _bent(b << 7 | a), 1.0 / 16383.0, offset)
    elif kind in (PRESSURE, PROGRAM):
        _turn(engine, table, binding, a / 127.0, 1.0 / 127.0, offset)
    else:
        _turn(engine, table, binding, b / 127.0, 1.0 / 127.0, offset)


@audio
def _look_up(engine, table, source, kind, channel, slot, number, a, b, offset):
    """All bindings of one control; whether one of them keeps it from the instruments."""
    at = table.starts + 4 * ((kind * 16 + channel) * 128 + slot)
    kept = PASSED
    for index in range(load_i32(at), load_i32(at + 4)):
        binding = _binding_at(table.bindings + _BINDING_BYTES * load_i32(table.order + 4 * index))
        if (binding.sources >> source) & 1 == 0 or (kind >= NRPN and binding.number != number):
            continue
        _take(engine, table, binding, kind, np.int64(binding.number), a, b, offset)
        if binding.through == 0:
            kept = USED
    return kept


@audio
def _select(hand, channel, a, b):
    """CC 98..101 choose what the data entry moves; 127 127 chooses nothing."""
    former = hand.selected[channel]
    registered = a >= 100
    if former < 0 or (former >= REGISTERED) != registered:
        former = np.int32(0x3FFF | (REGISTERED if registered else 0))
    low, high = former & 0x7F, (former >> 7) & 0x7F
    if a == 98 or a == 100:
        low = np.int32(b)
    else:
        high = np.int32(b)
    hand.selected[channel] = (high << 7) | low | (REGISTERED if registered else 0)


@audio
def _control_change(engine, table, hand, source, channel, a, b, offset):
    kept = _look_up(engine, table, source, CC, channel, a, a, a, b, offset)
    if 98 <= a <= 101:
        _select(hand, channel, a, b)
    elif (a == 6 or a == 38) and hand.selected[channel] >= 0:
        number = np.int64(hand.selected[channel])
        kind = RPN if number >= REGISTERED else NRPN
        kept |= _look_up(engine, table, source, kind, channel, 0, number & 0x3FFF, a, b, offset)
    if kept != 0 and _PEDALS[0] <= a <= _PEDALS[1] and b < 64:
        # a pedal that went down before it was bound must be able to come up
        keeper = keeper_at(engine.keepers + engine.keeper_bytes * source)
        if keeper.cc[channel, a] & 0x7F >= 64:
            return PASSED
    return kept


@audio
def _note(engine, table, hand, source, channel, key, velocity, on, offset):
    """An end is kept from the instruments exactly if the beginning was."""
    if on:
        kept = _look_up(engine, table, source, NOTE, channel, key, key, key, velocity, offset)
        hand.kept[channel, key] = kept
        return kept
    kept = np.int64(hand.kept[channel, key])
    hand.kept[channel, key] = 0
    return kept


@audio
def _bound(engine, source, status, a, b, offset):
    hand = _hands_at(engine.hands + _HANDS_BYTES * source)
    kind, channel = status & 0xF0, status & 0x0F
    address = load_acquire(address_of(engine) + _BINDINGS)
    if address == 0:
        if kind == 0xB0 and 98 <= a <= 101:
            _select(hand, channel, a, b)
        if kind <= 0x90:  # what was kept while there were bindings ends as it began
            return _ended(hand, channel, a, kind == 0x90 and b > 0)
        return PASSED
    table = _bindings_at(address)
    if kind == 0xB0:
        return _control_change(engine, table, hand, source, channel, a, b, offset)
    if kind <= 0x90:
        return _note(engine, table, hand, source, channel, a, b, kind == 0x90 and b > 0, offset)
    if kind == 0xA0:
        return _look_up(engine, table, source, POLY, channel, a, a, a, b, offset)
    which = PROGRAM if kind == 0xC0 else PRESSURE if kind == 0xD0 else BEND
    slot = a if which == PROGRAM else 0
    return _look_up(engine, table, source, which, channel, slot, slot, a, b, offset)


@audio
def _ended(hand, channel, key, on):
    kept = np.int64(hand.kept[channel, key])
    hand.kept[channel, key] = 0
    return PASSED if on else kept


@audio_entry(int64(int64, int64, int64, int64, int64))
def take_control_stage(address, source, offset, packed, size):
    """One raw channel message (bytes packed from the lowest) of an outside source; 1: the instruments do not hear it."""
    engine = engine_at(address)
    status, a, b = packed & 0xFF, (packed >> 8) & 0xFF, (packed >> 16) & 0xFF
    if status < 0x80 or a > 127 or b > 127 or size != (2 if status & 0xE0 == 0xC0 else 3):
        return PASSED  # no message: the keeper counts it
    used = _bound(engine, source, status, a, b, offset)
    told = control_at(engine.scratch)
    told.sample = engine.transport.sample + max(0, offset)
    told.source = source
    told.size = size
    told.data[0] = status
    told.data[1] = a
    told.data[2] = b
    told.data[3] = 0
    told.used = used
    ring_push(engine.controls, engine.scratch)
    return used
