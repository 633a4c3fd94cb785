"""MPE zones: which channels belong together, and how a master channel's bend, pressure and timbre combine; [audio].

Source: MIDI Polyphonic Expression, version 1.0 (MIDI Association, M1-100-UM, 2018). A zone has a master channel (1
for the lower, 16 for the upper zone) and members next to it. A zone of all sixteen channels reports its master on
channel -1, which an instrument adds to each note's own; in a smaller zone that would reach strangers, so there the
sum is made here, member by member: bends add, the stronger pressure counts, timbres add around their middle.

`k` is a KEEPER record throughout.
"""

from __future__ import annotations

from realtime.native.jit import audio

MEMBER_RANGE, MASTER_RANGE = 48.0, 2.0
"""Pitch bend ranges in semitones that an MPE Configuration Message sets."""


@audio
def master_of(k, channel):
    """The master channel of the zone a channel belongs to (a master belongs to its own), -1 if none."""
    if k.lower > 0 and channel <= k.lower:
        return 0
    if k.upper > 0 and channel >= 15 - k.upper:
        return 15
    return -1


@audio
def spans_all(k, master):
    """Does the zone of this master hold all sixteen channels?"""
    return (master == 0 and k.lower == 15) or (master == 15 and k.upper == 15)


@audio
def set_zone(k, master, members):
    """Make, resize or remove a zone; the newer zone takes channels from the older one. members: 0..15"""
    members = min(15, max(0, members))
    if master == 0:
        k.lower = members
        if members > 0 and members + k.upper > 14:
            k.upper = max(0, 14 - members)
    else:
        k.upper = members
        if members > 0 and members + k.lower > 14:
            k.lower = max(0, 14 - members)
    for channel in range(16):
        own = master_of(k, channel)
        k.bend_range[channel] = MEMBER_RANGE if own >= 0 and own != channel else MASTER_RANGE


@audio
def set_bend_range(k, channel, semitones):
    """RPN 0; sent to one member it holds for all members of the zone."""
    master = master_of(k, channel)
    if master < 0 or master == channel:
        k.bend_range[channel] = semitones
        return
    for c in range(16):
        if c != master and master_of(k, c) == master:
            k.bend_range[c] = semitones


@audio
def _own_bend(k, channel):
    raw = k.bend[channel]
    return k.bend_range[channel] * (raw / 8192.0 if raw < 0 else raw / 8191.0)


@audio
def _partner(k, channel):
    """The other channel whose expression this channel shares: the master of a small zone; -1 if none."""
    master = master_of(k, channel)
    return -1 if master == channel or master < 0 or spans_all(k, master) else master


@audio
def bend_semitones(k, row):
    """What a row's BEND event says, in semitones."""
    if row == 16:
        return _own_bend(k, 0 if k.lower == 15 else 15) if k.lower == 15 or k.upper == 15 else 0.0
    if spans_all(k, row):
        return 0.0
    partner = _partner(k, row)
    return _own_bend(k, row) + (_own_bend(k, partner) if partner >= 0 else 0.0)


@audio
def pressure_of(k, row):
    """What a row's CHANNEL_PRESSURE event says, 0..127."""
    if row == 16:
        return k.pressure[0 if k.lower == 15 else 15] + 0 if k.lower == 15 or k.upper == 15 else 0
    if spans_all(k, row):
        return 0
    partner = _partner(k, row)
    return max(k.pressure[row] + 0, k.pressure[partner] + 0) if partner >= 0 else k.pressure[row] + 0


@audio
def timbre_of(k, row):
    """What a row's TIMBRE event says, 0..127, middle 64."""
    if row == 16:
        return k.timbre[0 if k.lower == 15 else 15] + 0 if k.lower == 15 or k.upper == 15 else 64
    if spans_all(k, row):
        return 64
    partner = _partner(k, row)
    if partner < 0:
        return k.timbre[row] + 0
    return min(127, max(0, k.timbre[row] + k.timbre[partner] - 64))
