"""The instrument as the panel sees it: OSCQuery's JSON read into devices, players, mixer and parameters; no Qt."""

import math
from dataclasses import dataclass, field
from typing import Any

from ui import strings
from ui.format import example, pan_text, parse_key, parse_pan, parse_typed, value_text

DEVICE_OWN = ("name", "title", "kind", "bypass", "load")


@dataclass(frozen=True)
class Parameter:
    """One writable value: real units from `low` to `high`; kind is f, i or T. `home`: what the scene sets, None unknown."""

    address: str
    title: str
    kind: str = "f"
    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    unit: str = ""
    labels: tuple[str, ...] = ()
    curve: str = "lin"
    description: str = ""
    group: str = ""
    value: float = 0.0
    home: float | None = None

    @property
    def id(self) -> str:
        return self.address.rsplit("/", 1)[-1]

    @property
    def whole(self) -> bool:
        return self.kind == "i"

    @property
    def blends(self) -> bool:
        """Whether its labels name whole values of a continuous range, such as the shapes of an oscillator."""
        return bool(self.labels) and self.kind == "f"

    @property
    def is_pan(self) -> bool:
        """Whether it places something between the sides."""
        return self.id == "pan" and (self.low, self.high) == (-1.0, 1.0)

    @property
    def bipolar(self) -> bool:
        return self.low < 0.0 < self.high and self.curve != "log" and self.low >= -self.high * 2.0

    def position(self, value: float) -> float:
        """Knob position 0..1 of a value."""
        if self.high <= self.low:
            return 0.0
        value = min(max(value, self.low), self.high)
        if self.curve == "log" and self.low > 0.0:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def at(self, position: float) -> float:
        """The value at knob position 0..1."""
        position = min(max(position, 0.0), 1.0)
        if self.curve == "log" and self.low > 0.0:
            value = self.low * (self.high / self.low) ** position
        else:
            value = self.low + position * (self.high - self.low)
        return float(round(value)) if self.whole else value

    def clamp(self, value: float) -> float:
        """The nearest legal value."""
        value = min(max(value, self.low), self.high)
        return float(round(value)) if self.whole else value

    def text(self, value: float) -> str:
        """The value as shown."""
        if self.blends:
            first = min(int(value - self.low), len(self.labels) - 1)
            more = round(100.0 * (value - self.low - first))
            last = min(first + (more > 0), len(self.labels) - 1)
            whole = self.labels[first] if not more else self.labels[last] if more == 100 else ""
            return whole or f"{self.labels[first]}+{more} %"
        if self.labels:
            return self.labels[min(max(round(value - self.low), 0), len(self.labels) - 1)]
        if self.kind == "T":
            return strings.ON if value else strings.OFF
        if self.is_pan:
            return pan_text(value)
        return value_text(value, self.unit, self.low, self.high, whole=self.whole)

    def parse(self, typed: str, shown: str = "") -> float | None:
        """A typed value, clamped: a number with or without unit, a label or its beginning; None if it is neither.
        shown: the value's text where it is typed over; a bare number counts in that unit."""
        words = typed.strip().lower()
        if self.kind == "T":
            found = [index for index, names in enumerate(strings.NAMES_OF_SWITCH) if words in names]
            return float(found[0]) if found else None
        if self.labels:
            return self._label(words)
        if self.unit == "" and self.whole and (self.low, self.high) == (0, 127):
            key = parse_key(typed)
            if key is not None:
                return self.clamp(key)
        place = parse_pan(typed) if self.is_pan else None
        if place is not None:
            return place
        value = parse_typed(typed, self.unit, self.low, self.high, shown)
        return None if value is None else self.clamp(value)

    def _label(self, words: str) -> float | None:
        names = [label.lower() for label in self.labels]
        found = [at for at, name in enumerate(names) if name == words] or [
            at for at, name in enumerate(names) if words and name.startswith(words)
        ]
        if found:
            return self.low + found[0]
        try:
            return self.clamp(float(words.replace(",", ".")))
        except ValueError:
            return None

    def refusal(self, typed: str) -> str:
        """What to say about a typed text that is no value of this parameter."""
        if self.kind == "T":
            hint = f"{strings.ON}, {strings.OFF}"
        else:
            hint = ", ".join(self.labels[:6]) if self.labels else example(self.unit, self.low, self.high)
        return strings.NOT_A_VALUE.format(typed.strip()[:24], self.title, hint)

    def for_wire(self, value: float) -> float | int | bool:
        """The value in the type the tree wants."""
        return bool(value) if self.kind == "T" else round(value) if self.kind == "i" else float(value)


