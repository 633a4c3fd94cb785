"""The note keeper: what a performer plays, note by note, and that no note hangs whatever arrives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.contract.events import CC, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PRESSURE
from realtime.midi.source import Source


def played(*messages, source=None):
    """(kind, channel, key, note_id) of the note events that these messages make."""
    source = source or Source()
    events = [event for message in messages for event in source.feed(bytes(message))]
    return [
        (int(e["kind"]), int(e["channel"]), int(e["key"]), int(e["note_id"]))
        for e in events
        if e["kind"] in (NOTE_ON, NOTE_OFF, NOTE_CHOKE)
    ]


ON, OFF = (0x90, 60, 100), (0x80, 60, 64)
SUSTAIN_DOWN, SUSTAIN_UP = (0xB0, 64, 64), (0xB0, 64, 63)
SOSTENUTO_DOWN, SOSTENUTO_UP = (0xB0, 66, 127), (0xB0, 66, 0)


def test_a_key_sounds_and_ends():
    source = Source()
    on, off = source.feed(bytes(ON), offset=7, time=1000)[0], source.feed(bytes((0x80, 60, 127)), offset=9)[0]
    assert (on["kind"], on["channel"], on["key"], on["offset"], on["time"]) == (NOTE_ON, 0, 60, 7, 1007)
    assert on["value"] == pytest.approx(100 / 127) and off["value"] == pytest.approx(1.0)
    assert (off["kind"], off["note_id"], off["offset"]) == (NOTE_OFF, on["note_id"], 9)


def test_velocity_zero_is_a_note_off():
    assert played(ON, (0x90, 60, 0)) == [(NOTE_ON, 0, 60, 1), (NOTE_OFF, 0, 60, 1)]


def test_a_repeated_key_ends_its_old_note_first():
    assert played(ON, ON, OFF, OFF) == [
        (NOTE_ON, 0, 60, 1), (NOTE_OFF, 0, 60, 1), (NOTE_ON, 0, 60, 2), (NOTE_OFF, 0, 60, 2),
    ]  # fmt: skip


def test_a_release_without_a_key_is_silent():
    assert played(OFF) == []


def test_the_sustain_pedal_holds_until_it_rises():
    source = Source()
    assert played(SUSTAIN_DOWN, ON, OFF, source=source) == [(NOTE_ON, 0, 60, 1)]
    assert played(SUSTAIN_UP, source=source) == [(NOTE_OFF, 0, 60, 1)]


def test_a_key_still_down_survives_the_pedal():
    assert played(ON, SUSTAIN_DOWN, SUSTAIN_UP) == [(NOTE_ON, 0, 60, 1)]


def test_sostenuto_holds_only_the_keys_that_were_down():
    source = Source()
    later = (0x90, 64, 90), (0x80, 64, 0)
    assert played(ON, SOSTENUTO_DOWN, *later, OFF, source=source) == [
        (NOTE_ON, 0, 60, 1), (NOTE_ON, 0, 64, 2), (NOTE_OFF, 0, 64, 2),
    ]  # fmt: skip
    assert played(SOSTENUTO_UP, source=source) == [(NOTE_OFF, 0, 60, 1)]


def test_both_pedals_hold_one_note_and_it_ends_once():
    source = Source()
    played(ON, SOSTENUTO_DOWN, SUSTAIN_DOWN, OFF, SOSTENUTO_UP, source=source)
    assert source.sounding == 1
    assert played(SUSTAIN_UP, source=source) == [(NOTE_OFF, 0, 60, 1)]


def test_all_notes_off_lifts_the_fingers_but_not_the_pedal():
    source = Source()
    assert played(SUSTAIN_DOWN, ON, (0xB0, 123, 0), source=source) == [(NOTE_ON, 0, 60, 1)]
    assert played((0xB0, 121, 0), source=source) == [(NOTE_OFF, 0, 60, 1)]


def test_all_sound_off_chokes_and_still_ends_every_note():
    assert played(SUSTAIN_DOWN, ON, (0xB0, 120, 0)) == [
        (NOTE_ON, 0, 60, 1), (NOTE_CHOKE, 0, -1, 0), (NOTE_OFF, 0, 60, 1),
    ]  # fmt: skip


def test_key_pressure_carries_the_id_of_its_note():
    source = Source()
    assert len(source.feed(bytes((0xA0, 60, 80)))) == 0
    played(ON, source=source)
    assert [(e["kind"], e["note_id"]) for e in source.feed(bytes((0xA0, 60, 80)))] == [(PRESSURE, 1)]


def test_unplugging_ends_each_note_once_and_brings_wheels_home():
    source = Source()
    played(SUSTAIN_DOWN, ON, (0x93, 40, 1), OFF, (0xE0, 0, 127), source=source)
    events = source.release_all()
    assert sorted(e["note_id"] for e in events if e["kind"] == NOTE_OFF) == [1, 2]
    assert [e["value"] for e in events if e["kind"] == CC and e["number"] == 64] == [0.0]
    assert source.sounding == 0 and len(source.release_all()) == 0
    assert played(ON, OFF, source=source) == [(NOTE_ON, 0, 60, 3), (NOTE_OFF, 0, 60, 3)]  # the pedal is up again


def test_panic_is_silent_at_once():
    source = Source()
    played(ON, (0x95, 70, 9), source=source)
    kinds = [(int(e["kind"]), int(e["channel"])) for e in source.panic()]
    assert kinds == [(NOTE_CHOKE, 0), (NOTE_OFF, 0), (NOTE_CHOKE, 5), (NOTE_OFF, 5)]


def test_note_ids_are_unique_over_sources():
    ids = np.zeros(1, np.int64)
    first, second = Source(ids), Source(ids)
    assert [played(ON, source=s)[0][3] for s in (first, second)] == [1, 2]
    ids[0] = 0x7FFFFFFF  # after two thousand million notes the count starts again, never at 0
    assert played(ON, source=first)[-1][3] == 1


class Model:
    """The same rules in plain Python, one channel's notes as dictionaries."""

    def __init__(self):
        self.ids, self.events = 0, []
        self.notes = {}  # (channel, key) -> [id, down, latched]
        self.sustain, self.sostenuto = set(), set()

    def end(self, place):
        self.events.append((NOTE_OFF, *place, self.notes.pop(place)[0]))

    def settle(self, channel):
        for place in sorted(p for p in self.notes if p[0] == channel):
            _, down, latched = self.notes[place]
            if not down and not latched and channel not in self.sustain:
                self.end(place)

    def feed(self, status, a, b):
        kind, channel = status & 0xF0, status & 15
        place = (channel, a)
        if kind == 0x90 and b:
            if place in self.notes:
                self.end(place)
            self.ids += 1
            self.notes[place] = [self.ids, True, False]
            self.events.append((NOTE_ON, channel, a, self.ids))
        elif kind in (0x80, 0x90):
            if place in self.notes:
                self.notes[place][1] = False
                self.settle(channel)
        elif a == 64:
            (self.sustain.add if b >= 64 else self.sustain.discard)(channel)
            self.settle(channel)
        elif a == 66:
            if (b >= 64) != (channel in self.sostenuto):
                (self.sostenuto.add if b >= 64 else self.sostenuto.discard)(channel)
                for (c, _), note in self.notes.items():
                    if c == channel:
                        note[2] = note[1] if b >= 64 else False
                self.settle(channel)
        elif a == 120:
            self.events.append((NOTE_CHOKE, channel, -1, 0))
            for place in sorted(p for p in self.notes if p[0] == channel):
                self.end(place)
        elif a == 121:
            self.sustain.discard(channel)
            if channel in self.sostenuto:
                self.sostenuto.discard(channel)
                for (c, _), note in self.notes.items():
                    note[2] = note[2] and c != channel
            self.settle(channel)
        elif a >= 123:
            for (c, _), note in self.notes.items():
                note[1] = note[1] and c != channel
            self.settle(channel)


