"""Controller profiles: what a box has (knobs, pads, lights) and what each says and hears, read from TOML; [any].

A profile knows nothing of what its controls move. Roles ("knob 1", "fader 1", "pad 1") are the same on every box, so that
an assignment finds its control again on other hardware.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from realtime.midi.map.source import CODINGS, KINDS, Source, read_choice, read_known, read_text
from realtime.native.errors import AntiphonError
from realtime.native.whole_file import visible_files

CONTROLS = (
    "knob",
    "fader",
    "encoder",
    "wheel",
    "pedal",
    "switch",
    "button",
    "pad",
    "key",
    "program",
    "pressure",
    "touch",
)
LIGHTS = ("led", "colour", "ring", "motor")
"""led: on or off. colour: a value a colour. ring, motor: a value along the range."""
_BUTTONS = ("", "momentary", "latched")
_CONTROL_KEYS = ("name", "role", "kind", "count", "first", "message", "channel", "channels", "number", "numbers", "wide",
                 "coding", "button", "feedback", "touch", "bank")  # fmt: skip
_LIGHT_KEYS = ("kind", "message", "channel", "channels", "number", "numbers", "low", "high", "on", "off", "colours")
_PROFILE_KEYS = ("title", "maker", "ports", "outputs", "chart", "unverified", "notes", "control")
_STATUS = {"note": 0x90, "cc": 0xB0, "pressure": 0xD0, "bend": 0xE0, "program": 0xC0}


@dataclass(frozen=True)
class Light:
    """What a box shows. low, high: of a ring or motor; on, off: of a light, where no colour is named."""

    kind: str
    message: str
    channel: int
    number: int
    low: int = 0
    high: int = 127
    on: int = 127
    off: int = 0
    colours: tuple[tuple[str, int], ...] = ()

    def shows(self, position: float, colour: str = "") -> int:
        """The value to send for a position (0..1) of what it stands for."""
        if self.kind in ("ring", "motor"):
            return self.low + round((self.high - self.low) * min(1.0, max(0.0, position)))
        return (dict(self.colours).get(colour, self.on)) if position >= 0.5 else self.off

    def bytes(self, value: int) -> bytes:
        """The message that shows a value."""
        status = _STATUS[self.message] | (self.channel - 1)
        if self.message == "bend":
            return bytes((status, value & 0x7F, value >> 7))
        if self.message in ("pressure", "program"):
            return bytes((status, value & 0x7F))
        return bytes((status, self.number, value & 0x7F))


@dataclass(frozen=True)
class Control:
    """One control of a box. button: how a button behaves. touch: the message of a fader's touch. bank: two controls of
    different banks may share a message (the box switches between them)."""

    name: str
    role: str
    kind: str
    source: Source
    button: str = ""
    light: Light | None = None
    touch: Source | None = None
    bank: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For the panel."""
        return {
            "name": self.name, "role": self.role, "kind": self.kind, "text": self.source.text, "source": self.source.to_dict(),
            "light": self.light.kind if self.light else "",
            "colours": [name for name, _ in self.light.colours] if self.light else [], "bank": self.bank,
        }  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """One box. ports: patterns of its port names; outputs: of those that its lights hear on. chart: where the facts are
    from. unverified: what nobody has tried."""

    name: str
    title: str
    maker: str
    ports: tuple[str, ...]
    outputs: tuple[str, ...]
    chart: str
    unverified: str
    notes: str
    controls: tuple[Control, ...]

    def find(self, name: str) -> Control | None:
        """A control by name or role, in any case."""
        wanted = name.casefold()
        for one in self.controls:
            if wanted == one.name.casefold():
                return one
        return next((one for one in self.controls if wanted == one.role.casefold()), None)

    def of(self, source: Source) -> Control | None:
        """The control that sends a message."""
        return next((one for one in self.controls if _same(one.source, source)), None)


def _same(control: Source, source: Source) -> bool:
    channels = control.channel in (0, source.channel)
    numbers = control.number in (-1, source.number)
    return control.kind == source.kind and control.wide == source.wide and channels and numbers


def _row(table: Mapping[str, Any], key: str, keys: str, at: int, default: int, where: str) -> int:
    """A number of the at-th control of a row: keys = one each, key = of the first (numbers count up, channels stay)."""
    if keys in table:
        row = table[keys]
        if not isinstance(row, list) or at >= len(row) or not isinstance(row[at], int):
            raise AntiphonError(f"{where}: {keys} must be a list of one whole number for each control")
        return row[at]
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a whole number")
    return value + (at if key == "number" and value >= 0 else 0)


def _message(table: Mapping[str, Any], at: int, usual: Source | None, kinds: tuple[str, ...], where: str) -> Source:
    kind = read_choice(table, "message", usual.kind if usual else "cc", kinds, where)
    channel = _row(table, "channel", "channels", at, usual.channel if usual else 0, where)
    default = usual.number if usual is not None and kind == usual.kind else -1
    here = {key: value for key, value in table.items() if key not in ("number", "numbers")}
    number = _row(table if "number" in table or "numbers" in table else here, "number", "numbers", at, default, where)
    if usual is not None and "number" not in table and "numbers" not in table:
        number = usual.number
    if not 0 <= channel <= 16 or not -1 <= number <= (16383 if kind in ("nrpn", "rpn") else 127):
        raise AntiphonError(f"{where}: channel {channel}, number {number}: no such message")
    coding = read_choice(table, "coding", "", CODINGS, where)
    return Source(kind=kind, channel=channel, number=number, wide=table.get("wide", False) is True, coding=coding)


