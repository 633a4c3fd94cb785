"""What every test shares: a seeded world, and the rig's fixtures."""

from __future__ import annotations

import os

import numpy as np
import pytest

import realtime  # noqa: F401 - before any test loads ONNX Runtime: its telemetry off

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(20261121)
