"""Harmonist: you play a line, three voices sound under it in the same block; the chorale net inside the callback, or a voicing
by rule; a midi device, stands before an instrument; [audio]."""

from __future__ import annotations

from typing import Any

import numpy as np

from realtime.contract.block import event
from realtime.contract.device import Device, Instance, Param, Spec, ids
from realtime.devices.harmony.harmony import (
    HARMONY,
    MANNERS,
    harmony_begin,
    harmony_finish,
    harmony_forget,
    harmony_hears,
    harmony_passes,
    harmony_sounds,
    harmony_struck,
    harmony_unsounded,
)
from realtime.devices.harmony.settings import GUARDS, STRIKES, take_settings
from realtime.devices.harmony.steps import NOTHING, POINT, TURN, steps_next, steps_pass
from realtime.native.errors import AntiphonError
from realtime.native.memory import aligned

PARAMS = (
    Param("manner", "Manner", "", 0, len(MANNERS) - 1, 0, "enum", MANNERS,
          doc="chorale: learned from Bach. By rule: hymn, four-way close, drop 2, parallel thirds or sixths."),
    Param("alto", "Alto", "", 0, 1, 1, "bool"),
    Param("tenor", "Tenor", "", 0, 1, 1, "bool"),
    Param("bass", "Bass", "", 0, 1, 1, "bool"),
    Param("alto_level", "Alto level", "x", 0.0, 1.5, 0.8, doc="Velocity, as a share of yours."),
    Param("tenor_level", "Tenor level", "x", 0.0, 1.5, 0.8),
    Param("bass_level", "Bass level", "x", 0.0, 1.5, 0.85),
    Param("spread", "A channel each", "", 0, 1, 0, "bool", doc="Alto, tenor and bass on channels 2, 3 and 4."),
    Param("strike", "Strike held voices", "", 0, len(STRIKES) - 1, 1, "enum", STRIKES,
          doc="A voice that stays under your new note: tied, struck again on beats, or always."),
    Param("moves_beats", "Voices move for", "beats", 0.0, 16.0, 1.0,
          doc="How long the voices may move on under a note that you hold; then they rest with you (chorale)."),
    Param("grace_ms", "Waits for you", "ms", 0.0, 60.0, 25.0,
          doc="Voices that move under a held note wait so long for a note of yours that comes late."),
    Param("parallels", "Shun parallels", "nats", 0.0, 20.0, 4.0, doc="Against parallel fifths and octaves (chorale)."),
    Param("crossing", "Voices may cross", "", 0, 1, 0, "bool", doc="In the chorale."),
    Param("temperature", "Temperature", "", 0.0, 2.0, 0.3, doc="0: always the likeliest note (chorale)."),
    Param("guard", "Guard", "", 0, len(GUARDS) - 1, 0, "enum", GUARDS,
          doc="Pitch classes that the chorale may use: all, the key's, or those of a chord that is told."),
    Param("lowest", "Lowest key", "", 0, 127, 36, stepped=True, doc="Voices beyond come back by octaves."),
    Param("highest", "Highest key", "", 0, 127, 88, stepped=True),
    Param("melody_from", "Melody from", "", 0, 127, 0, stepped=True, doc="Keys below are yours alone: they never lead."),
    Param("seed", "Seed", "", 1, 9999, 1, stepped=True),
)  # fmt: skip
P = ids(PARAMS)
STATE = HARMONY


def process(block, state):
    """Notes pass as they come. Where one leads, the voices answer at its very frame; edges of the bar's sixteenths, which
    move the voices and the net's memory on, come between."""
    take_settings(block, state, P)
    harmony_begin(block, state)
    index, struck_at = np.int64(0), np.int64(-1)
    kind, edge = steps_next(state.steps, block.frames)
    while True:
        coming = np.int64(event(block, index).offset) if index < block.n_events else np.int64(block.frames)
        sounds, at = False, coming
        if struck_at >= 0 and coming > struck_at:
            sounds, at, struck_at = harmony_struck(block, state, struck_at), struck_at, np.int64(-1)
            kind, edge = steps_next(state.steps, block.frames)
        elif kind != NOTHING and edge < coming + (kind == TURN):
            sounds, at = harmony_passes(block, state, kind == POINT), edge
            kind, edge = steps_pass(state.steps, kind, block.frames)
        elif index < block.n_events:
            if harmony_hears(block, state, index):
                struck_at = coming
            elif state.hands.lead < 0:
                struck_at = np.int64(-1)
            index += 1
        else:
            break
        if sounds:
            harmony_sounds(block, state, at)
    harmony_finish(block, state)


def reset(block, state):
    """Panic: nothing sounds any more, nothing was played."""
    harmony_forget(state)
    harmony_unsounded(state)


class Harmonist(Device):
    """Its state and its net are one instance's own; without the net the chorale is played by rule."""

    def build(self, spec: Spec) -> Instance:
        """Bind the net for the callback. [main]"""
        entry = self.compile()
        state = aligned(1, STATE)
        report: dict[str, Any] = {"way": "rules"}
        keep: list[Any] = []
        choir = _choir(report)
        if choir is not None:
            keep.append(choir)
            state["choir"] = choir.address
            report |= {"way": "net", "model": "chorale"}
        state["manner"] = -1
        return Instance(
            entry=entry,
            params=self.params,
            inputs=0,
            outputs=0,
            state=state.view(np.uint8).reshape(-1),
            heap=aligned(0),
            tables=np.zeros(0, np.uint8),
            keep=keep,
            report=report,
            reset=self._reset_entry.address,
        )


def _choir(report: dict[str, Any]):
    """The chorale net, or None and a warning."""
    from realtime.models.chorale.reflex import Choir

    try:
        return Choir()
    except AntiphonError as error:
        report["warnings"] = [f"harmonist: the manner 'chorale' is played by rule, as 'hymn' ({error})"]
        return None


harmonist = Harmonist(
    name="harmonist",
    title="Harmonist",
    kind="midi",
    params=PARAMS,
    state=STATE,
    process=process,
    reset=reset,
    doc="Three voices under what you play, in the same block: the chorale net, or hymn, close, drop 2, thirds, sixths.",
)
