"""Audio, MIDI ports, monitor and keyboard as /audio, /midi and /keyboard tell of them; no Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ui import strings
from ui.state import reading


@dataclass(frozen=True)
class Audio:
    """What sounds now, and what could."""

    driver: str = ""
    device: str = ""
    server: str = ""
    sample_rate: int = 0
    frames: int = 0
    inputs: int = 0
    outputs: int = 0
    description: str = ""
    latency_ms: float = 0.0
    drivers: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    rates: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()
    failed: str = ""
    raw: dict[str, Any] = field(default_factory=dict, hash=False)

    def differing(self, wished: dict[str, Any]) -> dict[str, Any]:
        """The body of /audio/set: only what differs from what is."""
        return {name: value for name, value in wished.items() if getattr(self, name) != value}


@dataclass(frozen=True)
class Port:
    """One MIDI port, there or remembered."""

    name: str
    direction: str = "in"
    open: bool = False
    ignored: bool = False
    activity: float = 0.0
    last: str = ""
    seen: str = ""
    present: bool = True

    @property
    def missing(self) -> bool:
        """Whether it was here once and is not now."""
        return not self.present

    def state(self) -> str:
        """Its state in words."""
        if self.missing:
            return self.seen if self.seen.startswith("not ") else strings.PORT_MISSING.format(self.seen)
        if self.ignored:
            return strings.PORT_IGNORED
        return strings.PORT_OPEN if self.open else strings.PORT_NEW


@dataclass(frozen=True)
class Heard:
    """One line of the monitor."""

    at: str
    port: str
    direction: str
    text: str
    bytes: str = ""


def audio(value: Any) -> Audio:
    """/audio/state."""
    found = reading.table(value)
    return Audio(
        driver=str(found.get("driver") or ""),
        device=str(found.get("device") or ""),
        server=str(found.get("server") or ""),
        sample_rate=reading.whole(found.get("sample_rate"), 0),
        frames=reading.whole(found.get("frames"), 0),
        inputs=reading.whole(found.get("inputs"), 0),
        outputs=reading.whole(found.get("outputs"), 0),
        description=str(found.get("description") or ""),
        latency_ms=reading.number(found.get("latency_ms"), 0.0),
        drivers=_texts(found.get("drivers")),
        devices=_texts(found.get("devices")),
        rates=reading.numbers(found.get("rates")),
        blocks=reading.numbers(found.get("blocks")),
        failed=str(found.get("failed") or found.get("error") or ""),
        raw=found,
    )


def ports(value: Any) -> list[Port]:
    """/midi/ports: inputs before outputs, as they are named."""
    found = [_port(one) for one in reading.listed(value)]
    return sorted(found, key=lambda port: (port.direction != "in", port.name.casefold()))


def monitor(value: Any, port: str = "", hidden: frozenset[str] = frozenset()) -> list[Heard]:
    """The lines of /midi/monitor, the newest last; of one port, and without the kinds hidden (their first word)."""
    lines = []
    for one in reading.listed(value):
        line = _heard(one)
        if (not port or line.port == port) and line.text.split(" ")[0] not in hidden:
            lines.append(line)
    return lines


def _port(found: dict[str, Any]) -> Port:
    is_open = bool(found.get("open"))
    present = found.get("present", found.get("connected"))
    return Port(
        name=str(found.get("name") or ""),
        direction=str(found.get("direction") or "in"),
        open=is_open,
        ignored=bool(found.get("ignored")),
        activity=min(max(reading.number(found.get("activity"), 0.0), 0.0), 1.0),
        last=str(found.get("last") or ""),
        seen=_clock(found.get("seen")),
        present=bool(present) if present is not None else is_open or not found.get("seen"),
    )


def _heard(found: dict[str, Any]) -> Heard:
    raw = found.get("bytes")
    shown = " ".join(f"{one:02X}" for one in reading.numbers(raw)) if isinstance(raw, list) else str(raw or "")
    return Heard(
        _clock(found.get("at"), fine=True), str(found.get("port") or ""), str(found.get("direction") or "in"),
        str(found.get("text") or ""), shown,
    )  # fmt: skip


def _clock(value: Any, *, fine: bool = False) -> str:
    """Seconds since the epoch as the time of day; a text stays."""
    if reading.is_number(value):
        if not 0 < value < 1e11:
            return ""
        if value < 1e8:  # a clock that began with the program
            return f"{value:.3f}" if fine else f"{value:.0f} s"
        day = time.localtime(value)
        return time.strftime("%H:%M:%S", day) + (f".{int(value * 1000) % 1000:03d}" if fine else "")
    return str(value or "")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value if isinstance(one, (str, int))) if isinstance(value, list) else ()
