"""The sample rate that a model file was made for, whichever kind it is; [main]."""

from __future__ import annotations

from pathlib import Path

from realtime.neural.nam import load_nam
from realtime.neural.package import load_package


def sample_rate_of(path: str | Path) -> float | None:
    """Hz; None where the file does not say. Raises AntiphonError if it cannot be loaded."""
    if Path(path).suffix.lower() == ".nam":
        return load_nam(path).sample_rate
    package = load_package(path, infer=True)
    package.session.close()
    return package.about.sample_rate
