"""`antiphon chart`: a chord chart of any kind, printed as bars; [main]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from realtime.commands.options import Json
from realtime.commands.output import print_json, say


def chart(
    file: Annotated[Path, typer.Argument(help="A text, MusicXML, MIDI, ChordPro or iReal file.")],
    key: Annotated[str, typer.Option(help="Transpose it to this key, like Bb or Am.")] = "",
    as_json: Json = False,
) -> None:
    """Print the chords of a file as bars, as a scene's `chart` takes them."""
    from realtime.music.chart_data import as_data
    from realtime.music.chart_files import read_chart
    from realtime.music.keyfinding import read_key
    from realtime.native.errors import AntiphonError

    found = read_chart(file)
    if key:
        wanted = read_key(key)
        if wanted is None:
            raise AntiphonError(f"--key {key!r}: it is no key; write it like Bb, F# minor or Am")
        if found.key is None:
            raise AntiphonError(f"--key {key}: {file.name} does not say its own key; write it there as key: C")
        found = found.in_key(wanted)
    if as_json:
        print_json(as_data(found))
        return
    for line in found.text().splitlines():
        say(line)
