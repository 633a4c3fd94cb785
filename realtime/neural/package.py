"""Model packages: one .onnx file whose metadata tells a host all it must know; read, checked and tried out on [main].

The metadata is JSON under the key `antiphon` of metadata_props. Every fault becomes one sentence. A graph without it
still loads as an audio effect if its audio and state tensors can be told apart; `notes` then says what was inferred.
A file that did not come with Antiphon is first loaded and run in a process of its own (trial.py).
"""

from __future__ import annotations

from pathlib import Path

from realtime.native.errors import AntiphonError
from realtime.neural.files import is_shipped
from realtime.neural.package_bare import infer_manifest
from realtime.neural.package_checks import check_package
from realtime.neural.package_content import Package as Package
from realtime.neural.package_file import ModelFile, read_file
from realtime.neural.package_manifest import AUDIO_EFFECT, FORMAT, METADATA_KEY, About, PackageFault, decode_manifest
from realtime.neural.trial import tried


def load_package(path: str | Path, provider: str = "cpu", kind: str | None = None, infer: bool = False) -> Package:
    """Load, check and try out a package.

    provider: "cpu" or "cuda" (falls back, see session.notes). kind: refuse any other kind. infer: accept an audio graph
    without metadata. Raises AntiphonError, one sentence.
    """
    file = read_file(path)
    verdict = None if is_shipped(file.path) else tried(file, infer)
    package = open_package(file, provider, kind, infer)
    if verdict is not None:
        package.run_us, package.warnings = verdict.run_us, list(verdict.warnings)
    return package


def open_package(file: ModelFile, provider: str = "cpu", kind: str | None = None, infer: bool = False) -> Package:
    """As load_package, in this process from the start: a graph that never ends keeps it for ever. Raises AntiphonError."""
    session = file.open(provider)
    about = About(format=FORMAT, kind=AUDIO_EFFECT, name=file.path.stem)
    package = Package(file.path, about, session, file.digest)
    try:
        text = session.metadata().get(METADATA_KEY)
        if text is not None:
            package.about, package.extra = decode_manifest(text)
        elif infer:
            package.about, note = infer_manifest(file.path.stem, session)
            package.notes.append(note)
        else:
            raise PackageFault("it carries no 'antiphon' metadata; export it with export/package.py")
        if kind is not None and package.about.kind != kind:
            raise PackageFault(f"it is a package of kind {package.about.kind!r}, not {kind!r}; pick another file")
        check_package(package)
    except PackageFault as fault:
        session.close()
        raise AntiphonError(f"{file.path}: {fault}") from None
    except MemoryError:
        session.close()
        raise AntiphonError(f"{file.path}: its tensors do not fit into the memory; export it smaller") from None
    package.notes += session.notes
    return package
