"""The map of a session: what controls say is heard, carried out, learned and shown, on a thread of its own.

[map thread] owns everything here. What comes from outside is checked on the caller's thread and queued; the thread looks
every few milliseconds at the ring of raw messages, and at the tree, the scene and the ports for what has changed. Knobs of
devices and mixer are moved by the callback itself (`engine.bindings`); this thread only publishes the tables for it.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from realtime.control.tree import Tree
from realtime.engine.bind_tables import Aim, Bind, Named, build
from realtime.engine.engine import Engine
from realtime.engine.layout import PANEL_SOURCE
from realtime.engine.plan import Plan
from realtime.midi.map.assignment import Assignment, read_assignment
from realtime.midi.map.decode import Decoder, Heard
from realtime.midi.map.layers import in_force
from realtime.midi.map.source import Source
from realtime.native.errors import AntiphonError
from realtime.session.map.aims import native_aim
from realtime.session.map.controllers import Controllers
from realtime.session.map.learn import Learn, clock_s
from realtime.session.map.lights import EVERY_S, Lights
from realtime.session.map.nodes import map_nodes
from realtime.session.map.plugs import Plugs
from realtime.session.map.run import Live, Runner
from realtime.session.map.showing import Showing
from realtime.session.map.store import MapStore
from realtime.session.midi_io import NATIVE_IN

POLL_S, IDLE_S, AWAKE_S = 0.001, 0.003, 2.0
"""It looks every millisecond while hands are at work, and a little less often once they have rested for a while."""
LOOK_S, TELL_S = 0.2, 0.05
PATIENCE_S = 2.0
"""Time that a scene may be known before its plan plays."""
MESSAGES_A_TURN = 512
_KIND = {"velocity": "note"}


class Maps:
    """session: see `session.Session`; tree: where the controls are told what there is to move."""

    def __init__(self, session: Any, tree: Tree):
        self.session, self.tree = session, tree
        self.store = MapStore(session.say)
        self._plugs = Plugs(session)
        self.controllers = Controllers(self._plugs.inputs, self._plugs.outputs, session.say)
        self._showing = Showing(tree, self.controllers)
        self.layer, self.page, self.part = 0, 0, ""
        self.listeners: list[Callable[[int, int, bytes, bool], Any]] = []
        """Told of every raw channel message from outside: (sample, engine source, bytes, whether it was used up)."""
        self._runner = Runner(tree, self._complain)
        self.lights = Lights(tree, self._runner, self.controllers, self._plugs.send)
        self.learn = Learn(tree, self._runner, self.controllers, self._on_control, self._learn_changed)
        self._orders: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()
        self._decoders: dict[int, Decoder] = {}
        self._lives: list[Live] = []
        self._named: Named | None = None
        self._engine: Engine | None = None
        self._midi: Any = None
        self._playing: Any = None
        self._cabled: frozenset[str] = frozenset()
        self._plan: Plan | None = None
        self._scene: Any = None
        self._waits_s: float | None = None
        self._scene_map: list[dict[str, Any]] = []
        self._version = -1
        self._stale, self._undumped = True, False
        self._moved: set[str] = set()
        self._states, self._learn_state = "", self.learn.state()
        self._heard_s = self._look_s = self._light_s = self._tell_s = 0.0
        self._complaints: dict[str, str] = {}
        self._stop = threading.Event()
        tree.add(*map_nodes(self))
        self._thread = threading.Thread(target=self._run, name="antiphon map", daemon=True)

    # -- [any] --------------------------------------------------------------------------------------------------------

    def start(self) -> Maps:
        self.store.load_rig()
        self._thread.start()
        return self

    def close(self) -> None:
        """End the thread; the callback moves nothing any more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
            self.store.keep()
        self.session.engine.bind(None)

    def order(self, work: Callable[[], Any]) -> None:
        """Do it on the map thread, soon."""
        self._orders.put(work)

    def put(self, table: Mapping[str, Any]) -> None:
        """Add or replace an assignment. Raises AntiphonError for one that is none."""
        made = read_assignment(table, "map")
        self.order(lambda: self._put(made))

    def remove(self, name: str) -> None:
        """Take one out by its id. Raises AntiphonError."""
        if self.store.find(name) is None:
            raise AntiphonError(f"there is no assignment {name!r:.60}; /map/list shows all")
        self.order(lambda: self._changed(self.store.remove(name)))

    def use(self, rig: list[dict[str, Any]] | None = None) -> None:
        """Take up the scene's assignments, which have changed in its text, and the rig's as they were (undo)."""

        def again() -> None:
            if rig is not None:
                self.store.restore_rig(rig)
            self._take_scene(self.session.scene)
            self._stale = True

        self.order(again)

    def key(self, name: str, down: bool) -> None:
        """A key of the computer: a control like any other."""
        heard = Heard(PANEL_SOURCE, "key", 0, -1, int(down), 1, key=name)
        self.order(lambda: self._heard(heard))

    def set_layer(self, layer: int) -> None:
        self.order(lambda: self._select("layer", layer))

    def set_page(self, page: int) -> None:
        self.order(lambda: self._select("page", page))

    def set_part(self, part: str) -> None:
        """The part of the song that plays: its assignments are in force."""
        self.order(lambda: self._select("part", part))

    def choose_profile(self, port: str, profile: str) -> None:
        """Give a port a profile. Raises AntiphonError."""
        if profile and profile not in self.controllers.profiles:
            self.controllers.choose(port, profile)  # says what there is
        self.order(lambda: self._choose(port, profile))

    def listing(self) -> str:
        """JSON for /map/list."""
        return json.dumps([self._showing.row(one) for one in self.store.all], separators=(",", ":"))

    def controller_listing(self) -> str:
        return json.dumps(self.controllers.listing(), separators=(",", ":"))

    def profile_listing(self) -> str:
        """JSON for /controllers/profiles."""
        profiles = self.controllers.profiles.values()
        return json.dumps([{"profile": one.name, "title": one.title, "ports": list(one.ports)} for one in profiles])

    # -- [map thread] -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self.session.guard.run("the map", self._turn)
            awake = clock_s() - self._heard_s < AWAKE_S or self.learn.waiting is not None
            self._stop.wait(POLL_S if awake else IDLE_S)

    def _turn(self) -> None:
        for _ in range(self._orders.qsize()):  # not those that come meanwhile: the controls want their turn
            self.session.guard.run("the map", self._orders.get())
        if self._undumped:
            self._dump()
        self.store.keep()
        now = clock_s()
        self._watch(now)
        engine = self.session.engine
        for record in engine.controls.pop_all(MESSAGES_A_TURN):
            self.session.guard.run("a control", self._take, record)
        self._runner.tick(now)
        if now >= self._light_s:
            self._light_s = now + EVERY_S
            self.lights.tick(now)
        if now >= self._tell_s:
            self._tell_s = now + TELL_S
            self._tell()

    def _watch(self, now: float) -> None:
        """Follow the scene, the rack, the tree and the ports."""
        session = self.session
        plan = session.plan  # looked at before the scene: with a plan that is new its scene is so as well
        if session.engine is not self._engine:
            self._engine, self._named, self._stale = session.engine, None, True
            self._showing.named = None
        if session.midi is not self._midi:
            self._midi, self._stale = session.midi, True
        if session.scene is not self._scene and self._plan_is_there(plan, now):
            self._take_scene(session.scene)
        playing = session.show.part
        if playing is not self._playing:
            self._playing = playing
            self._select("part", playing.name if playing is not None else "")
        if plan is not self._plan or self.tree.version != self._version:
            self._version, self._plan, self._stale = self.tree.version, plan, True
        if now >= self._look_s:
            self._look_s = now + LOOK_S
            self._look()
        if self._stale:
            self._rebuild()

    def _plan_is_there(self, plan: Plan, now: float) -> bool:
        """Whether the plan that plays is that of the new scene: its numbers are what the scene's addresses mean."""
        if self.session.scene.rack is plan.rack:
            self._waits_s = None
            return True
        self._waits_s = now if self._waits_s is None else self._waits_s
        return now - self._waits_s > PATIENCE_S

    def _take_scene(self, scene: Any) -> None:
        """Another scene brings its own assignments; one that is only set otherwise goes on with those that there are."""
        former, self._scene = self._scene, scene
        if former is not None and scene.name == former.name and scene.map == self._scene_map:
            return
        self._scene_map = list(scene.map)
        self.store.load_scene(self._scene_map, scene.name)
        self._stale = True

    def _look(self) -> None:
        changed, come = self.controllers.look()
        cables = self._plugs.cables()
        if cables - self._cabled:  # a box has been connected with our MIDI out: it knows nothing yet
            self.lights.refresh([NATIVE_IN])
        self._cabled = cables
        if come:
            self.lights.refresh([port.name for port in come])
        if changed:
            self._stale = True
            self.tree.touch("/controllers/list")

    def _take(self, record: Any) -> None:
        source, data = int(record["source"]), bytes(record["data"][: int(record["size"])])
        for listener in self.listeners:
            self.session.guard.run("a message", listener, int(record["sample"]), source, data, bool(record["used"]))
        status, a, b = (*data, 0)[:3]
        for heard in self._decoders.setdefault(source, Decoder(source)).feed(status, a, b):
            self._heard(heard)

    def _heard(self, heard: Heard) -> None:
        now = self._heard_s = clock_s()
        if self.learn.waiting is not None and (heard.port != PANEL_SOURCE or heard.kind == "key"):
            self.learn.hear(heard, now)
        port = self.controllers.by_source(heard.port)
        if port is not None:
            self.lights.hear(port, heard, now)
        self._moved.update(self._runner.hear(heard, now))

    # -- assignments --------------------------------------------------------------------------------------------------

    def _put(self, made: Assignment, instead: tuple[str, ...] = ()) -> None:
        self.store.put(made, instead)
        self._changed(True)

    def _changed(self, is_so: bool) -> None:
        if not is_so:
            return
        self._undumped = self._stale = True

    def _dump(self) -> None:
        """The scene has the assignments that it was given, all of a burst at once."""
        self._undumped = False
        self._scene_map = self.session.scene.map = self.store.dump("song", "part")

    def keep_learned(self) -> None:
        """What was learned becomes an assignment; a sentence if there is nothing to keep."""
        found = self.learn.keep()
        if found is not None:
            made, instead = found
            self._put(made, tuple(instead))
            kept = "in your rig, for every scene" if made.scope == "rig" else "with this scene, once it is saved"
            targets = ", ".join(target.address for target in made.targets)
            self.session.say(f"learned: {made.source.text} moves {targets}; kept {kept}")

    def _on_control(self, heard: Heard) -> list[Assignment]:
        """The assignments in force on a control that was heard."""
        names = dict.fromkeys(live.assignment.id for live in self._runner.of(heard))
        return [found for name in names if (found := self.store.find(name)) is not None]

    def _select(self, what: str, value: Any) -> None:
        if getattr(self, what) != value:
            setattr(self, what, value)
            self._rebuild()
            self.lights.refresh()  # after what is lit no more was put out
            self.tree.touch(f"/map/{what}")

    def _choose(self, port: str, profile: str) -> None:
        self.controllers.choose(port, profile)
        self._stale = True
        self.tree.touch("/controllers/list")

    # -- in force -----------------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        self._stale = False
        plan = self._plan if self._plan is not None else self.session.plan
        force = in_force(self.store.all, self.layer, self.page, self.part, lambda one: self._hidden_by(one.source))
        lives, binds = [], []
        former = {live.name: live for live in self._lives}
        for one in map(self.session.control.macros.expanded, force):
            for number, (mask, source) in enumerate(self.controllers.resolve(one.source)):
                aims = [native_aim(self.session.engine, plan, one, target) for target in one.targets]
                live = Live(one, mask, source, [aim is not None for aim in aims])
                live.number = number
                if live.name in former and former[live.name].assignment == one:
                    live.holds = former[live.name].holds
                lives.append(live)
                binds += self._bind(live, [aim for aim in aims if aim is not None])
        self._lives = lives
        self._runner.use(lives)
        self.lights.use(lives)
        self._named = build(binds, plan.family, self._named)
        self._showing.lives, self._showing.named = lives, self._named
        self.session.engine.bind(self._named.tables)
        if self.session.midi is not None:
            self.session.midi.ports.answered = self.controllers.wanted_outputs(self.lights.answered(lives))
        self._list_again()

    def _hidden_by(self, source: Source) -> Any:
        """Two assignments of one control have this in common, by whatever name each calls it."""
        found = self.controllers.resolve(source)
        return frozenset((mask, one.address) for mask, one in found) or source

    @staticmethod
    def _bind(live: Live, aims: list[Aim]) -> list[Bind]:
        source = live.source
        if source.kind == "key":
            return []
        through = live.assignment.passes
        if not aims and through:
            return []
        kind = _KIND.get(source.kind, source.kind)
        return [Bind(live.name, live.mask, kind, source.channel, source.number, source.wide, through, aims)]

    # -- what people see ----------------------------------------------------------------------------------------------

    def _list_again(self) -> None:
        self._states = self._showing.word(self.store.all)
        self.tree.touch("/map/list")

    def _tell(self) -> None:
        """What the callback has moved, and whose hand it is in."""
        if self._moved:
            moved, self._moved = self._moved, set()
            self.tree.touch(*(address for address in moved if address in self.tree))
        if self._showing.word(self.store.all) != self._states:
            self._list_again()
        if self._learn_state != (state := self.learn.state()):
            self._learn_state = state
            self.tree.touch("/learn/state")

    def _learn_changed(self) -> None:
        """Told with the next turn."""
        self._tell_s = 0.0

    def _complain(self, address: str, error: Exception) -> None:
        """Said once, until something else is wrong with the same address."""
        if self._complaints.get(address) != str(error):
            self._complaints[address] = str(error)
            self.session.say(f"a control could not move {address}: {error}")
