"""`groove`: two bars of drums with dynamics and microtiming; [player process]."""

from realtime.models.groove.model import Groove

__all__ = ["MODEL", "Groove"]
MODEL = Groove
