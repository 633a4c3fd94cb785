"""Exercises, what a take of one is worth, and where it went wrong; [player process]."""

from realtime.players.lesson.exercise import HANDS, SKILL_NAMES, Exercise, Task, cached_exercise, key_of, make_exercise
from realtime.players.lesson.judge import Fault, Judge, Marks

__all__ = [
    "HANDS", "SKILL_NAMES", "Exercise", "Fault", "Judge", "Marks", "Task", "cached_exercise", "key_of", "make_exercise",
]  # fmt: skip
