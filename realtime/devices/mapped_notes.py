"""What midi devices share that change notes on their way: under which key and channel each note that is held went on; [audio].

A device's STATE takes the fields of MAP behind its own (see held_keys.py).
A note keeps its id, so that its end finds it; a note that finds no row is not begun.
"""

from realtime.contract.block import emit, event, pass_on
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, RESET
from realtime.devices.notes import inner

ROOM = 256
NOWHERE = -1
MAP = (
    ("map_id", "i4", (ROOM,)),  # 0: a free row
    ("map_key", "i2", (ROOM,)),
    ("map_channel", "i2", (ROOM,)),
    ("map_from", "i2", (ROOM,)),  # the channel on which it came
)


@inner
def send_as(block, state, index, channel, key, velocity):
    """Let a note-on go on as another key and channel."""
    e = event(block, index)
    for row in range(ROOM):
        if state.map_id[row] == 0:
            if emit(block, e.offset, e.kind, channel, key, e.note_id, e.number, velocity):
                state.map_id[row] = e.note_id
                state.map_key[row] = key
                state.map_channel[row] = channel
                state.map_from[row] = e.channel
            return


@inner
def row_of(state, note_id):
    """The row of a note, NOWHERE if it was not sent on."""
    for row in range(ROOM):
        if state.map_id[row] == note_id and note_id > 0:
            return row
    return NOWHERE


@inner
def follow(block, state, index):
    """What belongs to a note (its end, its pressure) goes where the note went; to nowhere where that did not sound."""
    e = event(block, index)
    row = row_of(state, e.note_id)
    if row == NOWHERE:
        return
    sent = emit(block, e.offset, e.kind, state.map_channel[row], state.map_key[row], e.note_id, e.number, e.value)
    if sent and (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE):
        state.map_id[row] = 0


@inner
def pass_other(block, state, index):
    """What belongs to no note goes through; "end every note" ends those of devices that begin their own, others end by ids."""
    e = event(block, index)
    if e.kind == RESET or e.kind == NOTE_CHOKE:
        for row in range(ROOM):
            if state.map_id[row] != 0 and (e.channel < 0 or state.map_from[row] == e.channel):
                emit(
                    block,
                    e.offset,
                    NOTE_CHOKE,
                    state.map_channel[row],
                    state.map_key[row],
                    state.map_id[row],
                    0,
                    e.value,
                )
                state.map_id[row] = 0
    if e.kind != NOTE_OFF:
        pass_on(block, index)
