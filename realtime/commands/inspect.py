"""`antiphon devices`, `players`, `models`, `ports`, `doctor`: what there is, and what would hurt tonight; [main]."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from realtime.commands import names
from realtime.commands.options import Json
from realtime.commands.output import print_json, print_table, say
from realtime.commands.terminal import Terminal
from realtime.contract.param import Param
from realtime.native.errors import AntiphonError

MARKS = {"good": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}


def _rows(params: Iterable[Param]) -> list[dict[str, Any]]:
    return [
        {"id": p.id, "title": p.title, "unit": p.unit, "min": p.minimum, "max": p.maximum,
         "default": p.default, "curve": p.curve, "labels": list(p.labels), "doc": p.doc}
        for p in params
    ]  # fmt: skip


def _print_params(params: Iterable[Param]) -> None:
    print_table(
        ("parameter", "range", "default", "what it does"),
        (
            (p.id, ", ".join(p.labels) if p.labels else f"{p.text(p.minimum)} … {p.text(p.maximum)}",
             p.text(p.default), p.doc or p.title)
            for p in params
        ),
    )  # fmt: skip


def devices(
    name: Annotated[
        str | None, typer.Argument(help="One device, with all its parameters.", autocompletion=names.devices)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the devices, or the parameter table of one."""
    from realtime.devices import registry

    chosen = {name: registry.find(name)} if name is not None else registry.devices()
    for sentence in [] if name is not None else registry.faults():
        Terminal().tell(sentence)
    if as_json:
        print_json(
            [
                {"name": d.name, "title": d.title, "kind": d.kind, "inputs": d.inputs, "outputs": d.outputs,
                 "options": list(d.option_names), "params": _rows(d.params)}
                for d in chosen.values()
            ]
        )  # fmt: skip
        return
    if name is not None:
        found = chosen[name]
        say((found.title, "bold"), f" ({found.name}, {found.kind})")
        if found.doc:
            say(" ".join(found.doc.split()))
        for option in found.options:
            say(f"option {option.name}: {option.text()}")
        _print_params(found.params)
        return
    print_table(
        ("device", "kind", "title", "parameters"),
        ((d.name, d.kind, d.title, len(d.params) if d.params else "from the model") for d in chosen.values()),
    )


def _first_sentence(module: str) -> str:
    """What a module says it is, read from its file: nothing is imported for it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""
    sentence = " ".join(text.split()).partition("; [")[0].partition(": ")
    return (sentence[2] or sentence[0]).rstrip(".")


def players(
    name: Annotated[
        str | None, typer.Argument(help="One player, with all its parameters.", autocompletion=names.players)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the players that a scene can have, or the parameter table of one."""
    from realtime.players.registry import about, player_class, player_names

    found = [name] if name is not None else player_names()
    classes, broken = {}, []
    for one in found:
        try:
            classes[one] = player_class(one)
        except AntiphonError as error:
            if name is not None:
                raise
            broken.append(str(error))  # one that is being written must not hide the others
    rows = [
        {"name": one, "what": about(kind), "model": getattr(kind, "MODEL", ""), "params": _rows(kind.TABLE)}
        for one, kind in classes.items()
    ]
    for sentence in broken:
        Terminal().tell(sentence)
    if as_json:
        print_json(rows)
        return
    if name is not None:
        say((name, "bold"), f": {rows[0]['what']}")
        _print_params(classes[name].TABLE)
        return
    print_table(("player", "model", "what it does"), ((row["name"], row["model"] or "-", row["what"]) for row in rows))


def models(
    name: Annotated[
        str | None, typer.Argument(help="One model, with all its parameters.", autocompletion=names.models)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the note models that `generate` and players write with, or the parameter table of one."""
    from realtime.models.base import PACKAGES, model_class, model_names

    chosen = model_class(name) if name is not None else None
    rows: list[dict[str, Any]] = []
    for one in [name] if name is not None else model_names():
        package = PACKAGES / f"{one}.onnx"
        size = round(package.stat().st_size / 1e6, 2) if package.is_file() else None
        rows.append({"name": one, "what": _first_sentence(f"realtime.models.{one}"), "package_mb": size})
    if chosen is not None:
        rows[0]["params"] = _rows(chosen.PARAMS)
    if as_json:
        print_json(rows)
        return
    if chosen is not None:
        say((str(name), "bold"), f": {rows[0]['what']}")
        _print_params(chosen.PARAMS)
        return
    print_table(
        ("model", "package", "what it does"),
        ((r["name"], "none" if r["package_mb"] is None else f"{r['package_mb']:g} MB", r["what"]) for r in rows),
    )


def ports(as_json: Json = False) -> None:
    """List audio drivers, audio devices and MIDI ports."""
    from realtime.commands.survey import survey_ports

    found = survey_ports()
    if as_json:
        print_json(found)
        return
    say(("Audio", "bold"))
    say(f"  would play on: {found['driver']['name']} ({found['driver']['why']})")
    for row in found["audio"]:
        say(f"  {row['name']} — {row['inputs']} in, {row['outputs']} out, {row['sample_rate']} Hz")
    for direction, head in (("midi_inputs", "MIDI inputs"), ("midi_outputs", "MIDI outputs")):
        say((head, "bold"))
        for port in found[direction] or ["none"]:
            say(f"  {port}")


def doctor(as_json: Json = False) -> None:
    """Look for what would hurt tonight, and say how to mend it."""
    from realtime.commands.survey import examine

    findings = examine()
    if as_json:
        print_json(findings)
        return
    for finding in findings:
        say(MARKS[finding["level"]], f" {finding['what']}")
        if finding.get("remedy"):
            say(f"    {finding['remedy']}")
