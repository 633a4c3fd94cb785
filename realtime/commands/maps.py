"""`antiphon map`: which control moves what, on the instrument that runs: list, set, remove, learn; [main]."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from realtime.commands.options import Json, number
from realtime.commands.output import print_json, print_table, say
from realtime.commands.terminal import Terminal
from realtime.control.client import ControlClient
from realtime.native.errors import AntiphonError

app = typer.Typer(help="Which control moves what, on the instrument that runs.", no_args_is_help=True)
Port = Annotated[int | None, number("Control port of the instrument; default: the one that runs.", 1, 65535)]
EXAMPLE = '{"source": {"number": 21}, "targets": [{"address": "/rack/1/cutoff_hz"}]}'
_POLL_S = 0.1
_STILL_S = 1.0
"""A control that has been still for so long is the one that was meant."""


def _ask(client: ControlClient, address: str, *args: Any) -> None:
    """Set it, and raise what the instrument answers if it refuses."""
    try:
        "".join(map(str, args)).encode()
    except UnicodeEncodeError:
        raise AntiphonError(f"{address}: this is not a text that can be sent") from None
    client.set(address, *args)
    client.get("/map/page")  # answered after it
    for message in client.poll():
        if message.address == "/antiphon/error" and message.args[:1] == (address,):
            raise AntiphonError(str(message.args[2]).removeprefix(f"{address} could not be set: "))


def _settled(client: ControlClient, before: str) -> list[dict[str, Any]]:
    """The assignments, as soon as they are others than before."""
    until = time.monotonic() + 3.0
    while client.get("/map/list") == before and time.monotonic() < until:
        time.sleep(_POLL_S / 4)
    return json.loads(client.get("/map/list"))


def _target(target: dict[str, Any]) -> str:
    low, high = target.get("low"), target.get("high")
    span = (
        "" if low is None and high is None else f" {low if low is not None else ''}…{high if high is not None else ''}"
    )
    value = f" = {target['value']}" if "value" in target else ""
    curve = f" {target['curve']}" if target.get("curve", "own") != "own" else ""
    return f"{target['address']}{value}{span}{curve}{' inverted' if target.get('invert') else ''}"


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if not rows:
        say("Nothing is mapped; `antiphon map learn ADDRESS` begins.")
        return
    print_table(
        ("id", "control", "port", "moves", "mode", "takeover", "scope", "state"),
        (
            (row["id"], row["text"], row["port"] or "any", ", ".join(map(_target, row["targets"])),
             row["mode"] + ("" if row["press"] == "any" else f" ({row['press']})"), row["takeover"], row["scope"], row["state"])
            for row in rows
        ),
    )  # fmt: skip


def _controllers(client: ControlClient, as_json: bool) -> None:
    rows = json.loads(client.get("/controllers/list"))
    if as_json:
        print_json(rows)
        return
    print_table(
        ("port", "profile", "controls", "connected"),
        ((r["port"], r["profile"] or "none", len(r["controls"]), "yes" if r["connected"] else "no") for r in rows),
    )


def _learn(client: ControlClient, address: str, seconds: float, which: str) -> None:
    """Wait for a control to be moved and left alone, then keep it. Raises AntiphonError if none is."""
    _ask(client, "/learn/start", address)
    Terminal().tell(f"move the control that shall move {address}")
    until, last, since = time.monotonic() + seconds, "", time.monotonic()
    while time.monotonic() < until:
        state = json.loads(client.get("/learn/state"))
        if state["heard"] != last:
            last, since = state["heard"], time.monotonic()
        elif last and time.monotonic() - since > _STILL_S:
            if state["candidates"] and not which:
                client.set("/learn/cancel")
                raise AntiphonError(
                    f"{last.partition(' = ')[0]} would move {', '.join(state['candidates'])}: add --choose one of them, or all"
                )
            if state["candidates"]:
                _ask(client, "/learn/choose", which)
            _ask(client, "/learn/keep")
            return
        time.sleep(_POLL_S)
    client.set("/learn/cancel")
    raise AntiphonError(f"no control was moved for {seconds:g} s; nothing has changed")


def _change(port: int | None, as_json: bool, work: Callable[[ControlClient], Any]) -> None:
    """Do it on the instrument that runs, and show what is mapped then."""
    with ControlClient(port) as client:
        before = client.get("/map/list")
        work(client)
        _print(_settled(client, before), as_json)


@app.command("list", epilog="For example: antiphon map list --json")
def list_maps(port: Port = None, as_json: Json = False) -> None:
    """List which control moves what, and whether it has it in its hand."""
    with ControlClient(port) as client:
        _print(json.loads(client.get("/map/list")), as_json)


@app.command("set", epilog=f"For example: antiphon map set '{EXAMPLE}'")
def set_map(
    assignment: Annotated[
        str, typer.Argument(help="An assignment as JSON; with an id it takes the place of that one.")
    ],
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Add or replace an assignment."""
    _change(port, as_json, lambda client: _ask(client, "/map/set", assignment))


@app.command("remove", epilog="For example: antiphon map remove song-1")
def remove_map(
    name: Annotated[str, typer.Argument(help="Id of an assignment.")], port: Port = None, as_json: Json = False
) -> None:
    """Take an assignment out."""
    _change(port, as_json, lambda client: _ask(client, "/map/remove", name))


@app.command("learn", epilog="For example: antiphon map learn /rack/1/cutoff_hz")
def learn_map(
    address: Annotated[str, typer.Argument(help="What shall be moved: an address of the tree.")],
    choose: Annotated[
        str, typer.Option(help="Of a control that moves something already: one of its targets, or all.")
    ] = "",
    seconds: Annotated[float, number("How long to wait for a control.", 1, 600, unit="seconds")] = 30.0,
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Wait for a control to be moved, and let it move an address from then on."""
    _change(port, as_json, lambda client: _learn(client, address, seconds, choose))


@app.command("controllers", epilog="For example: antiphon map controllers")
def list_controllers(port: Port = None, as_json: Json = False) -> None:
    """List the ports and the profile of each."""
    with ControlClient(port) as client:
        _controllers(client, as_json)


@app.command("profile", epilog="For example: antiphon map profile midi_in nanokontrol2")
def choose_profile(
    name: Annotated[str, typer.Argument(help="Name of a port.")],
    profile: Annotated[str, typer.Argument(help="Name of a profile; none: as the port is called.")] = "",
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Say which box is at a port."""
    with ControlClient(port) as client:
        _ask(client, "/controllers/profile", json.dumps({"port": name, "profile": profile}))
        _controllers(client, as_json)
