"""`roll`: bars of several tracks under chords; [player process]."""

from realtime.models.roll.model import Roll

__all__ = ["MODEL", "Roll"]
MODEL = Roll
