"""Finds devices: every file of this folder that defines a Device is one, no list to edit; [main]."""

from __future__ import annotations

import functools
import importlib
import pkgutil

import realtime.devices as folder
from realtime.contract.device import Device
from realtime.native.errors import AntiphonError, nearest

_GROUND = {"registry", "notes", "neural_effect"}


@functools.cache
def _load(module: str) -> tuple[Device, ...]:
    loaded = importlib.import_module(f"realtime.devices.{module}")
    return tuple(value for value in vars(loaded).values() if isinstance(value, Device))


def _modules() -> list[str]:
    return sorted(info.name for info in pkgutil.iter_modules(folder.__path__) if info.name not in _GROUND)


def devices() -> dict[str, Device]:
    """All devices by name; imports every file of the folder (a start of the engine never needs that)."""
    return {found.name: found for module in _modules() for found in _load(module)}


def find(name: str) -> Device:
    """The device of that name; imports one file when the file is named like the device. Raises AntiphonError."""
    if name in _modules():
        for found in _load(name):
            if found.name == name:
                return found
    everything = devices()
    if name in everything:
        return everything[name]
    raise AntiphonError(f"there is no device {name!r}; {nearest(name, sorted(everything))}")
