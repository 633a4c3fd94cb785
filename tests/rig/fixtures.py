"""Pytest fixtures of real servers and programs; a missing program fails the test with the package to install."""

from __future__ import annotations

import pytest

from realtime.bench.servers import JackServer
from tests.rig.jack_clients import JackClients
from tests.rig.pipewire import PipeWire


@pytest.fixture
def make_jack(tmp_path):
    """make_jack(sample_rate=48000, frames=64, channels=2) -> a running private server that this process uses."""
    servers: list[JackServer] = []

    def make(sample_rate: int = 48_000, frames: int = 64, channels: int = 2) -> JackServer:
        server = JackServer(sample_rate, frames, log=tmp_path / f"jackd-{len(servers)}.log", channels=channels)
        servers.append(server)
        server.start()
        server.use()
        return server

    yield make
    for server in reversed(servers):
        server.stop()


@pytest.fixture
def jack_server(make_jack):
    """A private JACK server, 48 kHz, 64 frames."""
    return make_jack()


@pytest.fixture
def jack_clients(jack_server, tmp_path):
    """Real JACK programs on `jack_server`."""
    clients = JackClients(jack_server, tmp_path)
    yield clients
    clients.stop()


@pytest.fixture
def pipewire(tmp_path):
    """A private PipeWire with a null sink, 48 kHz, 256 frames, that this process uses."""
    with PipeWire(tmp_path) as server:
        yield server
