"""The rack as a person sees it: chains of devices, read from /rack/layout; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ui.state import reading

TRACK, BUS, MASTER = "track", "bus", "master"
KEYS, VELOCITIES = (0, 127), (1, 127)
EVERY_CHANNEL = frozenset(range(1, 17))


@dataclass(frozen=True)
class Slot:
    """One device in a chain; `number` is the N of /rack/N; `ref` is its uid as the tree writes it."""

    uid: str
    number: int
    device: str
    title: str
    kind: str = "effect"
    bypass: bool = False
    options: dict[str, Any] = field(default_factory=dict, hash=False)
    sidechain: str = ""
    ref: Any = ""

    @property
    def root(self) -> str:
        """Where its parameters stand in the tree."""
        return f"/rack/{self.number}"


@dataclass(frozen=True)
class Chain:
    """A track, a bus, or the master: what comes in, its devices in order, its strip at `mix`."""

    kind: str
    name: str
    title: str = ""
    mix: str = ""
    uid: str = ""
    devices: tuple[Slot, ...] = ()
    hears: tuple[str, ...] = ()
    channels: tuple[int, ...] = ()
    keys: tuple[int, int] = KEYS
    velocities: tuple[int, int] = VELOCITIES
    transpose: int = 0
    audio_input: tuple[int, ...] = ()
    audio_from: str = ""
    width: int = 2
    output: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """How an edit calls it: track:NAME, bus:NAME or master."""
        return MASTER if self.kind == MASTER else f"{self.kind}:{self.name}"

    @property
    def strip(self) -> str:
        """Its address in /mix: "you" of /mix/you."""
        return self.mix.rsplit("/", 1)[-1] or self.name

    @property
    def plays_keys(self) -> bool:
        """Whether it is played by notes."""
        return self.kind == TRACK and not self.audio_input and not self.audio_from

    @property
    def zoned(self) -> bool:
        """Whether it plays less than the whole keyboard at every velocity on every channel."""
        return self.keys != KEYS or self.velocities != VELOCITIES or bool(self.channels) or self.transpose != 0


@dataclass(frozen=True)
class Player:
    """One player of the scene; `number` is the N of /player/N."""

    number: int
    player: str
    title: str
    hears: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Tracks, then buses, then the master; and the players."""

    chains: tuple[Chain, ...] = ()
    players: tuple[Player, ...] = ()

    def chain(self, key: str) -> Chain | None:
        """The chain of a key, or None."""
        return next((one for one in self.chains if one.key == key), None)

    def slot(self, uid: str) -> Slot | None:
        """The device of a uid, or None."""
        return next((slot for chain in self.chains for slot in chain.devices if slot.uid == uid), None)

    def place(self, uid: str) -> tuple[Chain, int] | None:
        """In which chain a device stands and where, from 0; None when it is gone."""
        for chain in self.chains:
            for at, slot in enumerate(chain.devices):
                if slot.uid == uid:
                    return chain, at
        return None

    def tracks(self) -> tuple[Chain, ...]:
        """The tracks in order."""
        return tuple(chain for chain in self.chains if chain.kind == TRACK)

    def buses(self) -> tuple[Chain, ...]:
        """The buses in order."""
        return tuple(chain for chain in self.chains if chain.kind == BUS)

    def numbered(self, number: int) -> tuple[Chain, Slot] | None:
        """The chain and device at /rack/number."""
        found = ((chain, slot) for chain in self.chains for slot in chain.devices if slot.number == number)
        return next(found, None)


def read(value: Any) -> Layout:
    """A Layout from the JSON of /rack/layout; an empty one from what is none."""
    found = reading.table(value)
    chains = [_chain(TRACK, one) for one in _objects(found.get("tracks"))]
    chains += [_chain(BUS, one) for one in _objects(found.get("buses"))]
    if "master" in found:
        master = _objects(found["master"])
        chains.append(Chain(MASTER, MASTER, mix="/mix/master", devices=tuple(_slot(one) for one in master)))
    return Layout(tuple(chains), tuple(_player(one) for one in _objects(found.get("players"))))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _chain(kind: str, found: dict[str, Any]) -> Chain:
    name = str(found.get("name") or "")
    return Chain(
        kind=kind,
        name=name,
        title=str(found.get("title") or name),
        mix=str(found.get("mix") or f"/mix/{name}"),
        uid=str(found.get("uid") or name),
        devices=tuple(_slot(one) for one in _objects(found.get("devices"))),
        hears=_texts(found.get("hears")),
        channels=_channels(reading.numbers(found.get("channels"))),
        keys=reading.pair(found.get("keys"), *KEYS),
        velocities=reading.pair(found.get("velocities"), *VELOCITIES),
        transpose=reading.whole(found.get("transpose"), 0),
        audio_input=reading.numbers(found.get("audio_input")),
        audio_from=str(found.get("audio_from") or ""),
        width=reading.whole(found.get("width"), 2),
        output=_outputs(found.get("output")),
    )


def _slot(found: dict[str, Any]) -> Slot:
    device = str(found.get("device") or "")
    options = found.get("options")
    return Slot(
        uid=str(found.get("uid") or ""),
        ref=found.get("uid"),
        number=reading.whole(found.get("number"), 0),
        device=device,
        title=str(found.get("title") or device),
        kind=str(found.get("kind") or "effect"),
        bypass=bool(found.get("bypass")),
        options=options if isinstance(options, dict) else {},
        sidechain=str(found.get("sidechain") or ""),
    )


def _player(found: dict[str, Any]) -> Player:
    name = str(found.get("player") or "")
    lanes = found.get("lanes")
    return Player(
        reading.whole(found.get("number"), 0), name, str(found.get("title") or name), _texts(found.get("hears")),
        tuple(str(one.get("name")) if isinstance(one, dict) else str(one) for one in lanes or ())
        if isinstance(lanes, (list, dict))
        else (),
    )  # fmt: skip


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(one) for one in value if isinstance(one, (str, int))) if isinstance(value, list) else ()


def _channels(found: tuple[int, ...]) -> tuple[int, ...]:
    """All sixteen are no choice: ()."""
    return () if set(found) >= EVERY_CHANNEL else found


def _outputs(value: Any) -> tuple[int, ...]:
    if reading.is_number(value):
        return (int(value), int(value) + 1)
    return reading.numbers(value)
