"""`chorale`: four-part harmony after Bach; [player process]."""

from realtime.models.chorale.model import Chorale

__all__ = ["MODEL", "Chorale"]
MODEL = Chorale
