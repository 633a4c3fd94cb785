"""Which styles there are: the factory's in presets/styles, and the user's own, which hide those of their name; [any]."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import platformdirs

from realtime.native.errors import AntiphonError, nearest
from realtime.native.whole_file import visible_files
from realtime.players.styles.reader import read_style
from realtime.players.styles.style import Style

FACTORY = Path(__file__).resolve().parents[3] / "presets" / "styles"


def user_styles() -> Path:
    """The user's own folder of styles."""
    return Path(platformdirs.user_data_dir("antiphon")) / "styles"


def style_files() -> dict[str, Path]:
    """All styles by name."""
    found: dict[str, Path] = {}
    for folder in (FACTORY, user_styles()):
        if folder.is_dir():
            found |= {path.stem: path for path in visible_files(folder, "*.toml")}
    return dict(sorted(found.items()))


def style_names() -> tuple[str, ...]:
    """Names of all styles, the factory's first: a file that is added moves none of those in the list."""
    names = style_files()
    factory = [path.stem for path in visible_files(FACTORY, "*.toml")] if FACTORY.is_dir() else []
    return tuple(sorted(names, key=lambda name: (name not in factory, name)))


def style_named(name: str) -> Style:
    """The style of that name, read anew when its file has changed. Raises AntiphonError."""
    files = style_files()
    if name not in files:
        raise AntiphonError(f"there is no style {name!r}; {nearest(name, files)}")
    try:
        changed_ns = files[name].stat().st_mtime_ns
    except OSError:
        changed_ns = 0
    return _read(files[name], changed_ns)


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> Style:
    return read_style(path)
