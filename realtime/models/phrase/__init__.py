"""`phrase`: continues, answers and fills in a melody; [player process]."""

from realtime.models.phrase.composer import Composer, Line, Taste, Written
from realtime.models.phrase.model import WITH_DYNAMICS, Phrase

__all__ = ["MODEL", "WITH_DYNAMICS", "Composer", "Line", "Phrase", "Taste", "Written"]
MODEL = Phrase
