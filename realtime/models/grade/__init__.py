"""`grade`: how hard a passage is at the keyboard; [player process]."""

from realtime.models.grade.model import Grade

__all__ = ["MODEL", "Grade"]
MODEL = Grade
