"""`grade`: how hard a passage is at the keyboard; [player process]."""

from realtime.models.grade.model import Grade
from realtime.models.grade.practice import SKILLS, Recipe, chords_of

__all__ = ["MODEL", "SKILLS", "Grade", "Recipe", "chords_of"]
MODEL = Grade
