"""Messages to events and back: what wheels, pedals, MPE fingers and a sequencer's transport mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, EVENT, NOTE_OFF, NOTE_ON, PROGRAM, RESET, TIMBRE
from realtime.midi.encode import encode
from realtime.midi.keeper import CLOCK, CONTINUE, SONG_POSITION, START, STOP
from realtime.midi.source import Source


def heard(source, *messages):
    """(kind, channel, number, value) of what these messages make."""
    return [
        (int(e["kind"]), int(e["channel"]), int(e["number"]), pytest.approx(float(e["value"]), abs=1e-6))
        for message in messages
        for e in source.feed(bytes(message))
    ]


def bend_range(channel, semitones, cents=0):
    b = 0xB0 | channel
    return (b, 101, 0), (b, 100, 0), (b, 6, semitones), (b, 38, cents)


def mpe_zone(master, members):
    b = 0xB0 | master
    return (b, 101, 0), (b, 100, 6), (b, 6, members)


@pytest.mark.parametrize("raw,semitones", [(0, -2.0), (8192, 0.0), (16383, 2.0), (4096, -1.0)])
def test_the_wheel_spans_two_semitones(raw, semitones):
    assert heard(Source(), (0xE3, raw & 127, raw >> 7)) == [(BEND, 3, 0, semitones)]


def test_the_bend_range_is_set_by_rpn_0_in_semitones_and_cents():
    source = Source()
    heard(source, *bend_range(3, 12, 50))
    assert heard(source, (0xE3, 127, 127)) == [(BEND, 3, 0, 12.5)]
    assert heard(source, (0xE4, 127, 127)) == [(BEND, 4, 0, 2.0)]
    heard(source, (0xB3, 99, 0), (0xB3, 98, 0), (0xB3, 6, 24))  # an NRPN's data is not the bend range
    assert heard(source, (0xE3, 127, 127)) == [(BEND, 3, 0, 12.5)]


def test_a_new_range_moves_a_wheel_that_is_held():
    source = Source()
    heard(source, (0xE0, 127, 127))
    events = heard(source, *bend_range(0, 7))
    assert (BEND, 0, 0, 7.0) in events


@pytest.mark.parametrize("number", [n for n in range(120) if n != 74])
def test_every_controller_comes_through(number):
    assert heard(Source(), (0xB5, number, 127)) == [(CC, 5, number, 1.0)]


def test_brightness_is_timbre_and_a_knob():
    assert heard(Source(), (0xB5, 74, 127)) == [(TIMBRE, 5, 74, 1.0), (CC, 5, 74, 1.0)]


def test_program_and_channel_pressure():
    assert heard(Source(), (0xC9, 17), (0xD9, 127)) == [(PROGRAM, 9, 17, 0.0), (CHANNEL_PRESSURE, 9, 0, 1.0)]


def test_reset_controllers_reports_only_what_moves():
    source = Source()
    heard(source, (0xB0, 1, 90), (0xB0, 7, 20), (0xE0, 0, 0), (0xD0, 5))
    events = heard(source, (0xB0, 121, 0))
    assert events == [(BEND, 0, 0, 0.0), (CHANNEL_PRESSURE, 0, 0, 0.0), (CC, 0, 1, 0.0)]


def test_mpe_fingers_bend_48_semitones_and_the_master_all_of_them():
    source = Source()
    heard(source, *mpe_zone(0, 15))
    assert heard(source, (0xE5, 127, 127), (0xE0, 127, 127)) == [(BEND, 5, 0, 48.0), (BEND, -1, 0, 2.0)]
    assert heard(source, (0xB5, 74, 127), (0xB0, 74, 0)) == [
        (TIMBRE, 5, 74, 1.0),
        (TIMBRE, -1, 74, 0.0),
        (CC, -1, 74, 0.0),
    ]
    assert heard(source, (0xD0, 127), (0xB0, 7, 127)) == [(CHANNEL_PRESSURE, -1, 0, 1.0), (CC, -1, 7, 1.0)]


def test_the_upper_zone_has_channel_16_as_master():
    source = Source()
    heard(source, *mpe_zone(15, 15))
    assert heard(source, (0xEF, 127, 127), (0xE0, 127, 127)) == [(BEND, -1, 0, 2.0), (BEND, 0, 0, 48.0)]


def test_in_a_small_zone_the_master_bend_reaches_members_only_and_adds_up():
    source = Source()
    heard(source, *mpe_zone(0, 3))
    heard(source, (0xE2, 0, 64 + 32))
    half = 48 * 4096 / 8191
    expected = [(BEND, 0, 0, 2.0), (BEND, 1, 0, 2.0), (BEND, 2, 0, 2.0 + half), (BEND, 3, 0, 2.0)]
    assert heard(source, (0xE0, 127, 127)) == expected
    assert heard(source, (0xE9, 127, 127)) == [(BEND, 9, 0, 2.0)]  # an ordinary channel beside the zone


def test_one_member_sets_the_bend_range_of_all_members():
    source = Source()
    heard(source, *mpe_zone(0, 15), *bend_range(4, 24))
    assert heard(source, (0xE9, 127, 127), (0xE0, 127, 127)) == [(BEND, 9, 0, 24.0), (BEND, -1, 0, 2.0)]


def test_two_zones_share_the_channels_and_the_newer_takes_them():
    source = Source()
    heard(source, *mpe_zone(0, 10), *mpe_zone(15, 8))
    assert (source.keeper["lower"][0], source.keeper["upper"][0]) == (6, 8)
    heard(source, *mpe_zone(0, 15))
    assert (source.keeper["lower"][0], source.keeper["upper"][0]) == (15, 0)
    heard(source, *mpe_zone(0, 0))
    assert heard(source, (0xE5, 127, 127)) == [(BEND, 5, 0, 2.0)]


def test_the_master_pedal_holds_the_notes_of_all_members():
    source = Source()
    heard(source, *mpe_zone(0, 15), (0xB0, 64, 127), (0x93, 60, 100), (0x83, 60, 0))
    assert source.sounding == 1
    assert [e[0] for e in heard(source, (0xB0, 64, 0))] == [CC, NOTE_OFF]


def test_a_new_zone_ends_what_sounds():
    source = Source()
    heard(source, (0x93, 60, 100), (0xE3, 0, 0))
    events = heard(source, *mpe_zone(0, 15))
    assert [e[:2] for e in events if e[0] != CC] == [(NOTE_OFF, 3), (BEND, 3)]


def test_transport():
    assert heard(Source(), (0xF2, 16, 1), (0xFA,), (0xF8,), (0xFC,), (0xFB,)) == [
        (SONG_POSITION, -1, 144, 36.0), (START, -1, 0, 0.0), (CLOCK, -1, 0, 0.0),
        (STOP, -1, 0, 0.0), (CONTINUE, -1, 0, 0.0),
    ]  # fmt: skip


def test_no_clock_tick_is_lost_for_want_of_room():
    source = Source()
    for message in [(0xF8,)] * 5 + [(0xFC,)] + [(0xF8,)] * 3 + [(0xF2, 8, 0)] + [(0xFB,)] + [(0xF8,)] * 2:
        assert len(source.feed(bytes(message), capacity=0)) == 0
    kinds = [int(e["kind"]) for e in source.flush()]
    assert kinds[kinds.index(CONTINUE) :] == [CONTINUE, CLOCK, CLOCK] and kinds.count(CLOCK) == 10
    assert kinds[kinds.index(CONTINUE) - 1] == SONG_POSITION


def test_system_reset_silences_and_forgets_the_zones():
    source = Source()
    heard(source, *mpe_zone(0, 15), (0x93, 60, 100))
    heard(source, (0xFF,))
    assert source.sounding == 0 and source.keeper["lower"][0] == 0
    assert heard(source, (0xE5, 127, 127)) == [(BEND, 5, 0, 2.0)]


MALFORMED = [
    b"",
    b"\x40",
    b"\x90",
    b"\x90\x3c",
    b"\x90\x3c\x80",
    b"\x90\xff\x10",
    b"\x90\x3c\x40\x90",
    b"\xc0",
    b"\xf2\x01",
    b"\xf5",
]


@pytest.mark.parametrize("data", MALFORMED, ids=lambda data: data.hex() or "empty")
def test_what_is_no_message_is_counted_and_ignored(data):
    source = Source()
    assert len(source.feed(data)) == 0 and source.keeper["malformed"][0] == 1


def test_what_concerns_no_instrument_is_ignored_quietly():
    source = Source()
    assert heard(source, (0xFE,), (0xF6,), (0xF3, 1), (0xF1, 1), (0xF0, 1, 2, 0xF7)) == []
    assert source.keeper["malformed"][0] == 0


def encoded(event, bend_range=2.0):
    data = np.zeros(4, np.uint8)
    return bytes(data[: encode(event.ctypes.data, data.ctypes.data, bend_range)])


CHANNEL_MESSAGES = st.one_of(
    st.tuples(st.integers(0x90, 0x9F), st.integers(0, 127), st.integers(1, 127)),
    st.tuples(st.integers(0xB0, 0xBF), st.integers(0, 119).filter(lambda n: n != 74), st.integers(0, 127)),
    st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)),
    st.tuples(st.integers(0xE0, 0xEF), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.just(0xF2), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.sampled_from([0xF8, 0xFA, 0xFB, 0xFC])),
)


@settings(deadline=None, derandomize=True)
@given(CHANNEL_MESSAGES)
def test_a_message_goes_out_as_it_came_in(message):
    events = Source().feed(bytes(message))
    assert encoded(events[:1]) == bytes(message)


def test_a_release_goes_out_with_its_velocity_and_reset_not_at_all():
    source = Source()
    source.feed(bytes((0x90, 60, 1)))
    assert encoded(source.feed(bytes((0x80, 60, 3)))) == bytes((0x80, 60, 3))
    event = np.zeros(1, EVENT)
    event["kind"] = RESET
    assert encoded(event) == b""
    event["kind"], event["key"], event["value"] = NOTE_ON, 60, 0.0
    assert encoded(event) == bytes((0x90, 60, 1))  # a soft note must not turn into a note-off
    event["kind"], event["value"] = BEND, np.nan
    assert encoded(event) == bytes((0xE0, 0, 64))
