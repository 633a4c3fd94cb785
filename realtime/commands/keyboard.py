"""`antiphon keyboard`: a rented keyboard set up in twenty seconds, by playing it; [main]."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import Annotated, Any, Protocol

import typer

from realtime.commands.options import Json, number
from realtime.commands.output import print_json, say
from realtime.commands.panel import answering
from realtime.control.discovery import discover
from realtime.native.errors import AntiphonError

_BLOCKS = " ▁▂▃▄▅▆▇█"
_TURN_S = 1.0 / 30.0


class Door(Protocol):
    """An instrument that listens to the keyboard."""

    def ask(self, word: str) -> None: ...
    def state(self) -> dict[str, Any]: ...


class _Running:
    """The instrument that runs already."""

    def __init__(self, client: Any):
        self._client = client

    def ask(self, word: str) -> None:
        self._client.set("/keyboard/setup", word)

    def state(self) -> dict[str, Any]:
        time.sleep(_TURN_S)
        return json.loads(self._client.get("/keyboard/state"))


class _Own:
    """One that is started for it, without sound."""

    def __init__(self, session: Any):
        self._session = session

    def ask(self, word: str) -> None:
        self._session.keyboard.request(word)
        self._session.tick()

    def state(self) -> dict[str, Any]:
        time.sleep(_TURN_S)
        self._session.tick()
        return json.loads(self._session.keyboard.state)


@contextmanager
def _door(port: int | None, midi: str):
    try:
        found = discover(port)
        running = answering(found)
    except AntiphonError:
        running = False
    if running:
        from realtime.control.client import ControlClient

        with ControlClient(found.port) as client:
            yield _Running(client)
        return
    if port is not None:
        raise AntiphonError(f"no Antiphon answers at port {port}; leave --port out to set up without one")
    from realtime.session.rig_file import user_rig
    from realtime.session.session import Options, Session

    options = Options(
        driver="null", players=False, control=False, midi_ports=tuple(midi.split(",")), rig_file=user_rig()
    )
    with Session(options) as session:
        if session.midi is not None:
            session.midi.ports.rescan(10.0)  # what is played before its port is open is not heard
        session.on_message = lambda text: say(text) if "keyboard" in text else None
        yield _Own(session)


def picture(histogram: list[int], width: int = 32) -> str:
    """Touches by velocity in one line, softest left."""
    per = -(-len(histogram) // width)
    sums = [sum(histogram[at : at + per]) for at in range(0, len(histogram), per)]
    most = max(max(sums), 1)
    return "".join(_BLOCKS[-(-count * (len(_BLOCKS) - 1) // most)] for count in sums)


def keyboard(
    port: Annotated[int | None, number("Control port of the instrument; default: the one that runs.", 1, 65535)] = None,
    midi: Annotated[str, typer.Option(help="Pattern of the MIDI ports to hear, where no instrument runs.")] = "*",
    seconds: Annotated[float, number("Give up after so long.", 1, 3600, unit="seconds")] = 120.0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Keep what was found without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Set up a keyboard you have never seen: play a scale, soft and hard, press the pedals."""
    with _door(port, midi) as door:
        door.ask("start")
        state = _listen(door, time.monotonic() + seconds, quiet=as_json)
        if not state["port"]:
            door.ask("cancel")
            raise AntiphonError("no key was heard: plug the keyboard in, and see `antiphon ports` for its MIDI port")
        if not as_json:
            say(f"  softest {picture(state['histogram'])} hardest")
            say(("found: ", "bold"), state["summary"])
        keep = yes or (not as_json and sys.stdin.isatty() and typer.confirm("Keep this?", default=True))
        door.ask("keep" if keep else "cancel")
        state = _settled(door)
        if as_json:
            print_json(state)
        elif not keep:
            say("nothing was kept")


def _settled(door: Door) -> dict[str, Any]:
    """The state once the last word has been heard."""
    deadline = time.monotonic() + 5.0
    state = door.state()
    while state["step"] != "idle" and time.monotonic() < deadline:
        state = door.state()
    return state


def _listen(door: Door, deadline: float, quiet: bool) -> dict[str, Any]:
    """Say what to do as the steps go by, until all is found or the time is over."""
    told = ""
    state = door.state()
    while time.monotonic() < deadline:
        state = door.state()
        if state["step"] == "done":
            break
        if state["title"] != told and not quiet:
            told = state["title"]
            say(told)
    return state
