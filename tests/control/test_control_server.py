"""The door: sets, gets, subscriptions, leases, streams and OSCQuery over real sockets, and every kind of bad packet."""

import http.client
import json
import math
import socket
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.control import wire
from realtime.control.client import ControlClient
from realtime.control.osc import ControlServer
from realtime.control.spectrum import bands_hz, spectrum_db
from realtime.control.tree import Node, Tree
from realtime.native.errors import AntiphonError
from tests.control.real_show import TITLE, RealShow


@pytest.fixture
def client(session):
    with ControlClient(session.port) as made:
        yield made


def wait_for(condition, seconds=5.0):
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.005)
    return found


def collect(client, wanted, seconds=5.0):
    """All messages until one satisfies `wanted`."""
    heard = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        heard.extend(client.poll(0.05))
        if any(wanted(message) for message in heard):
            return heard
    pytest.fail(f"not heard among {len(heard)} messages")


def test_set_and_get(session, client):
    client.set("/rack/1/cutoff_hz", 440.0)
    assert client.get("/rack/1/cutoff_hz") == 440.0
    client.set("/rack/*/bypass", True)
    assert client.get("/rack/5/bypass") is True
    assert client.get("/rack/2/title") == TITLE
    client.set("/transport/tempo_bpm", 5000)
    assert wait_for(lambda: client.get("/transport/tempo_bpm") == 999.0)


def test_a_bundle_sets_all_its_members(session, client):
    client._transmit(wire.bundle([wire.message("/rack/1/glide_s", "f", 0.5), wire.message("/mix/keys/pan", "f", -1.0)]))
    assert client.get("/mix/keys/pan") == -1.0
    assert client.get("/rack/1/glide_s") == 0.5


def test_refusals_are_sentences(session, client):
    with pytest.raises(AntiphonError, match="There is no /rack/99/gain"):
        client.get("/rack/99/gain")
    with pytest.raises(AntiphonError, match="only be written"):
        client.get("/midi")


def test_panic_fires_without_arguments(session, client):
    client.send("/panic")
    assert wait_for(lambda: session.session.panics == 1)


def test_a_subscription_tells_the_value_now_and_every_change(session, client):
    client.subscribe("/rack/1")
    first = collect(client, lambda m: m.address == "/rack/1/osc2_sync")
    assert {m.address for m in first} >= {"/rack/1/cutoff_hz", "/rack/1/title"}
    assert not any(m.address.startswith("/rack/2") for m in first)
    session.tree.set("/rack/1/cutoff_hz", 777.0)
    session.tree.set("/rack/2/mix", 0.5)
    heard = collect(client, lambda m: m == ("/rack/1/cutoff_hz", "f", (777.0,)))
    assert not any(m.address.startswith("/rack/2") for m in heard)


def test_a_thousand_changes_are_told_a_few_times_and_end_right(session, client):
    client.subscribe("/rack/3", rate_hz=20)
    collect(client, lambda m: m.address.startswith("/rack/3"))
    for step in range(1000):
        session.tree.set("/rack/3/low_db", -18 + step * 0.036)
    last = session.tree.get("/rack/3/low_db")
    heard = collect(client, lambda m: m.address == "/rack/3/low_db" and math.isclose(m.args[0], last, abs_tol=1e-4))
    assert len([m for m in heard if m.address == "/rack/3/low_db"]) < 100


def test_values_that_move_by_themselves_are_polled(session, client):
    client.subscribe("/transport")
    collect(client, lambda m: m.address == "/transport/beat")
    client.set("/transport/playing", False)
    assert wait_for(lambda: not client.get("/transport/playing"))
    session.session.engine.locate(17.25)
    heard = collect(client, lambda m: m.address == "/transport/beat" and m.args == (17.25,))
    assert ("/transport/bar", "i", (4,)) in heard


