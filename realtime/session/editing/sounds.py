"""Lets a state of a scene sound: as an edit of what plays, or as another scene that it gives way to; [main]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from realtime.engine.engine import Engine
from realtime.engine.plan import Plan
from realtime.engine.switching import Prepared
from realtime.native.errors import AntiphonError
from realtime.session.checks import require_memory
from realtime.session.document.mapping import Dicts
from realtime.session.editing.live import Sounding
from realtime.session.macros.macro import Macro
from realtime.session.player_hosts import PlayerHosts
from realtime.session.scene_data import Scene

TRIES = 2


class Edited(Sounding, Protocol):
    """What the editor needs of a session."""

    @property
    def engine(self) -> Engine: ...
    @property
    def hosts(self) -> PlayerHosts: ...
    def say(self, text: str) -> None: ...
    def load_scene(self, name: str | Path) -> None: ...
    def do(self, job: Callable[[], Any], what: str = ...) -> None: ...
    def swap(self, plan: Plan) -> bool: ...
    def change_to(self, scene: Scene, prepared: Prepared) -> None: ...
    def take_over(self, scene: Scene, plan: Plan) -> None: ...
    def switched(self) -> None: ...
    def fill_tree(self) -> None: ...
    def use_map(self, dicts: Dicts | None = ..., rig: Dicts | None = ...) -> None: ...
    def macros_now(self) -> tuple[Macro, ...]: ...
    def use_macros(self, macros: tuple[Macro, ...]) -> None: ...


def switched(session: Edited, scene: Scene) -> Plan:
    """Let another scene sound: what is held lives on, what both have alike goes on untouched. Raises AntiphonError."""
    require_memory()
    prepared = session.engine.switches.prepare(scene.rack)
    session.change_to(scene, prepared)
    return prepared.plan


def edited(session: Edited, scene: Scene, former: Plan) -> Plan:
    """Let the scene that sounds, by the plan `former`, go on as it is now. Raises AntiphonError if it was left meanwhile."""
    require_memory()
    for _ in range(TRIES):
        plan = _tried(session, scene)
        if plan is not None:
            return plan
        session.switched()
        if session.plan is not former:
            break
    raise AntiphonError(f"{scene.title!r} was left at that moment, so it was not edited")


def _tried(session: Edited, scene: Scene) -> Plan | None:
    """Compile and swap once; None, and all is as it was, if something else was switched to before it came."""
    running = {uid: (node, node.slot) for uid, node in session.plan.nodes.items()}
    for slot in scene.rack.slots():
        former = running.get(slot.uid, (None, None))[1]
        if former is not None:
            slot.generation = former.generation
    taken = False
    try:
        plan = session.engine.compile(scene.rack, edit=True)
        taken = session.swap(plan)
    finally:
        if not taken:
            given = {id(slot) for slot in scene.rack.slots()}
            for node, former in running.values():  # one that was to go on has been given its new slot already
                node.slot = former if id(node.slot) in given else node.slot
    return plan if taken else None
