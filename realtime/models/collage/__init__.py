"""`collage`: half-bar parts put together anew by search; [player process]."""

from realtime.models.collage.energy import Cell, Goal
from realtime.models.collage.model import CHANNELS, LOUDNESS, Collage, last_of
from realtime.models.collage.parts import HalfBar, Struck, half_bar

__all__ = ["CHANNELS", "LOUDNESS", "MODEL", "Cell", "Collage", "Goal", "HalfBar", "Struck", "half_bar", "last_of"]
MODEL = Collage
