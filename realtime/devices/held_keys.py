"""What midi devices share that begin notes of their own: the keys that are held, the notes begun for them, steps of a note
value on the song; [audio].

A device's STATE takes the fields of HELD and OWN behind its own (numba takes a record that begins like another for that
one). Every note that is begun stands in OWN until its end has left: an end that finds no room in a quantum is tried again in
the next.
"""

import numpy as np

from realtime.contract.block import emit, fresh_note_id, transport
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE, RESET
from realtime.devices.notes import inner
from realtime.dsp.tempo import SYNC_BEATS
from realtime.native.memory import i32_view

HELD_ROOM, OWN_ROOM = 64, 128
PARTS, NOTE_VALUES = 48, len(SYNC_BEATS)
STEPS_AT_MOST = 4
"""In a quantum: at 999 quarters a minute a 1/64 lasts 180 frames."""
NEVER = 1.0e300
RELEASE_VELOCITY = np.float32(0.5)
HELD = (
    ("n_held", "i8"),
    ("n_down", "i8"),  # of them still under a finger: the others are latched
    ("held_key", "i2", (HELD_ROOM,)),
    ("held_channel", "i2", (HELD_ROOM,)),
    ("held_down", "i2", (HELD_ROOM,)),
    ("held_velocity", "f4", (HELD_ROOM,)),
    ("held_id", "i4", (HELD_ROOM,)),
    ("struck", "f8", (HELD_ROOM,)),  # sample of its last stroke
)
"""Held keys in the order in which they were pressed."""
OWN = (
    ("own_id", "i4", (OWN_ROOM,)),  # 0: a free row
    ("own_parent", "i4", (OWN_ROOM,)),  # id of the note for which it was begun
    ("own_key", "i2", (OWN_ROOM,)),
    ("own_channel", "i2", (OWN_ROOM,)),
    ("own_end", "f8", (OWN_ROOM,)),  # samples of the engine's clock; NEVER: as long as its parent
)
"""Notes that the device began and has not ended."""


@inner
def of_one_key(e):
    """Whether an event belongs to one note: its beginning, its end, its pressure."""
    return e.key >= 0 and (e.kind == NOTE_ON or e.kind == NOTE_OFF or e.kind == NOTE_CHOKE or e.kind == PRESSURE)


@inner
def ends_all(e):
    """Whether an event ends every note (of its channel, or of all)."""
    return e.kind == RESET or (e.key < 0 and (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE))


@inner
def ends(e):
    """Whether an event ends one note."""
    return e.key >= 0 and (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE)


# -- the keys that are held --------------------------------------------------------------------------------------------


@inner
def press(state, e):
    """A key goes down; those beyond HELD_ROOM are not kept."""
    if state.n_held >= HELD_ROOM:
        return
    at = state.n_held
    state.held_key[at] = e.key
    state.held_channel[at] = e.channel
    state.held_velocity[at] = e.value
    state.held_id[at] = e.note_id
    state.struck[at] = -NEVER
    state.held_down[at] = 1
    state.n_held += 1
    state.n_down += 1


@inner
def find_key(state, note_id):
    """Row of a held key by its note's id, -1 if it is none."""
    for at in range(state.n_held):
        if state.held_id[at] == note_id and state.held_down[at] != 0:
            return at
    return -1


@inner
def _forget_row(state, at):
    if state.held_down[at] != 0:
        state.n_down -= 1
    for row in range(at, state.n_held - 1):
        state.held_key[row] = state.held_key[row + 1]
        state.held_channel[row] = state.held_channel[row + 1]
        state.held_velocity[row] = state.held_velocity[row + 1]
        state.held_id[row] = state.held_id[row + 1]
        state.held_down[row] = state.held_down[row + 1]
        state.struck[row] = state.struck[row + 1]
    state.n_held -= 1


@inner
def lift(state, note_id, latched):
    """A key goes up, or stays as if it were held; whether it was known."""
    at = find_key(state, note_id)
    if at < 0:
        return False
    if latched:
        state.held_down[at] = 0
        state.n_down -= 1
    else:
        _forget_row(state, at)
    return True


@inner
def drop_latched(state):
    """Forget the keys under which there is no finger."""
    at = np.int64(0)
    while at < state.n_held:
        if state.held_down[at] == 0:
            _forget_row(state, at)
        else:
            at += 1


@inner
def lift_all(state, channel):
    """Forget the keys of a channel, -1: all."""
    at = np.int64(0)
    while at < state.n_held:
        if channel < 0 or state.held_channel[at] == channel:
            _forget_row(state, at)
        else:
            at += 1


