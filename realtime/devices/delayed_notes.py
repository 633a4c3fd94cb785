"""What midi devices share that play notes later than they came: the notes that wait and those that sound; [audio].

A device's STATE takes the fields of DELAYED behind its own (see held_keys.py).
A note keeps its length: its end comes as late as its beginning did.
"""

import numpy as np

from realtime.contract.block import emit, fresh_note_id, transport
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.devices.held_keys import NEVER, RELEASE_VELOCITY, ends, ends_all, of_one_key
from realtime.devices.notes import inner

ROOM = 256
FREE, WAITING, SOUNDING = range(3)
SHORTEST_S = 0.005
"""No note is shorter, however soon its key was let go."""
DELAYED = (
    ("d_stage", "i2", (ROOM,)),
    ("d_key", "i2", (ROOM,)),
    ("d_channel", "i2", (ROOM,)),
    ("d_velocity", "f4", (ROOM,)),
    ("d_id", "i4", (ROOM,)),  # under which it sounds; 0: a fresh one as it begins
    ("d_parent", "i4", (ROOM,)),  # id of the key by which it ends
    ("d_on", "f8", (ROOM,)),  # samples of the engine's clock; NEVER: nobody knows yet
    ("d_off", "f8", (ROOM,)),  # NEVER: as long as its key is held
    ("d_delay", "f8", (ROOM,)),  # samples behind its key
)


@inner
def delay_note(state, channel, key, velocity, note_id, parent, on, delay):
    """A note for later; where there is no row it is not played. Its row, or -1."""
    for row in range(ROOM):
        if state.d_stage[row] == FREE:
            state.d_stage[row] = WAITING
            state.d_key[row] = key
            state.d_channel[row] = channel
            state.d_velocity[row] = np.float32(min(1.0, max(1.0 / 127.0, velocity)))
            state.d_id[row] = note_id
            state.d_parent[row] = parent
            state.d_on[row] = on
            state.d_off[row] = NEVER
            state.d_delay[row] = delay
            return row
    return -1


@inner
def end_delayed(block, state, parent, offset):
    """The key of some notes was let go: each ends as much later as it began."""
    now = transport(block).sample + offset
    for row in range(ROOM):
        if state.d_stage[row] != FREE and state.d_parent[row] == parent and state.d_off[row] == NEVER:
            state.d_off[row] = now if state.d_on[row] == NEVER else _end(block, state, row, now)


@inner
def _end(block, state, row, released):
    return max(state.d_on[row] + SHORTEST_S * block.sample_rate, released + state.d_delay[row])


@inner
def place_delayed(block, state, row, on, delay):
    """When a note begins of which nobody knew it."""
    state.d_on[row] = on
    state.d_delay[row] = delay
    if state.d_off[row] != NEVER:
        state.d_off[row] = _end(block, state, row, state.d_off[row])


@inner
def cut_delayed(block, state, parent, channel, offset, kind):
    """What sounds ends now and what waits never begins: of one key (parent), or with parent 0 of a channel (-1: of all)."""
    for row in range(ROOM):
        theirs = state.d_parent[row] == parent if parent > 0 else channel < 0 or state.d_channel[row] == channel
        if state.d_stage[row] == FREE or not theirs:
            continue
        if state.d_stage[row] == WAITING or _send_end(block, state, row, offset, kind):
            state.d_stage[row] = FREE
        else:
            state.d_off[row] = 0.0


@inner
def _send_end(block, state, row, offset, kind):
    return emit(block, offset, kind, state.d_channel[row], state.d_key[row], state.d_id[row], 0, RELEASE_VELOCITY)


@inner
def hear_ends(block, state, e):
    """The end of a key: its notes end as late as they began; choked, or all ended at once: now, or they never begin."""
    if ends(e):
        if e.kind == NOTE_CHOKE:
            cut_delayed(block, state, e.note_id, -1, e.offset, NOTE_CHOKE)
        else:
            end_delayed(block, state, e.note_id, e.offset)
    elif ends_all(e):
        cut_delayed(block, state, 0, e.channel, e.offset, e.kind)


@inner
def passes_late(e):
    """Whether what is no beginning goes on to the instrument where all notes come late: what belongs to none of them, and a
    choke of all."""
    if ends_all(e):
        return e.kind == NOTE_CHOKE
    return not (ends(e) or of_one_key(e))


@inner
def _frame(block, due):
    return min(block.frames - 1, np.int64(max(0.0, due - transport(block).sample) + 0.5))


@inner
def play_delayed(block, state):
    """Begin and end the notes whose time falls into this quantum."""
    until = transport(block).sample + block.frames - 0.5
    for row in range(ROOM):
        if state.d_stage[row] == FREE:
            continue
        if state.d_stage[row] == WAITING and state.d_on[row] < until:
            if state.d_id[row] == 0:
                state.d_id[row] = fresh_note_id(block)
            if emit(
                block, _frame(block, state.d_on[row]), NOTE_ON, state.d_channel[row], state.d_key[row], state.d_id[row], 0,
                state.d_velocity[row],
            ):  # fmt: skip
                state.d_stage[row] = SOUNDING
        if state.d_stage[row] == SOUNDING and state.d_off[row] < until:
            if _send_end(block, state, row, _frame(block, state.d_off[row]), NOTE_OFF):
                state.d_stage[row] = FREE
