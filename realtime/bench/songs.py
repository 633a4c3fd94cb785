"""`antiphon bench songs`: songs switched by program changes from a real JACK client, with notes and pedal held; [main].

Two songs sound by two pairs of outputs, so that what is heard tells which of them a note has met. The same notes are played
once with the program changes and once without: what a switch adds to the largest step between two samples is its click.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from realtime.bench.servers import JackServer
from realtime.bench.song_hand import EARS, SongHand
from realtime.bench.swaps import resident_kib
from realtime.native.errors import AntiphonError
from realtime.session.options import Options
from realtime.session.session import Session

RATE = 48000
KEYS = (57, 60, 64, 67, 69, 72)
LEAD_S, REST_S = 2.0, 8.0
"""Before the first note, and after the last one is released."""
NEAR = RATE // 4
"""Samples around a cycle that the server has lost, which no step and no delay is taken from."""
_ONSET = 0.002
"""A note that begins is heard above this level; what rings from before has long been quieter."""
_SCENE = """
[[track]]
name = "{name}"
output = {output}
[[track.device]]
device = "poly"
osc1_shape = 0
osc2_level = 0
cutoff_hz = 20000
cutoff_env_oct = 0
amp_attack_s = 0.01
amp_sustain = 0.8
amp_release_s = 0.08
"""
_SONG = '[[part]]\nname = "{name}"\nscene = "{folder}/{name}.toml"\n'


def evening(folder: Path) -> Path:
    """A setlist of two songs, the first by outputs 1 and 2, the second by 3 and 4."""
    names = ("left", "right")
    for number, name in enumerate(names):
        (folder / f"{name}.toml").write_text(_SCENE.format(name=name, output=1 + 2 * number))
        (folder / f"song_{name}.toml").write_text(_SONG.format(name=name, folder=folder))
    text = "".join(f'[[song]]\nname = "{folder}/song_{name}.toml"\n' for name in names)
    (folder / "bench.toml").write_text(text)
    return folder / "bench.toml"


def hands(switches: int, gap: int, switching: bool) -> list[tuple[int, bytes]]:
    """Each gap: a program change, a note at its very frame, the note before released later and its pedal later still."""
    rows: list[tuple[int, bytes]] = []
    start = round(LEAD_S * RATE)
    for number in range(switches + 1):
        at, key = start + number * gap, KEYS[number % len(KEYS)]
        former = KEYS[(number - 1) % len(KEYS)]
        if switching and 0 < number <= switches:
            rows.append((at, bytes((0xC0, number % 2))))
        if number < switches:
            rows.append((at, bytes((0x90, key, 90))))
        if number > 0:
            rows.append((at + gap // 4, bytes((0x80, former, 64))))
        rows.append((at + gap // 2, bytes((0xB0, 64, 0))))
        if number < switches:
            rows.append((at + gap // 2 + RATE // 100, bytes((0xB0, 64, 127))))
    return sorted(rows, key=lambda row: row[0])


def bench_songs(
    switches: int = 500,
    seconds: float = 300.0,
    frames: int = 64,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[str, Any]:
    """steady_step, switch_step: largest steps between samples; left_out: cycles that the server itself has lost; blocks_least,
    blocks_most: from a program change and its note to that note's first sample in the new song, in blocks of the server;
    wrong: notes that sounded in the old one; unready: program changes that came before their song was made ready;
    hung_db: peak of what sounds at the end; late, xruns, KiB grown."""
    gap = max(RATE // 5, round(seconds * RATE / switches))
    with (
        tempfile.TemporaryDirectory() as folder,
        JackServer(RATE, frames, log=Path(folder) / "jackd.log", channels=4) as server,
    ):
        server.use()
        path = evening(Path(folder))
        few = min(switches, 40)
        steady, calm = _played(path, server.name, frames, few, gap, False, lambda share: progress(0.1 * share))
        sound, facts = _played(
            path, server.name, frames, switches, gap, True, lambda share: progress(0.1 + 0.9 * share)
        )
    lost = calm["lost"]
    blocks, wrong = _met(sound, switches, gap, frames, facts)
    return {
        "switches": switches,
        "seconds": round(switches * gap / RATE, 1),
        "frames": frames,
        "steady_step": _step(steady, lost),
        "switch_step": _step(sound, facts["lost"]),
        "left_out": len(facts["lost"]),
        "blocks_least": min(blocks),
        "blocks_most": max(blocks),
        "measured": len(blocks),
        "wrong": wrong,
        "hung_db": _db(sound[:, -RATE // 2 :]),
        **{name: facts[name] for name in ("arrived", "ringing", "late", "xruns", "grown_kib", "ready", "unready")},
    }


def _step(sound: np.ndarray, lost: np.ndarray) -> float:
    """Largest step between two samples, apart from where the server itself has lost a cycle."""
    steps = np.abs(np.diff(sound)).max(axis=0)
    for at in lost:
        steps[max(0, at - NEAR) : at + NEAR] = 0.0
    return float(steps.max())


def _db(sound: np.ndarray) -> float:
    return round(20.0 * float(np.log10(max(1e-9, np.abs(sound).max()))), 1)


def _played(
    path: Path, server: str, frames: int, switches: int, gap: int, switching: bool, progress: Callable[[float], object]
) -> tuple[np.ndarray, dict[str, Any]]:
    length = round((LEAD_S + REST_S) * RATE) + (switches + 1) * gap
    options = Options(
        scene=str(path),
        driver="jack",
        server=server,
        frames=frames,
        outputs=2 * EARS,
        midi=False,
        players=False,
        aside=False,
    )
    sizes: list[int] = []
    with Session(options) as session:
        session.run(1.0)
        hand = SongHand(server, hands(switches, gap, switching), length)
        try:
            hand.start("antiphon:midi_in", "antiphon:out_1", "antiphon:out_3")
            session.engine.meters.reset()
            deadline = time.monotonic() + 3.0 * length / RATE + 30.0
            while not hand.finished:
                session.run(0.1)
                progress(min(1.0, float(hand.state["heard"]) / length))
                if len(sizes) < 1 and hand.state["heard"] > length // 5:
                    gc.collect()
                    sizes.append(resident_kib())
                if time.monotonic() > deadline:
                    raise AntiphonError(
                        "the JACK server stands still; end what else runs on this machine and try again"
                    )
            gc.collect()
            sizes.append(resident_kib())
            meters = session.engine.meters.snapshot()
            facts = {
                "latency": session.engine.latency, "lost": hand.xruns, "late": meters["late"], "xruns": session.driver.xruns,
                "grown_kib": sizes[-1] - sizes[0], "ringing": len(session.engine.switches.ringing()),
                "ready": len(session.show.preload.all), "unready": session.programs.unready,
                "arrived": session.show.place.song == (switches % 2) + 1,
            }  # fmt: skip
            return hand.sound.copy(), facts
        finally:
            hand.close()


def _met(sound: np.ndarray, switches: int, gap: int, frames: int, facts: dict[str, Any]) -> tuple[list[float], int]:
    """For each switch: blocks until its note is heard where the new song sounds; and how many were heard elsewhere."""
    blocks, wrong = [], 0
    start = round(LEAD_S * RATE)
    for number in range(1, switches):
        at, ear = start + number * gap, number % 2
        if np.any(np.abs(facts["lost"] - at) < max(NEAR, gap)):
            continue
        here = np.abs(sound[ear, at : at + gap // 8])
        loud = np.flatnonzero(here > _ONSET)
        if len(loud) == 0:
            wrong += 1
            continue
        blocks.append(round((int(loud[0]) - facts["latency"]) / frames, 2))
    return blocks or [float("nan")], wrong
