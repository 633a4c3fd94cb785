"""Finds devices: every file of this folder that defines a Device is one, no list to edit; [main]."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path

import realtime.devices as folder
from realtime.contract.device import Device
from realtime.native.errors import AntiphonError, nearest
from realtime.native.file_fault import file_fault
from realtime.native.whole_file import visible_files

_GROUND = {"__init__", "registry", "notes", "neural_effect"}


@functools.cache
def _load(module: str) -> tuple[Device, ...]:
    """The devices of one file. Raises AntiphonError with its line if it cannot be run; it is tried again the next time."""
    try:
        loaded = importlib.import_module(f"{folder.__name__}.{module}")
    except Exception as error:  # the file is anyone's
        raise file_fault(error, _files()[module]) from error
    return tuple(value for value in vars(loaded).values() if isinstance(value, Device))


def _files() -> dict[str, Path]:
    """The files that may hold devices, by module."""
    found = [path for place in folder.__path__ for path in visible_files(Path(place), "*.py")]
    return {path.stem: path for path in found if path.stem not in _GROUND}


def _survey() -> tuple[dict[str, Device], list[str]]:
    found: dict[str, Device] = {}
    faults = []
    for module, path in _files().items():
        try:
            for one in _load(module):
                if one.name in found:
                    raise AntiphonError(f"{path}: there is a device {one.name!r} already, in {found[one.name].file}")
                found[one.name] = one
        except AntiphonError as error:
            faults.append(str(error))
    return found, faults


def devices() -> dict[str, Device]:
    """All devices by name; imports every file of the folder (a start of the engine never needs that). A file that cannot be
    run hides no other: see `faults`."""
    return _survey()[0]


def faults() -> list[str]:
    """A sentence for every file that cannot be run."""
    return _survey()[1]


def find(name: str) -> Device:
    """The device of that name; imports one file when the file is named like the device. Raises AntiphonError."""
    if name in _files():
        for found in _load(name):
            if found.name == name:
                return found
    everything, broken = _survey()
    if name in everything:
        return everything[name]
    others = f" (and {broken[0]})" if broken else ""
    raise AntiphonError(f"there is no device {name!r}; {nearest(name, sorted(everything))}{others}")
