"""Which extra brings a library that a plain installation lacks; [main]."""

from __future__ import annotations

from realtime.native.errors import AntiphonError

EXTRAS = {
    "train": ("torch", "onnx", "onnxscript", "music21", "scipy", "matplotlib", "librosa"),
    "cluster": ("ray",),
    "network": ("zeroconf",),
    "peers": ("pedalboard",),
}
"""Extras of pyproject.toml and the modules they bring; the first extra that has a module is the one named."""


def missing(error: ModuleNotFoundError) -> AntiphonError | None:
    """The sentence for a library that is not installed; None if no extra brings it."""
    module = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return AntiphonError(
                f"this needs {module}, of the extra '{extra}'; "
                f"install it with: pip install -c constraints.txt -e '.[{extra}]'"
            )
    return None
