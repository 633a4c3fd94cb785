"""Model packages: one .onnx file whose metadata tells a host all it must know; read, checked and tried out on [main].

The metadata is JSON under the key `antiphon` of metadata_props. Every fault becomes one sentence. A graph without it
still loads as an audio effect if its audio and state tensors can be told apart; `notes` then says what was inferred.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from realtime.native.errors import AntiphonError
from realtime.neural.ort import OrtSession, Port
from realtime.neural.ort_api import OrtError
from realtime.neural.ort_stream import POWERS, time_axis
from realtime.neural.package_bare import infer_manifest
from realtime.neural.package_checks import check_package
from realtime.neural.package_manifest import AUDIO_EFFECT, FORMAT, METADATA_KEY, About, PackageFault, decode_manifest

MAX_FILE_BYTES = 512 << 20


@dataclass
class Package:
    """A model that was loaded, checked and, if it carries a test vector, tried out."""

    path: Path
    about: About
    session: OrtSession
    digest: str
    notes: list[str] = field(default_factory=list)
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
            shape = tuple(max(1, size) for size in port.shape)
            values[state.input] = state.initial.array() if state.initial else np.zeros(shape, port.dtype)
        return values

    def sample_rate_fault(self, sample_rate: float) -> str | None:
        """One sentence if the model was made for another sample rate, else None."""
        made_for = self.about.sample_rate
        if made_for is None or abs(made_for - sample_rate) < 1.0:
            return None
        return (
            f"{self.path.name} was made for {made_for:g} Hz but the engine runs at {sample_rate:g} Hz: "
            f"it will sound different; run the engine at {made_for:g} Hz"
        )

    def stream_block(self) -> int:
        """Frames per run that an audio stream must keep to; 0 if any number will do. Raises AntiphonError."""
        sizes = self.about.block_sizes
        port = self.port(self.names("inputs", "audio")[0])
        fixed = port.shape[time_axis(port)]
        if fixed > 0:
            return int(fixed)
        if isinstance(sizes, str) or set(POWERS) <= set(sizes):
            return 0
        return min(sizes)


def read_model(path: str | Path, provider: str = "cpu") -> tuple[Path, bytes, OrtSession]:
    """The bytes of an .onnx file and a session on them. Raises AntiphonError, one sentence."""
    path = Path(path).expanduser()
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise AntiphonError(
                f"{path}: {size >> 20} MiB is too large (at most {MAX_FILE_BYTES >> 20}); pick another model"
            )
        data = path.read_bytes()
    except OSError as error:
        raise AntiphonError(f"{path}: cannot be read ({error.strerror}); check the file name") from None
    try:
        return path, data, OrtSession(data, provider)
    except OrtError as error:
        message = str(error).splitlines()[0][:300]
        if "protobuf" in message or not data:
            message = "it is cut off or no ONNX file at all; export or download it again"
        else:
            message = f"ONNX Runtime cannot run it ({message}); export it with an older opset or for this version"
        raise AntiphonError(f"{path}: {message}") from None


def load_package(path: str | Path, provider: str = "cpu", kind: str | None = None, infer: bool = False) -> Package:
    """Load, check and try out a package.

    provider: "cpu" or "cuda" (falls back, see session.notes). kind: refuse any other kind. infer: accept an audio graph
    without metadata. Raises AntiphonError, one sentence.
    """
    path, data, session = read_model(path, provider)
    package = Package(
        path, About(format=FORMAT, kind=AUDIO_EFFECT, name=path.stem), session, hashlib.sha256(data).hexdigest()
    )
    try:
        text = session.metadata().get(METADATA_KEY)
        if text is not None:
            package.about = decode_manifest(text)
            package.extra = msgspec.json.decode(text.encode())
        elif infer:
            package.about, note = infer_manifest(path.stem, session)
            package.notes.append(note)
        else:
            raise PackageFault("it carries no 'antiphon' metadata; export it with export/package.py")
        if kind is not None and package.about.kind != kind:
            raise PackageFault(f"it is a package of kind {package.about.kind!r}, not {kind!r}; pick another file")
        check_package(package)
    except PackageFault as fault:
        session.close()
        raise AntiphonError(f"{path}: {fault}") from None
    package.notes += session.notes
    return package
