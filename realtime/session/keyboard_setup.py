"""A rented keyboard in twenty seconds: play a scale, play soft and hard, press the pedals, keep what was found; [main]."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from realtime.engine.layout import PANEL_SOURCE
from realtime.midi.port_settings import as_table, read_settings
from realtime.midi.touch import FOOT, Touch
from realtime.native.errors import AntiphonError, nearest
from realtime.session.instrument import Rigged
from realtime.session.midi_rig import MidiRig

SCALE, TOUCH, PEDALS, DONE, IDLE = "scale", "touch", "pedals", "done", "idle"
STEPS = (SCALE, TOUCH, PEDALS, DONE)
WORDS = ("start", *STEPS[:-1], "keep", "cancel")
SENTENCES = {
    IDLE: "",
    SCALE: "Play a C major scale upwards from middle C.",
    TOUCH: "Play as softly as you will, then as hard, some notes each.",
    PEDALS: "Press each pedal once and let go.",
    DONE: "Keep what was found, or cancel.",
}
SCALE_PAUSE_S, TOUCH_PAUSE_S, PEDALS_PAUSE_S = 1.2, 2.0, 2.5
ENOUGH_KEYS, ENOUGH_TOUCHES = 5, 10


class KeyboardSetup:
    """rig: of the MIDI ports. `state` is the JSON of /keyboard/state."""

    def __init__(self, session: Rigged, rig: MidiRig):
        self._session, self._rig = session, rig
        self.step = IDLE
        self.port = ""
        self._source = -1
        self.touch = Touch()
        self._heard = self._began = 0.0
        self.kept: dict[str, Any] = {}
        self._state: dict[str, Any] = {}
        self.state = "{}"
        self._describe()

    def getters(self) -> dict[str, Callable[[], Any]]:
        """What the tree reads."""
        return {"/keyboard/state": lambda: self.state}

    def setters(self) -> dict[str, Callable[[Any], Any]]:
        """What the tree sets."""
        return {"/keyboard/setup": self.request}

    def request(self, word: str) -> None:
        """start, scale, touch, pedals, keep or cancel. Raises AntiphonError for another word. [any but audio]"""
        if word not in WORDS:
            raise AntiphonError(f"/keyboard/setup: there is no {word!r:.40}; {nearest(word[:40], WORDS)}")
        self._session.do(lambda: self.go(word), "setting up the keyboard")

    def go(self, word: str) -> None:
        """One step on."""
        if word == "cancel":
            self._end()
        elif word == "keep":
            self._keep()
        else:
            if word == "start" or self.step in (IDLE, DONE):
                self.touch, self.port, self._source, self._began = Touch(), "", -1, time.monotonic()
            if word in (SCALE, "start"):
                self.touch.scale.clear()
            self._enter(SCALE if word == "start" else word)
            self._rig.monitor.listen(self._hear)
        self._describe()

    def _enter(self, step: str) -> None:
        self.step, self._heard = step, 0.0

    def _end(self) -> None:
        self._rig.monitor.listen(None)
        self.step = IDLE

    def _keep(self) -> None:
        if self.step == IDLE or not self.port:
            raise AntiphonError("there is nothing to keep: start the setup, and play the keyboard")
        settings = read_settings(self.found_settings(), f"the setup of {self.port!r}", self._rig.settings(self.port))
        self._rig.set_port(self.port, settings)
        self.kept = as_table(settings)
        self._end()
        self._session.say(f"keyboard '{self.port}': {self.summary()}; kept")

    # -- listening ----------------------------------------------------------------------------------------------------

    def _hear(self, source: int, data: bytes) -> None:
        """A raw message, as the port sends it."""
        if source <= PANEL_SOURCE or len(data) < 3 or (self._source >= 0 and source != self._source):
            return
        kind, channel = data[0] & 0xF0, (data[0] & 0x0F) + 1
        if kind == 0x90 and data[2] > 0 and self.step in (SCALE, TOUCH):
            if self._source < 0:
                self._source = source
                self.port = self._rig.names().get(source, f"source {source}")
            self.touch.note(channel, data[1], data[2], in_scale=self.step == SCALE)
            self._heard = time.monotonic()
        elif kind == 0xB0 and self.step == PEDALS:
            self.touch.control(data[1], data[2])
            self._heard = time.monotonic()

    def attend(self) -> None:
        """With every tick: a pause after enough was played leads on."""
        if self.step in (IDLE, DONE):
            return
        quiet = time.monotonic() - self._heard if self._heard else 0.0
        touch = self.touch
        if self.step == SCALE and len(touch.scale) >= ENOUGH_KEYS and quiet > SCALE_PAUSE_S:
            self._enter(TOUCH)
        elif self.step == TOUCH and len(touch.velocities) >= ENOUGH_TOUCHES and quiet > TOUCH_PAUSE_S:
            self._enter(PEDALS)
        elif (
            self.step == PEDALS
            and quiet > PEDALS_PAUSE_S
            and all(p.swung or not p.is_switch for p in touch.pedals.values())
        ):
            self._enter(DONE)
        self._describe()

    # -- what was found -----------------------------------------------------------------------------------------------

    def found_settings(self) -> dict[str, Any]:
        """Settings of the port that make the keyboard the one that the rig was made for."""
        touch = self.touch
        found: dict[str, Any] = {}
        if touch.channel is not None:
            found["channels"] = {} if touch.channel == 1 else {str(touch.channel): 1}
        if touch.shift is not None:
            octave = round(touch.shift / 12)
            found |= {"octave": max(-4, min(4, octave)), "transpose": touch.shift - 12 * octave}
        if touch.curve is not None:
            found["curve"] = touch.curve
        if touch.pedals:
            found["pedal_inverted"] = [pedal.number for pedal in touch.pedals.values() if pedal.inverted]
        return found

    def summary(self) -> str:
        """In one line."""
        touch = self.touch
        parts = [f"channel {touch.channel}"] if touch.channel is not None else []
        if touch.shift is None:
            parts.append("octave as it is (no major scale from C was heard)")
        else:
            parts.append("in its place" if touch.shift == 0 else f"moved by {touch.shift:+d} semitones")
        spread = touch.spread
        if touch.curve is not None and spread is not None:
            parts.append(f"velocities {spread[0]} to {spread[1]} become 1 to 127")
        elif spread is not None:
            parts.append("soft and hard are alike: velocities as they come")
        for pedal in touch.pedals.values():
            how = ", the other way round" if pedal.inverted else ""
            parts.append(f"{FOOT[pedal.number]} pedal{' with half positions' if pedal.continuous else ''}{how}")
        return ", ".join(parts)

    def _describe(self) -> None:
        touch = self.touch
        state = {
            "step": self.step,
            "steps": list(STEPS),
            "title": SENTENCES[self.step],
            "port": self.port,
            "seconds": round(time.monotonic() - self._began, 1) if self.step != IDLE else 0.0,
            "channel": touch.channel,
            "scale": [key for _, key in touch.scale],
            "lowest": min(touch.keys, default=None),
            "highest": max(touch.keys, default=None),
            "shift": touch.shift,
            "touches": len(touch.velocities),
            "velocities": touch.spread,
            "histogram": touch.histogram,
            "curve": touch.curve or [[0, 0], [127, 127]],
            "pedals": [
                {"cc": p.number, "name": FOOT[p.number], "inverted": p.inverted, "continuous": p.continuous, "done": p.swung}
                for p in touch.pedals.values()
            ],
            "settings": self.found_settings(),
            "kept": self.kept,
            "summary": self.summary() if self.port else "",
        }  # fmt: skip
        self.state = json.dumps(state)
