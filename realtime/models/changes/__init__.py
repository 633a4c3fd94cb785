"""`changes`: which chord and key this is, and which chords a melody could have; [player process]."""

from realtime.models.changes.code import FRAME_BEATS
from realtime.models.changes.crf import STYLES, beat_units, unit_features
from realtime.models.changes.follower import Follower as LiveChords
from realtime.models.changes.follower import Frame
from realtime.models.changes.hmm import ChordFilter
from realtime.models.changes.model import Changes, ChordSpan, frames_of
from realtime.models.changes.recurrent import NetFollower

__all__ = [
    "FRAME_BEATS",
    "MODEL",
    "STYLES",
    "Changes",
    "ChordFilter",
    "ChordSpan",
    "Frame",
    "LiveChords",
    "NetFollower",
    "beat_units",
    "frames_of",
    "unit_features",
]
MODEL = Changes
