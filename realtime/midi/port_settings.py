"""How a performer sets a MIDI port up, checked, and as the table that the callback reads; [any but audio]."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from realtime.midi.port_map import PEDALS, PORT_MAP
from realtime.native.errors import AntiphonError, nearest
from realtime.native.memory import aligned

CHANNELS = range(1, 17)
MOST_SEMITONES, MOST_OCTAVES, MOST_POINTS = 48, 4, 32
GAMMAS = {"soft": 0.6, "linear": 1.0, "hard": 1.7}
"""Named curves: loudness = (velocity / 127) ** gamma. With "soft" a light touch is already loud."""
FILTERS = {
    "notes": (8, 9),
    "poly_aftertouch": (10,),
    "control_change": (11,),
    "program_change": (12,),
    "channel_aftertouch": (13,),
    "aftertouch": (10, 13),
    "pitch_bend": (14,),
    "sysex": (16,),
    "time_code": (17,),
    "song_position": (18,),
    "clock": (24,),
    "transport": (26, 27, 28),
    "active_sensing": (30,),
    "reset": (31,),
}
"""Kinds of message that can be kept out, by the bits of PORT_MAP.drops."""
EVERY_OTHER = "*"


@dataclass(frozen=True)
class PortSettings:
    """What is set for a port; the defaults let everything through as it comes.

    channels: where each channel goes (1..16, 0 = nowhere), "*": all that are not named. filter: names of FILTERS.
    curve: a name of GAMMAS, or points (velocity in, velocity out). transpose: semitones; octave: twelve of them.
    pedal_inverted: controllers whose pedal is wired the other way round. drums: channels that the transpose of the whole
    rig leaves alone. thru: on to MIDI out; None = as the rig says.
    """

    channels: Mapping[str, int] = field(default_factory=dict)
    filter: tuple[str, ...] = ()
    curve: str | tuple[tuple[int, int], ...] = "linear"
    transpose: int = 0
    octave: int = 0
    pedal_inverted: tuple[int, ...] = ()
    drums: tuple[int, ...] = (10,)
    thru: bool | None = None


_NAMES = tuple(one.name for one in fields(PortSettings))


def read_settings(values: Mapping[str, Any], where: str, former: PortSettings | None = None) -> PortSettings:
    """The settings of a JSON or TOML table over those there were. Raises AntiphonError with the place."""
    known = {} if former is None else {name: getattr(former, name) for name in _NAMES}
    for name, value in values.items():
        if name not in _NAMES:
            raise AntiphonError(f"{where}: there is no {name!r:.60}; {nearest(str(name)[:60], _NAMES)}")
        known[name] = _READERS[name](value, f"{where}: {name}")
    return PortSettings(**known)


def as_table(settings: PortSettings) -> dict[str, Any]:
    """What differs from the defaults, for JSON and TOML."""
    plain = PortSettings()
    found = {name: getattr(settings, name) for name in _NAMES if getattr(settings, name) != getattr(plain, name)}
    return {
        name: [list(point) if isinstance(point, tuple) else point for point in value]
        if isinstance(value, tuple)
        else dict(value)
        if isinstance(value, Mapping)
        else value
        for name, value in found.items()
    }


def _whole(value: Any, low: int, high: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or value % 1:
        raise AntiphonError(f"{where} {value!r:.20} is out of range: choose {low} to {high}")
    return int(value)


def _list(value: Any, where: str) -> list[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise AntiphonError(f"{where} is a list, not {value!r:.40}")
    return list(value)


def _channels(value: Any, where: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise AntiphonError(f'{where} is a table such as {{"3": 1}}, not {value!r:.40}')
    found: dict[str, int] = {}
    for name, target in value.items():
        if name != EVERY_OTHER and str(name) not in map(str, CHANNELS):
            raise AntiphonError(f"{where}: {name!r:.20} is no channel: choose 1 to 16, or * for all others")
        found[str(name)] = _whole(0 if target is None else target, 0, 16, f"{where}: the channel for {name}")
    return found


def _filter(value: Any, where: str) -> tuple[str, ...]:
    names = [str(name) for name in _list(value, where)]
    for name in names:
        if name not in FILTERS:
            raise AntiphonError(f"{where}: there is no kind {name!r:.40}; {nearest(name[:40], FILTERS)}")
    return tuple(dict.fromkeys(names))


def _curve(value: Any, where: str) -> str | tuple[tuple[int, int], ...]:
    if isinstance(value, str):
        if value not in GAMMAS:
            raise AntiphonError(f"{where}: there is no {value!r:.40}; {nearest(value[:40], GAMMAS)}")
        return value
    points: list[tuple[int, int]] = []
    for point in _list(value, where)[: MOST_POINTS + 1]:
        pair = _list(point, where)
        if len(pair) != 2:
            raise AntiphonError(f"{where}: a point is two numbers, velocity in and out, not {point!r:.40}")
        points.append((_whole(pair[0], 0, 127, where), _whole(pair[1], 0, 127, where)))
    steps = [b[0] - a[0] for a, b in itertools.pairwise(points)]
    if not 2 <= len(points) <= MOST_POINTS or any(step <= 0 for step in steps):
        raise AntiphonError(f"{where}: 2 to {MOST_POINTS} points, each further right than the one before")
    return tuple(points)


def _pedals(value: Any, where: str) -> tuple[int, ...]:
    if isinstance(value, bool):
        return PEDALS if value else ()
    return tuple(dict.fromkeys(_whole(number, 0, 119, where) for number in _list(value, where)))


def _thru(value: Any, where: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise AntiphonError(f"{where} is true, false or null, not {value!r:.40}")
    return value


_READERS: dict[str, Any] = {
    "channels": _channels,
    "filter": _filter,
    "curve": _curve,
    "transpose": lambda value, where: _whole(value, -MOST_SEMITONES, MOST_SEMITONES, where),
    "octave": lambda value, where: _whole(value, -MOST_OCTAVES, MOST_OCTAVES, where),
    "pedal_inverted": _pedals,
    "drums": lambda value, where: tuple(_whole(channel, 1, 16, where) for channel in _list(value, where)),
    "thru": _thru,
}


def velocity_table(curve: str | Sequence[Sequence[int]]) -> np.ndarray:
    """uint8[128]: velocity out by velocity in; a note-on stays one: 1..127 becomes 1..127."""
    velocity = np.arange(128, dtype=float)
    if isinstance(curve, str):
        out = 127.0 * (velocity / 127.0) ** GAMMAS[curve]
    else:
        out = np.interp(velocity, *np.array(curve, float).T)
    table = np.clip(np.round(out), 1, 127).astype(np.uint8)
    table[0] = 0
    return table


def port_table(settings: PortSettings, transpose: int = 0, thru: bool = False) -> np.ndarray:
    """PORT_MAP, shape (1,). transpose: of the whole rig, semitones; thru: what holds where the port says nothing."""
    table = aligned(1, PORT_MAP)
    record = table[0]
    own = settings.transpose + 12 * settings.octave
    for channel in CHANNELS:
        target = settings.channels.get(str(channel), settings.channels.get(EVERY_OTHER, channel))
        record["channel"][channel - 1] = target - 1
        record["shift"][channel - 1] = own + (0 if target in settings.drums else transpose)
    record["velocity"] = velocity_table(settings.curve)
    record["inverted"][list(settings.pedal_inverted)] = 1
    record["drops"] = sum({1 << bit for name in settings.filter for bit in FILTERS[name]})
    record["thru"] = int(thru if settings.thru is None else settings.thru)
    ways = (sorted(settings.channels.items()), sorted(settings.filter), sorted(settings.pedal_inverted))
    record["serial"] = zlib.crc32(repr(ways).encode()) if any(ways) else 0
    return table
