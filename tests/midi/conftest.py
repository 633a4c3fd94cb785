"""A private JACK server for the MIDI ports, since machines that test have no ALSA sequencer."""

import os

import pytest

from realtime.bench.servers import JackServer


@pytest.fixture(scope="module")
def jack():
    with JackServer(frames=256, name=f"midi-{os.getpid()}") as server:
        yield server
