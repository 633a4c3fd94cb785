"""All that can be sent to the tree while it sounds, wrong in every way: the show goes on, and files elsewhere stay."""

import json
import os
import random
from collections import deque

import pytest

from realtime.control import wire
from realtime.control.client import ControlClient
from realtime.native.crashlog import log_file
from realtime.session.document.paste import ALL
from realtime.session.paths import PRESETS
from tests.session.editing_rig import HAND
from tests.session.live import settled, stage, until, wrote

SEED = int(os.environ.get("ANTIPHON_FUZZ_SEED", "20261129"))
ROUNDS = int(os.environ.get("ANTIPHON_FUZZ_ROUNDS", "3"))
BATCH = 12
GROWTH_BYTES = 60 << 20
"""From the first round to the last; five rounds took 20 MB."""

LONG = "x" * 60_000
NAMES = [
    "", " ", ".", "..", "/", "a/b", "../../escaped", "/etc/passwd", "~", "-rf", "[", "]", "?", "*", "{a,b}", "#", "a\nb", "a\rb",
    "a\x00b", "\x1b[31m", "\ud800", "\u202e", "é" * 90, "é" * 200, LONG, "con", "a.toml", ".toml", "house", "tide", "low",
    "'\"", "\\",
]  # fmt: skip
NUMBERS = (
    0,
    -1,
    1,
    3,
    2**31 - 1,
    -(2**31),
    2**63,
    10**30,
    10**400,
    1e-320,
    1e308,
    float("nan"),
    float("inf"),
    0.5,
    True,
)
WILD = (
    None,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    {"": {}},
    [1, "a", None, {}],
    [[1, 2]] * 99,
    {str(n): n for n in range(99)},
)
TEXTS = (
    "", "{", "[]", "null", "7", '"a"', "NaN", "{}" * 9, '{"uid": NaN}', '{"uid": Infinity}', "[" * 20_000, '{"a":' * 9_000,
    '{"uid": ' + "9" * 5_000 + "}", '{"uid": 1e999}', '{"\\ud800": 1}', '{"name": "\\u0000"}', '{"a": 1, "a": 2}', LONG,
)  # fmt: skip
ELSEWHERE = ("escaped.toml", "escaped.nam", "escaped.wav", "escaped.flac")
CALM = ("/lock",)
"""Set here with care."""
KEYS = (
    "path", "driver", "device", "server", "sample_rate", "frames", "inputs", "outputs", "port", "channels", "filter", "curve",
    "octave", "pedal_inverted", "drums", "thru", "profile", "source", "targets", "mode", "takeover", "feedback", "scope", "layer",
    "id", "page", "press", "move", "add", "remove", "order", "save", "new", "number", "control", "on",
)  # fmt: skip
"""Of the orders whose keys the tree does not say."""
VALUES = ("mix", "drive_db", "file", "cutoff_hz", "decay_s", "model", "mode")
FINE = {
    "driver": "null", "scope": "rig", "mode": "absolute", "chain": "track:low", "device": "eq", "track": "low", "bus": "room",
    "source": {"kind": "cc", "channel": 1, "number": 7}, "targets": [{"address": "/rack/1/drive_db"}], "player": "answer",
    "devices": [{"device": "eq"}], "port": "midi_in",
}  # fmt: skip
"""What is right, so that what stands beside it is reached."""


def value(rng, depth=0):
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(NAMES)
    if kind < 0.7:
        return rng.choice(NUMBERS)
    if kind < 0.85 or depth > 2:
        return rng.choice(WILD)
    if kind < 0.93:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def table(rng, known, uids):
    """An order that is right but for one or two keys, so that it gets far."""
    needed = [
        key for key in ("uid", "track", "bus", "name", "device", "chain", "devices", "number", "port") if key in known
    ]
    what = {key: rng.choice(uids) if key == "uid" else FINE.get(key, 1) for key in needed if rng.random() < 0.8}
    if "name" in what:
        what["name"] = rng.choice(["low", "high", "room", "new"])
    for key in rng.sample(sorted(known), min(len(known), rng.randrange(0, 3))):
        what[key] = (
            {rng.choice(VALUES): value(rng)} if key in ("values", "options") and rng.random() < 0.7 else value(rng)
        )
    return json.dumps(what)


