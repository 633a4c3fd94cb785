"""A session with a controller in hand: what a port would push, and what the map makes of it."""

import json
from contextlib import contextmanager

from realtime.engine.layout import PORT_SOURCE
from tests.session.live import settled, stage, until, wrote

SCENE = """
[[track]]
name = "keys"
sends = { hall = -12 }
[[track.device]]
device = "filter"
[[track.device]]
device = "saturator"
[[track]]
name = "lead"
[[track.device]]
device = "poly"
[[bus]]
name = "hall"
[[bus.device]]
device = "reverb"
"""


class Hand:
    """Plays a controller at a port of the engine, and reads what the tree says."""

    def __init__(self, session, client, source=PORT_SOURCE):
        self.session, self.client, self.source = session, client, source

    def send(self, *data):
        assert self.session.engine.midi_in(self.source, bytes(data), 0)
        self.heard()

    def cc(self, number, value, channel=1):
        self.send(0xB0 | channel - 1, number, value)

    def heard(self):
        """Wait until the callback and the map thread have taken all that was sent."""
        engine, maps = self.session.engine, self.session.maps
        assert until(self.session, lambda: len(engine.messages) == 0)
        settled(self.session)
        assert until(self.session, lambda: len(engine.controls) == 0)
        self.turned(maps)

    def turned(self, maps=None):
        """Wait until the map thread has done all that was asked, and looked at everything once more."""
        maps = maps or self.session.maps
        done = []
        maps.order(lambda: maps.order(lambda: maps.order(lambda: done.append(True))))
        assert until(self.session, lambda: done)
        assert until(self.session, lambda: not maps._stale)

    def set(self, address, *args):
        self.client.set(address, *args)
        self.client.get("/learn/state")  # answered in order
        self.turned()

    def map(self, **table):
        self.set("/map/set", json.dumps(table))
        return self.maps()

    def maps(self):
        return json.loads(self.client.get("/map/list"))

    def learning(self):
        return json.loads(self.client.get("/learn/state"))

    def get(self, address):
        return self.client.get(address)


@contextmanager
def hands(tmp_path, text=SCENE, **options):
    with stage(wrote(tmp_path, text, "mapped.toml"), **options) as (session, client):
        hand = Hand(session, client)
        hand.turned()
        yield hand
