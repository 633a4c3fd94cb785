"""A model package that was loaded: its session, what its metadata says, and what a host asks of it; [any]."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.audio_ports import POWERS, concrete, time_axis
from realtime.neural.ort import OrtSession, Port
from realtime.neural.package_manifest import About


@dataclass
class Package:
    """A model that was loaded, checked and, if it carries a test vector, tried out."""

    path: Path
    about: About
    session: OrtSession
    digest: str
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # sentences for the performer
    run_us: float | None = None  # of one run of a block, where it was tried out beforehand
    extra: dict[str, Any] = field(default_factory=dict)  # the whole manifest as JSON gave it

    def table(self, name: str) -> np.ndarray:
        """A table of plain numbers. Raises AntiphonError if the package lacks it or it is garbled."""
        if name not in self.about.tables:
            raise AntiphonError(f"{self.path}: it lacks the table {name!r}; export it again")
        try:
            return self.about.tables[name].array()
        except (ValueError, TypeError) as error:
            raise AntiphonError(f"{self.path}: its table {name!r} is garbled ({error}); export it again") from None

    def port(self, name: str) -> Port:
        """The input or output of that name."""
        return next(port for port in (*self.session.inputs, *self.session.outputs) if port.name == name)

    def names(self, side: str, role: str) -> list[str]:
        """Names of the inputs or outputs (`side`) with a role, in the order of the metadata."""
        return [row.name for row in getattr(self.about, side) if row.role == role]

    def initial_states(self) -> dict[str, np.ndarray]:
        """First value of every state, by input name."""
        values = {}
        for state in self.about.states:
            port = self.port(state.input)
            values[state.input] = state.initial.array() if state.initial else np.zeros(concrete(port.shape), port.dtype)
        return values

    def sample_rate_fault(self, sample_rate: float) -> str | None:
        """One sentence if the model was made for another sample rate, else None."""
        made_for = self.about.sample_rate
        if made_for is None or abs(made_for - sample_rate) < 1.0:
            return None
        return (
            f"{self.path.name} was made for {made_for:g} Hz but runs at {sample_rate:g} Hz: "
            f"it will sound different; run the engine at {made_for:g} Hz"
        )

    def stream_block(self) -> int:
        """Frames per run that an audio stream must keep to; 0 if any number will do."""
        sizes = self.about.block_sizes
        port = self.port(self.names("inputs", "audio")[0])
        fixed = port.shape[time_axis(port)]
        if fixed > 0:
            return int(fixed)
        if isinstance(sizes, str) or set(POWERS) <= set(sizes):
            return 0
        return min(sizes)
