"""The purity gate: the object code of all audio-thread functions, as it is loaded to be played, names no Python, reference-count
or GIL symbol."""

import json
import os
import re
import subprocess
import sys

import pytest

from realtime.native.jit import IMPURE

OBJECTS = r"""
def objects(entry):
    # the object code of an entry as the cache holds it: what the callback runs
    parts = [path.read_bytes() for path in entry._cache._cache_file.files()]
    return b"".join(part[part.find(b"\x7fELF"):] for part in parts if b"\x7fELF" in part)

def impure(code):
    names = b" ".join(re.findall(rb"[\x21-\x7e]{3,}", code)).decode("ascii")
    return sorted(set(re.findall(IMPURE, names)))
"""
COLLECT = """
import importlib, json, pkgutil, re, sys
import realtime
from realtime.native import jit
from realtime.native.jit import IMPURE

def modules(package):
    for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if info.name.split(".")[1] in ("commands", "cli", "bench", "session"):
            continue
        yield info.name
        if info.ispkg:
            yield from modules(importlib.import_module(info.name))

for name in modules(realtime):
    importlib.import_module(name)
from realtime.devices import registry
for device in registry.devices().values():
    device.entries()

OBJECTS
found = {}
for entry in jit.compiled_entries:
    name = entry._pyfunc.__module__ + "." + entry.__name__
    code = objects(entry)
    found[name] = [len(code), impure(code)]
json.dump(found, sys.stdout)
""".replace("OBJECTS", OBJECTS)


def collect() -> dict:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", COLLECT], env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.timeout(900)
def test_audio_thread_code_is_pure():
    found = collect()
    names = {name.rsplit(".", 1)[0] for name in found}
    for module in (
        "engine.callback",
        "engine.events",
        "engine.mix",
        "devices.poly",
        "devices.reverb",
        "drivers.jack_callback",
    ):
        assert f"realtime.{module}" in names, f"{module} was not compiled: the gate would not see it"
    assert all(length > 300 for length, _ in found.values()), "object code missing: the gate would not see it"
    impure = {name: symbols for name, (_, symbols) in found.items() if symbols}
    assert impure == {}


def test_the_gate_sees_a_raise_and_an_allocation(tmp_path):
    """The gate can fail: a surviving raise shows in the object code, an allocation does not even compile."""
    source = tmp_path / "dirty.py"
    source.write_text(
        "import numba, re, numpy as np\n"
        + OBJECTS
        + "from realtime.native.jit import IMPURE, int64, _bare_wrappers, _OPTIONS\n"
        "options = {**_OPTIONS, 'cache': True}\n"
        "def raising(x):\n"
        "    if x < 0:\n"
        "        raise ValueError('no')\n"
        "    return x\n"
        "with _bare_wrappers():\n"
        "    entry = numba.cfunc(int64(int64), nopython=True, **options)(raising)\n"
        "print(len(impure(objects(entry))))\n"
        "def allocating(x):\n"
        "    return np.zeros(x).size\n"
        "try:\n"
        "    numba.cfunc(int64(int64), nopython=True, **options)(allocating)\n"
        "    print('compiled')\n"
        "except numba.core.errors.TypingError:\n"
        "    print('refused')\n"
    )
    done = subprocess.run([sys.executable, str(source)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-1000:]
    count, allocation = done.stdout.split()
    assert int(count) > 0 and allocation == "refused", done.stderr[-1000:]
    assert re.findall(IMPURE, "movabsq $NRT_incref, %rax") and not re.findall(IMPURE, "callq sinf; Pyramid")
