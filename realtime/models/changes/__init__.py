"""`changes`: which chord and key this is, and which chords a melody could have; [player process]."""

from realtime.models.changes.code import FRAME_BEATS
from realtime.models.changes.hmm import ChordFilter
from realtime.models.changes.model import Changes, ChordSpan

__all__ = ["FRAME_BEATS", "MODEL", "Changes", "ChordFilter", "ChordSpan"]
MODEL = Changes
