"""A real session on the null driver, driven as the panel drives it: by OSC, over a real socket."""

import time
from contextlib import contextmanager

import numpy as np

from realtime.control.client import ControlClient
from realtime.session.render import render_pieces
from realtime.session.session import Options, Session

PLAIN = '[[track]]\nname = "t"\n[[track.device]]\ndevice = "saturator"\n'


@contextmanager
def stage(scene="first_light", **options):
    """(session, client); no MIDI ports, no players unless asked for."""
    chosen = {"driver": "null", "midi": False, "players": False} | options
    with Session(Options(scene=str(scene), **chosen)) as session, ControlClient(session.control.server.port) as client:
        yield session, client


def until(session, condition, seconds=20.0):
    """Run the session until a condition holds; its value."""
    end = time.monotonic() + seconds
    while True:
        session.tick()
        found = condition()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.005)


def settled(session, seconds=20.0):
    """Run the session until all that was asked of it has been done, and the callback has heard of it."""
    assert until(session, lambda: session._jobs.empty() and len(session.engine.commands) == 0, seconds)
    beat = session.driver.callbacks
    assert until(session, lambda: session.driver.callbacks >= beat + 2, seconds)


def wrote(folder, text, name="s.toml"):
    """A scene file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def put(session, client, address, *values):
    """Set what the panel would set, and run the session until it is done."""
    client.set(address, *values)
    client.get("/log", 20.0)  # answered in order: what was set before has arrived
    settled(session)


def rendered(*scene_music_and_more, **how):
    """All of `render_pieces` as one float32 array (outputs, n)."""
    return np.concatenate([*render_pieces(*scene_music_and_more, **how)], axis=1)
