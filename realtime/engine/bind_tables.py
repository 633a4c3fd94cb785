"""Builds the tables by which the callback moves parameters from controls (`bindings.py`); [main]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from realtime.engine.bindings import BIND_KINDS, BINDING, BINDINGS, SLOTS, TARGET, Bindings
from realtime.midi.map.curves import CURVES, law_of
from realtime.midi.map.takeover import NOTHING, TAKEOVERS
from realtime.native.memory import aligned

ANY_NUMBER = -1
_CC, _NRPN = 0, BIND_KINDS.index("nrpn")
_ONE_SLOT = ("pressure", "bend", "nrpn", "rpn")
"""Kinds that are found by channel alone."""


@dataclass
class Aim:
    """One parameter that a control moves. cell: address of its float32 (uid = 0), which `keep` keeps alive.

    low, high: real units; low above high is the way back. own: the parameter's own curve. span: width of its range.
    """

    uid: int = 0
    row: int = 0
    cell: int = 0
    low: float = 0.0
    high: float = 1.0
    span: float = 1.0
    own: str = "lin"
    curve: str = "own"
    invert: bool = False
    takeover: str = "pickup"
    keep: Any = None


@dataclass
class Bind:
    """One control. channel: 1..16, 0 = any. number: controller, key, program or (N)RPN; ANY_NUMBER = all of them.

    wide: 14 bits. through: the instruments hear it too. aims: none = it is only kept from them. name: by which a later
    table takes over its state.
    """

    name: str
    sources: int
    kind: str
    channel: int = 0
    number: int = 0
    wide: bool = False
    through: bool = False
    aims: list[Aim] = field(default_factory=list)


def _slots(bind: Bind) -> Iterable[int]:
    """Where a control is looked up."""
    kind = BIND_KINDS.index(bind.kind)
    channels = range(16) if bind.channel == 0 else (bind.channel - 1,)
    if bind.kind in _ONE_SLOT:
        numbers: Iterable[int] = (0,)
    elif bind.number == ANY_NUMBER:
        numbers = range(128)
    else:
        numbers = (bind.number, bind.number + 32) if bind.kind == "cc" and bind.wide else (bind.number,)
    return [(kind * 16 + channel) * 128 + number for channel in channels for number in numbers]


def _fill_target(record: Any, aim: Aim) -> None:
    curve = CURVES.index(aim.curve)
    for name, value in dict(
        uid=aim.uid, cell=aim.cell, row=aim.row, curve=curve, law=law_of(curve, aim.own, aim.low, aim.high),
        rounds=int(aim.own in ("enum", "bool")), invert=int(aim.invert), takeover=TAKEOVERS.index(aim.takeover),
        low=aim.low, high=aim.high, span=aim.span, x=NOTHING, last=np.nan,
    ).items():  # fmt: skip
        record[name] = value


def build(binds: list[Bind], family: int, former: Named | None = None) -> Named:
    """Tables of these controls, for the uids of one family of plans; takeover states go on from a former table."""
    starts = aligned(SLOTS + 1, np.int32)
    order: list[int] = []
    by_slot: dict[int, list[int]] = {}
    for number, bind in enumerate(binds):
        for slot in _slots(bind):
            by_slot.setdefault(slot, []).append(number)
    last = 0
    for slot in sorted(by_slot):
        starts[last : slot + 1] = len(order)
        order += by_slot[slot]
        last = slot + 1
    starts[last:] = len(order)
    aims = [aim for bind in binds for aim in bind.aims]
    bindings, targets = aligned(max(1, len(binds)), BINDING), aligned(max(1, len(aims)), TARGET)
    first = 0
    for record, bind in zip(bindings, binds, strict=False):
        for name, value in dict(
            sources=bind.sources, kind=BIND_KINDS.index(bind.kind), number=bind.number, wide=int(bind.wide),
            through=int(bind.through), first=first, count=len(bind.aims), coarse=-1,
        ).items():  # fmt: skip
            record[name] = value
        first += len(bind.aims)
    for record, aim in zip(targets, aims, strict=False):
        _fill_target(record, aim)
    found = aligned(max(1, len(order)), np.int32)
    found[: len(order)] = order
    head = aligned(1, BINDINGS)
    for name, array in dict(starts=starts, order=found, bindings=bindings, targets=targets).items():
        head[name] = array.ctypes.data
    head["family"] = family
    made = Named(Bindings(head, bindings, targets, [starts, found, aims]), {b.name: n for n, b in enumerate(binds)})
    if former is not None:
        made.go_on_from(former)
    return made


@dataclass
class Named:
    """Published tables whose states can be read by the name of a control."""

    tables: Bindings
    names: Mapping[str, int]

    def states(self, name: str) -> list[Any]:
        """The TARGET records of one control, as the callback writes them."""
        record = self.tables.bindings[self.names[name]]
        return list(self.tables.targets[int(record["first"]) : int(record["first"]) + int(record["count"])])

    def go_on_from(self, former: Named) -> None:
        """Take over where the controls are, and what is in whose hand where the same control moves the same things."""
        same_rack = self.tables.head["family"] == former.tables.head["family"]
        for name in self.names:
            if name not in former.names:
                continue
            mine, before = self.states(name), former.states(name)
            for new, old in zip(mine, before, strict=False):
                if new["invert"] == old["invert"]:
                    new["x"] = old["x"]
                if same_rack and all(new[part] == old[part] for part in ("uid", "cell", "row")):
                    for part in ("caught", "last", "moves"):
                        new[part] = old[part]
            now, then = (t.tables.bindings[t.names[name]] for t in (self, former))
            for part in ("coarse", "paired", "waits"):
                now[part] = then[part]
