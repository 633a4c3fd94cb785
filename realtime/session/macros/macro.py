"""A macro: a name and what it moves, as data that goes into a scene and comes back the same; [any].

[[macro]]
name = "Bloom"
targets = [{ address = "/rack/1/cutoff_hz", low = 300, high = 6000 }, { address = "/mix/you/send_hall", low = -60, high = -6 }]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realtime.midi.map.assignment import Target, read_target
from realtime.midi.map.source import read_known, read_text
from realtime.native.errors import AntiphonError

COUNT = 8
MOST_TARGETS = 8
LONGEST_NAME = 24
"""Characters; at two metres 10 are read."""
KEYS = ("name", "targets")


@dataclass(frozen=True)
class Macro:
    """targets: as those of an assignment (address, low, high, curve, invert); the macro stands where the first one stands."""

    name: str
    targets: tuple[Target, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A plain dict, for TOML and JSON; `read_macro` of it is an equal macro."""
        return {"name": self.name, "targets": [target.to_dict() for target in self.targets]}


def read_macro(table: Any, where: str) -> Macro:
    """A macro from a file or a client. Raises AntiphonError with the place and the remedy."""
    found = read_known(table, KEYS, where)
    name = read_text(found, "name", "", where).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise AntiphonError(f'{where}: give it a name of 1 to {LONGEST_NAME} characters, like name = "Bloom"')
    targets = found.get("targets", [])
    if not isinstance(targets, (list, tuple)) or not 0 < len(targets) <= MOST_TARGETS:
        raise AntiphonError(f"{where}: targets must be a list of 1 to {MOST_TARGETS} tables with an address each")
    made = tuple(read_target(one, f"{where}, target {number}") for number, one in enumerate(targets, 1))
    for number, target in enumerate(made, 1):
        if target.value is not None or target.step is not None:
            raise AntiphonError(
                f"{where}, target {number}: a macro turns; value and step belong to buttons, leave them out"
            )
        if target.address.startswith("/macro"):
            raise AntiphonError(f"{where}, target {number}: a macro cannot move a macro; name what that one moves")
    return Macro(name, made)


def read_macros(tables: Any, where: str) -> tuple[Macro, ...]:
    """All of a scene. Raises AntiphonError."""
    if not isinstance(tables, (list, tuple)) or len(tables) > COUNT:
        raise AntiphonError(f"{where}: write at most {COUNT} macros, each under its [[macro]]")
    return tuple(read_macro(table, f"{where}, macro {number}") for number, table in enumerate(tables, 1))
