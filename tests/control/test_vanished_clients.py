"""Clients that die without a word, and packets made to hurt: no note hangs, every other client is served in time."""

import socket
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.control import wire
from realtime.control.client import ControlClient
from realtime.control.held import MAX_CLIENTS, HeldNotes
from realtime.control.osc import ControlServer
from realtime.control.tree import Node, Tree
from tests.control.real_show import RealShow
from tests.rig.waiting import wait_until


def packet(*message):
    return wire.message("/midi", "iii", *message)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
@pytest.mark.parametrize("connected", [True, False])
def test_a_sender_without_a_subscription_that_dies_leaves_no_note(session, connected):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door = ("127.0.0.1", session.port)
    if connected:
        sender.connect(door)
    else:
        sender.bind(("127.0.0.1", 0))
    for message in ((0x90, 60, 100), (0x91, 64, 90), (0x90, 67, 80), (0x80, 67, 0), (0xB0, 64, 127), (0xE0, 0, 96)):
        sender.send(packet(*message)) if connected else sender.sendto(packet(*message), door)
    wait_until(lambda: len(session.midi) == 6, "the notes")
    sender.close()
    wait_until(lambda: len(session.midi) == 10, "all that it held is let go")
    assert set(session.midi[6:]) == {(0x80, 60, 0), (0x81, 64, 0), (0xB0, 64, 0), (0xE0, 0, 64)}


def test_one_that_lives_keeps_its_notes_and_others_do_not_suffer(session):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as alive, ControlClient(session.port) as other:
        alive.connect(("127.0.0.1", session.port))
        alive.send(packet(0x90, 60, 100))
        dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dead.connect(("127.0.0.1", session.port))
        dead.send(packet(0x90, 72, 100))
        wait_until(lambda: len(session.midi) == 2, "both notes")
        dead.close()
        if sys.platform == "linux":
            wait_until(lambda: (0x80, 72, 0) in session.midi, "the dead one's note to end")
        for value in (0.25, 0.5, 0.75):
            other.set("/rack/6/width", value)
            assert other.get("/rack/6/width", timeout_s=10.0) == value
        asked = alive.recv(65536)  # it was asked, and answered by being there
        assert wire.parse(asked)[0].address == "/antiphon/alive"
        assert (0x80, 60, 0) not in session.midi


def test_the_server_s_end_lets_everything_go():
    session = RealShow()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", session.port))
        sender.send(packet(0x90, 60, 100))
        wait_until(lambda: session.midi, "the note")
        session.stop()
        assert session.midi[1:] == [(0x80, 60, 0)]


def test_more_clients_than_are_followed_are_released_the_oldest_first():
    held = HeldNotes()
    late = [
        one for port in range(MAX_CLIENTS + 3) for one in (*held.note(("a", port), (0x90, 60, 1)),) if held.release(one)
    ]
    assert late == [("a", 0), ("a", 1), ("a", 2)] and len(held.clients()) == MAX_CLIENTS


# Made to hurt


messages = st.builds(
    lambda address, args: wire.message(address, wire.tags_for(args), *[v for v in args if v is not None]),
    st.sampled_from(["/midi", "/a", "/*", "/{a,b}*", "/antiphon/subscribe", "/x", "/[!a-z]*", "/t", "/s", "/nothing"]),
    st.lists(
        st.one_of(
            st.integers(-(2**63), 2**63 - 1), st.floats(width=32), st.text("ab\x01é/*", max_size=9), st.binary(max_size=99),
            st.none(),
        ),
        max_size=6,
    ),
)  # fmt: skip
packets = st.recursive(messages, lambda inner: st.lists(inner, max_size=6).map(wire.bundle), max_leaves=20)


@pytest.fixture(scope="module")
def door():
    """A tree of every type whose setters take anything, and a client beside the strangers."""
    tree, said = Tree(), []
    tree.add(
        Node("/a", "f", range=(-1.0, 1.0)), Node("/x", "i", range=(0, 9)), Node("/t", "T"), Node("/s", "s"),
        Node("/b", "b"), Node("/p", "I", "w", set=lambda _: None), Node("/midi", "iii", "w", (0, 255), set=lambda _: None),
        Node("/raises", "f", set=lambda _: 1 / 0), Node("/odd", "i", "r", get=lambda: object()),
    )  # fmt: skip
    server = ControlServer(tree, announce=False, say=said.append).start()
    client = ControlClient(server.port)
    yield server, client, said
    client.close()
    server.stop()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(packets, st.integers(0, 400), st.data())
def test_no_packet_stops_the_door(door, good, cut, data):
    server, client, said = door
    bad = bytearray(good)
    for _ in range(data.draw(st.integers(0, 3)) if bad else 0):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for one in (good, bytes(bad), good[:cut]):
            stranger.sendto(one, ("127.0.0.1", server.port))
    assert client.get("/x", timeout_s=10.0) in range(10)
    assert said == [] and server.stats["failed"] == 0, "nothing that comes is beyond what is foreseen"


def test_a_setter_and_a_getter_that_fail_are_answers(door):
    server, client, _ = door
    with pytest.raises(Exception, match="does not answer"):
        client.get("/odd", timeout_s=0.4)
    client.send("/raises", 1.0)
    wait_until(lambda: server.stats["failed"] >= 1, "the refusal to be counted")
    server.stats["failed"] = 0
    assert client.get("/x", timeout_s=10.0) in range(10)


@pytest.mark.parametrize(
    "hostile",
    [
        "/" + "*a" * 250 + "b",
        "/" + "*" * 500,
        "/" + "{a,b}" * 6 + "*" * 400,
        "/" + "{" + ",".join("*" * 7 + "x" for _ in range(60)) + "}",
        "/rack/*/" + "[!a-c]*" * 60,
        "/" * 400 + "*",
    ],
)
def test_a_datagram_full_of_patterns_takes_its_share_and_no_more(session, hostile):
    """As many as a datagram holds, ten of them: another client is still answered, and pushes go on."""
    one = wire.message(hostile, "f", 1.0)
    full = wire.bundle([one] * (60_000 // (len(one) + 4)))
    with ControlClient(session.port) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        client.get("/rack/6/width")
        for _ in range(10):
            stranger.sendto(full, ("127.0.0.1", session.port))
        begun = time.monotonic()
        client.set("/rack/6/width", 0.5)
        assert client.get("/rack/6/width", timeout_s=15.0) == 0.5
        assert time.monotonic() - begun < 10.0


def test_small_patterns_by_the_thousand_are_refused_as_too_many(session):
    full = wire.bundle([wire.message("/*/*/*", "f", 1.0)] * 2500)
    with ControlClient(session.port) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(full, ("127.0.0.1", session.port))
        assert client.get("/rack/6/width", timeout_s=15.0) == 1.0
    assert session.server.stats["busy"] > 1000