def test_what_the_callback_takes_later_is_told_as_it_has_become(session, client):
    client.subscribe("/transport")
    collect(client, lambda m: (m.address, m.args) == ("/transport/playing", (True,)))
    client.set("/transport/playing", False)
    collect(client, lambda m: (m.address, m.args) == ("/transport/playing", (False,)))
    session.session.engine.play()  # as an incoming clock does
    collect(client, lambda m: (m.address, m.args) == ("/transport/playing", (True,)))
    session.session.engine.set_tempo(99.0)
    collect(client, lambda m: (m.address, m.args) == ("/transport/tempo_bpm", (99.0,)))


def test_a_new_rack_is_announced_and_can_be_described(session, client):
    client.subscribe("/rack")
    collect(client, lambda m: m.address == "/rack/6/mix")
    client.set("/scene", "seven_steps")
    collect(client, lambda m: m.address == "/antiphon/tree" and m.args == (session.tree.version,), 30.0)
    assert session.session.scene.name == "seven_steps" and client.version == session.tree.version
    devices = len(session.session.plan.ordered())
    assert set(client.describe("/rack")["CONTENTS"]) >= {str(number + 1) for number in range(devices)}


def test_a_lease_runs_out_and_a_polling_client_keeps_it(session):
    silent = ControlClient(session.port, lease_s=1)
    kept = ControlClient(session.port, lease_s=1)
    silent.subscribe("/rack/1")
    kept.subscribe("/rack/1")
    assert wait_for(lambda: session.server.clients == 2)
    until = time.monotonic() + 5
    while session.server.clients > 1 and time.monotonic() < until:
        kept.poll(0.02)
    assert session.server.clients == 1
    session.tree.set("/rack/1/glide_s", 1.25)
    collect(kept, lambda m: m == ("/rack/1/glide_s", "f", (1.25,)))
    kept.close()
    silent.close()
    assert wait_for(lambda: session.server.clients == 0)


def test_a_client_that_dies_leaves_no_note_and_no_pedal(session):
    client = ControlClient(session.port, lease_s=1)
    client.subscribe("/rack/1")
    for message in ((0x90, 60, 100), (0x90, 64, 90), (0x80, 64, 0), (0xB0, 64, 127)):
        client.send("/midi", *message)
    assert wait_for(lambda: len(session.midi) == 4)
    client._socket.close()  # killed: no goodbye
    assert wait_for(lambda: len(session.midi) == 6)
    assert set(session.midi[4:]) == {(0x80, 60, 0), (0xB0, 64, 0)}


def test_a_restarted_server_is_noticed_and_subscribed_again():
    first = RealShow()
    client = ControlClient(first.port, lease_s=1)
    client.subscribe("/rack/1")
    collect(client, lambda m: m.address == "/rack/1/osc2_sync")
    instance, port = client.instance, first.port
    first.stop()
    with RealShow(port) as second:
        assert second.port == port
        collect(client, lambda m: m.address == "/rack/1/osc2_sync")
        assert client.instance not in ("", instance)
    client.close()


@pytest.fixture
def door():
    """A server whose streams are this test's alone."""
    server = ControlServer(Tree(), announce=False).start()
    yield server
    server.stop()


def test_streams_reach_those_who_ask(door):
    client = ControlClient(door.port)
    client.subscribe("/stream/scope", "/stream/meters", "/stream/notes", "/stream/spectrum")
    assert wait_for(lambda: door.clients == 1)
    time_axis = np.arange(6000) / 48000
    audio = np.stack([np.sin(2 * np.pi * 1000 * time_axis), 0 * time_axis]).astype(np.float32)
    door.publish_scope(audio, 48000)
    door.publish_meters({"peak_l_db": -3.5, "late": 2, "broken": math.nan})
    door.publish_notes([("you", True, 60, 0.5, 1.25, ""), ("answer", True, 67, 0.75, 9.5, "notes")])
    heard = collect(client, lambda m: m.address == "/stream/spectrum")
    if not any(m.address == "/stream/meters" for m in heard):
        heard += collect(client, lambda m: m.address == "/stream/meters")
    scope = [m for m in heard if m.address == "/stream/scope"]
    assert [m.args[2] for m in scope] == [0, 2048, 4096]
    got = np.concatenate([np.frombuffer(m.args[3], "<f4").reshape(2, -1) for m in scope], axis=1)
    assert np.array_equal(got, audio)
    [meters] = [m.args for m in heard if m.address == "/stream/meters"][:1]
    assert dict(zip(meters[::2], meters[1::2], strict=True)) == {"peak_l_db": -3.5, "late": 2.0}
    [notes] = [m for m in heard if m.address == "/stream/notes"]
    assert notes.args == ("you", 1, 60, 0.5, 1.25, "", "answer", 1, 67, 0.75, 9.5, "notes")
    client.close()


