"""The sound of a session: driver, device, rate, block and channels, chosen while it plays; [main].

A change fades the master out, opens what is asked for with everything as it is set, and fades in. What cannot be opened
is said, and what worked before goes on.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from realtime.contract.limits import SILENT_DB
from realtime.drivers import survey
from realtime.drivers.base import Driver
from realtime.drivers.choose import Choice
from realtime.drivers.jack import JackDriver, Patchbay
from realtime.engine import layout
from realtime.engine.engine import Engine
from realtime.native.errors import AntiphonError
from realtime.session.audio_wish import KEPT, read_wish, wished_choice, wished_options
from realtime.session.guard import explain
from realtime.session.instrument import Rigged
from realtime.session.options import Options

DEFAULT_BLOCK = 128
_FADED = 1e-4
_FADE_TIMEOUT_S = 0.5
_FLUSH_S = 0.2
_REFRESH_S = 1.0


class AudioRig:
    """session: the one it belongs to. `state` is the JSON of /audio/state."""

    def __init__(self, session: Rigged):
        self._session = session
        self.changing = threading.Event()
        """Set while a driver is being exchanged."""
        self._survey: dict[str, Any] = {}
        self._looking = threading.Lock()
        self._next = 0.0
        self.state = "{}"

    def getters(self) -> dict[str, Callable[[], Any]]:
        """What the tree reads."""
        return {"/audio/state": lambda: self.state}

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        """What the tree sets."""
        return {"/audio/set": self.request, "/audio/look": lambda _: self.look()}

    # -- asked from outside -------------------------------------------------------------------------------------------

    def request(self, text: str) -> None:
        """/audio/set: change what the JSON names, soon. Raises AntiphonError for what cannot be meant. [any but audio]"""
        wish = read_wish(text)
        threading.Thread(target=self._prepare, args=(wish,), name="audio survey", daemon=True).start()

    def look(self) -> None:
        """List the devices anew; `state` has them soon. [any but audio]"""
        threading.Thread(target=self._look, name="audio survey", daemon=True).start()

    def _prepare(self, wish: dict[str, Any]) -> None:
        if wish.get("driver", self._session.choice.name) not in ("null", "jack"):
            self._look()
        self._session.do(lambda: self.change(wish), "changing the sound")

    def _look(self) -> None:
        if not self._looking.acquire(blocking=False):
            with self._looking:  # one look is under way: its answer will do
                return
        try:
            self._survey = survey.ask(self._session.options.server)
        except AntiphonError as error:
            self._session.say(str(error))
        finally:
            self._looking.release()
        self._next = 0.0

    # -- opening ------------------------------------------------------------------------------------------------------

    def open(
        self, driver: Driver, engine: Engine, choice: Choice, options: Options, patch: Patchbay | None = None
    ) -> None:
        """Open and start a driver for an engine. Raises AntiphonError."""
        keywords: dict[str, Any] = {}
        if choice.name == "jack":
            keywords = {
                "server": options.server, "device": options.device, "resize_server": options.resize_server, "restore": patch,
            }  # fmt: skip
        elif choice.name == "portaudio":
            keywords = {"device": options.device}
        driver.open(engine, options.frames or choice.frames or DEFAULT_BLOCK, **keywords)
        try:
            driver.start()
        except BaseException:
            driver.close()
            raise

    # -- changing -----------------------------------------------------------------------------------------------------

    def change(self, wish: dict[str, Any]) -> None:
        """Go over to what is wished. Raises AntiphonError with the reason, and what sounded sounds on. [main]"""
        session = self._session
        options = wished_options(session.options, session.choice, wish)
        choice = wished_choice(options, wish, int(session.engine.sample_rate), self._survey or None)
        self.changing.set()
        try:
            if not self._only_resized(options, choice):
                self._exchange(options, choice)
        finally:
            self.changing.clear()
            session.engine.set_master_db(session.master_db)
            self._next = 0.0
        session.options, session.choice = options, choice
        session.rig.put(("audio",), {name: getattr(options, name) for name in KEPT} | {"driver": choice.name})
        session.say(f"sound: {session.driver.description}")
        session.audio_changed()

    def _only_resized(self, options: Options, choice: Choice) -> bool:
        """A JACK server whose period alone is to change keeps its client and all its cables."""
        session, driver = self._session, self._session.driver
        same = (choice.name, options.server, options.device) == (
            session.choice.name, session.options.server, session.options.device,
        )  # fmt: skip
        engine = session.wanted_channels(options, choice) == (session.engine.inputs, session.engine.outputs)
        if not (same and engine and isinstance(driver, JackDriver) and driver.running):
            return False
        if options.frames is None or choice.sample_rate != driver.sample_rate or not choice.shared:
            return False
        driver.allow_resize(options.resize_server)
        if options.frames != driver.frames:
            self._fade_out()
            driver.resize(options.frames)
        return True

    def _exchange(self, options: Options, choice: Choice) -> None:
        """Close the driver that plays and open another one, with an engine of its own if it needs one."""
        session = self._session
        former_engine, former_driver, former_choice = session.engine, session.driver, session.choice
        wanted = (float(choice.sample_rate), *session.wanted_channels(options, choice))
        fits = wanted == (former_engine.sample_rate, former_engine.inputs, former_engine.outputs)
        made = None if fits else session.renewal.make(*wanted)  # raises before anything is touched
        self._fade_out()
        self._end_notes(former_engine, players=made is not None)
        patch = former_driver.patchbay if isinstance(former_driver, JackDriver) else None
        former_driver.close()
        try:
            driver = choice.create()
            session.hook(driver)
            engine = made.engine if made is not None else former_engine
            if made is not None:
                session.renewal.carry(made)
            engine.record["native_midi"] = int(driver.native_midi)
            if choice.name == "portaudio":
                _refresh_portaudio()
            same_place = choice.name == former_choice.name and options.device == session.options.device
            self.open(driver, engine, choice, options, patch if same_place else None)
        except BaseException:
            former_engine.record["native_midi"] = int(former_driver.native_midi)
            self._go_back(former_driver, former_engine, former_choice, patch)
            if made is not None:
                made.engine.dispose()
            raise
        session.driver = driver
        if made is not None:
            session.renewal.adopt(made)
            former_engine.dispose()
        session.join_midi()

    def _go_back(self, driver: Driver, engine: Engine, choice: Choice, patch: Patchbay | None) -> None:
        """The driver that worked, opened again; what stopped the other one is told by whoever called."""
        session = self._session
        try:
            self.open(driver, engine, choice, session.options, patch)
        except Exception as second:
            why = explain(second, "the former sound")
            session.say(f"{why}; there is no sound until a driver is chosen")

    def _fade_out(self) -> None:
        """Until the master is silent; bounded, for a driver that has stopped calls nobody."""
        engine, driver = self._session.engine, self._session.driver
        engine.set_master_db(SILENT_DB)
        deadline = time.monotonic() + _FADE_TIMEOUT_S
        while driver.running and engine.record["master_now"][0] > _FADED and time.monotonic() < deadline:
            time.sleep(0.001)

    def _end_notes(self, engine: Engine, players: bool) -> None:
        """Keys held now may be let go unheard: they end here, inside and outside. players: theirs too."""
        driver = self._session.driver
        for source in range(layout.PLAYER_SOURCE):
            engine.release(source)
        for link in self._session.links if players else ():
            engine.release(layout.PLAYER_SOURCE + link.number)
        deadline = time.monotonic() + _FLUSH_S
        while driver.running and (len(engine.messages) or len(engine.commands)) and time.monotonic() < deadline:
            time.sleep(0.001)
        beat = driver.callbacks
        while driver.running and driver.callbacks < beat + 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        while len(engine.midi_ring) and self._session.midi is not None and time.monotonic() < deadline:
            time.sleep(0.001)

    # -- seen from outside --------------------------------------------------------------------------------------------

    def attend(self) -> None:
        """Bring `state` up to date, once a second and after a change."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REFRESH_S
        self.state = json.dumps(self._describe())

    def _describe(self) -> dict[str, Any]:
        session = self._session
        driver, choice, options, engine = session.driver, session.choice, session.options, session.engine
        seen = self._survey.get(choice.name, {})
        rows = seen.get("devices", [])
        rates = [choice.sample_rate] if choice.name == "jack" else seen.get("rates", survey.RATES)
        frames = driver.frames
        delay_s = (frames + engine.latency + session.plan.latency) / engine.sample_rate
        return {
            "driver": choice.name,
            "device": options.device or "",
            "server": options.server or "",
            "sample_rate": int(engine.sample_rate),
            "frames": frames,
            "inputs": engine.inputs,
            "outputs": engine.outputs,
            "description": driver.description,
            "running": bool(driver.running),
            "latency_ms": round(1000.0 * (delay_s + (driver.latency_s() if driver.running else 0.0)), 2),
            "drivers": [name for name in survey.LIVE if self._survey.get(name, {}).get("available", True)],
            "devices": [row["name"] for row in rows],
            "device_table": rows,
            "rates": list(rates),
            "blocks": list(seen.get("blocks", survey.BLOCKS)),
            "shared_block": choice.shared,
            "resize_server": options.resize_server,
        }


def _refresh_portaudio() -> None:
    from realtime.drivers import portaudio

    portaudio.refresh()
