"""A private JACK server for the MIDI ports, since machines that test have no ALSA sequencer."""

import pytest

from realtime.bench.servers import JackServer


@pytest.fixture(scope="module")
def jack():
    with JackServer(frames=256) as server:
        yield server
