"""Fixtures of the system tests: a stage is a private JACK server, its patchbay, and an Antiphon that plays on it."""

from __future__ import annotations

import pytest

from tests.rig.fixtures import make_jack  # noqa: F401
from tests.rig.jack_clients import JackClients
from tests.system.stage import Stage


@pytest.fixture
def stage(make_jack, tmp_path, monkeypatch):  # noqa: F811
    """A Stage at 48 kHz, 256 frames; whatever runs on it is ended."""
    monkeypatch.setenv("ANTIPHON_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    server = make_jack(frames=256)
    clients = JackClients(server, tmp_path)
    stage = Stage(server, clients, tmp_path)
    yield stage
    clients.stop()
    stage.stop()
