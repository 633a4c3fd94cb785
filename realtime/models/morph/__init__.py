"""`morph`: two bars of melody, bass and drums in one latent space; [player process]."""

from realtime.models.morph.bars import LOUDNESS, LOWEST_MEAN, Bars, changed, mean_pitch, octaves_below
from realtime.models.morph.code import (
    ATTRIBUTES,
    FIRST_NOTE,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    STEPS,
    STEPS_PER_BEAT,
    line,
    sounding,
    token_of,
    transposed,
)
from realtime.models.morph.edit import line_of, notes_of
from realtime.models.morph.model import Morph
from realtime.models.morph.taste import Taste

__all__ = [
    "ATTRIBUTES",
    "FIRST_NOTE",
    "HIGHEST_PITCH",
    "LOUDNESS",
    "LOWEST_MEAN",
    "LOWEST_PITCH",
    "MODEL",
    "STEPS",
    "STEPS_PER_BEAT",
    "Bars",
    "Morph",
    "Taste",
    "changed",
    "line",
    "line_of",
    "mean_pitch",
    "notes_of",
    "octaves_below",
    "sounding",
    "token_of",
    "transposed",
]
MODEL = Morph
