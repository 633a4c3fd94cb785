"""The tree as OSCQuery: JSON over HTTP, on its own thread; source: OSCQuery Proposal (Vidvox), attributes and units.

Read only. `GET /rack/2` describes that subtree, `?VALUE` (or any other attribute) one attribute of one node,
`?HOST_INFO` the server. The attribute ANTIPHON carries what our own panel needs beyond the proposal: curve, default,
labels, unit, title and group. Websocket streaming (LISTEN) is not offered: subscriptions go over OSC, see osc.py.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from realtime.control.tree import ControlError, Node, Tree, under

ACCESS = {"r": 1, "w": 2, "rw": 3}
UNITS = {
    "Hz": "time.hz",
    "s": "time.second",
    "ms": "time.ms",
    "bpm": "time.bpm",
    "cents": "time.cents",
    "ct": "time.cents",
    "dB": "gain.db-raw",
    "samples": "time.samples",
}
ATTRIBUTES = (
    "FULL_PATH",
    "TYPE",
    "ACCESS",
    "VALUE",
    "RANGE",
    "DESCRIPTION",
    "UNIT",
    "CLIPMODE",
    "ANTIPHON",
    "CONTENTS",
)


def host_info(name: str, osc_host: str, osc_port: int) -> dict[str, Any]:
    """The HOST_INFO answer."""
    supported = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE")
    return {
        "NAME": name,
        "OSC_IP": osc_host,
        "OSC_PORT": osc_port,
        "OSC_TRANSPORT": "UDP",
        "EXTENSIONS": {**dict.fromkeys(supported, True), "TAGS": False, "LISTEN": False},
    }


def describe(tree: Tree, path: str = "/") -> dict[str, Any] | None:
    """The description of the node or container at `path` with all below it; None if there is nothing."""
    path = "/" + path.strip("/")
    nodes = [node for node in tree.nodes(path) if under(path, node.address)]
    if not nodes and path != "/":
        return None
    root: dict[str, Any] = {"FULL_PATH": path, "ACCESS": 0, "CONTENTS": {}}
    for node in nodes:
        place = root
        at = path.rstrip("/")
        for part in node.address[len(at) :].strip("/").split("/"):
            if not part:
                continue
            at = f"{at}/{part}"
            place = place.setdefault("CONTENTS", {}).setdefault(part, {"FULL_PATH": at, "ACCESS": 0})
        place.update(_leaf(node))
    if not root["CONTENTS"] and root["ACCESS"]:
        del root["CONTENTS"]
    return root


def _leaf(node: Node) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "FULL_PATH": node.address,
        "TYPE": node.type,
        "ACCESS": ACCESS[node.access],
        "DESCRIPTION": node.description or node.title,
        "ANTIPHON": {
            "title": node.title,
            "curve": node.curve,
            "default": node.default,
            "labels": list(node.labels),
            "unit": node.unit,
            "group": node.group,
        },
    }
    if node.readable:
        try:
            value = node.read()
            entry["VALUE"] = [_plain(one) for one in (value if isinstance(value, tuple) else (value,))]
        except Exception as error:
            entry["DESCRIPTION"] += f" (could not be read: {error})"
    if node.range is not None:
        limits: dict[str, Any] = {"MIN": node.range[0], "MAX": node.range[1]}
        if node.labels:
            limits["VALS"] = [int(node.range[0]) + index for index in range(len(node.labels))]
        entry["RANGE"] = [limits] * len(node.type)
        entry["CLIPMODE"] = ["both"] * len(node.type)
    if node.unit in UNITS:
        entry["UNIT"] = [UNITS[node.unit]]
    return entry


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and value - value != 0.0:
        return None  # JSON has no NaN and no infinity
    return value


class QueryServer:
    """HTTP on its own daemon threads. `port` is the one bound."""

    def __init__(self, tree: Tree, host: str, port: int, info: dict[str, Any]) -> None:
        self.tree = tree
        self.info = info
        self._loopback = host.startswith("127.") or host == "localhost"
        handler = type("Handler", (_Handler,), {"query": self})
        self._http = ThreadingHTTPServer((host, port), handler)
        self._http.daemon_threads = True
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.1}, name="oscquery", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join(2.0)
        self._http.server_close()

    def allowed(self, host_header: str) -> bool:
        """Loopback servers answer loopback names only, so that no web page can reach them by a rebound DNS name."""
        name = host_header.rsplit(":", 1)[0].strip("[]").lower()
        return not self._loopback or name in ("", "localhost", "::1") or name.startswith("127.")

    def answer(self, target: str) -> tuple[int, dict[str, Any] | None]:
        """HTTP status and JSON for a request target."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), parts.query.split("=")[0].split("&")[0]
        if query == "HOST_INFO":
            return 200, self.info
        try:
            found = describe(self.tree, path)
        except (ControlError, ValueError):
            found = None
        if found is None:
            return 404, None
        if not query:
            return 200, found
        if query not in ATTRIBUTES:
            return 400, None
        if query not in found:
            return 204, None
        return 200, {query: found[query]}


class _Handler(BaseHTTPRequestHandler):
    query: QueryServer
    timeout = 5.0
    server_version = "Antiphon"
    sys_version = ""

    def do_GET(self) -> None:
        if not self.query.allowed(self.headers.get("Host", "")):
            self.send_error(403)
            return
        status, found = self.query.answer(self.path)
        body = b"" if found is None else json.dumps(found, allow_nan=False, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
