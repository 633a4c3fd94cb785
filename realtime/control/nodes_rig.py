"""The rig's part of the tree: the sound, the MIDI ports, the keyboard; [main]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from realtime.control.tree import READ, READ_WRITE, WRITE, Node

RIG = (
    ("/audio/state", "s", READ, None, "Sound", "JSON: driver, device, server, sample_rate, frames, inputs, outputs, "
     "description, latency_ms, and the drivers, devices, rates and blocks that there are."),
    ("/audio/set", "s", WRITE, None, "Change the sound", "JSON with any of driver, device, server, sample_rate, frames, "
     "inputs, outputs, resize_server: faded out, changed, faded in; what fails leaves what worked."),
    ("/audio/look", "I", WRITE, None, "List the devices", "Looks for audio devices anew; /audio/state has them soon."),
)  # fmt: skip
"""(address, type, access, range, title, description)"""


def rig_nodes(getters: Mapping[str, Callable[[], Any]], setters: Mapping[str, Callable[[Any], Any]]) -> list[Node]:
    """The nodes of RIG, by the functions of their addresses; a setter returns at once."""
    return [
        Node(
            address, kind, access, limits, title=title, description=text, curve="bool" if kind == "T" else "lin",
            get=getters.get(address), set=setters.get(address), poll=access in (READ, READ_WRITE) and address in getters,
        )
        for address, kind, access, limits, title, text in RIG
    ]  # fmt: skip