def _message(kind, channel, a, b):
    return (kind | channel, a, b)


NOTES = st.builds(
    _message, st.sampled_from([0x80, 0x90, 0x90]), st.integers(0, 2), st.integers(60, 65), st.integers(0, 127)
)
CONTROLS = st.builds(
    _message,
    st.just(0xB0),
    st.integers(0, 2),
    st.sampled_from([1, 64, 64, 66, 66, 120, 121, 123, 126]),
    st.integers(0, 127),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.one_of(NOTES, NOTES, CONTROLS), max_size=60))
def test_keeper_plays_as_the_model_does(messages):
    model, source = Model(), Source()
    for message in messages:
        model.feed(*message)
        assert played(message, source=source) == model.events
        model.events.clear()
    assert source.sounding == len(model.notes)


class Listener:
    """An instrument that checks the promise: each NOTE_ON has one NOTE_OFF, and keeps what it was told."""

    def __init__(self):
        self.sounding, self.controls, self.last_id, self.begun = {}, {}, 0, 0

    def hear(self, events):
        for e in events:
            kind, channel, key, note_id = (int(e[name]) for name in ("kind", "channel", "key", "note_id"))
            if kind == NOTE_ON:
                assert note_id > self.last_id and (channel, key) not in self.sounding.values()
                self.last_id = note_id
                self.sounding[note_id] = (channel, key)
                self.begun += 1
            elif kind == NOTE_OFF:
                assert self.sounding.pop(note_id) == (channel, key)
            elif kind == NOTE_CHOKE:
                assert channel >= 0 and key == -1
            elif kind < 32 and kind != PRESSURE:
                self.controls[kind, channel, int(e["number"])] = float(e["value"])
            assert np.isfinite(e["value"])


