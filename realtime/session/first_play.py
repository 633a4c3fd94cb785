"""Plays every device once on the silent clock, as `play` will, so that `setup` leaves it nothing to compile; [worker]."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from realtime.contract.device import Device
from realtime.devices.registry import devices
from realtime.engine.rack import Bus, Rack, Slot, Track
from realtime.native.errors import AntiphonError
from realtime.session.player_slot import PlayerSlot
from realtime.session.scene_data import Scene
from realtime.session.scene_write import save
from realtime.session.session import Options, Session

CHORD = (48, 60, 67)
PATIENCE_S = 20.0
FEW = 8
"""Devices in one scene: many neural ones together would be late, and a late callback is cut short."""


def _track(number: int, device: Device, options: Mapping[str, Any]) -> Track:
    """A device where it can sound: an instrument by itself, one of notes before an instrument, an effect on the input."""
    slot = Slot(device.name, options=dict(options), sidechain="key" if device.sidechain else "")
    slots = [slot, Slot("poly")] if device.kind == "midi" else [slot]
    plays = device.kind in ("instrument", "midi")
    return Track(f"track {number}", slots, audio_input=() if plays else (1, 2), sends={"room": -12.0})


def scenes_of_all() -> list[Scene]:
    """Scenes that hold every device, each with every set of options that it gives as an example."""
    given = [(device, options) for device in devices().values() for options in device.examples]
    made: list[Scene] = []
    for first in range(0, len(given), FEW):
        tracks = [_track(number, *one) for number, one in enumerate(given[first : first + FEW])]
        rack = Rack([*tracks, Track("key", [Slot("poly")])], [Bus("room", [Slot("delay")])], [Slot("limiter")])
        made.append(Scene(f"part {len(made)}", f"Part {len(made)}", rack=rack, players=[PlayerSlot("answer")]))
    return made


def play_all() -> None:
    """Every device, and what else a first evening does: notes, a player, an edit, a bypass, a recording, a panic."""
    with tempfile.TemporaryDirectory(prefix="antiphon-setup-") as folder:
        os.environ["ANTIPHON_RUNTIME_DIR"] = folder  # no front end may find this one
        scenes = scenes_of_all()
        paths = [Path(folder) / f"{scene.name}.toml" for scene in scenes]
        for scene, path in zip(scenes, paths, strict=True):
            save(scene, path)
        with Session(Options(scene=paths[0], driver="null", inputs=2, midi=False, aside=False)) as session:
            for path in paths:
                session.load_scene(path)
                _play(session)
            session.record(str(Path(folder) / "take.wav"), anywhere=True)
            _edit(session)
            session.record("")
            session.panic()
            _heard(session)


def _play(session: Session) -> None:
    for status in (0x90, 0x80):
        for key in CHORD:
            session.note(status, key, 90)
        _heard(session)


def _edit(session: Session) -> None:
    """As the panel edits: the rack changed and compiled anew, a device left out."""
    rack = session.plan.rack
    rack.tracks.pop()
    for slot in rack.slots():
        slot.sidechain = ""
    session.plan.bypass(rack.slots()[0].uid, True)
    session.engine.swap(session.engine.compile(rack, edit=True))
    _heard(session)


def _heard(session: Session) -> None:
    """Wait until the callback has run twice and has heard all that was asked of it. Raises AntiphonError."""
    beat, end = session.driver.callbacks, time.monotonic() + PATIENCE_S
    while session.driver.callbacks < beat + 2 or len(session.engine.commands):
        if time.monotonic() > end:
            raise AntiphonError("the silent clock stands still")
        session.tick()
        time.sleep(0.002)
