"""music21's bundled corpora, the data of whoever names none: parsed once, then kept in the user's cache; [workshop]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from export.corpora.cache import cached
from export.corpora.jsonl import piece_of
from export.corpora.piece import Piece
from export.corpora.scores import need_music21, parse_score
from realtime.native.errors import AntiphonError


class Collection(NamedTuple):
    """Where a collection lies in music21's corpus folder, and its licence."""

    folder: str
    pattern: str
    licence: str


# the first four have the names of the same music in the shared data
COLLECTIONS = {
    "bach_chorales_music21": Collection("bach", "bwv*.mxl", "music21 corpus (encoding M. Greentree); PD music"),
    "folk_ryans_mammoth": Collection("ryansMammoth", "*.abc", "PD tunes (1883); music21 corpus"),
    "folk_oneills1850": Collection("oneills1850", "*.abc", "PD tunes (1903); music21 corpus"),
    "folk_airds": Collection("airdsAirs", "*.abc", "PD tunes (1782-1803); music21 corpus"),
    "folk_essen": Collection("essenFolksong", "*.abc", "Essen Folksong Collection; music21 corpus"),
    "palestrina": Collection("palestrina", "*.krn", "PD music; music21 corpus"),
    "monteverdi": Collection("monteverdi", "*.mxl", "PD music; music21 corpus"),
}
DEFAULT = ("bach_chorales_music21", "folk_ryans_mammoth", "folk_oneills1850", "folk_airds")


def parse_collection(name: str, damaged: list[str]) -> Iterator[dict]:
    """Every piece of a collection, parsed afresh (half a minute to some minutes)."""
    from rich.progress import track

    collection = COLLECTIONS[name]
    root = Path(need_music21().__file__).parent / "corpus" / collection.folder
    for path in track(sorted(root.glob(collection.pattern)), description=f"Reading music21's {name} (once)"):
        yield from parse_score(path, damaged, f"{collection.folder}/{path.name}", collection.licence)


def read_bundled(only: Iterable[str], damaged: list[str]) -> Iterator[Piece]:
    """Pieces of the collections in `only` (names or music21's folders), or of the DEFAULT ones if it is empty. Raises
    AntiphonError if music21 is missing or has none of those asked for."""
    version = need_music21().__version__
    asked = tuple(only)
    names = [n for n, c in COLLECTIONS.items() if n in asked or c.folder in asked] if asked else list(DEFAULT)
    if not names:
        raise AntiphonError(
            f"music21 has no {' or '.join(asked)}: name --data with a folder that holds it, or one of your own music "
            "(MIDI, MusicXML, ABC or .jsonl.gz)."
        )
    for name in names:
        rows = cached(f"music21_{version}_{name}", partial(parse_collection, name), damaged)
        for raw in rows:
            yield piece_of(raw, name)