ANY = st.one_of(
    NOTES,
    CONTROLS,
    st.builds(
        _message, st.sampled_from([0xB0, 0xE0, 0xA0]), st.integers(0, 15), st.integers(0, 127), st.integers(0, 127)
    ),
    st.tuples(st.sampled_from([0xC3, 0xD0, 0xD5]), st.integers(0, 127)),
    st.builds(lambda c, n: (0xB0 | c, 6, n), st.sampled_from([0, 15]), st.integers(0, 20)),
    st.builds(lambda c, n: (0xB0 | c, n, 0 if n == 101 else 6), st.sampled_from([0, 15]), st.sampled_from([100, 101])),
    st.lists(st.integers(0, 255), max_size=5).map(tuple),
    st.tuples(st.sampled_from([0xF8, 0xFA, 0xFB, 0xFC, 0xFF, 0xFE])),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(ANY, st.integers(0, 4)), max_size=80))
def test_no_garbage_and_no_shortage_of_room_makes_a_note_hang(messages):
    source, listener = Source(), Listener()
    for message, room in messages:
        listener.hear(source.feed(bytes(message), capacity=room))
        assert source.sounding == len(listener.sounding)
    for _ in range(100):
        listener.hear(source.release_all(capacity=64))
    assert not listener.sounding and source.sounding == 0


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(ANY, st.integers(0, 3)), max_size=60))
def test_after_a_shortage_the_controllers_are_where_the_player_left_them(messages):
    tight, ample = Source(), Source()
    heard_tight, heard_ample = Listener(), Listener()
    for message, room in messages:
        heard_tight.hear(tight.feed(bytes(message), capacity=room))
        heard_ample.hear(ample.feed(bytes(message)))
    heard_tight.hear(tight.flush())
    assert heard_tight.controls == heard_ample.controls
    assert set(heard_tight.sounding.values()) <= set(heard_ample.sounding.values())


def test_a_flood_costs_notes_and_never_leaves_one_sounding():
    random = np.random.default_rng(3)
    source, listener = Source(), Listener()
    for _ in range(400):  # 400 blocks of 64 frames at 48 kHz with 25 messages each: 19,000 messages a second
        room = 16
        for _ in range(25):
            message = bytes(
                (0x90 | int(random.integers(4)), int(random.integers(20, 100)), int(random.integers(0, 3)) * 60)
            )
            events = source.feed(message, capacity=room)
            room -= len(events)
            listener.hear(events)
        listener.hear(source.flush(capacity=room))
    assert listener.begun > 1000 and source.keeper["refused_notes"][0] > 0
    listener.hear(source.release_all())
    assert not listener.sounding
