"""Switching songs on a running engine: plans made ready aside, taken at once, on a beat, or on a message; [main].

ready = engine.switches.prepare(scene.rack)            # slow: builds devices, never at the moment of the switch
engine.switches.switch(ready, tail_s=4.0)              # now
engine.switches.switch(ready, at_beat=engine.switches.next_bar())
engine.switches.arm([Cue(ready, "program", 5)])        # by the callback itself, in the very block of the message
for news in engine.switches.attend(): ...              # every tick: what was taken, what has ended
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from realtime.engine.layout import (
    CUE,
    CUE_CONTROLLER,
    CUE_NOTE,
    CUE_PROGRAM,
    CUES_HEAD_BYTES,
    FADING,
    FRESH,
    MAX_CUES,
    PLAN_HEAD,
    RINGING,
    SWITCH_ENDED,
    SWITCH_TAKEN,
    address,
)
from realtime.engine.node import Node
from realtime.engine.plan import Plan
from realtime.engine.rack import Rack
from realtime.native.atomics import compare_exchange, exchange
from realtime.native.errors import AntiphonError
from realtime.native.jit import audio
from realtime.native.memory import field_offset
from realtime.native.quiesce import Quiesce
from realtime.native.ring import Ring


class Switched(Protocol):
    """An engine, as far as it is needed here."""

    record: np.ndarray
    sample_rate: float
    quiesce: Quiesce
    switched: Ring
    plan: Plan | None

    def compile_after(
        self, rack: Rack, former: Plan | None, values: str = ..., own: dict[int, Node] | None = ...
    ) -> Plan: ...
    def sounding(self) -> Plan | None: ...
    def numbered(self, serial: int) -> Plan | None: ...
    def swap(self, plan: Plan, wait_s: float = ...) -> bool: ...
    def enlist(self, plan: Plan) -> None: ...
    def delist(self, plan: Plan) -> None: ...
    def collect(self) -> int: ...


Values = Literal["reset", "keep"]
UNTIL_SILENT = None
"""A tail of no set length: as long as it sounds, at most a minute after the last of its notes was released."""
LONGEST_TAIL_S = 60.0
_TRIES = 3
MOST_OWNERS = 256
MOST_NEWS = 24
"""News that are kept for `attend`; of more, the oldest are lost, and nothing else."""


_INSTEAD = field_offset(PLAN_HEAD, "instead")


@audio
def _exchange(at, value):
    return exchange(at, value)


@audio
def _replace(at, former, value):
    return compare_exchange(at, former, value)


@dataclass(eq=False)
class Prepared:
    """A rack made ready to be switched to.

    values: what the tracks, buses and devices that go on from the former scene do: "reset" glides to the new scene's
    values, "keep" leaves them as they are set. data: the caller's own, e.g. the part of the song.
    """

    rack: Rack
    values: Values
    plan: Plan
    data: Any = None


@dataclass(frozen=True)
class Cue:
    """A message that switches in the block in which it arrives, and goes no further.

    kind: "program" (number = program), "controller" (number, 0..127; value in low..high) or "note" (number = key; velocity
    in low..high). sources: bit mask of MIDI sources; channels: bit mask of channels 0..15. bank: of a program, MSB * 128 +
    LSB, None = any. tail_s: as of `Switches.switch`. Of several cues that a message fits the first one counts.
    """

    prepared: Prepared
    kind: Literal["program", "controller", "note"]
    number: int
    sources: int = (1 << 12) - 1
    channels: int = 0xFFFF
    bank: int | None = None
    low: int = 64
    high: int = 127
    tail_s: float | None = UNTIL_SILENT


@dataclass(frozen=True)
class News:
    """What became of a switch. kind: "taken" (the new plan sounds), "late" (a cue or a beat came while the plan was being
    renewed after an edit or a switch: it is switched to now, and "taken" follows), "overtaken" (an edit came after its
    scene was left; `plan` is None), "ended" (a former plan is silent and gone).

    sample: engine clock. beat: running beat. held: notes that the former plans still hold. cue: the message, if it was one.
    """

    kind: Literal["taken", "late", "overtaken", "ended"]
    prepared: Prepared | None
    plan: Plan | None
    sample: int
    beat: float
    held: int = 0
    cue: Cue | None = None


@dataclass(frozen=True)
class Ringing:
    """A former plan that still sounds. held: its notes whose key or pedal is still down. seconds: since the last of them
    was released."""

    plan: Plan
    held: int
    seconds: float


_KINDS = {"program": CUE_PROGRAM, "controller": CUE_CONTROLLER, "note": CUE_NOTE}


class Switches:
    """What an engine switches to. All methods: [main]."""

    def __init__(self, engine: Switched):
        self._engine = engine
        self._waiting: list[Prepared] = []  # prepared and not taken yet
        self._due: Prepared | None = None
        self._cues: dict[int, Cue] = {}  # by id
        self._armed: list[int] = []  # ids in the table, in order
        self._were_armed: set[int] = set()  # at the last look: they can still be told of, but keep their plans alive
        self._table: np.ndarray | None = None
        self._listed: list[Plan] = []
        self._taken: dict[int, Plan] = {}  # sounding or ringing, by serial
        self._told: deque[tuple[np.void, Plan | None]] = deque(maxlen=MOST_NEWS)  # with the plan that has ended
        self._owners: dict[int, Prepared] = {}  # by the serial of a plan made for it, the newest last
        self._stood_in_for: list[tuple[Prepared, Plan]] = []  # plans that may be out there, each with its `instead`
        self._next_id = 1

    # -- making ready -------------------------------------------------------------------------------------------------

    def prepare(self, rack: Rack, values: Values = "reset", data: Any = None) -> Prepared:
        """Build a plan aside; slow, and nothing that sounds notices. rack: one of its own, not that of the scene that
        sounds. A track equal to one that sounds (name, devices, options, sources) goes on from there untouched.

        It is good for one switch, and is kept until it was taken or is discarded. Raises AntiphonError; nothing has
        changed then.
        """
        former = self._engine.sounding()
        prepared = Prepared(rack, values, self._engine.compile_after(rack, former, values), data)
        self._own(prepared)
        self._waiting.append(prepared)
        return prepared

    def discard(self, prepared: Prepared) -> None:
        """Let go of a prepared plan that is not wanted any more: its cues are disarmed, its devices freed."""
        if self._due is prepared:
            self.cancel()
        if any(self._cues[number].prepared is prepared for number in self._armed):
            self._publish_cues([number for number in self._armed if self._cues[number].prepared is not prepared])
        if prepared in self._waiting:
            self._waiting.remove(prepared)
            self._release(prepared.plan)
        self._let_go_of_former(prepared)

    def plans(self) -> Iterable[Plan]:
        """Plans that are ready: what they hold is in use."""
        return [prepared.plan for prepared in self._waiting]

    def _own(self, prepared: Prepared) -> None:
        self._owners[prepared.plan.serial] = prepared
        if len(self._owners) > MOST_OWNERS:
            del self._owners[next(iter(self._owners))]

    def _release(self, plan: Plan) -> None:
        self._engine.enlist(plan)
        self._engine.delist(plan)

    def _is_stale(self, prepared: Prepared) -> bool:
        sounding, coming = self._engine.sounding(), self._coming_edit()
        serials = {0 if sounding is None else sounding.serial, *([] if coming is None else [coming.serial])}
        return prepared.plan.mode != FRESH or prepared.plan.made_for not in serials

    def _coming_edit(self) -> Plan | None:
        """The edit that was published and not taken yet."""
        plan = self._engine.plan
        return plan if plan is not None and plan.edits and plan.mode == FRESH else None

    def _renew(self, prepared: Prepared) -> None:
        """Wire the plan anew to follow what sounds now; its devices are those that were built for it."""
        if prepared not in self._waiting:
            self._waiting.append(prepared)
        if not self._is_stale(prepared):
            return
        former = prepared.plan
        self._make_anew(prepared, self._engine.sounding())
        if former.mode == FRESH:
            self._release(former)

    def _make_anew(self, prepared: Prepared, after: Plan | None) -> None:
        former, own = prepared.plan, {}
        if former.mode == FRESH:
            own = {uid: node for uid, node in former.nodes.items() if uid not in former.adopted.nodes}
        prepared.plan = self._engine.compile_after(prepared.rack, after, prepared.values, own)
        self._own(prepared)

    def follow(self, edit: Plan) -> None:
        """An edit is about to be published: what is armed, or waits for its beat, is made to follow that, too, so that it
        is taken in its block whether it comes before the edit or just behind. What cannot be is renewed afterwards."""
        standing = {
            id(p): p for p in [*(self._cues[n].prepared for n in self._armed), *([self._due] if self._due else [])]
        }
        for prepared in standing.values():
            former = prepared.plan
            if former.mode != FRESH:
                continue
            try:
                self._make_anew(prepared, edit)
            except AntiphonError:
                continue
            for name in ("tail_s", "due_beat"):
                prepared.plan.head[name] = former.head[name]
            self._engine.enlist(prepared.plan)
            self._stood_in_for.append((prepared, former))
            _exchange(former.address + _INSTEAD, prepared.plan.address)

    def _stand_in(self) -> None:
        """What was made for an edit that sounds by now takes the place of what was made before it."""
        if not self._stood_in_for or self._coming_edit() is not None:
            return
        formers = {plan.address for _, plan in self._stood_in_for}
        due = int(self._engine.record["due_plan"][0])
        if self._due is not None and due in formers:
            _replace(address(self._engine.record, "due_plan"), due, self._due.plan.address)
        if any(plan.address in formers for plan in self._listed):
            self._publish_cues([n for n in self._armed if self._cues[n].prepared in self._waiting])
        self._let_go_of_former()

    def _let_go_of_former(self, prepared: Prepared | None = None) -> None:
        """Free what was made before the edits, all of it or that of one, as far as nothing leads there any more."""
        for entry in [*self._stood_in_for]:
            owner, plan = entry
            if (prepared is None or owner is prepared) and self._withdraw(plan):
                self._stood_in_for.remove(entry)

    # -- switching ----------------------------------------------------------------------------------------------------

    def switch(
        self, prepared: Prepared, tail_s: float | None = UNTIL_SILENT, at_beat: float | None = None, wait_s: float = 1.0
    ) -> bool:
        """Switch to a prepared plan: at the next block, or at a beat of the engine's running clock, to the sample.

        tail_s: the former scene's tails ring for so long after its last note was released, 0..60, then fade; None: until
        they are silent. Notes that are held by key, sustain or sostenuto go on until they are released, whatever it says.
        True once it was taken; False: it was not within wait_s, or waits for its beat (`attend` tells when it was taken).
        """
        for _ in range(_TRIES):
            self.settle()
            self._renew(prepared)
            prepared.plan.head["tail_s"] = _tail(tail_s)
            if at_beat is not None:
                self._wait_for_beat(prepared, at_beat)
                return False
            if self._engine.swap(prepared.plan, wait_s):
                self.settle()
                return True
            if self._engine.plan is prepared.plan:
                return False  # it waits for a callback
        return False

    def _wait_for_beat(self, prepared: Prepared, beat: float) -> None:
        self.cancel()
        prepared.plan.head["due_beat"] = beat
        self._engine.enlist(prepared.plan)
        self._due = prepared
        _exchange(address(self._engine.record, "due_plan"), prepared.plan.address)

    def cancel(self) -> Prepared | None:
        """Take back a switch that waits for its beat; None if there is none, or it was just taken."""
        due, self._due = self._due, None
        was_there = _exchange(address(self._engine.record, "due_plan"), 0)
        if due is None:
            return None
        self._let_go_of_former(due)
        if not was_there:
            return None
        self._withdraw(due.plan)
        return due

    def _withdraw(self, plan: Plan) -> bool:
        """A plan cannot be taken in one way any more; True if there is no other."""
        is_out = any(plan is other for other in self._listed) or (self._due is not None and self._due.plan is plan)
        is_out |= any(former.instead == plan.address for _, former in self._stood_in_for)
        if not is_out:
            self._engine.delist(plan)
        return not is_out

    def arm(self, cues: Sequence[Cue]) -> None:
        """Let messages switch, from the next block on, instead of those armed before. Raises AntiphonError for too many."""
        if len(cues) > MAX_CUES:
            raise AntiphonError(f"{len(cues)} messages that switch; at most {MAX_CUES} can be armed at a time")
        numbers = []
        for cue in cues:
            self._cues[self._next_id] = cue
            numbers.append(self._next_id)
            self._next_id += 1
        former = self._armed
        self._publish_cues(numbers)
        self.settle()
        # one that fired a moment ago is still to be told of; what is older would only keep its plan
        wanted = {*numbers, *former, *(int(record["cue"]) for record, _ in self._told)}
        self._cues = {number: cue for number, cue in self._cues.items() if number in wanted}

    def _publish_cues(self, numbers: list[int]) -> None:
        former, listed = self._table, self._listed
        self._armed, self._table, self._listed = numbers, None, []
        if numbers:
            self._table = np.zeros(CUES_HEAD_BYTES + CUE.itemsize * len(numbers), np.uint8)
            self._table[:8].view(np.int64)[0] = len(numbers)
            for record, number in zip(self._table[CUES_HEAD_BYTES:].view(CUE), numbers, strict=True):
                self._fill_cue(record, number, self._cues[number])
        _exchange(address(self._engine.record, "cues"), 0 if self._table is None else self._table.ctypes.data)
        self._engine.quiesce.retire(former)
        for plan in listed:
            self._withdraw(plan)

    def _fill_cue(self, record: np.void, number: int, cue: Cue) -> None:
        self._renew(cue.prepared)
        plan = cue.prepared.plan
        if all(plan is not other for other in self._listed):
            self._engine.enlist(plan)
            self._listed.append(plan)
        for name, value in dict(
            plan=plan.address, kind=_KINDS[cue.kind], number=cue.number, sources=cue.sources, channels=cue.channels,
            bank=-1 if cue.bank is None else cue.bank, low=cue.low, high=cue.high, tail_s=_tail(cue.tail_s), id=number,
        ).items():  # fmt: skip
            record[name] = value

    # -- what has happened --------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """See to it that `engine.plan` is what sounds, if the callback has taken a plan by itself."""
        for record in self._engine.switched.pop_all():
            serial, ended = int(record["serial"]), None
            if record["kind"] == SWITCH_TAKEN:
                self._settle(serial)
            elif record["kind"] == SWITCH_ENDED:  # let go of at once: not everyone attends
                ended = self._taken.pop(serial, None)
            self._told.append((record, ended))

    def _settle(self, serial: int) -> None:
        plan = self._engine.numbered(serial)
        if plan is None:
            return
        self._taken[serial] = plan
        if plan.follows:
            plan.bind()
        if plan is self._engine.sounding() and (self._engine.plan is None or self._engine.plan.mode != FRESH):
            self._engine.plan = plan

    def attend(self) -> list[News]:
        """What has happened since the last call; what an edit or a switch has made stale is renewed, what came too late for
        it is switched to. [every tick]"""
        self.settle()
        told = [*self._told]
        self._told.clear()
        news = [item for record, ended in told for item in self._read(record, ended)]
        armed = set(self._armed)
        self._cues = {number: cue for number, cue in self._cues.items() if number in armed | self._were_armed}
        self._were_armed = armed
        self._refresh()
        return news

    def _read(self, record: np.void, ended: Plan | None) -> list[News]:
        serial, cue = int(record["serial"]), self._cues.get(int(record["cue"]))
        rest = (int(record["sample"]), float(record["beat"]), int(record["held"]), cue)
        prepared = next((p for p in self._waiting if p.plan.serial == serial), cue.prepared if cue else None)
        if prepared is None and self._owners.get(serial) in self._waiting:
            prepared = self._owners[serial]
        if record["kind"] == SWITCH_TAKEN:
            prepared = self._owners.pop(serial, prepared)
            if prepared is not None:
                self._arrived(prepared, serial)
            return [News("taken", prepared, self._taken.get(serial), *rest)]
        if record["kind"] == SWITCH_ENDED:
            if ended is None or any(other.family == ended.family for other in self._taken.values()):
                return []  # an edit has taken its place
            return [News("ended", None, ended, *rest)]
        if prepared is None:
            return [News("overtaken", None, None, *rest)]
        tail_s = cue.tail_s if cue is not None else float(prepared.plan.head["tail_s"][0])
        if self._due is prepared:
            self._due = None
        self.switch(prepared, None if tail_s is not None and tail_s < 0 else tail_s, wait_s=0.0)
        return [News("late", prepared, prepared.plan, *rest)]

    def _arrived(self, prepared: Prepared, serial: int) -> None:
        """A prepared plan sounds. The callback takes plans when it likes: if that was just as the plan was made anew, what
        sounds is the former one, and the new one is not wanted."""
        anew, plan = prepared.plan, self._taken.get(serial)
        if anew.serial != serial and plan is not None:
            self._publish_cues([n for n in self._armed if self._cues[n].prepared is not prepared])
            prepared.plan = plan
            if anew.mode == FRESH:
                self._release(anew)
        if prepared in self._waiting:
            self._waiting.remove(prepared)
        if self._due is prepared:
            self._due = None

    def _refresh(self) -> None:
        """Make what is armed, or waits for its beat, follow what sounds now."""
        self._stand_in()
        if self._due is not None and self._is_stale(self._due):
            beat, tail_s = float(self._due.plan.head["due_beat"][0]), float(self._due.plan.head["tail_s"][0])
            due = self.cancel()
            if due is not None:
                self.switch(due, None if tail_s < 0 else tail_s, at_beat=beat)
        if any(self._is_stale(self._cues[number].prepared) for number in self._armed):
            self._publish_cues([n for n in self._armed if self._cues[n].prepared in self._waiting])

    def ringing(self) -> list[Ringing]:
        """The former plans that still sound, newest first."""
        former = sorted(self._taken.values(), key=lambda plan: -plan.serial)
        rate = self._engine.sample_rate
        return [
            Ringing(plan, plan.held, float(plan.head["ringing_frames"][0]) / rate)
            for plan in former
            if plan.mode in (RINGING, FADING)
        ]

    def next_bar(self, bars: int = 1) -> float:
        """The beat of the engine's running clock at which the next bar begins, or the one so many bars ahead."""
        r = self._engine.record[0]
        length = float(r["transport"]["numerator"]) * 4.0 / float(r["transport"]["denominator"])
        return float(r["clock_bar_start"]) + bars * length


def _tail(tail_s: float | None) -> float:
    return -1.0 if tail_s is None else min(LONGEST_TAIL_S, max(0.0, float(tail_s)))
