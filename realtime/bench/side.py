"""One side of `bench callback`, in a process of its own: play, stall, and hand back when each callback began and ended.

Run as `python -m realtime.bench.side '{json}'`; says "ready" when it plays and stalls, ends when it is sent a line.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time

import numpy as np

from realtime.bench import stalls
from realtime.bench.probe import Probe
from realtime.drivers import scheduling
from realtime.drivers.calls import call_run
from realtime.native.jit import native
from realtime.native.memory import aligned

SETTLE_S = 0.5


@native
def play_interleaved(run, engine, table, planar, out, start_ns):
    """The engine into an interleaved (frames, channels) array, as sounddevice wants it; releases the interpreter."""
    frames, channels = out.shape
    call_run(run, engine, table.ctypes.data, table.ctypes.data, frames, start_ns)
    for channel in range(channels):
        for frame in range(frames):
            out[frame, channel] = planar[channel, frame]


class PythonBody:
    """The body of an ordinary Python callback: the same engine, called from the interpreter."""

    def __init__(self, engine, frames: int, room: int):
        self.calls, self.channels = engine.calls, engine.outputs
        self.planar = aligned(8 * frames).reshape(8, frames)
        self.table = np.array([row.ctypes.data for row in self.planar], np.int64)
        self.log = np.ones((room, 2), np.int64)
        self.blocks = 0
        self(np.zeros((frames, self.channels), np.float32))  # compile
        self.blocks = 0

    def __call__(self, out: np.ndarray) -> None:
        start_ns = time.monotonic_ns()
        play_interleaved(self.calls[0], self.calls[4], self.table, self.planar, out, start_ns)
        if self.blocks < len(self.log):
            self.log[self.blocks, 0] = start_ns
            self.log[self.blocks, 1] = time.monotonic_ns()
            self.blocks += 1


def ours(config: dict, engine, room: int) -> None:
    """Antiphon's driver."""
    from realtime.drivers.choose import create

    probe = Probe(engine, room)
    driver = create(config["driver"])
    options: dict = {}
    if driver.name == "jack":
        options["client_name"] = "bench"
    elif driver.name == "portaudio":
        options["device"] = config["device"]
    driver.open(probe, config["frames"], **options)
    driver.start()
    _play(config)
    driver_says = {"xruns": driver.xruns, "sched": str(driver.realtime_report()), "driver": driver.description}
    if driver.name == "null":
        driver_says["start_ns"] = int(driver.control.record["start_ns"])
    log = probe.log()
    _hand_back(config, log, driver_says)


def python_sounddevice(config: dict, engine, room: int) -> None:
    """sounddevice.OutputStream with a Python callback: over JACK's server, or the default device."""
    import sounddevice as sd

    body = PythonBody(engine, config["frames"], room)
    flags = {"xruns": 0}

    def callback(outdata, frames, times, status):
        if status:
            flags["xruns"] += 1
        body(outdata)

    stream = sd.OutputStream(
        samplerate=config["sample_rate"],
        blocksize=config["frames"],
        channels=engine.outputs,
        dtype="float32",
        latency="low",
        callback=callback,
        device=_device(sd, config),
    )
    stream.start()
    _play(config)
    _hand_back(config, body.log[: body.blocks].copy(), {**flags, "driver": "sounddevice.OutputStream"})


def _device(sd, config: dict):
    if config.get("device") is not None:
        return config["device"]
    jack = [api for api in sd.query_hostapis() if "JACK" in api["name"]]
    return jack[0]["default_output_device"] if config["driver"] == "jack" and jack else None


def python_thread(config: dict, engine, room: int) -> None:
    """A Python thread that sleeps until each block is due: what a clocked loop in Python can do."""
    frames, rate = config["frames"], int(config["sample_rate"])
    body = PythonBody(engine, frames, room)
    out = np.zeros((frames, engine.outputs), np.float32)
    state = {"start_ns": time.monotonic_ns() + 2_000_000, "xruns": 0}

    def loop() -> None:
        scheduling.raise_priority(threading.get_native_id())
        block = 0
        while True:
            due = state["start_ns"] + block * frames * 1_000_000_000 // rate
            while (now := time.monotonic_ns()) < due:
                time.sleep((due - now) / 1e9)
            body(out)
            block += 1
            elapsed = (time.monotonic_ns() - state["start_ns"]) * rate // (frames * 1_000_000_000)
            if elapsed > block:
                state["xruns"] += 1
                block = elapsed

    threading.Thread(target=loop, daemon=True).start()
    _play(config)
    _hand_back(config, body.log[: body.blocks].copy(), {**state, "driver": "Python thread"})


def _play(config: dict) -> None:
    time.sleep(SETTLE_S)
    stalls.start(config["stall"])
    time.sleep(SETTLE_S)
    print("ready", flush=True)
    sys.stdin.readline()


def _hand_back(config: dict, log: np.ndarray, says: dict) -> None:
    np.savez(config["result"], log=log, says=json.dumps(says))
    print("done", flush=True)
    # the server may be tired of us and PortAudio may hang on leaving: all is said
    os._exit(0)


def main() -> None:
    config = json.loads(sys.argv[1])
    module, name = config["factory"].split(":")
    engine = getattr(importlib.import_module(module), name)(config["sample_rate"])
    room = int((config["seconds"] + 30) * config["sample_rate"] / config["frames"]) * 2
    if config["side"] == "ours":
        ours(config, engine, room)
    elif config["driver"] == "null":
        python_thread(config, engine, room)
    else:
        python_sounddevice(config, engine, room)


if __name__ == "__main__":
    main()
