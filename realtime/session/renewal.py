"""Another engine for the same night: a new rate or format, with everything as it is set now; [main], asked by [supervisor]."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from realtime.engine.engine import Engine
from realtime.session.instrument import Made
from realtime.session.snapshot import carry_transport

_RATE_CHANGE_S = 20.0
"""Longest time that the driver waits for an engine of its new rate."""


class Renewal:
    """session: see `session.Session`."""

    def __init__(self, session: Any):
        self._session = session

    def rate_changed(self, sample_rate: int) -> Engine | None:
        """The server came back at another rate: the same scene on a new engine. [supervisor]"""
        session = self._session
        done = threading.Event()
        made: list[Engine] = []

        def rebuild() -> None:
            try:
                made.append(self.rebuild(sample_rate))
            finally:
                done.set()

        session.do(rebuild, "changing the sample rate")
        deadline = time.monotonic() + _RATE_CHANGE_S
        while not done.wait(0.05):  # a driver that is about to be closed has no use for an engine
            if time.monotonic() > deadline or session.audio.changing.is_set() or session.closed:
                return None
        return made[0] if made else None

    def rebuild(self, sample_rate: int) -> Engine:
        """Everything as it is set now, on an engine of another rate."""
        session = self._session
        made = self.make(sample_rate, session.engine.inputs, session.engine.outputs)
        session.choice = replace(session.choice, sample_rate=sample_rate)
        self.carry(made)
        self.adopt(made)
        if session.midi is not None:
            session.midi.join(made.engine)
        return made.engine

    def make(self, sample_rate: float, inputs: int, outputs: int) -> Made:
        """Everything as it is set now, on an engine of another format. Raises before anything is touched."""
        scene = self._session.snapshot()
        engine = Engine(sample_rate, inputs, outputs, scene.tempo_bpm)
        return Made(engine, engine.compile(scene.rack), scene)

    def carry(self, made: Made) -> None:
        """Ready to play where the engine that has just fallen silent stood; the master begins at silence."""
        self._session.prepare(made.engine)
        made.engine.record["master_now"] = 0.0
        carry_transport(self._session.engine, made.engine)
        made.engine.swap(made.plan, 0.0)

    def adopt(self, made: Made) -> None:
        """Everything outside goes over to another engine."""
        session = self._session
        if session.recorder.path:
            session.say("the format of the sound has changed: the recording ends here, start a new one")
            session.recorder.stop()
        session.editor.observe()
        session.engine, session.scene, session.plan = made.engine, made.scene, made.plan
        session.midi_rig.publish()
        session.transport.set("tempo_bpm", made.scene.tempo_bpm)
        session.transport.set_signature(*made.scene.signature)
        session.set_master_db(made.scene.master_db)
        session.cast.connect(made.engine)
        if session.midi is None:
            session.clock.join()
        session.fill_tree()