def test_published_streams_without_listeners_keep_no_memory(door):
    for _ in range(300):
        door.publish_scope(np.zeros((2, 4800), np.float32))
        door.publish_notes([("you", True, 60, 0.5, 0.0, "")] * 50)
    assert door.streams._pending_frames <= 24000
    assert len(door.streams._notes) <= 4096


@pytest.mark.parametrize("frequency_hz", [55.0, 440.0, 1000.0, 12000.0])
def test_a_full_scale_sine_reads_0_db_where_it_is(frequency_hz):
    sine = np.sin(2 * np.pi * frequency_hz * np.arange(8192) / 48000)
    levels = spectrum_db(sine, 48000, 120)
    loudest = int(levels.argmax())
    assert abs(levels[loudest]) < 1.5
    assert abs(12 * math.log2(bands_hz(120)[loudest] / frequency_hz)) < 1.0
    assert levels[bands_hz(120) > frequency_hz * 4].max(initial=-120) < -60


# OSCQuery


def answer(port, target, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", target, headers={"Host": host} if host else {})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, json.loads(body) if body and reply.status == 200 else None


def test_oscquery_describes_every_node(session):
    status, root = answer(session.port, "/")
    assert status == 200

    def walk(entry):
        yield entry
        for child in entry.get("CONTENTS", {}).values():
            yield from walk(child)

    entries = {entry["FULL_PATH"]: entry for entry in walk(root)}
    for node in session.tree:
        entry = entries[node.address]
        assert entry["TYPE"] == node.type
        assert entry["ACCESS"] in (1, 2, 3)
        assert ("VALUE" in entry) == node.readable
        if node.readable:
            assert len(entry["VALUE"]) == len(node.type)
    cutoff = entries["/rack/1/cutoff_hz"]
    assert cutoff["RANGE"] == [{"MIN": 20.0, "MAX": 20000.0}]
    assert cutoff["UNIT"] == ["time.hz"]
    assert cutoff["VALUE"] == [1600.0]
    assert cutoff["ANTIPHON"]["curve"] == "log"
    assert entries["/rack/1/filter_mode"]["RANGE"][0]["VALS"] == [0, 1, 2, 3]
    assert set(entries["/record"]["CONTENTS"]) == {"state"}


def test_oscquery_attributes_and_errors(session):
    assert answer(session.port, "/rack/1/osc2_sync?VALUE") == (200, {"VALUE": [False]})
    assert answer(session.port, "/panic?VALUE")[0] == 204
    assert answer(session.port, "/nothing")[0] == 404
    assert answer(session.port, "/rack/1/osc2_sync?NONSENSE")[0] == 400
    status, info = answer(session.port, "/?HOST_INFO")
    assert status == 200
    assert info["OSC_PORT"] == session.port
    assert info["EXTENSIONS"]["VALUE"] is True


def test_a_web_page_with_a_rebound_name_gets_nothing(session):
    assert answer(session.port, "/", host="evil.example:80")[0] == 403


def test_a_broken_getter_and_a_nan_hide_nothing_else(session):
    session.tree.add(
        Node("/broken", "f", "r", get=lambda: 1 / 0, poll=True), Node("/nan", "f", "r", get=lambda: math.nan)
    )
    status, root = answer(session.port, "/")
    assert status == 200
    assert root["CONTENTS"]["nan"]["VALUE"] == [None]
    assert "VALUE" not in root["CONTENTS"]["broken"]


# Bad weather


def still_alive(session):
    with ControlClient(session.port) as fresh:
        fresh.get("/rack/6/decay_s", timeout_s=10.0)  # answered: whatever was queued is read
        fresh.set("/rack/6/decay_s", 3.5)
        assert fresh.get("/rack/6/decay_s", timeout_s=10.0) == 3.5


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=8))
def test_noise_is_harmless(session, packets):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for packet in packets:
            stranger.sendto(packet, ("127.0.0.1", session.port))
            stranger.sendto(b"/rack/1/glide_s\0,f\0\0" + packet, ("127.0.0.1", session.port))
            stranger.sendto(b"#bundle\0" + packet, ("127.0.0.1", session.port))
    assert session.server._thread.is_alive()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        [
            "/rack/1/glide_s",
            "/midi",
            "/scene",
            "/panic",
            "/antiphon/subscribe",
            "/antiphon/unsubscribe",
            "/rack/*/mix",
            "/record",
        ]
    ),
    st.lists(
        st.one_of(
            st.integers(-(2**31), 2**31 - 1),
            st.floats(width=32),
            st.text("abc/\x01é", max_size=9),
            st.binary(max_size=9),
            st.none(),
        ),
        max_size=5,
    ),
)
def test_wrong_types_are_harmless(session, address, args):
    tags = wire.tags_for(args)
    packet = wire.message(address, tags, *[v for v, t in zip(args, tags, strict=True) if t != "N"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(packet, ("127.0.0.1", session.port))
    assert session.server._thread.is_alive()


def test_after_all_kinds_of_bad_packets_they_are_counted_and_it_serves(session):
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    target = ("127.0.0.1", session.port)
    stranger.sendto(b"garbage!", target)
    stranger.sendto(b"", target)
    stranger.sendto(b"\0" * 60000, target)
    stranger.sendto(wire.message("/rack/1/glide_s", "b", b"x" * 60000), target)
    stranger.sendto(wire.message("/no/such/thing", "f", 1.0), target)
    stranger.sendto(wire.message("/rack/1/name", "s", "mine"), target)
    session.tree.add(Node("/fails", "s", set=lambda _: 1 / 0))
    stranger.sendto(wire.message("/fails", "s", "whatever"), target)
    stats = session.server.stats
    assert wait_for(lambda: stats["failed"] == 1)
    assert (stats["malformed"], stats["type"], stats["unknown"], stats["access"]) == (3, 1, 1, 1)
    still_alive(session)
    stranger.close()


def test_a_flood_of_100_000_packets_neither_stops_pushes_nor_grows(session, client):
    client.subscribe("/rack/6")
    collect(client, lambda m: m.address == "/rack/6/mix")
    packet = wire.message("/rack/1/cutoff_hz", "f", 900.0)
    wrong = wire.message("/nothing/here", "f", 1.0)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for step in range(50_000):
        stranger.sendto(packet, ("127.0.0.1", session.port))
        stranger.sendto(wrong, ("127.0.0.1", session.port))
        if step == 25_000:
            session.tree.set("/rack/6/width", 0.25)
        if step % 500 == 0:
            client.poll()
    stranger.close()
    still_alive(session)
    assert client.get("/rack/6/width", timeout_s=10.0) == 0.25
    assert session.server.stats["unknown"] > 0
    assert session.server.stats["sent"] < 20_000  # complaints are rationed
    assert session.server.clients == 1


def test_subscriptions_are_bounded(session):
    strangers = [ControlClient(session.port) for _ in range(70)]
    for stranger in strangers:
        stranger.subscribe("/log")
    assert wait_for(lambda: session.server.stats["full"] >= 6)
    assert session.server.clients == 64
    for stranger in strangers:
        stranger.close()


# Nobody there


def test_a_taken_port_is_one_clear_sentence(session):
    with pytest.raises(AntiphonError, match=f"{session.port} cannot be opened"):
        ControlServer(Tree(), session.port)


def test_nobody_there_is_one_clear_sentence():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with ControlClient(port) as client, pytest.raises(AntiphonError, match="antiphon play"):
        client.get("/rack/1/name", timeout_s=0.3)
