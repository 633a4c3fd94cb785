"""The shared memory of one player: its words of life and three rings, made by the session, attached by the host; [main],
[player process].

Its name is drawn by chance and taken away once both sides hold it, its mode is the owner's alone.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from multiprocessing import resource_tracker, shared_memory
from typing import Self

import numpy as np

from realtime.contract import player_wire as wire
from realtime.native.errors import AntiphonError
from realtime.native.ring import Ring

_RINGS = (
    ("listen", wire.LISTEN, wire.LISTEN_RECORDS),
    ("plan", wire.PLAN, wire.PLAN_RECORDS),
    ("mirror", wire.PLAN, wire.PLAN_RECORDS),
)
_LINE = 64
_VITALS_BYTES = -(-wire.VITALS.itemsize // _LINE) * _LINE


def _aligned_bytes(dtype: np.dtype, records: int) -> int:
    return -(-Ring.bytes_needed(dtype, records) // _LINE) * _LINE


class PlayerMemory:
    """vitals: array of one wire.VITALS; listen, plan, mirror: the rings of wire.LISTEN and wire.PLAN."""

    vitals: np.ndarray
    listen: Ring
    plan: Ring
    mirror: Ring

    def __init__(self, memory: shared_memory.SharedMemory, attach: bool):
        self._memory = memory
        self._named = not attach
        self.name = memory.name
        buffer = _taken_out(memory)
        self.vitals = np.frombuffer(buffer, wire.VITALS, 1)
        at = _VITALS_BYTES
        for name, dtype, records in _RINGS:
            setattr(self, name, Ring(dtype, records, buffer[at:], attach=attach))
            at += _aligned_bytes(dtype, records)

    @property
    def turns_address(self) -> int:
        """Where its host counts its turns, an int64; for the callback."""
        return self.vitals.__array_interface__["data"][0] + wire.VITALS.fields["turns"][1]  # type: ignore[index]

    @classmethod
    def create(cls) -> Self:
        """New and empty, under a name that nobody can guess. Raises AntiphonError if there is no memory for it."""
        size = _VITALS_BYTES + sum(_aligned_bytes(dtype, records) for _, dtype, records in _RINGS)
        try:
            memory = shared_memory.SharedMemory(f"ap_{secrets.token_hex(10)}", create=True, size=size)
        except OSError as error:
            raise AntiphonError(f"a player finds no shared memory ({error}); use fewer players") from error
        return cls(memory, attach=False)

    @classmethod
    def attach(cls, name: str) -> Self:
        """What another process made. Raises AntiphonError if it is not there."""
        try:
            memory = shared_memory.SharedMemory(name)
            # Python 3.11 registers what it only attaches, and would unlink the session's memory when this process ends
            if os.name == "posix":
                resource_tracker.unregister(memory._name, "shared_memory")  # type: ignore[attr-defined]
            return cls(memory, attach=True)
        except (OSError, ValueError) as error:
            raise AntiphonError(
                f"Shared memory {name}: no player's memory is there ({error}); start the player by `antiphon play`."
            ) from error

    def unlink(self) -> None:
        """Take the name away: nobody can attach it any more; who has it keeps it."""
        if self._named:
            self._named = False
            with suppress(OSError):
                self._memory.unlink()

    def free(self) -> None:
        """Let go of it. No one may still use the rings' addresses; it is unmapped with the last who looks at it."""
        self.unlink()
        for name in ("vitals", "listen", "plan", "mirror"):
            self.__dict__.pop(name, None)


def _taken_out(memory: shared_memory.SharedMemory) -> memoryview:
    """The buffer, from now on mapped for as long as anybody has a view of it. SharedMemory would unmap it by force, and
    complain of every view that is left, whenever it goes; what it keeps is its name."""
    buffer = memory.buf
    assert buffer is not None
    memory._buf = memory._mmap = None  # type: ignore[attr-defined]
    memory.close()  # the file alone
    return buffer
