"""Raw MIDI bytes in any packets: every message comes out whole, and rubbish harms nothing."""

import itertools

import mido
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.midi.bytestream import ByteStream, data_bytes

SETTINGS = settings(max_examples=300, deadline=None, derandomize=True)
SEVEN = st.integers(0, 127)

CHANNEL = st.one_of(
    st.tuples(st.sampled_from([s | c for s in (0x80, 0x90, 0xA0, 0xB0, 0xE0) for c in (0, 9, 15)]), SEVEN, SEVEN),
    st.tuples(st.integers(0xC0, 0xDF), SEVEN),
).map(bytes)
COMMON = st.one_of(
    st.tuples(st.just(0xF2), SEVEN, SEVEN), st.tuples(st.sampled_from([0xF1, 0xF3]), SEVEN), st.tuples(st.just(0xF6))
).map(bytes)
SYSEX = st.lists(SEVEN, max_size=40).map(lambda data: bytes([0xF0, *data, 0xF7]))
REALTIME = st.sampled_from([0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF])
MESSAGES = st.lists(st.one_of(CHANNEL, CHANNEL, COMMON, SYSEX), max_size=20)


def packets(data, cuts):
    """The bytes cut into packets at these places."""
    edges = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def heard(stream, pieces):
    return [message for piece in pieces for message in stream.feed(piece)]


@SETTINGS
@given(MESSAGES, st.lists(st.integers(0, 300), max_size=12), st.booleans())
def test_messages_survive_any_packets_and_running_status(messages, cuts, running):
    data, status = bytearray(), None
    for message in messages:
        if running and message[0] == status and message[0] < 0xF0:
            data += message[1:]
        else:
            data += message
        status = message[0] if message[0] < 0xF0 else None
    stream = ByteStream()
    assert heard(stream, packets(bytes(data), cuts)) == messages
    assert stream.malformed == 0


@SETTINGS
@given(MESSAGES, st.lists(st.tuples(st.integers(0, 300), REALTIME), max_size=10))
def test_realtime_bytes_pass_through_the_middle_of_anything(messages, insertions):
    data = bytearray(b"".join(messages))
    for place, byte in insertions:
        data.insert(min(place, len(data)), byte)
    stream = ByteStream()
    out = heard(stream, [bytes(data)])
    assert [m for m in out if m[0] < 0xF8] == messages
    assert sorted(m[0] for m in out if m[0] >= 0xF8) == sorted(byte for _, byte in insertions)
    assert stream.malformed == 0


@SETTINGS
@given(st.lists(st.binary(max_size=30), max_size=8))
def test_rubbish_yields_only_well_formed_messages(pieces):
    stream = ByteStream(longest_sysex=20)
    for message in heard(stream, pieces):
        if message[0] == 0xF0:
            assert message[-1] == 0xF7 and len(message) <= 21
        else:
            assert message[0] >= 0x80 and len(message) == 1 + data_bytes(message[0])
        assert all(byte < 0x80 for byte in message[1 : -1 if message[0] == 0xF0 else None])
        mido.Message.from_bytes(message)  # a second opinion
    stream.reset()
    assert heard(stream, [b"\x90\x3c\x40"]) == [b"\x90\x3c\x40"]


def test_a_status_byte_cuts_an_unfinished_message_off():
    stream = ByteStream()
    assert heard(stream, [b"\x90\x3c\x80\x3c\x00"]) == [b"\x80\x3c\x00"] and stream.malformed == 1
    assert heard(stream, [b"\xf0\x01\x02\x90\x3c\x01"]) == [b"\x90\x3c\x01"] and stream.malformed == 2


def test_a_long_sysex_arrives_whole_and_an_endless_one_is_dropped():
    stream = ByteStream(longest_sysex=4096)
    long = bytes([0xF0, *([5] * 3000), 0xF7])
    assert heard(stream, packets(long, range(0, 3000, 7))) == [long]
    assert heard(stream, [bytes([0xF0] + [1] * 10000), b"\xf7", b"\x90\x3c\x01"]) == [b"\x90\x3c\x01"]
