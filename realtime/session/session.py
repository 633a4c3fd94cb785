"""The running instrument: engine, driver, scene, players, MIDI and control held together on one thread, [main].

Slow work (loading a scene, opening a file) is queued as a job and done between two ticks of the main loop; nothing that
sounds waits for it, and nothing that fails in it ends the loop.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from realtime.contract.messages import MOVED
from realtime.drivers.base import Driver
from realtime.drivers.choose import Choice, choose
from realtime.engine import layout
from realtime.engine.engine import Engine
from realtime.engine.plan import Plan
from realtime.engine.switching import Prepared
from realtime.native.errors import AntiphonError
from realtime.session import scene as scenes
from realtime.session.audio_rig import AudioRig
from realtime.session.cast import Cast
from realtime.session.checks import lost_inputs, lost_outputs, require_memory
from realtime.session.clock import ANYBODY, NOBODY, Clock
from realtime.session.control_tree import ControlTree
from realtime.session.document.mapping import Dicts
from realtime.session.editing.editor import Editor
from realtime.session.editing.recovery import Recovery
from realtime.session.follower_link import FollowerLink
from realtime.session.guard import Guard
from realtime.session.keyboard_setup import KeyboardSetup
from realtime.session.macros.macro import Macro
from realtime.session.map.maps import Maps
from realtime.session.midi_io import MidiIO
from realtime.session.midi_rig import MidiRig
from realtime.session.music import Music
from realtime.session.options import Options as Options
from realtime.session.paths import scene_files
from realtime.session.player_hosts import PlayerHosts
from realtime.session.player_link import PlayerLink
from realtime.session.publisher import Publisher
from realtime.session.recording import Recording
from realtime.session.renewal import Renewal
from realtime.session.rig_file import RigFile
from realtime.session.scene_data import Scene
from realtime.session.snapshot import snapshot
from realtime.session.songs.band import Band
from realtime.session.songs.incoming import Programs
from realtime.session.songs.keeping import Keeping
from realtime.session.songs.opening import opening
from realtime.session.songs.outward import Outward
from realtime.session.songs.show import Show
from realtime.session.transport import Transport

TICK_S = 1.0 / 60.0
_TIME = ("tempo_bpm", "numerator", "denominator")
LONGEST_LINE = 1000
"""Characters of a message: it may quote what a stranger sent."""


class Session:
    """Open, play, close. Use as a context manager."""

    def __init__(self, options: Options):
        self.options = options
        self.messages: deque[str] = deque(maxlen=200)
        self.said = 0
        """How many messages there were in all."""
        self.on_message: Callable[[str], Any] | None = None
        self.guard = Guard(self.say)
        self.rig = RigFile(options.rig_file, self.say)
        self.audio: AudioRig = AudioRig(self)
        self._jobs: queue.SimpleQueue[tuple[str, Callable[[], Any]]] = queue.SimpleQueue()
        self.recorder = Recording(self.say)
        self.cast: Cast = Cast(self)
        self.renewal = Renewal(self)
        self.music: Music = Music(self)
        self.transport = Transport(lambda: self.engine)
        self.publisher = Publisher(self.cast.name)
        self.midi_rig: MidiRig = MidiRig(self)
        self.keyboard = KeyboardSetup(self, self.midi_rig)
        self.midi: MidiIO | None = None
        self.clock = Clock(
            self, options.clock_from or (ANYBODY if options.follow_clock else NOBODY), options.send_clock
        )
        self.control: ControlTree | None = None
        self.maps: Maps | None = None
        self.closed = False
        """Whether it has been told to end."""
        self.choice: Choice = choose(options.driver, options.sample_rate, options.device, options.server)
        self.scene: Scene
        self.scene, opened = opening(options.scene)
        self.master_db = self.scene.master_db
        self.engine: Engine = Engine(
            self.choice.sample_rate, *self.wanted_channels(options, self.choice), self.scene.tempo_bpm
        )
        self.engine.record["transport"]["playing"] = 1
        self.plan: Plan = self.engine.compile(self.scene.rack)
        self._set(self.scene)
        self.engine.swap(self.plan, 0.0)
        self.driver: Driver = self.choice.create()
        self.editor = Editor(self)
        self.recovery = Recovery(self.editor, options.aside)
        self.show = Show(self)
        self.outward = Outward(self, self.show)
        self.band = Band(self, self.show, self.outward)
        self.keeping = Keeping(self, self.show, self.band, self.editor.check_unlocked)
        self.programs = Programs(self, self.show)
        self.show.on_part.append(self.outward.entered)
        self.show.on_ready.append(self._arm)
        self._opened = opened

    # -- opening and closing ------------------------------------------------------------------------------------------

    def wanted_channels(self, options: Options, choice: Choice) -> tuple[int, int]:
        """Inputs and outputs that an engine should have."""
        wanted = max((max(t.audio_input, default=0) for t in self.scene.rack.tracks), default=0)
        inputs = options.inputs if options.inputs is not None else wanted
        if choice.name == "jack" and options.inputs is None:
            inputs = max(2, inputs)  # ports cost nothing there, and a later scene may want them
        return inputs, options.outputs

    def open(self) -> Session:
        """Start the sound, then everything around it. Raises AntiphonError; nothing is left open then."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def _open(self) -> None:
        self.hook(self.driver)
        self.prepare(self.engine)
        self.audio.open(self.driver, self.engine, self.choice, self.options)
        self.say(f"{self.driver.description} ({self.choice.why})")
        if self.options.midi:
            self._open_midi()
        else:
            self.clock.join()
        self.cast.start()
        self.editor.observe()
        if self.options.control:
            self.control = ControlTree(self, self.options.control_port)
            self.maps = Maps(self, self.control.tree)
            self.maps.listeners.append(self.programs.heard)
            self.maps.store.changed.append(lambda before, after: self.editor.mapped.append((before, after)))
            self.maps.start()
        self._report()
        if self._opened is not None:
            self.editor.lend(everything=True)
            self.show.begin(self._opened)
        if self.options.recover:
            self.guard.run("recovering", self.recovery.take)
        elif self.recovery.offer:
            self.say(f"{self.recovery.offer} (`antiphon play --recover` takes them back)")

    def hook(self, driver: Driver) -> None:
        """Let a driver tell what happens to it; before it starts."""
        driver.on_lost = self._sound_lost
        driver.on_midi_gone = lambda port: self.engine.release(layout.PORT_SOURCE + port)
        driver.on_back = lambda what: self.say(f"sound is back: {what}")
        driver.on_rate_change = self.renewal.rate_changed

    def _open_midi(self) -> None:
        self.midi = MidiIO(
            self.engine, self.options.midi_ports, self.driver.native_midi, self.say, policy=self.midi_rig
        )
        self.clock.join()
        self.midi.start()

    def join_midi(self) -> None:
        """The MIDI ports after the driver was exchanged: one that has ports of its own makes ours superfluous."""
        if self.midi is None:
            return
        if self.midi.native == self.driver.native_midi:
            self.midi.join(self.engine)
            return
        self.midi.stop()
        self._open_midi()

    def prepare(self, engine: Engine) -> None:
        """What every engine of this session is told before it runs."""
        engine.record["native_midi"] = int(self.driver.native_midi)
        engine.watch_scope(True)
        engine.send_clock(self.clock.send)

    def __enter__(self) -> Session:
        return self.open()

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """End everything in the order that leaves no note hanging and no file unfinished; what fails is said."""
        if self.closed:
            return
        self.closed = True
        if self.maps is not None:
            self.guard.run("closing the map", self.maps.close)
        self.guard.run("ending the notes", self._end_notes)
        self.guard.run("putting edits aside", self.recovery.close)
        self.cast.close()
        if self.midi is not None:
            self.guard.run("closing MIDI", self.midi.stop)
        self.guard.run("the recording", self.recorder.close)
        self.guard.run("closing the sound", self.driver.close)
        self.guard.run("freeing memory", self.engine.collect)
        if self.control is not None:
            self.guard.run("closing the control port", self.control.close)

    def _end_notes(self) -> None:
        self.engine.panic()
        if self.driver.running:
            beat, deadline = self.driver.callbacks, time.monotonic() + 1.0
            while self.driver.callbacks < beat + 2 and self.driver.running and time.monotonic() < deadline:
                time.sleep(0.001)

    @property
    def links(self) -> list[PlayerLink]:
        """The players of the scene."""
        return self.cast.links

    @property
    def follower(self) -> FollowerLink | None:
        """Who listens for all of them."""
        return self.cast.follower

    @property
    def hosts(self) -> PlayerHosts:
        """The players' processes."""
        return self.cast.hosts

    # -- the sound goes and comes -------------------------------------------------------------------------------------

    def _sound_lost(self, why: str) -> None:
        """Keys held at the moment of the loss may never be reported up. [supervisor]"""
        self.say(f"sound lost: {why}; waiting for it to return")
        if self.driver.native_midi:
            for source in range(layout.PORT_SOURCE, layout.PORT_SOURCE + 4):
                self.engine.release(source)

    def rig_controls(self) -> tuple[dict[str, Callable[[], Any]], dict[str, Callable[[Any], Any]]]:
        """What the tree reads and sets of the rig, by address."""
        rooms = (self.audio, self.midi_rig, self.keyboard, self.clock)
        getters: dict[str, Callable[[], Any]] = {}
        setters: dict[str, Callable[[Any], Any]] = {}
        for room in rooms:
            getters |= room.getters()
            setters |= room.setters()
        return getters, setters

    def audio_changed(self) -> None:
        """Tell what the scene asks for and the new sound has not."""
        for sentence in lost_inputs(self.scene.rack, self.engine.inputs) + lost_outputs(
            self.scene.rack, self.engine.outputs
        ):
            self.say(sentence)

    # -- messages and jobs --------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line for the performer: status line, panel and log. [any but audio] Never raises."""
        if len(text) > LONGEST_LINE:
            text = f"{text[:LONGEST_LINE]}..."
        self.said += 1
        self.messages.append(f"{datetime.now():%H:%M:%S} {text}")
        if self.on_message is not None:
            try:
                self.on_message(text)
            except Exception:  # nobody there to read it: the panel's log has it
                self.on_message = None

    def do(self, job: Callable[[], Any], what: str = "a request") -> None:
        """Queue work for the main thread; `what` begins the sentence if it fails. [any but audio]"""
        self._jobs.put((what, job))

    def tick(self) -> None:
        """One turn of the main loop: jobs, meters, notes, retired plans. [main] Never raises."""
        for _ in range(self._jobs.qsize()):
            try:
                what, job = self._jobs.get_nowait()
            except queue.Empty:
                break
            self.guard.run(what, job)
        run = self.guard.run
        run("freeing memory", self.engine.collect)
        run("the switches", self.switched)
        run("watching the edits", self.editor.tick)
        run("putting edits aside", self.recovery.tick)
        run("attending to the devices", self._attend)
        run("telling the panel", self._publish)
        run("looking at the sound", self.audio.attend)
        run("looking at the MIDI ports", self._attend_midi)
        run("watching the players", self.hosts.watch)
        run("watching the follower", self.cast.ears.watch)
        run("the recording", self.recorder.watch)
        run("the song", self.show.tick)
        run("click and backing track", self.band.tick)
        run("sending program changes", self.outward.tick)

    def run(self, seconds: float | None = None, stop: threading.Event | None = None) -> None:
        """The main loop, for `seconds` or until `stop` is set. [main]"""
        deadline = None if seconds is None else time.monotonic() + seconds
        while (deadline is None or time.monotonic() < deadline) and not (stop is not None and stop.is_set()):
            self.tick()
            time.sleep(TICK_S)

    def switched(self) -> None:
        """Follow what messages have switched to by themselves. [main]"""
        for news in self.engine.switches.attend():
            if news.kind == "taken" and news.prepared is not None:
                self.show.taken(news.prepared)

    def _arm(self) -> None:
        """Let the callback itself answer to the program changes that call what is ready."""
        self.engine.switches.arm(self.programs.cues())

    def _attend(self) -> None:
        """What devices ask for: a latency that changed, a build anew, a knob that they turned."""
        messages = self.engine.attend(wait_s=0.0)
        plan = self.engine.plan
        if plan is not None and plan is not self.plan and plan.family == self.plan.family:  # a device was built anew
            self.plan = plan
            self.fill_tree()
        moved = {(id(node), row) for node, kind, row, _ in messages if kind == MOVED}
        if moved and self.control is not None:
            self.control.moved(moved)

    def _attend_midi(self) -> None:
        self.midi_rig.attend()
        self.keyboard.attend()
        monitor = self.midi_rig.monitor
        if monitor.news and monitor.watched and self.control is not None:
            monitor.news = False
            self.control.tree.touch("/midi/monitor")

    def _publish(self) -> None:
        server = self.control.server if self.control is not None else None
        self.publisher.publish(self.engine, server)
        for link in self.links:
            self.publisher.publish_plans(self.engine, link.plan_events, server)
        if self.follower is not None:
            self.follower.plan_events(0.0)
        self.music.tick(server)
        if self.control is not None:
            self.control.publish_meters()

    def fill_tree(self) -> None:
        """Make the control tree that of what plays now. [main]"""
        if self.control is not None:
            self.control.fill()

    @property
    def notes_heard(self) -> int:
        """Notes played by hand."""
        return self.publisher.notes_heard

    @property
    def player_notes(self) -> int:
        """Notes played by the players."""
        return self.publisher.player_notes

    def _report(self) -> None:
        """Tell what is known of the scene that sounds: the devices' warnings, channels that lead nowhere."""
        for node in self.plan.ordered():
            report = node.instance.report
            for text in (*report.get("warnings", ()), report.get("way")):
                if text:
                    self.say(f"{node.label}: {text}")
        rack, engine = self.scene.rack, self.engine
        for sentence in lost_inputs(rack, engine.inputs) + lost_outputs(rack, engine.outputs):
            self.say(sentence)

    # -- scenes -------------------------------------------------------------------------------------------------------

    def load_scene(self, name: str | Path) -> None:
        """Switch to a scene; what sounds rings out. [main]

        Raises AntiphonError for one that cannot be loaded, and everything is as it was.
        """
        scene = scenes.load(name)
        self.editor.observe()  # what was moved in the scene that goes
        require_memory()
        prepared = self.engine.switches.prepare(scene.rack)  # raises before anything is touched
        self.enter(scene, prepared, by_song=False)
        self.say(f"scene: {scene.title}")

    def enter(self, scene: Scene, prepared: Prepared, tail_s: float | None = None, by_song: bool = True) -> None:
        """Let a scene sound that was made ready aside; tail_s: how long what sounds now may ring on. [main]"""
        self.change_to(scene, prepared, tail_s)
        self.entered(scene, prepared.plan, by_song)

    def change_to(self, scene: Scene, prepared: Prepared, tail_s: float | None = None) -> None:
        """Exchange the sound, its tempo and its level, and nothing around it. [main]

        Raises AntiphonError if something else was switched to at that moment; everything is as it was then.
        """
        former, transport = self.scene, {name: self.transport.get(name) for name in _TIME}
        master_db = self.master_db
        self._set(scene)
        if self.engine.switches.switch(prepared, tail_s, wait_s=1.0):
            return
        if self.engine.plan is prepared.plan:
            if self.driver.running:
                self.say(f"scene {scene.title!r} waits for the callback")
            return
        self.engine.switches.discard(prepared)
        self.scene = former
        self.set_master_db(master_db)
        for name, value in transport.items():
            self.transport.set(name, value)
        raise AntiphonError(f"{scene.title!r} was overtaken by another switch; call it again")

    def entered(self, scene: Scene, plan: Plan, by_song: bool = True) -> None:
        """A scene sounds since a moment ago, because a song went on or somebody loaded it. [main]"""
        if self.scene is not scene:
            self._set(scene)
        self.plan = plan
        self.music.scene_changed()
        self.cast.start()
        self.editor.observe(by_song)
        self.fill_tree()
        self._report()

    def swap(self, plan: Plan) -> bool:
        """Let an edited plan sound; False if the scene that it edits was left before it came. [main]"""
        return self.engine.swap(plan, 1.0 if self.driver.running else 0.0) or self.engine.plan is plan

    def take_over(self, scene: Scene, plan: Plan) -> None:
        """This is what sounds since a moment ago. [main]"""
        self.scene, self.plan = scene, plan
        self.cast.start()

    def _set(self, scene: Scene) -> None:
        self.hold(scene)
        self.set_master_db(scene.master_db)

    def hold(self, scene: Scene) -> None:
        """The same sound under another tempo, metre or key: devices, players and what sounds go on. [main]"""
        transport, known = self.engine.record[0]["transport"], self.transport.get
        self.scene = scene
        if {float(transport["tempo_bpm"]), known("tempo_bpm")} != {scene.tempo_bpm}:
            self.transport.set("tempo_bpm", scene.tempo_bpm)
        metres = {
            (int(transport["numerator"]), int(transport["denominator"])),
            (known("numerator"), known("denominator")),
        }
        if metres != {scene.signature}:
            self.transport.set_signature(*scene.signature)

    def use_map(self, dicts: Dicts | None = None, rig: Dicts | None = None) -> None:
        """Let these be the assignments of the scene, or of the rig. [main]"""
        if dicts is not None:
            self.scene.map = dicts
        if self.maps is not None:
            self.maps.use(rig)

    def macros_now(self) -> tuple[Macro, ...]:
        """Those in force: of the scene, or found for it."""
        return self.control.macros.all if self.control is not None else self.scene.macros

    def use_macros(self, macros: tuple[Macro, ...]) -> None:
        """Let these be the macros of the scene; none: what a hand wants first of it. [main]"""
        self.scene.macros = macros
        self.fill_tree()

    def request_scene(self, name: str) -> None:
        """Load a scene soon. [any but audio]"""
        self.do(lambda: self.load_scene(name), "loading the scene")

    def snapshot(self) -> Scene:
        """A scene of everything as it is set now: devices, mixer, master, tempo, signature, players."""
        return snapshot(self.scene, self.plan, self.engine, self.master_db, self.links)

    @staticmethod
    def scene_names() -> list[str]:
        return list(scene_files())

    # -- playing ------------------------------------------------------------------------------------------------------

    def note(self, status: int, data1: int, data2: int) -> None:
        """A raw message from panel, computer keyboard or demo. [any but audio]"""
        self.engine.midi_in(layout.PANEL_SOURCE, bytes((status & 0xFF, data1 & 0x7F, data2 & 0x7F)), 0)

    def send_midi(self, data: bytes, port: str = "") -> bool:
        """A message to Antiphon's own MIDI out, or to the outputs of a pattern; False if there is none. [any but audio]"""
        if not port:
            return self.engine.reply(data)
        return self.midi is not None and self.midi.send_to(data, port)

    def address_midi(self, patterns: list[str]) -> None:
        """Open the outputs of these patterns for `send_midi`. [main]"""
        if self.midi is not None:
            self.midi.address(patterns)

    def panic(self) -> None:
        """Silence now, inside and at all that listens to us. [any but audio]"""
        self.engine.panic()
        if self.midi is not None:
            self.midi.ports.panic()

    def set_master_db(self, gain_db: float) -> None:
        """Level of the master; the lowest is silence. [any but audio]"""
        self.master_db = gain_db
        self.engine.set_master_db(gain_db)

    def note_master_db(self, gain_db: float) -> None:
        """The callback has set the level by itself. [any but audio]"""
        self.master_db = gain_db

    # -- recording ----------------------------------------------------------------------------------------------------

    def record(self, path: str, anywhere: bool = False) -> None:
        """Start recording to a new file, or stop with ""; anywhere: outside the recordings folder too. [main]"""
        if path:
            self.recorder.start(self.engine, path, anywhere)
        else:
            self.recorder.stop()

    @property
    def recording(self) -> str:
        """Path of the file being recorded, or ""."""
        return self.recorder.path

    @property
    def record_state(self) -> str:
        """ "stopped", "recording", or "failed: " and why."""
        return self.recorder.state
