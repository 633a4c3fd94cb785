"""`grade`: how hard a passage is at the keyboard; [player process]."""

from realtime.models.grade.model import EASIEST, HARDEST, Grade
from realtime.models.grade.practice import SKILLS, Recipe, chords_of

__all__ = ["EASIEST", "HARDEST", "MODEL", "SKILLS", "Grade", "Recipe", "chords_of"]
MODEL = Grade
