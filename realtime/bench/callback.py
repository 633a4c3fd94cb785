"""`antiphon bench callback`: how often a block comes too late, ours against an ordinary Python callback; [main].

Both sides call the same engine (same scene, same machine code); each runs in a fresh process against the same private
server while the same stall torments its interpreter. The only difference is the interpreter in the callback's path.

Late, for both sides alike, is the larger of two counts over the same stretch of time:
  server  the cycles in which JACK found the client not finished when the next cycle began (its log, or its xrun
          notifications if the server is not ours); without a server, the blocks the driver says were lost;
  grid    the deadlines, one a period, by which no callback had begun and ended. A third client in a process of its own,
          silent and never stalled, marks the cycles: their even grid is the lower envelope of its awakenings. Deadlines
          that even this client missed by a whole period are the machine's own; they are counted apart (`machine_late`).
          The null driver has its own grid of due times.
Durations are from the callback's first instruction (Python: first line) to the end of the engine's work.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from realtime.bench.observer import NAME as OBSERVER_NAME
from realtime.bench.observer import Observer
from realtime.bench.servers import JackServer
from realtime.bench.stalls import STALLS
from realtime.native.cache import ROOT
from realtime.native.errors import AntiphonError

PATIENCE_S = 180.0
SYNTHETIC = "realtime.bench.synthetic:make_engine"


def bench_callback(
    driver: str = "jack",
    frames: int = 64,
    seconds: float = 20.0,
    stall: str = "gil",
    versus: str | None = "python",
    sample_rate: int = 48_000,
    factory: str = SYNTHETIC,
    server: str | None = None,
    device: str | None = None,
    progress: Callable[[str], object] | None = None,
) -> dict:
    """Measure late callbacks and durations.

    driver: jack, portaudio or null. stall: none, gil, hold or gc. versus: "python", or None for ours alone.
    factory: "module:function", called in each side's process with the sample rate; returns an engine (`calls`, ...).
    server: name of a running JACK server; None starts a private one without hardware.
    device: a PortAudio device of real hardware, for driver portaudio.
    Returns {driver, frames, ..., ours: {...}, python: {...}, times_less_late}.
    """
    if driver not in ("jack", "portaudio", "null"):
        raise AntiphonError(f"The bench has no driver '{driver}': choose jack, portaudio or null.")
    if stall not in STALLS:
        raise AntiphonError(f"There is no stall '{stall}': choose one of {', '.join(STALLS)}.")
    if versus not in (None, "none", "python"):
        raise AntiphonError(f"The bench can not compare with '{versus}': choose python.")
    say = progress or (lambda line: print(line, end="\r", file=sys.stderr, flush=True))
    config = {
        "driver": driver, "frames": frames, "seconds": seconds, "stall": stall, "sample_rate": sample_rate,
        "factory": factory, "device": device,
    }  # fmt: skip
    result: dict = {**config, "definition": __doc__.split("\n\n")[2]}
    with ExitStack() as stack:
        private = None
        if driver == "jack" or (driver == "portaudio" and device is None):
            if server is None:
                private = stack.enter_context(JackServer(sample_rate, frames))
                server = private.name
            config["device"] = "JACK" if driver == "portaudio" else None
        for side in ("ours", "python") if versus == "python" else ("ours",):
            result[side] = _measure({**config, "side": side}, server, private, say)
    if "python" in result:
        ours, python = result["ours"], result["python"]
        rate = max(ours["late"], 1) / ours["expected_callbacks"]  # none late: count as one, to divide by
        result["times_less_late"] = python["late"] / python["expected_callbacks"] / rate
    return result


def _measure(config: dict, server: str | None, private: JackServer | None, say) -> dict:
    """One side: start it, wait until it plays and stalls, watch it for the time asked for."""
    side, seconds = config["side"], config["seconds"]
    period_ns = config["frames"] * 1e9 / config["sample_rate"]
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder, ExitStack() as stack:
        config = {**config, "result": str(Path(folder) / "side.npz")}
        errors = stack.enter_context(open(Path(folder) / "errors", "w+"))
        environment = dict(os.environ)
        if server is not None:
            environment.update({"JACK_DEFAULT_SERVER": server, "JACK_NO_START_SERVER": "1"})
        child = subprocess.Popen(
            [sys.executable, "-m", "realtime.bench.side", json.dumps(config)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip
        assert child.stdin is not None and child.stdout is not None
        stack.callback(_end, child)
        watchdog = threading.Timer(seconds + PATIENCE_S, child.kill)  # a side that hangs must not hang the bench
        watchdog.start()
        stack.callback(watchdog.cancel)
        say(f"{side}: starting ...                ")
        if child.stdout.readline().strip() != "ready":
            errors.seek(0)
            last = errors.read().strip().splitlines()
            raise AntiphonError(
                f"The side '{side}' of the bench did not start: {last[-1] if last else 'no reason given'}"
            )
        observer = None
        if server is not None:
            observer = stack.enter_context(Observer(server, int((seconds + 60) * 1e9 / period_ns)))
            time.sleep(0.5)  # a client that comes may cost a cycle: before we count
        begin_ns, before = time.monotonic_ns(), _server_counts(private, observer)
        for second in range(int(np.ceil(seconds))):
            time.sleep(min(1.0, seconds - second))
            say(f"{side}: {second + 1}/{seconds:g} s                ")
        end_ns, after = time.monotonic_ns(), _server_counts(private, observer)
        wakes = observer.cycles() if observer is not None else None
        child.stdin.write("stop\n")
        child.stdin.flush()
        if child.stdout.readline().strip() != "done":
            raise AntiphonError(f"The side '{side}' of the bench died.")
        with np.load(config["result"]) as found:
            log, says = found["log"], json.loads(str(found["says"]))
    log = log[(log[:, 0] >= begin_ns) & (log[:, 0] < end_ns)]
    machine_late = 0
    if wakes is not None:
        cycles = even_grid(wakes, period_ns)
        inside = (cycles >= begin_ns) & (cycles + period_ns < end_ns)
        punctual = wakes <= cycles + period_ns
        machine_late = int(np.sum(inside & ~punctual))
        grid_late = grid_misses(cycles[inside & punctual], log, period_ns)
    elif "start_ns" in says:
        first = -(-(begin_ns - says["start_ns"]) // period_ns)
        due = np.arange(first, (end_ns - says["start_ns"]) // period_ns)
        grid_late = grid_misses(says["start_ns"] + due * period_ns, log, period_ns)
    else:
        grid_late = int(np.sum(np.diff(log) > period_ns))
    server_late = after["unfinished"] - before["unfinished"] if server is not None else says["xruns"]
    return {
        "late": max(server_late, grid_late),
        "late_by_server": server_late,
        "late_by_grid": grid_late,
        "machine_late": machine_late,
        "callbacks": len(log),
        "expected_callbacks": int((end_ns - begin_ns) / period_ns),
        **percentiles(log),
        "period_us": period_ns / 1000,
        "server_xruns": after["own"] - before["own"],
        "what": says["driver"],
    }


def even_grid(wakes: np.ndarray, period_ns: float, window: int = 64) -> np.ndarray:
    """When each cycle was due, from when a client awoke for it: the lower envelope `window` cycles before and after.

    The later of the two counts: so a server that moves its grid forward (after an xrun of its own) is followed.
    """
    phase = wakes - np.arange(len(wakes)) * period_ns
    padding = np.full(window, np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([padding, phase, padding]), window + 1)
    lowest = windows.min(axis=1)
    past, future = lowest[: len(phase)], lowest[window : window + len(phase)]
    return np.maximum(past, future) + np.arange(len(wakes)) * period_ns


def grid_misses(cycles: np.ndarray, log: np.ndarray, period_ns: float) -> int:
    """Cycles in which no callback began (half a period early at most) and ended before the next cycle.

    cycles: starts, ns, ascending. log: (callbacks, 2) starts and ends, ns, ascending.
    """
    if len(log) == 0:
        return len(cycles)
    deadline = cycles + period_ns
    first = np.searchsorted(log[:, 0], cycles - period_ns / 2)
    candidate = log[np.minimum(first, len(log) - 1)]
    return int(np.sum((first >= len(log)) | (candidate[:, 0] >= deadline) | (candidate[:, 1] > deadline)))


def percentiles(log: np.ndarray) -> dict[str, float]:
    """Durations inside the callback, µs."""
    if len(log) == 0:
        return dict.fromkeys(("p50_us", "p99_us", "p999_us", "max_us"), float("nan"))
    duration_us = (log[:, 1] - log[:, 0]) / 1000
    p50, p99, p999 = np.percentile(duration_us, (50, 99, 99.9))
    values = {"p50_us": p50, "p99_us": p99, "p999_us": p999, "max_us": duration_us.max()}
    return {key: round(float(value), 2) for key, value in values.items()}


def _server_counts(private: JackServer | None, observer: Observer | None) -> dict[str, int]:
    if private is not None:
        clients = re.findall(r"client = (.+) was not finished", private.text())
        return {"unfinished": sum(name != OBSERVER_NAME for name in clients), "own": private.own_xruns()}
    if observer is not None:
        return {"unfinished": observer.xruns, "own": 0}
    return {"unfinished": 0, "own": 0}


def _end(child: subprocess.Popen) -> None:
    if child.poll() is None:
        child.kill()
    child.wait(10)
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def describe(result: dict) -> str:
    """A few lines for people."""
    lines = [f"{result['driver']}, {result['frames']} frames, stall {result['stall']}, {result['seconds']:g} s"]
    for side in ("ours", "python"):
        if side in result:
            s = result[side]
            lines.append(
                f"{side:7s} late {s['late']} of {s['expected_callbacks']} "
                f"(server {s['late_by_server']}, grid {s['late_by_grid']}; machine {s['machine_late']}),"
                f" p50 {s['p50_us']} p99 {s['p99_us']} p99.9 {s['p999_us']} max {s['max_us']}"
                f" of {s['period_us']:.0f} µs"
            )
    if "times_less_late" in result:
        lines.append(f"ours is late {result['times_less_late']:.0f} times less often")
    return "\n".join(lines)


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    for option, text in (("driver", "jack"), ("stall", "gil"), ("factory", SYNTHETIC), ("versus", "python")):
        parser.add_argument(f"--{option}", default=text)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--sample-rate", type=int, default=48_000)
    parser.add_argument("--json", action="store_true")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    measured = bench_callback(**options)
    print(json.dumps(measured, indent=1) if as_json else describe(measured))
