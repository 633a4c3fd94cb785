"""`phrase`: continues, answers and fills in a melody; [player process]."""

from realtime.models.phrase.composer import Composer, Line, Taste, Written
from realtime.models.phrase.model import WITH_DYNAMICS, Phrase, on_grid
from realtime.models.phrase.writer import Model, PhraseWriter

__all__ = [
    "MODEL",
    "WITH_DYNAMICS",
    "Composer",
    "Line",
    "Model",
    "Phrase",
    "PhraseWriter",
    "Taste",
    "Written",
    "on_grid",
]
MODEL = Phrase
