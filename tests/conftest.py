"""What every test shares: a seeded world, and a home of its own: no test reads or writes what the user has."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

import realtime  # noqa: F401 - before any test loads ONNX Runtime: its telemetry off

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

HOME = Path(tempfile.mkdtemp(prefix="antiphon-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in ("ANTIPHON_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_MUSIC_DIR"):
    (HOME / name).mkdir(mode=0o700)
    os.environ[name] = str(HOME / name)  # before a test is collected: some are made for each scene that there is


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(20261121)
