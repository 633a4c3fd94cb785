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
    ("/midi/ports", "s", READ, None, "MIDI ports", "JSON list: name, direction, open, present, ignored, asked, activity (1 at "
     "a message, 0 a second later), last message, when it was seen."),
    ("/midi/outputs", "s", READ, None, "MIDI outputs", "JSON list: names of all that players' lanes can be sent to."),
    ("/midi/use", "s", WRITE, None, "Use a MIDI port", "By name; remembered."),
    ("/midi/ignore", "s", WRITE, None, "Ignore a MIDI port", "By name; it is closed, and stays so when it comes back."),
    ("/midi/ask", "T", READ_WRITE, None, "Ask about new ports", "A port that is not known waits until it is used or ignored."),
    ("/midi/thru", "T", READ_WRITE, None, "MIDI thru", "What is played goes on to MIDI out; a port can say otherwise."),
    ("/midi/transpose", "i", READ_WRITE, (-48, 48), "Transpose", "All that is played by hand, in semitones; drums stay."),
    ("/midi/port", "s", WRITE, None, "Set up a MIDI port", "JSON with port and any of channels, filter, curve, transpose, "
     "octave, pedal_inverted, drums, thru; kept by name."),
    ("/midi/settings", "s", READ, None, "Port settings", "JSON: what is set, by port name."),
    ("/midi/monitor", "s", READ, None, "MIDI monitor", "JSON list of the last 200 messages: at, port, direction, text, bytes. "
     "Reading it watches for five seconds."),
    ("/midi/watch", "T", READ_WRITE, None, "Watch MIDI", "While it is on the monitor is told of every message."),
    ("/clock/follow", "s", READ_WRITE, None, "Follow a clock", 'Whose MIDI clock leads: "" of nobody, "any" of who sends one, '
     "or a port by its name or a pattern of names; followed once it is there."),
    ("/clock/send", "T", READ_WRITE, None, "Send our clock", "MIDI clock, start, stop and song position to MIDI out."),
    ("/keyboard/setup", "s", WRITE, None, "Set up a keyboard", "start, scale, touch, pedals, keep or cancel: what a rented "
     "keyboard is, found by playing it."),
    ("/keyboard/state", "s", READ, None, "Keyboard setup", "JSON: step, what to do, what was found, histogram and curve."),
)  # fmt: skip
"""(address, type, access, range, title, description)"""


TOUCHED = ("/midi/monitor",)
"""Told when there is news: to look at them costs something."""


def rig_nodes(getters: Mapping[str, Callable[[], Any]], setters: Mapping[str, Callable[[Any], Any]]) -> list[Node]:
    """The nodes of RIG, by the functions of their addresses; a setter returns at once."""
    return [
        Node(
            address, kind, access, limits, title=title, description=text, curve="bool" if kind == "T" else "lin",
            get=getters.get(address), set=setters.get(address),
            poll=access in (READ, READ_WRITE) and address in getters and address not in TOUCHED,
        )
        for address, kind, access, limits, title, text in RIG
    ]  # fmt: skip
