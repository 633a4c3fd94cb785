"""`antiphon`: the command line; each command lives in a file of realtime/commands and is imported when asked for; [main]."""

from __future__ import annotations

import sys
import warnings

import typer

from realtime.commands import bench, inspect, offline, play, workshop
from realtime.native.errors import AntiphonError

app = typer.Typer(
    name="antiphon",
    help="A neural instrument for the stage: you play, it hears, answers and sounds, in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("play")(play.play)
app.command("panel")(play.panel)
app.command("render")(offline.render)
app.command("process")(offline.process)
app.command("generate")(workshop.generate)
app.command("devices")(inspect.devices)
app.command("ports")(inspect.ports)
app.command("doctor")(inspect.doctor)
app.add_typer(bench.app, name="bench")
app.command("train")(workshop.train)
app.command("export")(workshop.export)
app.command("evaluate")(workshop.evaluate)
app.command("corpus")(workshop.corpus)
app.command("features")(workshop.features)
app.command("setup", hidden=True)(play.setup)


def main() -> None:
    """Entry point: a user's mistake is one sentence on stderr and exit status 2, a crash is a traceback."""
    # a machine without a login session has no XDG_RUNTIME_DIR: platformdirs finds another place, and that will do
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    try:
        app()
    except AntiphonError as error:
        print(f"antiphon: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
