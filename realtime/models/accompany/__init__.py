"""`accompany`: writes bass and piano under a melody and its chords; [player process]."""

from realtime.models.accompany.code import BASS, PIANO, STYLES, TICKS, Chart, Event, Frame, MelodyNote, Wishes
from realtime.models.accompany.model import Accompany
from realtime.models.accompany.sheet import Sheet
from realtime.models.accompany.writer import Mark, Writer

__all__ = [
    "BASS", "MODEL", "PIANO", "STYLES", "TICKS", "Accompany", "Chart", "Event", "Frame", "Mark", "MelodyNote", "Sheet",
    "Wishes", "Writer",
]  # fmt: skip
MODEL = Accompany
