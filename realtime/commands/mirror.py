"""`antiphon mirror`: what the player `mirror` has learned of whom: list, show, learn, score, forget; [main]."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.options import Json
from realtime.commands.output import print_json, print_table, say

app = typer.Typer(help="What the player `mirror` has learned of whom.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The performer's name, as the scene's option `performer` has it.")]


@app.command("list", epilog="For example: antiphon mirror list --json")
def list_performers(as_json: Json = False) -> None:
    """Everybody of whom something is kept on this computer."""
    from realtime.native.errors import AntiphonError
    from realtime.players.manner import known_of, performers

    rows = []
    for name, path in performers().items():
        try:
            known = known_of(name)
            rows.append({"name": name, "notes": known.notes, "takes": known.takes, "file": str(path), "fault": ""})
        except AntiphonError as error:
            rows.append({"name": name, "notes": 0, "takes": 0, "file": str(path), "fault": str(error)})
    if as_json:
        print_json(rows)
    elif not rows:
        say('Nothing is kept of anybody; a scene with player = "mirror" and options = { performer = "NAME" } begins.')
    else:
        print_table(
            ("name", "notes", "takes", "file"),
            ((r["name"], r["notes"], r["takes"], r["fault"] or r["file"]) for r in rows),
        )


@app.command(epilog="For example: antiphon mirror show ann")
def show(name: Name, as_json: Json = False) -> None:
    """The takes that are kept of a performer."""
    from realtime.players.manner import known_of, performer_file

    known = known_of(name)
    takes = [
        {
            "take": take,
            "when": time.strftime("%Y-%m-%d %H:%M", time.localtime(take)),
            "notes": sum(p.notes for p in known.phrases if p.take == take and p.weight == 1.0),
            "liked": sum(p.weight > 1.0 for p in known.phrases if p.take == take),
            "disliked": sum(p.weight < 0.0 for p in known.phrases if p.take == take),
        }
        for take in sorted({p.take for p in known.phrases})
    ]
    if as_json:
        print_json({"name": name, "notes": known.notes, "file": str(performer_file(name)), "takes": takes})
        return
    say(f"{known} of {name}, in {performer_file(name)}")
    print_table(
        ("when", "notes", "liked", "disliked"), ((t["when"], t["notes"], t["liked"], t["disliked"]) for t in takes)
    )


@app.command(epilog="For example: antiphon mirror learn ann solo.mid")
def learn(
    name: Name, files: Annotated[list[Path], typer.Argument(help="MIDI files that they played.")], as_json: Json = False
) -> None:
    """Learn from MIDI files, each as a take; of several notes at once the highest."""
    from realtime.native.errors import AntiphonError
    from realtime.players.manner import known_of, performer_file
    from realtime.players.manner.store import load, merged, save
    from realtime.players.manner.takes import as_phrases, read_line

    path = performer_file(name)
    phrases = load(path)
    first = max([int(time.time()), *(p.take + 1 for p in phrases)])
    for number, file in enumerate(files):
        phrases = merged(phrases, as_phrases(read_line(file), first + number))
    try:
        save(path, phrases)
    except OSError as error:
        raise AntiphonError(
            f"{path} cannot be written ({error.strerror}); make room, or let it be written to"
        ) from None
    known = known_of(name)
    if as_json:
        print_json({"name": name, "notes": known.notes, "takes": known.takes, "file": str(path)})
        return
    say(f"{known} of {name}")


@app.command(epilog="For example: antiphon mirror score ann another_solo.mid")
def score(
    name: Name, file: Annotated[Path, typer.Argument(help="A MIDI file to be guessed.")], as_json: Json = False
) -> None:
    """How surprising a file is, in bits a note: to the trained model, to what is known of a performer, and to both."""
    from realtime.players.manner import known_of
    from realtime.players.manner.takes import read_line, surprise
    from realtime.session.paths import MODELS

    found = surprise(known_of(name), read_line(file), MODELS / "phrase.onnx")
    if as_json:
        print_json({"name": name, "file": str(file), "bits_a_note": found})
        return
    for what, bits in found.items():
        say(f"{what:8} {bits:6.2f} bits a note")


@app.command(epilog="For example: antiphon mirror forget ann")
def forget(name: Name, as_json: Json = False) -> None:
    """Delete all that is kept of a performer; a mirror that runs forgets it too, with your next phrase."""
    from realtime.native.errors import AntiphonError, nearest
    from realtime.players.manner import performer_file, performers

    path = performer_file(name)
    try:
        path.unlink()
    except FileNotFoundError:
        there = performers()
        hint = nearest(name, there, "kept is") if there else "nothing is kept of anybody"
        raise AntiphonError(f"performer {name!r}: nothing is kept of them; {hint}") from None
    except OSError as error:
        raise AntiphonError(f"{path} cannot be deleted ({error.strerror}); delete it by hand") from None
    if as_json:
        print_json({"name": name, "forgotten": str(path)})
    else:
        say(f"Forgotten: {name}.")
