"""Puts the knobs of a running plan back to what a scene says, without touching what sounds; [main]."""

from __future__ import annotations

from realtime.contract.limits import SILENT_DB
from realtime.engine.plan import Plan
from realtime.engine.rack import Bus, Track
from realtime.session.scene_data import Scene


def restore(plan: Plan, scene: Scene) -> None:
    """scene: read anew from the file that the plan was compiled from, so that devices, tracks and buses stand in the same
    order; what has no partner is left as it is."""
    for node, slot in zip(plan.ordered(), scene.rack.slots(), strict=False):
        for row, param in enumerate(node.instance.params):
            node.target[row] = param.parse(slot.values.get(param.id, param.default))
        if node.slot is not None and node.slot.bypass != slot.bypass:
            node.bypass(slot.bypass)
    strips: list[Track | Bus] = [*scene.rack.tracks, *scene.rack.buses]
    for strip in strips:
        feed = plan.strips.get(strip.name)
        if feed is None:
            continue
        feed.set("gain_db", strip.gain_db)
        feed.set("pan", strip.pan)
        feed.set("mute", float(strip.mute))
    for track in scene.rack.tracks:
        for bus in scene.rack.buses:
            if (send := plan.sends.get((track.name, bus.name))) is not None:
                send.set("gain_db", track.sends.get(bus.name, SILENT_DB))
