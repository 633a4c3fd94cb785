"""`mood`: valence and arousal of a passage, and how to change them; [player process]."""

from realtime.models.mood.changes import changed_tempo
from realtime.models.mood.model import MoodModel

__all__ = ["MODEL", "MoodModel", "changed_tempo"]
MODEL = MoodModel
