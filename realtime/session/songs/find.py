"""What a name means: a scene, a song or a setlist, in this order; [main]."""

from __future__ import annotations

from pathlib import Path

from realtime.native.errors import AntiphonError, nearest
from realtime.session.paths import is_there, scene_files, setlist_files, song_files
from realtime.session.text_file import read_text, read_toml

SCENE, SONG, SETLIST = "scene", "song", "setlist"
_FILES = {SCENE: scene_files, SONG: song_files, SETLIST: setlist_files}


def meanings(name: str) -> list[tuple[str, Path]]:
    """All that a name can mean, (kind, file), the one that counts first."""
    return [(kind, files()[name]) for kind, files in _FILES.items() if name in files()]


def kind_of_file(path: Path) -> str:
    """What a TOML file holds, by its tables. Raises AntiphonError."""
    document = read_toml(read_text(path, "scene, song or setlist"), path.stem, "scene, song or setlist")
    return SONG if "part" in document else SETLIST if "song" in document else SCENE


def find_music(name: str | Path, scenes: bool = True) -> tuple[str, Path]:
    """(SCENE, SONG or SETLIST, file) of a name or a .toml file; scenes: whether a scene will do, which comes before a song
    and a song before a setlist of the same name. Raises AntiphonError."""
    path, shown = Path(name), str(name)[:200]
    what = "scene, song or setlist" if scenes else "song or setlist"
    if path.suffix == ".toml" or "/" in str(name):
        if not is_there(path):
            raise AntiphonError(f"there is no {what} file {shown!r}; `antiphon play --list` shows those there are")
        return kind_of_file(path), path
    found = [(kind, file) for kind, file in meanings(str(name)) if scenes or kind != SCENE]
    # an evening's name is asked for where setlists are: there it comes before a song
    if found:
        return found[0] if scenes else found[-1]
    known = [one for kind, files in _FILES.items() if scenes or kind != SCENE for one in files()]
    raise AntiphonError(f"there is no {what} {shown!r}; {nearest(shown, known)}")


def ambiguity(name: str) -> str:
    """A sentence where a name means more than one thing, else ""."""
    found = [kind for kind, _ in meanings(name)]
    if len(found) < 2:
        return ""
    others = " and ".join(f"a {kind}" for kind in found[1:])
    return f"{name} is a {found[0]}, which plays, and {others}; give the file's path for that"
