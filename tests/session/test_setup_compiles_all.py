"""After `antiphon setup` the first play finds every kernel it asks for: played, recorded, edited, with each device."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.devices.registry import devices
from realtime.native.cache import cache_folder
from realtime.session.kernels import units

WATCH = """
import os
import numba.core.caching as caching

_load = caching.Cache.load_overload

def load_overload(self, sig, context):
    with open(os.environ["ASKED_FOR"], "a") as log:
        log.write(f"{self._impl.filename_base} {sig}\\n")
    return _load(self, sig, context)

caching.Cache.load_overload = load_overload
"""
"""Every process notes which kernels it asks the cache for."""

EVENING = """
import sys, time
from pathlib import Path
from realtime.control.client import ControlClient
from realtime.devices.registry import devices
from realtime.engine.rack import Rack, Slot, Track
from realtime.session.paths import PRESETS
from realtime.session.scene_data import Scene
from realtime.session.scene_write import save
from realtime.session.session import Options, Session
from tests.devices.files_for_devices import options_for

folder = Path(sys.argv[1])
names = [path.stem for path in sorted(PRESETS.glob("*.toml"))]
for name, device in devices().items():
    slots = [Slot(name, options=options_for(name))] + ([Slot("poly")] if device.kind == "midi" else [])
    plays = device.kind in ("instrument", "midi")
    rack = Rack([Track("t", slots, audio_input=() if plays else (1, 2))])
    path = folder / f"with_{name}.toml"
    save(Scene(path.stem, name, rack=rack), path)
    names.append(str(path))

with Session(Options(driver="null", inputs=2)) as session, ControlClient(session.control.server.port) as client:
    def run(beats=12):
        until = session.driver.callbacks + beats
        while session.driver.callbacks < until:
            session.tick()
            time.sleep(0.002)
    client.subscribe("/")
    session.record(str(folder / "take.wav"), anywhere=True)
    for name in names:
        session.load_scene(name)
        for status in (0x90, 0x80):
            for key in (36, 48, 62, 74):
                session.note(status, key, 100)
            run()
    session.record("")
    session.panic()
    run()
    print(len(names))
"""


def asked_for(folder: Path, name: str, *command: str) -> set[str]:
    """Which kernels the processes of a command asked for."""
    hooks, log = folder / "hooks", folder / name
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(WATCH)
    root = str(Path(__file__).resolve().parents[2])
    env = {
        **os.environ, "ASKED_FOR": str(log), "PYTHONPATH": os.pathsep.join((str(hooks), root)),
        "ANTIPHON_CACHE": str(folder / "cache"), "ANTIPHON_RUNTIME_DIR": str(folder),
    }  # fmt: skip
    done = subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return set(log.read_text().splitlines())


@pytest.fixture
def own_cache(tmp_path) -> Path:
    """The kernels that are there, but nothing that says that they are all."""
    place = tmp_path / "cache" / cache_folder().name
    if cache_folder().is_dir():
        shutil.copytree(cache_folder(), place, ignore=shutil.ignore_patterns("complete-*"))
    return tmp_path


def test_a_first_play_asks_for_no_kernel_that_setup_has_not_made(own_cache):
    made = asked_for(own_cache, "setup", "-m", "realtime.cli", "setup", "--json")
    assert len(made) > 2 * len(units()), "the watch saw nothing"
    played = asked_for(own_cache, "evening", "-c", EVENING, str(own_cache))
    assert len(played) > len(devices())
    assert sorted(played - made) == []
