"""The rig as a panel draws it: tracks, buses, master and players, with their identities and addresses, as JSON; [main]."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from realtime.engine.plan import Plan
from realtime.engine.rack import Rack, Slot, Track
from realtime.session.document.document import Document
from realtime.session.names import addresses


def identity(rack: Rack) -> list[int]:
    """The uids of all that sounds, as `Document.identity` has them."""
    return [uid for (_, owner), slots in rack.chains() for uid in [owner, *(slot.uid for slot in slots)]]


def _device(plan: Plan, slot: Slot, number: int) -> dict[str, Any]:
    node = plan.nodes[slot.uid]
    running = node.slot or slot
    return {
        "uid": slot.uid, "number": number, "device": node.name, "title": node.label, "kind": node.kind,
        "bypass": running.bypass, "options": running.options, "sidechain": running.sidechain,
    }  # fmt: skip


def _track(track: Track, at: str) -> dict[str, Any]:
    keys = track.keys
    return {
        "uid": track.uid, "name": track.name, "mix": f"/mix/{at}", "title": track.name, "hears": keys.sources,
        "channels": keys.channels, "keys": (keys.key_low, keys.key_high),
        "velocities": (keys.velocity_low, keys.velocity_high), "transpose": keys.transpose,
        "audio_input": track.audio_input, "audio_from": track.audio_from, "width": track.channels,
        "output": track.output, "midi_out": track.midi_out,
    }  # fmt: skip


def describe(session: Any, document: Document) -> str:
    """JSON: {"tracks", "buses", "master", "players"}; "number" is the N of /rack/N."""
    plan: Plan = session.plan
    rack = plan.rack
    numbers = {slot.uid: number for number, slot in enumerate(rack.slots(), 1)}
    at = addresses([*(track.name for track in rack.tracks), *(bus.name for bus in rack.buses)])

    def devices(slots: Sequence[Slot]) -> list[dict[str, Any]]:
        return [_device(plan, slot, numbers[slot.uid]) for slot in slots]

    players = [
        {
            "number": link.number + 1, "player": link.slot.player, "title": link.title, "hears": link.slot.hears,
            "options": link.slot.options,
            "lanes": [
                {"name": lane.name, "channel": lane.channel, "midi": lane.midi, "port": lane.port} for lane in link.lanes
            ],
        }
        for link in session.links
    ]  # fmt: skip
    return json.dumps(
        {
            "tracks": [_track(track, at[track.name]) | {"devices": devices(track.slots)} for track in rack.tracks],
            "buses": [
                {
                    "uid": bus.uid, "name": bus.name, "mix": f"/mix/{at[bus.name]}", "width": bus.channels,
                    "devices": devices(bus.slots),
                }
                for bus in rack.buses
            ],
            "master": devices(rack.master),
            "players": players,
        }
    )  # fmt: skip
