"""Strum: the notes of a chord one after the other, as a pick crosses the strings; a midi device, stands before an
instrument; [audio]."""

import numpy as np

from realtime.contract.block import event, pass_on, transport, value
from realtime.contract.device import Param, device, ids
from realtime.contract.events import NOTE_ON
from realtime.devices.delayed_notes import (
    DELAYED,
    WAITING,
    delay_note,
    hear_ends,
    passes_late,
    place_delayed,
    play_delayed,
)
from realtime.devices.delayed_notes import ROOM as DELAYED_ROOM
from realtime.devices.held_keys import NEVER, note_beats, note_values
from realtime.devices.notes import inner
from realtime.dsp.tempo import SYNC_LABELS, span

WAYS = ("down", "up", "in turn", "by the beat")
DOWN, UP, IN_TURN, BY_BEAT = range(4)
PARAMS = (
    Param("way", "Way", "", 0, 3, DOWN, curve="enum", labels=WAYS,
          doc="Down: the low string first. By the beat: up between the beats."),
    Param("spread_ms", "Spread", "ms", 0.0, 400.0, 40.0, doc="From the first string to the last."),
    Param("sync", "Sync", "", 0, len(SYNC_LABELS) - 1, 0, curve="enum", labels=SYNC_LABELS,
          doc="A note value in place of the spread."),
    Param("gather_ms", "Gather", "ms", 0.0, 60.0, 12.0, doc="So long it waits for the other fingers; 0: for none."),
    Param("fade", "Fade", "", -0.8, 0.8, 0.15, doc="How much softer the last string is; below 0 the first."),
)  # fmt: skip
P = ids(PARAMS)
STATE = np.dtype([("open", "i8"), ("until", "f8"), ("turn", "i8"), *DELAYED], align=True)
"""open: notes that are gathered; until: the sample at which the pick sets out; turn: strokes so far."""
_BEAT_SHARE = 0.125
"""So near a beat a stroke is on it."""


@inner
def _upward(block, state, way):
    if way == BY_BEAT:
        clock = transport(block)
        place = clock.beat + (state.until - clock.sample) * clock.beats_per_sample
        return _BEAT_SHARE < place - np.floor(place) < 1.0 - _BEAT_SHARE
    return way == UP or (way == IN_TURN and state.turn % 2 == 1)


@inner
def _stroke(block, state):
    """The pick sets out: every note that was gathered gets its time."""
    count = state.open
    state.open = 0
    beats = note_beats(block, np.int64(value(block, P.sync)))
    spread = np.float64(value(block, P.spread_ms)) * 0.001 * block.sample_rate
    if beats > 0.0:
        spread = span(block, beats)
    up = _upward(block, state, np.int64(value(block, P.way)))
    state.turn += 1
    fade = np.float64(value(block, P.fade))
    for place in range(count):  # the strings in the order of the pick
        row = _next_string(state, up)
        if row < 0:
            return
        share = place / max(1.0, count - 1.0)
        on = np.floor(state.until + spread * share + 0.5)
        state.d_velocity[row] *= np.float32(1.0 - fade * share if fade >= 0.0 else 1.0 + fade * (1.0 - share))
        place_delayed(block, state, row, on, on - state.d_delay[row])


@inner
def _next_string(state, up):
    """The lowest gathered note, or the highest; -1: none is left."""
    found = -1
    for row in range(DELAYED_ROOM):
        if state.d_stage[row] == WAITING and state.d_on[row] == NEVER:
            if found < 0 or ((state.d_key[row] > state.d_key[found]) == up and state.d_key[row] != state.d_key[found]):
                found = row
    return found


@inner
def _gather(block, state, e):
    """A finger more; d_delay keeps the sample at which it came."""
    now = np.float64(transport(block).sample + e.offset)
    if state.open > 0 and now > state.until:
        _stroke(block, state)
    if state.open == 0:
        state.until = now + np.floor(np.float64(value(block, P.gather_ms)) * 0.001 * block.sample_rate)
    if delay_note(state, e.channel, e.key, e.value, e.note_id, e.note_id, NEVER, now) >= 0:
        state.open += 1


@device(name="strum", title="Strum", kind="midi", params=PARAMS, state=STATE, tables=note_values)
def process(block, state):
    """It is as late as it gathers; lengths are kept."""
    for index in range(block.n_events):
        e = event(block, index)
        if e.kind == NOTE_ON and e.key >= 0:
            _gather(block, state, e)
        else:
            hear_ends(block, state, e)
            if passes_late(e):
                pass_on(block, index)
    if state.open > 0 and state.until < transport(block).sample + block.frames:
        _stroke(block, state)
    play_delayed(block, state)
