"""The client of the control server, for panel and command line: sets, gets, self-renewing subscriptions; one thread."""

import contextlib
import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from typing import Any, Self

from realtime.control import wire
from realtime.control.discovery import Endpoint, discover
from realtime.control.subscriptions import TOO_LONG
from realtime.native.errors import AntiphonError

LEASE_S = 4
ASK_AGAIN_S = 0.2
MAX_JSON_BYTES = 1 << 25


class ControlClient:
    """Speaks to the server at `port`, or to the one announced in the runtime file. Raises AntiphonError if none is."""

    def __init__(
        self,
        port: int | None = None,
        host: str = "127.0.0.1",
        *,
        endpoint: Endpoint | None = None,
        lease_s: int = LEASE_S,
    ) -> None:
        self.endpoint: Endpoint = endpoint or discover(port, host)
        self.instance = ""
        self.version = -1
        self.lease_s = lease_s
        self.refused = False
        self._prefixes: dict[str, int] = {}
        self._inbox: list[wire.Message] = []
        self._renewed = self._heard = time.monotonic()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.connect((self.endpoint.host, self.endpoint.port))  # so that only this server is heard
        self._socket.setblocking(False)

    @property
    def silence_s(self) -> float:
        """Seconds since the server was last heard."""
        return time.monotonic() - self._heard

    def send(self, address: str, *args: Any) -> None:
        """Sends one message; arguments get their natural type tags. A dead server is noticed, not raised."""
        tags = wire.tags_for(args)
        values = [value for value, tag in zip(args, tags, strict=True) if tag not in "TFNI"]
        datagram = wire.message(address, tags, *values)
        if len(datagram) > wire.MAX_DATAGRAM:
            sentence = (
                f"{address}: {len(datagram)} bytes are more than one message can carry ({wire.MAX_DATAGRAM}); send less"
            )
            self._inbox.append(wire.Message("/antiphon/error", "sss", (address, TOO_LONG, sentence)))
            return
        self._transmit(datagram)

    set = send

    def get(self, address: str, timeout_s: float = 1.0) -> Any:
        """The value at an address (a tuple for several). Raises AntiphonError for no answer or a refusal."""
        until = time.monotonic() + timeout_s
        asked = -ASK_AGAIN_S
        while (now := time.monotonic()) < until:
            if now - asked >= ASK_AGAIN_S:  # UDP may lose a question when the server's buffer is full
                asked = now
                self.send(address)
            messages = self._receive(min(until - now, ASK_AGAIN_S))
            if self.refused:
                break
            for message in messages:
                if message.address == address:
                    return message.args[0] if len(message.args) == 1 else message.args
                if message.address == "/antiphon/error" and message.args[:1] == (address,):
                    raise AntiphonError(str(message.args[2]))
                self._inbox.append(message)
        raise AntiphonError(
            f"{self.endpoint.host}:{self.endpoint.port} does not answer for {address}; is `antiphon play` running?"
        )

    def subscribe(self, *prefixes: str, rate_hz: int = 60) -> None:
        """Asks for the values now and every change under the prefixes; poll() keeps the lease."""
        for prefix in prefixes:
            self._prefixes.setdefault(prefix, rate_hz)
            self.send("/antiphon/subscribe", prefix, 0, self.lease_s, self._prefixes[prefix])

    def unsubscribe(self, *prefixes: str) -> None:
        """Ends subscriptions."""
        for prefix in prefixes:
            if self._prefixes.pop(prefix, None) is not None:
                self.send("/antiphon/unsubscribe", prefix)

    def poll(self, timeout_s: float = 0.0) -> list[wire.Message]:
        """All messages that have come, waiting up to `timeout_s` for the first; renews the lease when it is time."""
        now = time.monotonic()
        if self._prefixes and now - self._renewed > self.lease_s / 4:
            self._renewed = now
            self.send("/antiphon/renew")
        found, self._inbox = self._inbox, []
        return found + self._receive(0.0 if found else timeout_s)

    def describe(self, path: str = "/", timeout_s: float = 3.0) -> dict[str, Any]:
        """The OSCQuery description of a path ("/rack/1", "/?HOST_INFO"). Raises AntiphonError."""
        return fetch_json(self.endpoint, path, timeout_s)

    def close(self) -> None:
        """Says goodbye, so that nothing is pushed to a closed port."""
        with contextlib.suppress(OSError):
            self._socket.send(wire.message("/antiphon/bye"))
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _transmit(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
            self.refused = False
        except ConnectionRefusedError:
            self.refused = True  # told by the system: nobody listens there
        except OSError:
            pass

    def _receive(self, timeout_s: float) -> list[wire.Message]:
        found: list[wire.Message] = []
        until = time.monotonic() + timeout_s
        while len(found) < 4096:
            try:
                self._socket.settimeout(max(0.0, until - time.monotonic()) if not found else 0.0)
                data = self._socket.recv(wire.MAX_DATAGRAM)
            except ConnectionRefusedError:
                self.refused = True
                break
            except (BlockingIOError, TimeoutError, OSError):
                break
            self.refused = False
            self._heard = time.monotonic()
            with contextlib.suppress(wire.WireError):
                for message in wire.parse(data):
                    self._note(message)
                    found.append(message)
        return self._whole(found)

    def _whole(self, messages: list[wire.Message]) -> list[wire.Message]:
        """The messages with what was too long for one fetched by HTTP, the newest of each address; what cannot be fetched
        stays the error that it is."""
        long = {message.args[0]: at for at, message in enumerate(messages) if _is_too_long(message)}
        for address, at in long.items():
            with contextlib.suppress(AntiphonError):
                values = tuple(self.describe(f"{address}?VALUE", 1.0).get("VALUE", ()))
                messages[at] = wire.Message(address, wire.tags_for(values), values)
        return [one for at, one in enumerate(messages) if not (_is_too_long(one) and long[one.args[0]] != at)]

    def _note(self, message: wire.Message) -> None:
        if message.address == "/antiphon/subscribed" and message.tags == "sisi":
            _, _, self.instance, self.version = message.args
        elif message.address == "/antiphon/alive" and message.tags == "sii":
            self.instance, self.version, subscriptions = message.args
            if subscriptions < len(self._prefixes):  # it restarted, or our lease ran out in a stall of ours
                self.subscribe(*self._prefixes)
        elif message.address == "/antiphon/tree" and message.tags == "i":
            self.version = message.args[0]


def _is_too_long(message: wire.Message) -> bool:
    return message.address == "/antiphon/error" and message.tags == "sss" and message.args[1] == TOO_LONG


def fetch_json(endpoint: Endpoint, path: str, timeout_s: float = 3.0) -> dict[str, Any]:
    """One OSCQuery request. Raises AntiphonError with the remedy."""
    url = f"http://{endpoint.host}:{endpoint.http_port}{path}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy has no business on loopback
    try:
        with opener.open(url, timeout=timeout_s) as answer:
            return json.loads(answer.read(MAX_JSON_BYTES))
    except urllib.error.HTTPError as error:
        raise AntiphonError(
            f"{path} is not in the running Antiphon's tree (HTTP {error.code}); `antiphon devices` lists what is."
        ) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AntiphonError(
            f"No Antiphon answers at {endpoint.host}:{endpoint.port} ({error}); start one with `antiphon play`."
        ) from error
