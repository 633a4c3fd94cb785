"""`collage`: half-bar parts put together anew by search; [player process]."""

from realtime.models.collage.model import Collage

__all__ = ["MODEL", "Collage"]
MODEL = Collage
