"""Looks over the machine for `ports` and `doctor`; [main]."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from realtime.native.errors import AntiphonError


def survey_ports() -> dict[str, Any]:
    """Audio driver that would be chosen, audio devices, MIDI ports."""
    from realtime.drivers.choose import choose
    from realtime.midi.port_list import list_ports

    choice = choose()
    audio: list[dict[str, Any]] = []
    try:
        from realtime.drivers import portaudio

        audio = [
            {"name": row["name"], "inputs": row["inputs"], "outputs": row["outputs"], "sample_rate": row["sample_rate"]}
            for row in portaudio.devices()
        ]
    except (AntiphonError, OSError, KeyError):
        pass
    midi = list_ports()
    return {
        "driver": {"name": choice.name, "why": choice.why, "sample_rate": choice.sample_rate, "frames": choice.frames},
        "audio": audio,
        "midi_inputs": [f"{port['name']} ({port['api']})" for port in midi if port["direction"] == "in"],
        "midi_outputs": [f"{port['name']} ({port['api']})" for port in midi if port["direction"] == "out"],
    }


def _finding(level: str, what: str, remedy: str = "") -> dict[str, str]:
    return {"level": level, "what": what, "remedy": remedy}


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _driver() -> list[dict[str, str]]:
    """Run the driver that would be chosen for a moment, and ask what scheduling it got."""
    import time

    from realtime.drivers.choose import choose
    from realtime.engine.engine import Engine

    choice = choose()
    silent = choice.name == "null"
    remedy = "start JACK or PipeWire, or plug in an audio interface, to be heard" if silent else ""
    found = [_finding("note" if silent else "good", f"plays on {choice.name}: {choice.why}", remedy)]
    driver = choice.create()
    try:
        driver.open(Engine(choice.sample_rate), choice.frames or 128)
        driver.start()
        time.sleep(0.5)
        report = driver.realtime_report()
        level = "good" if report.realtime else "bad"
        found.append(_finding(level, f"audio thread: {report.policy} priority {report.priority}"))
        found += [_finding("note", sentence) for sentence in report.missing]
        found.append(_finding("good" if driver.xruns == 0 else "note", f"{driver.xruns} xruns in half a second"))
    except AntiphonError as error:
        found.append(_finding("bad", str(error)))
    finally:
        driver.close()
    return found


def _linux() -> list[dict[str, str]]:
    found = []
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor and governor != "performance":
        found.append(_finding("note", f"the CPU governor is {governor!r}", "cpupower frequency-set -g performance"))
    swappiness = _read("/proc/sys/vm/swappiness")
    if swappiness.isdigit() and int(swappiness) > 10 and "SwapTotal:              0 kB" not in _read("/proc/meminfo"):
        found.append(_finding("note", f"swappiness is {swappiness}: pages of the rig may be swapped out",
                              "sysctl vm.swappiness=10"))  # fmt: skip
    if not Path("/dev/snd").exists():
        found.append(
            _finding(
                "note", "no ALSA sound card (/dev/snd is missing)", "plug one in, or play through JACK or PipeWire"
            )
        )
    return found


def examine() -> list[dict[str, str]]:
    """All findings, each with level (good, note, bad), what, remedy."""
    from realtime.session import kernels
    from realtime.session.paths import MODELS, scene_files, user_folder

    found = [_finding("good", f"Python {sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} cores")]
    if kernels.are_ready():
        found.append(_finding("good", "all kernels are compiled"))
    else:
        found.append(_finding("note", "kernels are not compiled yet", "run `antiphon setup` before the concert"))
    found += _driver()
    if sys.platform == "linux":
        found += _linux()
    found.append(_gpu())
    found += [_finding("bad", sentence) for sentence in _broken_files()]
    models = sorted(MODELS.glob("*.onnx"))
    found.append(_finding("good" if models else "bad", f"{len(models)} model packages, {len(scene_files())} scenes"))
    yours = ", ".join(str(user_folder(name)) for name in ("scenes", "players", "models", "recordings"))
    found.append(_finding("good", f"your own scenes, players, models and recordings: {yours}"))
    free = shutil.disk_usage(Path.home()).free / 1e9
    found.append(
        _finding("good" if free > 2 else "bad", f"{free:.0f} GB free for recordings in {user_folder('recordings')}")
    )
    return found


def _broken_files() -> list[str]:
    """Devices and players whose file cannot be run."""
    from realtime.devices import registry
    from realtime.players.registry import player_class, player_names

    broken = registry.faults()
    for name in player_names():
        try:
            player_class(name)
        except AntiphonError as error:
            broken.append(str(error))
    return broken


def _gpu() -> dict[str, str]:
    try:
        from realtime.neural import ort

        providers = ort.available_providers()
    except (ImportError, AttributeError, OSError, AntiphonError) as error:
        return _finding("bad", f"ONNX Runtime: {error}", "reinstall Antiphon (make setup)")
    return _finding("good", f"ONNX Runtime offers: {', '.join(providers)}")
