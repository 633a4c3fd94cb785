"""`accompany`: writes bass and piano under a melody and its chords; [player process]."""

from realtime.models.accompany.model import Accompany

__all__ = ["MODEL", "Accompany"]
MODEL = Accompany
