"""The state of the running instrument as a scene, and what a new engine takes over from the former one; [main]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from realtime.contract.limits import SILENT_DB
from realtime.engine.engine import Engine
from realtime.engine.plan import Plan
from realtime.engine.rack import Bus, Slot, Track
from realtime.session.player_slot import PlayerSlot
from realtime.session.scene_data import Scene


class Playing(Protocol):
    """A player of the scene as it runs."""

    @property
    def number(self) -> int: ...
    @property
    def slot(self) -> PlayerSlot: ...
    @property
    def values(self) -> dict[str, Any]: ...


def _slot(plan: Plan, slot: Slot) -> Slot:
    node = plan.nodes.get(slot.uid)
    values = dict(slot.values) if node is None else node.values()
    return replace(slot, values=values, options=dict(slot.options))


def _track(plan: Plan, track: Track) -> Track:
    strip = plan.strips[track.name]
    sends = {bus: feed.get("gain_db") for (name, bus), feed in plan.sends.items() if name == track.name}
    # a send at its bottom is as none, but one that the scene names stays named
    sends = {bus: gain for bus, gain in sends.items() if gain > SILENT_DB or bus in track.sends}
    return replace(
        track, slots=[_slot(plan, slot) for slot in track.slots], keys=replace(track.keys), sends=sends,
        gain_db=strip.get("gain_db"), pan=strip.get("pan"), mute=strip.get("mute") >= 0.5,
    )  # fmt: skip


def _bus(plan: Plan, bus: Bus) -> Bus:
    strip = plan.strips[bus.name]
    return replace(
        bus, slots=[_slot(plan, slot) for slot in bus.slots],
        gain_db=strip.get("gain_db"), pan=strip.get("pan"), mute=strip.get("mute") >= 0.5,
    )  # fmt: skip


def _player(slot: PlayerSlot, link: Playing | None) -> PlayerSlot:
    values = dict(slot.values) | (dict(link.values) if link is not None else {})
    lanes = getattr(link, "lanes", None)
    return replace(slot, values=values, **({"lanes": lanes} if lanes else {}))


def snapshot(scene: Scene, plan: Plan, engine: Engine, master_db: float, links: Iterable[Playing]) -> Scene:
    """A scene of its own with everything as it is set now; the given one is left as it was."""
    transport = engine.record[0]["transport"]
    running = {link.number: link for link in links}
    tracks = [_track(plan, track) for track in plan.rack.tracks]
    buses = [_bus(plan, bus) for bus in plan.rack.buses]
    rack = replace(plan.rack, tracks=tracks, buses=buses, master=[_slot(plan, slot) for slot in plan.rack.master])
    return replace(
        scene,
        tempo_bpm=float(transport["tempo_bpm"]),
        signature=(int(transport["numerator"]), int(transport["denominator"])),
        master_db=master_db,
        rack=rack,
        players=[_player(slot, running.get(number)) for number, slot in enumerate(scene.players)],
    )


def carry_transport(former: Engine, engine: Engine) -> None:
    """A new engine, before it runs, goes on where the former one was: position, loop, playing."""
    old, new = former.record[0]["transport"], engine.record["transport"]
    for name in ("playing", "numerator", "denominator", "looping", "loop_start", "loop_end"):
        new[name] = old[name]
    engine.set_tempo_now(float(old["tempo_bpm"]))
    engine.locate(float(old["beat"]))
