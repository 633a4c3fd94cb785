"""The file of a model and the weights beside it: read, bounded, opened in ONNX Runtime; [main]."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from realtime.native.errors import AntiphonError
from realtime.neural.onnx_outside import Outside, digest_of, outside_files
from realtime.neural.ort import OrtSession
from realtime.neural.ort_api import OrtError

MAX_FILE_BYTES = 512 << 20


@dataclass
class ModelFile:
    """The bytes of an .onnx file; digest: of it and of the weights beside it; size: of all, in bytes."""

    path: Path
    data: bytes
    digest: str
    size: int
    has_outside: bool

    def open(self, provider: str = "cpu") -> OrtSession:
        """A session on it. Raises AntiphonError, one sentence."""
        try:
            return OrtSession(self.data, provider, self.path.resolve().parent if self.has_outside else None)
        except OrtError as error:
            raise AntiphonError(f"{self.path}: {_words(str(error), self.data)}") from None


def read_file(path: str | Path) -> ModelFile:
    """An .onnx file. Raises AntiphonError, one sentence."""
    path = Path(path).expanduser()
    try:
        size = path.stat().st_size
        _refuse_large(path, size)
        data = path.read_bytes()
        files = outside_files(data, path.parent)
        size += sum(file.stat().st_size for file in files)
        _refuse_large(path, size)
        return ModelFile(path, data, digest_of(data, files), size, bool(files))
    except Outside as reason:
        raise AntiphonError(f"{path}: {reason}; export it again as one file") from None
    except OSError as error:
        raise AntiphonError(f"{path}: cannot be read ({error.strerror}); check the file name") from None


def _refuse_large(path: Path, size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise AntiphonError(
            f"{path}: {size >> 20} MiB is too large (at most {MAX_FILE_BYTES >> 20}); pick another model"
        )


def _words(message: str, data: bytes) -> str:
    """What ONNX Runtime says of a model that it does not take, in our words where they help more."""
    message = (message.splitlines() or [""])[0][:300]
    if "protobuf" in message.lower() or not data:
        return "it is cut off or no ONNX file at all; export or download it again"
    if "is not a registered function/op" in message:
        return f"it uses operators that ONNX Runtime lacks ({message}); export it with standard operators only"
    return f"ONNX Runtime cannot run it ({message}); export it with an older opset or for this version"
