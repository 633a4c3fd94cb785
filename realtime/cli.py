"""`antiphon`: the command line; each command lives in a file of realtime/commands and is imported when asked for; [main]."""

from __future__ import annotations

import importlib.metadata
import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from realtime.commands import (
    audio,
    bench,
    chart,
    faults,
    inspect,
    keyboard,
    maps,
    mirror,
    offline,
    panel,
    play,
    practice,
    prepare,
    scenes,
    workshop,
)
from realtime.commands.output import any_terminal

app = typer.Typer(
    name="antiphon",
    help="A neural instrument for the stage: you play, it hears, answers and sounds, in time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "play": (play.play, "antiphon play first_light --demo"),
    "panel": (panel.panel, "antiphon panel"),
    "setup": (prepare.setup, "antiphon setup"),
    "render": (offline.render, "antiphon render first_light -o first.wav"),
    "process": (offline.process, "antiphon process saturator in.wav out.wav --set drive_db=12"),
    "generate": (workshop.generate, "antiphon generate phrase --bars 8 --seed 7 -o phrase.mid"),
    "practice": (practice.practice, "antiphon practice --style waltz --key D --level 3 --hands both -o exercises"),
    "chart": (chart.chart, "antiphon chart blues.txt --key Bb"),
    "devices": (inspect.devices, "antiphon devices poly"),
    "players": (inspect.players, "antiphon players answer"),
    "models": (inspect.models, "antiphon models phrase"),
    "keyboard": (keyboard.keyboard, "antiphon keyboard"),
    "ports": (inspect.ports, "antiphon ports"),
    "doctor": (inspect.doctor, "antiphon doctor"),
    "train": (workshop.train, "antiphon train groove --data FOLDER --preset small"),
    "export": (workshop.export, "antiphon export groove"),
    "evaluate": (workshop.evaluate, "antiphon evaluate groove --data FILE.jsonl.gz --json"),
    "corpus": (workshop.corpus, "antiphon corpus FOLDER"),
    "features": (workshop.features, "antiphon features take.wav"),
}
"""Each command and an example of it."""
for name, (command, example) in COMMANDS.items():
    app.command(name, epilog=f"For example: {example}")(command)
app.add_typer(audio.app, name="audio", epilog="For example: antiphon audio list --json")
app.add_typer(scenes.app, name="scenes", epilog="For example: antiphon scenes list --json")
app.add_typer(maps.app, name="map", epilog="For example: antiphon map learn /rack/1/cutoff_hz")
app.add_typer(mirror.app, name="mirror", epilog="For example: antiphon mirror list")
app.add_typer(bench.app, name="bench", epilog="For example: antiphon bench callback --driver null --seconds 5")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"antiphon {importlib.metadata.version('antiphon')}")
        raise typer.Exit


@app.callback()
def _antiphon(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point: whatever goes wrong is one sentence on stderr; see commands.faults for the exit status."""
    # a machine without a login session has no XDG_RUNTIME_DIR: platformdirs finds another place, and that will do
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    any_terminal()
    sys.exit(faults.guarded(lambda: app(prog_name="antiphon", standalone_mode=False)))


if __name__ == "__main__":
    main()
