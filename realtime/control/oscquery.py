"""The tree as OSCQuery: JSON over HTTP, on its own thread; source: OSCQuery Proposal (Vidvox), attributes and units.

Read only. `GET /rack/2` describes that subtree, `?VALUE` (or any other attribute) one attribute of one node,
`?HOST_INFO` the server. The attribute ANTIPHON carries what our own panel needs beyond the proposal: curve, default,
labels, unit, title and group. Websocket streaming (LISTEN) is not offered: subscriptions go over OSC, see osc.py.
"""

import base64
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from realtime.control.http import HttpServer
from realtime.control.tree import Node, Tree, under
from realtime.control.values import as_told

ACCESS = {"r": 1, "w": 2, "rw": 3}
NUMBERS = "ifd"
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
            "default": _plain(node.default),
            "scene": _plain(node.scene),
            "labels": list(node.labels),
            "unit": node.unit,
            "group": node.group,
        },
    }
    if node.readable:
        try:
            entry["VALUE"] = [_plain(one) for one in as_told(node, node.read())]
        except Exception as error:
            entry["DESCRIPTION"] += f" (could not be read: {error})"
    if node.range is not None:
        limits: dict[str, Any] = {"MIN": _plain(node.range[0]), "MAX": _plain(node.range[1])}
        if node.labels:
            limits["VALS"] = [int(node.range[0]) + index for index in range(len(node.labels))]
        # a text among the values has no range: one entry a value, as the proposal of OSCQuery has it
        entry["RANGE"] = [limits if tag in NUMBERS else None for tag in node.type]
        entry["CLIPMODE"] = ["both" if tag in NUMBERS else "none" for tag in node.type]
    if node.unit in UNITS:
        entry["UNIT"] = [UNITS[node.unit]]
    return entry


def _plain(value: Any) -> Any:
    """What JSON can hold: it has no NaN and no infinity, no bytes and no tuples."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


class QueryServer:
    """The tree over HTTP on daemon threads; `port` is the one bound. Raises OSError if it is taken."""

    def __init__(self, tree: Tree, host: str, port: int, info: dict[str, Any], say: Callable[[str], Any]) -> None:
        self.tree = tree
        self.info = info
        self._http = HttpServer(host, port, self.answer, say)
        self.port = self._http.port
        self.start, self.stop = self._http.start, self._http.stop

    def answer(self, target: str) -> tuple[int, dict[str, Any] | None]:
        """HTTP status and JSON for a request target."""
        path, _, query = target.partition("#")[0].partition("?")
        path, query = unquote(path), query.split("=")[0].split("&")[0]
        if query == "HOST_INFO":
            return 200, self.info
        found = describe(self.tree, path)
        if found is None:
            return 404, None
        if not query:
            return 200, found
        if query not in ATTRIBUTES:
            return 400, None
        if query not in found:
            return 204, None
        return 200, {query: found[query]}