@dataclass(frozen=True)
class Device:
    """One panel of the rack: a device, a player, or the mixer."""

    root: str
    title: str
    kind: str
    number: int = 0
    name: str = ""
    parameters: tuple[Parameter, ...] = ()


@dataclass
class Instrument:
    """All the panel shows, with every readable value by address."""

    devices: list[Device] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Every node's OSCQuery entry by address, also of those that can only be set."""


def read(description: dict[str, Any]) -> Instrument:
    """An Instrument from an OSCQuery description of "/"."""
    found = Instrument()
    for entry in _walk(description):
        found.nodes[entry["FULL_PATH"]] = entry
        value = entry.get("VALUE")
        if value and len(value) == 1:
            found.values[entry["FULL_PATH"]] = value[0]
    contents = description.get("CONTENTS", {})
    for section, kind in (("rack", "effect"), ("player", "player")):
        numbered = contents.get(section, {}).get("CONTENTS", {})
        for number in sorted((name for name in numbered if name.isdigit()), key=int):
            found.devices.append(_device(numbered[number], int(number), kind, found.values))
    mixer = _mixer(contents.get("mix", {}))
    if mixer is not None:
        found.devices.append(mixer)
    found.parameters = {one.address: one for device in found.devices for one in device.parameters}
    for address, entry in found.nodes.items():
        if address not in found.parameters:
            made = _parameter(entry)
            if made is not None:
                found.parameters[address] = made
    return found


def _walk(entry: dict[str, Any]):
    if "TYPE" in entry:
        yield entry
    for child in entry.get("CONTENTS", {}).values():
        yield from _walk(child)


def _parameter(entry: dict[str, Any], group: str = "") -> Parameter | None:
    kind = entry.get("TYPE", "")
    own = entry.get("ANTIPHON", {})
    if kind not in ("f", "i", "d", "T") or entry.get("ACCESS") != 3:
        return None
    limits = (entry.get("RANGE") or [{}])[0]
    low, high = (0.0, 1.0) if kind == "T" else (float(limits.get("MIN", 0.0)), float(limits.get("MAX", 1.0)))
    default, home = own.get("default"), own.get("scene")
    value = (entry.get("VALUE") or [None])[0]
    return Parameter(
        address=entry["FULL_PATH"],
        title=own.get("title") or entry["FULL_PATH"].rsplit("/", 1)[-1],
        kind="f" if kind == "d" else kind,
        low=low,
        high=high,
        default=float(default if default is not None else low),
        unit=own.get("unit", ""),
        labels=tuple(own.get("labels", ())),
        curve=own.get("curve", "lin"),
        description=entry.get("DESCRIPTION", ""),
        group=own.get("group") or group,
        value=float(value if value is not None else low),
        home=None if home is None else float(home),
    )


def _device(entry: dict[str, Any], number: int, kind: str, values: dict[str, Any]) -> Device:
    root, contents = entry["FULL_PATH"], entry.get("CONTENTS", {})
    made = (_parameter(child) for name, child in contents.items() if name not in DEVICE_OWN)
    return Device(
        root=root,
        title=str(values.get(f"{root}/title") or values.get(f"{root}/name") or root),
        kind=str(values.get(f"{root}/kind") or kind),
        number=number,
        name=str(values.get(f"{root}/name") or ""),
        parameters=tuple(one for one in made if one is not None),
    )


def _mixer(entry: dict[str, Any]) -> Device | None:
    tracks = entry.get("CONTENTS", {})
    order = sorted(tracks, key=lambda name: name == "master")
    made = [
        _parameter(child, strings.MASTER if track == "master" else track.capitalize())
        for track in order
        for child in tracks[track].get("CONTENTS", {}).values()
    ]
    parameters = tuple(one for one in made if one is not None)
    if not parameters:
        return None
    return Device("/mix", strings.MIXER, "mix", parameters=parameters)
