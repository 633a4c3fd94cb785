"""One HTTP/1.1 answer a connection, on daemon threads: every bound is ours, and no request ends a thread; source: RFC 9112.

A request is a head of at most 16 KiB that must be there 5 s after it was begun, however slowly it drips; at most 32 are
served side by side, more are told 503. Only GET and HEAD exist. Host (and the target's own authority, when it has one)
is compared whole, name and port, so that no web page reaches a loopback server by a rebound DNS name: it must be a
loopback name, or for a server that was opened to the network any address or this machine's own name.
"""

import contextlib
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

MAX_HEAD_BYTES = 16384
HEAD_S = 5.0
SEND_S = 5.0
MAX_CONNECTIONS = 32
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

Answer = Callable[[str], tuple[int, Any]]
"""Request target (path and query) to status and what JSON can hold; None for no body."""


class Refusal(Exception):
    """A request that gets a status and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class HttpServer:
    """Listens from the constructor on; `port` is the one bound. Raises OSError if it is taken."""

    def __init__(self, host: str, port: int, answer: Answer, say: Callable[[str], Any]) -> None:
        self._answer = answer
        self._say = say
        self._listener = socket.create_server((host, port), backlog=64)
        self._listener.settimeout(0.1)
        self.port: int = self._listener.getsockname()[1]
        self._names = Names(host, self.port)
        self._places = threading.Semaphore(MAX_CONNECTIONS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="oscquery", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Ends listening; an answer on its way is sent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # it was gone before we looked, or there is no descriptor left for a moment
                self._stop.wait(0.05)
                continue
            self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        if not self._places.acquire(blocking=False):
            connection.settimeout(0.0)
            with contextlib.suppress(OSError), connection:
                connection.send(_response(503, None))
            return
        try:
            threading.Thread(target=self._serve, args=(connection,), name="oscquery answer", daemon=True).start()
        except RuntimeError:  # no thread is left for a moment
            self._places.release()
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._converse(connection)
        except OSError:
            pass  # it hung up
        except Exception as error:
            self._say(f"the control door could not answer: {error!r:.200}")
        finally:
            self._places.release()

    def _converse(self, connection: socket.socket) -> None:
        with_body = True
        try:
            method, target, host = parse_head(_read_head(connection))
            with_body = method == "GET"
            response = _response(*self._answer(self._names.own_target(target, host)), with_body)
        except Refusal as refusal:
            response = _response(refusal.status, None)
        except OSError:
            raise
        except Exception as error:
            self._say(f"the control door could not answer: {error!r:.200}")
            response = _response(500, None)
        connection.settimeout(SEND_S)
        connection.sendall(response)
        _part(connection)


class Names:
    """The names this server answers to."""

    def __init__(self, host: str, port: int) -> None:
        self._port = port
        self._loopback = host == "localhost" or _address_is(host, "is_loopback")
        own = socket.gethostname().lower()
        self._others = frozenset() if self._loopback else frozenset({own, f"{own}.local"})

    def allowed(self, authority: str) -> bool:
        """Whether "name" or "name:port" is this server; userinfo, zones and odd spellings of addresses are not."""
        name, port = _split(authority.lower())
        if port not in ("", str(self._port)):
            return False
        if name.removesuffix(".") in ("localhost", *self._others):
            return True
        bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
        if (":" in bare) is (bare == name):
            return False  # brackets are IPv6's and only its
        name = bare
        return _address_is(name, "is_loopback") or (not self._loopback and _address_is(name, "version"))

    def own_target(self, target: str, host: str | None) -> str:
        """Path and query of a request that is meant for us. Raises Refusal."""
        if host is not None and not self.allowed(host):
            raise Refusal(403)
        if target.startswith("/"):
            return target
        scheme, mark, rest = target.partition("://")
        if scheme.lower() != "http" or not mark:
            raise Refusal(400)
        authority, slash, path = rest.partition("/")
        if not slash:
            authority, question, path = rest.partition("?")
            slash = "/" + question
        if not self.allowed(authority):
            raise Refusal(403)
        return slash + path


def parse_head(head: bytes) -> tuple[str, str, str | None]:
    """Method, target and Host of a request's head. Raises Refusal."""
    first, *fields = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[0] or not _TOKEN.issuperset(parts[0]) or not parts[1]:
        raise Refusal(400)
    method, target, version = parts
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise Refusal(505 if version.startswith("HTTP/") else 400)
    hosts = []
    for line in fields:
        name, colon, value = line.partition(":")
        if not colon or not name or not _TOKEN.issuperset(name):
            raise Refusal(400)
        if name.lower() == "host":
            hosts.append(value.strip(" \t"))
    if len(hosts) > 1 or (version == "HTTP/1.1" and not hosts):
        raise Refusal(400)
    if method not in ("GET", "HEAD"):
        raise Refusal(405)
    return method, target, hosts[0] if hosts else None


def _read_head(connection: socket.socket) -> bytes:
    """All before the empty line. Raises Refusal, OSError."""
    until = time.monotonic() + HEAD_S
    head = b""
    while True:
        if len(head) > MAX_HEAD_BYTES:
            raise Refusal(431)
        for mark in (b"\r\n\r\n", b"\n\n"):
            if mark in head:
                return head.split(mark, 1)[0].lstrip(b"\r\n")
        left = until - time.monotonic()
        if left <= 0.0:
            raise Refusal(408)
        connection.settimeout(left)
        try:
            more = connection.recv(4096)
        except TimeoutError:
            raise Refusal(408) from None
        if not more:
            raise ConnectionAbortedError
        head += more


def _response(status: int, found: Any, with_body: bool = True) -> bytes:
    body = b"" if found is None else json.dumps(found, allow_nan=False).encode()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Server: Antiphon", "Connection: close"]
    lines += ["Allow: GET, HEAD"] if status == 405 else []
    if status != 204:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body if with_body else b"")


def _part(connection: socket.socket) -> None:
    """Closes in order: what the other side still sends is read and dropped, or the system would take back our answer."""
    connection.shutdown(socket.SHUT_WR)
    until = time.monotonic() + 0.5
    while (left := until - time.monotonic()) > 0.0:
        connection.settimeout(left)
        if not connection.recv(65536):
            return


def _split(authority: str) -> tuple[str, str]:
    """Name and port: the colons of an IPv6 address stand in brackets."""
    name, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        return authority, ""
    return (name, port) if port else (name, "-")


def _address_is(name: str, what: str) -> bool:
    """Whether a name is an IP address, spelt as browsers spell it, with a property of `ipaddress`."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return "%" not in name and bool(getattr(mapped or address, what))
