"""What a control says: its kind of message, channel and number, the port it is on, its name; [any]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from realtime.native.errors import AntiphonError, nearest

KINDS = ("cc", "nrpn", "rpn", "note", "velocity", "poly_pressure", "pressure", "bend", "program", "key")
"""note: a key or pad as a button. velocity: how hard it is struck, as a value. key: of the computer, by its name."""
CODINGS = ("", "twos", "offset", "sign")
"""How a relative encoder counts: two's complement, binary offset (64 = none), sign and magnitude; "": it does not."""
ANY = -1
_HIGHEST = {"nrpn": 16383, "rpn": 16383}
_STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NAMES = {"cc": "CC", "nrpn": "NRPN", "rpn": "RPN", "poly_pressure": "pressure of", "program": "program"}


def note_name(key: int) -> str:
    """C4 for 60."""
    return f"{_STEPS[key % 12]}{key // 12 - 1}"


@dataclass(frozen=True)
class Source:
    """One control. channel: 1..16, 0 = any. number: controller, key, program or (N)RPN, ANY = each of them.

    wide: 14 bits (a controller with the one 32 above it, an (N)RPN with its fine half). port: lasting name, "" = any.
    control: its name or role in a profile ("K1", "fader 1"), which finds it again on other hardware. key: its name.
    """

    kind: str = "cc"
    channel: int = 0
    number: int = ANY
    wide: bool = False
    coding: str = ""
    port: str = ""
    control: str = ""
    key: str = ""

    @property
    def address(self) -> tuple[str, bool, int, int, str]:
        """Of the message: (kind, wide, channel, number, key); two sources of one address are one control."""
        kind = "note" if self.kind == "velocity" else self.kind
        return kind, self.wide, self.channel, self.number, self.key

    @property
    def text(self) -> str:
        """As a person reads it."""
        channel = f" ch {self.channel}" if self.channel else ""
        if self.kind == "key":
            return f"key {self.key}"
        if self.kind in ("bend", "pressure"):
            return f"{self.kind}{channel}"
        if self.kind in ("note", "velocity", "poly_pressure"):
            which = "any note" if self.number == ANY else note_name(self.number)
            head = {"note": "note", "velocity": "velocity of"}.get(self.kind, _NAMES.get(self.kind, self.kind))
            return f"{head} {which}{channel}"
        number = "any" if self.number == ANY else str(self.number)
        fine = f"/{self.number + 32}" if self.kind == "cc" and self.wide else " (14 bit)" if self.wide else ""
        return f"{_NAMES[self.kind]} {number}{fine}{channel}"

    def to_dict(self) -> dict[str, Any]:
        """All that is not as usual."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}


def _whole(table: Mapping[str, Any], key: str, default: int, low: int, high: int, where: str) -> int:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a whole number from {low} to {high}")
    return value


def read_text(table: Mapping[str, Any], key: str, default: str, where: str) -> str:
    """A text of a table. Raises AntiphonError."""
    value = table.get(key, default)
    if not isinstance(value, str) or len(value) > 200:
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a text in quotes")
    return value


def read_choice(table: Mapping[str, Any], key: str, default: str, choices: tuple[str, ...], where: str) -> str:
    """One of some words. Raises AntiphonError."""
    value = read_text(table, key, default, where)
    if value not in choices:
        raise AntiphonError(f"{where}: {key} = {value!r:.40} is unknown; {nearest(value, [c for c in choices if c])}")
    return value


def read_known(table: Any, known: tuple[str, ...], where: str) -> Mapping[str, Any]:
    """A table with no key but these. Raises AntiphonError."""
    if not isinstance(table, Mapping):
        raise AntiphonError(f"{where}: {table!r:.40} must be a table, like {{ name = value }}")
    for key in table:
        if key not in known:
            raise AntiphonError(f"{where}: {str(key)!r:.40} is unknown here; {nearest(str(key), known, 'it may have')}")
    return table


def read_source(table: Any, where: str) -> Source:
    """A source from a file or a client. Raises AntiphonError with the place and the remedy."""
    found = read_known(table, tuple(one.name for one in fields(Source)), where)
    kind = read_choice(found, "kind", "cc", KINDS, where)
    wide = found.get("wide", False)
    if not isinstance(wide, bool):
        raise AntiphonError(f"{where}: wide = {wide!r:.40} must be true or false")
    source = Source(
        kind=kind,
        channel=_whole(found, "channel", 0, 0, 16, where),
        number=_whole(found, "number", ANY, ANY, _HIGHEST.get(kind, 127), where),
        wide=wide,
        coding=read_choice(found, "coding", "", CODINGS, where),
        port=read_text(found, "port", "", where),
        control=read_text(found, "control", "", where),
        key=read_text(found, "key", "", where),
    )
    _check(source, where)
    return source


def _check(source: Source, where: str) -> None:
    if source.kind == "key" and not source.key:
        raise AntiphonError(f'{where}: say which key of the computer, like key = "F5"')
    needs = source.kind in ("cc", "nrpn", "rpn") and not source.control
    if needs and source.number == ANY:
        raise AntiphonError(f"{where}: say which number, like number = 21")
    if source.wide and source.kind not in ("cc", "nrpn", "rpn"):
        raise AntiphonError(f"{where}: wide is for controllers, NRPN and RPN; a {source.kind} has one size")
    if source.wide and source.kind == "cc" and source.number > 31:
        raise AntiphonError(f"{where}: the upper half of a 14-bit controller is number 0 to 31, not {source.number}")
    if source.coding and source.kind != "cc":
        raise AntiphonError(f"{where}: coding is for encoders, which send controllers, not {source.kind}")
