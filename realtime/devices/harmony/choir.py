"""The three voices under a melody as notes: struck, tied and ended; every one that began ends; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import emit, fresh_note_id
from realtime.contract.events import NOTE_OFF, NOTE_ON
from realtime.devices.harmony.hands import hands_hold
from realtime.native.jit import audio

TIE, BEAT, ALWAYS = range(3)
"""When a voice that stays is struck again: never, with a note of yours on a beat, with every note of yours."""
SILENT = -1
_OWED = 32

VOICES = np.dtype(
    [
        ("key", "i8", (4,)),  # by voice, 1 alto to 3 bass; SILENT
        ("note_id", "i8", (4,)),  # 0: the key is yours or another voice's, nothing sounds here
        ("channel", "i8", (4,)),
        ("level", "f4", (4,)),
        ("wanted", "i8", (4,)),
        ("owed", "i8"),  # ends that found no room
        ("owed_key", "i4", (_OWED,)),
        ("owed_id", "i4", (_OWED,)),
        ("owed_channel", "i4", (_OWED,)),
    ],
    align=True,
)


@audio
def voices_forget(v):
    """No voice sounds (the engine has ended all notes)."""
    v.owed = 0
    for i in range(4):
        v.key[i] = SILENT
        v.note_id[i] = 0


@audio
def voices_pay(v, block):
    """Ends that found no room in the last quantum."""
    left = np.int64(0)
    for i in range(v.owed):
        if not emit(block, 0, NOTE_OFF, v.owed_channel[i], v.owed_key[i], v.owed_id[i], 0, np.float32(0.5)):
            v.owed_key[left] = v.owed_key[i]
            v.owed_id[left] = v.owed_id[i]
            v.owed_channel[left] = v.owed_channel[i]
            left += 1
    v.owed = left


@audio
def voice_end(v, block, offset, voice, kind):
    """One ends. kind: NOTE_OFF or NOTE_CHOKE."""
    note_id = v.note_id[voice]
    if note_id != 0 and not emit(
        block, offset, kind, v.channel[voice], v.key[voice], note_id, 0, np.float32(0.5)
    ) and v.owed < _OWED:  # fmt: skip
        v.owed_key[v.owed] = v.key[voice]
        v.owed_id[v.owed] = note_id
        v.owed_channel[v.owed] = v.channel[voice]
        v.owed += 1
    v.key[voice] = SILENT
    v.note_id[voice] = 0


@audio
def voices_end(v, block, offset, kind):
    """All end. kind: NOTE_OFF or NOTE_CHOKE."""
    for voice in range(1, 4):
        voice_end(v, block, offset, voice, kind)


@audio
def voice_yields(v, block, offset, channel, key):
    """You strike a key that a voice sounds: the voice ends first, so that its end cannot be taken for yours."""
    for voice in range(1, 4):
        if v.note_id[voice] != 0 and v.key[voice] == key and v.channel[voice] == channel:
            voice_end(v, block, offset, voice, NOTE_OFF)
            v.key[voice] = key  # it counts as sounding: you have it


@audio
def voice_near(v, key):
    """The voice that is nearest to a key, 0 if none sounds."""
    return _nearest(v.key, key)


@audio
def wanted_near(v, key):
    """The wanted voice that is nearest to a key, 0 if none is wanted."""
    return _nearest(v.wanted, key)


@audio
def _nearest(keys, key):
    nearest, best = np.int64(0), np.int64(1000)
    for voice in range(1, 4):
        if keys[voice] >= 0 and abs(keys[voice] - key) < best:
            best, nearest = np.int64(abs(keys[voice] - key)), np.int64(voice)
    return nearest


@audio
def _doubles(v, hands, voice, channel, key):
    if hands_hold(hands, channel, key):
        return True
    for other in range(1, 4):
        if other != voice and v.note_id[other] != 0 and v.key[other] == key and v.channel[other] == channel:
            return True
    return False


@audio
def voices_sound(v, hands, block, offset, velocity, channel, spread, again):
    """Go to v.wanted (SILENT ends a voice). again: a voice that stays is struck again. spread: each on a channel of its
    own, 2 to 4, else all on `channel` (0..15). A key that sounds already on its channel is not struck twice."""
    for voice in range(1, 4):
        own = voice if spread else channel
        stays = v.wanted[voice] == v.key[voice] and v.channel[voice] == own
        if v.key[voice] != SILENT and (not stays or again):
            voice_end(v, block, offset, voice, NOTE_OFF)
    for voice in range(1, 4):
        key = v.wanted[voice]
        own = voice if spread else channel
        if key == SILENT or v.key[voice] != SILENT:
            continue
        loud = max(np.float32(1.0 / 127.0), min(np.float32(1.0), velocity * v.level[voice]))
        v.key[voice] = key
        v.channel[voice] = own
        if v.level[voice] <= np.float32(0.0) or _doubles(v, hands, voice, own, key):
            continue
        note_id = fresh_note_id(block)
        if emit(block, offset, NOTE_ON, own, key, note_id, 0, loud):
            v.note_id[voice] = note_id
        else:
            v.key[voice] = SILENT
