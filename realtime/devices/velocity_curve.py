"""Velocity curve: how hard a key must be struck for how loud a note; a midi device, stands before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import emit, event, pass_on, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_ON

PARAMS = (
    Param("curve", "Curve", "", -1.0, 1.0, 0.0, doc="Below 0 a light touch is loud, above 0 only a heavy one."),
    Param("softest", "Softest", "", 0.0, 1.0, 0.0, doc="Velocity of the lightest touch."),
    Param(
        "loudest", "Loudest", "", 0.0, 1.0, 1.0, doc="Velocity of the hardest; below Softest the touch is turned round."
    ),
    Param("compress", "Compress", "", 0.0, 1.0, 0.0, doc="Draws all towards the middle of the two."),
    Param("gate_below", "Gate", "", 0.0, 0.9, 0.0, doc="Lighter touches play nothing."),
)
P = ids(PARAMS)
STATE = np.dtype([("silent", "i4", (256,))], align=True)
"""Ids of the notes that were too light, so that their ends are dropped too."""


@device(name="velocity_curve", title="Velocity curve", kind="midi", params=PARAMS, state=STATE)
def process(block, state):
    """A power law of the touch (exponent 4 to the curve), spread over softest..loudest."""
    exponent = np.exp(np.log(4.0) * np.float64(value(block, P.curve)))
    low, high = np.float64(value(block, P.softest)), np.float64(value(block, P.loudest))
    squeeze, gate = np.float64(value(block, P.compress)), value(block, P.gate_below)
    for index in range(block.n_events):
        e = event(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            if e.value < gate:
                state.silent[e.note_id & 255] = e.note_id
                continue
            shaped = low + (high - low) * np.power(max(0.0, np.float64(e.value)), exponent)
            shaped += squeeze * (0.5 * (low + high) - shaped)
            loudness = np.float32(min(1.0, max(1.0 / 127.0, shaped)))
            emit(block, e.offset, e.kind, e.channel, e.key, e.note_id, e.number, loudness)
        elif e.note_id <= 0 or state.silent[e.note_id & 255] != e.note_id:
            pass_on(block, index)
