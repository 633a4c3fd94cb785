"""`antiphon audio`: what there is to play on; [main]."""

from __future__ import annotations

from typing import Annotated

import typer

from realtime.commands.options import Json
from realtime.commands.output import print_json, print_table, say

app = typer.Typer(help="Audio drivers, servers and devices.", no_args_is_help=True)


@app.callback()
def _audio() -> None:
    pass


@app.command("list", epilog="For example: antiphon audio list --json")
def list_audio(
    server: Annotated[str | None, typer.Option(help="Name of the JACK server.")] = None, as_json: Json = False
) -> None:
    """List the drivers, and the devices, rates and blocks of each."""
    from realtime.drivers.survey import ask

    found = ask(server)
    if as_json:
        print_json(found)
        return
    for name, driver in found.items():
        say((name, "bold"), f": {driver['why']}")
        if driver["devices"]:
            print_table(
                ("device", "inputs", "outputs", "rate"),
                ((row["name"], row["inputs"], row["outputs"], f"{row['sample_rate']} Hz") for row in driver["devices"]),
            )
