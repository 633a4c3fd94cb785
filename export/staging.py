"""A place of its own for an export, whose package and pictures are put where they belong once all are there; [workshop]."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from realtime.native.errors import AntiphonError

PICTURES = "pictures"


@contextlib.contextmanager
def staged(package: str | Path) -> Iterator[Path]:
    """The path to export to, of the same name in a folder beside. Left in order, the pictures and then the package take
    their places; left by an exception nothing has changed: the former package and pictures stay.

    Raises AntiphonError if the files cannot be written, and tells the faults of an export by the path that was asked for.
    """
    target = Path(package)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            made = Path(folder) / target.name
            try:
                yield made
            except AntiphonError as error:
                raise AntiphonError(str(error).replace(str(made), str(target))) from error
            _put_pictures(made.parent / PICTURES, target.parent / PICTURES)
            os.replace(made, target)
    except OSError as error:
        raise AntiphonError(
            f"Package {target}: cannot be written ({error.strerror or error}); free some space or choose another place."
        ) from error


def _put_pictures(made: Path, place: Path) -> None:
    for picture in sorted(made.glob("*")):
        place.mkdir(exist_ok=True)
        os.replace(picture, place / picture.name)
