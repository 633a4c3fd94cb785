"""Antiphon's panel in its own process: `python -m ui.panel [--port N] [--screenshot FILE]`; Qt thread."""

import argparse
import signal
import sys
from pathlib import Path

from realtime.native.errors import AntiphonError
from ui.screenshot import screenshot
from ui.window import Panel, application

FIRST_SIZE = "1280x800"


def main(argv: list[str] | None = None) -> int:
    """Opens the panel; returns the exit status."""
    parser = argparse.ArgumentParser(prog="antiphon panel", description="The panel of a running Antiphon.")
    parser.add_argument("--port", type=int, help="the engine's control port (default: the one announced)")
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="draw the panel into a .png and leave")
    parser.add_argument("--size", default=FIRST_SIZE, help="size of the window, WIDTHxHEIGHT")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long to watch before the screenshot")
    args = parser.parse_args(sys.argv[1:] if argv is None else argv)
    try:
        width, height = (int(part) for part in args.size.lower().split("x"))
    except ValueError:
        parser.error(f"--size {args.size!r} is not WIDTHxHEIGHT, such as 1280x800")
    if args.screenshot is not None:
        try:
            screenshot(args.screenshot, args.port, (width, height), args.seconds)
        except AntiphonError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    app = application()
    panel = Panel(args.port)
    panel.resize(width, height)
    panel.show()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            name, lambda *_: panel.close()
        )  # so that held notes are let go; the frame timer lets Python hear it
    return app.exec()


__all__ = ["Panel", "application", "main", "screenshot"]

if __name__ == "__main__":
    sys.exit(main())
