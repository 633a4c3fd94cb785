"""Named audio ports of a device, in CLAP's sense; declared on [main], seen on [audio] as one flat table of channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAIN, SIDECHAIN, AUX = "main", "sidechain", "aux"
ROLES = (MAIN, SIDECHAIN, AUX)


@dataclass(frozen=True)
class Port:
    """One audio port. Channels of all ports follow each other in the block's table, in the order of the declaration.

    id: lower-case name, unique among the inputs (or outputs) of a device. channels: 1 mono, 2 stereo, 6 surround (L R C
    LFE Ls Rs), any other count for what is not a loudspeaker layout. role: main, sidechain or aux.
    """

    id: str = MAIN
    channels: int = 2
    role: str = MAIN
    title: str = ""

    def __post_init__(self):
        if self.role not in ROLES:
            raise ValueError(f"port {self.id}: role {self.role!r} is none of {', '.join(ROLES)}")
        if not 1 <= self.channels <= 64:
            raise ValueError(f"port {self.id}: {self.channels} channels; a port has 1 to 64")


def ports(given: int | Sequence[Port]) -> tuple[Port, ...]:
    """Ports from what an author wrote: a count of channels means one main port of that width, 0 none."""
    if isinstance(given, int):
        return (Port(MAIN, given),) if given else ()
    names = [port.id for port in given]
    if len(set(names)) != len(names):
        raise ValueError(f"a port occurs twice: {', '.join(names)}")
    return tuple(given)


def width(of: Sequence[Port]) -> int:
    """Channels of all ports together."""
    return sum(port.channels for port in of)


def first_channel(of: Sequence[Port], index: int) -> int:
    """Row of a port's first channel in the block's table."""
    return width(of[:index])


def find_port(of: Sequence[Port], *, id: str = "", role: str = "") -> int | None:
    """Index of the first port of that id or role, None if there is none."""
    return next((index for index, port in enumerate(of) if port.id == id or (role and port.role == role)), None)
