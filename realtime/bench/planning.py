"""`antiphon bench players --measure planning`: what a bar's planning costs, and whether any note comes late; [main].

First off stage, one player after another on one thread, each turn timed. Then on stage: all players at once in their
processes beside a running engine, at the tempo asked for.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from realtime.bench import band_rig
from realtime.drivers.offline import OfflineDriver
from realtime.engine.engine import Engine
from realtime.session import scene as scenes
from realtime.session.offline_band import OfflineBand
from realtime.session.options import Options
from realtime.session.player_link import PlayerLink
from realtime.session.session import Session

TEMPO_BPM, BEATS = 200.0, 4
WARM_BARS = 4
"""Bars at the start that are not measured: what is made once is made there."""
SETTLE_S = 120.0
BLOCK = 64


def bench_planning(
    names: Sequence[str] | None = None,
    minutes: float = 1.0,
    tempo_bpm: float = TEMPO_BPM,
    progress: Callable[[float], object] = lambda share: None,
) -> list[dict[str, Any]]:
    """A row for each player and for all of them together, off stage, and the same live.

    p99_share, median_share: of a bar's time, in the turns of a bar (of all players: their sum, on one core); cpu_p99_share:
    the processor's part of it, which others that run on the machine do not lengthen. hit_rate: of all notes, those that were
    planned before their beat; held: those that the engine played for a player that was silent; latest_ms: the worst of the
    late ones. minutes: of the live run. Raises AntiphonError for an unknown player.
    """
    chosen, told = band_rig.able(names)
    rows = [{"measure": "planning", "sentence": sentence} for sentence in told]
    with tempfile.TemporaryDirectory() as folder:
        path = band_rig.write_scene(Path(folder) / "bench.toml", chosen, tempo_bpm)
        rows += _off_stage(path, chosen, tempo_bpm, max(24, round(minutes * tempo_bpm / BEATS)), progress)
        rows += _on_stage(path, tempo_bpm, minutes, progress)
    return rows


def _off_stage(
    path: Path, names: Sequence[str], tempo_bpm: float, bars: int, progress: Callable[[float], object]
) -> list[dict[str, Any]]:
    scene = scenes.load(path)
    engine, driver = Engine(48000.0, 0, 2, tempo_bpm), OfflineDriver()
    engine.record["transport"]["playing"] = 1
    engine.swap(engine.compile(scene.rack), 0.0)
    driver.open(engine, BLOCK)
    band = OfflineBand(scene, engine)
    spent = np.zeros((2, bars, len(band.seats)))  # wall and processor, seconds
    notes = np.zeros(len(band.seats), int)
    transport = engine.record[0]["transport"]
    try:
        for bar in range(bars):
            band_rig.tell_chord(engine, bar)
            due = list(band_rig.played(bar))
            while float(transport["beat"]) < BEATS * (bar + 1) - 1e-9:
                into = float(transport["beat"]) - BEATS * bar
                while due and due[0][0] <= into:
                    engine.midi_in(0, due.pop(0)[1], 0)
                driver.render(BLOCK)
                for number, seat in enumerate(band.seats):
                    wall, cpu = time.perf_counter(), time.thread_time()
                    seat.turn()
                    spent[:, bar, number] += time.perf_counter() - wall, time.thread_time() - cpu
            progress(0.3 * (bar + 1) / bars)
        notes[:] = [seat.planned_notes for seat in band.seats]
    finally:
        driver.close()
        band.close()
    bar_s = BEATS * 60.0 / tempo_bpm
    shares = spent[:, WARM_BARS:] / bar_s
    rows = [_row(name, shares[:, :, k], int(notes[k]), tempo_bpm) for k, name in enumerate(names)]
    return [*rows, _row("all of them", shares.sum(axis=2), int(notes.sum()), tempo_bpm)]


def _row(name: str, shares: np.ndarray, notes: int, tempo_bpm: float) -> dict[str, Any]:
    wall, cpu = shares
    return {
        "measure": "planning", "player": name, "tempo_bpm": tempo_bpm, "bars": len(wall), "notes": notes,
        "median_share": _rounded(np.median(wall)), "p99_share": _rounded(np.quantile(wall, 0.99)),
        "cpu_p99_share": _rounded(np.quantile(cpu, 0.99)), "limit": 0.1,
    }  # fmt: skip


def _rounded(value: float) -> float:
    return round(float(value), 5)


def _on_stage(
    path: Path, tempo_bpm: float, minutes: float, progress: Callable[[float], object]
) -> list[dict[str, Any]]:
    options = Options(scene=str(path), driver="null", midi=False, control=False, aside=False)
    with Session(options) as session:
        waited = time.monotonic() + SETTLE_S
        while not all(link.running and link.memory.vitals["turns"][0] > 0 for link in session.links):
            session.run(0.05)
            if time.monotonic() > waited:
                break
        transport = session.engine.record[0]["transport"]
        session.run(BEATS * 60.0 / tempo_bpm * WARM_BARS)
        for link in session.links:
            session.engine.players.reset_late(link.number)
        begun = time.monotonic()
        bar, due = -1, []
        while (elapsed := time.monotonic() - begun) < 60.0 * minutes:
            beat = float(transport["beat"])
            if int(beat // BEATS) != bar:
                bar = int(beat // BEATS)
                band_rig.tell_chord(session.engine, bar)
                due += [(BEATS * bar + at, data) for at, data in band_rig.played(bar)]
            while due and due[0][0] <= beat:
                session.engine.midi_in(0, due.pop(0)[1])
            session.tick()
            time.sleep(0.002)
            progress(0.3 + 0.7 * elapsed / (60.0 * minutes))
        rows = [_live([link], session, link.slot.player) for link in session.links]
        together = _live(session.links, session, "all of them")
        together |= {
            "tempo_bpm": tempo_bpm, "cores": os.cpu_count(), "load_of_machine": round(os.getloadavg()[0], 1),
            "minutes": round(minutes, 2), "limit": 0.995, "off": sum(not link.running for link in session.links),
        }  # fmt: skip
        return [*rows, together]


def _live(links: Sequence[PlayerLink], session: Session, name: str) -> dict[str, Any]:
    hits, late, held = (
        sum(int(session.engine.record[f"player_{kind}"][0][link.number]) for link in links)
        for kind in ("hits", "late", "held")
    )
    return {
        "measure": "planning live", "player": name, "notes": hits + late, "late": late, "held": held,
        "hit_rate": round(hits / max(1, hits + late + held), 5),
        "latest_ms": round(max((link.latest_ms for link in links), default=0.0), 2),
        "rungs": [link.rung for link in links], "load_percent": round(sum(link.load for link in links), 2),
    }  # fmt: skip
