"""The follower of a scene as plain data: whom it hears, whose keys make the chords, and the chart that leads; [main]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from realtime.engine.sources import sources_mask
from realtime.music.chart_text import read_text
from realtime.native.errors import AntiphonError
from realtime.players.follower import Follower
from realtime.players.follower.who import ALL, CHART, OFF, Who
from realtime.players.player import checked_options
from realtime.session.paths import MODELS, user_folder
from realtime.session.player_slot import Lane
from realtime.session.table import Table

KEYS = ("hears", "chords", "zone", "lag_beats", "transpose", "beat", "sections")
"""What stands in [follower]."""
ZONE = (21, 59)
"""The left hand, where a scene does not say: from the piano's lowest key to the B below middle C."""


@dataclass(frozen=True)
class FollowerSlot:
    """hears: the sources it listens to. chords: whose keys make the chords (see players.follower.who), "": all, or the chart
    where there is one. zone: lowest and highest key of the left hand. transpose: semitones, of the chart. beat: whose strokes
    lead tempo and beat. sections: "heard": named by ear."""

    hears: tuple[str, ...] = ("keys",)
    chords: str = ""
    zone: tuple[int, int] = ZONE
    lag_beats: float = 0.0
    transpose: int = 0
    beat: str = OFF
    sections: str = OFF

    player: ClassVar[str] = "follower"
    lanes: ClassVar[tuple[Lane, ...]] = ()
    values: ClassVar[dict[str, Any]] = {}


@dataclass(frozen=True)
class Seat:
    """A follower as it is started: the slot with what the scene says beside it. key, chart: as the scene has them."""

    slot: FollowerSlot = field(default_factory=FollowerSlot)
    key: str = ""
    chart: str = ""

    player: ClassVar[str] = "follower"
    lanes: ClassVar[tuple[Lane, ...]] = ()
    values: ClassVar[dict[str, Any]] = {}

    def own_options(self) -> dict[str, Any]:
        """What the follower itself is told."""
        slot = self.slot
        return {
            "chords": slot.chords or (CHART if self.chart.strip() else ALL),
            "zone_low": float(slot.zone[0]),
            "zone_high": float(slot.zone[1]),
            "lag_beats": slot.lag_beats,
            "beat": slot.beat,
            "sections": slot.sections,
            "key": self.key,
            "chart": self.chart,
            "transpose": float(slot.transpose),
        }

    def package(self) -> str:
        """Path of the model it listens by."""
        places = (user_folder("models") / f"{Follower.MODEL}.onnx", MODELS / f"{Follower.MODEL}.onnx")
        return str(next((path for path in places if path.is_file()), places[-1]))


def read_follower(document: Mapping[str, Any], where: str, key_number) -> FollowerSlot | None:
    """The [follower] table of a scene; None without one. Raises AntiphonError with the place."""
    if "follower" not in document:
        return None
    reader = Table(document["follower"], f"{where}, follower", KEYS)
    plain = FollowerSlot()
    slot = replace(
        plain, hears=reader.texts("hears", plain.hears), chords=reader.text("chords"),
        zone=reader.pair("zone", ZONE, key_number), lag_beats=reader.number("lag_beats", 0.0, 0.0, 4.0),
        transpose=reader.whole("transpose", 0, -11, 11), beat=reader.text("beat", OFF),
        sections=reader.text("sections", OFF),
    )  # fmt: skip
    try:
        if slot.chords:
            Who.read(slot.chords, slot.zone)
        checked_options(Follower, Seat(slot).own_options())
    except AntiphonError as error:
        raise AntiphonError(f"{reader.where}: {error}") from None
    return slot


def read_chart_of(document: Table) -> str:
    """The chart of a scene, checked. Raises AntiphonError with its line."""
    text = document.text("chart")
    if text.strip():
        read_text(text, f"{document.where}, chart")
    return text


def heard_by(slot: FollowerSlot, lanes: Sequence[Sequence[str]], where: str = "") -> int:
    """Bit mask of the sources that the follower hears. lanes: those of each player. Raises AntiphonError."""
    mask = 0
    try:
        for part, _ in sources_mask(slot.hears, lanes):
            mask |= part
    except AntiphonError as error:
        raise AntiphonError(f"{where}: {error}") from None
    return mask
