"""Every midi device of the registry before a witness: an instrument can tell its notes apart and end each of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from realtime.contract.block import emit, event, fresh_note_id, pass_on
from realtime.contract.device import Device, device
from realtime.contract.events import NOTE_OFF, NOTE_ON
from realtime.devices.registry import devices
from realtime.engine.engine import Engine
from realtime.engine.rack import Rack, Slot, Track
from tests.devices.files_for_devices import options_for
from tests.devices.note_witness import faults, witness

NAMES = sorted(name for name, found in devices().items() if found.kind == "midi")
RATE = 48000
KEYS = (48, 60, 67)
CHANNELS = (0, 3)


def notes_faults(tested: str | Device, block: int = 64) -> list[str]:
    """What is wrong with its notes: keys held on two channels at once, struck again while held, its controls turned from
    end to end meanwhile, in a song that plays; then all are lifted."""
    engine = Engine(RATE)
    options = options_for(tested) if isinstance(tested, str) else {}
    engine.swap(engine.compile(Rack([Track("t", [Slot(tested, options=options), Slot(witness)])])), 0.0)
    node, last = engine.plan.ordered()
    engine.play()
    places = list(product(CHANNELS, KEYS))

    def strike(status: int) -> None:
        for number, (channel, key) in enumerate(places):
            engine.midi_in(1, bytes((status | channel, key, 100)), 0)
            engine.process(frames=37 * (number % 3), block=block) if number % 3 else None

    strike(0x90)
    for row, param in enumerate(node.instance.params):
        for value in (param.minimum, param.maximum, param.default):
            node.target[row] = value
            engine.process(frames=RATE // 50, block=block)
            strike(0x90)
    strike(0x80)
    engine.process(frames=RATE, block=block)
    seen = last.instance.state.view(witness.state)[0]
    assert len(places) <= seen["count"] < len(seen["kind"]), "what was played was not all seen"
    return faults(seen)


@pytest.mark.parametrize("block", [64, 7])
@pytest.mark.parametrize("name", NAMES)
def test_an_instrument_can_tell_its_notes_apart_and_end_each(name, block):
    assert notes_faults(name, block) == []


@device(name="octaves", title="Octaves", kind="midi", params=())
def octaves(block, state):
    """Broken: the octave takes the id of the note below it."""
    for k in range(block.n_events):
        pass_on(block, k)
        e = event(block, k)
        if (e.kind == NOTE_ON or e.kind == NOTE_OFF) and e.key >= 0:
            emit(block, e.offset, e.kind, e.channel, e.key + 12, e.note_id, e.number, e.value)


@device(name="nameless", title="Nameless", kind="midi", params=())
def nameless(block, state):
    """Broken: its notes have no ids."""
    for k in range(block.n_events):
        e = event(block, k)
        emit(block, e.offset, e.kind, e.channel, e.key, 0, e.number, e.value)


@device(name="forgetful", title="Forgetful", kind="midi", params=())
def forgetful(block, state):
    """Broken: it begins a fresh note at every key and never ends it."""
    for k in range(block.n_events):
        pass_on(block, k)
        e = event(block, k)
        if e.kind == NOTE_ON:
            emit(block, e.offset, NOTE_ON, e.channel, 72, fresh_note_id(block), 0, e.value)


COUNT = np.dtype([("count", "i4")], align=True)


@device(name="own_count", title="Own count", kind="midi", params=(), state=COUNT)
def own_count(block, state):
    """Broken: it counts ids of its own, which are other notes' too."""
    for k in range(block.n_events):
        pass_on(block, k)
        e = event(block, k)
        if e.kind == NOTE_ON:
            state.count += 1
            emit(block, e.offset, NOTE_ON, e.channel, 72, state.count, 0, e.value)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (octaves, "begins with the id"),
        (nameless, "without an id"),
        (forgetful, "the note 72 never ends"),
        (own_count, "begins with the id"),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_a_broken_one_is_found(broken, words):
    assert words in "; ".join(notes_faults(broken))
