"""The rack: devices and how they are wired, as plain data that a scene makes and a plan is compiled from; [main]."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from realtime.contract.device import Device


@dataclass
class Slot:
    """One device in a chain. uid: stays the same through edits, so that a running device keeps its state."""

    device: str | Device  # a name of the registry
    values: dict[str, float] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    bypass: bool = False
    sidechain: str = ""  # name of the track that drives the sidechain
    title: str = ""
    uid: int = 0


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
    gain_db: float = 0.0
    pan: float = 0.0
    mute: bool = False
    sends: dict[str, float] = field(default_factory=dict)  # bus -> dB
    output: int = 1  # first channel of the pair it leaves by


@dataclass
class Bus:
    """An effect chain that tracks send to."""

    name: str
    slots: list[Slot] = field(default_factory=list)
    gain_db: float = 0.0
    pan: float = 0.0


@dataclass
class Rack:
    """All chains of a scene."""

    tracks: list[Track] = field(default_factory=list)
    buses: list[Bus] = field(default_factory=list)
    master: list[Slot] = field(default_factory=list)
    lanes: list[tuple[str, ...]] | None = None  # of each player that tracks can hear; None: of players not known here

    def _chains(self) -> list[list[Slot]]:
        return [track.slots for track in self.tracks] + [bus.slots for bus in self.buses]

    def slots(self) -> list[Slot]:
        """Every device, in the order of its rack number: tracks, buses, master."""
        return [slot for chain in self._chains() for slot in chain] + list(self.master)

    def number(self) -> None:
        """Give a uid to the slots that have none."""
        used = {slot.uid for slot in self.slots()}
        fresh = max(used, default=0) + 1
        for slot in self.slots():
            if slot.uid == 0:
                slot.uid, fresh = fresh, fresh + 1