# -- the notes that are begun ------------------------------------------------------------------------------------------


@inner
def end_own(block, state, row, offset, kind):
    """End one of them; it stays where there is no room for the end."""
    if emit(block, offset, kind, state.own_channel[row], state.own_key[row], state.own_id[row], 0, RELEASE_VELOCITY):
        state.own_id[row] = 0
    else:
        state.own_end[row] = 0.0


@inner
def begin_own(block, state, offset, channel, key, velocity, parent, end):
    """Begin a note that ends at sample `end` of the engine's clock, or with its parent (NEVER). The same key that sounds
    already is ended first; where there is no room nothing begins."""
    free = -1
    for row in range(OWN_ROOM):
        if state.own_id[row] == 0:
            free = row if free < 0 else free
        elif state.own_key[row] == key and state.own_channel[row] == channel:
            end_own(block, state, row, offset, NOTE_OFF)
    if free < 0 or key < 0 or key > 127:
        return
    note_id = fresh_note_id(block)
    loudness = np.float32(min(1.0, max(1.0 / 127.0, velocity)))
    if emit(block, offset, NOTE_ON, channel, key, note_id, 0, loudness):
        state.own_id[free] = note_id
        state.own_parent[free] = parent
        state.own_key[free] = key
        state.own_channel[free] = channel
        state.own_end[free] = end


@inner
def end_due(block, state):
    """End the notes whose time falls into this quantum."""
    now = transport(block).sample
    for row in range(OWN_ROOM):
        if state.own_id[row] != 0 and state.own_end[row] < now + block.frames - 0.5:
            offset = np.int64(max(0.0, state.own_end[row] - now) + 0.5)
            end_own(block, state, row, min(offset, block.frames - 1), NOTE_OFF)


@inner
def end_children(block, state, parent, offset, kind):
    """End the notes that were begun for one note."""
    for row in range(OWN_ROOM):
        if state.own_id[row] != 0 and state.own_parent[row] == parent:
            end_own(block, state, row, offset, kind)


@inner
def end_everything(block, state, channel, offset, kind):
    """End the notes of a channel, -1: all."""
    for row in range(OWN_ROOM):
        if state.own_id[row] != 0 and (channel < 0 or state.own_channel[row] == channel):
            end_own(block, state, row, offset, kind)


# -- note values, and their steps ---------------------------------------------------------------------------------------------


def note_values(spec) -> np.ndarray:
    """Table of the note values of dsp.tempo in parts of a beat, for a device's `tables`; free: 0."""
    return np.array([round(PARTS * beats) for beats in SYNC_BEATS], np.int32)


@inner
def note_beats(block, label):
    """Quarter notes of a label of SYNC_LABELS, to the last bit; the device has `note_values`."""
    return i32_view(block.tables, NOTE_VALUES)[label] / np.float64(PARTS)


@inner
def clock_beat(block, state):
    """The beat at the quantum's start: the song's, or while that stands still one that counts by itself from the first key
    (`free_beat`)."""
    clock = transport(block)
    return clock.beat if clock.playing != 0 else state.free_beat


@inner
def start_clock(block, state, offset):
    """A first key went down: the free clock begins there."""
    state.free_beat = -offset * transport(block).beats_per_sample


@inner
def move_clock(block, state):
    """The quantum is over."""
    state.free_beat += block.frames * transport(block).beats_per_sample


@inner
def first_step(block, beat, step, frame):
    """Number of a step that cannot lie behind `frame`; the first behind it is one of the STEPS_AT_MOST from there."""
    return np.int64(np.floor((beat + frame * transport(block).beats_per_sample) / step)) - 1


@inner
def step_offset(block, beat, step, number, swing):
    """Frame of a step of `step` beats in this quantum, -1 if it falls into another. swing: length of the even steps
    against the odd ones."""
    pair = number // 2
    at = 2.0 * step * pair
    if number != 2 * pair:
        at += 2.0 * step * swing / (1.0 + swing)
    offset = np.floor((at - beat) / transport(block).beats_per_sample + 0.5)
    return np.int64(offset) if 0.0 <= offset < block.frames else np.int64(-1)


@inner
def throw(state):
    """A number in 0..1; the same in the same order (a linear congruential generator: Knuth, MMIX)."""
    state.dice = state.dice * np.int64(6364136223846793005) + np.int64(1442695040888963407)
    return np.float64((state.dice >> 33) & np.int64(0x7FFFFFFF)) / 2147483648.0