def wrong(rng, node):
    """Arguments of one message that this node should refuse, or take at its edge."""
    if rng.random() < 0.25:
        return rng.choice(
            [("i", 7), ("f", float("nan")), ("s", "x"), ("b", b"\0" * 99), ("T",), ("N",), ("ff", 1.0, 2.0), ("",)]
        )
    numbers = {
        "i": [0, -(2**31), 2**31 - 1, *([int(edge) for edge in node.range] if node.range else [])],
        "f": [0.0, -1e38, 1e38, float("inf"), float("-inf"), 1e-45, *(node.range or [])],
    }
    numbers["d"] = [*numbers["f"], 1e308]
    args = []
    for tag in node.type:
        if tag in numbers:
            args.append(rng.choice(numbers[tag]))
        elif tag == "s":
            args.append(rng.choice(NAMES).encode("utf-8", "ignore").decode().replace("\0", ""))
    tags = node.type.replace("T", rng.choice("TF"))
    return (tags, *args)


def messages(rng, node, uids):
    """One of each kind for a node: (address, type tags, arguments)."""
    name = node.address.rsplit("/", 1)[-1]
    found = [(node.address, *wrong(rng, node)) for _ in range(1 if len(node.type) == 1 and node.type in "fiT" else 6)]
    if node.type == "s" and ("JSON" in node.description or name in ALL):
        known = ALL[name][1] if node.address.startswith("/edit/") and name in ALL else KEYS
        found += [(node.address, "s", rng.choice(TEXTS)) for _ in range(4)]
        found += [(node.address, "s", table(rng, known, uids)) for _ in range(12)]
    return found


def every_file(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pour(rng, session, client, house):
    """Send all of it in any order, a few at a time, and let the session do it."""
    nodes = [node for node in session.control.tree.nodes() if node.writable and node.address not in CALM]
    rng.shuffle(nodes)
    for start in range(0, len(nodes), BATCH):
        client.set("/lock", False)
        client.get("/lock")
        house.write_text(HAND, "utf-8")
        session.load_scene(house)
        if rng.random() < 0.3:
            session.show.open("short_set")
        client.set("/lock", rng.random() < 0.1)
        uids = [slot.uid for slot in session.plan.rack.slots()]
        found = [one for node in nodes[start : start + BATCH] for one in messages(rng, node, uids)]
        for number, (address, tags, *args) in enumerate(rng.sample(found, len(found))):
            client._transmit(wire.message(address, tags, *args))
            if number % BATCH == 0:
                client.get("/engine/frames", 30.0)
        client.get("/engine/frames", 30.0)
        assert until(session, session._jobs.empty, 60.0)
        done = []
        session.maps.order(lambda done=done: done.append(True))
        assert until(session, lambda done=done: done, 60.0)
        refused = [str(message.args[2]) for message in client.poll() if message.address == "/antiphon/error"]
        assert not [text for text in refused if "should not have happened" in text], log_file().read_text()


@pytest.mark.timeout(300)
def test_the_whole_tree_under_hostile_hands(tmp_path, monkeypatch):
    print(f"seed {SEED}; again by ANTIPHON_FUZZ_SEED={SEED}")
    rng = random.Random(SEED)
    monkeypatch.setattr(
        "tests.session.test_hostile_hands.NAMES", [*NAMES, *(str(tmp_path / "neighbour" / n) for n in ELSEWHERE)]
    )
    (tmp_path / "show").mkdir()
    (tmp_path / "neighbour").mkdir()
    for name in ELSEWHERE:
        (tmp_path / "neighbour" / name).write_text("not yours")
    outside = [tmp_path / "neighbour", PRESETS]
    before = [every_file(folder) for folder in outside]
    around = {path.name for path in tmp_path.iterdir()} | {path.name for path in PRESETS.iterdir()}
    here = set(os.listdir())
    with stage(wrote(tmp_path / "show", HAND, "house.toml"), inputs=1) as (session, client):
        session.messages = said = deque()
        sizes = []
        for _ in range(ROUNDS):
            client.set("/midi", 0x90, 60, 100)
            pour(rng, session, client, tmp_path / "show" / "house.toml")
            sizes.append(resident_bytes())
        assert not [text for text in said if "should not have happened" in text or "nested too deeply" in text], (
            log_file().read_text()
        )
        assert all("\n" not in text and len(text) < 2000 for text in said), max(said, key=len)[:3000]
        settled(session)
        assert int(session.engine.record[0]["faults"]) == 0
        assert [every_file(folder) for folder in outside] == before
        assert {path.name for path in tmp_path.iterdir()} | {path.name for path in PRESETS.iterdir()} == around
        assert set(os.listdir()) == here
        with ControlClient(session.control.server.port) as other:  # and a stranger is still answered
            assert other.get("/engine/driver", 20.0)
            assert other.describe("/")["CONTENTS"]
        assert len(sizes) > 1 and sizes[-1] - sizes[0] < GROWTH_BYTES, sizes
