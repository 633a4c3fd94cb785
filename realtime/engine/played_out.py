"""What the midi devices of a track play goes out at MIDI, too, if the track says so; all that went out ends there; [audio]."""

from __future__ import annotations

import numpy as np

from realtime.contract.block import BLOCK
from realtime.contract.events import BEND, CC, EVENT, EVENT_BYTES, NOTE_CHOKE, NOTE_OFF, NOTE_ON
from realtime.engine.events import put_midi_out
from realtime.engine.layout import MIDI_OUT_FOR_NOTES, PLACE, node_at, place_at
from realtime.native.jit import audio
from realtime.native.memory import record_view

SENT = np.dtype([("count", "i8"), ("keys", "u1", (2048,))], align=True)
"""Notes that sound outside, by channel * 128 + key."""

_sent_at, _block_at, _event_at = record_view(SENT), record_view(BLOCK), record_view(EVENT)
_PLACE_BYTES = PLACE.itemsize
_BEND_SEMITONES = 2.0


@audio
def _end(engine, sent, at, offset):
    before = engine.n_midi_out
    put_midi_out(engine, offset, 0x80 | at >> 7, at & 127, 64, 3)
    if engine.n_midi_out > before:
        sent.keys[at] = 0
        sent.count -= 1


@audio
def _begin(engine, sent, at, offset, velocity):
    loud = max(1, min(127, np.int64(round(127.0 * velocity))))
    before = engine.n_midi_out
    put_midi_out(engine, offset, 0x90 | at >> 7, at & 127, loud, 3)
    if engine.n_midi_out > before:
        sent.count += 1 if sent.keys[at] == 0 else 0
        sent.keys[at] = min(255, sent.keys[at] + 1)


@audio
def _end_all(engine, sent, offset):
    for at in range(2048):
        if sent.count <= 0:
            return
        if sent.keys[at] != 0:
            _end(engine, sent, np.int64(at), offset)


@audio
def send_played(engine, place):
    """Send what a midi device has played in this quantum. Ends go out although the track sends no more."""
    node = node_at(place.node)
    if node.sent == 0 or (place.sends == 0 and _sent_at(node.sent).count == 0):
        return
    sent, block = _sent_at(node.sent), _block_at(place.block)
    for index in range(block.n_events_out):
        e = _event_at(block.events_out + EVENT_BYTES * index)
        offset = engine.quantum_at + max(0, e.offset)
        at = np.int64(e.channel & 15) << 7 | np.int64(e.key & 127)
        if e.key < 0 and (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE):
            _end_all(engine, sent, offset)
        elif e.kind == NOTE_ON and e.key >= 0 and place.sends != 0:
            _begin(engine, sent, at, offset, e.value)
        elif (e.kind == NOTE_OFF or e.kind == NOTE_CHOKE) and sent.keys[at] != 0:
            if sent.keys[at] > 1:
                sent.keys[at] -= 1
            else:
                _end(engine, sent, at, offset)
        elif place.sends == 0 or engine.n_midi_out >= MIDI_OUT_FOR_NOTES:
            continue  # what is left is for the ends of notes
        elif e.kind == CC and e.number < 120:
            number, amount = np.int64(e.number), np.int64(round(127.0 * e.value))
            put_midi_out(engine, offset, 0xB0 | (e.channel & 15), number & 127, max(0, min(127, amount)), 3)
        elif e.kind == BEND and e.channel >= 0:
            bend = max(0, min(16383, np.int64(round(8192.0 + 8192.0 * e.value / _BEND_SEMITONES))))
            put_midi_out(engine, offset, 0xE0 | e.channel, bend & 127, bend >> 7, 3)


@audio
def end_played(engine, plan):
    """The plan is over, or all sound is cut: what its devices have sent out ends."""
    for index in range(plan.n_places):
        place = place_at(plan.places + _PLACE_BYTES * index)
        node = node_at(place.node)
        if node.sent != 0 and node.runs_in == plan.serial and _sent_at(node.sent).count > 0:
            _end_all(engine, _sent_at(node.sent), engine.quantum_at)
