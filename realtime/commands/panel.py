"""`antiphon panel`: a window on a running instrument, in a process of its own; [main]."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.options import number, to_write
from realtime.control.discovery import Endpoint, discover
from realtime.native.errors import AntiphonError

PATIENCE_S = 3.0
"""How long an instrument that runs may take to answer."""
VIEWS = ("stage", "rack", "players", "mixer", "map", "rig", "models")
THEMES = ("dark", "light", "contrast")
SIZE = re.compile(r"(\d{3,5})[xX×](\d{3,5})")


def has_display() -> bool:
    """Whether a window can be shown."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def answering(endpoint: Endpoint) -> bool:
    """Whether an Antiphon answers at this endpoint, now."""
    connection = http.client.HTTPConnection(endpoint.host, endpoint.http_port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/?HOST_INFO")
        return b"antiphon" in connection.getresponse().read(100_000).lower()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _instrument(port: int | None) -> Endpoint:
    found = discover(port)
    if not answering(found):
        raise AntiphonError(
            f"no Antiphon answers at port {found.port}; start one with `antiphon play`, or give the port of one that runs"
        )
    return found


def panel(
    port: Annotated[int | None, number("Control port of the instrument; default: the one that runs.", 1, 65535)] = None,
    screenshot: Annotated[
        Path | None, to_write("Draw the panel once into a PNG file and stop.", suffixes=(".png",))
    ] = None,
    size: Annotated[
        str, typer.Option(metavar="WIDTHxHEIGHT", help="Size of the window or the screenshot.")
    ] = "1280x800",
    view: Annotated[str, typer.Option(help="View to open with: " + ", ".join(VIEWS) + ".")] = "stage",
    scale: Annotated[float, number("Everything larger or smaller.", 0.75, 2.5, "--scale")] = 1.0,
    theme: Annotated[str, typer.Option(help="Colours: " + ", ".join(THEMES) + ".")] = "dark",
    seconds: Annotated[float, number("Seconds of sound to watch before the screenshot.", 0, 600, unit="seconds")] = 2.0,
) -> None:
    """Open a panel on a running instrument."""
    if not SIZE.fullmatch(size):
        raise AntiphonError(f"--size {size!r} is not WIDTHxHEIGHT in pixels, such as 1280x800")
    for name, chosen, known in (("view", view, VIEWS), ("theme", theme, THEMES)):
        if chosen not in known:
            raise AntiphonError(f"--{name} {chosen!r} is none of {', '.join(known)}")
    environment = dict(os.environ)
    if not has_display():
        if screenshot is None:
            raise AntiphonError(
                "there is no display to open the panel on; `antiphon play --headless` plays without one"
            )
        environment["QT_QPA_PLATFORM"] = "offscreen"
    found = _instrument(port)
    command = [
        sys.executable,
        "-m",
        "ui.panel",
        "--size",
        size,
        "--view",
        view,
        "--scale",
        str(scale),
        "--theme",
        theme,
    ]
    if port is not None:
        command += ["--port", str(found.port)]
    if screenshot is not None:
        command += ["--screenshot", str(screenshot), "--seconds", str(seconds)]
    status = subprocess.call(command, env=environment)
    if status < 0:
        raise AntiphonError(f"the panel was ended by signal {-status}; if no window came, there is no working display")
    raise typer.Exit(status)