def _light(table: Mapping[str, Any], at: int, source: Source, where: str) -> Light:
    read_known(table, _LIGHT_KEYS, where)
    message = _message(table, at, source, tuple(_STATUS), where)
    top = 16383 if message.kind == "bend" else 127
    values = {key: table.get(key, usual) for key, usual in (("low", 0), ("high", top), ("on", top), ("off", 0))}
    colours = table.get("colours", {})
    for key, value in (values | dict(colours)).items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= top:
            raise AntiphonError(f"{where}: {key} = {value!r:.40} must be a whole number from 0 to {top}")
    return Light(
        kind=read_choice(table, "kind", "led", LIGHTS, where), message=message.kind, channel=message.channel or 1,
        number=max(0, message.number), colours=tuple(colours.items()), **values,
    )  # fmt: skip


def _controls(table: Any, where: str) -> Iterable[Control]:
    """The controls of one row: count of them, {} in name and role is their number, from `first`."""
    row = read_known(table, _CONTROL_KEYS, where)
    count, first = row.get("count", 1), row.get("first", 1)
    if not isinstance(count, int) or not isinstance(first, int) or not 1 <= count <= 128:
        raise AntiphonError(f"{where}: count must be a whole number from 1 to 128")
    name = read_text(row, "name", "", where)
    kind = read_choice(row, "kind", "", CONTROLS, where)
    role = read_text(row, "role", f"{kind} {{}}" if count > 1 else "", where)
    for at in range(count):
        number = str(first + at)
        source = _message(row, at, None, KINDS, where)
        light = row.get("feedback")
        touch = row.get("touch")
        yield Control(
            name=name.replace("{}", number),
            role=role.replace("{}", number),
            kind=kind,
            source=source,
            button=read_choice(row, "button", "", _BUTTONS, where),
            light=None if light is None else _light(light, at, source, f"{where}, feedback"),
            touch=None if touch is None else _message(touch, at, source, KINDS, f"{where}, touch"),
            bank=read_text(row, "bank", "", where),
        )


def parse_profile(text: str, name: str) -> Profile:
    """A profile from TOML text. Raises AntiphonError with the place and the remedy."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AntiphonError(f"{name}: this is not TOML: {error}") from None
    read_known(document, _PROFILE_KEYS, name)
    ports = document.get("ports", [])
    outputs = document.get("outputs", ports)
    rows = document.get("control", [])
    for key, patterns in (("ports", ports), ("outputs", outputs)):
        if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
            raise AntiphonError(f"{name}: {key} must be a list of name patterns")
    if not isinstance(rows, list) or not rows:
        raise AntiphonError(f"{name}: a profile needs at least one [[control]]")
    controls = [one for number, row in enumerate(rows, 1) for one in _controls(row, f"{name}, control {number}")]
    _check_apart(controls, name)
    return Profile(
        name=name, title=read_text(document, "title", name, name), maker=read_text(document, "maker", "", name),
        ports=tuple(ports), outputs=tuple(outputs), chart=read_text(document, "chart", "", name),
        notes=read_text(document, "notes", "", name),
        unverified=read_text(document, "unverified", "", name),
        controls=tuple(controls),
    )  # fmt: skip


def _check_apart(controls: list[Control], name: str) -> None:
    """No two controls of one bank have a name or a message in common."""
    for what, key in (("name", lambda one: one.name.casefold()), ("message", lambda one: one.source.address)):
        taken: dict[Any, Control] = {}
        for one in controls:
            other = taken.setdefault((one.bank, key(one)), one)
            if other is not one:
                raise AntiphonError(
                    f"{name}: {one.name!r} and {other.name!r} have the same {what}; put them in two banks"
                )


def load_profiles(folders: Iterable[Path], say: Any) -> dict[str, Profile]:
    """All profiles by name; a later folder's hides an earlier one's. say: told what is wrong with one."""
    found: dict[str, Profile] = {}
    for folder in folders:
        for path in visible_files(folder, "*.toml") if folder.is_dir() else ():
            try:
                found[path.stem] = parse_profile(path.read_text("utf-8"), path.stem)
            except (AntiphonError, OSError, UnicodeDecodeError) as error:
                say(f"controller profile {path}: {error}")
    return found


def usual_light(source: Source) -> Light | None:
    """Where no profile says otherwise, a control hears what it says."""
    kind = {"note": "led", "cc": "ring", "bend": "motor"}.get(source.kind)
    if kind is None or source.wide or source.coding or (source.kind != "bend" and source.number < 0):
        return None
    top = 16383 if source.kind == "bend" else 127
    return Light(kind, source.kind, source.channel or 1, max(0, source.number), 0, top, top, 0)


def as_source(control: Control, port: str = "") -> Source:
    """What an assignment of a profile's control says."""
    return replace(control.source, port=port, control=control.role or control.name)
