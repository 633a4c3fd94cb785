"""Descriptors of music: sounds (spectra, cepstra, chroma, onsets, beat, pitch) and notes (rhythm, tonality, melody,
texture); [workshop]. `describe` and its kin give flat tables; the modules give the arrays behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from export.features.table import describe, describe_audio, describe_notes

__all__ = ["describe", "describe_audio", "describe_notes"]


def __getattr__(name: str):
    """The three functions on first use: scipy and soundfile are read only then."""
    if name not in __all__:
        raise AttributeError(name)
    from export.features import table

    return getattr(table, name)
