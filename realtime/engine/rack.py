"""The rack: devices and how they are wired, as plain data that a scene makes and a plan is compiled from; [main]."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from realtime.contract.device import Device

_uids = itertools.count(1)


def fresh_uid() -> int:
    """An identity that nothing else in this process has; any thread but the audio thread."""
    return next(_uids)


@dataclass
class Slot:
    """One device in a chain. uid: stays the same through edits, so that a running device keeps its state."""

    device: str | Device  # a name of the registry
    values: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    bypass: bool = False
    sidechain: str = ""  # name of the track that drives the sidechain
    title: str = ""
    uid: int = field(default=0, compare=False)
    generation: int = 0  # raised to have the device built anew


@dataclass
class Keys:
    """Which notes a track hears. Channels are 1..16, velocities 1..127, keys MIDI numbers."""

    channels: tuple[int, ...] = tuple(range(1, 17))
    key_low: int = 0
    key_high: int = 127
    velocity_low: int = 1
    velocity_high: int = 127
    transpose: int = 0
    sources: tuple[str, ...] = ("keys", "players")  # see engine.sources


@dataclass
class Track:
    """One chain from an instrument (or the audio input) through effects to the mixer."""

    name: str
    slots: list[Slot] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)
    audio_input: tuple[int, ...] = ()  # channels of the driver, from 1; empty: none
    audio_from: str = ""  # "TRACK/PORT": an aux output of a device of another track
    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    sends: dict[str, float] = field(default_factory=dict)  # bus -> dB
    output: int = 1  # first channel of the pair it leaves by
    channels: int = 2  # of its strip: 1, 2 or 6
    midi_out: bool = False  # what its midi devices play goes out at MIDI, too
    uid: int = field(default=0, compare=False)  # stays the same through edits, as that of a slot


@dataclass
class Bus:
    """An effect chain that tracks send to."""

    name: str
    slots: list[Slot] = field(default_factory=list)
    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    channels: int = 2  # 1, 2 or 6
    uid: int = field(default=0, compare=False)


@dataclass
class Rack:
    """All chains of a scene."""

    tracks: list[Track] = field(default_factory=list)
    buses: list[Bus] = field(default_factory=list)
    master: list[Slot] = field(default_factory=list)
    lanes: list[tuple[str, ...]] | None = None  # of each player that tracks can hear; None: of players not known here

    def chains(self) -> list[tuple[tuple[str, int], list[Slot]]]:
        """(identity, devices) of every chain, in the order of the rack numbers."""
        tracks = [(("track", track.uid), track.slots) for track in self.tracks]
        return [*tracks, *((("bus", bus.uid), bus.slots) for bus in self.buses), (("master", 0), self.master)]

    def slots(self) -> list[Slot]:
        """Every device, in the order of its rack number: tracks, buses, master."""
        return [slot for _, slots in self.chains() for slot in slots]

    def identify(self) -> None:
        """Give every device, track and bus a uid that nothing else in this process has."""
        items: list[Slot | Track | Bus] = [*self.slots(), *self.tracks, *self.buses]
        for item in items:
            item.uid = fresh_uid()

    def number(self) -> None:
        """Give a uid, of this rack alone, to the devices, tracks and buses that have none."""
        _number(self.slots())
        _number([*self.tracks, *self.buses])


def _number(items: Sequence[Slot | Track | Bus]) -> None:
    fresh = max((item.uid for item in items), default=0) + 1
    for item in items:
        if item.uid == 0:
            item.uid, fresh = fresh, fresh + 1
