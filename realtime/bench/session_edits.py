"""`antiphon bench edits`, the session's part: random edits, undo, redo and rate changes as a panel orders them; [main].

Clicks are looked for offline, where every sample can be compared: a session whose engine is driven by hand, a tone through
one of its tracks. Late callbacks and memory are counted live, on the null driver. At the end all is undone, and the text
must be the first scene's to the byte.
"""

from __future__ import annotations

import gc
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from realtime.bench.swaps import resident_kib
from realtime.native.errors import AntiphonError
from realtime.session.editing.history import DEPTH
from realtime.session.session import Options, Session

RATES = (44100, 48000, 96000)
TONE_HZ, TONE_PEAK, GAP_S = 330.0, 0.4, 0.08
SCENE = """# the bench's scene
[[track]]
name = "tone"   # stays
audio_input = [1, 2]
[[track.device]]
device = "eq"

[[track]]
name = "keys"
sends = { hall = -12 }
[[track.device]]
device = "poly"
[[track.device]]
device = "chorus"   # any

[[bus]]
name = "hall"
[[bus.device]]
device = "reverb"
"""
EFFECTS = ("reverb", "chorus", "filter", "compressor", "delay", "phaser", "limiter", "saturator", "eq")


class Panel:
    """Orders edits at random, none of them of the tone's own chain."""

    def __init__(self, session: Session, seed: int = 1):
        self.session, self._chance, self.done, self.refused = session, random.Random(seed), 0, 0

    def _order(self) -> tuple[str, dict[str, Any] | None]:
        chance, rack = self._chance, self.session.plan.rack
        tracks, buses = [t.name for t in rack.tracks if t.name != "tone"], [b.name for b in rack.buses]
        chains = [f"track:{name}" for name in tracks] + [f"bus:{name}" for name in buses]
        uids = [slot.uid for t in rack.tracks if t.name != "tone" for slot in t.slots]
        uids += [slot.uid for b in rack.buses for slot in b.slots]
        effect = {"device": chance.choice(EFFECTS)}
        choices: list[tuple[str, dict[str, Any] | None]] = [
            ("undo", None), ("undo", None), ("redo", None),
            ("add_track", {"at": chance.randint(-1, 3), "devices": [{"device": "poly"}, effect]}),
            ("add_bus", {"devices": [effect]}),
        ]  # fmt: skip
        if chains and uids:
            uid = chance.choice(uids)
            choices += [
                ("add_device", {"chain": chance.choice(chains), "at": chance.randint(1, 3), **effect}),
                ("remove_device", {"uid": uid}), ("duplicate_device", {"uid": uid}),
                ("move_device", {"uid": uid, "at": chance.randint(0, 3)}), ("replace_device", {"uid": uid, **effect}),
            ]  # fmt: skip
        if tracks:
            name = chance.choice(tracks)
            choices += [
                ("remove_track", {"name": name}), ("move_track", {"name": name, "at": chance.randint(-1, 2)}),
                ("duplicate_track", {"name": name}), ("set_track", {"track": name, "transpose": chance.randint(-9, 9)}),
            ]  # fmt: skip
            if buses:
                choices.append(("set_send", {"track": name, "bus": chance.choice(buses), "gain_db": -12}))
        if buses:
            choices.append(("remove_bus", {"name": chance.choice(buses)}))
        edit, order = chance.choice(choices)
        crowded = len(tracks) > 8 or len(buses) > 3
        return ("undo", None) if crowded and edit.startswith(("add", "dup")) else (edit, order)

    def edit(self) -> str:
        """Do one thing, whatever it is; its name."""
        name, order = self._order()
        try:
            if order is None:
                getattr(self.session.editor, name)()
            else:
                self.session.editor.edit(name, order)
            self.done += 1
        except AntiphonError:  # an empty history, the last device of a track: refused, and nothing has changed
            self.refused += 1
        return name


