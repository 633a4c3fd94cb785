"""`mood`: valence and arousal of a passage, and how to change them; [player process]."""

from realtime.models.mood.changes import CHANGES, applied, changed_mode, changed_tempo
from realtime.models.mood.model import MoodModel

__all__ = ["CHANGES", "MODEL", "MoodModel", "applied", "changed_mode", "changed_tempo"]
MODEL = MoodModel
