"""OSC packets: what python-osc writes we read and the other way round, and no bytes at all can hurt."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from realtime.control import pattern, wire

values = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=40),
    st.binary(max_size=80),
    st.booleans(),
    st.none(),
)


def written(address, args):
    tags = wire.tags_for(args)
    return wire.message(address, tags, *[v for v, t in zip(args, tags, strict=True) if t not in "TFN"])


@given(st.lists(values, max_size=12))
def test_messages_survive_the_wire(args):
    [message] = wire.parse(written("/rack/1/cutoff_hz", args))
    assert message.address == "/rack/1/cutoff_hz"
    assert list(message.args) == args


@given(st.lists(st.one_of(values.filter(lambda v: v is not None and v != b"")), max_size=8))
def test_python_osc_reads_what_we_write_and_we_read_what_it_writes(args):
    assert OscMessage(written("/a/b", args)).params == args
    builder = OscMessageBuilder("/a/b")
    for value, tag in zip(args, wire.tags_for(args), strict=True):
        builder.add_arg(value, tag)
    [message] = wire.parse(builder.build().dgram)
    assert list(message.args) == args


def test_bundles_both_ways():
    ours = wire.bundle([wire.message("/a", "i", 1), wire.bundle([wire.message("/b", "s", "two")])])
    assert [m.address for m in wire.parse(ours)] == ["/a", "/b"]
    assert OscBundle(ours).num_contents == 2
    builder = OscBundleBuilder(IMMEDIATELY)
    one = OscMessageBuilder("/c")
    one.add_arg(3)
    builder.add_content(one.build())
    assert wire.parse(builder.build().dgram) == [wire.Message("/c", "i", (3,))]


def test_many_messages_travel_in_few_datagrams_below_the_limit():
    messages = [wire.message(f"/rack/{i}/gain_db", "f", float(i)) for i in range(1000)]
    packets = list(wire.bundles(messages, 8192))
    assert len(packets) < 10
    assert max(map(len, packets)) < 9000
    assert [m.args[0] for p in packets for m in wire.parse(p)] == [float(i) for i in range(1000)]


@settings(max_examples=400)
@given(st.binary(max_size=300))
def test_no_bytes_hurt(noise):
    for data in (noise, b"/a\0\0" + noise, b"#bundle\0" + noise, b"/a\0\0,ifsb\0\0\0" + noise):
        with contextlib.suppress(wire.WireError):
            wire.parse(data)


@settings(max_examples=300)
@given(st.data())
def test_broken_good_packets_do_not_hurt(data):
    good = bytearray(
        wire.bundle([wire.message("/rack/1/gain_db", "f", 1.0), wire.message("/x", "sbi", "a", b"bcd", 4)])
    )
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    with contextlib.suppress(wire.WireError):
        wire.parse(bytes(good[:cut]))


def test_a_bundle_of_negative_size_and_a_deep_one_are_refused():
    with pytest.raises(wire.WireError):
        wire.parse(b"#bundle\0" + b"\0" * 8 + struct.pack(">i", -4) + b"/a\0\0")
    packet = wire.message("/a")
    for _ in range(20):
        packet = wire.bundle([packet])
    with pytest.raises(wire.WireError, match="deeper"):
        wire.parse(packet)


@pytest.mark.parametrize(
    ("wanted", "address", "is_match"),
    [
        ("/rack/*/bypass", "/rack/12/bypass", True),
        ("/rack/*/bypass", "/rack/1/2/bypass", False),
        ("/rack/[1-3]/bypass", "/rack/2/bypass", True),
        ("/rack/[!1-3]/bypass", "/rack/2/bypass", False),
        ("/mix/{keys,drums}/gain_db", "/mix/drums/gain_db", True),
        ("/mix/{keys,drums}/gain_db", "/mix/bass/gain_db", False),
        ("/rack/?/filter_*_hz", "/rack/1/filter_cutoff_hz", True),
        ("/rack/1", "/rack/1/bypass", False),
    ],
)
def test_address_patterns(wanted, address, is_match):
    assert pattern.matches(wanted, address) is is_match


def test_a_hostile_pattern_costs_little():
    assert not pattern.matches("/" + "*a" * 100 + "b", "/" + "a" * 200)
    with pytest.raises(ValueError, match="alternatives"):
        pattern.matches("/" + "{a,b}" * 30, "/a")
    with pytest.raises(ValueError, match="open"):
        pattern.matches("/{a,b", "/a")


@given(st.text("ab*?[]{}-!,/", max_size=30), st.text("ab/", max_size=20))
def test_any_pattern_answers(wanted, address):
    with contextlib.suppress(ValueError):
        pattern.matches(wanted, address)
