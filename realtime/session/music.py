"""What the music is, as people read it: from what the engine was told, for tree, panel and log; [main], control thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from realtime.contract import player_wire as wire
from realtime.control.osc import ControlServer
from realtime.engine.engine import Engine
from realtime.music.chord import Chord
from realtime.music.chord_table import QUALITIES
from realtime.music.pitch import key_name
from realtime.native.errors import AntiphonError, nearest
from realtime.session.chart_draft import draft_json
from realtime.session.editing.editor import Editor
from realtime.session.follower_link import FollowerLink
from realtime.session.scene_data import Scene

_QUALITIES = tuple(QUALITIES)


class Musical(Protocol):
    """What is asked of the session."""

    @property
    def engine(self) -> Engine: ...
    @property
    def scene(self) -> Scene: ...
    @property
    def follower(self) -> FollowerLink | None: ...
    @property
    def editor(self) -> Editor: ...
    def do(self, job: Callable[[], Any], what: str = ...) -> None: ...


class Reading(NamedTuple):
    """What holds, and the next chord: texts as a musician writes them, "" where nothing is known."""

    chord: str = ""
    next: str = ""
    next_beat: float = 0.0
    """Of the running count; 0 without one."""
    key: str = ""
    section: str = ""
    intensity: float = 0.0
    valence: float = 0.0
    arousal: float = 0.0


class Music:
    """`reading` is as of the last tick."""

    def __init__(self, session: Musical):
        self._session = session
        self.reading = Reading()
        self._section = ""
        self._intensity = -1.0
        self._draft = draft_json("")

    def tick(self, server: ControlServer | None) -> None:
        """Read what the engine was told since, and tell those who listen of what has changed."""
        former, self.reading = self.reading, read(self._session.engine.players.told())
        if server is None:
            return
        state = self._session.engine.record[0]
        beat = float(state["transport"]["beat"])
        names = ("chord", "key", "section")
        changed = [name for name in names if getattr(former, name) != getattr(self.reading, name)]
        server.publish_music([(name, getattr(self.reading, name), beat) for name in changed])

    def scene_changed(self) -> None:
        """What was called for by hand was of another scene."""
        self._section, self._intensity = "", -1.0

    # -- by hand -------------------------------------------------------------------------------------------------------

    def call_section(self, name: str) -> None:
        """A section from the next bar on. [any but audio] Raises AntiphonError for an unknown one."""
        if name not in wire.SECTIONS:
            raise AntiphonError(f"section {name!r} is unknown; {nearest(name, wire.SECTIONS, 'there are')}")
        engine = self._session.engine
        state = engine.record[0]
        t = state["transport"]
        bar = float(t["numerator"]) * 4.0 / float(t["denominator"])
        beat = float(state["clock_bar_start"]) + bar
        self._section = name
        engine.players.tell(wire.SECTION, beat=beat, number=wire.SECTIONS.index(name))

    def push(self, value: float) -> None:
        """Intensity by hand, 0..1; below 0 the follower's own again. [any but audio]"""
        self._intensity = value = -1.0 if value < 0.0 else min(1.0, float(value))
        follower = self._session.follower
        if follower is not None:
            follower.push(value)
        elif value >= 0.0:
            self._session.engine.players.tell(wire.INTENSITY, value=value)

    def write_chart(self, text: str) -> None:
        """Another chart for the scene. [any but audio]"""
        session = self._session
        session.do(lambda: session.editor.edit("set_scene", {"chart": text}), "the chart")

    def write_draft(self, text: str) -> None:
        """A chart that is being written: read, and not played. [any but audio]"""
        self._session.do(lambda: self._read_draft(text), "reading a chart")

    def _read_draft(self, text: str) -> None:
        t = self._session.engine.record[0]["transport"]
        self._draft = draft_json(text, int(t["numerator"]), int(t["denominator"]))

    def getters(self) -> dict[str, Callable[[], Any]]:
        def reads(name: str) -> Callable[[], Any]:
            return lambda: getattr(self.reading, name)

        names = ("chord", "next", "key", "section", "intensity", "valence", "arousal")
        return {f"/follower/{name}": reads(name) for name in names} | {
            "/follower/next_beat": self._beats_to_next,
            "/follower/beat": self._beat,
            "/band/section": lambda: self._section,
            "/band/intensity": lambda: self._intensity,
            "/chart/text": lambda: self._session.scene.chart,
            "/chart/reading": lambda: self._draft,
        }

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        return {
            "/band/section": self.call_section, "/band/intensity": self.push, "/chart/text": self.write_chart,
            "/chart/draft": self.write_draft,
        }  # fmt: skip

    def _beat(self) -> float:
        state = self._session.engine.record[0]
        return 1.0 + max(0.0, float(state["clock_beat"]) - float(state["clock_bar_start"]))

    def _beats_to_next(self) -> float:
        beat = self.reading.next_beat
        return max(0.0, beat - float(self._session.engine.record[0]["clock_beat"])) if self.reading.next else 0.0


def read(told: tuple[list[np.void], list[np.void]]) -> Reading:
    """A reading from the engine's rows: what holds, and what is announced, in order."""
    holds, announced = told
    found: dict[str, Any] = {}
    tonic, mode = None, "major"
    for row in holds:
        if row["kind"] == wire.KEY and 0 <= row["key"] < 12 and 0 <= row["number"] < len(wire.MODES):
            tonic, mode = int(row["key"]), wire.MODES[int(row["number"])]
            found["key"] = key_name(tonic, mode)
    for row in holds:
        found |= {"chord": _symbol(row, tonic, mode)} if row["kind"] == wire.CHORD else _others(int(row["kind"]), row)
    for row in announced:
        text = _symbol(row, tonic, mode) if row["kind"] == wire.CHORD else found.get("chord", "")
        if text != found.get("chord", ""):
            found |= {"next": text or "N.C.", "next_beat": float(row["beat"])}
            break
    return Reading(**found)


def _others(kind: int, row: np.void) -> dict[str, Any]:
    if kind == wire.SECTION and 0 <= row["number"] < len(wire.SECTIONS):
        return {"section": wire.SECTIONS[int(row["number"])]}
    if kind == wire.INTENSITY:
        return {"intensity": min(1.0, max(0.0, float(row["value"])))}
    if kind == wire.MOOD:
        valence, arousal = (min(1.0, max(-1.0, float(row[name]))) for name in ("value", "value2"))
        return {"valence": valence, "arousal": arousal}
    return {}


def _symbol(row: np.void, tonic: int | None, mode: str) -> str:
    root, number = int(row["key"]), int(row["number"])
    if not (0 <= root < 12 and 0 <= number < len(_QUALITIES)):
        return ""
    return Chord(root, _QUALITIES[number], int(row["bass"]) % 12).symbol(tonic, mode)
