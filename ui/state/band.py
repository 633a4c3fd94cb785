"""The players of the scene as the tree tells of them: who hears whom, which track plays a lane, which knobs are whose; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ui.model import Device, Parameter
from ui.state import reading
from ui.state.layout import TRACK, Chain, Layout

FRONT = ("playing", "freeze", "mute", "solo", "intensity", "density", "range", "level", "seed")
"""What every player has in sight; by the ids of realtime.players.controls."""
COMMON = (
    "guard", "mood", "swing", "swing_of", "lazy_ms", "quantise", "follow", "polyphony", "velocity_curve", "compress",
    "longest_beats", "hold", "temperature",
)  # fmt: skip
"""What every player has behind "more", in this order."""
PADS = (("x", "y"), ("valence", "arousal"))
"""Parameters of one player that want a pad of two axes."""
STEERS = ("playing", "mute")
"""What of all that a player without a voice of its own, which steers others, has use for."""
ASKED = ("again", "mutate", "undo")
DRUM_CHANNEL = 10
TINTS = ("player", "neural", "effect", "good", "warn", "mix")
"""One a player; the seventh has the first's again."""


@dataclass(frozen=True)
class Lane:
    """One voice of a player. program: 0..127, -1 for none; drums: its keys are drums; port: the MIDI output that it goes to,
    "" for Antiphon's own."""

    name: str
    channel: int = 1
    midi: bool = True
    program: int = -1
    drums: bool = False
    port: str = ""


@dataclass(frozen=True)
class Told:
    """One option of a player: what it is told as it is made. default None: a file, which must be given."""

    name: str
    default: Any = None
    choices: tuple[str, ...] = ()
    doc: str = ""

    @property
    def title(self) -> str:
        """Its name as a person reads it."""
        return self.name.replace("_", " ").capitalize()

    @property
    def is_file(self) -> bool:
        """Whether it is the name of a file."""
        return self.default is None


@dataclass(frozen=True)
class Member:
    """One player. `number` is the N of /player/N; `shape`: what its strip is built by."""

    number: int
    player: str
    title: str
    hears: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    told: tuple[Told, ...] = ()
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def root(self) -> str:
        """Where it stands in the tree."""
        return f"/player/{self.number}"

    @property
    def tint(self) -> str:
        """Its colour's name."""
        return TINTS[(self.number - 1) % len(TINTS)]

    @property
    def shape(self) -> tuple[Any, ...]:
        """What does not change while it plays."""
        rows = tuple((p.address, p.kind, p.low, p.high, p.labels, p.home) for p in self.parameters)
        lanes, told = (tuple(one.name for one in found) for found in (self.lanes, self.told))
        return (self.number, self.player, self.title, lanes, rows, told)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of an id, or None."""
        return next((one for one in self.parameters if one.id == name), None)

    @property
    def common(self) -> tuple[Parameter, ...]:
        """What all players have, but for what stands in front."""
        return tuple(one for one in map(self.parameter, COMMON) if one is not None)

    @property
    def own(self) -> tuple[Parameter, ...]:
        """What it alone has."""
        known = {*FRONT, *COMMON, "bypass"}
        return tuple(one for one in self.parameters if one.id not in known)

    @property
    def axes(self) -> tuple[str, str] | None:
        """The parameters that want a pad of two axes, by their own names."""
        pairs = (pair for pair in PADS if all(self.parameter(name) is not None for name in pair))
        return next(pairs, None)


def members(devices: Iterable[Device], value: Callable[[str], Any]) -> tuple[Member, ...]:
    """The players among the devices of the tree; value(address) is the tree's."""
    rows = reading.table(value("/rack/layout")).get("players")
    rows = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    known = {reading.whole(one.get("number"), 0): one for one in rows}
    kinds = {str(one.get("player")): one for one in reading.listed(value("/players/list"))}
    found = []
    for device in devices:
        if not device.root.startswith("/player/"):
            continue
        row = known.get(device.number, {})
        name = str(row.get("player") or device.name)
        drums = kinds.get(name, {}).get("drums")
        told = row.get("lanes")
        told = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        lanes = tuple(_lane(device.root, one, drums, value) for one in told)
        options = row.get("options")
        parameters = device.parameters if lanes or not told_of(row) else steering(device.parameters)
        found.append(
            Member(
                device.number, name, device.title, _texts(row.get("hears")), lanes, parameters,
                options_of(kinds.get(name, {})), options if isinstance(options, dict) else {},
            )
        )  # fmt: skip
    return tuple(found)


def told_of(row: dict[str, Any]) -> bool:
    """Whether the tree tells of its lanes, if it has none."""
    return isinstance(row.get("lanes"), list)


def steering(rows: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters of a player that plays no notes."""
    return tuple(one for one in rows if one.id in STEERS or one.id not in {*FRONT, *COMMON})


def options_of(kind: dict[str, Any]) -> tuple[Told, ...]:
    """What a player of /players/list is told once."""
    rows = kind.get("options")
    return tuple(
        Told(str(one["name"]), one.get("default"), _texts(one.get("choices")), str(one.get("doc") or ""))
        for one in (rows if isinstance(rows, list) else ())
        if isinstance(one, dict) and one.get("name")
    )


def _lane(root: str, row: dict[str, Any], drums: Any, value: Callable[[str], Any]) -> Lane:
    name = str(row.get("name") or "")
    at = f"{root}/lanes/{name}"
    now = {part: value(f"{at}/{part}") for part in ("channel", "midi", "program", "port")}
    channel = reading.whole(now["channel"], reading.whole(row.get("channel"), 1))
    midi = bool(row.get("midi", True) if now["midi"] is None else now["midi"])
    is_drums = name in drums if isinstance(drums, list) else channel == DRUM_CHANNEL
    return Lane(name, channel, midi, reading.whole(now["program"], -1), is_drums, str(now["port"] or ""))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


# who plays a lane


def lane_source(number: int, lane: str) -> str:
    """A lane as `hears` calls it."""
    return f"player {number} {lane}"


def tracks_of(layout: Layout, number: int, lane: str) -> list[Chain]:
    """The tracks that a lane is heard by."""
    names = {"players", f"player {number}", lane_source(number, lane)}
    return [chain for chain in layout.tracks() if names & set(chain.hears)]


def rerouted(chain: Chain, number: int, lane: str, lanes: Iterable[str]) -> list[str]:
    """What a track hears after a lane was put on it or taken off it; lanes: all of that player's.

    Of a track that hears the whole player the other lanes stay; one that hears all players cannot hear all but one.
    """
    whole, single = f"player {number}", lane_source(number, lane)
    if "players" in chain.hears:
        return list(chain.hears)
    if whole in chain.hears:
        others = [lane_source(number, other) for other in lanes if other != lane]
        return [one for name in chain.hears for one in (others if name == whole else [name])]
    if single in chain.hears:
        return [name for name in chain.hears if name != single]
    return [*chain.hears, single]


def sources(band: Iterable[Member], but: int = 0) -> list[str]:
    """All that can be heard, by name; but: the number of who listens."""
    found = ["keys", "players"]
    for one in band:
        if one.number != but:
            found.append(f"player {one.number}")
            found += [lane_source(one.number, lane.name) for lane in one.lanes if len(one.lanes) > 1]
    return found


def is_playable(chain: Chain) -> bool:
    """Whether a lane can sound on a chain: on tracks that are played by notes."""
    return chain.kind == TRACK and chain.plays_keys
