"""`antiphon bench players --measure memory`: what a band takes of memory, and how soon it is there; [main].

    python -m realtime.bench.band_memory SCENE

Each run is a fresh process that opens a session on the null driver; memory is the proportional share (PSS) of it and all
its children, so that what they share is counted once. Linux alone tells it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from realtime.bench import band_rig
from realtime.native.cache import ROOT
from realtime.native.errors import AntiphonError

SIX = 6
SETTLE_S = 5.0
PATIENCE_S = 180.0
RUNS = 2
"""Of each: the first warms the machine's own caches."""


def bench_memory(names: Sequence[str] | None = None, size: int = SIX) -> dict[str, Any]:
    """A band of so many players (all there are, over again if they are fewer) against the same scene without them.

    more_mib: memory of the one above that of the other; start_s: from the start of the process to the turn of the last
    player; start_cpu_s: what of it was the processor's work, in all processes; engine_s: to the first block. Raises
    AntiphonError.
    """
    chosen, told = band_rig.able(names)
    if not chosen:
        raise AntiphonError(f"there is no player to measure; {' '.join(told)}")
    band = [chosen[k % len(chosen)] for k in range(size)]
    with tempfile.TemporaryDirectory() as folder:
        runs = {}
        for label, players in (("none", []), ("band", band)):
            path = band_rig.write_scene(Path(folder) / f"{label}.toml", players, 120.0)
            runs[label] = [_measured(path) for _ in range(RUNS)][-1]
    return {
        "measure": "memory", "players": band, "none_mib": runs["none"]["pss_mib"], "band_mib": runs["band"]["pss_mib"],
        "more_mib": round(runs["band"]["pss_mib"] - runs["none"]["pss_mib"], 1), "limit_mib": 1024,
        "processes": runs["band"]["processes"], "engine_s": runs["band"]["engine_s"], "start_s": runs["band"]["start_s"],
        "start_cpu_s": runs["band"]["start_cpu_s"],
        "limit_s": 5.0, "warnings": told,
    }  # fmt: skip


def _measured(scene: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "realtime.bench.band_memory", str(scene)]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S)
        return json.loads(answer.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise AntiphonError(f"the band of {scene.stem} could not be measured ({error}); try again") from None


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
    found = [root]
    for one in found:
        found += [pid for pid, parent in parents.items() if parent == one and pid not in found]
    return found


def pss_mib(pids: Sequence[int]) -> float:
    """Proportional set size of these processes. Raises AntiphonError where the system does not tell it."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    if not total:
        raise AntiphonError("this system does not tell what memory a process has: measure on Linux")
    return round(total / 1024.0, 1)


def _run(scene: str) -> dict[str, Any]:
    begun = time.monotonic() - _age_s()
    from realtime.session.options import Options
    from realtime.session.session import Session

    with Session(Options(scene=scene, driver="null", midi=False, control=False, aside=False)) as session:
        while session.driver.callbacks < 1:
            time.sleep(0.001)
        engine_s = time.monotonic() - begun
        while not all(link.running and link.memory.vitals["turns"][0] > 0 for link in session.links):
            session.run(0.01)
        start_s, cpu_s = time.monotonic() - begun, processor_s(family(os.getpid()))
        session.run(SETTLE_S)
        pids = family(os.getpid())
        found = {"pss_mib": pss_mib(pids), "processes": len(pids)}
    return found | {"engine_s": round(engine_s, 2), "start_s": round(start_s, 2), "start_cpu_s": round(cpu_s, 2)}


def processor_s(pids: Sequence[int]) -> float:
    """Seconds that the processor has spent on these."""
    ticks = 0
    for pid in pids:
        try:
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        except (OSError, ValueError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _age_s() -> float:
    """Seconds since this process began."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1])))
