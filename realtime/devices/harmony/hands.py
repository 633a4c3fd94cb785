"""What the hands hold, and which of it leads: the newest line on top is the melody, the rest is the player's own; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import transport
from realtime.native.jit import audio

MOST = 64
"""Notes held at once that are told apart; more than that sound and are not harmonised."""
LEADS, LED, YOURS = range(1, 4)
TOGETHER_S = 0.04
"""Notes struck within this time are one chord, whose top leads."""
OCTAVE = 12

HELD = np.dtype(
    [
        ("note_id", "i4"),
        ("channel", "i2"),
        ("key", "i2"),
        ("role", "i4"),
        ("velocity", "f4"),
        ("since", "i8"),  # engine clock, samples
    ],
    align=True,
)
HANDS = np.dtype([("count", "i8"), ("lead", "i8"), ("notes", HELD, (MOST,))], align=True)
"""lead: index of the note that leads, -1 if none does."""


@audio
def hands_empty(hands):
    """Nothing is held."""
    hands.count = 0
    hands.lead = -1


@audio
def _takes_the_lead(hands, key, since, window, lowest):
    if key < lowest:
        return False
    if hands.lead < 0:
        return True
    lead = hands.notes[hands.lead]
    if since - lead.since <= window:
        return key > lead.key
    return key > lead.key - OCTAVE


@audio
def hands_press(hands, block, e, lowest):
    """A key goes down; its role: LEADS, YOURS, or 0 if there is no room for it. lowest: keys below never lead."""
    if hands.count >= MOST:
        return 0
    since = transport(block).sample + e.offset
    window = np.int64(TOGETHER_S * block.sample_rate)
    leads = _takes_the_lead(hands, np.int64(e.key), since, window, lowest)
    note = hands.notes[hands.count]
    note.note_id = e.note_id
    note.channel = e.channel
    note.key = e.key
    note.velocity = e.value
    note.since = since
    note.role = LEADS if leads else YOURS
    if leads:
        if hands.lead >= 0:
            former = hands.notes[hands.lead]
            former.role = YOURS if since - former.since <= window else LED
        hands.lead = hands.count
    hands.count += 1
    return LEADS if leads else YOURS


@audio
def hands_lift(hands, note_id):
    """A note ends; True if it was the one that leads."""
    for index in range(hands.count):
        if hands.notes[index].note_id != note_id:
            continue
        led = hands.lead == index
        last = hands.count - 1
        if index != last:
            _copy(hands.notes[index], hands.notes[last])
        hands.count = last
        if led:
            hands.lead = -1
        elif hands.lead == last:
            hands.lead = index
        return led
    return False


@audio
def _copy(target, source):
    target.note_id = source.note_id
    target.channel = source.channel
    target.key = source.key
    target.role = source.role
    target.velocity = source.velocity
    target.since = source.since


@audio
def hands_promote(hands, lowest):
    """The highest of what is still held leads; True if there is one."""
    best = np.int64(-1)
    for index in range(hands.count):
        key = hands.notes[index].key
        if key >= lowest and (best < 0 or key > hands.notes[best].key):
            best = np.int64(index)
    hands.lead = best
    if best >= 0:
        hands.notes[best].role = LEADS
    return best >= 0


@audio
def hands_hold(hands, channel, key):
    """Whether a key of a channel is down."""
    for index in range(hands.count):  # noqa: SIM110 (a generator allocates)
        if hands.notes[index].key == key and hands.notes[index].channel == channel:
            return True
    return False
