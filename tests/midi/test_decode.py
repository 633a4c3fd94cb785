"""Messages to events: what wheels, pedals, MPE fingers and a sequencer's transport mean."""

import mido
import pytest

from realtime.contract.events import BEND, CC, CHANNEL_PRESSURE, NOTE_CHOKE, NOTE_OFF, NOTE_ON, PROGRAM, TIMBRE
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


def test_values_are_those_of_mido():
    """An encoder that is not ours says what the bytes are."""
    source = Source()
    for velocity in (1, 64, 127):
        (event,) = source.feed(bytes(mido.Message("note_on", channel=4, note=10, velocity=velocity).bytes()))
        assert (event["kind"], event["channel"], event["key"]) == (NOTE_ON, 4, 10)
        assert event["value"] == pytest.approx(velocity / 127)
        source.feed(bytes(mido.Message("note_off", channel=4, note=10).bytes()))
    for pitch in (-8192, -1, 0, 1, 8191):
        (event,) = source.feed(bytes(mido.Message("pitchwheel", channel=2, pitch=pitch).bytes()))
        assert event["value"] == pytest.approx(2 * pitch / (8192 if pitch < 0 else 8191))


SILENCE = 16_000  # samples at 48 kHz, a third of a second


def sensed(*messages, after=SILENCE):
    """Notes that sound `after` samples of silence behind these messages, each a tenth of a second after the other."""
    source, time = Source(), 0
    for message in messages:
        source.flush(time=time)
        source.feed(bytes(message), time=time)
        time += 4800
    source.flush(time=time - 4800 + after)
    return source.sounding


ON, SENSING = (0x90, 60, 100), (0xFE,)


def test_a_sender_that_stops_sensing_has_gone():
    assert sensed(SENSING, ON) == 0
    assert sensed(ON, SENSING) == 0
    assert sensed(SENSING, (0xB0, 64, 127), ON, (0x80, 60, 64)) == 0  # the pedal too


def test_who_never_sensed_may_be_silent_for_ever():
    assert sensed(ON, after=48_000 * 3600) == 1


def test_any_message_is_a_sign_of_life():
    assert sensed(SENSING, ON, after=14_000) == 1  # 300 ms are allowed
    source = Source()
    source.feed(b"\xfe", time=0)
    source.feed(b"\x90\x3c\x64", time=0)
    for time in range(0, 96_000, 12_000):
        source.feed(b"\xf8", offset=5, time=time)
        assert len(source.flush(time=time + 11_000)) == 0
    assert [int(e["kind"]) for e in source.flush(time=96_000 + SILENCE)] == [NOTE_OFF]
    source.feed(b"\x90\x3c\x64", time=200_000)
    assert len(source.flush(time=400_000)) == 0  # it is back and does not sense any more


def test_sensing_that_ends_in_a_full_block_is_owed():
    source = Source()
    source.feed(b"\xfe", time=0)
    source.feed(b"\x90\x3c\x64", time=0)
    assert len(source.flush(time=SILENCE, capacity=0)) == 0
    assert [int(e["kind"]) for e in source.flush(time=SILENCE)] == [NOTE_OFF]


@pytest.mark.parametrize("mode", [123, 124, 125, 126, 127])
def test_every_mode_message_from_123_lifts_the_fingers(mode):
    source = Source()
    heard(source, ON, (0x90, 64, 1), (0x91, 60, 1))
    assert [e[0] for e in heard(source, (0xB0, mode, 0))] == [NOTE_OFF, NOTE_OFF]
    assert source.sounding == 1  # the other channel plays on


def test_all_sound_off_ends_what_the_pedals_hold():
    source = Source()
    heard(source, (0xB0, 64, 127), ON, (0xB0, 66, 127), (0x80, 60, 0))
    assert [e[0] for e in heard(source, (0xB0, 120, 0))] == [NOTE_CHOKE, NOTE_OFF]
    assert source.sounding == 0


def test_reset_controllers_lets_go_of_every_pedal():
    source = Source()
    heard(source, ON, (0xB0, 66, 127), (0x80, 60, 0), (0xB0, 69, 127), (0xB0, 121, 0))
    assert source.sounding == 0 and not source.keeper["cc"][0, 0, [64, 65, 66, 67, 69]].any()


def test_two_sources_hold_one_key_each_for_itself():
    ids = Source()._ids
    one, other = Source(ids), Source(ids)
    first, second = one.feed(bytes(ON))[0], other.feed(bytes(ON))[0]
    assert first["note_id"] != second["note_id"]
    assert one.feed(b"\x80\x3c\x00")[0]["note_id"] == first["note_id"] and other.sounding == 1
