"""The usual subtrees of the tree (device, player, track, transport, engine), so that all spell them alike; [main]."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from realtime.contract.limits import BEAT_UNITS, BEATS_A_BAR, TEMPO_BPM
from realtime.control.tree import READ, READ_WRITE, WRITE, Node

MASTER = "master"
"""The part below /mix that is no track."""


def parameter_node(prefix: str, param: Any, get: Callable[[], Any] | None, set: Callable[[Any], Any] | None) -> Node:
    """A node from a device's or player's Param (id, title, unit, range, default, curve, labels, doc), in real units."""
    low, high, default = _limits(param)
    curve = getattr(param, "curve", "lin")
    counted = getattr(param, "stepped", False) and param.unit not in ("s", "ms", "Hz", "dB", "%")
    counted = counted and (high - low > 1 or bool(param.unit))
    whole = counted and all(part == int(part) for part in (low, high, default))
    kind = "T" if curve == "bool" else "i" if curve == "enum" or whole else "f"
    return Node(
        address=f"{prefix}/{param.id}",
        type=kind,
        range=None if kind == "T" else (int(low), int(high)) if kind == "i" else (low, high),
        default=bool(default) if kind == "T" else int(default) if kind == "i" else float(default),
        unit=getattr(param, "unit", ""),
        labels=tuple(getattr(param, "labels", ()) or ()),
        curve=curve,
        title=getattr(param, "title", "") or param.id,
        description=getattr(param, "doc", ""),
        group=getattr(param, "group", ""),
        get=get,
        set=set,
    )


def device_nodes(
    number: int,
    name: str,
    title: str,
    params: Iterable[Any],
    get: Callable[[int], float] | None = None,
    set: Callable[[int, float], Any] | None = None,
    *,
    get_bypass: Callable[[], Any] | None = None,
    set_bypass: Callable[[Any], Any] | None = None,
    load: Callable[[], float] | None = None,
    home: Callable[[int], float] | None = None,
    root: str = "/rack",
    kind: str = "effect",
) -> list[Node]:
    """The subtree of one device at position `number` (from 1); get(index), set(index, value) reach its parameters,
    home(index) is what the scene set."""
    at = f"{root}/{number}"
    nodes = [
        Node(f"{at}/name", "s", READ, value=name, description="Which device this is."),
        Node(f"{at}/title", "s", READ, value=title, description="Its name on the panel."),
        Node(f"{at}/kind", "s", READ, value=kind, description="instrument, effect, neural, plugin or player."),
        Node(f"{at}/bypass", "T", curve="bool", default=False, title="Bypass", get=get_bypass, set=set_bypass),
        Node(
            f"{at}/load",
            "f",
            READ,
            (0.0, 100.0),
            unit="%",
            get=load,
            poll=load is not None,
            description="Share of the block's time it takes.",
        ),
    ]
    for index, param in enumerate(params):
        getter = None if get is None else (lambda index=index: get(index))
        setter = None if set is None else (lambda value, index=index: set(index, value))
        nodes.append(parameter_node(at, param, getter, setter))
        if home is not None:
            nodes[-1].scene = home(index)
    return nodes


PLAYER = (
    ("status", "s", "", "Status", "listening, preparing, answering, by rule, or playing."),
    ("rung", "s", "", "Plays by", "The rung of its ladder: its model, something cheaper, or hold."),
    ("hit_rate", "f", "%", "Hit rate", "Share of its notes that were there in time."),
    ("late", "i", "notes", "Late notes", "Planned after their beat."),
    ("latest_ms", "f", "ms", "Latest note", "By how much the worst of them was late."),
    ("load", "f", "%", "Load", "Share of a core that it takes."),
    ("report", "s", "", "Report", "What it has found, as JSON; its `text` is for people."),
    ("news", "s", "", "News", "What it has to tell that is no trouble, such as how much it has learned."),
    ("warning", "s", "", "Warning", "What it has to tell the performer, such as a model that is not there."),
)
ASKED = (
    ("again", "Again", "Its last bars once more, from the next bar on."),
    ("mutate", "Mutate", "Its last bars with part of them drawn anew."),
    ("undo", "Undo", "Back to the bars before the last mutation."),
)
LANE = (
    ("channel", "i", READ_WRITE, (1, 16), 1, "", "Channel"),
    ("midi", "T", READ_WRITE, None, True, "", "MIDI out"),
    ("program", "i", READ_WRITE, (-1, 127), -1, "", "Program (-1: none)"),
    ("port", "s", READ_WRITE, None, "", "", "MIDI output (empty: Antiphon's own)"),
)


def player_nodes(
    number: int,
    name: str,
    title: str,
    params: Iterable[Any],
    get: Any = None,
    set: Any = None,
    *,
    get_bypass: Callable[[], Any] | None = None,
    set_bypass: Callable[[Any], Any] | None = None,
    readings: Mapping[str, Callable[[], Any]] | None = None,
    ask: Callable[[str], Any] | None = None,
    lanes: Mapping[str, Callable[[str], tuple[Any, Any]]] | None = None,
) -> list[Node]:
    """The subtree of one player: a device's, with what is seen of it in PLAYER's rows, what it can be asked for in ASKED's, and
    LANE's rows for each lane.
    Bypass silences it, as its common control `mute` does."""
    at = f"/player/{number}"
    found = device_nodes(
        number, name, title, params, get, set, get_bypass=get_bypass, set_bypass=set_bypass, root="/player", kind="player"
    )  # fmt: skip
    found = [node for node in found if not node.address.endswith("/load")]
    for node in found:
        node.poll = node.poll or node.address in (f"{at}/bypass", f"{at}/mute")  # two names of one thing
    for row, kind, unit, caption, doc in PLAYER:
        getter = (readings or {}).get(row)
        found.append(
            Node(f"{at}/{row}", kind, READ, unit=unit, title=caption, description=doc, get=getter,
                 poll=getter is not None)
        )  # fmt: skip
    for row, caption, doc in ASKED:
        put = None if ask is None else (lambda _value, row=row: ask(row))
        found.append(Node(f"{at}/{row}", "I", WRITE, title=caption, description=doc, set=put))
    for lane, bind in (lanes or {}).items():
        rows = value_nodes(f"{at}/lanes/{lane}", LANE, bind)
        for node in rows:
            node.group, node.poll = lane, True  # a lane that gives up its channel moves another
        found += rows
    return found


def value_nodes(prefix: str, table: Iterable[tuple], bind: Callable[[str], tuple[Any, Any]]) -> list[Node]:
    """Nodes from rows (name, type, access, range, default, unit, title); bind(name) -> (get or None, set or None)."""
    nodes = []
    for name, kind, access, limits, default, unit, title in table:
        getter, setter = bind(name)
        # what the callback takes at its next turn is true later than it was set, and moves by itself too (a clock, a loop)
        poll = "r" in access and getter is not None
        curve = "bool" if kind == "T" else "lin"
        nodes.append(
            Node(
                f"{prefix}/{name}",
                kind,
                access,
                limits,
                default,
                unit,
                (),
                curve,
                title,
                get=getter,
                set=setter,
                poll=poll,
            )
        )
    return nodes


TRANSPORT = (
    ("playing", "T", READ_WRITE, None, False, "", "Play"),
    ("tempo_bpm", "f", READ_WRITE, TEMPO_BPM, 120.0, "bpm", "Tempo"),
    ("tap", "I", WRITE, None, None, "", "Tap the tempo: it leads tempo and beat"),
    ("beat", "d", READ, None, 0.0, "beats", "Beat"),
    ("bar", "i", READ, None, 0, "bars", "Bar"),
    ("bar_start_beat", "d", READ, None, 0.0, "beats", "Beat at which this bar began"),
    ("rewind", "I", WRITE, None, None, "", "Back to bar 1"),
    ("numerator", "i", READ_WRITE, BEATS_A_BAR, 4, "", "Beats in a bar"),
    ("denominator", "i", READ_WRITE, (BEAT_UNITS[0], BEAT_UNITS[-1]), 4, "", "Beat unit"),
    ("looping", "T", READ_WRITE, None, False, "", "Loop"),
    ("loop_start", "f", READ_WRITE, (0.0, 100000.0), 0.0, "beats", "Loop start"),
    ("loop_end", "f", READ_WRITE, (0.0, 100000.0), 16.0, "beats", "Loop end"),
)
ENGINE = (
    ("driver", "s", READ, None, "", "", "Driver"),
    ("sample_rate", "f", READ, None, 0.0, "Hz", "Sample rate"),
    ("frames", "i", READ, None, 0, "samples", "Block"),
    ("load", "f", READ, (0.0, 100.0), 0.0, "%", "Load"),
    ("late", "i", READ, None, 0, "", "Late callbacks"),
    ("xruns", "i", READ, None, 0, "", "Driver xruns"),
)


def strip_nodes(at: str, title: str, params: Iterable[Any], bind: Callable[[str], tuple[Any, Any]]) -> list[Node]:
    """/mix/<at>: the knobs of a track's or bus's input to the mixer (its own parameter table), and its name as a person
    wrote it; bind(knob) -> (get, set)."""
    name = Node(f"/mix/{at}/name", "s", READ, value=title, title="Name", description="As the scene calls it.")
    knobs = [parameter_node(f"/mix/{at}", param, *bind(param.id)) for param in params]
    return [name, *(replace(knob, group=title.capitalize()) for knob in knobs)]


def send_node(at: str, title: str, bus: tuple[str, str], gain: Any, get: Any, set: Any) -> Node:
    """/mix/<at>/send_<bus>: in dB; bus: its address and name; gain: the mixer's parameter. A send that nobody raised is
    at its bottom."""
    return replace(
        parameter_node(f"/mix/{at}", gain, get, set), address=f"/mix/{at}/send_{bus[0]}", title=f"Send {bus[1]}",
        default=float(gain.minimum), group=title.capitalize(),
    )  # fmt: skip


def session_nodes(
    scenes: Callable[[], list[str]],
    get_scene: Callable[[], str],
    load_scene: Callable[[str], Any],
    panic: Callable[[], Any],
    midi: Callable[[int, int, int], Any],
    record: Callable[[str], Any],
    recording: Callable[[], str],
    record_state: Callable[[], str],
    log: Callable[[], str],
    recent: Callable[[], str],
) -> list[Node]:
    """The session's own nodes. Loading and recording are queued by the session: these setters return at once."""
    return [
        Node(
            "/scene",
            "s",
            get=get_scene,
            set=load_scene,
            poll=True,
            title="Scene",
            description="The scene that sounds; set a name of /scenes to load it.",
        ),
        Node(
            "/scenes",
            "s",
            READ,
            get=lambda: json.dumps(scenes()),
            poll=True,
            description="JSON list of the scenes that can be loaded.",
        ),
        Node("/panic", "I", WRITE, set=lambda _value: panic(), description="Silence: every note off, tails cut."),
        Node(
            "/midi",
            "iii",
            WRITE,
            (0, 255),
            set=lambda m: midi(*m),
            description="One MIDI message: status, data 1, data 2.",
        ),
        Node(
            "/record",
            "s",
            get=recording,
            set=record,
            poll=True,
            description="A file name (.wav, .flac) starts recording, an empty one stops.",
        ),
        Node(
            "/record/state",
            "s",
            READ,
            get=record_state,
            poll=True,
            description="stopped, recording, or failed: and why.",
        ),
        Node("/log", "s", READ, get=log, poll=True, description="The last message to the performer."),
        Node(
            "/log/recent",
            "s",
            READ,
            get=recent,
            poll=True,
            description="JSON: count (of all messages to the performer so far), last (the newest of them, oldest first).",
        ),
    ]


def _limits(param: Any) -> tuple[float, float, float]:
    """(low, high, default) of a Param whatever the field names: minimum/maximum, min/max or low/high."""
    for low, high in (("minimum", "maximum"), ("min", "max"), ("low", "high")):
        if hasattr(param, low) and hasattr(param, high):
            return float(getattr(param, low)), float(getattr(param, high)), float(param.default)
    raise ValueError(f"parameter {param.id}: no range")
