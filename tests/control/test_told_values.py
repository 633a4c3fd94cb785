"""What every door tells of a real instrument: each value of its node's type, inside its range, the same over OSC and HTTP."""

import json
import math
import urllib.request

import pytest

from realtime.control.client import ControlClient
from realtime.control.tree import Node
from realtime.control.values import as_told
from realtime.session.paths import PRESETS
from realtime.session.session import Options, Session

JSON_TYPES = {"i": int, "f": (int, float), "d": (int, float), "T": bool, "s": str, "b": str}


@pytest.fixture(scope="module")
def session():
    """A session with a tree; no players: their processes are tried elsewhere."""
    with Session(Options(scene="first_light", driver="null", midi=False, players=False)) as made:
        yield made


def leaves(entry):
    if "TYPE" in entry:
        yield entry
    for child in entry.get("CONTENTS", {}).values():
        yield from leaves(child)


def faults(entry):
    """What is wrong with one entry of OSCQuery."""
    kind, values = entry["TYPE"], entry.get("VALUE")
    if entry["ACCESS"] not in (1, 2, 3):
        yield f"ACCESS {entry['ACCESS']}"
    if (values is not None) is not bool(entry["ACCESS"] & 1 and kind != "I"):
        yield f"VALUE {values} with ACCESS {entry['ACCESS']}"
    limits = entry.get("RANGE", [{}] * len(kind))
    if len(limits) != len(kind) or len(entry.get("CLIPMODE", kind)) != len(kind):
        yield f"{len(limits)} ranges for {kind}"
    for tag, value, limit in zip(kind, values or [], limits, strict=bool(values)):
        wanted = JSON_TYPES[tag]
        if not isinstance(value, wanted) or (isinstance(value, bool) and tag != "T"):
            yield f"{value!r} as {tag}"
        elif "MIN" in limit and not limit["MIN"] <= value <= limit["MAX"]:
            yield f"{value} outside {limit}"
        if "MIN" in limit and tag == "i" and not all(isinstance(limit[end], int) for end in ("MIN", "MAX")):
            yield f"{limit} for an integer"
    own = entry["ANTIPHON"]
    default = own["default"]
    if default is not None and len(kind) == 1 and "MIN" in limits[0]:
        if not isinstance(default, JSON_TYPES[kind]) or not limits[0]["MIN"] <= default <= limits[0]["MAX"]:
            yield f"default {default!r} in {limits[0]}"
    if own["labels"] and len(own["labels"]) != len(limits[0].get("VALS", [])):
        yield f"labels {own['labels']} for {limits[0]}"


@pytest.mark.parametrize("scene", sorted(path.stem for path in PRESETS.glob("*.toml")))
def test_every_node_of_every_scene_is_told_as_its_type_and_range_say(session, scene):
    session.load_scene(scene)
    server = session.control.server
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http_port}/", timeout=30) as answer:
        found = list(leaves(json.load(answer)))
    assert {entry["FULL_PATH"] for entry in found} == {node.address for node in server.tree}
    assert [(entry["FULL_PATH"], fault) for entry in found for fault in faults(entry)] == []
    node_of = {node.address: node for node in server.tree}
    with ControlClient(server.port) as client:
        for entry in found[:: max(1, len(found) // 12)]:
            node = node_of[entry["FULL_PATH"]]
            if not node.readable or node.poll or "d" in node.type:
                continue
            told = client.get(node.address, timeout_s=10.0)
            [value] = entry["VALUE"]
            assert told == (pytest.approx(value, rel=1e-6) if isinstance(told, float) else value), node.address
            assert type(told) is {"i": int, "f": float, "T": bool, "s": str}[node.type]


def test_a_value_is_brought_to_its_type_and_range():
    assert as_told(Node("/a", "i", range=(0, 4)), 2.6) == (3,)
    assert as_told(Node("/a", "T"), 1.0) == (True,)
    assert as_told(Node("/a", "f", range=(-60.0, 6.0)), -math.inf) == (-60.0,)
    assert as_told(Node("/a", "fi", range=(0.0, 1.0)), (7, 0.2)) == (1.0, 0)
    assert math.isnan(as_told(Node("/a", "f", range=(0.0, 1.0)), math.nan)[0])
    for wrong in (math.nan, math.inf, "x", None, (1, 2)):
        with pytest.raises((ValueError, TypeError, OverflowError)):
            as_told(Node("/a", "i"), wrong)
