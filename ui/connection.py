"""The panel's end of the wire: finds the engine, follows it through restarts, turns messages into signals; Qt thread.

Describing the tree (HTTP) runs on a helper thread, so that an engine that stalls never freezes the panel.
"""

import queue
import threading
import time
from typing import Any

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from realtime.control.client import ControlClient, fetch_json
from realtime.control.discovery import Endpoint, discover
from realtime.control.wire import Message
from ui import model

FRAME_MS = 16
SEARCH_EVERY_S = 0.5
SILENT_AFTER_S = 3.0
BEAT = "/transport/beat"
STREAMS = ("/stream/scope", "/stream/meters", "/stream/notes", "/stream/plan")


class Connection(QObject):
    """State is "searching", "connected" or "silent" (connected, but nothing heard for a while)."""

    state_changed = pyqtSignal(str)
    instrument_changed = pyqtSignal(object)  # model.Instrument, on connecting and whenever the tree's nodes change
    value_changed = pyqtSignal(str, object)
    meters = pyqtSignal(dict)
    scope = pyqtSignal(object, float)  # float32 (channels, n), sample rate
    note = pyqtSignal(str, bool, int, float, float, str)  # source, on, key, velocity, beat, lane
    plan = pyqtSignal(tuple)  # player from 1, lane, kind, serial, beat, duration, key, velocity 0..1
    refused = pyqtSignal(str)  # the server's sentence

    def __init__(self, port: int | None = None) -> None:
        super().__init__()
        self.port = port
        self.state = "searching"
        self.client: ControlClient | None = None
        self._instance = ""
        self._version = -1
        self._answers: queue.SimpleQueue[tuple[Endpoint, dict, int] | None] = queue.SimpleQueue()
        self._asking = False
        self._news: dict[str, Any] = {}  # values told since the tree was asked for: its description may be older
        self._next_search = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Begins searching."""
        self._timer.start(FRAME_MS)

    def pause(self) -> None:
        """No frames of its own: whoever measures calls `tick`."""
        self._timer.stop()

    def stop(self) -> None:
        """Says goodbye."""
        self._timer.stop()
        if self.client is not None:
            self.client.close()
            self.client = None

    @property
    def gone(self) -> bool:
        """Whether nobody listens at the instrument's port any more: it has ended, and is not only silent."""
        return self.client is None or self.client.refused

    def search_now(self) -> None:
        """Looks for an instrument at once."""
        self._next_search = 0.0

    def send(self, address: str, *args: Any) -> None:
        """Sends a message if connected; dropped otherwise."""
        if self.client is not None:
            self.client.send(address, *args)

    def tick(self) -> None:
        """One frame: messages, state, answers of the helper thread."""
        client = self.client
        if client is not None:
            for message in newest_beat(client.poll()):
                self._on_message(message)
            lost = client.refused or client.silence_s > SILENT_AFTER_S
            self._set_state("silent" if lost else "connected")
            changed = client.instance and client.instance != self._instance
            if lost or changed or client.version != self._version:
                self._ask()
        else:
            self._ask()
        self._take_answer()

    def _ask(self) -> None:
        now = time.monotonic()
        if self._asking or now < self._next_search:
            return
        self._asking = True
        self._news = {}
        self._next_search = now + (SEARCH_EVERY_S if self.state != "connected" else 0.05)
        version = self.client.version if self.client is not None else -1
        # one that answers is kept, also when another instrument is started beside it
        known = self.client.endpoint if self.client is not None and self.state == "connected" else None
        threading.Thread(target=self._fetch, args=(known, version), name="describe", daemon=True).start()

    def _fetch(self, known: Endpoint | None, version: int) -> None:
        """[helper thread]"""
        try:
            endpoint = known or discover(self.port)
            self._answers.put((endpoint, fetch_json(endpoint, "/", 5.0), version))
        except Exception:  # whatever it was, the frame timer asks again
            self._answers.put(None)

    def _take_answer(self) -> None:
        try:
            answer = self._answers.get_nowait()
        except queue.Empty:
            return
        self._asking = False
        if answer is None:
            return
        endpoint, description, version = answer
        if self.client is None or (self.client.endpoint.port, self.client.endpoint.host) != (
            endpoint.port,
            endpoint.host,
        ):
            if self.client is not None:
                self.client.close()
            self.client = ControlClient(endpoint=endpoint)
            self.client.subscribe("/", *STREAMS)
            version = -1
        elif self.client.refused or self.state == "silent":
            self.client.subscribe("/", *STREAMS)
        self._instance, self._version = self.client.instance, version
        fresh = model.read(description)
        fresh.values.update({address: value for address, value in self._news.items() if address in fresh.values})
        self.instrument_changed.emit(fresh)
        self._set_state("connected")

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _on_message(self, message: Message) -> None:
        address, args = message.address, message.args
        if address == "/stream/scope" and message.tags == "ifhb":
            channels, sample_rate, _first, blob = args
            if channels > 0 and len(blob) % (4 * channels) == 0:
                self.scope.emit(np.frombuffer(blob, "<f4").reshape(channels, -1), sample_rate)
        elif address == "/stream/meters":
            self.meters.emit(dict(zip(args[::2], args[1::2], strict=False)))
        elif address == "/stream/notes":
            for at in range(0, len(args) - 5, 6):
                source, on, key, velocity, beat, lane = args[at : at + 6]
                self.note.emit(source, bool(on), key, velocity, beat, lane)
        elif address == "/stream/plan":
            for at in range(0, len(args) - 7, 8):
                self.plan.emit(tuple(args[at : at + 8]))
        elif address == "/antiphon/error":
            self.refused.emit(str(args[-1]) if args else "")
        elif not address.startswith("/antiphon/") and len(args) == 1:
            self._news[address] = args[0]
            self.value_changed.emit(address, args[0])


def newest_beat(messages: list[Message]) -> list[Message]:
    """Without the beats that a newer one in the same turn has overtaken: after a standstill they would be jumps."""
    last = max((at for at, one in enumerate(messages) if one.address == BEAT), default=-1)
    return [one for at, one in enumerate(messages) if one.address != BEAT or at == last]
