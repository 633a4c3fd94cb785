"""Scenes as data: one saved state of the instrument, and where it is read from; [main]."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realtime.engine.rack import Rack
from realtime.session.follower_slot import FollowerSlot
from realtime.session.macros.macro import Macro
from realtime.session.player_slot import PlayerSlot


@dataclass
class Scene:
    """Rack, players, tempo, key, and notes to the performer."""

    name: str
    title: str
    description: str = ""
    tags: tuple[str, ...] = ()
    tempo_bpm: float = 120.0
    signature: tuple[int, int] = (4, 4)
    key: str = ""
    notes: str = ""
    master_db: float = 0.0
    rack: Rack = field(default_factory=Rack)
    players: list[PlayerSlot] = field(default_factory=list)
    follower: FollowerSlot | None = None
    """None: as it is where a scene says nothing of it."""
    chart: str = ""
    """Its chords, bar by bar; see music.chart."""
    macros: tuple[Macro, ...] = ()
    """What a performer turns first; none: found by `macros.pick`."""
    map: list[dict[str, Any]] = field(default_factory=list)
    """What controls move in this scene: `Assignment.to_dict` of each."""
    path: Path | None = None
    text: str = field(default="", compare=False, repr=False)
    """What it was read from."""
