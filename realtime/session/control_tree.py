"""Puts the session into the control tree: parameters, tracks, players and meters by OSC address; [main], control thread."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from typing import Any

from realtime.contract import player_wire
from realtime.contract.limits import LOUDEST_DB, SILENT_DB
from realtime.control import nodes, nodes_songs
from realtime.control.nodes_music import call_nodes, music_nodes
from realtime.control.nodes_rig import rig_nodes
from realtime.control.osc import ControlServer
from realtime.control.tree import Node, Tree
from realtime.engine.mix import FEED_PARAMS
from realtime.engine.node import Node as PlanNode
from realtime.session.editing import nodes as editing
from realtime.session.instrument import Instrument
from realtime.session.macros.pick import picked
from realtime.session.macros.room import Macros
from realtime.session.mood_by_hand import MoodByHand
from realtime.session.names import addresses
from realtime.session.player_slot import checked_port
from realtime.session.songs.reach import Reach

RECENT = 20
"""Messages that /log/recent tells."""


def _db(amplitude: float) -> float:
    return 20.0 * math.log10(max(1e-6, amplitude))


class ControlTree:
    """The tree of one session and the server that opens it to panel, tablet and command line."""

    def __init__(self, session: Instrument, port: int = 0):
        self.session = session
        self.tree = Tree()
        self.macros = Macros(self.tree, session.say)
        self._addresses: dict[int, str] = {}  # of each device that runs
        self._strips: dict[str, str] = {}  # name of each track and bus -> its part below /mix
        self._fixed()
        self.fill()
        self.server = ControlServer(self.tree, port, say=session.say).start()

    def close(self) -> None:
        """Close the door."""
        self.server.stop()

    # -- the parts that never change ----------------------------------------------------------------------------------

    def _fixed(self) -> None:
        session = self.session

        self.tree.add(
            *nodes.session_nodes(
                scenes=session.scene_names,
                get_scene=lambda: session.scene.name,
                load_scene=session.request_scene,
                panic=session.panic,
                midi=session.note,
                record=lambda path: session.do(lambda: session.record(path), "recording"),
                recording=lambda: session.recording,
                record_state=lambda: session.record_state,
                log=lambda: session.messages[-1] if session.messages else "",
                recent=lambda: json.dumps({"count": session.said, "last": list(session.messages)[-RECENT:]}),
            )
        )
        self.tree.add(*editing.nodes(session.editor, session.recovery))
        self.tree.add(*nodes_songs.song_nodes(Reach(session.show, session.band, session.keeping, session).bind))
        self.tree.add(*nodes.value_nodes("/transport", nodes.TRANSPORT, self._transport))
        self.tree.add(*nodes.value_nodes("/engine", nodes.ENGINE, self._engine))
        self.tree.add(*rig_nodes(*session.rig_controls()))
        mood = MoodByHand(session)
        getters, setters = session.music.getters() | mood.getters(), session.music.setters() | mood.setters()
        self.tree.add(*music_nodes(getters, setters))
        self.tree.add(*call_nodes(player_wire.SECTIONS, session.music.call_section))

    def _transport(self, name: str) -> tuple[Any, Any]:
        session = self.session

        def record():
            return session.engine.record[0]["transport"]

        setters: dict[str, Any] = {
            "playing": lambda on: session.engine.play() if on else session.engine.stop(),
            "tempo_bpm": partial(session.transport.set, "tempo_bpm"),
            "tap": lambda _: session.engine.tap(),
            "rewind": lambda _: session.engine.locate(0.0),
        }
        for part in ("numerator", "denominator", "looping", "loop_start", "loop_end"):
            setters[part] = partial(session.transport.set, part)
        kinds = {"playing": bool, "looping": bool, "bar": int, "numerator": int, "denominator": int}
        getter = None if name in ("tap", "rewind") else (lambda: kinds.get(name, float)(record()[name]))
        return getter, setters.get(name)

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
        rack: list[Node] = [editing.layout_node(self.session.editor)]
        self._addresses = {}
        for number, node in enumerate(self.session.plan.ordered(), 1):
            self._addresses[id(node)] = f"/rack/{number}"
            rack += self._device(number, node)
        self.tree.replace("/rack", rack)
        self.tree.replace("/mix", self._mix())
        players: list[Node] = []
        for link in self.session.links:
            players += self._player(link.number + 1, link)
        self.tree.replace("/player", players)
        self._macros()

    def _macros(self) -> None:
        """Those that the scene names, or what a hand wants first of it."""
        session = self.session
        own = session.scene.macros
        players = [(link.number + 1, link.title, link.params) for link in session.links]
        self.macros.use(
            own or picked(session.plan, players),
            bool(own),
            session.scene.name,
            complete=len(players) == len(session.scene.players),
        )

    def moved(self, rows: set[tuple[int, int]]) -> None:
        """Tell of parameters that devices moved themselves: (id of the running device, row of its table)."""
        for node in self.session.plan.ordered():
            params = node.instance.params
            at = self._addresses.get(id(node))
            if at is not None:
                self.tree.touch(
                    *(f"{at}/{params[row].id}" for who, row in rows if who == id(node) and row < len(params))
                )

    def _device(self, number: int, node: PlanNode) -> list[Node]:
        params = node.instance.params

        def put(index: int, value: float) -> None:
            node.target[index] = params[index].clamp(float(value))

        def load() -> float:
            return min(100.0, 100.0 * node.share(self.session.engine.sample_rate))

        slot = node.slot
        assert slot is not None
        return nodes.device_nodes(
            number, node.name, node.label, params,
            get=lambda index: float(node.target[index]), set=put,
            get_bypass=lambda: slot.bypass, set_bypass=lambda on: node.bypass(bool(on)),
            load=load, kind=node.kind,
            home=lambda index: slot.values.get(params[index].id, params[index].default),
        )  # fmt: skip

    @staticmethod
    def _player(number: int, link: Any) -> list[Node]:
        def lane(index: int, name: str) -> tuple[Any, Any]:
            to_node: dict[str, Any] = {"program": lambda value: -1 if value is None else value}
            to_lane: dict[str, Any] = {
                "program": lambda value: None if value < 0 else int(value), "midi": bool,
                "port": lambda value: checked_port(value, link.lanes[index].name),
            }  # fmt: skip
            read, write = to_node.get(name, lambda value: value), to_lane.get(name, int)
            return (
                lambda: read(getattr(link.lanes[index], name)),
                lambda value: link.set_lane(index, replace(link.lanes[index], **{name: write(value)})),
            )

        return nodes.player_nodes(
            number, link.slot.player, link.title, link.params, link.get, link.set,
            get_bypass=lambda: link.muted, set_bypass=link.mute,
            readings={name: partial(getattr, link, name) for name, *_ in nodes.PLAYER},
            ask=link.ask,
            lanes={row.name: partial(lane, index) for index, row in enumerate(link.lanes)},
        )  # fmt: skip

    def _mix(self) -> list[Node]:
        session, rack = self.session, self.session.plan.rack
        buses = [bus.name for bus in rack.buses]
        tracks = [track.name for track in rack.tracks]
        self._strips = at = addresses(tracks + buses)
        found: list[Node] = []
        owners: list[Any] = [*rack.tracks, *rack.buses]
        for owner in owners:
            name = owner.name
            strip = nodes.strip_nodes(at[name], name, FEED_PARAMS, partial(self._strip, name))
            for knob in strip:
                knob.scene = getattr(owner, knob.address.rsplit("/", 1)[-1]) if knob.writable else None
            found += strip
            for bus in buses if name in tracks else []:
                feed = self._feed(name, bus, "gain_db")
                send = nodes.send_node(at[name], name, (at[bus], bus), FEED_PARAMS[0], *feed)
                send.scene = getattr(owner, "sends", {}).get(bus, send.default)
                found.append(send)
        found.append(
            Node(f"/mix/{nodes.MASTER}/gain_db", range=(SILENT_DB, LOUDEST_DB), default=0.0, unit="dB", title="Master",
                 get=lambda: session.master_db, set=session.set_master_db)
        )  # fmt: skip
        return found

    def _strip(self, track: str, knob: str) -> tuple[Any, Any]:
        return self._feed(track, None, knob)

    def _feed(self, track: str, bus: str | None, knob: str) -> tuple[Any, Any]:
        plan = self.session.plan
        feed = plan.strips[track] if bus is None else plan.sends[track, bus]
        return (lambda: feed.get(knob)), (lambda value: feed.set(knob, float(value)))

    def publish_meters(self) -> None:
        """Push the readings of this tick."""
        engine, driver = self.session.engine, self.session.driver
        r = engine.record[0]
        meters = engine.meters.percentiles()
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
            "sustain": float(engine.meters.pedal_down()),
            "latency_ms": 1000.0 * (driver.frames + engine.latency + self.session.plan.latency) / engine.sample_rate,
        }
        for channel in range(engine.outputs):
            values[f"peak_{sides[channel]}_db"] = _db(float(r["peaks"][channel]))
            values[f"rms_{sides[channel]}_db"] = _db(float(r["squares"][channel]) ** 0.5)
        for name, at in self._strips.items():
            feed = self.session.plan.strips.get(name)
            if feed is not None:
                values[f"track_{at}_peak_db"] = _db(feed.peak)
        for number, node in enumerate(self.session.plan.ordered(), 1):
            if node.instance.outputs:
                values[f"rack_{number}_peak_db"] = _db(node.peak)
        for number, link in enumerate(self.session.links, 1):
            values |= {f"player_{number}_load_percent": link.load, f"player_{number}_late": float(link.late)}
        self.server.publish_meters(values)
