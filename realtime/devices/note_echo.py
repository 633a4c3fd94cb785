"""Note echo: every note again, softer, on the beat, up or down a step; a midi device before an instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_OFF, NOTE_ON
from realtime.devices.delayed_notes import DELAYED, delay_note, hear_ends, play_delayed
from realtime.devices.held_keys import note_beats, note_values
from realtime.devices.notes import inner
from realtime.dsp.tempo import SYNC_LABELS, span

PARAMS = (
    Param("time_ms", "Time", "ms", 20.0, 4000.0, 375.0, curve="log"),
    Param("sync", "Sync", "", 0, len(SYNC_LABELS) - 1, SYNC_LABELS.index("1/8D"), curve="enum", labels=SYNC_LABELS,
          doc="Note value of an echo (T triplet, D dotted); free uses the time."),
    Param("repeats", "Repeats", "", 0, 16, 4, stepped=True),
    Param("feedback", "Feedback", "", 0.0, 1.0, 0.65, doc="Velocity of an echo against the one before."),
    Param("transpose", "Transpose", "st", -24, 24, 0, stepped=True, doc="From echo to echo; what leaves the keyboard is silent."),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype([*DELAYED], align=True)
_FAINTEST = 0.02


@inner
def _time(block):
    """Samples from echo to echo."""
    beats = note_beats(block, np.int64(value(block, P.sync)))
    if beats > 0.0:
        return span(block, beats)
    return np.float64(value(block, P.time_ms)) * 0.001 * block.sample_rate


@inner
def _echo(block, state, e):
    time, step = _time(block), np.int64(np.round(value(block, P.transpose)))
    now, velocity, key = transport(block).sample + e.offset, np.float64(e.value), np.int64(e.key)
    for count in range(1, np.int64(value(block, P.repeats) + np.float32(0.5)) + 1):
        velocity *= np.float64(value(block, P.feedback))
        key += step
        if velocity < _FAINTEST or key < 0 or key > 127:
            return
        delay = np.floor(count * time + 0.5)
        delay_note(state, e.channel, key, velocity, 0, e.note_id, now + delay, delay)


@device(name="note_echo", title="Note echo", kind="midi", params=PARAMS, state=STATE, tables=note_values)
def process(block, state):
    """Echoes are as long as their note was held; those of a note that is choked are silent."""
    for index in range(block.n_events):
        e = event(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            _echo(block, state, e)
        else:
            hear_ends(block, state, e)
        if e.key >= 0 or e.kind != NOTE_OFF:
            pass_on(block, index)
    play_delayed(block, state)
