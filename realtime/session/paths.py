"""Where scenes, models and recordings lie: beside the program, and in the user's own folders; [main]."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from realtime.native.errors import AntiphonError, nearest
from realtime.native.whole_file import visible_files

ROOT = Path(__file__).resolve().parents[2]
PRESETS = ROOT / "presets"
MODELS = ROOT / "models_onnx"
DEFAULT_SCENE = "first_light"


def user_folder(name: str) -> Path:
    """The user's folder for "scenes", "songs", "setlists", "models" or "recordings", which lie where a person looks for them."""
    if name == "recordings":
        return Path(platformdirs.user_music_dir()) / "Antiphon"
    return Path(platformdirs.user_data_dir("antiphon")) / name


def _files(factory: Path, kind: str) -> dict[str, Path]:
    """Files of a kind by name; the user's own hides the factory's of its name."""
    found: dict[str, Path] = {}
    for folder in (factory, user_folder(kind)):
        if folder.is_dir():
            found |= {path.stem: path for path in visible_files(folder, "*.toml")}
    return dict(sorted(found.items()))


def scene_files() -> dict[str, Path]:
    """All scenes by name; a user's scene hides the factory scene of its name."""
    return _files(PRESETS, "scenes")


def song_files() -> dict[str, Path]:
    """All songs by name."""
    return _files(PRESETS / "songs", "songs")


def setlist_files() -> dict[str, Path]:
    """All setlists by name."""
    return _files(PRESETS / "setlists", "setlists")


def is_there(path: Path) -> bool:
    """Whether a path that a stranger may have written names something; False for what no file can be called."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, a NUL in it, a circle of links, a folder that cannot be looked into
        return False


def _find(name: str | Path, what: str, files: dict[str, Path]) -> Path:
    path, shown = Path(name), str(name)[:200]
    if path.suffix == ".toml" or "/" in str(name):
        if is_there(path):
            return path
        raise AntiphonError(f"there is no {what} file {shown!r}; `antiphon play --list` shows those there are")
    if str(name) in files:
        return files[str(name)]
    raise AntiphonError(f"there is no {what} {shown!r}; {nearest(shown, files)}")


def find_scene(name: str | Path) -> Path:
    """Path of a scene given by file name or by name. Raises AntiphonError with the nearest name."""
    return _find(name, "scene", scene_files())


def find_song(name: str | Path) -> Path:
    """Path of a song given by file name or by name. Raises AntiphonError with the nearest name."""
    return _find(name, "song", song_files())


def find_setlist(name: str | Path) -> Path:
    """Path of a setlist given by file name or by name. Raises AntiphonError with the nearest name."""
    return _find(name, "setlist", setlist_files())


def find_asset(name: str, folder: Path | None, where: str) -> Path:
    """A file a scene names: beside the scene, in the user's models, or shipped. Raises AntiphonError."""
    path = Path(name)
    for candidate in ([path] if path.is_absolute() else []) + [
        base / path
        for base in (folder, *map(user_folder, ("models", "samples", "midi")), MODELS, PRESETS)
        if base is not None
    ]:
        if is_there(candidate) and candidate.is_file():
            return candidate
    raise AntiphonError(
        f"{where}: there is no file {name[:200]!r}; put it beside the scene, or in {user_folder('models')}, or give its full path"
    )
