"""The running instrument: engine, driver, scene, players, MIDI and control held together on one thread, [main].

Slow work (loading a scene, opening a file) is queued as a job and done between two ticks of the main loop; nothing that
sounds waits for it.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from realtime.contract.events import NOTE_ON
from realtime.drivers.choose import Choice, choose
from realtime.engine import layout, takes
from realtime.engine.engine import Engine
from realtime.engine.plan import Plan
from realtime.engine.recorder import Recorder
from realtime.engine.schedule import STATUS_HEARD
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.control_tree import ControlTree
from realtime.session.midi_io import MidiIO
from realtime.session.paths import DEFAULT_SCENE, scene_files, user_folder
from realtime.session.player_link import PlayerLink
from realtime.session.scene import Scene

TICK_S = 1.0 / 60.0


@dataclass
class Options:
    """How a session is opened. None: the sensible choice."""

    scene: str = DEFAULT_SCENE
    driver: str | None = None
    frames: int | None = None
    sample_rate: int | None = None
    device: str | None = None
    server: str | None = None
    inputs: int | None = None
    outputs: int = 2
    midi: bool = True
    midi_ports: tuple[str, ...] = ("*",)
    players: bool = True
    control: bool = True
    control_port: int = 0
    follow_clock: bool = False
    send_clock: bool = False


class Session:
    """Open, play, close. Use as a context manager."""

    def __init__(self, options: Options):
        self.options = options
        self.messages: deque[str] = deque(maxlen=200)
        self.on_message: Callable[[str], Any] | None = None
        self._jobs: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        self._thread = threading.get_ident()
        self.choice: Choice = choose(options.driver, options.sample_rate, options.device, options.server)
        self.scene: Scene = scenes.load(options.scene)
        self.engine = self._make_engine(self.choice.sample_rate)
        self.plan: Plan = self._install(self.scene, wait_s=0.0)
        self.driver = self.choice.create()
        self.recorder: Recorder | None = None
        self.record_state = "stopped"
        self.links: list[PlayerLink] = []
        self.notes_heard = 0
        self.player_notes = 0
        self.player_status: dict[int, int] = {}
        self.midi: MidiIO | None = None
        self.control: ControlTree | None = None
        self._closed = False

    # -- opening and closing ------------------------------------------------------------------------------------------

    def _make_engine(self, sample_rate: float) -> Engine:
        options = self.options
        wanted = max((max(t.audio_input, default=0) for t in self.scene.rack.tracks), default=0)
        inputs = options.inputs if options.inputs is not None else wanted
        if self.choice.name == "jack" and options.inputs is None:
            inputs = max(2, inputs)  # ports cost nothing there, and a later scene may want them
        engine = Engine(sample_rate, inputs, options.outputs, self.scene.tempo_bpm)
        engine.record["transport"]["playing"] = 1
        return engine

    def _install(self, scene: Scene, wait_s: float = 1.0) -> Plan:
        plan = self.engine.compile(scene.rack)
        self.engine.set_tempo(scene.tempo_bpm)
        self.engine.set_signature(*scene.signature)
        self.engine.set_master_db(scene.master_db)
        self.engine.swap(plan, wait_s)
        return plan

    def open(self) -> Session:
        """Start the sound, then everything around it. Raises AntiphonError."""
        self.driver.on_lost = self._sound_lost
        self.driver.on_midi_gone = lambda port: self.engine.release(layout.PORT_SOURCE + port)
        self.driver.on_back = lambda what: self.say(f"sound is back: {what}")
        self.driver.on_rate_change = self._rate_changed
        keywords: dict[str, Any] = {}
        if self.choice.name == "jack":
            keywords["server"] = self.options.server
        elif self.choice.name == "portaudio":
            keywords["device"] = self.options.device
        frames = self.options.frames or self.choice.frames or 128
        self.engine.record["native_midi"] = int(self.driver.native_midi)
        self.engine.watch_scope(True)
        self.driver.open(self.engine, frames, **keywords)
        self.driver.start()
        self.say(f"{self.driver.description} ({self.choice.why})")
        if self.options.midi:
            self.midi = MidiIO(self.engine, self.options.midi_ports, native=self.driver.native_midi, say=self.say)
            self.midi.start()
        if self.options.follow_clock:
            self.engine.follow_clock(layout.PORT_SOURCE)
        if self.options.send_clock:
            self.engine.send_clock(True)
        self._start_players()
        if self.options.control:
            self.control = ControlTree(self, self.options.control_port)
        self._report_devices()
        return self

    def __enter__(self) -> Session:
        return self.open()

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End everything in the order that leaves no note hanging and no file unfinished."""
        if self._closed:
            return
        self._closed = True
        self.engine.panic()
        if self.driver.running:
            time.sleep(0.03)
        for link in self.links:
            link.close()
        self.links.clear()
        if self.midi is not None:
            self.midi.stop()
        if self.recorder is not None:
            self._stop_recording()
        self.driver.close()
        if self.control is not None:
            self.control.close()

    def _sound_lost(self, why: str) -> None:
        """Keys held at the moment of the loss may never be reported up. [supervisor]"""
        self.say(f"sound lost: {why}; waiting for it to return")
        if self.driver.native_midi:
            for source in range(layout.PORT_SOURCE, layout.PORT_SOURCE + 4):
                self.engine.release(source)

    def _rate_changed(self, sample_rate: int) -> Engine | None:
        """The server came back at another rate: the same scene on a new engine. [supervisor]"""
        done = threading.Event()
        made: list[Engine] = []

        def rebuild() -> None:
            try:
                if self.recorder is not None:
                    self.say("the sample rate has changed: the recording ends here, start a new one")
                    self._stop_recording()
                self.choice = Choice(self.choice.name, self.choice.why, sample_rate, self.choice.frames)
                self.engine = self._make_engine(sample_rate)
                self.engine.record["native_midi"] = int(self.driver.native_midi)
                self.engine.watch_scope(True)
                self.scene = self.snapshot()
                self.plan = self._install(self.scene, wait_s=0.0)
                for link in self.links:
                    link.connect(self.engine)
                if self.midi is not None:
                    self.midi.engine = self.engine
                if self.control is not None:
                    self.control.fill()
                made.append(self.engine)
            finally:
                done.set()

        self._jobs.put(rebuild)
        return made[0] if done.wait(20.0) and made else None

    # -- messages and jobs --------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line for the performer: status line, panel and log."""
        self.messages.append(f"{datetime.now():%H:%M:%S} {text}")
        if self.on_message is not None:
            self.on_message(text)

    def do(self, job: Callable[[], Any]) -> None:
        """Queue work for the main thread. [any but audio]"""
        self._jobs.put(job)

    def tick(self) -> None:
        """One turn of the main loop: jobs, meters, notes, retired plans. [main]"""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            try:
                job()
            except AntiphonError as error:
                self.say(str(error))
        self.engine.collect()
        self._publish()
        for link in self.links:
            link.watch()
        if self.recorder is not None and self.recorder.error:
            self.say(self.recorder.error)
            self.record_state = f"failed: {self.recorder.error}"
            self.recorder = None

    def run(self, seconds: float | None = None, stop: threading.Event | None = None) -> None:
        """The main loop, for `seconds` or until `stop` is set. [main]"""
        deadline = None if seconds is None else time.monotonic() + seconds
        while (deadline is None or time.monotonic() < deadline) and not (stop is not None and stop.is_set()):
            self.tick()
            time.sleep(TICK_S)

    def _publish(self) -> None:
        heard = self.engine.heard.pop_all(1000)
        notes = []
        state = self.engine.record[0]
        to_song = float(state["transport"]["beat"]) - float(state["clock_beat"])  # the panel counts in song beats
        for record in heard:
            source, kind = int(record["source"]), int(record["kind"])
            if kind == STATUS_HEARD:
                self.player_status[source - layout.PLAYER_SOURCE] = int(record["number"])
                continue
            is_player = source >= layout.PLAYER_SOURCE
            if kind == NOTE_ON:
                self.notes_heard += not is_player
                self.player_notes += is_player
            name = self._source_name(source)
            notes.append(
                (name, kind == NOTE_ON, int(record["key"]), float(record["value"]), float(record["beat"]) + to_song)
            )
        blocks = self.engine.scope.pop_all(256)
        if self.control is None:
            return
        if notes:
            self.control.server.publish_notes(notes)
        if blocks:
            sound = np.concatenate([r["data"][:, : int(r["frames"])] for r in blocks], axis=1)
            self.control.server.publish_scope(sound, self.engine.sample_rate)
        self.control.publish_meters()

    def _source_name(self, source: int) -> str:
        if source < layout.PLAYER_SOURCE:
            return "you"
        number = source - layout.PLAYER_SOURCE
        return self.links[number].name if number < len(self.links) else f"player {number + 1}"

    def _report_devices(self) -> None:
        for node in self.plan.ordered():
            for key in ("warning", "way"):
                if node.instance.report.get(key):
                    self.say(f"{node.label}: {node.instance.report[key]}")

    # -- scenes -------------------------------------------------------------------------------------------------------

    def load_scene(self, name: str | Path) -> None:
        """Switch to a scene; what sounds rings out. A scene that cannot be loaded leaves everything as it is. [main]"""
        scene = scenes.load(name)
        plan = self.engine.compile(scene.rack)  # raises before anything is touched
        self.scene, self.plan = scene, plan
        self.engine.set_tempo(scene.tempo_bpm)
        self.engine.set_signature(*scene.signature)
        self.engine.set_master_db(scene.master_db)
        if not self.engine.swap(plan) and self.driver.running:
            self.say(f"scene {scene.title!r} waits for the callback")
        self._start_players()
        if self.control is not None:
            self.control.fill()
        self.say(f"scene: {scene.title}")
        self._report_devices()

    def request_scene(self, name: str) -> None:
        """Load a scene soon. [any but audio]"""
        self.do(lambda: self.load_scene(name))

    def snapshot(self) -> Scene:
        """The current scene with the values as they stand."""
        for node in self.plan.ordered():
            if node.slot is not None:
                params = node.instance.params
                node.slot.values = {p.id: float(node.target[row]) for row, p in enumerate(params)}
        return self.scene

    @staticmethod
    def scene_names() -> list[str]:
        return list(scene_files())

    def _start_players(self) -> None:
        wanted = self.scene.players if self.options.players else []
        for link in self.links[len(wanted) :]:
            link.close()
        del self.links[len(wanted) :]
        for number, slot in enumerate(wanted):
            if number < len(self.links) and self.links[number].slot.player == slot.player:
                self.links[number].update(slot)
                continue
            if number < len(self.links):
                self.links[number].close()
            try:
                link = PlayerLink(number, slot, self.engine, self.say)
            except AntiphonError as error:
                self.say(str(error))
                continue
            self.links[number : number + 1] = [link]

    # -- playing ------------------------------------------------------------------------------------------------------

    def note(self, status: int, data1: int, data2: int) -> None:
        """A raw message from panel, computer keyboard or demo. [any but audio]"""
        self.engine.midi_in(layout.PANEL_SOURCE, bytes((status & 0xFF, data1 & 0x7F, data2 & 0x7F)), 0)

    def panic(self) -> None:
        """Silence now. [any but audio]"""
        self.engine.panic()

    # -- recording ----------------------------------------------------------------------------------------------------

    def record(self, path: str, anywhere: bool = False) -> None:
        """Start recording to a new file, or stop with ""; anywhere: outside the recordings folder too. [main]"""
        if self.recorder is not None:
            self._stop_recording()
        if not path:
            return
        try:
            target = takes.place(path, user_folder("recordings"), anywhere)
            self.recorder = Recorder(self.engine, target).start()
            self.record_state = "recording"
            self.say(f"recording to {self.recorder.path}")
        except AntiphonError as error:
            self.record_state = f"failed: {error}"
            self.say(str(error))

    def _stop_recording(self) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return
        try:
            path = recorder.stop()
            self.record_state = "stopped"
            lost = f"; {recorder.lost} blocks were lost to a disk that stood still" if recorder.lost else ""
            self.say(f"recorded {recorder.seconds:.1f} s to {path}{lost}")
        except AntiphonError as error:
            self.record_state = f"failed: {error}"
            self.say(str(error))

    @property
    def recording(self) -> str:
        """Path of the file being recorded, or ""."""
        return str(self.recorder.path) if self.recorder is not None else ""
