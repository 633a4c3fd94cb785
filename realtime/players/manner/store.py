"""What is kept of each performer: one file a name in the user's folder, written whole, bounded, theirs to delete; [any but
audio].

A file holds phrases as notes (ticks of a 24th of a quarter note), so that it can be read by a person and learned anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import platformdirs

from realtime.native.errors import AntiphonError
from realtime.native.whole_file import visible_files, whole_file
from realtime.players.manner.manner import LONGEST_BAR, MOST_NOTES, Manner, Played

VERSION = 1
LONGEST_NAME = 40
_NAME = re.compile(r"[^\W_](?:[\w '-]*[\w'-])?")


def folder() -> Path:
    """The user's own folder of what mirrors have learned."""
    return Path(platformdirs.user_data_dir("antiphon")) / "mirrors"


def performer_file(name: str) -> Path:
    """Where a performer's file lies. Raises AntiphonError for what cannot be a name."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise AntiphonError(
            f"performer = {name[: LONGEST_NAME + 10]!r} must be a name of letters, digits, spaces, ' and -, at most "
            f"{LONGEST_NAME} characters; it begins with a letter or digit"
        )
    return folder() / f"{name}.json"


def performers() -> dict[str, Path]:
    """Everybody of whom something is kept, by name."""
    return {path.stem: path for path in visible_files(folder(), "*.json")} if folder().is_dir() else {}


def load(path: Path) -> list[Played]:
    """The phrases of a file; none where there is none. Raises AntiphonError for one that cannot be read."""
    try:
        read = json.loads(path.read_bytes())
        if read["version"] != VERSION:
            raise ValueError(f"it is of version {read['version']}, this program reads {VERSION}")
        return [_played(row) for row in read["phrases"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        why = f"{type(error).__name__}: {error}" if not isinstance(error, OSError) else error.strerror
        raise AntiphonError(
            f"{path}: what was learned of {path.stem} cannot be read ({why}); `antiphon mirror forget {path.stem!r}` begins anew"
        ) from None


def save(path: Path, phrases: Iterable[Played]) -> None:
    """The file of these phrases, the newest MOST_NOTES notes of them. Raises OSError."""
    kept: list[Played] = []
    notes = 0
    for played in reversed(list(phrases)):
        notes += len(played.rows)
        if notes > MOST_NOTES:
            break
        kept.append(played)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [[p.take, p.tonic, p.bar, p.weight, p.known, p.rows] for p in reversed(kept)]
    with whole_file(path) as part:
        part.write_text(json.dumps({"version": VERSION, "phrases": rows}, separators=(",", ":")))


def merged(one: Iterable[Played], other: Iterable[Played]) -> list[Played]:
    """The phrases of both, each once, take by take, in the order in which they came."""
    return sorted(dict.fromkeys((*one, *other)), key=lambda played: played.take)


def known_of(name: str) -> Manner:
    """All that is kept of a performer, learned. Raises AntiphonError where nobody is of that name, or for their file."""
    path = performer_file(name)
    if not path.exists():
        there = ", ".join(performers()) or "nobody yet"
        raise AntiphonError(f"performer {name!r}: nothing is kept of them; kept is {there}")
    manner = Manner()
    for played in load(path):
        manner.learn(played)
    return manner


def _played(row: Any) -> Played:
    take, tonic, bar, weight, known, rows = row
    notes = tuple((_whole(t), _whole(d, 1), _whole(p, 0, 127)) for t, d, p in rows)
    weight = float(weight)
    if not (-100.0 <= weight <= 100.0) or any(b[0] <= a[0] for a, b in pairwise(notes)):
        raise ValueError("a phrase is out of order")
    return Played(_whole(take), _whole(tonic, 0, 11), _whole(bar, 1, LONGEST_BAR - 1), notes, weight, _whole(known, 0))


def _whole(value: Any, least: int = -(1 << 53), most: int = 1 << 53) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{value!r} is no whole number from {least} to {most}")
    return value