def _tone(rate: float, frames: int, start: int) -> np.ndarray:
    time_s = (np.arange(frames) + start) / rate
    return np.tile((TONE_PEAK * np.sin(2.0 * np.pi * TONE_HZ * time_s)).astype(np.float32), (2, 1))


def _session(folder: str) -> Session:
    scene = Path(folder) / "bench.toml"
    scene.write_text(SCENE, "utf-8")
    return Session(
        Options(scene, driver="null", inputs=2, outputs=2, midi=False, players=False, control=False, aside=False)
    )


def _back(session: Session) -> bool:
    """Whether undoing everything gives the first scene's text to the byte."""
    while session.editor.history.done:
        session.editor.undo()
    return session.editor.text() == SCENE


def session_edits(
    count: int, seed: int = 1, progress: Callable[[float], object] = lambda share: None
) -> dict[str, Any]:
    """Offline, at each of RATES in turn: largest sample step during edits and at the rate change, as a ratio to the tone's
    own at that rate; whether each round of edits, undone, gave the first text to the byte."""
    found: dict[str, Any] = {
        "edits": 0,
        "worst_ratio": 0.0,
        "worst_edit": "",
        "worst_rate_change": 0.0,
        "text_back": True,
    }
    with tempfile.TemporaryDirectory() as folder:
        session = _session(folder)
        panel = Panel(session, seed)
        for number in range(count):
            rate = RATES[number * len(RATES) * 2 // count % len(RATES)] if count >= 6 else RATES[0]
            if number == 0 or rate != session.engine.sample_rate:
                began = session.renewal.rebuild(rate)
                sound = began.process(_tone(rate, rate, 0))[:2]
                steady = float(np.abs(np.diff(sound[:, rate // 2 :])).max())
                start = float(np.abs(np.diff(sound, prepend=0.0)).max()) / steady
                found["worst_rate_change"] = max(found["worst_rate_change"], start)
                at, last = rate, sound[:, -1:]
            name, frames = panel.edit(), int(GAP_S * rate)
            sound = session.engine.process(_tone(rate, frames, at))[:2]
            at += frames
            ratio = float(np.abs(np.diff(np.concatenate([last, sound], axis=1))).max()) / steady
            if ratio > found["worst_ratio"]:
                found["worst_ratio"], found["worst_edit"] = ratio, name
            last = sound[:, -1:]
            if number % (DEPTH // 2) == DEPTH // 2 - 1 or number == count - 1:
                found["text_back"] &= _back(session)
                last = session.engine.process(_tone(rate, frames, at))[:2, -1:]
                at += frames
            progress((number + 1) / count)
        found |= {"edits": panel.done, "refused": panel.refused, "faults": session.engine.meters.snapshot()["faults"]}
        session.close()
    return found


def session_live(count: int, seed: int = 2, progress: Callable[[float], object] = lambda share: None) -> dict[str, Any]:
    """On the null driver, with notes held: late callbacks, memory, how long an edit takes, text back to the byte."""
    sizes, took, back = [], [], True
    with tempfile.TemporaryDirectory() as folder, _session(folder) as session:
        panel = Panel(session, seed)
        session.engine.meters.reset()
        for number in range(count):
            began = time.monotonic()
            panel.edit()
            took.append(time.monotonic() - began)
            session.note(0x90 if number % 2 == 0 else 0x80, 48 + number // 2 % 24, 80)
            session.tick()
            if number % (DEPTH // 2) == DEPTH // 2 - 1 or number == count - 1:
                back &= _back(session)
            if number in (count // 5, count - 1):
                gc.collect()
                sizes.append(resident_kib())
            progress((number + 1) / count)
        meters = session.engine.meters.snapshot()
    return {
        "edits": panel.done, "refused": panel.refused, "text_back": back, "late": meters["late"],
        "callbacks": meters["callbacks"], "xruns": session.driver.xruns, "faults": meters["faults"],
        "edit_p50_ms": 1000.0 * float(np.median(took)), "edit_max_ms": 1000.0 * max(took),
        "grown_kib": sizes[-1] - sizes[0],
    }  # fmt: skip
