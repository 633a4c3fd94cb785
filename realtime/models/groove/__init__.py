"""`groove`: two bars of drums with dynamics and microtiming; [player process]."""

from realtime.models.groove.code import CLASS_OF, KIT, PITCHES, STEPS, STEPS_PER_BEAT, grid, taps_of
from realtime.models.groove.code import Groove as Pair
from realtime.models.groove.code import swing as swing_of
from realtime.models.groove.model import Groove

__all__ = [
    "CLASS_OF",
    "KIT",
    "MODEL",
    "PITCHES",
    "STEPS",
    "STEPS_PER_BEAT",
    "Groove",
    "Pair",
    "grid",
    "swing_of",
    "taps_of",
]
MODEL = Groove
