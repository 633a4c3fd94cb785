"""Which ports there are for the map, in and out, whoever carries them: the driver or our own MIDI; [map thread]."""

from __future__ import annotations

from typing import Any

from realtime.engine.layout import PORT_SOURCE
from realtime.session.map.controllers import Port
from realtime.session.midi_io import NATIVE_IN, NATIVE_OUT


class Plugs:
    """session: see `session.Session`."""

    def __init__(self, session: Any):
        self._session = session

    def inputs(self) -> list[tuple[str, int]]:
        """(name, engine source) of each port that is open now."""
        session = self._session
        found = [(NATIVE_IN, PORT_SOURCE)] if session.driver.native_midi else []
        if session.midi is not None:
            found += [
                (one["name"], session.midi.engine_source(one["source"]))
                for one in session.midi.ports.status()["inputs"]
            ]
        return found

    def outputs(self) -> list[str]:
        """Names of the outputs that are open now."""
        return list(self._session.midi.ports.status()["outputs"]) if self._session.midi is not None else []

    def cables(self) -> frozenset[str]:
        """What is connected with the driver's own MIDI out."""
        return frozenset(there for ours, there in getattr(self._session.driver, "cables", ()) if ours == NATIVE_OUT)

    def send(self, port: Port, data: bytes) -> None:
        """A message to the lights of a box."""
        if port.out == "":
            self._session.engine.reply(data)
        elif port.out is not None and self._session.midi is not None:
            self._session.midi.ports.send(data, to=port.out)
