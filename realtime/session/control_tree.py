"""Puts the session into the control tree: parameters, tracks, players and meters by OSC address; [main], control thread."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from realtime.control import nodes
from realtime.control.osc import ControlServer
from realtime.control.tree import Node, Tree
from realtime.engine.node import Node as PlanNode

if TYPE_CHECKING:
    from realtime.session.session import Session


def _db(amplitude: float) -> float:
    return 20.0 * math.log10(max(1e-6, amplitude))


class ControlTree:
    """The tree of one session and the server that opens it to panel, tablet and command line."""

    def __init__(self, session: Session, port: int = 0):
        self.session = session
        self.tree = Tree()
        self.master_db = session.scene.master_db
        self._fixed()
        self.fill()
        self.server = ControlServer(self.tree, port, say=session.say).start()

    def close(self) -> None:
        """Close the door."""
        self.server.stop()

    # -- the parts that never change ----------------------------------------------------------------------------------

    def _fixed(self) -> None:
        session = self.session

        def later(function, *arguments) -> None:
            session.do(lambda: function(*arguments))

        self.tree.add(
            *nodes.session_nodes(
                scenes=session.scene_names,
                get_scene=lambda: session.scene.name,
                load_scene=session.request_scene,
                panic=session.panic,
                midi=session.note,
                record=lambda path: later(session.record, path),
                recording=lambda: session.recording,
                record_state=lambda: session.record_state,
                log=lambda: session.messages[-1] if session.messages else "",
            )
        )
        self.tree.add(*nodes.value_nodes("/transport", nodes.TRANSPORT, self._transport))
        self.tree.add(*nodes.value_nodes("/engine", nodes.ENGINE, self._engine))

    def _transport(self, name: str) -> tuple[Any, Any]:
        session = self.session

        def record():
            return session.engine.record[0]["transport"]

        def loop(**change: float) -> None:
            t = record()
            values = {key: float(t[key]) for key in ("loop_start", "loop_end", "looping")} | change
            session.engine.set_loop(values["loop_start"], values["loop_end"], bool(values["looping"]))

        setters: dict[str, Any] = {
            "playing": lambda on: session.engine.play() if on else session.engine.stop(),
            "tempo_bpm": lambda value: session.engine.set_tempo(value),
            "numerator": lambda value: session.engine.set_signature(int(value), int(record()["denominator"])),
            "denominator": lambda value: session.engine.set_signature(int(record()["numerator"]), int(value)),
            "looping": lambda on: loop(looping=float(on)),
            "loop_start": lambda value: loop(loop_start=value),
            "loop_end": lambda value: loop(loop_end=value),
        }
        kinds = {"playing": bool, "looping": bool, "bar": int, "numerator": int, "denominator": int}
        return (lambda: kinds.get(name, float)(record()[name])), setters.get(name)

    def _engine(self, name: str) -> tuple[Any, Any]:
        session = self.session
        getters: dict[str, Any] = {
            "driver": lambda: session.driver.description,
            "sample_rate": lambda: session.engine.sample_rate,
            "frames": lambda: session.driver.frames,
            "load": lambda: 100.0 * float(session.engine.record[0]["busy"]),
            "late": lambda: int(session.engine.record[0]["late"]),
            "xruns": lambda: session.driver.xruns,
        }
        return getters[name], None

    # -- the parts a scene brings -------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Replace rack, mixer and players by those of the current scene."""
        session = self.session
        plan = session.plan
        rack: list[Node] = []
        for number, node in enumerate(plan.ordered(), 1):
            rack += self._device(number, node)
        self.tree.replace("/rack", rack)
        mix: list[Node] = []
        buses = [bus.name for bus in plan.rack.buses]
        for track in plan.rack.tracks:
            mix += nodes.track_nodes(track.name, buses, partial(self._track, track.name))
        for bus in buses:
            mix += nodes.track_nodes(bus, [], partial(self._track, bus))
        master = Node("/mix/master/gain_db", "f", range=(-90.0, 12.0), default=0.0, unit="dB", title="Master",
                      get=lambda: self.master_db, set=self._set_master)  # fmt: skip
        self.tree.replace("/mix", [*mix, master])
        players: list[Node] = []
        for number, link in enumerate(session.links, 1):
            players += nodes.player_nodes(number, link.slot.player, link.title, link.params, link.get, link.set)
        self.tree.replace("/player", players)

    def _device(self, number: int, node: PlanNode) -> list[Node]:
        params = node.instance.params

        def put(index: int, value: float) -> None:
            node.target[index] = params[index].clamp(float(value))

        def load() -> float:
            return min(100.0, 100.0 * node.share(self.session.engine.sample_rate))

        slot = node.slot
        assert slot is not None
        plan = self.session.plan
        return nodes.device_nodes(
            number, node.name, node.label, params,
            get=lambda index: float(node.target[index]), set=put,
            get_bypass=lambda: slot.bypass, set_bypass=lambda on: plan.bypass(slot.uid, bool(on)),
            load=load, kind=node.kind,
        )  # fmt: skip

    def _track(self, track: str, name: str) -> tuple[Any, Any]:
        plan = self.session.plan
        is_send = name.startswith("send_")
        feed = plan.sends[track, name[5:]] if is_send else plan.strips[track]
        knob = "gain_db" if is_send else name
        return (lambda: feed.get(knob)), (lambda value: feed.set(knob, float(value)))

    def _set_master(self, value: float) -> None:
        self.master_db = value
        self.session.engine.set_master_db(value)

    def publish_meters(self) -> None:
        """Push the readings of this tick."""
        engine, driver = self.session.engine, self.session.driver
        r = engine.record[0]
        meters = engine.percentiles()
        period_us = max(1.0, float(r["period_ns"]) / 1000.0)
        sides = ["l", "r", *(f"out{n}" for n in range(3, 9))]
        values = {
            "load_percent": 100.0 * float(r["busy"]),
            "load_p99_percent": 100.0 * meters["p99"] / period_us,
            "load_max_percent": 100.0 * float(r["max_duration_ns"]) / 1000.0 / period_us,
            "late": float(r["late"]),
            "xruns": float(driver.xruns),
            "limiter_db": _db(float(r["reduction"])),
            "faults": float(r["faults"]),
            "latency_ms": 1000.0 * (driver.frames + engine.latency + self.session.plan.latency) / engine.sample_rate,
        }
        for channel in range(engine.outputs):
            values[f"peak_{sides[channel]}_db"] = _db(float(r["peaks"][channel]))
            values[f"rms_{sides[channel]}_db"] = _db(float(r["squares"][channel]) ** 0.5)
        self.server.publish_meters(values)
