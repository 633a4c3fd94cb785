"""Fixtures of the driver tests: real servers."""

from tests.rig.fixtures import jack_clients, jack_server, make_jack, pipewire  # noqa: F401
