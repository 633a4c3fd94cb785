"""`disguise`: two bars of any style in another; [player process]."""

from realtime.models.disguise.model import Disguise

__all__ = ["MODEL", "Disguise"]
MODEL = Disguise
