"""`antiphon devices`, `ports` and `doctor`: what there is, and what would hurt tonight; [main]."""

from __future__ import annotations

from typing import Annotated

import typer

from realtime.commands.output import console, print_json


def devices(
    name: Annotated[str | None, typer.Argument(help="One device, with all its parameters.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the devices, or the parameter table of one."""
    from rich.table import Table

    from realtime.devices import registry

    chosen = {name: registry.find(name)} if name else registry.devices()
    if as_json:
        print_json(
            [
                {
                    "name": d.name, "title": d.title, "kind": d.kind, "inputs": d.inputs, "outputs": d.outputs,
                    "params": [
                        {"id": p.id, "title": p.title, "unit": p.unit, "min": p.minimum, "max": p.maximum,
                         "default": p.default, "curve": p.curve, "labels": list(p.labels), "doc": p.doc}
                        for p in d.params
                    ],
                }
                for d in chosen.values()
            ]
        )  # fmt: skip
        return
    if name:
        found = chosen[name]
        console.print(f"[bold]{found.title}[/] ({found.name}, {found.kind})")
        if found.doc:
            console.print(found.doc, highlight=False)
        table = Table("parameter", "range", "default", "what it does", box=None)
        for p in found.params:
            table.add_row(p.id, f"{p.text(p.minimum)} … {p.text(p.maximum)}", p.text(p.default), p.doc or p.title)
        console.print(table)
        return
    table = Table("device", "kind", "title", "parameters", box=None)
    for d in chosen.values():
        table.add_row(d.name, d.kind, d.title, str(len(d.params)) if d.params else "from the model")
    console.print(table)


def ports(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List audio drivers, audio devices and MIDI ports."""
    from realtime.commands.survey import survey_ports

    found = survey_ports()
    if as_json:
        print_json(found)
        return
    console.print("[bold]Audio[/]")
    console.print(f"  would play on: {found['driver']['name']} ({found['driver']['why']})", highlight=False)
    for row in found["audio"]:
        console.print(
            f"  {row['name']} — {row['inputs']} in, {row['outputs']} out, {row['sample_rate']} Hz", highlight=False
        )
    for direction in ("midi_inputs", "midi_outputs"):
        console.print(f"[bold]{direction.replace('_', ' ').replace('midi', 'MIDI')}[/]")
        for port in found[direction]:
            console.print(f"  {port}", highlight=False, markup=False)
        if not found[direction]:
            console.print("  none")


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Look for what would hurt tonight, and say how to mend it."""
    from realtime.commands.survey import examine

    findings = examine()
    if as_json:
        print_json(findings)
        return
    marks = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "bad": "[red]✗[/]"}
    for finding in findings:
        console.print(f"{marks[finding['level']]} {finding['what']}", highlight=False)
        if finding.get("remedy"):
            console.print(f"    {finding['remedy']}", highlight=False)
