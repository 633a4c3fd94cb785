"""`roll`: bars of several tracks under chords; [player process]."""

from realtime.models.roll.code import BEAT_STEPS, LOWEST, STEPS, TRACKS, chord_code
from realtime.models.roll.model import LATENTS, Roll, RollStream

__all__ = ["BEAT_STEPS", "LATENTS", "LOWEST", "MODEL", "STEPS", "TRACKS", "Roll", "RollStream", "chord_code"]
MODEL = Roll
