"""The HTTP door against strangers: every request gets one answer, whole names only, bounded, and no thread ends."""

import http.client
import json
import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.control import http as door
from realtime.control.http import HttpServer, Names, Refusal, parse_head

SAID: list[str] = []


@pytest.fixture(scope="module")
def server():
    def answer(target):
        if target == "/broken":
            raise KeyError("broken")
        if target == "/nan":
            return 200, {"VALUE": float("nan")}
        return 200, {"target": target}

    made = HttpServer("127.0.0.1", 0, answer, SAID.append)
    made.start()
    yield made
    made.stop()


def status_of(raw):
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else None


def ask(server, request, timeout_s=20.0):
    """Sends raw bytes; everything that comes back."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout_s) as sock:
        sock.sendall(request)
        back = b""
        while more := sock.recv(65536):
            back += more
    return back


def get(server, target="/", host=None, version="HTTP/1.1"):
    host = f"127.0.0.1:{server.port}" if host is None else host
    return ask(server, f"GET {target} {version}\r\nHost: {host}\r\n\r\n".encode("latin-1"))


# Names


PORT = 5010
OURS = [
    "localhost",
    "LOCALHOST",
    "LocalHost.",
    "127.0.0.1",
    "127.8.8.8",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::FFFF:127.0.0.1]",
]
OTHERS = [
    *("evil.example", "127.evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil-localhost"),
    *("localhost..", ".localhost", "127.0.0.1.", "127.0.0", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1"),
    *("localhost@evil.example", "evil.example@localhost", "user:pass@127.0.0.1", "::1", "[::1", "::1]", "[127.0.0.1]"),
    *("[::1%lo]", "[::1]evil", "[localhost]", "192.168.1.7", "10.0.0.1", "0.0.0.0", "[::]", "[fe80::1]", ""),
    *(
        "localhost evil.example",
        "localhost,evil.example",
        "localhost/",
        "localhost\\",
        "lo\u00adcalhost",
        "127.0.0.1\0",
    ),
    *("localhost\u3002", "\u0661\u0662\u0667.0.0.1"),
]


@pytest.mark.parametrize("name", OURS)
def test_every_spelling_of_this_machine_is_heard_at_our_port(name):
    names = Names("127.0.0.1", PORT)
    assert names.allowed(name) and names.allowed(f"{name}:{PORT}")
    for port in ("80", "5011", "050100", "x", "", "-5010", "5010:5010", "5010@evil"):
        assert not names.allowed(f"{name}:{port}"), port


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_name_is(name):
    names = Names("127.0.0.1", PORT)
    assert not names.allowed(name) and not names.allowed(f"{name}:{PORT}")


def test_a_door_opened_to_the_network_knows_addresses_and_its_own_name(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Stage")
    names = Names("0.0.0.0", PORT)
    for name in ("192.168.1.7", "[fe80::1]", "127.0.0.1", "stage", "stage.local", "localhost"):
        assert names.allowed(f"{name}:{PORT}")
    for name in ("evil.example", "stage.evil.example", "192.168.1.7.evil.example"):
        assert not names.allowed(f"{name}:{PORT}")


def test_the_target_s_own_authority_counts_too(server):
    own = f"localhost:{server.port}"
    assert status_of(get(server, f"http://{own}/x?VALUE", own)) == 200
    assert status_of(get(server, f"http://evil.example:{server.port}/x", own)) == 403
    assert status_of(get(server, f"http://{own}@evil.example/x", own)) == 403
    assert status_of(get(server, f"http://evil.example@{own}/x", own)) == 403
    assert status_of(get(server, f"http://{own}/x", "evil.example")) == 403
    for target in ("//evil.example/x", f"https://{own}/x", "ftp://x/", "x", "*", "://", "http:/x"):
        assert status_of(get(server, target, own)) in (200, 400), target
        assert target == "//evil.example/x" or status_of(get(server, target, own)) == 400


def test_one_host_and_no_more(server):
    own = f"Host: localhost:{server.port}\r\n"
    head = "GET / HTTP/1.1\r\n"
    assert status_of(ask(server, f"{head}{own}{own}\r\n".encode())) == 400
    assert status_of(ask(server, f"{head}{own}Host: evil.example\r\n\r\n".encode())) == 400
    assert status_of(ask(server, f"{head}\r\n".encode())) == 400
    assert status_of(ask(server, f"{head}Host : localhost\r\n\r\n".encode())) == 400
    assert status_of(ask(server, f"{head}{own} folded: x\r\n\r\n".encode())) == 400
    assert status_of(ask(server, b"GET / HTTP/1.0\r\n\r\n")) == 200, "no browser speaks so"


# What is not a good request


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("POST / HTTP/1.1", 405),
        ("DELETE / HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 405),
        ("get / HTTP/1.1", 405),
        ("GET / HTTP/2.0", 505),
        ("GET / HTTP/1.1 ", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET /", 400),
        ("\x16\x03\x01", 400),
        ("GET / FTP", 400),
        ("G\x00T / HTTP/1.1", 400),
        ("/ GET HTTP/1.1", 400),
        ("GET /\xff\xfe%ff%00 HTTP/1.1", 200),
        ("GET //[ HTTP/1.1", 200),
        ("GET /" + "a" * 12000 + " HTTP/1.1", 200),
        ("GET /" + "a" * 20000 + " HTTP/1.1", 431),
    ],
)
def test_each_has_one_answer(server, request_line, status):
    back = ask(server, f"{request_line}\r\nHost: localhost\r\n\r\n".encode("latin-1"))
    assert status_of(back) == status and back.count(b"HTTP/1.1 ") == 1


def test_head_has_the_length_and_no_body(server):
    whole, head = get(server), ask(server, b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert whole.split(b"\r\n\r\n")[0] == head.split(b"\r\n\r\n")[0] and head.endswith(b"\r\n\r\n")


def test_a_body_nobody_wants_does_not_cost_the_answer(server):
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
    assert status_of(ask(server, request)) == 405


@pytest.mark.parametrize("target", ["/broken", "/nan"])
def test_an_answer_that_cannot_be_made_is_500_and_said(server, target):
    before = len(SAID)
    assert status_of(get(server, target)) == 500
    assert len(SAID) == before + 1 and "could not answer" in SAID[-1]
    assert status_of(get(server)) == 200


def test_a_request_that_drips_gets_its_time_and_no_more(server, monkeypatch):
    monkeypatch.setattr(door, "HEAD_S", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(b"GET / HT")
        begun = time.monotonic()
        end = threading.Event()

        def drip():
            while not end.wait(0.02):
                try:
                    sock.send(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            assert status_of(sock.recv(4096)) == 408 and time.monotonic() - begun >= 0.3
        finally:
            end.set()
            thread.join()


def test_more_connections_than_places_are_told_and_the_next_is_served(server):
    waiting = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(door.MAX_CONNECTIONS)]
    try:
        for sock in waiting:
            sock.sendall(b"GET")
        until = time.monotonic() + 20
        while status_of(get_or_nothing(server)) != 503:
            assert time.monotonic() < until
    finally:
        for sock in waiting:
            sock.close()
    until = time.monotonic() + 20
    while status_of(get_or_nothing(server)) != 200:
        assert time.monotonic() < until


def get_or_nothing(server):
    """As `get`; b"" for a connection that was taken back, as a full server may."""
    try:
        return get(server)
    except OSError:
        return b""


def test_peers_that_hang_up_at_once_leave_no_thread(server):
    for _ in range(60):
        socket.create_connection(("127.0.0.1", server.port)).close()
    until = time.monotonic() + 20
    while any(thread.name == "oscquery answer" for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.02)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/a?VALUE")
    assert json.loads(connection.getresponse().read()) == {"target": "/a?VALUE"}
    connection.close()


@settings(max_examples=500)
@given(st.binary(max_size=400))
def test_any_head_is_a_request_or_a_refusal(head):
    for data in (head, b"GET / HTTP/1.1\r\n" + head, b"GET " + head + b" HTTP/1.1\r\nHost: localhost"):
        try:
            method, target, host = parse_head(data)
            Names("127.0.0.1", PORT).own_target(target, host)
        except Refusal as refusal:
            assert 400 <= refusal.status < 600


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200).map(lambda noise: noise.replace(b"\n", b"")))
def test_any_line_gets_one_answer(server, noise):
    assert status_of(ask(server, noise + b"\r\n\r\n")) is not None or not noise.strip(b"\r")
