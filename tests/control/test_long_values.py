"""A value that no datagram can carry is told all the same: the door says where to read it, and the client reads it."""

import json
import socket

from realtime.control import wire
from realtime.session.scene_write import rows as lines
from tests.session.live import stage, until, wrote
from tests.session.mapping import SCENE

TARGET = {"address": "/rack/1/cutoff_hz", "low": 100.0, "high": 9000.0}


def assignments(count):
    rows = [
        {"id": f"knob {n}", "source": {"kind": "cc", "number": n % 120, "channel": n // 120 + 1}, "targets": [TARGET]}
        for n in range(count)
    ]
    return "".join("[[map]]\n" + "\n".join(lines(row)) + "\n" for row in rows)


def test_four_hundred_assignments_are_read_and_followed(tmp_path):
    with stage(wrote(tmp_path, SCENE + assignments(400))) as (session, client):
        assert until(session, lambda: len(session.maps.store.all) == 400)
        assert len(session.maps.listing()) > wire.MAX_DATAGRAM
        assert len(json.loads(client.get("/map/list"))) == 400
        client.subscribe("/map/list")
        heard = []

        def lists():
            heard.extend(client.poll())
            return [len(json.loads(m.args[0])) for m in heard if m.address == "/map/list"]

        assert until(session, lambda: 400 in lists())
        client.set("/map/remove", "knob 399")
        assert until(session, lambda: 399 in lists())
        assert not [m for m in heard if m.address == "/antiphon/error"]


def test_a_scene_of_sixty_four_tracks_is_laid_out_for_a_panel(tmp_path):
    title = "a filter with a title as long as people write them " * 2
    devices = f'[[track.device]]\ndevice = "filter"\ntitle = "{title}"\n' * 3
    track = '[[track]]\nname = "a track whose name is rather long {0}"\nsends = {{ hall = -12 }}\n' + devices
    text = "".join(track.format(n) for n in range(64)) + '[[bus]]\nname = "hall"\n[[bus.device]]\ndevice = "reverb"\n'
    with stage(wrote(tmp_path, text)) as (session, client):
        found = client.get("/rack/layout", 5.0)
        assert len(found) > wire.MAX_DATAGRAM
        assert len(json.loads(found)["tracks"]) == 64


def test_any_client_is_told_where_to_read_it(tmp_path):
    with stage(wrote(tmp_path, SCENE + assignments(400))) as (session, client):
        assert until(session, lambda: len(session.maps.store.all) == 400)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
            plain.settimeout(10.0)
            plain.sendto(wire.message("/map/list"), ("127.0.0.1", session.control.server.port))
            (answer,) = wire.parse(plain.recv(wire.MAX_DATAGRAM))
        assert answer.address == "/antiphon/error" and answer.args[:2] == ("/map/list", "long")
        assert "OSCQuery: GET /map/list?VALUE" in answer.args[2]


def test_what_is_too_long_to_be_sent_is_said_too(tmp_path):
    with stage(wrote(tmp_path, SCENE)) as (_, client):
        client.set("/edit/paste", json.dumps({"text": "#" * 70_000}))
        (message,) = client.poll()
        assert message.args[:2] == ("/edit/paste", "long") and "send less" in message.args[2]
