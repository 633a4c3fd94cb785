"""Antiphon's panel in its own process: `python -m ui.panel [--port N] [--screenshot FILE]`; Qt thread."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from realtime.control.client import fetch_json
from realtime.control.discovery import discover, others_sentence
from realtime.native.errors import AntiphonError
from ui import strings
from ui.style.palettes import PALETTES
from ui.views import registry

FIRST_SIZE = "1280x800"
PLAY_ON = 3
"""Exit status of a panel whose end is not meant to end the instrument."""


def main(argv: list[str] | None = None) -> int:
    """Opens the panel; returns the exit status: 2 when it cannot, with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="antiphon panel", description="The panel of a running Antiphon.")
    parser.add_argument("--port", type=int, help="the engine's control port (default: the one announced)")
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="draw the panel into a .png and leave")
    parser.add_argument("--size", default=FIRST_SIZE, help="size of the window, WIDTHxHEIGHT")
    parser.add_argument("--view", default="stage", choices=registry.NAMES, help="the view to open with")
    parser.add_argument("--scale", type=float, default=1.0, help="everything larger or smaller, 0.75 to 2.5")
    parser.add_argument("--theme", default="dark", choices=tuple(PALETTES), help="dark, light or high contrast")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long to watch before the screenshot")
    parser.add_argument(
        "--measure", type=float, metavar="SECONDS", help="measure the panel's frames, print JSON and leave"
    )
    parser.add_argument("--ends-show", action="store_true", help="closing the window ends the instrument")
    args = parser.parse_args(sys.argv[1:] if argv is None else argv)
    try:
        width, height = (int(part) for part in args.size.lower().split("x"))
    except ValueError:
        parser.error(f"--size {args.size!r} is not WIDTHxHEIGHT, such as 1280x800")
    try:
        from ui.style import theme

        theme.set_scale(args.scale)
        theme.set_theme(args.theme)
        if args.measure is not None:
            from ui.measure import measure

            print(json.dumps(measure(args.port, (width, height), args.measure, args.view)))
            return 0
        if args.screenshot is not None:
            from ui.screenshot import screenshot

            screenshot(args.screenshot, args.port, (width, height), args.seconds, args.view)
            return 0
        return show(args.port, (width, height), args.ends_show, args.view)
    except AntiphonError as error:
        print(f"antiphon: {error}", file=sys.stderr)
        return 2


def show(port: int | None, size: tuple[int, int], ends_show: bool, view: str = "stage") -> int:
    """The window until it is closed; returns the exit status. Raises AntiphonError."""
    if sys.platform == "linux" and not any(
        os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise AntiphonError(strings.NO_DISPLAY)
    try:
        from ui.shell.rubbish import Rubbish
        from ui.shell.window import Panel, application
    except ImportError as error:  # a library of the system that Qt needs
        raise AntiphonError(strings.NO_QT.format(error)) from None
    fetch_json(discover(port), "/?HOST_INFO")  # later it waits for an instrument that is gone; one must be there first
    several = others_sentence() if port is None else ""
    if several:
        print(f"antiphon: {several}", file=sys.stderr)
    app = application()
    panel = Panel(port, ends_show=ends_show, view=view)
    panel.resize(*size)
    panel.show()
    Rubbish(panel)
    for name in (signal.SIGINT, signal.SIGTERM):
        # so that held notes are let go; the frame timer lets Python hear it
        signal.signal(name, lambda *_: panel.close())
    status = app.exec()
    return PLAY_ON if ends_show and not panel.ended else status


if __name__ == "__main__":
    sys.exit(main())
