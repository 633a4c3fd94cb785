"""Raw channel messages to what controls say: 14-bit pairs, NRPN and RPN put together, per port; [map thread].

Source: MIDI 1.0 Detailed Specification (4.2.1), "Control Change" and tables III and IIIa; RP-018 (data increment).
"""

from __future__ import annotations

from dataclasses import dataclass, field

_NOTHING_SELECTED = 0x3FFF


@dataclass(frozen=True)
class Heard:
    """One word of a control. port: the engine's source. value: of 0..top; delta: steps of a data increment, else 0."""

    port: int
    kind: str
    channel: int
    number: int
    value: int
    top: int = 127
    wide: bool = False
    delta: int = 0
    key: str = ""

    @property
    def position(self) -> float:
        """0..1; the middle of a wheel is 0.5."""
        if self.kind == "bend":
            return self.value / 16384 if self.value <= 8192 else 0.5 + (self.value - 8192) / 16382
        return self.value / self.top

    @property
    def address(self) -> tuple[str, bool, int, int, str]:
        """Of the message, as a Source's."""
        return self.kind, self.wide, self.channel, self.number, self.key


@dataclass
class _Pair:
    coarse: int = -1
    paired: bool = False
    waits: bool = False

    def upper(self, value: int) -> int | None:
        """The value now, of 16383, or None: the lower half will follow."""
        if self.waits:
            self.paired = False
        self.coarse, self.waits = value, True
        return None if self.paired else value << 7 | value

    def lower(self, value: int) -> int | None:
        if self.coarse < 0:
            return None
        self.paired |= self.waits
        self.waits = False
        return self.coarse << 7 | value


@dataclass
class Decoder:
    """All that one port has selected and half said."""

    port: int
    _pairs: dict[tuple[str, int, int], _Pair] = field(default_factory=dict)
    _selected: dict[int, tuple[str, int]] = field(default_factory=dict)

    def feed(self, status: int, a: int, b: int) -> list[Heard]:
        """What one message says; a controller that is half of something else is told both ways."""
        kind, channel = status & 0xF0, (status & 0x0F) + 1
        if kind == 0xB0:
            return self._control(channel, a, b)
        if kind in (0x80, 0x90):
            return [Heard(self.port, "note", channel, a, b if kind == 0x90 else 0)]
        if kind == 0xA0:
            return [Heard(self.port, "poly_pressure", channel, a, b)]
        if kind == 0xC0:
            return [Heard(self.port, "program", channel, a, a)]
        if kind == 0xD0:
            return [Heard(self.port, "pressure", channel, -1, a)]
        return [Heard(self.port, "bend", channel, -1, b << 7 | a, 16383)]

    def _control(self, channel: int, number: int, value: int) -> list[Heard]:
        found = [Heard(self.port, "cc", channel, number, value)]
        if 98 <= number <= 101:
            self._select(channel, number, value)
        elif number in (6, 38, 96, 97) and channel in self._selected:
            found += self._data(channel, number, value)
        if number < 64 and number not in (6, 38):
            pair = self._pairs.setdefault(("cc", channel, number & 31), _Pair())
            found += self._halves("cc", channel, number & 31, pair, number < 32, value)
        return found

    def _halves(self, kind: str, channel: int, number: int, pair: _Pair, upper: bool, value: int) -> list[Heard]:
        whole = pair.upper(value) if upper else pair.lower(value)
        return [] if whole is None else [Heard(self.port, kind, channel, number, whole, 16383, True)]

    def _select(self, channel: int, number: int, value: int) -> None:
        kind = "rpn" if number >= 100 else "nrpn"
        former_kind, former = self._selected.get(channel, (kind, _NOTHING_SELECTED))
        if former_kind != kind:
            former = _NOTHING_SELECTED
        low, high = (value, former >> 7) if number in (98, 100) else (former & 0x7F, value)
        self._selected[channel] = kind, high << 7 | low

    def _data(self, channel: int, number: int, value: int) -> list[Heard]:
        kind, which = self._selected[channel]
        if which == _NOTHING_SELECTED:
            return []
        if number >= 96:
            delta = 1 if number == 96 else -1
            return [Heard(self.port, kind, channel, which, 0, 16383, wide, delta) for wide in (False, True)]
        pair = self._pairs.setdefault((kind, channel, which), _Pair())
        found = self._halves(kind, channel, which, pair, number == 6, value)
        return ([Heard(self.port, kind, channel, which, value)] if number == 6 else []) + found
