"""`antiphon scenes`: the scenes there are, factory and own: listed, shown, renamed, thrown away; [main]."""

from __future__ import annotations

import tomllib
from typing import Annotated

import typer

from realtime.commands import names
from realtime.commands.options import Json
from realtime.commands.output import print_fields, print_json, print_table, say

app = typer.Typer(help="Scenes: list, show, rename, delete.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of a scene.", autocompletion=names.scenes)]


@app.callback()
def _scenes() -> None:
    pass


@app.command("list", epilog="For example: antiphon scenes list --tag pad")
def list_scenes(
    tag: Annotated[str, typer.Option(help="Only those with this tag.")] = "",
    search: Annotated[str, typer.Option(help="Only those with this word in name, title, description or tags.")] = "",
    as_json: Json = False,
) -> None:
    """List all scenes with what they say of themselves."""
    from realtime.session.editing.library import info

    word = search.lower()
    rows = [
        row
        for row in info()
        if (not tag or tag in row["tags"])
        and word in " ".join([row["name"], row["title"], row["description"], *map(str, row["tags"])]).lower()
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("scene", "title", "tags", "whose"),
        (
            (("* " if row["favourite"] else "") + row["name"], row["title"], ", ".join(map(str, row["tags"])),
             "factory" if row["factory"] else "own")
            for row in rows
        ),
    )  # fmt: skip


@app.command("info", epilog="For example: antiphon scenes info first_light --json")
def scene_info(name: Name, as_json: Json = False) -> None:
    """Show one scene: its tracks, buses, players, snapshots, and its file."""
    from realtime.session import scene as scenes
    from realtime.session.editing.library import is_factory

    scene = scenes.load(name)
    row = {
        "name": scene.name, "title": scene.title, "description": scene.description, "tags": list(scene.tags),
        "tempo_bpm": scene.tempo_bpm, "key": scene.key, "notes": scene.notes, "file": str(scene.path),
        "factory": is_factory(scene.path),
        "tracks": {t.name: [str(slot.device) for slot in t.slots] for t in scene.rack.tracks},
        "buses": {b.name: [str(slot.device) for slot in b.slots] for b in scene.rack.buses},
        "master": [str(slot.device) for slot in scene.rack.master],
        "players": [slot.player for slot in scene.players],
        "snapshots": [str(one["name"]) for one in tomllib.loads(scene.text).get("snapshot", [])],
    }  # fmt: skip
    if as_json:
        print_json(row)
    else:
        print_fields(row)


@app.command("rename", epilog='For example: antiphon scenes rename my_scene "Club night"')
def rename(
    name: Name, new: Annotated[str, typer.Argument(help="Its new name, and title.")], as_json: Json = False
) -> None:
    """Give a scene of your own another name and title; nothing is overwritten."""
    from realtime.session import scene as scenes
    from realtime.session.document.document import Document
    from realtime.session.editing import library
    from realtime.session.scene_write import write_text

    former = library.own_scene(name, "renamed")
    document = Document.parse(scenes.load(former).text).copied()
    document.put("title", library.user_path(new).stem)
    path = former.with_name(library.user_path(new).name)
    library.move(former, path)
    write_text(path, document.text)
    _tell(as_json, "renamed", former, path)


@app.command("delete", epilog="For example: antiphon scenes delete my_scene")
def delete(name: Name, as_json: Json = False) -> None:
    """Put a scene of your own into the trash folder."""
    from realtime.session.editing import library

    former = library.own_scene(name, "deleted")
    path = library.thrown_away(former)
    library.move(former, path)
    _tell(as_json, "deleted", former, path)


def _tell(as_json: bool, what: str, former: object, path: object) -> None:
    if as_json:
        print_json({"done": what, "from": str(former), "to": str(path)})
    else:
        say(f"{what}: {former} -> {path}")
