"""An instrument that writes down the notes it is given, and what an instrument could not make sense of among them."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import event
from realtime.contract.device import device
from realtime.contract.events import NOTE_CHOKE, NOTE_OFF, NOTE_ON

ROOM = 8192
SEEN = np.dtype(
    [("count", "i8"), ("disorder", "i8"), *((field, "i4", (ROOM,)) for field in ("kind", "channel", "key", "note_id"))],
    align=True,
)


@device(name="witness", title="Witness", kind="instrument", params=(), state=SEEN)
def witness(block, state):
    """Silent; counts offsets out of order or outside the quantum as disorder."""
    before = np.int64(0)
    for k in range(block.n_events):
        e = event(block, k)
        if e.offset < before or e.offset >= block.frames:
            state.disorder += 1
        before = np.int64(e.offset)
        if state.count < ROOM:
            state.kind[state.count] = e.kind
            state.channel[state.count] = e.channel
            state.key[state.count] = e.key
            state.note_id[state.count] = e.note_id
            state.count += 1


def faults(seen: np.ndarray) -> list[str]:
    """What is wrong with the notes of a witness's state, after every key was lifted; empty if all is well.

    A note-on needs an id above 0 that no sounding note has, an end names the id and key of a note that sounds, and no note
    is left over.
    """
    found = [f"{seen['disorder']} events outside their quantum or out of order"] if seen["disorder"] else []
    sounding: dict[int, tuple[int, int]] = {}
    for at in range(int(seen["count"])):
        kind, channel, key, note = (int(seen[field][at]) for field in ("kind", "channel", "key", "note_id"))
        if kind == NOTE_ON:
            if note <= 0:
                found.append(f"the note {key} begins without an id")
            elif note in sounding:
                found.append(f"the note {key} begins with the id {note} of {sounding[note][1]}, which sounds")
            sounding[note] = (channel, key)
        elif kind in (NOTE_OFF, NOTE_CHOKE) and key < 0:
            sounding.clear()
        elif kind in (NOTE_OFF, NOTE_CHOKE):
            begun = sounding.pop(note, None)
            if begun is not None and begun[1] != key:
                found.append(f"the note {begun[1]} ends as {key}")
            elif begun is None:
                found.append(f"the end of {key} names the id {note}, which no sounding note has")
    return found + [f"the note {key} never ends" for _, key in sounding.values()]
